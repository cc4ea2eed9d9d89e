"""examples/scalar_gpt.py: its two ways of writing attention, beside microgpt's own."""

from itertools import islice
from random import Random

import numpy as np
import pytest

from autograd_mini import Value
from benchmarks import microgpt
from examples import scalar_gpt
from examples.scalar_gpt import (
    GPT,
    MARK,
    compile_loss,
    encode,
    first_names,
    main,
    sample,
    train,
)
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


def test_a_program_that_is_given_is_trained_and_measures_what_was_learned():
    names = ["li", "mary", "bo"]
    one, other = (GPT(rng=Random(2)) for _ in range(2))
    program = compile_loss(other)
    curve = list(train(one, names, Random(3), steps=4, batch=2))
    assert list(train(other, names, Random(3), steps=4, batch=2, program=program)) == curve
    assert [p.data for p in one.parameters()] == [p.data for p in other.parameters()]
    found = program.value_and_grad(*encode(["ab"]))[0]
    assert found == pytest.approx(one.ragged_loss(*(a[0].tolist() for a in encode(["ab"]))).data)


def test_a_trained_model_says_what_it_was_taught():
    model = GPT(8, 8, 2, rng=Random(5))
    *_, loss = train(model, ["abcab"], Random(0), steps=150, batch=1)
    assert loss < 0.05
    assert sample(model, Random(0), temperature=0.1) == "abcab"


def test_training_that_is_closed_leaves_what_it_learned():
    ours, theirs = (GPT(4, 4, 2, rng=Random(5)) for _ in range(2))
    training = train(ours, ["ab"], Random(0), steps=9, batch=1)
    for _ in range(3):
        next(training)
    training.close()
    [tokens], [targets] = encode(["ab"], block=4)
    learned = ours.ragged_loss(tokens.tolist(), targets.tolist()).data
    *_, fourth = islice(train(theirs, ["ab"], Random(0), steps=9, batch=1), 4)
    assert learned == pytest.approx(fourth, rel=1e-12)


# -- the command line ---------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """Names of few letters, and a model that is quick to compile."""
    monkeypatch.setattr(scalar_gpt, "first_names", lambda: ["ab", "abab", "b"])
    monkeypatch.setattr(scalar_gpt, "GPT", lambda rng: GPT(4, 4, 2, rng=rng))


def test_the_command_trains_and_prints_names(small, capsys, tmp_path):
    kept = str(tmp_path / "gpt.json")
    command = ["--steps", "150", "--batch", "2", "--samples", "5"]
    assert main([*command, "--save", kept]) == 0
    first, *names = capsys.readouterr().out.splitlines()
    assert first.startswith("loss ")
    assert first.endswith(" after 150 steps")
    assert len(names) == 5
    assert set("".join(names)) == {"a", "b"}
    assert main(["--steps", "0", "--batch", "1", "--samples", "9", "--load", kept]) == 0
    assert {"ab", "abab"} <= set(capsys.readouterr().out.split())
    assert [path.name for path in tmp_path.iterdir()] == ["gpt.json"]


def test_the_same_seed_gives_the_same_names(small, capsys):
    def names(seed):
        assert main(["--steps", "3", "--batch", "1", "--seed", seed]) == 0
        return capsys.readouterr().out

    assert names("1") == names("1") != names("2")


def interrupting(after):
    """train, and Ctrl-C after so many steps."""

    def training(*arguments):
        for step, loss in enumerate(train(*arguments), 1):
            if step > after:
                raise KeyboardInterrupt
            yield loss

    return training


def test_ctrl_c_keeps_what_was_learned_and_samples(small, monkeypatch, capsys, tmp_path):
    kept = tmp_path / "gpt.json"
    monkeypatch.setattr(scalar_gpt, "train", interrupting(after=80))
    command = ["--steps", "99", "--batch", "1", "--samples", "2", "--save", str(kept)]
    assert main(command) == 0
    first, *names = capsys.readouterr().out.splitlines()
    assert first.endswith(" after 80 steps")
    assert len(names) == 2
    assert kept.exists()


def test_ctrl_c_before_anything_was_learned_ends_the_command(small, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(scalar_gpt, "train", interrupting(after=0))
    assert main(["--batch", "1", "--save", str(tmp_path / "gpt.json")]) == 130
    assert capsys.readouterr() == ("", "python -m examples.scalar_gpt: interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["--steps", "-1"], "--steps: expected a whole number of at least 0, got '-1'"),
        (["--batch", "0"], "--batch: expected a whole number of at least 1, got '0'"),
        (["--batch", "4"], "--batch expected at most 3, the number of names"),
        (["--samples", "1.5"], "--samples: expected a whole number of at least 0, got '1.5'"),
        (["--temperature", "0"], "--temperature: expected a number of at least 0.01, got '0'"),
        (["--temperature", "nan"], "--temperature: expected a number of at least 0.01, got 'nan'"),
    ],
)
def test_an_option_that_makes_no_sense_is_told(small, command, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


def test_a_checkpoint_that_cannot_be_read_is_told(small, capsys, tmp_path):
    assert main(["--batch", "1", "--load", str(tmp_path / "none.json")]) == 2
    error = capsys.readouterr().err
    assert error.endswith("none.json: No such file or directory\n")
    assert "Traceback" not in error
