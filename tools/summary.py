"""Prints the figures of docs/trust.md and docs/mutation.md in one table.

Each is read from the page that records it: what measures it writes it there.

    python tools/summary.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
MISSING = "not measured"


def summary(trust: str, mutation: str) -> list[tuple[str, str]]:
    """(what, figure) for the text of the two pages; a page or section may be missing."""
    drawn = dict(_lines(trust, "Random programs"))
    rules = {name: cells for name, *cells in _lines(trust, "Rules")}
    endurance = dict(_lines(trust, "Endurance"))
    proven = sum("proven" in cells for cells in rules.values())
    return [
        ("rules proven", f"{proven} of {len(rules)}" if rules else MISSING),
        ("worst error of a function or derivative", _worst(rules, trust)),
        ("operations covered by random programs", drawn.get("operations covered", MISSING)),
        ("random programs tried in one run", drawn.get("programs tried", MISSING)),
        ("libraries agreed with", _libraries(trust)),
        ("mutation score", _score(mutation)),
        ("threads survived", endurance.get("threads", MISSING)),
        ("depth survived", endurance.get("chain", MISSING)),
    ]


def _worst(rules: dict[str, list[str]], trust: str) -> str:
    """The largest error within the bound, and how many rules are beyond it."""
    errors = {
        name: [float(cells[i]) for i in (2, 4) if cells[i]]
        for name, cells in rules.items()
        if len(cells) > 4
    }
    told = re.search(r"The bound is ([\d.]+) ulp", trust)
    if not told or not any(errors.values()):
        return MISSING
    bound = float(told[1])
    within = max(e for found in errors.values() for e in found if e <= bound)
    beyond = sum(max(found, default=0.0) > bound for found in errors.values())
    if not beyond:
        return f"{within:g} ulp"
    return f"{within:g} ulp; {beyond} rule{'s' * (beyond > 1)} worse, explained below"


def _libraries(trust: str) -> str:
    found = [
        (name, version, programs)
        for name, version, programs, _ in _lines(trust, "Random programs on other libraries")
        if programs
    ]
    return "; ".join(f"{name} {version} on {n} programs" for name, version, n in found) or MISSING


def _score(mutation: str) -> str:
    """The score in the row of totals."""
    header: list[str] = []
    for cells in _cells(mutation):
        if "score" in cells:
            header = cells
        elif cells[0] == "total" and header:
            return cells[header.index("score")]
    return MISSING


def _lines(page: str, section: str) -> list[list[str]]:
    """The lines of the table in a section, without its header."""
    _, _, rest = page.partition(f"\n## {section}\n")
    return list(_cells(rest.partition("\n## ")[0]))[1:]


def _cells(text: str) -> Iterator[list[str]]:
    """The cells of all lines of tables."""
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line[1:-1].split("|")]


def main() -> None:
    pages = [DOCS / name for name in ("trust.md", "mutation.md")]
    trust, mutation = [page.read_text(encoding="utf-8") if page.exists() else "" for page in pages]
    for what, figure in summary(trust, mutation):
        print(f"{what:<42}{figure}")


if __name__ == "__main__":
    main()
