"""A report as one self-contained HTML page: summary, picture, and a table that can be sorted and filtered.

Rows and picture are linked: pointing at one highlights the other and shows the layer's receptive field.
"""

from __future__ import annotations

from html import escape
from typing import Any

from cnncalc.analysis.overview import overview
from cnncalc.counting.propagate import Report
from cnncalc.counting.quantities import COUNTING_RULE, QUANTITIES
from cnncalc.counting.rows import Row
from cnncalc.reading.expressions.rational import plain
from cnncalc.report import text
from cnncalc.report.overview import lines as sentences
from cnncalc.report.rows import COLUMNS

SHOWN = {name: column for name, column in COLUMNS.items() if column.quantity is not None}
HEADINGS = ("layer", "type", "output", *(column.heading for column in SHOWN.values()), "receptive field")
_CSS = """
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--paper:#fff;--line:#d1d9e0;--mark:#fff3c4}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--paper:#0d1117;--line:#3d444d;--mark:#4d3b00}}
*{box-sizing:border-box}body{margin:0 auto;padding:1.5rem;max-width:90rem;color:var(--ink);background:var(--paper);
font:15px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}h1{font-size:1.5rem;margin:0 0 .5rem}
dl{display:grid;grid-template-columns:minmax(6rem,11rem) 1fr;gap:.2rem 1rem;margin:1rem 0}dt{color:var(--soft)}dd{margin:0}
.scroll{overflow:auto;max-width:100%;border:1px solid var(--line);border-radius:6px;margin:1rem 0}.picture{max-height:34rem}
.picture svg{display:block}table{border-collapse:collapse;width:100%;font-size:.87rem;overflow-wrap:normal}
th,td{padding:.25rem .6rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums}th button{all:unset;cursor:pointer;font-weight:600}
th button:focus-visible{outline:2px solid}th[aria-sort=ascending] button::after{content:" \\2191"}
th[aria-sort=descending] button::after{content:" \\2193"}tbody tr:hover,tr.hot{background:var(--mark)}
[data-path].hot{stroke:#d1242f;stroke-width:2.5}input{font:inherit;padding:.3rem .5rem;width:min(100%,22rem);
color:inherit;background:inherit;border:1px solid var(--line);border-radius:6px}#seen{min-height:1.5em;color:var(--soft)}
tfoot td{font-weight:600}@media (max-width:40rem){body{padding:.8rem}dl{display:block}dt{margin-top:.4rem}}
"""
_JS = """
(()=>{const table=document.querySelector('table'),body=table.tBodies[0],rows=[...body.rows],seen=document.getElementById('seen');
const filter=document.getElementById('filter'),shapes=[...document.querySelectorAll('svg [data-path]')];
const key=(row,i)=>{const c=row.cells[i],v=c.dataset.v;return v===undefined?c.textContent:Number(v)};
table.querySelectorAll('th button').forEach((button,i)=>button.addEventListener('click',()=>{const th=button.parentNode;
const up=th.getAttribute('aria-sort')!=='ascending';table.querySelectorAll('th').forEach(o=>o.removeAttribute('aria-sort'));
th.setAttribute('aria-sort',up?'ascending':'descending');const order=[...rows].sort((a,b)=>{const x=key(a,i),y=key(b,i);
const c=typeof x==='number'&&typeof y==='number'?x-y:String(x).localeCompare(String(y));return up?c:-c});body.append(...order)}));
filter.addEventListener('input',()=>{const w=filter.value.toLowerCase();
rows.forEach(r=>{r.hidden=!r.textContent.toLowerCase().includes(w)})});
const under=(path,group)=>path===group||path.startsWith(group+'.');
const mark=(path,on)=>{rows.forEach(r=>r.classList.toggle('hot',on&&under(r.dataset.path,path)));
shapes.forEach(s=>s.classList.toggle('hot',on&&(under(path,s.dataset.path)||under(s.dataset.path,path))))};
rows.forEach(r=>{r.addEventListener('mouseenter',()=>{mark(r.dataset.path,true);seen.textContent=r.dataset.seen});
r.addEventListener('mouseleave',()=>{mark(r.dataset.path,false);seen.textContent=''})});
shapes.forEach(s=>{s.addEventListener('mouseenter',()=>{mark(s.dataset.path,true);
const r=rows.find(r=>r.dataset.path===s.dataset.path)||rows.filter(r=>under(r.dataset.path,s.dataset.path)).pop();
seen.textContent=r?r.dataset.seen:''});s.addEventListener('mouseleave',()=>{mark(s.dataset.path,false);seen.textContent=''})})})();
"""


