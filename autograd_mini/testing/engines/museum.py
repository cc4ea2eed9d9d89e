"""Bugs of public repositories, rebuilt as changes to the text of base.py: see museum.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from .faulty import BASE, Change, changed
from .zoo_engine import ZooEngine


class Exhibit(NamedTuple):
    """A bug that was there.

    Attributes:
        thread: owner/name#number, on GitHub.
        year: when it was reported.
        story: what was wrong there, and how it came out.
        requirement: the first that it fails, or is told of.
        id: of the fault, as check_engine finds it; "" if it names none.
        changes: to the text of base.py.
    """

    thread: str
    year: int
    story: str
    requirement: str
    id: str
    changes: tuple[Change, ...]

    def engine(self) -> Any:
        """A class with the bug.

        >>> Value = museum()[0].engine()
        >>> a = Value(3.0)
        >>> (a + a).backward()
        >>> a.grad
        1.0
        """
        return ZooEngine(changed(BASE, self.changes)).kind

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
