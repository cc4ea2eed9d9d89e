"""The generated pages are those that the code gives."""

from pathlib import Path

import make_pages
import pytest

DOCS = Path(make_pages.__file__).parent


@pytest.mark.parametrize("name", ["operations.md", "lectures.md", "teaching.md"])
def test_a_page_is_up_to_date(name):
    made = {
        "operations.md": make_pages.operations,
        "lectures.md": make_pages.lectures.page,
        "teaching.md": make_pages.lectures.teaching,
    }[name]
    assert (DOCS / name).read_text(encoding="utf-8") == made(), "run python docs/make_pages.py"
