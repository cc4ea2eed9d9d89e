"""The training loop: equal to one written by hand, and safe to interrupt."""

import itertools
import math
import os
import random
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import AutogradError, Value, sqrt
from nn import MLP, EarlyStopping, Linear, Module
from nn.losses import cross_entropy, half_squared_error, hinge, mean_squared_error
from nn.metrics import accuracy, predicted_class
from nn.optimizers import SGD, AdamW, NaturalGradient
from nn.schedules import linear_decay, step_decay, warmup
from nn.training import (
    DivergenceError,
    evaluate,
    fit,
)

DATA = [([0.5, -1.0], 0), ([1.5, 0.25], 1), ([-0.75, 0.5], 2), ([0.1, 0.9], 1), ([2.0, 2.0], 0)]


DATA_1D = [(1.0, 2.0), (2.0, 1.0), (-1.0, 0.5)]


def classifier(seed=0):
    return MLP(2, [3, 3], activation="tanh", rng=random.Random(seed))


def numbers_of(model):
    return [p.data for _, p in model.named_parameters(frozen=True)]


class Slope(Module):
    """y = w * x."""

    def __init__(self, w):
        self.w = Value(w)

    def __call__(self, x):
        return self.w * x


class Line(Module):
    """y = w * x + b."""

    def __init__(self, w, b):
        self.w, self.b = Value(w), Value(b)

    def __call__(self, x):
        return self.w * x + self.b


