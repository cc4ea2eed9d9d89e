"""Files of safetensors. Parameters w.0, w.1, .. are an array w in it, of float64."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

try:
    from safetensors import SafetensorError, safe_open
    from safetensors.numpy import save
except ModuleNotFoundError as error:
    message = 'a .safetensors file takes safetensors: pip install "autograd-mini[safetensors]"'
    raise ImportError(message) from error
import numpy as np


def file_bytes(parameters: Mapping[str, float], metadata: dict[str, str]) -> bytes:
    """The content of a file."""
    lists: dict[str, dict[tuple[int, ...], float]] = defaultdict(dict)
    for name, number in parameters.items():
        stem = name.rstrip(".0123456789")
        stem += name[len(stem) :].partition(".")[0]  # digits of a name, such as w1
        lists[stem][tuple(map(int, name[len(stem) :].split(".")[1:]))] = number
    arrays: dict[str, Any] = {}
    for stem, members in lists.items():
        shape = tuple(1 + max(places) for places in zip(*members))
        if list(members) == list(np.ndindex(shape)):
            arrays[stem] = np.array([*members.values()], float).reshape(shape)
        else:  # some places are empty, as in a sparse layer
            arrays |= {_name(stem, place): np.array(float(x)) for place, x in members.items()}
    content: bytes = save(arrays, metadata)
    return content


def contents(path: Path) -> tuple[dict[str, float], dict[str, str]]:
    """The parameters and the metadata in a file; a ValueError if it is not one of safetensors."""
    try:
        with safe_open(path, "numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = file.metadata() or {}
        numbers = {
            _name(stem, place): float(x.item())
            for stem, array in arrays.items()
            for place, x in np.ndenumerate(array)
        }
    except (SafetensorError, TypeError) as error:  # a TypeError where NumPy has no such numbers
        raise ValueError(str(error)) from None
    return numbers, metadata


def _name(stem: str, place: tuple[int, ...]) -> str:
    return ".".join([stem, *map(str, place)])
