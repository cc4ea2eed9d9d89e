"""Checkpoints: a model's parameters, and what an optimizer remembers, as a JSON file.

Floats survive exactly. The file holds no code and no sizes: it is loaded into a model of the same
shape.
"""

from __future__ import annotations

import json
import reprlib
from pathlib import Path
from typing import Any

from autograd_mini import AutogradError
from autograd_mini.files import write_atomically

from .module import Module
from .optimizers import Optimizer
from .optimizers.state import check_number, check_numbers

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
    parameters = model.state_dict()
    state: dict[str, Any] = {"format": FORMAT, "version": VERSION, "parameters": parameters}
    if optimizer is not None:
        state["optimizer"] = {"name": type(optimizer).__name__, **optimizer.state_dict()}
    try:
        for name, number in parameters.items():
            check_number(number, f"parameters.{name}")
        for name, entry in state.get("optimizer", {}).items():
            if isinstance(entry, list):
                check_numbers(entry, f"optimizer.{name}")
        text = json.dumps(state, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: {error}") from None
    write_atomically(Path(path), text + "\n")


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
    before = model.state_dict()
    try:
        _load(state, model, optimizer)
    except BaseException as error:
        model.load_state_dict(before)
        if isinstance(error, ValueError):
            raise CheckpointError(f"{path}: {error}") from None
        raise


def _load(state: Any, model: Module, optimizer: Optimizer | None) -> None:
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"this is no {FORMAT}; nn.save writes one")
    if state.get("version") != VERSION:
        version = reprlib.repr(state.get("version"))
        raise ValueError(f"'version' is {version}; this release reads version {VERSION}")
    parameters = _table(state, "parameters")
    for name, number in parameters.items():
        check_number(number, f"parameters.{name}")
    model.load_state_dict(parameters)
    if optimizer is None:
        return
    remembered = _table(state, "optimizer")
    name, expected = remembered.pop("name", None), type(optimizer).__name__
    if name != expected:
        raise ValueError(
            f"'optimizer.name' is {reprlib.repr(name)}, and the optimizer given is a {expected}"
        )
    try:
        optimizer.load_state_dict(remembered)
    except ValueError as error:
        raise ValueError(f"in 'optimizer': {error}") from None


def _table(state: dict[str, Any], name: str) -> dict[str, Any]:
    entry = state.get(name)
    if not isinstance(entry, dict):
        raise ValueError(f"{name!r} is missing, or no table of names and numbers")
    return entry
