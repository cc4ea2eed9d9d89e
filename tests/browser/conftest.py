"""Pages in a browser: every test that opens one also says that it is silent and offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pages
import pytest

import autograd_mini


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    pytest.importorskip("playwright", reason="pages are opened by playwright: pip install it")
    if pages.CHROMIUM is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with pages.chromium() as browser:
        yield browser


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a stepper, or HTML, in a tab of its own; in the end no tab may have complained of
    anything, nor asked for anything but its own file."""
    contexts, complaints = [], []

    def open_(
        page: autograd_mini.stepper.Stepper | str, clock: bool = False, **options: Any
    ) -> Any:
        path = tmp_path / f"{len(contexts)}.html"
        path.write_text(page if isinstance(page, str) else page.page(), encoding="utf-8")
        context = browser.new_context(**{**pages.DESKTOP, **options})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(10_000)
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        allowed = (path.as_uri(), "data:image/svg+xml;base64,")
        tab.on(
            "request",
            lambda r: None if r.url.startswith(allowed) else complaints.append(r.url),
        )
        if clock:
            tab.clock.install(time=datetime(2000, 1, 1, 0))
        tab.goto(path.as_uri())
        if clock:
            tab.clock.pause_at(datetime(2000, 1, 1, 1))  # it goes on only where the test says so
        return tab

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
