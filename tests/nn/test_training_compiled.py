"""fit(compiled=True): the same training as by scalars, to rounding, and as safe to interrupt."""

import itertools
import math
import random
import subprocess
import sys
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from test_training import AfterCalls, Line, Slope, interrupted_at_line, numbers_of

from autograd_mini import TraceError, Value, compile, dot, exp, sqrt, tanh
from nn import (
    MLP,
    Conv1d,
    Conv2d,
    Dropout,
    EarlyStopping,
    Linear,
    Maxout,
    Module,
    RandomFeatures,
    Sequential,
    SparseLinear,
    fit,
    flatten,
    load,
    save,
)
from nn.losses import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge,
    l2,
    mean_squared_error,
)
from nn.metrics import accuracy, binary_accuracy
from nn.optimizers import SGD, Adam, AdamW, clip_gradients
from nn.optimizers.clipping import clip
from nn.schedules import linear_decay
from nn.training import DivergenceError

OPTIMIZERS = {
    "SGD": lambda ps: SGD(ps, lr=0.2),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda ps: Adam(ps, lr=0.05),
    "Adam with decay": lambda ps: Adam(ps, lr=0.05, weight_decay=0.1, betas=(0.8, 0.9)),
    "AdamW": lambda ps: AdamW(ps, lr=0.05, weight_decay=0.1),
}


def examples(count, seed=0, classes=3):
    rng = random.Random(seed)
    return [([rng.gauss(0, 1) for _ in range(2)], rng.randrange(classes)) for _ in range(count)]


def classifier(seed=0):
    return MLP(2, [5, 3], activation="tanh", rng=random.Random(seed))


def flat(state):
    """The numbers of a nested state."""
    if isinstance(state, dict):
        return [x for key in state for x in flat(state[key])]
    if isinstance(state, (list, tuple)):
        return [x for part in state for x in flat(part)]
    return [math.nan if state is None else state]


def assert_close(found, expected):
    assert flat(found) == pytest.approx(flat(expected), rel=1e-9, abs=1e-12, nan_ok=True)


def trained(made, loss, data, *, compiled, optimizer=OPTIMIZERS["momentum"], **options):
    model = made()
    moving = optimizer(model.parameters())
    settings = {"epochs": 3, "batch_size": 4, "rng": random.Random(7)} | options
    history = fit(model, loss, data, optimizer=moving, compiled=compiled, **settings)
    return model, moving, history


def assert_same_training(made, loss, data, **options):
    """By scalars and by arrays: losses, metrics, parameters, gradients, and what is remembered."""
    before = numbers_of(made())
    model, optimizer, history = trained(made, loss, data, compiled=False, **options)
    other, moving, told = trained(made, loss, data, compiled=True, **options)
    assert_close([tuple(e) for e in told.epochs], [tuple(e) for e in history.epochs])
    assert told._replace(epochs=[]) == history._replace(epochs=[])
    assert_close(numbers_of(other), numbers_of(model))
    assert numbers_of(other) != before
    assert {type(x) for x in numbers_of(other)} == {float}
    assert_close([p.grad for p in moving.parameters], [p.grad for p in optimizer.parameters])
    assert moving.parameters == other.parameters()
    assert_close(moving.state_dict(), optimizer.state_dict())
    kinds = [{name: type(x) for name, x in o.state_dict().items()} for o in (moving, optimizer)]
    assert kinds[0] == kinds[1]


# -- the same training --------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 1, 4])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_trains_the_same(name, batch_size):
    assert_same_training(
        classifier, cross_entropy, examples(11), optimizer=OPTIMIZERS[name], batch_size=batch_size
    )


def test_with_all_that_fit_knows():
    assert_same_training(
        classifier,
        cross_entropy,
        examples(10),
        epochs=12,
        schedule=linear_decay,
        max_gradient_norm=0.2,
        metrics={"accuracy": accuracy, "first": lambda outputs, y: outputs[0] * y},
        validation=examples(6, seed=1),
        early_stopping=EarlyStopping(patience=2),
    )