class Counting(SGD):
    """Remembers the rate of each step, and the parameters after it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.rates, self.path = [], []

    def step(self):
        super().step()
        self.rates.append(self.lr)
        self.path.append([p.data for p in self.parameters])


# -- what it computes ---------------------------------------------------------------------------


@pytest.mark.smoke
@pytest.mark.parametrize("batch_size", [None, 1, 2, 3, 5, 99])
@pytest.mark.parametrize("settings", [{}, {"momentum": 0.9, "nesterov": True}])
def test_fit_is_the_loop_one_would_write_by_hand(batch_size, settings):
    fitted, model = classifier(), classifier()
    optimizer = SGD(fitted.parameters(), lr=0.2, **settings)
    history = fit(
        fitted,
        cross_entropy,
        DATA,
        optimizer=optimizer,
        epochs=3,
        batch_size=batch_size,
        rng=random.Random(5),
    )

    optimizer, rng = SGD(model.parameters(), lr=0.2, **settings), random.Random(5)
    size, means = batch_size or len(DATA), []
    for _ in range(3):
        order = list(range(len(DATA)))
        rng.shuffle(order)
        seen = []
        for start in range(0, len(order), size):
            losses = [
                cross_entropy(model(x), y) for x, y in (DATA[i] for i in order[start:][:size])
            ]
            seen += losses
            optimizer.zero_grad()
            (sum(losses) / len(losses)).backward()
            optimizer.step()
        means.append(sum(loss.data for loss in seen) / len(DATA))

    assert numbers_of(fitted) == pytest.approx(numbers_of(model), rel=1e-12)
    assert [epoch.loss for epoch in history.epochs] == pytest.approx(means, rel=1e-12)
    assert [epoch.number for epoch in history.epochs] == [1, 2, 3]
    assert history.interrupted is False


def test_a_batch_of_all_is_gradient_descent():
    """Half the squared error of w*x: w becomes w - lr * mean(x * (w*x - y))."""
    model = Slope(3.0)
    data = [(1.0, 2.0), (2.0, 1.0), (-1.0, 0.5)]
    w = 3.0
    for _ in range(4):
        w -= 0.1 * sum(x * (w * x - y) for x, y in data) / 3
    fit(model, half_squared_error, data, optimizer=SGD([model.w], lr=0.1), epochs=4)
    assert model.w.data == pytest.approx(w, rel=1e-13)


@given(st.integers(1, 7), st.integers(1, 9), st.integers(1, 4))
def test_every_example_is_seen_once_an_epoch_in_batches_of_the_size(n, size, epochs):
    model, seen = Slope(1.0), []

    def loss(output, y):
        seen.append(y)
        return output

    optimizer = Counting([model.w], lr=0.0)
    data = [(1.0, k) for k in range(n)]
    fit(model, loss, data, optimizer=optimizer, epochs=epochs, batch_size=size)
    assert len(optimizer.rates) == epochs * math.ceil(n / size)
    assert [sorted(seen[k : k + n]) for k in range(0, len(seen), n)] == [list(range(n))] * epochs


def test_each_epoch_has_an_order_of_its_own():
    model, seen = Slope(1.0), []

    def loss(output, y):
        seen.append(y)
        return output

    data = [(1.0, k) for k in range(20)]
    fit(model, loss, data, optimizer=SGD([model.w]), epochs=3, rng=random.Random(0))
    assert seen[:20] != seen[20:40] != seen[40:] != seen[:20]
    assert [k for _, k in data] == list(range(20)), "the data stays as it was"


def trained(rng, seed=None):
    if seed is not None:
        random.seed(seed)
    model = classifier()
    optimizer = SGD(model.parameters(), lr=0.3)
    history = fit(model, cross_entropy, DATA, optimizer=optimizer, epochs=3, batch_size=2, rng=rng)
    return numbers_of(model), history


def test_a_seed_decides_the_whole_run():
    assert trained(random.Random(1)) == trained(random.Random(1))
    assert trained(random.Random(1)) != trained(random.Random(2))


def test_without_an_rng_random_seed_decides():
    assert trained(None, seed=1) == trained(None, seed=1)
    assert trained(None, seed=1) != trained(None, seed=2)
    state = random.getstate()
    trained(random.Random(3))
    assert random.getstate() == state


def test_the_loss_of_an_epoch_is_the_mean_at_the_time_of_training():
    told, model = [], classifier()

    def loss(outputs, y):
        error = cross_entropy(outputs, y)
        told.append(error.data)
        return error

    optimizer = SGD(model.parameters(), lr=0.5)
    history = fit(model, loss, DATA, optimizer=optimizer, epochs=2, batch_size=1)
    assert [e.loss for e in history.epochs] == pytest.approx(
        [math.fsum(told[:5]) / 5, math.fsum(told[5:]) / 5]
    )


def test_frozen_parameters_stay():
    model = classifier()
    model.layers[0].freeze()
    before = model.layers[0].state_dict()
    fit(model, cross_entropy, DATA, optimizer=SGD(model.parameters(), lr=1.0), epochs=2)
    assert model.layers[0].state_dict() == before
    assert model.layers[1].state_dict() != classifier().layers[1].state_dict()


def test_gradients_of_frozen_parameters_do_not_grow():
    """They are those of the last batch, as the trained ones' are."""
    model, other = classifier(), classifier()
    for each in (model, other):
        each.layers[0].freeze()
    optimizer = SGD(model.parameters(), lr=0.0)
    fit(model, cross_entropy, DATA[:1], optimizer=optimizer, epochs=1)
    once = [p.grad for _, p in model.named_parameters(frozen=True)]
    fit(model, cross_entropy, DATA[:1], optimizer=optimizer, epochs=5)
    assert [p.grad for _, p in model.named_parameters(frozen=True)] == once
    cross_entropy(other(DATA[0][0]), DATA[0][1]).backward()
    assert once == [p.grad for _, p in other.named_parameters(frozen=True)]


@pytest.mark.smoke
def test_a_network_learns_exclusive_or():
    data = [([a, b], 1 if a * b < 0 else -1) for a, b in itertools.product([-1, 1], repeat=2)]
    model = MLP(2, [4, 1], activation="tanh", rng=random.Random(2))
    optimizer = SGD(model.parameters(), lr=0.2, momentum=0.9)
    history = fit(model, hinge, data, optimizer=optimizer, epochs=60, rng=random.Random(0))
    assert history.epochs[0].loss > 0.5
    assert history.epochs[-1].loss < 0.05
    assert all(model.predict(x) * y > 0 for x, y in data)


# -- schedules ----------------------------------------------------------------------------------


def test_a_schedule_is_told_the_share_done_and_scales_the_rate():
    model, shares = Slope(1.0), []

    def schedule(share):
        shares.append(share)
        return 2 - share

    optimizer = Counting([model.w], lr=0.5)
    data = [(1.0, k) for k in range(4)]
    fit(
        model,
        lambda output, _: output,
        data,
        optimizer=optimizer,
        epochs=2,
        batch_size=2,
        schedule=schedule,
    )
    assert shares == [0.0, 0.25, 0.5, 0.75]
    assert optimizer.rates == [0.5 * (2 - share) for share in shares]
    assert optimizer.lr == 0.5


def test_linear_decay_is_a_line_to_zero():
    assert [linear_decay(share) for share in (0.0, 0.25, 1.0)] == [1.0, 0.75, 0.0]


