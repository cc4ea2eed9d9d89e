"""The collector of garbage pauses while a function is compiled, and is then as it was before."""

import gc

import pytest

from autograd_mini import TraceError, compile, tanh


@pytest.fixture(params=[True, False])
def is_enabled(request):
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_it_pauses(is_enabled):
    seen = []
    compile(lambda x: seen.append(gc.isenabled()) or tanh(x), x=(), backend="numpy")
    assert seen == [False, False]
    assert gc.isenabled() == is_enabled


def test_it_goes_on_after_an_error(is_enabled):
    with pytest.raises(TraceError):
        compile(lambda x: float(x), x=(), backend="numpy")
    assert gc.isenabled() == is_enabled
