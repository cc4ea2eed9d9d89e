"""An optimizer's state: what is loaded goes on exactly, and what is wrong changes nothing."""

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn.compiled import ArrayState
from nn.optimizers import SGD, Adam, AdamW, NaturalGradient, Optimizer

MADE = {
    "SGD": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda ps: Adam(ps, lr=0.1, weight_decay=0.1),
    "AdamW": lambda ps: AdamW(ps, lr=0.1),
}


def steps(optimizer, count, rng):
    for _ in range(count):
        for p in optimizer.parameters:
            p.grad = rng.gauss(0, 1)
        optimizer.step()
    return [p.data for p in optimizer.parameters]


@pytest.mark.parametrize("name", MADE)
@given(st.integers(0, 4), st.integers(1, 4), st.integers(0, 10**6))
def test_loaded_it_goes_on_bit_for_bit(name, before, after, seed):
    rng = random.Random(seed)
    optimizer = MADE[name]([Value(1.0), Value(-2.0)])
    data = steps(optimizer, before, rng)
    state = json.loads(json.dumps(optimizer.state_dict()))
    resumed = MADE[name]([Value(x) for x in data])
    resumed.lr = 7.0
    resumed.load_state_dict(state)
    assert resumed.state_dict() == optimizer.state_dict()
    random_state = rng.getstate()
    expected = steps(optimizer, after, rng)
    rng.setstate(random_state)
    assert steps(resumed, after, rng) == expected
    assert resumed.state_dict() == optimizer.state_dict()


def wrong(*path_and_entry):
    *path, entry = path_and_entry

    def damage(state):
        part = state
        for key in path[:-1]:
            part = part[key]
        part[path[-1]] = entry

    return damage


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (wrong("lr", "0.1"), "Adam lr: expected a number, got the string '0.1'"),
        (wrong("lr", None), "Adam lr: expected a number, got None"),
        (wrong("lr", True), "Adam lr: expected a number, got the bool True"),
        (wrong("lr", -1), r"Adam lr: expected a number in \[0, inf\), got -1"),
        (wrong("lr", float("nan")), r"Adam lr: expected a number in \[0, inf\), got nan"),
        (wrong("lr", 10**400), "Adam lr is too large for a float"),
        (wrong("betas", 0.9), r"Adam betas: expected two numbers in \[0, 1\), got 0.9"),
        (wrong("betas", [0.9]), r"Adam betas: expected two numbers in \[0, 1\), got \[0.9\]"),
        (wrong("betas", [0.9, 1.0]), r"Adam betas: expected a number in \[0, 1\), got 1.0"),
        (wrong("betas", 1, "x"), "Adam betas: expected a number, got the string 'x'"),
        (wrong("steps", -1), "steps: expected a whole number of at least 0, got -1"),
        (wrong("steps", 1.5), "steps: expected a whole number, got 1.5"),
        (wrong("steps", "3"), "steps: expected a whole number, got '3'"),
        (wrong("means", [1.0]), "means has 1 entries, expected 2"),
        (wrong("means", 3), "means is 3, expected a list of numbers"),
        (wrong("means", 1, None), r"means\[1\] is None, expected a finite number"),
        (wrong("means", 0, float("inf")), r"means\[0\] is inf, expected a finite number"),
        (wrong("squares", 1, -1e-9), r"squares\[1\]: expected a number in \[0, inf\), got -1e-09"),
        (wrong("squares", 1, [1.0]), r"squares\[1\] is \[1.0\], expected a finite number"),
        (wrong("velocity", None), "the state does not fit Adam: expected lr, betas, .*; got lr"),
        (lambda state: state.pop("eps"), "the state does not fit Adam"),
        (lambda state: state.clear(), "the state does not fit Adam"),
    ],
)
def test_a_damaged_state_is_refused_by_its_entry_and_changes_nothing(damage, told):
    optimizer = Adam([Value(1.0), Value(2.0)])
    steps(optimizer, 3, random.Random(0))
    before, state = optimizer.state_dict(), optimizer.state_dict()
    state["lr"], state["means"] = 0.5, [7.0, 8.0]
    damage(state)
    with pytest.raises(ValueError, match=told):
        optimizer.load_state_dict(state)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"nesterov": 1}, "SGD nesterov: expected True or False, got 1"),
        ({"nesterov": True}, "SGD with nesterov=True needs a momentum above 0"),
        ({"momentum": -0.5}, r"SGD momentum: expected a number in \[0, inf\), got -0.5"),
        ({"velocity": ["1"]}, r"velocity\[0\] is '1', expected a finite number"),
    ],
)
def test_a_damaged_state_of_sgd(entry, told):
    optimizer = SGD([Value(1.0)])
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=told):
        optimizer.load_state_dict(before | entry)
    assert optimizer.state_dict() == before


