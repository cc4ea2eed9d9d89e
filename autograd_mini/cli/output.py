"""What the commands print, on whatever standard output is: a terminal, a pipe, a full disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def say(text: str) -> None:
    """Print. If nobody reads any more, the command still does the rest of its work."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        flush()


def complain(text: str) -> None:
    """Print on standard error."""
    print(f"autograd-mini: {text}", file=sys.stderr)


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells, in columns that are aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        say("  " + "  ".join(f"{c:<{w}}" for c, w in zip(row, widths)).rstrip())


def flush() -> str:
    """Flush standard output. Returns why that failed, or "": a closed pipe is not a failure."""
    if sys.stdout is None:
        return ""
    try:
        sys.stdout.flush()
    except OSError as error:
        # otherwise the interpreter flushes again at its exit, and fails there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return "" if isinstance(error, BrokenPipeError) else one_line(error)
    return ""


def one_line(error: BaseException) -> str:
    """What an error says, as one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__