@pytest.mark.parametrize("kind", [np.float64, np.float32, Fraction, int])
def test_what_a_schedule_gives_becomes_a_float(kind):
    model = Slope(1.0)
    optimizer = Counting([model.w], lr=0.5)
    options = {"optimizer": optimizer, "epochs": 2, "schedule": lambda fraction: kind(1)}
    fit(model, half_squared_error, [(1.0, 2.0)], **options)
    assert {type(x) for x in (*optimizer.rates, model.w.data)} == {float}


@pytest.mark.parametrize("wrong", [None, True, "1", 1j, [1.0], math.nan, math.inf, Value(1.0)])
def test_a_schedule_that_does_not_give_a_number_is_refused_by_name(wrong):
    def halving(fraction):
        return wrong

    model = Slope(1.0)
    optimizer = SGD([model.w], lr=0.5)
    with pytest.raises(TypeError, match=r"returns a finite number, and halving\(0\.0\) gave "):
        fit(model, half_squared_error, DATA_1D, optimizer=optimizer, epochs=1, schedule=halving)
    assert (optimizer.lr, model.w.data) == (0.5, 1.0)


# -- metrics, validation, progress --------------------------------------------------------------


def test_metrics_are_told_plain_numbers_and_averaged():
    model, told = classifier(), []

    def first(outputs, y):
        told.append((outputs, y))
        return outputs[0]

    optimizer = SGD(model.parameters(), lr=0.0)
    history = fit(
        model,
        cross_entropy,
        DATA,
        optimizer=optimizer,
        epochs=2,
        batch_size=2,
        metrics={"first": first, "one": lambda *_: 1.0},
    )
    assert {type(x) for outputs, _ in told for x in outputs} == {float}
    mean = sum(model.predict(x)[0] for x, _ in DATA) / len(DATA)
    for epoch in history.epochs:
        assert epoch.metrics == {"first": pytest.approx(mean), "one": 1.0}
        assert epoch.validation == {}


def test_a_single_output_reaches_the_metric_as_a_float():
    model, told = Slope(2.0), []

    def metric(output, y):
        told.append(output)
        return 0.0

    fit(
        model,
        half_squared_error,
        [(3.0, 1.0)],
        optimizer=SGD([model.w], lr=0.0),
        epochs=1,
        metrics={"m": metric},
    )
    assert told == [6.0]
    assert type(told[0]) is float


def test_validation_is_measured_after_the_epoch_on_examples_not_trained_on():
    model = classifier()
    optimizer = Counting(model.parameters(), lr=0.5)
    held_out = [([3.0, -1.0], 1), ([0.0, 0.0], 2)]
    history = fit(
        model,
        cross_entropy,
        DATA,
        optimizer=optimizer,
        epochs=3,
        metrics={"accuracy": accuracy},
        validation=held_out,
    )
    other = classifier()
    for epoch, numbers in zip(history.epochs, optimizer.path, strict=True):
        for p, number in zip(other.parameters(), numbers, strict=True):
            p.data = number
        expected = [cross_entropy(other.predict(x), y) for x, y in held_out]
        assert epoch.validation["loss"] == pytest.approx(sum(expected) / 2)
        assert epoch.validation == evaluate(
            other, held_out, {"loss": cross_entropy, "accuracy": accuracy}
        )
    assert len({epoch.validation["loss"] for epoch in history.epochs}) == 3


def test_progress_hears_of_each_epoch_as_it_ends():
    model, told = classifier(), []
    optimizer = Counting(model.parameters(), lr=0.1)

    def progress(epoch):
        told.append((epoch, len(optimizer.path)))

    history = fit(
        model, cross_entropy, DATA, optimizer=optimizer, epochs=3, batch_size=2, progress=progress
    )
    assert told == list(zip(history.epochs, [3, 6, 9]))


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_the_predicted_class_is_the_first_of_the_largest(outputs):
    k = predicted_class(outputs)
    assert outputs[k] == max(outputs)
    assert max(outputs) not in outputs[:k]
    assert [accuracy(outputs, label) for label in range(len(outputs))] == [
        float(label == k) for label in range(len(outputs))
    ]


# -- Ctrl-C -------------------------------------------------------------------------------------


class AfterCalls:
    """A function that raises at its n-th call."""

    def __init__(self, function, n, error=KeyboardInterrupt):
        self.function, self.left, self.error = function, n, error

    def __call__(self, *args):
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.function(*args)


