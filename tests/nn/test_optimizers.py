"""Gradient descent: PyTorch's arithmetic, step by step."""

import copy
import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn import MLP
from nn.losses import half_squared_error, l2
from nn.optimizers import SGD, Adam, AdamW, NaturalGradient, bfgs, clip_gradients

SETTINGS = [
    {},
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"momentum": 0.5, "weight_decay": 0.1},
    {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
]
START = [1.5, -2.0, 0.25]
RATE = 0.05


def close(expected, rel=1e-12):
    return pytest.approx(expected, rel=rel, abs=1e-12)


def bowl(p):
    """A loss whose gradient is neither constant nor linear; written with operators alone."""
    a, b, c = p
    return (a - b * c) ** 2 + a * a * b * b / 8 + (c - 1) ** 4 / 4 + b * b / 2


def slopes_of_bowl(p):
    a, b, c = p
    return [
        2 * (a - b * c) + a * b * b / 4,
        -2 * c * (a - b * c) + a * a * b / 4 + b,
        -2 * b * (a - b * c) + (c - 1) ** 3,
    ]


def trajectory(steps, start=START, loss=bowl, lr=RATE, **settings):
    """The parameters after each step of SGD on a loss."""
    parameters = [Value(x) for x in start]
    optimizer = SGD(parameters, lr=lr, **settings)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss(parameters).backward()
        optimizer.step()
        path.append([p.data for p in parameters])
    return path


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_fifty_steps_are_those_of_pytorch(settings):
    torch = pytest.importorskip("torch")
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    optimizer = torch.optim.SGD(parameters, lr=RATE, **settings)
    path = []
    for _ in range(50):
        optimizer.zero_grad()
        bowl(parameters).backward()
        optimizer.step()
        path.append([p.item() for p in parameters])
    for ours, theirs in zip(trajectory(50, **settings), path, strict=True):
        assert ours == close(theirs, rel=1e-11)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_fifty_steps_are_those_of_the_written_formula(settings):
    # the algorithm box of torch.optim.SGD, with dampening 0
    mu, decay = settings.get("momentum", 0.0), settings.get("weight_decay", 0.0)
    theta, b = list(START), [0.0] * 3
    for t, ours in enumerate(trajectory(50, **settings), start=1):
        g = [gi + decay * ti for gi, ti in zip(slopes_of_bowl(theta), theta)]
        b = [mu * bi + gi for bi, gi in zip(b, g)] if t > 1 else g
        if settings.get("nesterov"):
            g = [gi + mu * bi for gi, bi in zip(g, b)]
        elif mu:
            g = b
        theta = [ti - RATE * gi for ti, gi in zip(theta, g)]
        assert ours == close(theta, rel=1e-11)


def test_the_written_formula_is_not_one_for_all_settings():
    ends = [tuple(trajectory(3, **settings)[-1]) for settings in SETTINGS]
    assert len(set(ends)) == len(SETTINGS)


def test_two_steps_worked_out_on_paper():
    # p*p/2 from 1 with rate 1/2: the gradient is p
    def half_square(parameters):
        return parameters[0] * parameters[0] / 2

    def path(**settings):
        return [p for [p] in trajectory(2, [1.0], half_square, 0.5, **settings)]

    assert path() == [0.5, 0.25]
    assert path(momentum=0.5) == [0.5, 0.0]  # v = 1, then 1/2 + 1/2
    assert path(momentum=0.5, nesterov=True) == [0.25, -0.0625]  # 1 + 1/2; then 1/4 + 3/8
    assert path(weight_decay=0.5) == [0.25, 0.0625]


@given(
    st.lists(st.floats(-10, 10), min_size=2, max_size=12),
    st.floats(0.01, 0.99),
    st.floats(0.001, 1),
)
def test_momentum_is_the_heavy_ball(slopes, momentum, lr):
    """p[t+1] - p[t] = momentum * (p[t] - p[t-1]) - lr * g[t] (Polyak 1964)."""
    p = Value(0.0)
    optimizer = SGD([p], lr=lr, momentum=momentum)
    path = [0.0, 0.0]
    for slope in slopes:
        p.grad = slope
        optimizer.step()
        path.append(p.data)
        moved, before = path[-1] - path[-2], path[-2] - path[-3]
        assert moved == pytest.approx(momentum * before - lr * slope, rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=4), st.floats(0, 1), st.floats(0, 1))
