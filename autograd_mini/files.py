"""Writing files whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new, and never a part."""
    write_all_atomically({path: content})


def write_all_atomically(contents: Mapping[Path, str | bytes]) -> None:
    """Write several files: all are written in full beside their places, then moved there."""
    written: list[tuple[str, Path]] = []
    path = Path()
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            name = str(path.parent / f".{path.name}.{secrets.token_hex(6)}")
            with open(name, "xb") as file:  # a new file, with the permissions the user wants
                written.append((name, path))
                file.write(content.encode() if isinstance(content, str) else content)
        for name, path in written:
            os.replace(name, path)
    except OSError as error:  # with the name that was asked for, not that of the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        for name, _ in written:
            if os.path.exists(name):
                os.unlink(name)