def interrupted(where, n, error=KeyboardInterrupt):
    """fit() on 5 examples in batches of 2 (3 steps an epoch), interrupted at the n-th call."""
    model = classifier()
    optimizer = Counting(model.parameters(), lr=0.5, momentum=0.9)
    options = {
        "loss": cross_entropy,
        "schedule": linear_decay,
        "progress": lambda epoch: None,
        "metric": accuracy,
        "model": model,
        "step": optimizer.step,
    }
    options[where] = AfterCalls(options[where], n, error)
    optimizer.step = options["step"]
    try:
        history = fit(
            options["model"],
            options["loss"],
            DATA,
            optimizer=optimizer,
            epochs=4,
            batch_size=2,
            rng=random.Random(0),
            schedule=options["schedule"],
            metrics={"accuracy": options["metric"]},
            progress=options["progress"],
        )
    except error:
        history = None
    return model, optimizer, history


@pytest.mark.parametrize(
    ("where", "n", "epochs", "steps"),
    [
        ("loss", 1, 0, 0),
        ("loss", 5, 0, 2),
        ("loss", 14, 2, 7),
        ("model", 14, 2, 7),
        ("metric", 14, 2, 7),
        ("schedule", 5, 1, 4),
        ("step", 5, 1, 4),
        ("progress", 2, 2, 6),
    ],
)
def test_an_interrupt_keeps_every_step_that_was_done(where, n, epochs, steps):
    whole_run = interrupted("loss", 10**9)
    model, optimizer, history = interrupted(where, n)
    assert history.interrupted is True
    assert history.epochs == whole_run[2].epochs[:epochs]
    assert optimizer.path == whole_run[1].path[:steps]
    assert numbers_of(model) == (optimizer.path[-1] if steps else numbers_of(classifier()))
    assert optimizer.lr == 0.5
    assert not whole_run[2].interrupted
    assert len(whole_run[2].epochs) == 4


@pytest.mark.parametrize("where", ["loss", "model", "metric", "schedule", "step", "progress"])
def test_any_other_error_is_passed_on_and_the_rate_restored(where):
    _, optimizer, history = interrupted(where, 2, RuntimeError)
    assert history is None
    assert optimizer.lr == 0.5


def interrupted_at_line(at, run):
    """run(), with Ctrl-C at the at-th line of nn that it reaches; whether it reaches so many."""
    left = at

    def local(frame, event, argument):
        nonlocal left
        left -= event == "line"
        if left == 0:
            left = -1
            raise KeyboardInterrupt
        return local

    def trace(frame, event, argument):
        return local if f"{os.sep}nn{os.sep}" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return left < 0


class Run:
    """A short training run, and the states after each of its steps."""

    def __init__(self, made, early_stopping):
        self.model = Line(3.0, 1.0).eval()
        self.optimizer = made(self.model.parameters(), lr=0.1)
        self.states, self.history, self.early_stopping = [self.state()], None, early_stopping

    def state(self):
        return numbers_of(self.model), self.optimizer.state_dict() | {"lr": 0.1}

    def __call__(self):
        step = self.optimizer.step

        def recorded():
            step()
            self.states.append(self.state())

        self.optimizer.step = recorded
        self.history = fit(
            self.model,
            half_squared_error,
            [(1.0, 2.0), (2.0, 1.0)],
            optimizer=self.optimizer,
            epochs=3,
            batch_size=1,
            rng=random.Random(0),
            schedule=linear_decay,
            max_gradient_norm=1.0,
            validation=[(1.0, 3.9)],
            early_stopping=self.early_stopping,
            callbacks=[lambda _: None],
        )


@pytest.mark.parametrize("early_stopping", [None, EarlyStopping(patience=1)], ids=["all", "early"])
@pytest.mark.parametrize("made", [AdamW, lambda *a, **k: SGD(*a, momentum=0.9, **k)])
def test_ctrl_c_at_any_line_leaves_whole_steps_a_whole_history_and_the_mode(made, early_stopping):
    whole = Run(made, early_stopping)
    whole()
    numbers = [number for number, _ in whole.states]
    assert bool(early_stopping) == (whole.state() != whole.states[-1]), "it went back"
    for at in itertools.count(1):
        run = Run(made, early_stopping)
        try:
            reached = interrupted_at_line(at, run)
        except KeyboardInterrupt:  # before training begins, or once it is over
            assert run.state() in (whole.states[0], whole.state())
            continue
        if not reached:
            break
        assert run.state()[0] in numbers
        assert early_stopping or run.state() in whole.states
        assert run.history.epochs == whole.history.epochs[: len(run.history.epochs)]
        assert run.history.interrupted
        assert (run.optimizer.lr, run.model.training) == (0.1, False)
    assert at > 200
    assert run.history == whole.history


