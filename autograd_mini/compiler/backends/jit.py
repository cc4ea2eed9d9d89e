"""Generated modules on disk, beside which Numba keeps what it has compiled."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from types import CodeType
from typing import Any

HEADER = """from math import inf, nan

import numpy as np
from autograd_mini.compiler.backends.runtime import *
"""  # of every module


def load(source: str) -> dict[str, Any]:
    """Run the source of a module, and give its names.

    The source is kept in a file, so that what Numba compiles is found by the next process; where no
    file can be written, the module is compiled anew each time.
    """
    scope: dict[str, Any] = {"__name__": __name__}  # Numba wants one that can be imported
    exec(_code(source), scope)
    return scope


def file_of(source: str) -> Path:
    """Where the source of a module is kept, once it was loaded."""
    files = [Path(__file__).with_name(name) for name in ("runtime.py", "vectors.py")]
    used = source + "".join(file.read_text() for file in files)  # Numba sees no change of these
    digest = hashlib.sha256(used.encode()).hexdigest()[:32]
    return folder() / f"program_{digest}.py"


def _code(source: str) -> CodeType:
    file = file_of(source)
    try:
        _write(file, source)
    except OSError:
        return compile(source, "<compiled program>", "exec")
    return compile(source, str(file), "exec")


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


def _write(file: Path, text: str) -> None:
    """Write a file that is whole whenever it is there; one that is there stays as it is."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as unfinished:
            unfinished.write(text)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
