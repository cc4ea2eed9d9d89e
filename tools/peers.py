"""Runs random programs, and the kinks and edges of the rules, on other autodiff libraries.

A peer takes part as one more scalar type: its numbers in a wrapper that the rules run on, with a
small dictionary of the functions it has itself; every other operation runs as the rule composes it.

    python tools/peers.py
"""

from __future__ import annotations

import importlib
import math
import operator
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from autograd_mini import Value, gradients, topological_order
from autograd_mini.primitives import TABLE
from autograd_mini.rules import Primitive
from autograd_mini.testing import Expression, expressions

Function = Callable[..., Any]


class Peer(NamedTuple):
    """Another library, as this project talks to it.

    Attributes:
        lift: a float, or a number of the peer's, as a number of the peer's.
        where: its where(condition, a, b).
        functions: {row of the rule table: the peer's own function}.
        gradient: (f, floats) -> (f's value, its partials), f a function of the peer's numbers.
        at_edges: what is asked at edges instead: a function that takes some operands as plain
            floats only or has no derivative; None where the one above is not a function of its own.
        mode: a context to run in.
    """

    lift: Function
    where: Function
    functions: dict[str, Function]
    gradient: Callable[[Function, Sequence[float]], tuple[float, list[float]]]
    at_edges: dict[str, Function | None] = {}  # noqa: RUF012
    mode: Callable[[], AbstractContextManager[Any]] = nullcontext


SAME_NAMES = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"]
INVERSES = ["asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh"]


def _pytorch() -> Peer:
    torch = importlib.import_module("torch")
    own = torch.nn.functional

    def lift(x: Any) -> Any:
        return torch.as_tensor(x, dtype=torch.float64)

    def gradient(f: Function, numbers: Sequence[float]) -> tuple[float, list[float]]:
        xs = [lift(x).requires_grad_() for x in numbers]
        y = f(*xs)
        if not y.requires_grad:
            return y.item(), [0.0] * len(xs)
        slopes = torch.autograd.grad(y, xs, allow_unused=True)
        return y.item(), [0.0 if d is None else d.item() for d in slopes]

    shared = [
        "log2",
        "log10",
        "hypot",
        "erf",
        "erfc",
        "sign",
        "maximum",
        "minimum",
        "relu",
        "sigmoid",
    ]
    functions = {name: getattr(torch, name) for name in (*SAME_NAMES, *INVERSES, *shared)} | {
        "absolute": torch.abs,
        "power": torch.pow,
        "clip": torch.clamp,
        "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
        "softplus": lambda x: torch.logaddexp(x, lift(0.0)),
        "log_sigmoid": own.logsigmoid,
        "silu": own.silu,
        "gelu": own.gelu,
        "gelu_tanh": lambda x: own.gelu(x, approximate="tanh"),
        "mish": own.mish,
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs), 0),
    }
    at_edges: dict[str, Function | None] = {
        "leaky_relu": lambda x, slope: own.leaky_relu(x, float(slope.detach())),
        "elu": lambda x, alpha: own.elu(x, float(alpha.detach())),
        "cbrt": None,
    }
    return Peer(lift, torch.where, functions, gradient, at_edges)


def _jax() -> Peer:
    jax = importlib.import_module("jax")
    jnp, nn = jax.numpy, jax.nn

    def gradient(f: Function, numbers: Sequence[float]) -> tuple[float, list[float]]:
        y, slopes = jax.value_and_grad(f, tuple(range(len(numbers))))(*map(lift, numbers))
        return float(y), [float(d) for d in slopes]

    def lift(x: Any) -> Any:
        return jnp.asarray(x, dtype=jnp.float64)

    shared = ["log2", "log10", "cbrt", "hypot", "sign", "maximum", "minimum", "clip"]
    special = jax.scipy.special
    functions = {name: getattr(jnp, name) for name in (*SAME_NAMES, *INVERSES, *shared)} | {
        "absolute": jnp.abs,
        "power": jnp.power,
        "step": lambda x: jnp.heaviside(x, 0.0),
        "erf": special.erf,
        "erfc": special.erfc,
        "relu": nn.relu,
        "leaky_relu": nn.leaky_relu,
        "elu": nn.elu,
        "sigmoid": nn.sigmoid,
        "softplus": nn.softplus,
        "log_sigmoid": nn.log_sigmoid,
        "silu": nn.silu,
        "gelu": lambda x: nn.gelu(x, approximate=False),
        "gelu_tanh": nn.gelu,
        "mish": nn.mish,
        "logsumexp": lambda *xs: special.logsumexp(jnp.stack(xs)),
    }
    return Peer(lift, jnp.where, functions, gradient, mode=lambda: jax.enable_x64(True))