def test_the_kind_of_fisher_matrix_is_kept():
    optimizer = NaturalGradient([Value(1.0)], fisher="empirical", damping=0.5)
    other = NaturalGradient([Value(1.0)])
    other.load_state_dict(optimizer.state_dict())
    assert (other.fisher, other.damping) == ("empirical", 0.5)
    for entry, told in (
        ({"fisher": 1}, "fisher: expected 'model' or 'empirical', got 1"),
        ({"fisher": "no"}, "fisher: expected 'model' or 'empirical', got 'no'"),
    ):
        with pytest.raises(ValueError, match=told):
            other.load_state_dict(optimizer.state_dict() | entry)


def test_what_was_loaded_is_a_copy():
    optimizer = SGD([Value(1.0)], momentum=0.5)
    state = {**optimizer.state_dict(), "velocity": [1.0]}
    optimizer.load_state_dict(state)
    state["velocity"][0] = 9.0
    assert optimizer.velocity == [1.0]


@pytest.mark.parametrize("name", MADE)
def test_a_step_replaces_what_is_remembered_and_changes_nothing_in_place(name):
    """So that fit can take a step back."""
    optimizer = MADE[name]([Value(1.0), Value(2.0)])
    steps(optimizer, 2, random.Random(0))
    kept = {n: getattr(optimizer, n) for n in optimizer.memory}
    copies = optimizer.state_dict()
    steps(optimizer, 2, random.Random(1))
    for n, entry in kept.items():
        assert (list(entry) if isinstance(entry, list) else entry) == copies[n]


@pytest.mark.parametrize("name", MADE)
@given(st.permutations(range(5)), st.integers(0, 3), st.integers(0, 10**6))
def test_on_an_array_in_any_order_it_steps_as_on_numbers(name, order, before, seed):
    rng = random.Random(seed)
    start = [rng.gauss(0, 1) for _ in order]
    values, others = ([Value(x) for x in start] for _ in range(2))
    optimizer, expected = MADE[name](values), MADE[name](others)
    for each in (optimizer, expected):
        steps(each, before, random.Random(seed))
    state = ArrayState(optimizer, [values[k] for k in order])
    for _ in range(2):
        state.load()
        assert state.parameter.data.tolist() == [values[k].data for k in order]
        assert state.parameter.grad.tolist() == [values[k].grad for k in order]
        gradients = [rng.gauss(0, 1) for _ in order]
        state.parameter.grad = np.array([gradients[k] for k in order])
        optimizer.step()
        for p, gradient in zip(others, gradients, strict=True):
            p.grad = gradient
        expected.step()
        state.sync()
        state.sync()
        assert optimizer.parameters == values
        assert [p.data for p in values] == pytest.approx([p.data for p in others], rel=1e-13)
        assert [p.grad for p in values] == gradients
        for entry, wanted in zip(optimizer.state_dict().values(), expected.state_dict().values()):
            assert type(entry) is type(wanted)
            assert entry == wanted or entry == pytest.approx(wanted, rel=1e-13)


@given(st.permutations(range(6)), st.integers(0, 5), st.integers(1, 6))
def test_a_part_of_the_array_is_a_slice_where_it_can_be(order, start, length):
    values = [Value(float(k)) for k in range(6)]
    state = ArrayState(SGD(values), [values[k] for k in order])
    state.load()
    numbers = state.parameter.data
    side_by_side = [values[k] for k in order[start : start + length]]
    assert isinstance(state.part(side_by_side), slice)
    for some in (side_by_side, values[start : start + length], values[::2]):
        assert numbers[state.part(some)].tolist() == [p.data for p in some]


def test_a_subclass_has_to_say_how_to_step():
    class Nothing(Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing does not define step"):
        Nothing([Value(1.0)]).step()
