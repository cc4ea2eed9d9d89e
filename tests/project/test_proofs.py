"""Every partial is proven by SymPy to be the derivative of its function."""

import importlib
import random
from pathlib import Path

import pytest

from autograd_mini.primitives import TABLE
from autograd_mini.rules import NaryPrimitive, Primitive


@pytest.fixture(scope="module")
def proofs():
    pytest.importorskip("sympy")
    return importlib.import_module("proofs")


NOT_PROVEN: dict[str, str] = {}  # rows where SymPy does not get to 0, and why


@pytest.mark.parametrize("name", TABLE)
def test_the_partials_are_proven(proofs, name):
    expected = "sampled" if name in NOT_PROVEN else "proven"
    assert proofs.prove(TABLE[name]).verdict == expected


@pytest.mark.parametrize("name", ["tanh", "power", "clip", "sign", "hypot", "gelu", "logsumexp"])
def test_a_wrong_partial_is_found(proofs, name):
    right = TABLE[name]
    wrong = object.__new__(type(right))
    wrong.__dict__.update(right.__dict__)
    wrong.partial = lambda i, operands, y: right.partial(i, operands, y) + operands[0] * 1e-6
    with pytest.raises(AssertionError):
        proofs.prove(wrong)


@pytest.mark.parametrize("name", TABLE)
def test_a_name_is_spelled_if_and_only_if_its_function_needs_it(proofs, name):
    """The dictionary of names is complete, and holds nothing that the rules compose."""
    rule = TABLE[name]
    count = 3 if isinstance(rule, NaryPrimitive) else len(rule.arguments)
    operands = [proofs.Symbolic(x) for x in (proofs.r, proofs.s, proofs.p)[:count]]
    try:
        rule.forward(*operands)
    except (TypeError, ValueError):
        assert name in proofs.SPELLED
    else:
        assert name not in proofs.SPELLED


def test_a_spelled_name_means_the_function(proofs):
    rng = random.Random(0)
    for name in [*proofs.SPELLED] * 5:
        assert proofs.spelling_error(TABLE[name], rng) < 1e-13, name


def test_a_wrong_spelling_is_noticed(proofs):
    wrong = Primitive("tanh", lambda x: x / 2, (lambda x, y: 1,), attribute="tanh")
    assert proofs.spelling_error(wrong, random.Random(0)) > 0.01


def test_floats_are_read_as_the_numbers_they_round(proofs):
    assert str(proofs.exact(-2 / 3.141592653589793**0.5)) == "-2/sqrt(pi)"
    assert str(proofs.exact(3 * 0.044715)) == "26829/200000"
    with pytest.raises(ValueError, match="is not a constant"):
        proofs.exact(2.718281828459045)


def test_a_symbolic_comparison_is_not_a_bool(proofs):
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(proofs.Symbolic(proofs.r) > 0)


def test_the_page_of_trust_names_every_rule():
    page = (Path(__file__).parents[2] / "docs" / "trust.md").read_text(encoding="utf-8")
    assert [name for name in TABLE if f"| `{name}` |" not in page] == [], "run tools/trust.py"
