"""The HTML report in a real headless browser: it sorts, filters, links rows and picture, and never overflows.

Needs playwright (the extra ``browser``) and a Chromium: ``CHROMIUM`` names it, or it is on the path.
"""

import os
import shutil

import pytest

import cnncalc
from cnncalc.report import page

sync_api = pytest.importorskip("playwright.sync_api")
BINARY = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BINARY is None, reason="no Chromium here")
HOSTILE = {
    "name": "</title><script>window.owned=1</script><img src=x onerror=window.owned=1>",
    "input": [3, 8, 8],
    "layers": [{"type": "conv2d", "out_channels": 4, "kernel_size": 3}, "global_avgpool"],
}


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        found = playwright.chromium.launch(executable_path=BINARY, args=arguments)
        yield found
        found.close()


@pytest.fixture
def opened(browser, tmp_path):
    def show(spec, width=1400, free=(), scheme="light"):
        target = tmp_path / "report.html"
        network = cnncalc.load(spec)
        target.write_text(page.render(network.summary(free=list(free))), encoding="utf-8")
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab.problems = []
        tab.on(
            "console",
            lambda message: (
                tab.problems.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        tab.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.on(
            "request",
            lambda request: tab.problems.append(request.url) if not request.url.startswith("file:") else None,
        )
        tab.goto(target.as_uri())
        return tab

    return show


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize(
    ("spec", "free"), [("vgg16", ()), ("googlenet", ()), ("unet_padded", ("H", "W")), (HOSTILE, ())]
)
def test_nothing_overflows_and_nothing_complains(opened, spec, free, width):
    tab = opened(spec, width, free)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate(
        "[...document.querySelectorAll('h1,p,dl,.scroll')].every(e=>e.getBoundingClientRect().right<=innerWidth+1)"
    )
    assert tab.problems == []


def test_sorting(opened):
    tab = opened("lenet5")
    names = lambda: tab.eval_on_selector_all("tbody tr", "rows => rows.map(r => r.dataset.path)")
    before = names()
    tab.click("th:nth-child(6) button")
    params = tab.eval_on_selector_all(
        "tbody tr td:nth-child(6)", "cells => cells.map(c => Number(c.dataset.v))"
    )
    assert params == sorted(params)
    assert tab.get_attribute("th:nth-child(6)", "aria-sort") == "ascending"
    tab.click("th:nth-child(6) button")
    assert names()[0] == "c5"
    tab.click("th:nth-child(1) button")
    assert names() == sorted(before)
    assert tab.problems == []


def test_filtering(opened):
    tab = opened("vgg16")
    tab.fill("#filter", "BLOCK3")
    shown = tab.eval_on_selector_all("tbody tr:not([hidden])", "rows => rows.map(r => r.dataset.path)")
    assert len(shown) == 7
    assert all("block3" in path for path in shown)
    tab.fill("#filter", "")
    assert tab.eval_on_selector_all("tbody tr[hidden]", "rows => rows.length") == 0


def test_rows_and_picture_are_linked(opened):
    tab = opened("vgg16")
    path = "features.block2.conv2d_1"
    tab.hover(f'tr[data-path="{path}"]')
    assert tab.text_content("#seen") == f"{path}: each cell sees 10×10 of the input, stride 2×2, padding 4×4"
    assert tab.eval_on_selector_all("svg .hot", "s => s.map(e => e.dataset.path)") == [path]
    tab.hover(f'svg [data-path="{path}"]')
    hot = tab.eval_on_selector_all("tr.hot", "rows => rows.map(r => r.dataset.path)")
    assert path in hot
    assert all(h.startswith(path) for h in hot)
    tab.hover("h1")
    assert tab.text_content("#seen") == ""


def test_symbols_and_hostile_names(opened):
    tab = opened("vgg16", free=("H", "W"))
    assert "512×(H//32)×(W//32)" in tab.inner_text("tbody").replace(" ", "") or "(H//32)" in tab.inner_text(
        "tbody"
    )
    tab = opened(HOSTILE)
    assert tab.evaluate("window.owned") is None
    assert tab.title().startswith("</title><script>")


def test_dark_pages_are_dark(opened):
    tab = opened("lenet5", scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    assert tab.evaluate("getComputedStyle(document.querySelector('svg .paper')).fill") == "rgb(13, 17, 23)"
