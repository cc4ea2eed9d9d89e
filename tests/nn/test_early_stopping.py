"""Early stopping waits as long as it is told to, and ends at the best epoch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn import EarlyStopping, Module, fit, losses, metrics
from nn.losses import half_squared_error
from nn.optimizers import SGD

scores = st.lists(st.integers(-4, 4) | st.just(math.nan), min_size=1, max_size=12)


class Counter(Module):
    """Its parameter counts the epochs: each step adds 1."""

    def __init__(self):
        self.w = Value(0.0)

    def __call__(self, x):
        return self.w


def run(told, metric="loss", mode=None, **settings):
    """Train for as many epochs as there are numbers, each what the validation then measures."""
    model, epochs = Counter(), []

    def loss(output, _):
        if isinstance(output, Value):
            return -output  # its slope is -1
        return told[int(output) - 1]

    history = fit(
        model,
        loss,
        [(0.0, 0.0)],
        optimizer=SGD([model.w], lr=1.0),
        epochs=len(told),
        validation=[(0.0, 0.0)],
        metrics={"score": lambda output, _: float(told[int(output) - 1])}
        if metric == "score"
        else None,
        early_stopping=EarlyStopping(metric=metric, mode=mode, **settings),
        callbacks=[epochs.append],
    )
    assert epochs == history.epochs
    return model, history


def by_hand(told, patience, min_delta=0.0):
    """(how many epochs run, which one the model ends at: the best, or the last if there is no
    best), for numbers that should fall."""
    best, best_epoch, waited = math.inf, None, 0
    for epoch, number in enumerate(told, start=1):
        waited += 1
        if number < best - min_delta:
            best, best_epoch, waited = number, epoch, 0
        if waited == patience:
            break
    return epoch, best_epoch or epoch


@pytest.mark.parametrize("min_delta", [0.0, 1.0])
@given(scores, st.integers(1, 4))
def test_it_stops_when_patience_is_over_at_the_best_epoch(min_delta, told, patience):
    model, history = run(told, patience=patience, min_delta=min_delta)
    epochs, best = by_hand(told, patience, min_delta)
    assert len(history.epochs) == epochs
    assert history.stopped_early == (epochs < len(told))
    assert model.w.data == best


@given(scores, st.integers(1, 4))
def test_mode_says_whether_to_fall_or_to_rise(told, patience):
    """Of the loss too: what falls is what rises with the signs changed."""
    falling = run(told, patience=patience)
    for metric, mode in [("loss", "min"), ("score", "min"), ("loss", "max"), ("score", "max")]:
        numbers = told if mode == "min" else [-x for x in told]
        model, history = run(numbers, metric, mode, patience=patience)
        assert model.w.data == falling[0].w.data
        assert len(history.epochs) == len(falling[1].epochs)


def best_epoch(metric, function, mode=None, outputs=(0.4, 0.9, 2.0), label=1):
    """The epoch that training ends at, where the output is these numbers one after another."""

    class Outputs(Counter):
        def __call__(self, x):
            if isinstance(self.w, float):
                return outputs[int(self.w) - 1]
            return [self.w, 0.0] if isinstance(outputs[0], list) else self.w

    def loss(output, _):
        return -output[0] if isinstance(output, list) else -output

    model = Outputs()
    fit(
        model,
        loss,
        [(0.0, label)],
        optimizer=SGD([model.w], lr=1.0),
        epochs=len(outputs),
        validation=[(0.0, label)],
        metrics={metric: function},
        early_stopping=EarlyStopping(metric=metric, mode=mode),
    )
    return model.w.data


@pytest.mark.parametrize("name", ["loss_of_mine", "accuracy"])
def test_an_error_falls_whatever_its_name(name):
    """The error of 0.9 from 1 is the smallest; that of 2.0, the largest, is not the best."""
    assert best_epoch(name, losses.mean_squared_error) == 2.0
    assert best_epoch(name, losses.half_squared_error, "max") == 3.0


@pytest.mark.parametrize(
    ("function", "outputs", "best"),
    [
        (metrics.accuracy, ([1.0, 0.0], [0.0, 1.0], [2.0, 1.0]), 2.0),
        (metrics.binary_accuracy, (-1.0, 1.0, -2.0), 2.0),
        (losses.hinge, (0.0, 0.5, -1.0), 2.0),
        (losses.cross_entropy, ([0.0, 0.0], [0.0, 1.0], [1.0, 0.0]), 2.0),
        (losses.binary_cross_entropy_with_logits, (0.0, 1.0, -1.0), 2.0),
    ],
)
def test_the_metrics_and_losses_of_nn_are_known(function, outputs, best):
    assert best_epoch("any name", function, outputs=outputs) == best
    opposite = "min" if function in (metrics.accuracy, metrics.binary_accuracy) else "max"
    assert best_epoch("any name", function, opposite, outputs=outputs) != best


@pytest.mark.parametrize("function", [lambda output, y: 0.0, lambda *_: metrics.accuracy(*_)])
def test_of_another_metric_it_has_to_be_told(function):
    told = r"metric='accuracy', mode=None\): write mode='min' if .* fall, mode='max' if .* rise"
    with pytest.raises(ValueError, match=told):
        best_epoch("accuracy", function)
    with pytest.raises(ValueError, match=r"mode='falling'\): write mode='min'"):
        fit_once(EarlyStopping(mode="falling"), validation=[(0.0, 0.0)])


def test_after_the_last_epoch_too_the_model_is_the_best_one():
    model, history = run([3.0, 1.0, 2.0], patience=5)
    assert (len(history.epochs), history.stopped_early, model.w.data) == (3, False, 2.0)


def test_a_validation_that_never_is_a_number_keeps_what_was_learned():
    model, history = run([math.nan] * 5, patience=2)
    assert (len(history.epochs), model.w.data) == (2, 2.0)


def test_the_default_waits_for_ten_epochs_of_the_loss():
    assert EarlyStopping() == EarlyStopping(10, "loss", 0.0) == (10, "loss", 0.0, None)
    _, history = run([0.0] + [1.0] * 30)
    assert len(history.epochs) == 11


def test_what_cannot_be_watched_is_refused():
    with pytest.raises(ValueError, match="no metric is 'accuracy'; there are loss"):
        fit_once(EarlyStopping(metric="accuracy"), validation=[(0.0, 0.0)])
    with pytest.raises(ValueError, match="needs examples to measure on; give fit validation="):
        fit_once(EarlyStopping())
    with pytest.raises(
        TypeError, match=r"EarlyStopping patience: expected a whole number, got 2\.5"
    ):
        fit_once(EarlyStopping(patience=2.5), validation=[(0.0, 0.0)])
    with pytest.raises(ValueError, match=r"EarlyStopping patience: expected .* at least 1, got 0"):
        fit_once(EarlyStopping(patience=0), validation=[(0.0, 0.0)])


def fit_once(early_stopping, **options):
    model = Counter()
    optimizer = SGD([model.w], lr=1.0)
    data = [(0.0, 0.0)]
    return fit(
        model,
        half_squared_error,
        data,
        optimizer=optimizer,
        epochs=1,
        early_stopping=early_stopping,
        **options,
    )
