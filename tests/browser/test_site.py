"""The site that `nox -s docs` built, from a server on 127.0.0.1, and nothing from elsewhere."""

from __future__ import annotations

import base64
import functools
import html.parser
import http.server
import os
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pages
import pytest

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "docs/_build/html"
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1}
LIVE = ["index.html", "play.html", "check.html", "train.html"]
READ = [
    "notebooks/03_why_topological_order.html",
    "reference/operations/tanh.html",
    "large_graphs.html",
    "coming_from.html",
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".mjs": "text/javascript", ".wasm": "application/wasm"} | (
        http.server.SimpleHTTPRequestHandler.extensions_map
    )

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(browser: Any) -> Iterator[str]:
    if not (SITE / "_static/live/pyodide.mjs").exists():
        assert "CI" not in os.environ, "the site is not built"
        pytest.skip("the site is not built: nox -s docs")
    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens a page of the site. None may complain, or ask for anything from elsewhere."""
    contexts, complaints = [], []

    def visit_(path: str, **options: Any) -> Any:
        context = browser.new_context(**{**pages.DESKTOP, **options})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(60_000)
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        local = (address, "data:", "blob:")
        tab.on("request", lambda r: None if r.url.startswith(local) else complaints.append(r.url))
        tab.goto(address + path)
        return tab

    yield visit_
    for context in contexts:
        context.close()
    assert complaints == []


def state(tab: Any, *wanted: str) -> None:
    """Wait until the page is in one of these states."""
    tab.wait_for_function("wanted => wanted.includes(document.body.dataset.state)", arg=wanted)


def run(tab: Any, code: str) -> str:
    """Run code in the page's editor; returns what #output has then."""
    tab.locator(".live textarea").fill(code)
    tab.locator(".live-run").click()
    state(tab, "done", "error")
    return tab.inner_text("#output")


def link(page: str, code: str) -> str:
    """The address of a page that holds the code."""
    return f"{page}#code={base64.urlsafe_b64encode(code.encode()).decode().rstrip('=')}"