def render(report: Report) -> str:
    """The page."""
    lines = list(sentences(overview(report)))
    name = _h(report.name or "network")
    facts = "".join(f"<dt>{_h(term)}</dt><dd>{_h(sentence)}</dd>" for term, sentence in lines if term)
    rules = [COUNTING_RULE, *(q.rule for q in QUANTITIES.values() if q.rule)]
    counted = f"{'. '.join(rules)}. Batch {report.batch}, {report.dtype}."
    valid = ""
    if report.free:
        valid = f"<p>{_h(report.validity)}.</p>"
    return "\n".join([
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">', f"<title>{name}</title>", f"<style>{_CSS}</style>",
        "</head>", "<body>", f"<h1>{name}</h1>", f"<p>{_h(lines[0][1].removeprefix(report.name).removeprefix(': '))}</p>", valid, f"<dl>{facts}</dl>", _picture(report),
        '<p><label>Filter <input id="filter" type="search" placeholder="conv, block3, 512"></label></p>',
        '<p id="seen" aria-live="polite"></p>', f'<div class="scroll">{table(report, sortable=True)}</div>', f"<p>{_h(counted)}</p>",
        f"<script>{_JS}</script>", "</body>", "</html>", "",
    ])  # fmt: skip


def _picture(report: Report) -> str:
    from cnncalc.errors import UsageError
    from cnncalc.report import features, graphview

    branched = any(len(node.inputs) > 1 for node in report.graph.nodes)
    view = graphview if branched else features
    try:
        picture, found = view.draw(report, None)
    except UsageError as error:
        return f"<p>No picture: {_h(str(error))}.</p>"
    folded = "" if found.depth is None else f"<p>The picture is folded to depth {found.depth}.</p>"
    return f'<div class="scroll picture" tabindex="0">{picture.render()}</div>{folded}'


def table(report: Report, *, sortable: bool = False) -> str:
    """The rows as an HTML table; alone it is what notebooks show."""
    heads = []
    for i, name in enumerate(HEADINGS):
        css = ' class="n"' if _is_number(i) else ""
        inner = f'<button type="button">{name}</button>' if sortable else name
        heads.append(f'<th scope="col"{css}>{inner}</th>')
    body = "\n".join(_row(report, row) for row in report)
    last: list[Any] = ["total", "", "", *map(report.number, SHOWN), ""]
    foot = "".join(_cell(value, i) for i, value in enumerate(last))
    return f"<table><thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n{body}\n</tbody>\n<tfoot><tr>{foot}</tr></tfoot></table>"


def _is_number(column: int) -> bool:
    return 3 <= column < 3 + len(SHOWN)


def _row(report: Report, row: Row) -> str:
    name = row.path + (f" (shared with {row.shared_with})" if row.shared_with else "")
    field = row.receptive_field
    size = "" if field is None else "all" if field.everything else text.dims(field.size)
    numbers = [column.value(row, report) for column in SHOWN.values()]
    values: list[Any] = [name, row.type, text.dims(row.output), *numbers, size]
    cells = "".join(_cell(value, i) for i, value in enumerate(values))
    return f'<tr data-path="{_h(row.path)}" data-seen="{_h(_seen(row))}">{cells}</tr>'


def _seen(row: Row) -> str:
    field = row.receptive_field
    if field is None:
        return f"{row.path}: the receptive field has no fixed size"
    if field.everything:
        return f"{row.path}: each cell sees the whole input"
    size, stride, padding = (text.dims(part) for part in field[:3])
    return f"{row.path}: each cell sees {size} of the input, stride {stride}, padding {padding}"


def _cell(value: Any, column: int) -> str:
    if _is_number(column):
        number = plain(value)
        exact = f' data-v="{number}"' if isinstance(number, int | float) else ""
        return f'<td class="n"{exact}>{_h(text.count(value))}</td>'
    return f"<td>{_h(str(value))}</td>"


def _h(value: str) -> str:
    return escape(text.safe(value), quote=True)
