"""What the README says of other libraries: each cell is tried on the library itself."""

import math
from fractions import Fraction
from pathlib import Path

import pytest

from autograd_mini import Value, grad, log, sin

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
TABLE = README.split("## Beside others")[1].split("\n\n")[1]
HEAD, _, *ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in TABLE.splitlines()]
SAYS = {(row[0], name): cell for row in ROWS for name, cell in zip(HEAD[1:], row[1:]) if cell}
IMPORTED = {
    "autograd-mini": "autograd_mini",
    "micrograd": "micrograd.engine",
    "PyTorch": "torch",
    "JAX": "jax",
    "CasADi": "casadi",
}
LONG = 20_000


def keeps_the_gradient_of_an_intermediate(lift):
    x = lift(3.0)
    y = x * x
    (y * 2.0).backward()
    return y.grad is not None and float(y.grad) == 2.0


def second_backward_adds_the_same(lift, **options):
    x = lift(3.0)
    y = x * x
    z = y * y  # through an intermediate
    z.backward(**options)
    once = float(x.grad)
    z.backward(**options)
    return float(x.grad) == 2 * once


def takes_a_chain(lift):
    x = y = lift(1.0)
    for _ in range(LONG):
        y = y + x
    try:
        y.backward()
    except RecursionError:
        return False
    return float(x.grad) == LONG + 1


def is_exact(lift):
    x = lift(Fraction(1, 3))
    y = x * x + x * Fraction(1, 7)
    y.backward()
    return x.grad == Fraction(2, 3) + Fraction(1, 7)


def raises(error, f, *operands):
    try:
        f(*operands)
    except error:
        return True
    return False


def ours():
    second = grad(grad(sin))(0.5)
    return {
        "the gradient of every intermediate is kept": keeps_the_gradient_of_an_intermediate(Value),
        "a second `backward()` adds the same again": second_backward_adds_the_same(Value),
        "derivatives of derivatives": math.isclose(second, -math.sin(0.5)),
        "fractions stay exact, gradients too": is_exact(Value),
        "a chain of 20,000 operations": takes_a_chain(Value),
        "log(0) is an error that says where": raises(ValueError, log, Value(0.0)),
        "arrays": not raises(TypeError, Value, [1.0, 2.0]),
    }


def micrograd(engine):
    x = engine.Value(2.0)
    (x**3).backward()
    return {
        "the gradient of every intermediate is kept": keeps_the_gradient_of_an_intermediate(
            engine.Value
        ),
        "a second `backward()` adds the same again": second_backward_adds_the_same(engine.Value),
        "derivatives of derivatives": isinstance(x.grad, engine.Value),
        "fractions stay exact, gradients too": is_exact(engine.Value),
        "a chain of 20,000 operations": takes_a_chain(engine.Value),
        "log(0) is an error that says where": hasattr(engine.Value, "log"),
        "arrays": not raises(TypeError, lambda: engine.Value([1.0]) * engine.Value([2.0])),
    }


def pytorch(torch):
    def lift(x):
        return torch.tensor(x, dtype=torch.float64, requires_grad=True)

    x = lift(0.5)
    (slope,) = torch.autograd.grad(torch.sin(x), x, create_graph=True)
    (second,) = torch.autograd.grad(slope, x)
    return {
        "the gradient of every intermediate is kept": keeps_the_gradient_of_an_intermediate(lift),
        "a second `backward()` adds the same again": second_backward_adds_the_same(
            lift, retain_graph=True
        ),
        "derivatives of derivatives": math.isclose(second.item(), -math.sin(0.5)),
        "fractions stay exact, gradients too": not raises(Exception, is_exact, lift),
        "a chain of 20,000 operations": takes_a_chain(lift),
        "log(0) is an error that says where": raises(Exception, torch.log, lift(0.0)),
        "arrays": torch.ones(2, 2).shape == (2, 2),
    }


def jax(library):
    second = library.grad(library.grad(library.numpy.sin))(0.5)
    return {
        "the gradient of every intermediate is kept": hasattr(library.numpy.ones(()), "grad"),
        "derivatives of derivatives": math.isclose(second, -math.sin(0.5), rel_tol=1e-5),
        "fractions stay exact, gradients too": not raises(
            TypeError, library.grad(lambda x: x * x), Fraction(1, 3)
        ),
        "log(0) is an error that says where": raises(Exception, library.numpy.log, 0.0),
        "arrays": library.numpy.ones((2, 2)).shape == (2, 2),
    }


def casadi(library):
    x = y = library.SX.sym("x")
    second = library.Function("f", [x], [library.gradient(library.gradient(library.sin(x), x), x)])
    for _ in range(LONG):
        y = y + x
    slope = library.Function("g", [x], [library.gradient(y, x)])
    return {
        "the gradient of every intermediate is kept": hasattr(x, "grad"),
        "derivatives of derivatives": math.isclose(second(0.5), -math.sin(0.5)),
        "fractions stay exact, gradients too": not raises(
            (TypeError, NotImplementedError), lambda: x * Fraction(1, 3)
        ),
        "a chain of 20,000 operations": float(slope(1.0)) == LONG + 1,
        "log(0) is an error that says where": raises(Exception, library.log, 0.0),
        "arrays": library.SX.ones(2, 2).shape == (2, 2),
    }


FOUND = dict(zip(IMPORTED, (lambda _: ours(), micrograd, pytorch, jax, casadi)))


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor")
@pytest.mark.parametrize("name", IMPORTED)
def test_the_table_says_what_is_so(name):
    library = pytest.importorskip(IMPORTED[name])
    found = FOUND[name](library)
    says = {claim: cell for (claim, of), cell in SAYS.items() if of == name}
    assert says == {claim: "yes" if holds else "no" for claim, holds in found.items()}


def test_every_library_is_in_the_table():
    assert HEAD[1:] == [*IMPORTED]
    assert len(ROWS) >= 6
