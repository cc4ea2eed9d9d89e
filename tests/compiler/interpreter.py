"""What an array program means: each operation run on NumPy arrays, as its definition says.

It knows nothing of source code, and takes complex numbers, so that the complex step differentiates
a program without any adjoint: df/dx = Im f(x + ih) / h, exact to rounding.
"""

import math

import numpy as np

from autograd_mini.compiler.arithmetic import RELATIONS
from autograd_mini.compiler.simplify import reachable

COMPARE = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal
}  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def evaluate(outputs, count, inputs=(), parameters=()):
    """The outputs' numbers, for so many examples.

    Args:
        inputs: name -> array; parameters: index -> array.
    """
    inputs, parameters = dict(inputs), dict(parameters)
    found = {}

    def number(x):
        return found[x] if x in found else np.asarray(x)

    for x in reachable(outputs):
        shape = tuple(count if n == -1 else -n * count if n < -1 else n for n in x.shape)
        args = [number(a) for a in x.args]
        if x.op == "input":
            y = inputs[x.info]
        elif x.op == "parameter":
            y = parameters[x.info]
        elif x.op.__class__ is str:
            y = OPERATIONS[x.op](x, args, shape, count)
        elif x.op in RELATIONS:
            left, right = args[0].real, args[1].real
            y = np.where(COMPARE[RELATIONS[x.op]](left, right), args[2], args[3])
        else:
            y = elementwise(x.op, args)
        found[x] = y = np.asarray(y)
        assert y.shape == shape, (x, y.shape)
    return [found[x] for x in outputs]


def elementwise(op, args):
    kind = complex if any(a.dtype.kind == "c" for a in args) else float
    return np.vectorize(lambda *x: kind(op.evaluate(list(map(kind, x)))), otypes=[kind])(*args)


def _contract(x, args, shape, count):
    return np.einsum(x.info, *args)


def _logsumexp(x, args, shape, count):
    return np.log(np.exp(args[0]).sum(-1))


def _gather(x, args, shape, count):
    return args[0].reshape(*shape[: x.is_batched], -1)[..., x.info.places]


def _scatter(x, args, shape, count):
    axis = int(x.is_batched)
    y = np.zeros((*shape[:axis], math.prod(shape[axis:])), args[0].dtype)
    for at, place in np.ndenumerate(x.info.places):
        y[..., place] += args[0][(..., *at)]
    return y.reshape(shape)


def _assemble(x, args, shape, count):
    y = np.zeros(shape, np.result_type(*args))
    for piece, starts in zip(args, x.info):
        y[tuple(slice(i, i + n) for i, n in zip(starts, piece.shape))] += piece
    return y


def _max(x, args, shape, count):
    [a], [axis] = args, x.info
    at = np.expand_dims(a.real.argmax(axis), axis)
    return np.take_along_axis(a, at, axis).squeeze(axis)


def _slice(x, args, shape, count):
    return args[0][tuple(slice(None) if b is None else slice(*b) for b in x.info)]


OPERATIONS = {
    "constant": lambda x, args, shape, count: x.info,
    "count": lambda x, args, shape, count: float(count),
    "contract": _contract,
    "logsumexp": _logsumexp,
    "reshape": lambda x, args, shape, count: args[0].reshape(shape),
    "slice": _slice,
    "transpose": lambda x, args, shape, count: args[0].transpose(x.info),
    "broadcast": lambda x, args, shape, count: np.broadcast_to(args[0], shape),
    "gather": _gather,
    "scatter": _scatter,
    "assemble": _assemble,
    "concatenate": lambda x, args, shape, count: np.concatenate(args, x.info),
    "matmul": lambda x, args, shape, count: args[0] @ args[1],
    "vdot": lambda x, args, shape, count: (args[0] * args[1]).sum(),
    "sum": lambda x, args, shape, count: args[0].sum(x.info),
    "max": _max,
}