class Autoencoder(Module):
    """Decodes with the weights it encodes with, transposed."""

    def __init__(self):
        self.encoder = Linear(3, 2, rng=random.Random(0))
        self.b = [Value(0.1 * k) for k in range(3)]

    def __call__(self, x):
        code = [tanh(z) for z in self.encoder(x)]
        columns = zip(*(neuron.w for neuron in self.encoder.neurons))
        return [dot(list(w), code, b) for w, b in zip(columns, self.b)]


def pictures(*shape):
    rng = np.random.default_rng(0)
    return [(rng.normal(size=shape), int(rng.integers(2))) for _ in range(9)]


def frozen_first():
    model = classifier()
    model.layers[0].freeze()
    return model


RNG = random.Random

MODELS = {
    "frozen": (frozen_first, cross_entropy, examples(9)),
    "random features": (
        lambda: Sequential(
            RandomFeatures(2, 6, activation="tanh", rng=RNG(0)), Linear(6, 3, rng=RNG(1))
        ),
        cross_entropy,
        examples(9),
    ),
    "tied": (
        Autoencoder,
        mean_squared_error,
        [(x.tolist(), x.tolist()) for x, _ in pictures(3)],
    ),
    "conv1d": (
        lambda: Sequential(
            Conv1d(1, 2, 3, stride=2, padding=1, activation="tanh", rng=RNG(0)),
            flatten,
            Linear(6, 2, rng=RNG(1)),
        ),
        cross_entropy,
        pictures(1, 5),
    ),
    "conv2d": (
        lambda: Sequential(
            Conv2d(1, 2, 3, activation="relu", rng=RNG(0)), flatten, Linear(12, 2, rng=RNG(1))
        ),
        cross_entropy,
        pictures(1, 4, 5),
    ),
    "maxout": (lambda: Maxout(2, 3, pieces=3, rng=RNG(0)), cross_entropy, examples(9)),
    "sparse": (lambda: SparseLinear(2, 3, rng=RNG(0)), cross_entropy, examples(9)),
    "expanded": (
        lambda: MLP(2, [4, 1], activation="gelu", rng=RNG(0), expand=True),
        binary_cross_entropy_with_logits,
        examples(9, classes=2),
    ),
    "one number": (
        lambda: Line(3.0, 1.0),
        half_squared_error,
        [(1.0, 2.0), (2, 1), (np.float64(-1.0), 0.5), (Fraction(1, 2), -2.0)],
    ),
    "one-hot": (
        classifier,
        cross_entropy,
        [(tuple(x), np.eye(3)[k]) for x, k in examples(9)],
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model_trains_the_same(name):
    made, loss, data = MODELS[name]
    validation = [(x, y) for x, y in data[:3]]
    assert_same_training(made, loss, data, validation=validation)


def test_a_penalty_on_the_parameters_is_part_of_the_loss():
    model = classifier()

    def loss(outputs, y):
        return cross_entropy(outputs, y) + 0.05 * l2(model.parameters())

    def made():
        model.load_state_dict(classifier().state_dict())
        return model

    runs = [trained(made, loss, examples(9), compiled=compiled) for compiled in (False, True)]
    assert_close(*[[tuple(e) for e in history.epochs] for _, _, history in runs])


def test_what_the_optimizer_does_not_hold_stays():
    runs = []
    for compiled in (False, True):
        model, scale = classifier(), Value(1.5)
        some = [
            scale,
            *model.layers[1].parameters()[::-1],
            *model.layers[0].neurons[2].parameters(),
        ]
        moving = Adam(some, lr=0.1)
        options = {"epochs": 3, "batch_size": 4, "rng": random.Random(0), "compiled": compiled}

        def loss(outputs, y, scale=scale):
            return cross_entropy([scale * z for z in outputs], y)

        fit(model, loss, examples(9), optimizer=moving, **options)
        runs.append((numbers_of(model), scale.data, moving.state_dict()))
    assert_close(*runs)
    neurons = [m.layers[0].neurons[0] for m in (model, classifier())]
    assert numbers_of(neurons[0]) == numbers_of(neurons[1])
    assert scale.data != 1.5


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("order", [(False, True), (True, False), (True, True)])
def test_training_goes_on_in_either_mode(name, order, tmp_path):
    def run(modes):
        model = classifier()
        optimizer, rng = OPTIMIZERS[name](model.parameters()), random.Random(3)
        for mode in modes:
            options = {"epochs": 2, "batch_size": 3, "rng": rng, "compiled": mode}
            fit(model, cross_entropy, examples(8), optimizer=optimizer, **options)
            save(tmp_path / "state.json", model, optimizer)
            model = classifier(seed=1)
            optimizer = OPTIMIZERS[name](model.parameters())
            load(tmp_path / "state.json", model, optimizer)
        return numbers_of(model), optimizer.state_dict()

    assert_close(run(order), run((False, False)))


# -- what others see ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_callbacks_see_the_model_and_the_optimizer_as_they_are(name):
    def seen(compiled):
        told, model = [], classifier()
        optimizer = OPTIMIZERS[name](model.parameters())

        def callback(epoch):
            gradients = [p.grad for p in optimizer.parameters]
            told.append((epoch, numbers_of(model), gradients, optimizer.state_dict()))
            assert model.training

        fit(
            model,
            cross_entropy,
            examples(9),
            optimizer=optimizer,
            epochs=3,
            batch_size=4,
            rng=random.Random(0),
            callbacks=[callback],
            compiled=compiled,
        )
        return told

    assert_close(seen(True), seen(False))


def test_what_a_callback_changes_holds():
    def run(compiled):
        model = classifier()
        optimizer = Adam(model.parameters(), lr=0.1)

        def callback(epoch):
            model.layers[0].neurons[1].w[0].data = 0.25
            optimizer.betas, optimizer.lr = (0.5, 0.5), 0.2
            optimizer.means = [0.0] * len(optimizer.parameters)

        options = {"epochs": 3, "batch_size": 4, "rng": random.Random(0)}
        fit(
            model,
            cross_entropy,
            examples(9),
            optimizer=optimizer,
            callbacks=[callback],
            compiled=compiled,
            **options,
        )
        return numbers_of(model), optimizer.state_dict()

    assert_close(run(True), run(False))


def test_metrics_get_plain_numbers_in_the_lists_of_the_model_and_labels_as_they_are():
    class Two(Module):
        def __init__(self):
            self.a, self.b = Linear(2, 3, rng=random.Random(0)), Value(0.5)

        def __call__(self, x):
            return self.a(x), (self.b * x[0], [self.b, 2.0, [x[1]]])

    def loss(outputs, y):
        return cross_entropy(outputs[0], y) + outputs[1][0] ** 2

    def told(compiled):
        found = []

        def metric(outputs, y):
            found.append((outputs, y))
            assert type(y) is int
            return 0.0

        options = {"metrics": {"m": metric}, "validation": examples(3), "epochs": 2}
        trained(Two, loss, examples(5), compiled=compiled, **options)
        return found

    arrays, scalars = told(True), told(False)
    assert_close(arrays, scalars)

    def form(x):
        return [form(part) for part in x] if isinstance(x, (list, tuple)) else type(x)

    trains = [form(outputs) for outputs, _ in arrays[:5]]
    assert trains == [form(outputs) for outputs, _ in scalars[:5]]


def test_a_single_output_reaches_the_metric_as_a_float():
    data = [([x], int(x > 0)) for x in (-1.0, 0.5, 2.0)]
    *_, history = trained(
        lambda: MLP(1, [1], rng=random.Random(0)),
        binary_cross_entropy_with_logits,
        data,
        compiled=True,
        metrics={"accuracy": binary_accuracy},
        validation=data,
        epochs=30,
    )
    assert history.epochs[-1].metrics == {"accuracy": 1.0}
    assert history.epochs[-1].validation["accuracy"] == 1.0


# -- optimizers of one's own --------------------------------------------------------------------


class Normalised(SGD):
    """Looks at all parameters at once, and so not at arrays."""

    def step(self):
        length = math.hypot(*(p.grad for p in self.parameters))
        for p in self.parameters:
            p.grad = p.grad / length if length else p.grad
        super().step()
        assert {type(p) for p in self.parameters} == {Value}


class Signs(SGD):
    """Moves by the sign of the gradient; its arithmetic takes arrays."""

    elementwise = True
    seen: ClassVar = set()

    def step(self):
        for p in self.parameters:
            p.data = p.data - self.lr * ((p.grad > 0) * 1.0 - (p.grad < 0) * 1.0)
            self.seen.add(type(p.data).__name__)


@pytest.mark.parametrize("optimizer", [Normalised, Signs])
def test_an_optimizer_of_ones_own_trains_the_same(optimizer):
    assert_same_training(
        classifier,
        cross_entropy,
        examples(9),
        optimizer=lambda ps: optimizer(ps, lr=0.1, momentum=0.5),
    )


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW])
def test_the_optimizers_here_run_on_arrays(optimizer):
    assert vars(optimizer)["elementwise"]


