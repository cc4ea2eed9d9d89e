"""examples/scalar_gpt.py: its two ways of writing attention, beside microgpt's own."""

from random import Random

import numpy as np
import pytest

from autograd_mini import Value
from benchmarks import microgpt
from examples.scalar_gpt import GPT, MARK, encode, first_names, sample, train
from nn.optimizers import Adam


def loss_and_gradients(loss, parameters):
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    return [loss.data, *(p.grad for p in parameters)]


@pytest.mark.parametrize("document", ["li", "christophersonandcompany"])
def test_it_is_the_architecture_of_microgpt(document):
    model, theirs = GPT(rng=Random(42)), microgpt.GPT(Value)
    tokens, targets = encode([document])
    example = tokens[0].tolist(), targets[0].tolist()
    expected = loss_and_gradients(theirs.loss(document), theirs.parameters())
    for loss in (model.masked_loss(*example), model.ragged_loss(*example)):
        assert loss_and_gradients(loss, model.parameters()) == pytest.approx(expected, abs=1e-14)


def test_no_position_looks_ahead():
    model = GPT(rng=Random(1))
    tokens, _ = encode(["ab", "ac"])
    for logits in (model.masked, model.ragged):
        one, other = (np.array([[z.data for z in row] for row in logits(t)]) for t in tokens)
        assert (one[:2] == other[:2]).all()
        assert (one[2:] != other[2:]).all()


def test_a_document_too_long_for_the_block_loses_its_end():
    tokens, targets = encode(["abcdef"], block=3)
    assert tokens[0].argmax(axis=1).tolist() == [MARK, 0, 1]
    assert targets[0].argmax(axis=1).tolist() == [0, 1, 2]
    assert targets[0].sum() == pytest.approx(1)


def test_names_are_of_letters():
    names = first_names()
    assert len(names) == len(set(names)) > 5000
    assert all(name.isascii() and name.isalpha() and name.islower() for name in names)


class Speller(GPT):
    """Sure of the alphabet's next letter, and after `length` of them of the mark."""

    def __call__(self, tokens):
        count = len(tokens)
        following = MARK if count > self.length else count - 1
        return [[0.0] * 27] * (count - 1) + [[40.0 * (i == following) for i in range(27)]]


@pytest.mark.parametrize(("length", "drawn"), [(0, ""), (3, "abc"), (99, "abcdefghijklmnop")])
def test_samples_follow_the_logits_to_the_mark_or_the_end_of_the_block(length, drawn):
    model = Speller(rng=Random(0))
    model.length = length
    assert sample(model, Random(0)) == drawn


def test_temperature_is_how_much_the_likely_is_preferred():
    model = GPT(rng=Random(0))
    assert sample(model, Random(7)) == sample(model, Random(7)) != sample(model, Random(8))
    cold = {sample(model, Random(seed), temperature=1e-3) for seed in range(4)}
    assert len(cold) == 1


def test_a_step_of_training_is_one_of_adam_on_the_scalars():
    ours, theirs = (GPT(4, 4, 2, rng=Random(5)) for _ in range(2))
    [loss] = train(ours, ["ab", "cde"], Random(0), steps=1, batch=2)
    expected = sum(
        theirs.ragged_loss(tokens.tolist(), targets.tolist()) / 2
        for tokens, targets in zip(*encode(["ab", "cde"], block=4))
    )
    expected.backward()
    Adam(theirs.parameters(), lr=0.01, betas=(0.85, 0.99)).step()
    assert loss == pytest.approx(expected.data, rel=1e-12)
    assert list(ours.state_dict().values()) == pytest.approx(
        list(theirs.state_dict().values()), rel=1e-9, abs=1e-12
    )


def test_a_trained_model_says_what_it_was_taught():
    model = GPT(8, 8, 2, rng=Random(5))
    *_, loss = train(model, ["abcab"], Random(0), steps=150, batch=1)
    assert loss < 0.05
    assert sample(model, Random(0), temperature=0.1) == "abcab"
