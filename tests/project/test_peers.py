"""Random programs, kinks and edges on other autodiff libraries, where those are installed."""

import importlib
import math
import sys
from pathlib import Path

import pytest
from hypothesis import given

from autograd_mini.primitives import TABLE
from autograd_mini.testing import Expression, expressions

sys.path.append(str(Path(__file__).parents[2] / "tools"))
peers = importlib.import_module("peers")


@pytest.fixture(scope="module")
def peer(request):
    pytest.importorskip(peers.PEERS[request.param][0])
    return peers.connect(request.param)


every_peer = pytest.mark.parametrize("peer", peers.PEERS, indirect=True)
pytorch = pytest.mark.parametrize("peer", ["PyTorch"], indirect=True)


@every_peer
@given(program=expressions())
def test_random_programs_have_the_same_gradients(peer, program):
    assert peers.deviation(peer, program) <= 1e-11


@every_peer
def test_a_wrong_derivative_is_found(peer):
    program = Expression((0.5, 1.2), [(TABLE["multiply"], (0, 1)), (TABLE["tanh"], (2,))])
    assert peers.deviation(peer, program) <= 1e-15
    wrong = peer._replace(functions={**peer.functions, "tanh": peer.functions["sin"]})
    assert peers.deviation(wrong, program) > 1e-6


@every_peer
def test_a_dictionary_names_rows_of_the_table(peer):
    assert {*peer.functions, *peer.at_edges} <= set(TABLE)


@pytorch
@pytest.mark.parametrize(("rule", "point"), peers.edges(), ids=str)
def test_kinks_and_edges_are_as_in_pytorch(peer, rule, point):
    theirs = peers.partials_there(peer, rule, point)
    if theirs is None:
        assert rule.__name__ in ("step", "cbrt")  # PyTorch has no such function, or no derivative
    else:
        assert peers.agree(peers.partials_here(rule, point), theirs)


def test_agreement_is_of_every_number_and_of_nan():
    assert peers.agree([1.0, math.nan], [1.0, math.nan])
    assert peers.agree([math.inf], [math.inf])
    assert peers.agree([1.0], None)
    assert not peers.agree([1.0, 2.0], [1.0, 2.5])
    assert not peers.agree([0.0], [math.nan])
    assert not peers.agree([math.inf], [-math.inf])


def test_a_peer_that_is_not_installed_is_none(monkeypatch):
    monkeypatch.setitem(peers.PEERS, "Nobody", ("no_such_module", dict))
    assert peers.connect("Nobody") is None