@pytest.mark.parametrize("path", [*LIVE, *READ])
def test_a_page_is_silent_fits_a_phone_and_is_accessible(
    path: str, visit: Callable[..., Any]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci --prefix tests/browser")
    tab = visit(path, **PHONE)
    tab.wait_for_load_state("load")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.add_script_tag(path=str(AXE))
    found = tab.evaluate(
        "axe.run(document.querySelector('[role=main]'), {resultTypes: ['violations']}).then("
        "({violations}) => violations.map(v => [v.id, v.nodes.map(n => n.html).slice(0, 2)]))"
    )
    assert found == []


def test_play_shows_what_is_printed_the_last_line_and_pictures(visit: Callable[..., Any]) -> None:
    tab = visit("play.html")
    state(tab, "ready")
    shown = run(
        tab,
        "from autograd_mini import Value\n"
        "a = Value(3.0, 'a')\n"
        "for i in range(2):\n    print('line', i)\n"
        "a * a + 1",
    )
    assert shown.startswith("line 0\nline 1\n")
    assert tab.locator("#output svg .node").count() == 5
    assert run(tab, "1 + 1") == "2"
    shown = run(tab, "x = 1\nx.nothing")
    assert shown == "line 2: AttributeError: 'int' object has no attribute 'nothing'"
    assert run(tab, "x = (1,\n") == "line 1: '(' was never closed"
    assert run(tab, "exit(3)") == "line 1: SystemExit: 3"
    run(tab, "from autograd_mini import *\nx = Value(2.0, 'x')\nstep_through(x * x)")
    tab.evaluate("document.querySelector('.autograd-stepper').stepper.set('x', 5)")
    assert tab.evaluate("document.querySelector('.autograd-stepper').stepper.numbers().x[1]") == 10


def test_an_endless_loop_is_stopped(visit: Callable[..., Any]) -> None:
    tab = visit("play.html")
    tab.locator(".live textarea").fill("while True:\n    pass")
    tab.locator(".live textarea").press("Control+Enter")  # Python still loads
    state(tab, "running")
    tab.get_by_role("button", name="Stop").click()
    assert "stopped" in tab.inner_text("#output")
    state(tab, "ready")
    assert run(tab, "2 * 3") == "6"


def test_a_link_holds_a_program_and_runs_it(visit: Callable[..., Any]) -> None:
    code = "print('αβ', 7)"
    tab = visit(link("play.html", code))
    state(tab, "done")
    assert tab.inner_text("#output").strip() == "αβ 7"
    assert tab.locator(".live textarea").input_value() == code
    tab.get_by_role("button", name="Copy link").click()
    assert tab.url.endswith(link("", code))


def test_the_examples_of_a_page_run_in_it(visit: Callable[..., Any]) -> None:
    tab = visit("large_graphs.html")
    buttons = tab.locator(".run-block")
    assert buttons.count() == 2
    buttons.last.click()
    state(tab, "done", "error")
    assert "step 1" in tab.locator(".live-output svg").text_content()
    assert tab.locator(".live-output pre").inner_text().strip() == "rnn.svg"
    buttons.first.click()  # in the same Python
    pictures = tab.locator(".live").first.locator(".live-output svg")
    pictures.nth(1).wait_for()
    assert pictures.count() == 2
    tab.get_by_role("button", name="Copy link").first.click()
    assert tab.url.endswith("large_graphs.html")


def test_what_needs_numpy_has_no_button_to_run_it(visit: Callable[..., Any]) -> None:
    tab = visit("compile.html")
    assert tab.locator(".highlight-python").count() >= 3
    assert tab.locator(".run-block").count() == 0


def test_an_example_that_writes_a_page_shows_it(visit: Callable[..., Any]) -> None:
    tab = visit("stepper.html")
    tab.locator(".run-block").first.click()
    state(tab, "done", "error")
    assert tab.frame_locator(".live-output iframe").locator(".autograd-stepper").count() == 2


class _Links(html.parser.HTMLParser):
    """What a page has links to, and what can be linked to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids.add(given.get("id") or "")
        target = given.get("href") or given.get("src")
        if target and tag in ("a", "img", "script", "link", "source", "iframe"):
            self.targets.append(target)


def test_every_link_within_the_site_leads_somewhere(address: str) -> None:
    # but those of Sphinx's listings of sources, to classes that say they are in another module
    files = [path for path in SITE.rglob("*.html") if "_modules" not in path.parts]
    found = {path: _Links(path) for path in files}
    broken = []
    for path, links in found.items():
        for target in links.targets:
            url = urllib.parse.urlsplit(target)
            if url.scheme or url.netloc:
                continue
            there = path.parent / urllib.parse.unquote(url.path) if url.path else path
            page = found.get(there.resolve())
            fragment = urllib.parse.unquote(url.fragment)
            if not there.exists() or (page and fragment and fragment not in page.ids):
                broken.append(f"{path.relative_to(SITE)}: {target}")
    assert len(found) > 50
    assert broken == []


def test_a_wrong_engine_and_a_right_one(visit: Callable[..., Any]) -> None:
    tab = visit("check.html")
    code = tab.locator(".live textarea").input_value()
    shown = run(tab, code)
    assert "Value fails" in shown
    assert "b = a + a" in shown
    assert "overwrites-gradient" in shown
    assert tab.locator("#output .autograd-stepper svg").count() == 1
    tab.locator("[name=only]").fill("numbers, operand-twice")
    shown = run(tab, code.replace("parent.grad = ", "parent.grad += "))
    assert "Value passes: 2 of 2" in shown
    assert "overwrites" not in shown
    assert run(tab, "class Other: pass") == "the code has no class Value"


def test_a_network_learns_in_the_page(visit: Callable[..., Any]) -> None:
    tab = visit("train.html")
    state(tab, "done")
    tab.locator("[name=data]").select_option("xor")
    tab.locator("[name=train]").click()
    tab.wait_for_function("document.querySelector('[role=status]').textContent.includes('100 %')")
    tab.get_by_role("button", name="Stop").click()
    state(tab, "done")
    assert tab.locator("#picture svg").count() == 1
    tab.locator("[name=step]").click()
    tab.wait_for_selector("#output .autograd-stepper")
    tab.locator("[name=hidden]").fill("4 x")
    tab.locator("[name=hidden]").press("Tab")
    assert "one to twelve neurons" in tab.inner_text("[role=status]")
