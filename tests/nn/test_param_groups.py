"""Parameter groups: each group is trained as an optimizer of its own would train it."""

import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini import Value
from nn import MLP, fit, load, save
from nn.losses import mean_squared_error
from nn.optimizers import SGD, Adam, AdamW, NaturalGradient
from nn.schedules import linear_decay

OPTIMIZERS = {
    "SGD": (SGD, [{"lr": 0.1}, {"lr": 0.3, "weight_decay": 0.2}]),
    "momentum": (
        SGD,
        [
            {"lr": 0.1, "momentum": 0.9},
            {"lr": 0.2},
            {"lr": 0.05, "momentum": 0.5, "nesterov": True},
        ],
    ),
    "Adam": (Adam, [{"lr": 0.1}, {"lr": 0.01, "betas": (0.5, 0.9), "eps": 0.1}]),
    "AdamW": (AdamW, [{"weight_decay": 0.0}, {"lr": 0.2}, {"weight_decay": 0.5}]),
}
PAIRS = [([x, x * x], [x - 1]) for x in (-1.0, -0.5, 0.0, 0.5, 1.0)]


def values(groups):
    return [[Value(float(i + j)) for j in range(i + 1)] for i in range(len(groups))]


def grouped(name, parameters):
    made, groups = OPTIMIZERS[name]
    return made([{"params": ps, **group} for ps, group in zip(parameters, groups, strict=True)])


