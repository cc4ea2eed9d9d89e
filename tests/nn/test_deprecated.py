"""Old names work for one more release, and warn."""

import random

import pytest

import autograd_mini
from nn import activations, data, schedules


def test_an_activation_in_its_old_module():
    with pytest.warns(DeprecationWarning, match=r"nn.activations.relu is now .*relu"):
        assert activations.relu is autograd_mini.relu
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = activations.nothing


def test_arguments_by_their_old_names():
    with pytest.warns(DeprecationWarning, match=r"split\(test_share=\) is now test_fraction="):
        _, test = data.split(data.iris(), test_share=0.3, rng=random.Random(0))
    assert len(test.rows) == 45
    with pytest.warns(DeprecationWarning, match=r"cosine_decay\(share=\) is now fraction="):
        assert schedules.cosine_decay(share=0.0) == 1.0
    with pytest.warns(DeprecationWarning, match="linear_decay"):
        assert schedules.linear_decay(share=0.25) == 0.75
