"""What the commands print; standard output may be a terminal, a pipe, or a full disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def say(text: str) -> None:
    """Print. If the reader of a pipe has gone, the command still does the rest of its work."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        flush()


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells in columns."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        say("  " + "  ".join(f"{c:<{w}}" for c, w in zip(row, widths)).rstrip())


def flush() -> str:
    """Flush standard output. Returns "", or why that failed; a closed pipe is not a failure."""
    if sys.stdout is None:
        return ""
    try:
        sys.stdout.flush()
    except OSError as error:
        # without this the interpreter would flush again at its exit, and fail there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return "" if isinstance(error, BrokenPipeError) else one_line(error)
    return ""


def one_line(error: BaseException) -> str:
    """The message of an error, as one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