def _hips() -> Peer:
    autograd = importlib.import_module("autograd")
    np = importlib.import_module("autograd.numpy")
    special = importlib.import_module("autograd.scipy.special")

    def lift(x: Any) -> Any:
        return np.float64(x) if isinstance(x, (int, float)) else x  # not where it is traced

    def gradient(f: Function, numbers: Sequence[float]) -> tuple[float, list[float]]:
        xs = list(map(lift, numbers))
        with warnings.catch_warnings():  # that an output does not depend on the input
            warnings.simplefilter("ignore")
            slopes = [autograd.grad(f, i)(*xs) for i in range(len(xs))]
            return float(f(*xs)), [float(d) for d in slopes]

    shared = ["log2", "log10", "hypot", "sign", "maximum", "minimum"]
    functions = {name: getattr(np, name) for name in (*SAME_NAMES, *shared)} | {
        **{name: getattr(np, name.replace("a", "arc", 1)) for name in INVERSES},
        "absolute": np.abs,
        "power": operator.pow,
        "erf": special.erf,
        "erfc": special.erfc,
        "sigmoid": special.expit,
        "softplus": lambda x: np.logaddexp(x, 0.0),
        "cbrt": lambda x: np.sign(x) * np.abs(x) ** (1 / 3),
        "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
        "logsumexp": lambda *xs: special.logsumexp(np.array(xs)),
    }
    at_edges: dict[str, Function | None] = {
        "cbrt": np.cbrt,
        "step": lambda x: np.heaviside(x, 0.0),
        "clip": lambda x, low, high: np.clip(x, _plain(low), _plain(high)),
    }
    return Peer(lift, np.where, functions, gradient, at_edges)


def _plain(x: Any) -> float:
    """The number in a traced one of HIPS autograd's."""
    return float(getattr(x, "_value", x))


def _casadi() -> Peer:
    casadi = importlib.import_module("casadi")

    def gradient(f: Function, numbers: Sequence[float]) -> tuple[float, list[float]]:
        xs = casadi.SX.sym("x", len(numbers))
        y = f(*(xs[i] for i in range(len(numbers))))
        value, slopes = casadi.Function("f", [xs], [y, casadi.gradient(y, xs)])(numbers)
        return float(value), [float(d) for d in slopes.full().ravel()]

    def logsumexp(*xs: Any) -> Any:
        largest = xs[0]
        for x in xs[1:]:
            largest = casadi.fmax(largest, x)
        return largest + casadi.log(sum(casadi.exp(x - largest) for x in xs))

    functions = {name: getattr(casadi, name) for name in (*SAME_NAMES, *INVERSES)} | {
        "log2": lambda x: casadi.log(x) / math.log(2),
        "log10": casadi.log10,
        "cbrt": lambda x: casadi.sign(x) * casadi.fabs(x) ** (1 / 3),
        "hypot": casadi.hypot,
        "erf": casadi.erf,
        "erfc": lambda x: 1 - casadi.erf(x),
        "absolute": casadi.fabs,
        "sign": casadi.sign,
        "power": operator.pow,
        "maximum": casadi.fmax,
        "minimum": casadi.fmin,
        "clip": lambda x, low, high: casadi.fmin(casadi.fmax(x, low), high),
        "sigmoid": lambda x: 1 / (1 + casadi.exp(-x)),
        "softplus": lambda x: casadi.fmax(x, 0) + casadi.log1p(casadi.exp(-casadi.fabs(x))),
        "logsumexp": logsumexp,
    }
    return Peer(casadi.SX, casadi.if_else, functions, gradient, {"cbrt": None})


PEERS: dict[str, tuple[str, Callable[[], Peer]]] = {  # {name: (its module, how to get it)}
    "PyTorch": ("torch", _pytorch),
    "JAX": ("jax", _jax),
    "HIPS autograd": ("autograd", _hips),
    "CasADi": ("casadi", _casadi),
}


def connect(name: str) -> Peer | None:
    """The peer of that name, or None where it is not installed."""
    module, make = PEERS[name]
    try:
        importlib.import_module(module)
    except ImportError:
        return None
    return make()


# -- a peer's numbers as scalars that the rules run on --------------------------------------------


class Condition:
    """A comparison of a peer's numbers, for where()."""

    def __init__(self, kind: type[Scalar], holds: Any) -> None:
        self.kind, self.holds = kind, holds

    def __where__(self, a: Any, b: Any) -> Scalar:
        a, b = self.kind(a), self.kind(b)
        return self.kind(self.kind.peer.where(self.holds, a.data, b.data))


