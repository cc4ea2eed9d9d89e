"""Plain numbers: how they are written in error messages, and IEEE arithmetic on them."""

from fractions import Fraction
from itertools import product
from math import inf, nan

import numpy as np
import pytest

from autograd_mini.scalars import IEEE, refusal
from autograd_mini.text import short_repr


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (10**400, "<int of about 1e400>"),
        (-(10**400), "<int of about -1e400>"),
        (10**40, "<int of about 1e40>"),
        (Fraction(1, 10**300), "<Fraction of about 1e-300>"),
        (Fraction(10**90 + 1, 10**50), "<Fraction of about 1e40>"),
        (Fraction(1, 10**50), "<Fraction of about 1e-50>"),
        (Fraction(-1, 10**50), "<Fraction of about -1e-50>"),
        (Fraction(-(10**50) - 1, 10**90), "<Fraction of about -1e-40>"),
    ],
)
def test_a_number_of_more_digits_than_one_reads_is_written_by_its_size(x, text):
    assert short_repr(x) == text


@pytest.mark.parametrize("x", [10**40 - 1, Fraction(10**40 - 1, 7), Fraction(1, 3), -2, 0.1])
def test_any_other_number_is_written_in_full(x):
    assert short_repr(x) == repr(x)


@pytest.mark.parametrize(
    ("x", "n", "power"),
    [
        *((-0.0, -1, -inf), (-0.0, -3, -inf), (-0.0, -2, inf), (-0.0, -0.5, inf), (0.0, -1, inf)),
        *((-1e200, 3, -inf), (-1e200, 2, inf), (1e200, 3, inf), (1e200, 2.5, inf)),
    ],
)
def test_a_power_that_pythons_floats_refuse_is_infinite(x, n, power):
    """As C's pow has it: negative for an odd power of a negative base, -0 among them."""
    assert float(IEEE(x) ** n) == power


def test_ieee_numbers_are_ordered_as_floats_are():
    for x, y in product((-inf, -1.0, -0.0, 0.0, 2.0, inf, nan), repeat=2):
        assert (IEEE(x) < y, IEEE(x) > y) == (x < y, x > y)
        assert (IEEE(x) < IEEE(y), x > IEEE(y)) == (x < y, x > y)


@pytest.mark.parametrize("x", [1j, np.complex64(1j), np.complex128(1j)])
def test_a_complex_number_is_refused_as_one(x):
    assert refusal(x).startswith("expected a real number, got the complex")


@pytest.mark.parametrize("name", ["Angle", "Decimals", "Money"])
def test_what_is_not_a_number_is_refused_by_the_name_of_its_type(name):
    thing = type(name, (), {})()
    assert refusal(thing).startswith(f"expected a number, got {name}; a scalar is")