def test_an_optimizer_gets_arrays_if_it_says_so():
    Signs.seen.clear()
    trained(classifier, cross_entropy, examples(9), compiled=True, optimizer=Signs)
    assert Signs.seen == {"ndarray"}


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1.0, 1e200, math.inf, math.nan])
def test_a_gradient_of_arrays_is_clipped_as_that_of_numbers(scale):
    numbers = [3.0 * scale, -4.0 * scale, 12.0 * scale, 1.0]
    parameters = [Value(0.0) for _ in numbers]
    for p, number in zip(parameters, numbers):
        p.grad = number

    class Arrays:
        def __init__(self, grad):
            self.grad = np.array(grad)

    arrays = [Arrays(numbers[:2]), Arrays(numbers[2:])]
    assert clip(arrays, 0.5) == pytest.approx(clip_gradients(parameters, 0.5), nan_ok=True)
    found = np.concatenate([a.grad for a in arrays]).tolist()
    assert found == pytest.approx([p.grad for p in parameters], nan_ok=True)


# -- dropout ------------------------------------------------------------------------------------


def dropping(seed=0):
    rng = random.Random(seed)
    return Sequential(
        Linear(2, 6, rng=rng),
        "tanh",
        Dropout(0.4, rng=random.Random(1)),
        Linear(6, 4, rng=rng),
        Dropout(0.2, rng=random.Random(1)),
        Linear(4, 3, rng=rng),
    )


