"""Early stopping waits as long as it is told to, and ends at the best epoch."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn import EarlyStopping, Module, fit
from nn.losses import half_squared_error
from nn.optimizers import SGD

scores = st.lists(st.integers(-4, 4) | st.just(math.nan), min_size=1, max_size=12)


class Counter(Module):
    """Its parameter counts the epochs: each step adds 1."""

    def __init__(self):
        self.w = Value(0.0)

    def __call__(self, x):
        return self.w


def run(told, metric="loss", **settings):
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
        early_stopping=EarlyStopping(metric=metric, **settings),
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
def test_a_metric_should_rise_where_the_loss_should_fall(told, patience):
    falling = run(told, patience=patience)
    rising = run([-x for x in told], metric="score", patience=patience)
    assert falling[0].w.data == rising[0].w.data
    assert len(falling[1].epochs) == len(rising[1].epochs)


def test_after_the_last_epoch_too_the_model_is_the_best_one():
    model, history = run([3.0, 1.0, 2.0], patience=5)
    assert (len(history.epochs), history.stopped_early, model.w.data) == (3, False, 2.0)


def test_a_validation_that_never_is_a_number_keeps_what_was_learned():
    model, history = run([math.nan] * 5, patience=2)
    assert (len(history.epochs), model.w.data) == (2, 2.0)


def test_the_default_waits_for_ten_epochs_of_the_loss():
    assert EarlyStopping() == (10, "loss", 0.0)
    _, history = run([0.0] + [1.0] * 30)
    assert len(history.epochs) == 11


def test_what_cannot_be_watched_is_refused():
    with pytest.raises(ValueError, match="watches 'accuracy', and the validation measures loss"):
        fit_once(EarlyStopping(metric="accuracy"), validation=[(0.0, 0.0)])
    with pytest.raises(ValueError, match="needs examples to measure on; give fit validation="):
        fit_once(EarlyStopping())
    with pytest.raises(ValueError, match="EarlyStopping expected patience of at least 1, got 0"):
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
