"""Tools for testing gradients: of this library, and of your own functions and operations.

check_gradients compares a gradient with numerical differentiation. check_primitive does so for an
operation over its domain. The Hypothesis strategies draw random programs to test with:

    from hypothesis import given
    from autograd_mini.testing import check_gradients, expressions

    @given(expressions())
    def test_gradients(f):
        check_gradients(f, *f.inputs)

The strategies need the package hypothesis (the extra `testing`); the checks need no package.
"""

from ..errors import GradientError
from .checks import assert_same_gradients, check_gradients, check_primitive
from .programs import Expression, Network, expressions, networks, values

__all__ = [
    "Expression",
    "GradientError",
    "Network",
    "assert_same_gradients",
    "check_gradients",
    "check_primitive",
    "expressions",
    "networks",
    "values",
]