@pytest.mark.parametrize("mode", [True, False])
def test_dropout_draws_the_same_masks_and_none_in_evaluation(mode):
    assert_same_training(
        lambda: dropping() if mode else dropping().eval(),
        cross_entropy,
        examples(9),
        metrics={"accuracy": accuracy, "first": lambda outputs, _: outputs[0]},
        validation=examples(4, seed=1),
    )


def test_dropout_by_the_random_module_too():
    def run(compiled):
        random.seed(5)
        model = Sequential(Linear(2, 6, rng=random.Random(0)), Dropout(0.5), Linear(6, 3))
        random.seed(5)
        options = {"epochs": 2, "batch_size": 4, "compiled": compiled}
        optimizer = SGD(model.parameters(), lr=0.1)
        fit(model, cross_entropy, examples(9), optimizer=optimizer, **options)
        return numbers_of(model)

    assert_close(run(True), run(False))


def test_a_module_in_evaluation_mode_stays_in_it():
    def made():
        model = dropping()
        model.layers[2].eval()
        return model

    assert_same_training(made, cross_entropy, examples(9), validation=examples(3))
    model, *_ = trained(made, cross_entropy, examples(9), compiled=True, validation=examples(3))
    modes = [module.training for module in model.layers if isinstance(module, Dropout)]
    assert modes == [False, True]


def test_a_program_draws_a_mask_for_each_example_unless_it_is_given():
    layer = Dropout(0.5, rng=random.Random(0))
    program = compile(lambda x, mask: layer([x[0] * mask, *x[1:]]), x=3, mask=())
    assert "def predict(x, mask, mask2" in program.source
    X, ones = np.arange(1.0, 31.0).reshape(10, 3), np.ones(10)
    masks = [Dropout(0.5, rng=random.Random(0)).mask(3)]
    layer.rng.seed(0)
    found = program.predict(X, ones)
    assert (found[0] == X[0] * masks[0]).all()
    assert len(np.unique(found / X, axis=0)) > 3
    assert not (program.predict(X, ones) == found).all()
    layer.rng.seed(0)
    [drawn] = program.draw_inputs(10)
    assert (X * drawn == found).all()
    state = layer.rng.getstate()
    assert (program.predict(X, ones, drawn) == found).all()
    assert layer.rng.getstate() == state
    with pytest.raises(ValueError, match=r"expected 2 inputs \(x, mask\), got 1"):
        program.predict(X)