def test_callbacks_hear_of_an_epoch_in_order_before_it_can_be_the_last():
    model, told = classifier(), []

    def telling(name):
        return lambda epoch: told.append((name, epoch.number))

    fit(
        model,
        cross_entropy,
        DATA,
        optimizer=SGD(model.parameters(), lr=0.0),
        epochs=9,
        validation=DATA[:1],
        early_stopping=EarlyStopping(patience=1),
        callbacks=[telling("first"), telling("second")],
        progress=telling("progress"),
    )
    assert told == [(name, k) for k in (1, 2) for name in ("first", "second", "progress")]


def test_the_gradient_of_each_step_is_no_longer_than_told():
    lengths, model = [], classifier()

    class Measured(SGD):
        def step(self):
            lengths.append(math.hypot(*(p.grad for p in self.parameters)))
            super().step()

    def train(most):
        lengths.clear()
        options = {"epochs": 4, "batch_size": 2, "max_gradient_norm": most}
        fit(model, cross_entropy, DATA, optimizer=Measured(model.parameters(), lr=0.5), **options)
        return list(lengths)

    assert max(train(None)) > 0.3
    assert max(train(0.25)) == pytest.approx(0.25)
    with pytest.raises(ValueError, match=r"max_norm: expected a number in \(0, inf\], got -1"):
        train(-1)


def test_validation_is_measured_on_plain_numbers():
    model, kinds = classifier(), []

    def metric(outputs, y):
        kinds.append({type(x) for x in outputs})
        return 1.0

    def loss(outputs, y):
        kinds.append({type(x) for x in outputs})
        return cross_entropy(outputs, y)

    optimizer = SGD(model.parameters(), lr=0.0)
    metrics = {"one": metric}
    fit(model, loss, DATA[:1], optimizer=optimizer, epochs=1, validation=DATA[:1], metrics=metrics)
    assert kinds == [{Value}, {float}, {float}, {float}]  # trained on, then the validation


# -- divergence ---------------------------------------------------------------------------------


def fit_slope(model, loss, lr=0.1, data=((1.0, 0.0),), **options):
    optimizer = Counting([model.w], lr=lr)
    fit(model, loss, data, optimizer=optimizer, epochs=400, **options)


@pytest.mark.parametrize(
    ("factor", "told"), [(1e300, "the loss is inf"), (math.nan, "the loss is nan")]
)
def test_a_loss_that_is_not_finite_ends_training_before_the_step(factor, told):
    model = Slope(2.0)

    def loss(output, y):
        return output * factor * 1e300

    with pytest.raises(
        DivergenceError, match=rf"epoch 1: {told}: #\d = #\d \* .* is {told[-3:]}"
    ) as info:
        fit_slope(model, loss)
    assert isinstance(info.value, AutogradError)
    assert isinstance(info.value, ArithmeticError)
    assert model.w.data == 2.0


def test_divergence_leaves_the_parameters_of_the_last_good_step():
    model, rng = classifier(), random.Random(0)
    optimizer = Counting(model.parameters(), lr=0.5)
    bad = AfterCalls(cross_entropy, 8, ValueError)

    def loss(outputs, y):
        try:
            return bad(outputs, y)
        except ValueError:
            return outputs[0] * math.inf

    with pytest.raises(DivergenceError, match=r"epoch 2: .* smaller learning rate"):
        fit(
            model,
            loss,
            DATA,
            optimizer=optimizer,
            epochs=9,
            batch_size=2,
            rng=rng,
            schedule=lambda share: 1 + share,
        )
    assert len(optimizer.path) == 4
    assert numbers_of(model) == optimizer.path[-1]
    assert optimizer.lr == 0.5


def test_divergence_names_the_first_node_that_is_not_finite():
    def loss(output, y):
        return (output * math.inf).tanh() * 0 + math.inf

    with pytest.raises(DivergenceError, match=r"#\d \* inf = 2.0 \* inf is inf: a constant"):
        fit_slope(Slope(2.0), loss)
    with pytest.raises(DivergenceError, match=r"is a leaf, and its data is nan"):
        fit_slope(Slope(math.nan), loss)


