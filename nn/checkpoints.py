"""Model files: the parameters of a model, and the state of an optimizer, as JSON or safetensors.

Floats survive exactly. The file has no code and no sizes: it is loaded into a model of the same
shape. A file written by `autograd-mini train` has the entries of its classifier, too. What in JSON
is beside the parameters is in a .safetensors file its metadata.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograd_mini import AutogradError
from autograd_mini.files import write_atomically

from .checks import all_finite, expect, finite, table_in
from .deprecated import renamed
from .module import Module
from .optimizers import Optimizer

SAFETENSORS = ".safetensors"
FORMAT, VERSION = "autograd-mini model", 2
# version 1 was two formats, with the same entries
VERSIONS = {FORMAT: VERSION, "autograd-mini checkpoint": 1, "autograd-mini classifier": 1}


class ModelError(AutogradError, ValueError):
    """A model file cannot be used; the message names the file, the entry and the reason."""


def save(path: str | Path, model: Module, optimizer: Optimizer | None = None) -> None:
    """Write a model file as a whole, with frozen parameters too; if it fails, the old file stays.

    If an optimizer is given, its settings and its memory are saved, too. A name that ends in
    .safetensors gives a file of that format, any other one of JSON.

    Raises:
        ModelError: a number is nan or infinite; names it.
        ImportError: the file is of safetensors, which is not installed.
    """
    entries: dict[str, Any] = {"parameters": model.state_dict()}
    if optimizer is not None:
        entries["optimizer"] = {"name": type(optimizer).__name__, **optimizer.state_dict()}
    try:
        content: str | bytes = file_text(entries)
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from None
    if Path(path).suffix == SAFETENSORS:
        from .exchange.tensors import file_bytes

        content = file_bytes(entries.pop("parameters"), {FORMAT: file_text(entries)})
    write_atomically(Path(path), content)


def load(path: str | Path, model: Module, optimizer: Optimizer | None = None) -> None:
    """Read a model file into a model, and into an optimizer if one is given.

    Raises:
        ModelError: the file is missing, damaged, of another format, or does not fit; names the
            bad entry. Nothing has been changed.
        ImportError: the file is of safetensors, which is not installed.
    """
    before = model.state_dict()
    try:
        with reading(path) as entries:
            model.load_state_dict(parameters_in(entries))
            if optimizer is not None:
                state, kind = {**table_in(entries, "optimizer")}, type(optimizer).__name__
                name = state.pop("name", None)
                expect(name == kind, name, "'optimizer.name'", kind)
                optimizer.load_state_dict(state)
    except BaseException:
        model.load_state_dict(before)
        raise


def file_text(entries: Mapping[str, Any]) -> str:
    """The text of a model file with these entries; a ValueError names a nan or an infinity."""
    all_finite(entries)
    state = {"format": FORMAT, "version": VERSION, **entries}
    return json.dumps(state, indent=1, allow_nan=False) + "\n"


@contextmanager
def reading(path: str | Path) -> Iterator[dict[str, Any]]:
    """The entries of a model file; a ValueError about them becomes a ModelError that names it."""
    try:
        kind = "safetensors" if Path(path).suffix == SAFETENSORS else "JSON"
        try:
            state = _state(Path(path))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this is not a {kind} file ({error})") from None
        name = state.get("format") if isinstance(state, dict) else None
        if not isinstance(name, str) or name not in VERSIONS:
            raise ValueError("this is not a model file of autograd-mini")
        found, version = state.get("version"), VERSIONS[name]
        expect(found == version, found, "'version'", f"{version} by this release")
        yield state
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from None


def _state(path: Path) -> Any:
    """The entries of a file, unchecked. One of safetensors may be another program's."""
    if path.suffix != SAFETENSORS:
        return json.loads(path.read_text(encoding="utf-8"))
    from .exchange.tensors import contents

    parameters, metadata = contents(path)
    state = json.loads(metadata.get(FORMAT, file_text({})))
    return {**state, "parameters": parameters} if isinstance(state, dict) else state


def parameters_in(entries: Mapping[str, Any]) -> dict[str, float]:
    """The parameters in a model file, checked to be numbers."""
    parameters = table_in(entries, "parameters")
    return {name: finite(x, f"parameters.{name}") for name, x in parameters.items()}


__getattr__ = renamed(__name__, CheckpointError=ModelError)
