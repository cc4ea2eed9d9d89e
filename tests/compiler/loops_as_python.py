"""Generated loops run as plain Python, on rows of NumPy arrays: the same source, not compiled."""

from contextlib import contextmanager

import numba
import numpy as np

import autograd_mini.compiler as compiler
from autograd_mini.compiler.backends import tape
from autograd_mini.compiler.cache import Cache


@contextmanager
def loops_as_python():
    """Programs that are compiled within run as Python."""
    before, interpreter = compiler._COMPILED, tape.interpreter
    tape.interpreter = tape.interpreter.__wrapped__
    compiler._COMPILED = Cache(size=32)  # has none that are compiled to machine code
    numba.config.DISABLE_JIT = True
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        numba.config.DISABLE_JIT = False
        compiler._COMPILED = before
        tape.interpreter = interpreter
