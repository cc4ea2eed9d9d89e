"""Checkpoints: a model's parameters, and what an optimizer remembers, as a JSON file.

Floats survive exactly. The file holds no code and no sizes: it is loaded into a model of the same
shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograd_mini import AutogradError
from autograd_mini.files import write_atomically

from .module import Module
from .optimizers import Optimizer

FORMAT = "autograd-mini checkpoint"
VERSION = 1


class CheckpointError(AutogradError, ValueError):
    """A checkpoint cannot be used; the message says where and why."""


def save(path: str | Path, model: Module, optimizer: Optimizer | None = None) -> None:
    """Write a checkpoint, all of it or nothing.

    Args:
        path: the file.
        model: its parameters are saved, frozen ones too.
        optimizer: its settings and its memory are saved as well.

    Raises:
        CheckpointError: a number is nan or infinite; names it.
    """
    state: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "parameters": model.state_dict(),
    }
    if optimizer is not None:
        state["optimizer"] = {"name": type(optimizer).__name__, **optimizer.state_dict()}
    _check_numbers(state, "", str(path))
    write_atomically(Path(path), json.dumps(state, indent=1, allow_nan=False) + "\n")


def load(path: str | Path, model: Module, optimizer: Optimizer | None = None) -> None:
    """Read a checkpoint into a model, and into an optimizer if one is given.

    Raises:
        CheckpointError: the file is missing, damaged, of another format, or does not fit; names
            the bad entry. Nothing has been changed.
    """
    try:
        state = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: this is no JSON file ({error})") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path}: this is no {FORMAT}; nn.save writes one")
    if state.get("version") != VERSION:
        raise CheckpointError(
            f"{path}: 'version' is {state.get('version')!r}; this release reads version {VERSION}"
        )
    _check_numbers(state, "", str(path))
    before = model.state_dict()
    try:
        parameters = _entry(state, "parameters")
        model.load_state_dict(parameters)
        if optimizer is not None:
            remembered = dict(_entry(state, "optimizer"))
            name = remembered.pop("name", None)
            if name != type(optimizer).__name__:
                raise ValueError(
                    f"'optimizer.name' is {name!r}, and the optimizer given is a "
                    f"{type(optimizer).__name__}"
                )
            optimizer.load_state_dict(remembered)
    except (TypeError, ValueError) as error:
        model.load_state_dict(before)
        raise CheckpointError(f"{path}: {error}") from None


def _entry(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    entry = state.get(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{name!r} is missing, or no table of names and numbers")
    return entry


def _check_numbers(part: Any, path: str, file: str) -> None:
    """Raise where a number is not finite, with its path, such as optimizer.means[3]."""
    if isinstance(part, dict):
        for name, entry in part.items():
            _check_numbers(entry, f"{path}.{name}" if path else name, file)
    elif isinstance(part, (list, tuple)):
        for i, entry in enumerate(part):
            _check_numbers(entry, f"{path}[{i}]", file)
    elif isinstance(part, float) and not math.isfinite(part):
        raise CheckpointError(f"{file}: {path!r} is {part}; expected a finite number")