def test_a_program_that_checks_runs_the_scalars_without_the_masks():
    layer = Dropout(0.5, rng=random.Random(0))
    w = Value(-1.0)
    program = compile(lambda x: sqrt(w + 0 * layer([x])[0]), x=(), parameters=[w], check=True)
    with pytest.raises(ValueError, match=r"example 0: .*sqrt"):
        program.value_and_grad([1.0, 2.0])


# -- Ctrl-C and errors --------------------------------------------------------------------------


class Run:
    """A short training run by scalars or by arrays."""

    def __init__(self, made, compiled):
        self.model = Line(3.0, 1.0).eval()
        self.optimizer = made(self.model.parameters(), lr=0.1)
        self.compiled, self.history = compiled, None
        self.states = [self.state()]

    def state(self):
        return [numbers_of(self.model), self.optimizer.state_dict() | {"lr": 0.1}]

    def __call__(self):
        step = self.optimizer.step

        def recorded():
            step()
            if not self.compiled:
                self.states.append(self.state())

        self.optimizer.step = recorded
        self.history = fit(
            self.model,
            half_squared_error,
            [(1.0, 2.0), (2.0, 1.0)],
            optimizer=self.optimizer,
            epochs=2,
            batch_size=1,
            rng=random.Random(0),
            schedule=linear_decay,
            max_gradient_norm=1.0,
            validation=[(1.0, 3.9)],
            callbacks=[lambda _: None],
            compiled=self.compiled,
        )


def momentum(*args, **options):
    return SGD(*args, momentum=0.9, **options)


class Plain(AdamW):
    """Not said to be elementwise."""


@pytest.mark.parametrize(("made", "every"), [(AdamW, 1), (momentum, 4), (Plain, 5)])
def test_ctrl_c_at_any_line_leaves_whole_steps_and_a_whole_history(made, every):
    scalars = Run(made, compiled=False)
    scalars()
    whole = [flat(state) for state in scalars.states]
    reached_end, states = False, set()
    for at in itertools.count(1, every):
        run = Run(made, compiled=True)
        try:
            reached = interrupted_at_line(at, run)
        except KeyboardInterrupt:  # before training begins, or once it is over
            ends = [pytest.approx(state, nan_ok=True) for state in (whole[0], whole[-1])]
            assert flat(run.state()) in ends
            assert run.optimizer.parameters == run.model.parameters()
            continue
        matching = [
            i
            for i, state in enumerate(whole)
            if flat(run.state()) == pytest.approx(state, rel=1e-9, nan_ok=True)
        ]
        assert len(matching) == 1
        assert run.optimizer.parameters == run.model.parameters()
        if not reached:
            reached_end = True
            break
        states.update(matching)
        assert run.history.interrupted
        assert len(run.history.epochs) <= matching[0] / 2
        assert (run.optimizer.lr, run.model.training) == (0.1, False)
    assert reached_end
    assert at > 300
    assert states == set(range(len(whole)))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("where", ["metric", "callback", "schedule"])
def test_an_error_out_of_what_one_gave_leaves_what_was_learned(where, error):
    def run(compiled):
        model = classifier()
        optimizer = SGD(model.parameters(), lr=0.5, momentum=0.9)
        options = {"metric": accuracy, "callback": lambda _: None, "schedule": linear_decay}
        options[where] = AfterCalls(options[where], {"callback": 2}.get(where, 8), error)
        try:
            history = fit(
                model,
                cross_entropy,
                examples(5),
                optimizer=optimizer,
                epochs=4,
                batch_size=2,
                rng=random.Random(0),
                schedule=options["schedule"],
                metrics={"accuracy": options["metric"]},
                callbacks=[options["callback"]],
                compiled=compiled,
            )
        except RuntimeError:
            history = None
        return numbers_of(model), optimizer.state_dict(), history

    *arrays, told = run(True)
    *scalars, history = run(False)
    assert_close(arrays, scalars)
    assert arrays[0] != numbers_of(classifier())
    assert (told is None) == (history is None) == (error is RuntimeError)
    if told:
        assert told.interrupted
        assert len(told.epochs) == len(history.epochs)


