"""Tools for testing gradients: of this library, and of your own functions and operations.

check_gradients compares a gradient with numerical differentiation. check_primitive does so for an
operation over its domain. check_engine checks another autodiff engine. The Hypothesis strategies
draw random programs to test with:

    from hypothesis import given
    from autograd_mini.testing import check_gradients, expressions

    @given(expressions())
    def test_gradients(f):
        check_gradients(f, *f.inputs)

The strategies need the package hypothesis (the extra `testing`); the checks need no package.
"""

from ..errors import GradientError
from .checks import assert_same_gradients, check_gradients, check_primitive
from .engines.checking import check_engine
from .engines.report import EngineReport
from .programs import Expression, Network, expressions, networks, values

__all__ = [
    "EngineReport",
    "Expression",
    "GradientError",
    "Network",
    "assert_same_gradients",
    "check_engine",
    "check_gradients",
    "check_primitive",
    "expressions",
    "networks",
    "values",
]
