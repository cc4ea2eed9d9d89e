"""What runs for a NumPy source: its numbers, and no array of the caller's is written to."""

import numpy as np
import pytest
from hypothesis import given
from random_nets import nets
from zoo import zoo

from autograd_mini import Value, compile, dot, exp, fsum, sigmoid, tanh, where
from autograd_mini.compiler.backends import numpy as backend

ZOO = zoo()
W = [[Value(0.3 * i - 0.2 * j) for j in range(3)] for i in range(2)]
B = [Value(0.1), Value(-0.2)]


def hidden(x, f):
    return [f(dot(row, x, b)) for row, b in zip(W, B)]


def shown(program):
    """The function of the source that is shown."""
    scope = dict(program.constants)
    exec(program.source, scope)
    return lambda *arrays: scope["value_and_grad"](*arrays, *program.constants.values())


def run(program):
    """Of the source that runs."""
    return backend._made("value_and_grad", program._compiled.runs)


def flat(results):
    loss, gradients = results
    return np.concatenate([np.ravel(loss), *map(np.ravel, gradients)])


def batch(program, examples):
    rng = np.random.default_rng(0)
    shapes = program._compiled.inputs.values()
    arrays = [rng.normal(size=(examples, *shape)) for shape in shapes]
    return [*arrays, *program.arrays.values()]


def assert_agrees(program, examples, tolerance=1e-12):
    """To so much of the largest number: sums over other strides add up in another order."""
    arrays = batch(program, examples)
    before = [x.copy() for x in arrays]
    with np.errstate(all="ignore"):
        found = flat(run(program)(*arrays, *program.constants.values()))
        expected = flat(shown(program)(*before))
    finite = np.isfinite(expected)
    assert np.array_equal(np.isfinite(found), finite)
    assert np.abs(found - expected)[finite].max(initial=0) <= tolerance * np.abs(expected).max(
        where=finite, initial=0
    )
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before))


@given(nets())
def test_it_gives_the_numbers_of_the_source(net):
    program = compile(net, parameters=net, shapes=net.shapes, backend="numpy")
    assert_agrees(program, 5)


def test_an_operand_of_no_further_use_gives_its_memory():
    program = compile(lambda x: fsum(hidden(x, lambda z: exp(tanh(z)))), x=3, backend="numpy")
    text = program._compiled.runs
    assert "h1 += b1" in text
    assert "out=" in text
    assert "out=" not in program.source
    assert "+=" not in program.source


@pytest.mark.parametrize(
    "f",
    [
        lambda z: z * (1 - z),  # read twice in the line that it is last read in
        lambda z: z * 2 + z,
        lambda z: sigmoid(z) * (1 - sigmoid(z)),
        lambda z: where(z > 0, 1, 0) * where(z < 1, 1, 0) * z,  # a product of conditions
        lambda z: where(z > 0, 2, 0) * z,  # of ints, to NumPy
        lambda z: 1 - z / 3,
        lambda z: 2 ** (-z),
    ],
)
def test_lines_that_read_an_operand_twice_or_have_no_floats(f):
    program = compile(lambda x: fsum(hidden(x, lambda z: f(tanh(z)))) ** 2, x=3, backend="numpy")
    assert_agrees(program, 5)


def test_a_program_without_inputs():
    program = compile(fsum([w * w for row in W for w in row]), backend="numpy")
    assert program.value_and_grad()[0] == pytest.approx(sum(w.data**2 for row in W for w in row))


# -- arrays that were replaced --------------------------------------------------------------------


@pytest.mark.parametrize(
    "replace",
    [
        lambda arrays, name, x: arrays.__setitem__(name, x),
        lambda arrays, name, x: arrays.update({name: x}),
        lambda arrays, name, x: arrays.__ior__({name: x}),
        lambda arrays, name, x: (arrays.pop(name), arrays.setdefault(name, x)),
        lambda arrays, name, x: (arrays.clear(), arrays.update({name: x})),
    ],
)
def test_an_array_is_checked_when_it_is_replaced(replace):
    w = Value(2.0, "w")
    program = compile(lambda x: w * x, x=(), backend="numpy")
    bound = program.bind([1.0, 3.0])
    assert program.value_and_grad([1.0, 3.0])[0] == bound()[0] == 4.0
    replace(program.arrays, "w", np.array(3))  # of ints
    assert program.value_and_grad([1.0, 3.0])[0] == bound()[0] == 6.0
    replace(program.arrays, "w", np.array([3.0]))
    with pytest.raises(ValueError, match=r"arrays\['w'\] expected an array of \(\), got \(1,\)"):
        bound()
    program.arrays = {"w": np.array(5.0)}
    assert program.value_and_grad([1.0, 3.0])[0] == bound()[0] == 10.0
    del program.arrays["w"]
    with pytest.raises(ValueError, match="got NoneType"):
        program.value_and_grad([1.0])


def test_a_program_without_examples_has_no_source_for_many():
    w, v = Value(7.0, "w"), Value(0.5, "v")
    program = compile(where(True, w, v) + tanh(v))
    loss, gradients = program.value_and_grad()
    assert loss == pytest.approx(7 + np.tanh(0.5), rel=1e-12)
    assert [g.shape for g in gradients] == [a.shape for a in program.arrays.values()]