def told_by(error, compiled, model, loss, data, batch_size=None, **options):
    optimizer = SGD(model.parameters(), **({"lr": 0.1} | options))
    settings = {"epochs": 400, "batch_size": batch_size, "rng": random.Random(0)}
    with pytest.raises(error) as info:
        fit(model, loss, data, optimizer=optimizer, compiled=compiled, **settings)
    assert optimizer.parameters == model.parameters()
    return str(info.value), numbers_of(model)


DIVERGING = {
    "inf": (lambda output, y: output * 1e300 * 1e300, [(1.0, 0.0)], {}),
    "nan": (lambda output, y: output * math.nan, [(1.0, 0.0), (2.0, 0.0)], {}),
    "overflow": (half_squared_error, [(1.0, 0.0)], {"lr": 100.0}),
    "late": (
        lambda output, y: output * output,
        [(1.0, 0.0)] * 3,
        {"lr": 6.0, "batch_size": 1},
    ),
    "step": (lambda output, y: output, [(1e200, 0.0)], {"lr": 1e200}),
    "slope": (lambda output, y: sqrt(output), [(0.0, 0.0)], {}),
}


@pytest.mark.parametrize("name", DIVERGING)
def test_divergence_is_told_alike(name):
    loss, data, options = DIVERGING[name]
    runs = [told_by(DivergenceError, c, Slope(2.0), loss, data, **options) for c in (True, False)]
    assert runs[0][0].split(" ")[:5] == runs[1][0].split(" ")[:5]
    assert_close(runs[0][1], runs[1][1])
    if name != "overflow":  # which a scalar's ** tells and an array's does not
        assert runs[0] == runs[1]


def test_a_sum_that_overflows_where_no_example_does_is_a_divergence():
    told, numbers = told_by(
        DivergenceError, True, Slope(1e308), lambda output, y: output, [(1.0, 0.0)] * 3
    )
    assert "the loss is inf" in told
    assert numbers == [1e308]


def test_outside_of_a_domain_the_error_is_that_of_the_scalars():
    def loss(output, y):
        return sqrt(output - 5) + exp(output)

    runs = [told_by(ValueError, c, Slope(2.0), loss, [(1.0, 0.0)]) for c in (True, False)]
    assert runs[0] == runs[1]
    assert "sqrt" in runs[0][0]


# -- arguments ----------------------------------------------------------------------------------


def refused(error, told, data=None, loss=cross_entropy, **options):
    model = options.pop("model", None) or classifier()
    before, modes = numbers_of(model), [m.training for _, m in model.named_modules()]
    optimizer = options.pop("optimizer", SGD(model.parameters()))
    settings = {"epochs": 1, "compiled": True} | options
    with pytest.raises(error, match=told):
        fit(model, loss, data or examples(4), optimizer=optimizer, **settings)
    assert numbers_of(model) == before
    assert [m.training for _, m in model.named_modules()] == modes


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        ([([1, 2], 0), ([1, 2, 3], 1)], ValueError, r"example 1: x has shape \(3,\), but .* \(2,"),
        ([([1, 2], 0), ([1, 2], [1])], ValueError, r"example 1: y has shape \(1,\), but .* \(\)"),
        ([([1, 2], 0), (["a", 2], 1)], TypeError, r"nested lists .* example 1: x is \['a', 2\]"),
        ([([1, 2], "cat")], TypeError, "example 0: y is 'cat'"),
        ([([1, 2], None)], TypeError, "example 0: y is None"),
        ([([1, [2]], 0)], TypeError, r"example 0: x is \[1, \[2\]\]"),
        ([([1, 1j], 0)], TypeError, r"example 0: x is \[1, 1j\]"),
        ([([Value(1.0), 2.0], 0)], TypeError, r"example 0: x is \[Value"),
    ],
)
def test_examples_are_numbers_of_one_shape(data, error, told):
    refused(error, rf"fit\(compiled=True\) expected .*{told}", data=data)