def lrs(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def steps(optimizers, parameters, count, seed):
    rng = random.Random(seed)
    for _ in range(count):
        for p in parameters:
            p.grad = rng.gauss(0, 1)
        for optimizer in optimizers:
            optimizer.step()


@pytest.mark.parametrize("name", OPTIMIZERS)
@given(st.integers(1, 20), st.integers(0, 10**6))
def test_each_group_moves_as_under_an_optimizer_of_its_own(name, count, seed):
    made, groups = OPTIMIZERS[name]
    ours, others = values(groups), values(groups)
    flat, other = [*chain(*ours)], [*chain(*others)]
    steps([grouped(name, ours)], flat, count, seed)
    steps([made(ps, **g) for ps, g in zip(others, groups, strict=True)], other, count, seed)
    assert [p.data for p in flat] == [p.data for p in other]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    made, groups = OPTIMIZERS[name]
    ours = values(groups)
    flat = [*chain(*ours)]
    theirs = [[torch.tensor(p.data, dtype=torch.float64) for p in ps] for ps in ours]
    defaults = {} if made is not SGD else {"lr": 1e-3}
    torch_optimizer = getattr(torch.optim, made.__name__)(
        [{"params": ts, **group} for ts, group in zip(theirs, groups, strict=True)], **defaults
    )
    optimizer, rng = grouped(name, ours), random.Random(0)
    tensors = [*chain(*theirs)]
    for _ in range(50):
        for p, t in zip(flat, tensors, strict=True):
            p.grad = rng.gauss(0, 1)
            t.grad = torch.tensor(p.grad, dtype=torch.float64)
        optimizer.step()
        torch_optimizer.step()
        expected = [t.item() for t in tensors]
        assert [p.data for p in flat] == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_settings_given_to_all_hold_where_a_group_has_none():
    p, q = Value(1.0), Value(2.0)
    optimizer = SGD([{"params": [p], "lr": 0.5}, {"params": q}], lr=0.1, momentum=0.9)
    assert optimizer.parameters == [p, q]
    assert optimizer.param_groups == [
        {"params": [p], "lr": 0.5, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0},
        {"params": [q], "lr": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0},
    ]
    assert repr(optimizer) == (
        "SGD(1 parameters: lr=0.5, momentum=0.9, nesterov=False, weight_decay=0.0; "
        "1 parameters: lr=0.1, momentum=0.9, nesterov=False, weight_decay=0.0)"
    )


def test_an_attribute_is_what_holds_for_all_groups():
    optimizer = grouped("SGD", values([0, 1]))
    assert optimizer.momentum == 0.0
    with pytest.raises(ValueError, match=r"groups of SGD have lr 0.1, 0.3; read param_groups\[i\]"):
        _ = optimizer.lr
    assert lrs(optimizer) == [0.1, 0.3]
    optimizer.lr = 0.5
    assert optimizer.lr == 0.5
    assert lrs(optimizer) == [0.5, 0.5]


@pytest.mark.parametrize("compiled", [False, True])
def test_a_schedule_multiplies_each_groups_own_rate(compiled):
    """Linear decay over two epochs of one batch: factors 1 and 1/2."""
    if compiled:
        pytest.importorskip("numpy")
    start = MLP(2, [3, 1], activation="tanh", rng=random.Random(0)).state_dict()

    def trained(rates, **options):
        model = MLP(2, [3, 1], activation="tanh")
        model.load_state_dict(start)
        groups = [
            {"params": layer.parameters(), "lr": lr}
            for layer, lr in zip(model.layers, rates, strict=True)
        ]
        optimizer = SGD(groups, momentum=0.5)
        fit(model, mean_squared_error, PAIRS, optimizer=optimizer, rng=random.Random(0), **options)
        assert lrs(optimizer) == list(rates), "the rates are as before"
        return model.state_dict()

    found = trained((0.2, 0.05), epochs=2, schedule=linear_decay, compiled=compiled)
    model = MLP(2, [3, 1], activation="tanh")
    model.load_state_dict(start)
    optimizers = [SGD(layer.parameters(), momentum=0.5) for layer in model.layers]
    for factor in (1.0, 0.5):
        model.zero_grad()
        for x, y in PAIRS:
            mean_squared_error(model(x), y).backward(1 / len(PAIRS))
        for optimizer, lr in zip(optimizers, (0.2, 0.05), strict=True):
            optimizer.lr = lr * factor
            optimizer.step()
    assert found == pytest.approx(model.state_dict(), rel=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_checkpoint_goes_on_bit_for_bit(name, tmp_path):
    groups = OPTIMIZERS[name][1]
    model = MLP(1, [1] * len(groups), rng=random.Random(0))

    def optimizer_of(model):
        return grouped(name, [layer.parameters() for layer in model.layers])

    optimizer = optimizer_of(model)
    steps([optimizer], model.parameters(), 3, seed=0)
    optimizer.param_groups[1]["lr"] = 0.7
    save(tmp_path / "m.json", model, optimizer)
    resumed = MLP(1, [1] * len(groups))
    other = optimizer_of(resumed)
    load(tmp_path / "m.json", resumed, other)
    assert other.state_dict() == optimizer.state_dict()
    assert lrs(other) == lrs(optimizer)
    for each, m in ((optimizer, model), (other, resumed)):
        steps([each], m.parameters(), 3, seed=1)
    assert resumed.state_dict() == model.state_dict()


def test_a_state_of_other_groups_is_refused_and_changes_nothing():
    def optimizer(first, second):
        ps = [Value(1.0) for _ in range(first + second)]
        return SGD([{"params": ps[:first]}, {"params": ps[first:], "lr": 0.5}], lr=0.1)

    one, other = optimizer(1, 2), optimizer(2, 1)
    before = other.state_dict()
    with pytest.raises(ValueError, match=r"param_groups.0.params is 1, expected 2"):
        other.load_state_dict(one.state_dict())
    with pytest.raises(ValueError, match=r"does not fit SGD: expected param_groups\.0\.params"):
        other.load_state_dict(SGD([Value(1.0)]).state_dict())
    with pytest.raises(ValueError, match=r"SGD lr: expected a number in \[0, inf\), got -1"):
        other.load_state_dict({**before, "param_groups.1.lr": -1})
    assert other.state_dict() == before


@pytest.mark.parametrize(
    ("groups", "error", "told"),
    [
        (
            [{"params": [Value(1.0)]}, Value(1.0)],
            TypeError,
            "SGD expected groups .* group 1 is Value",
        ),
        ([{"lr": 0.1}], TypeError, "SGD expected groups as .* group 0 is"),
        (
            [{"params": [Value(1.0)], "rate": 1}],
            TypeError,
            "SGD has no setting 'rate' as in group 0",
        ),
        ([{"params": []}], ValueError, r"SGD \(group 0\) got no parameters"),
        ([{"params": [1.0]}], TypeError, r"SGD \(group 0\) expected Values to train"),
        ([{"params": [Value(1.0)], "lr": -1}], ValueError, "SGD lr: expected a number in"),
        ([{"params": [Value(1.0)], "lr": True}], TypeError, "SGD lr: expected a number"),
        ([{"params": [Value(1.0)], "nesterov": True}], ValueError, "needs a momentum above 0"),
    ],
)
def test_groups_are_checked(groups, error, told):
    with pytest.raises(error, match=told):
        SGD(groups)


def test_a_parameter_in_two_groups_is_refused():
    p = Value(1.0, "w")
    with pytest.raises(ValueError, match="parameter 2, 'w', is parameter 0 again"):
        SGD([{"params": [p, Value(0.0)]}, {"params": [p]}])


def test_an_optimizer_whose_step_takes_one_rate_says_which_differ():
    ps = [Value(1.0), Value(2.0)]
    optimizer = NaturalGradient([{"params": ps[:1], "lr": 0.5}, {"params": ps[1:]}])
    with pytest.raises(ValueError, match=r"groups of NaturalGradient have lr 0\.5, 1\.0"):
        optimizer.step([[ps[0] * ps[1]]], [0])