class Scalar:
    """A peer's number; scalar_type() makes a subclass for each peer."""

    peer: Peer

    def __init__(self, data: Any) -> None:
        self.data = data.data if isinstance(data, Scalar) else self.peer.lift(data)

    @classmethod
    def __apply_primitive__(cls, primitive: Primitive, operands: Sequence[Any]) -> Scalar:
        scalars = [cls(x) for x in operands]
        own = cls.peer.functions.get(primitive.__name__)
        return cls(own(*(x.data for x in scalars)) if own else primitive.forward(*scalars))

    def __neg__(self) -> Scalar:
        return type(self)(-self.data)

    def __lt__(self, other: Any) -> Condition:
        return Condition(type(self), self.data < type(self)(other).data)

    def __gt__(self, other: Any) -> Condition:
        return Condition(type(self), self.data > type(self)(other).data)


def _operator(f: Function, reflected: bool) -> Callable[[Any, Any], Scalar]:
    def method(self: Scalar, other: Any) -> Scalar:
        x, y = self.data, type(self)(other).data
        return type(self)(f(y, x) if reflected else f(x, y))

    return method


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Scalar, f"__{_name}__", _operator(getattr(operator, _name), reflected=False))
    setattr(Scalar, f"__r{_name}__", _operator(getattr(operator, _name), reflected=True))


def scalar_type(peer: Peer) -> type[Scalar]:
    """The scalar type whose numbers are the peer's."""
    return type("PeerScalar", (Scalar,), {"peer": peer})


# -- random programs ----------------------------------------------------------------------------


def deviation(peer: Peer, program: Expression) -> float:
    """How far a program's value and gradient on a peer are from ours.

    The value's as a part of itself, or of 1; the gradient's as a part of the largest one, or of 1.
    The largest is taken before its terms cancel: that of x / x is 0, and what rounding leaves of it
    is not. So it is with the 1 - y*y of a tanh far out.
    """
    ours = [Value(x) for x in program.inputs]
    y = program(*ours)
    slopes = gradients(y, ours)
    kind = scalar_type(peer)
    with peer.mode():
        value, theirs = peer.gradient(lambda *xs: program(*map(kind, xs)).data, program.inputs)
    largest = _largest_gradient(y, ours)
    off = [abs(d - e) / largest for d, e in zip(slopes, theirs, strict=True)]
    return max(abs(value - y.data) / max(1.0, abs(y.data)), *off)


def _largest_gradient(root: Value, leaves: Sequence[Value]) -> float:
    """The largest gradient of the leaves if no two terms of it cancelled; 1.0 if that is less."""
    sizes = {root: 1.0}
    for node in reversed(topological_order(root)):
        for parent, partial in zip(node.parents, node.partials):
            sizes[parent] = sizes.get(parent, 0.0) + abs(partial) * sizes[node]
    return max(1.0, *(sizes.get(leaf, 0.0) for leaf in leaves))


def random_programs(count: int) -> list[Expression]:
    """Programs over all rules; the same on every run."""
    from hypothesis import HealthCheck, Phase, given, seed, settings

    found: list[Expression] = []

    @seed(0)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(expressions())
    def collect(program: Expression) -> None:
        found.append(program)

    collect()
    return found


# -- kinks and edges ------------------------------------------------------------------------------


def edges() -> list[tuple[Primitive, tuple[float, ...]]]:
    """Every (rule, operands) of the table where a partial is a convention, or infinite."""
    return [(rule, point) for rule in TABLE.values() for point in rule.edges]


def partials_here(rule: Primitive, point: Sequence[float]) -> list[float]:
    """What this project gives at an edge."""
    return [float(d) for d in rule.apply([Value(x) for x in point]).partials]


def partials_there(peer: Peer, rule: Primitive, point: Sequence[float]) -> list[float] | None:
    """What a peer gives at an edge; None where it has no such function, or no derivative of it."""
    own = {**peer.functions, **peer.at_edges}.get(rule.__name__)
    if own is None:
        return None
    f = lambda *xs: own(*map(peer.lift, xs))  # noqa: E731
    try:
        with peer.mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a division by zero: that is what an edge is
            return peer.gradient(f, point)[1]
    except (NotImplementedError, TypeError):
        return None


def agree(ours: Sequence[float], theirs: Sequence[float] | None) -> bool:
    """Whether two lists of partials are the same, nan and nan too."""
    return theirs is None or all(
        math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300) or (a != a and b != b)
        for a, b in zip(ours, theirs)
    )


def main() -> None:
    programs = random_programs(300)
    for name in PEERS:
        peer = connect(name)
        if peer is None:
            print(f"{name}: not installed")
            continue
        worst = max(deviation(peer, program) for program in programs)
        print(f"{name}: {len(programs)} programs, largest deviation {worst:.1e}")
        for rule, point in edges():
            ours, theirs = partials_here(rule, point), partials_there(peer, rule, point)
            if not agree(ours, theirs):
                print(f"  {rule.__name__}{point}: here {ours}, there {theirs}")


if __name__ == "__main__":
    main()