def test_validation_examples_are_too():
    refused(TypeError, "validation example 1: x is 'b'", validation=[([1, 2], 0), ("b", 1)])


def test_labels_that_the_loss_refuses_are_refused():
    data = [([1.0, 2.0], y) for y in (-1, 1, 0)]
    refused(ValueError, "hinge expected a label of -1 or 1, got 0", data, hinge, model=MLP(2, [1]))
    refused(IndexError, "from 0 to 2, got 3", [([1.0, 2.0], k) for k in range(4)])
    halves = [([1.0, 2.0], [0.5, 0.5, 0.5])]
    refused(ValueError, "expected a target that sums to 1", halves)


def test_a_label_outside_of_one_examples_domain_is_not_a_reason_to_refuse():
    """log(y) of the first output would be that of a negative number."""

    def loss(output, y):
        return sqrt(output * y)

    model = Slope(1.0)
    optimizer = SGD([model.w], lr=0.1)
    fit(model, loss, [(1.0, 2.0), (-1.0, -3.0)], optimizer=optimizer, epochs=1, compiled=True)
    assert model.w.data < 1.0


def test_a_label_after_such_a_one_is_looked_at_too():
    def loss(output, y):
        return sqrt(output * y) + hinge(output, y)

    data = [(1.0, 1), (-1.0, -1), (1.0, 0)]
    refused(ValueError, "hinge expected a label of -1 or 1, got 0", data, loss, model=Slope(1.0))


def test_what_cannot_be_traced_is_told_with_its_line():
    def loss(outputs, y):
        return outputs[0] if outputs[0].data > y else outputs[1]

    refused(TraceError, r"test_training_compiled\.py:\d+: return outputs\[0\] if", loss=loss)


def test_an_unknown_backend():
    refused(ValueError, "backend is one of .*'numpy'.*got 'fortran'", compiled="fortran")


@pytest.mark.parametrize("backend", ["numpy", "numba", "tape", "jax"])
def test_a_backend_may_be_named(backend):
    if backend != "numpy":
        pytest.importorskip({"tape": "numba"}.get(backend, backend))
    options = {"metrics": {"accuracy": accuracy}, "validation": examples(3, seed=1)}
    runs = [
        trained(dropping, cross_entropy, examples(9), compiled=c, **options)
        for c in (False, backend)
    ]
    numbers, others = ([numbers_of(model), *history.epochs] for model, _, history in runs)
    assert_close(others, numbers)


def test_without_numpy_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from nn import Linear, fit, losses, optimizers\n"
        "m = Linear(1, 1)\n"
        "sgd = optimizers.SGD(m.parameters())\n"
        "data = [([1], [1])]\n"
        "try:\n"
        "    fit(m, losses.half_squared_error, data, optimizer=sgd, epochs=1, compiled=True)\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == 'fit(compiled=True) needs numpy: pip install "autograd-mini[compile]"\n'


# -- real data ----------------------------------------------------------------------------------


def test_handwritten_digits():
    datasets = pytest.importorskip("sklearn.datasets")
    pictures, digits = datasets.load_digits(return_X_y=True)
    data = [(picture / 8 - 1, digit) for picture, digit in zip(pictures, digits)]
    rng = random.Random(0)
    rng.shuffle(data)
    training, test = data[450:], data[:450]
    model = MLP(64, [32, 10], rng=rng)
    history = fit(
        model,
        cross_entropy,
        training,
        optimizer=Adam(model.parameters(), lr=0.01),
        epochs=15,
        batch_size=32,
        rng=rng,
        schedule=linear_decay,
        metrics={"accuracy": accuracy},
        validation=test,
        compiled=True,
    )
    right = sum(accuracy(model.predict(x), y) for x, y in test) / len(test)
    assert right == history.epochs[-1].validation["accuracy"]
    assert right >= 0.95
