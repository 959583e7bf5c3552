"""The tables of layer types and of their fields, in Markdown, as docs/spec.md has them."""

from collections import defaultdict


def tables(types):
    """Types with their fields, and fields with their meanings."""
    return f"""| types | fields (**required**; with their defaults) |
|---|---|
{_types(types)}
| field | of (blank: of all others) | meaning | unit |
|---|---|---|---|
{_fields(types)}"""


def _types(types):
    alike = defaultdict(list)
    for name, cls in types.items():
        alike[(cls.family, ", ".join(_field(key, field) for key, field in _own(cls)))].append(f"`{name}`")
    return "".join(f"| {' '.join(names)} | {fields} |\n" for (_, fields), names in alike.items())


def _fields(types):
    meanings = defaultdict(list)
    for name, cls in types.items():
        for key, field in _own(cls):
            meanings[(field.alias or key, cls.about[key].text, cls.about[key].unit)].append(f"`{name}`")
    several = {}
    for key, *_ in meanings:
        several[key] = several.get(key, 0) + 1
    lines = []
    for (key, text, unit), names in sorted(meanings.items()):
        of = " ".join(names) if several[key] > 1 and len(names) < 8 else ""
        lines.append(f"| `{key}` | {of} | {text} | {unit} |\n")
    return "".join(lines)


def _own(cls):
    """Fields but the type, required ones first."""
    own = [(key, field) for key, field in cls.model_fields.items() if key != "type"]
    return sorted(own, key=lambda pair: not pair[1].is_required())


def _field(key, field):
    name = f"`{field.alias or key}`"
    if field.is_required():
        return f"**{name}**"
    if field.default is None:
        return name
    shown = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"{name} {shown}"
