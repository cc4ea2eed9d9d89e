"""Bugs of public repositories, rebuilt as changes to the text of base.py; they are in museum.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from .faulty import Change


class Exhibit(NamedTuple):
    """A bug that was there.

    Attributes:
        thread: owner/name#number, on GitHub.
        year: when it was reported.
        story: what was wrong there, and how it came out.
        id: of the fault, as check_engine finds it.
        changes: to the text of base.py.
    """

    thread: str
    year: int
    story: str
    id: str
    changes: tuple[Change, ...]

    @property
    def address(self) -> str:
        """Where the thread is; GitHub leads from an issue's address to a pull request, too."""
        return f"https://github.com/{self.thread.replace('#', '/issues/')}"


def museum() -> list[Exhibit]:
    """All of them.

    >>> museum()[0].address
    'https://github.com/callummcdougall/ARENA_2.0/issues/18'
    """
    text = Path(__file__).with_name("museum.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["exhibit"]
    return [Exhibit(**{**row, "changes": tuple(map(tuple, row["changes"]))}) for row in rows]
