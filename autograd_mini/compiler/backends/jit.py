"""Generated modules on disk, beside which Numba keeps what it has compiled."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...files import write_atomically

HEADER = """from math import inf, nan

import numpy as np
from autograd_mini.compiler.backends.runtime import *
"""  # of every module


def load(source: str) -> dict[str, Any]:
    """Run the source of a module, and give its names.

    The source is kept in a file, so that what Numba compiles is found by the next process; where no
    file can be written, the module is compiled anew each time.
    """
    file, name = file_of(source), "<compiled program>"
    with suppress(OSError):
        if not file.exists():
            write_atomically(file, source)
        name = str(file)
    scope: dict[str, Any] = {"__name__": __name__}  # Numba wants one that can be imported
    exec(compile(source, name, "exec"), scope)
    return scope


def file_of(source: str) -> Path:
    """Where the source of a module is kept, once it was loaded."""
    files = [Path(__file__).with_name(name) for name in ("runtime.py", "vectors.py")]
    used = source + "".join(file.read_text() for file in files)  # Numba sees no change of these
    digest = hashlib.sha256(used.encode()).hexdigest()[:32]
    return folder() / f"program_{digest}.py"


def folder() -> Path:
    """Where generated modules are kept: in NUMBA_CACHE_DIR, or where the system keeps caches."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen) / "autograd-mini"
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "autograd-mini"
