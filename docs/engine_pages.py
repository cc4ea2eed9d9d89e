"""The parts of engines.md that follow from the code: requirements, faults, the museum.

Each stands between two comments, <!-- NAME, made by .. --> and <!-- end of NAME -->. The rest of
the page is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from autograd_mini.testing import check_engine
from autograd_mini.testing.engines.faulty import ZOO, section
from autograd_mini.testing.engines.museum import museum
from autograd_mini.testing.engines.requirements import REQUIREMENTS

PAGE = Path(__file__).with_name("engines.md")


def replaced(text: str, name: str, lines: list[str]) -> str:
    """The page with other lines between the two comments of this name.

    Raises:
        ValueError: they are not there.
    """
    made = "\n".join(lines)
    pattern = rf"(<!-- {name}, made by [^\n]* -->\n).*?(<!-- end of {name} -->)"
    text, count = re.subn(
        pattern, lambda match: f"{match[1]}\n{made}\n\n{match[2]}", text, flags=re.DOTALL
    )
    if count != 1:
        raise ValueError(f"the page has no place for {name}")
    return text


def page() -> str:
    """The page, with its parts made anew."""
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in (
        ("requirements", requirements()),
        ("faults", faults()),
        ("museum", exhibits()),
    ):
        text = replaced(text, name, list(lines))
    return text


def requirements() -> Iterator[str]:
    yield "| id | what holds | |"
    yield "|---|---|---|"
    for row in REQUIREMENTS:
        yield f"| `{row.id}` | {row.sentence} | {'required' if row.is_required else ''} |"


def faults() -> Iterator[str]:
    """Each id once, with all that its variants do."""
    yield "| id | an engine that | more about it |"
    yield "|---|---|---|"
    does: dict[str, list[str]] = {}
    for fault in ZOO:
        does.setdefault(fault.id, []).append(fault.does)
    for id, sentences in does.items():
        told = "; or ".join(dict.fromkeys(sentences)).replace("|", r"\|").replace("*", r"\*")
        yield f"| `{id}` | {told} | {_link(section(id))} |"


def exhibits() -> Iterator[str]:
    """Each bug, its thread, and the smallest program that shows it."""
    for row in museum():
        report = check_engine(row.engine(), only=row.requirement, examples=0, time_limit=300)
        (found,) = [*report.failures, *report.findings]
        assert found.failure
        id = f", `{row.id}`" if row.id else ""
        yield f"**[{row.thread}]({row.address})**, {row.year}{id}. {row.story}"
        yield ""
        yield "```text"
        yield found.failure.code({}, "")
        yield "```"
        yield ""
        sentence = found.failure.sentence()
        yield f"Here {sentence}."
        yield ""


def _link(place: str) -> str:
    notebook, _, heading = place.partition(": ")
    return f"[{heading}](../notebooks/{notebook}.ipynb)"