def test_divergence_names_a_node_by_its_label():
    model = Slope(math.nan)
    model.w.label = "steepness"
    with pytest.raises(DivergenceError, match="steepness"):
        fit_slope(model, half_squared_error)

    def loss(output, y):
        score = output * math.inf
        score.label = "score"
        return score

    with pytest.raises(DivergenceError, match="score"):
        fit_slope(Slope(2.0), loss)


@pytest.mark.parametrize("loss", [half_squared_error, mean_squared_error])
def test_a_rate_far_too_large_is_a_divergence_where_the_engine_overflows(loss):
    """(p - t)**2 raises OverflowError before it is infinite; what happened is the same."""
    model = Slope(2.0)
    with pytest.raises(DivergenceError, match="smaller learning rate"):
        fit_slope(model, loss, lr=100.0)
    assert math.isfinite(model.w.data)


@pytest.mark.parametrize(
    ("loss", "lr", "x"),
    [
        (lambda output, y: output, 1e200, 1e200),  # lr * gradient is infinite
        (lambda output, y: sqrt(output), 0.1, 0.0),  # a finite loss with an infinite gradient
    ],
    ids=["step", "slope"],
)
def test_a_step_that_leaves_the_finite_numbers_is_a_divergence(loss, lr, x):
    model = Slope(2.0)
    optimizer = SGD([model.w], lr=lr)
    told = "infinite or nan" if x else r"d sqrt\(\[#2\]\)/d\[#2\] is inf at #2 = 0.0"
    with pytest.raises(DivergenceError, match=told):
        fit(model, loss, [(x, 0.0)], optimizer=optimizer, epochs=1)
    assert model.w.data == 2.0


# -- arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", [0, -1])
def test_at_least_one_epoch(epochs):
    model = classifier()
    with pytest.raises(ValueError, match=f"fit epochs: expected .* at least 1, got {epochs}"):
        fit(model, cross_entropy, DATA, optimizer=SGD(model.parameters()), epochs=epochs)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_at_least_one_example_a_batch(batch_size):
    model = classifier()
    with pytest.raises(
        ValueError, match=f"fit batch_size: expected .* at least 1, got {batch_size}"
    ):
        fit(
            model,
            cross_entropy,
            DATA,
            optimizer=SGD(model.parameters()),
            epochs=1,
            batch_size=batch_size,
        )


def test_examples_may_be_any_iterable():
    X, Y = np.array([x for x, _ in DATA]), np.array([y for _, y in DATA])
    runs = []
    for data in (DATA, zip(X, Y), [[x, int(y)] for x, y in zip(X, Y)]):
        model = classifier()
        options = {"optimizer": SGD(model.parameters(), lr=0.1), "rng": random.Random(0)}
        held_out = (pair for pair in DATA[:2])
        history = fit(model, cross_entropy, data, epochs=2, validation=held_out, **options)
        runs.append((numbers_of(model), history))
    assert runs[0] == runs[1] == runs[2]
    model, X = Slope(1.0), np.array([[1.0, 2.0], [2.0, 3.0]])
    fit(model, half_squared_error, X, optimizer=SGD([model.w], lr=0.1), epochs=1, validation=X)
    assert model.w.data == pytest.approx(1.0 + 0.1 * (1.0 + 2.0) / 2)


