"""Adam and AdamW: the boxes of their papers, step by step, and PyTorch's numbers."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn.losses import mean_squared_error
from nn.optimizers import Adam, AdamW

SETTINGS = [
    {},
    {"betas": (0.5, 0.9)},
    {"betas": (0.0, 0.0)},
    {"eps": 0.1},
    {"weight_decay": 0.1},
    {"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.3},
]
RATE = 0.05
numbers = st.floats(-10, 10)


def close(expected, rel=1e-12):
    return pytest.approx(expected, rel=rel, abs=1e-13)


def bowl(p):
    a, b, c = p
    return (a - b * c) ** 2 + a * a * b * b / 8 + (c - 1) ** 4 / 4 + b * b / 2


def path(optimizer_class, tensors, steps=50, number=lambda p: p.data, **settings):
    """The parameters after each step on the bowl."""
    optimizer = optimizer_class(tensors, lr=RATE, **settings)
    after = []
    for _ in range(steps):
        optimizer.zero_grad()
        bowl(tensors).backward()
        optimizer.step()
        after.append([number(p) for p in tensors])
    return after


def starts():
    rng = random.Random(0)
    return [[rng.uniform(-2, 2) for _ in range(3)] for _ in range(3)]


@pytest.mark.parametrize("start", starts(), ids=lambda start: f"{start[0]:.2f}")
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_fifty_steps_are_those_of_pytorch(name, settings, start):
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    expected = path(getattr(torch.optim, name), theirs, number=lambda p: p.item(), **settings)
    ours = [Value(x) for x in start]
    found = path({"Adam": Adam, "AdamW": AdamW}[name], ours, **settings)
    for now, then in zip(found, expected, strict=True):
        assert now == close(then)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("decoupled", [False, True])
@given(st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=1, max_size=50))
def test_steps_are_those_of_the_papers(decoupled, settings, slopes):
    """Algorithm 1 of Kingma and Ba 2015, and algorithm 2 of Loshchilov and Hutter 2019."""
    beta1, beta2 = settings.get("betas", (0.9, 0.999))
    eps, decay = settings.get("eps", 1e-8), settings.get("weight_decay", 0.01 * decoupled)
    parameters = [Value(1.0), Value(-2.0)]
    optimizer = (AdamW if decoupled else Adam)(parameters, lr=RATE, **settings)
    theta, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t, slope in enumerate(slopes, start=1):
        for p, s in zip(parameters, slope):
            p.grad = s
        optimizer.step()
        g = np.array(slope) + (0 if decoupled else decay * theta)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        shrunk = theta - RATE * decay * theta if decoupled else theta
        corrected_m, corrected_v = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = shrunk - RATE * corrected_m / (np.sqrt(corrected_v) + eps)
        assert [p.data for p in parameters] == close(theta.tolist(), rel=1e-9)


@given(st.floats(1e-3, 1e3), st.floats(0.01, 1))
def test_the_first_step_is_the_rate_against_the_sign(slope, lr):
    for sign in (-1, 1):
        p = Value(0.0)
        p.grad = sign * slope
        Adam([p], lr=lr, eps=0.0).step()
        assert p.data == pytest.approx(-sign * lr)


@given(st.lists(numbers, min_size=1, max_size=20), st.floats(0.01, 100))
def test_the_scale_of_the_loss_does_not_matter(slopes, scale):
    """With eps = 0 a multiple of the loss gives the same steps."""
    ends = []
    for factor in (1.0, scale):
        p = Value(0.0)
        optimizer = Adam([p], lr=0.1, eps=0.0)
        for slope in [1.0, *slopes]:
            p.grad = factor * slope
            optimizer.step()
        ends.append(p.data)
    assert ends[0] == pytest.approx(ends[1], rel=1e-9, abs=1e-9)


def test_without_gradients_adamw_shrinks_and_adam_with_decay_walks():
    decoupled, coupled = Value(8.0), Value(8.0)
    AdamW([decoupled], lr=0.5, weight_decay=0.5).step()
    Adam([coupled], lr=0.5, weight_decay=0.5).step()
    assert decoupled.data == 6.0  # 8 - 0.5 * 0.5 * 8
    assert coupled.data == pytest.approx(7.5)  # 8 - 0.5 * sign


def test_a_line_is_found():
    w, b = Value(0.0), Value(0.0)
    optimizer = Adam([w, b], lr=0.1)
    xs = [-1.0, 0.5, 2.0]
    for _ in range(500):
        optimizer.zero_grad()
        mean_squared_error([w * x + b for x in xs], [3 * x - 1 for x in xs]).backward()
        optimizer.step()
    assert (w.data, b.data) == (pytest.approx(3, abs=1e-3), pytest.approx(-1, abs=1e-3))


def test_the_defaults_are_those_of_pytorch():
    state = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0}
    memory = {"steps": 0, "means": None, "squares": None}
    assert Adam([Value(1.0)]).state_dict() == state | memory
    assert AdamW([Value(1.0)]).state_dict() == state | memory | {"weight_decay": 0.01}


@pytest.mark.parametrize(
    "betas",
    [(1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9,), (0.9, math.nan), 0.9, None, "ab"],
)
@pytest.mark.parametrize("made", [Adam, AdamW])
def test_betas_that_make_no_mean_are_refused(made, betas):
    with pytest.raises(ValueError, match=rf"{made.__name__} betas: expected .+ in \[0, 1\), got"):
        made([Value(1.0)], betas=betas)


@pytest.mark.parametrize("betas", [("0", "1"), (0.9, None), (True, 0.9)])
def test_betas_are_numbers(betas):
    with pytest.raises(TypeError, match="Adam betas: expected a number, got"):
        Adam([Value(1.0)], betas=betas)


@pytest.mark.parametrize("name", ["lr", "eps", "weight_decay"])
@pytest.mark.parametrize("number", [-1.0, math.nan, math.inf])
def test_settings_are_finite_and_at_least_zero(name, number):
    with pytest.raises(
        ValueError, match=rf"Adam {name}: expected a number in \[0, inf\), got {number}"
    ):
        Adam([Value(1.0)], **{name: number})
