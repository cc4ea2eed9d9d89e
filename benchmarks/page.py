"""Writes what was measured into the pages, and the picture of it: python -m benchmarks.page

All follow from results/*.json, one file for each Python.
"""

from __future__ import annotations

import re
from pathlib import Path

from autograd_mini.files import write_all_atomically

from .picture import picture
from .results import SUITES, Results
from .side_by_side import markdown_table

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
PAGES = [HERE / "README.md", DOCS / "performance.md"]
TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """{file: its content}; the picture is that of the first Python."""
    results = [Results.read(path) for path in sorted((HERE / "results").glob("*.json"))]
    tables = {
        suite: "\n\n".join(filter(None, (table(suite, each) for each in results)))
        for suite in SUITES
    }
    made = {DOCS / "pictures/benchmarks.svg": picture(results[0].rows)}
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        made[path] = TABLE.sub(lambda found: f"{found[1]}{tables[found[2]]}\n{found[3]}", text)
    return made


def table(suite: str, results: Results) -> str:
    """In Markdown; empty if the suite was not measured on this Python."""
    rows = [
        row for key, rows in results.rows.items() if key.startswith(f"{suite}/") for row in rows
    ]
    if not rows:
        return ""
    return f"CPython {results.python} on {results.machine}:\n\n{markdown_table(rows)}"


if __name__ == "__main__":
    write_all_atomically(pages())