def test_weight_decay_is_half_the_squared_size_in_the_loss(start, decay, lr):
    targets = [1.0] * len(start)

    def plain(ps):
        return half_squared_error(ps, targets)

    def with_penalty(ps):
        return plain(ps) + decay / 2 * l2(ps)

    [decayed] = trajectory(1, start, plain, lr, weight_decay=decay)
    [penalised] = trajectory(1, start, with_penalty, lr)
    assert decayed == close(penalised)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_rate_of_zero_moves_nothing(settings):
    assert trajectory(5, lr=0.0, **settings) == [START] * 5


@pytest.mark.parametrize("settings", SETTINGS[:3], ids=str)
def test_least_squares_are_found(settings):
    rng = random.Random(0)
    rows = [[rng.gauss(0, 1), rng.gauss(0, 1), 1.0] for _ in range(12)]
    targets = [rng.gauss(0, 1) for _ in rows]

    def loss(w):
        predictions = [sum(wi * xi for wi, xi in zip(w, row)) for row in rows]
        return half_squared_error(predictions, targets)

    best = np.linalg.lstsq(np.array(rows), np.array(targets), rcond=None)[0]
    found = trajectory(300, [0.0] * 3, loss, 0.03, **settings)[-1]
    assert found == pytest.approx(best.tolist(), abs=1e-4)


def test_the_rate_may_change_between_steps():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.5)
    for lr, expected in ((0.5, 0.5), (0.25, 0.25), (0.0, 0.25)):
        optimizer.lr, p.grad = lr, 1.0
        optimizer.step()
        assert p.data == expected


def test_a_step_leaves_the_gradients_and_zero_grad_clears_them():
    parameters = [Value(1.0), Value(2.0)]
    optimizer = SGD(parameters, lr=0.1)
    (parameters[0] * parameters[1]).backward()
    optimizer.step()
    assert [p.grad for p in parameters] == [2.0, 1.0]
    optimizer.zero_grad()
    assert [p.grad for p in parameters] == [0.0, 0.0]


def test_only_the_parameters_given_are_moved():
    model = MLP(2, [2, 1], activation="tanh", rng=random.Random(0))
    model.layers[0].freeze()
    before = model.state_dict()
    optimizer = SGD(model.parameters(), lr=0.1)
    model([1.0, 2.0]).backward()
    optimizer.step()
    after = model.state_dict()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("layers.1")}


def test_parameters_may_come_from_a_generator():
    parameters = [Value(1.0), Value(2.0)]
    optimizer = SGD((p for p in parameters), lr=1.0)
    for p in parameters:
        p.grad = 1.0
    optimizer.step()
    optimizer.step()
    assert [p.data for p in parameters] == [-1.0, 0.0]


def test_the_defaults_are_those_of_pytorch():
    assert SGD([Value(1.0)]).state_dict() == {
        "lr": 1e-3,
        "momentum": 0.0,
        "nesterov": False,
        "weight_decay": 0.0,
        "velocity": None,
    }


def test_the_state_is_a_snapshot():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.5, momentum=0.5)
    p.grad = 1.0
    optimizer.step()
    state = optimizer.state_dict()
    optimizer.step()
    assert state["velocity"] == [1.0]
    assert optimizer.state_dict()["velocity"] == [1.5]
    assert (state["lr"], state["momentum"]) == (0.5, 0.5)


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
@pytest.mark.parametrize("number", [-1.0, -1e-300, math.nan, -math.inf])
def test_negative_settings_are_refused(name, number):
    with pytest.raises(
        ValueError, match=rf"SGD {name}: expected a number in \[0, inf\), got {number}"
    ):
        SGD([Value(1.0)], **{name: number})


@pytest.mark.parametrize("setting", ["0.1", (0.1,), None, True, np.True_, Value(0.1)], ids=repr)
def test_settings_that_are_not_numbers_are_refused(setting):
    with pytest.raises(TypeError, match=r"SGD lr: expected (a|one|a plain) number, got"):
        SGD([Value(1.0)], lr=setting)


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="nesterov=True needs a momentum above 0"):
        SGD([Value(1.0)], nesterov=True)


