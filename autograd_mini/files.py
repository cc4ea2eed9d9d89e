"""Writing files completely, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees its old content or its new content, never a part."""
    write_all_atomically({path: content})


def write_all_atomically(contents: Mapping[Path, str | bytes]) -> None:
    """Write several files. Each is written under a temporary name; then all are renamed."""
    written: list[tuple[str, Path]] = []
    path = Path()
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            name = str(path.parent / f".{path.name}.{secrets.token_hex(6)}")
            with open(name, "xb") as file:  # a new file, with the user's usual permissions
                written.append((name, path))
                file.write(content.encode() if isinstance(content, str) else content)
        for name, path in written:
            os.replace(name, path)
    except OSError as error:  # its message names the file, not the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        for name, _ in written:
            if os.path.exists(name):
                os.unlink(name)
