"""The generated pages are those that the code gives."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"


def make_pages():
    spec = importlib.util.spec_from_file_location("make_pages", DOCS / "make_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_operations_is_up_to_date():
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert page == make_pages().operations(), "run python docs/make_pages.py"