@pytest.mark.parametrize("made", [list, lambda: MLP(2, [1]).freeze().parameters()])
def test_nothing_to_train_is_refused(made):
    with pytest.raises(ValueError, match=r"no parameters to train; is the whole model frozen\?"):
        SGD(made())


@pytest.mark.parametrize("stray", [1.0, "w", None, [Value(1.0)]])
def test_what_is_not_a_value_is_refused_and_shown(stray):
    with pytest.raises(
        TypeError, match=rf"SGD expected Values to train, got {type(stray).__name__}"
    ):
        SGD([Value(1.0), stray])


# -- what is trained: leaves, each once ---------------------------------------------------------


@pytest.mark.parametrize(
    "made", [SGD, Adam, AdamW, NaturalGradient, lambda ps: clip_gradients(ps, 1.0)]
)
def test_a_parameter_given_twice_is_refused_by_its_place_and_label(made):
    p = Value(1.0, "slope")
    with pytest.raises(ValueError, match=r"parameter 2, 'slope', is parameter 0 again; write list"):
        made([p, Value(2.0), p])


@pytest.mark.parametrize("made", [SGD, Adam, lambda ps: bfgs(ps, lambda: ps[0] * 1.0)])
def test_a_parameter_that_is_computed_is_refused(made):
    w = Value(1.0)
    with pytest.raises(
        ValueError, match=r"trains leaves, and parameter 1 is the result of \*; give"
    ):
        made([Value(1.0), w * 2.0])


# -- settings are Python floats -----------------------------------------------------------------

NUMBERS = [1, np.float64(0.5), np.float32(0.5), np.int64(1), Fraction(1, 2)]


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("made", [SGD, Adam, AdamW])
def test_whatever_number_is_given_or_assigned_parameters_stay_python_floats(made, number):
    def step(optimizer):
        p.grad = 1.0
        optimizer.step()
        assert type(p.data) is float
        state = optimizer.state_dict()
        assert {type(x) for x in state.values()} <= {float, int, bool, list, type(None)}
        assert type(optimizer.lr) is float

    p = Value(1.0)
    step(made([p], lr=number, weight_decay=number))
    assigned, changed = made([p]), made([p])
    assigned.lr = number
    step(assigned)
    changed.param_groups[0]["lr"] = number
    step(changed)
    assert assigned.lr == changed.lr == float(number)


def test_momentum_and_betas_are_floats_too():
    sgd = SGD([Value(1.0)], momentum=np.float32(0.5))
    assert type(sgd.momentum) is float
    adam = Adam([Value(1.0)], betas=[np.float64(0.5), 0])
    assert adam.betas == (0.5, 0.0)
    assert {type(beta) for beta in adam.betas} == {float}
    adam.betas = (0.25, np.float32(0.5))
    assert repr(adam.betas) == "(0.25, 0.5)"


@pytest.mark.parametrize("lr", [True, "0.1", None])
def test_what_is_assigned_is_checked(lr):
    optimizer = SGD([Value(1.0)], lr=0.5)
    with pytest.raises(TypeError, match="SGD lr: expected a number"):
        optimizer.lr = lr
    with pytest.raises(ValueError, match=r"SGD lr: expected a number in \[0, inf\), got -1"):
        optimizer.lr = -1
    assert optimizer.lr == 0.5


def test_nesterov_is_true_or_false():
    with pytest.raises(TypeError, match="SGD nesterov: expected True or False, got 1"):
        SGD([Value(1.0)], momentum=0.5, nesterov=1)


def test_an_optimizer_shows_its_settings():
    p = Value(1.0)
    assert repr(SGD([p], lr=1, momentum=0.5)) == (
        "SGD(lr=1.0, momentum=0.5, nesterov=False, weight_decay=0.0)"
    )
    assert repr(Adam([p], lr=0.01)) == (
        "Adam(lr=0.01, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.0)"
    )
    natural = "NaturalGradient(lr=1.0, damping=0.001, fisher='model')"
    assert repr(NaturalGradient([p])) == natural


def test_an_unknown_attribute_is_an_attribute_error():
    optimizer = SGD([Value(1.0)])
    assert not hasattr(optimizer, "learning_rate")
    copied = copy.deepcopy(optimizer)
    assert copied.lr == optimizer.lr
    assert copied.parameters != optimizer.parameters
    assert copied.param_groups[0]["params"] == copied.parameters
