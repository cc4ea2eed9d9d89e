"""Plain numbers: how they are written in error messages."""

from fractions import Fraction

import pytest

from autograd_mini.scalars import written


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (10**400, "<int of about 1e400>"),
        (-(10**400), "<int of about -1e400>"),
        (10**40, "<int of about 1e40>"),
        (Fraction(1, 10**300), "<Fraction of about 1e-300>"),
        (Fraction(10**90 + 1, 10**50), "<Fraction of about 1e40>"),
        (Fraction(-(10**50) - 1, 10**90), "<Fraction of about -1e-40>"),
    ],
)
def test_a_number_of_more_digits_than_one_reads_is_written_by_its_size(x, text):
    assert written(x) == text


@pytest.mark.parametrize("x", [10**40 - 1, Fraction(10**40 - 1, 7), Fraction(1, 3), -2, 0.1])
def test_any_other_number_is_written_in_full(x):
    assert written(x) == repr(x)