def refused(error, told, **options):
    model = classifier()
    optimizer = options.pop("optimizer", SGD)(model.parameters())
    with pytest.raises(error, match=told):
        fit(model, cross_entropy, DATA, optimizer=optimizer, epochs=1, **options)
    assert numbers_of(model) == numbers_of(classifier())


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"epochs": 2.0}, "fit epochs: expected a whole number, got 2.0"),
        ({"epochs": True}, "fit epochs: expected a whole number, got True"),
        ({"epochs": "3"}, "fit epochs: expected a whole number, got '3'"),
        ({"batch_size": 2.5}, "fit batch_size: expected a whole number, got 2.5"),
        ({"batch_size": True}, "fit batch_size: expected a whole number, got True"),
        ({"data": 5}, r"fit expected data as a list of \(x, y\) pairs, got 5"),
        (
            {"data": [[0.5, -1.0, 2.0]]},
            r"data as \(x, y\) pairs, and example 0 is \[0.5, -1.0, 2.0\]; zip\(rows, labels\)",
        ),
        ({"data": [DATA[0], 1.0]}, r"\(x, y\) pairs, and example 1 is 1.0; zip"),
        ({"data": ([x for x, _ in DATA], [y for _, y in DATA])}, "example 0 is .*; zip"),
        ({"validation": [[0.5]]}, r"validation as \(x, y\) pairs, and example 0 is \[0.5\]"),
        ({"optimizer": "adam"}, r"optimizer=SGD\(model.parameters\(\), ..\), got 'adam'"),
        ({"optimizer": SGD}, r"optimizer=SGD\(model.parameters\(\), ..\), got <class"),
        ({"metrics": [accuracy]}, r'metrics=\{"name": function, ..\}, got \[<function accuracy'),
        ({"metrics": {"accuracy": "accuracy"}}, r'metrics=\{"name": function, ..\}, got \{'),
        ({"loss": "mse"}, r"a loss that is a function of \(outputs, y\), got 'mse'"),
        ({"schedule": 0.5}, "schedule=linear_decay or the like, got 0.5"),
        ({"callbacks": print}, r"callbacks=\[function, ..\], got <built-in function print>"),
        ({"rng": 0}, r"write random.Random\(0\)"),
    ],
)
def test_a_wrong_kind_is_refused_by_name(options, told, compiled):
    model = classifier()
    given = {"loss": cross_entropy, "data": DATA, "optimizer": SGD(model.parameters()), "epochs": 1}
    with pytest.raises(TypeError, match=told):
        fit(model, compiled=compiled, **given | options)
    assert numbers_of(model) == numbers_of(classifier())


def test_whole_numbers_of_other_kinds_are_taken():
    model = classifier()
    optimizer = Counting(model.parameters())
    sizes = {"epochs": np.int64(2), "batch_size": np.int64(2)}
    fit(model, cross_entropy, DATA, optimizer=optimizer, **sizes)
    assert len(optimizer.rates) == 6


@pytest.mark.parametrize("compiled", [False, True])
def test_an_optimizer_of_another_models_parameters_is_refused(compiled):
    model = classifier()
    told = r"not the model's; write SGD\(model\.parameters\(\), \.\.\)"
    with pytest.raises(ValueError, match=told):
        fit(
            model,
            cross_entropy,
            DATA,
            optimizer=SGD(classifier().parameters()),
            epochs=1,
            compiled=compiled,
        )
    assert numbers_of(model) == numbers_of(classifier())


def test_parameters_of_the_loss_alone_may_be_trained():
    """As the temperature is that a trained classifier's logits are divided by."""
    model, temperature = classifier(), Value(1.0)

    def loss(outputs, y):
        return cross_entropy([z / temperature for z in outputs], y)

    fit(model, loss, DATA, optimizer=SGD([temperature], lr=0.5), epochs=3)
    assert temperature.data != 1.0
    assert numbers_of(model) == numbers_of(classifier())


def test_a_metric_may_not_take_the_name_of_the_loss():
    refused(ValueError, '"loss" is the name of the loss itself', metrics={"loss": accuracy})


def test_an_optimizer_that_needs_more_than_gradients_is_refused():
    told = "without arguments, and NaturalGradient\\.step needs some; write the training"
    refused(TypeError, told, optimizer=NaturalGradient)


def test_early_stopping_is_told_by_its_settings():
    told = r"expected early_stopping=EarlyStopping\(patience=\.\.\), got 5"
    refused(TypeError, told, early_stopping=5, validation=DATA)


@pytest.mark.parametrize("factory", [step_decay, warmup])
def test_a_schedule_that_was_not_made_yet_is_refused(factory):
    refused(TypeError, rf"write schedule={factory.__name__}\(\.\.\)", schedule=factory)


def test_at_least_one_example():
    model = classifier()
    with pytest.raises(ValueError, match="at least one example, got none"):
        fit(model, cross_entropy, [], optimizer=SGD(model.parameters()), epochs=1)


@pytest.mark.parametrize(
    "loss", [lambda outputs, y: 1.0, lambda outputs, y: outputs, lambda outputs, y: None]
)
def test_a_loss_that_gives_no_value_is_refused(loss):
    model = Linear(2, 2)
    with pytest.raises(TypeError, match="loss"):
        fit(model, loss, DATA, optimizer=SGD(model.parameters()), epochs=1)
