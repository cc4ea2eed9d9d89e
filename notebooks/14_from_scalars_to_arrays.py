# %% [markdown]
# # From scalars to arrays
#
# In these notebooks a network is made of single numbers. That is good to look at: every number has
# a name, a gradient, and a step of its own. But for each example a new graph is built, node by
# node, and that is slow. Libraries for large networks compute with arrays, and textbooks write
# backprop in matrices.
#
# `compile` leads from the one to the other. It reads scalar code of one example, and finds the
# array program of a whole batch. Its lines are the equations of the textbook, and nobody told it
# those. Here you watch this happen on a small network, read every line, and then train on
# handwritten digits.
#
# **You will be able to** read the array program of a network line by line, and compile code of your
# own.
#
# **You need** [backprop in matrices](12_matrix_form_of_backprop.ipynb), and of NumPy the product
# `@` and slices. The letters are those of [the table of symbols](../docs/notation.md#symbols).

# %% [markdown]
# ## One example, in scalars
#
# Two inputs, three hidden neurons with tanh, two outputs, and the cross entropy of their softmax.
# The function below is the loss of one example. It is plain scalar code.

# %%
import random

from nn import MLP, losses

model = MLP(2, [3, 2], activation="tanh", rng=random.Random(1))


def loss_of(x, y):
    return losses.cross_entropy(model(x), y)


# %% [markdown]
# We run it on an example of the first class, and name the nodes as textbooks do: the
# pre-activations z, the activations h, the weights W. (Counted from 0, as Python does.)

# %%
from autograd_mini import draw_dot

for k, layer in enumerate(model.layers, 1):
    for i, neuron in enumerate(layer.neurons):
        neuron.b.label = f"b{k}[{i}]"
        for j, w in enumerate(neuron.w):
            w.label = f"W{k}[{i},{j}]"


def run(x, y):
    """(the loss of one example, z1, h1, z2): all with names."""
    h1 = model.layers[0](x)
    z1 = [h.parents[0] for h in h1]
    z2 = model.layers[1](h1)
    for name, nodes in (("z1", z1), ("h1", h1), ("z2", z2)):
        for i, node in enumerate(nodes):
            node.label = f"{name}[{i}]"
    loss = losses.cross_entropy(z2, y)
    loss.label = "L"
    return loss, z1, h1, z2


x, y = [0.5, -1.0], [1, 0]
L, z1, h1, z2 = run(x, y)
L.backward()
picture = draw_dot(L, detail="values", highlight=model.layers[0].neurons[0].w[0])
picture.attr(size="8.2")
picture

# %% [markdown]
# All paths from the weight `W1[0,0]` to the loss stand out. Backprop goes along them from right to
# left, edge by edge. At `h1[0]` two paths meet, and add up:

# %%
from autograd_mini import backprop_steps

for step in backprop_steps(L):
    if step.parent and step.parent.label in ("h1[0]", "z1[0]", "W1[0,0]"):
        formula = step.text.partition(" = ")[0]
        numbers = f"{step.upstream:.4f} * {step.local:.4f} = {step.contribution:.4f}"
        print(f"step {step.number:2}:  {formula:52} = {numbers}")

# %% [markdown]
# (To go through all of them one by one, with the graph beside: `step_through(L)`.)
#
# The gradients at the pre-activations are the error terms. At the outputs they are what the softmax
# says, minus the label. At the hidden neurons they come back through $W^{[2]}$ and the slope of
# tanh:
#
# $$\delta^{[2]}_i = \hat y_i - y_i, \qquad
# \delta^{[1]}_j = \Bigl(\sum_i W^{[2]}_{ij} \, \delta^{[2]}_i\Bigr) \bigl(1 - h_j^2\bigr).$$
#
# In the picture they are the gradients in the boxes of z2 and z1.

# %%
from autograd_mini import softmax

p = softmax([z.data for z in z2])
back = [
    [neuron.w[j].data * z.grad for neuron, z in zip(model.layers[1].neurons, z2)] for j in (0, 1, 2)
]
print("outputs, engine: ", [round(z.grad, 4) for z in z2])
print("outputs, formula:", [round(p[i] - y[i], 4) for i in (0, 1)])
print("hidden, engine:  ", [round(z.grad, 4) for z in z1])
print("hidden, formula: ", [round(sum(b) * (1 - h.data**2), 4) for b, h in zip(back, h1)])

# %% [markdown]
# ## The array program
#
# Now `compile`. It gets the same function, and how long x and y are: 2 is a list of two numbers,
# () one number, and (2, 6) two lists of six. It calls the function with *placeholders* in place of
# numbers. They only record what is done to them. From the recorded graph it makes a program for a
# batch of n examples.

# %%
from autograd_mini import compile

program = compile(loss_of, x=2, y=2, parameters=model)
program

# %% [markdown]
# This is the program that runs. It is Python with NumPy, and you can copy it and run it yourself.
# (`np.vdot(a, b)` multiplies entry by entry, and adds up all products. `s[:, None]` is s as a
# column, and `ones @ a` the sum of the rows of a.) As a picture, the forward pass leads down, and
# the backward pass up again:

# %%
picture = program.draw(scalars=False)
picture.attr(size="8.2")
picture

# %% [markdown]
# ## Line by line
#
# In a textbook an example is a column. In a program it is a row, so that the n examples make a
# matrix $\mathbf{X}$ with n rows. Transpose the equations, and both are the same:
#
# | one example, as a column | n examples, as rows | the line |
# |---|---|---|
# | $\mathbf{h} = \tanh(\mathbf{W}^{[1]} \mathbf{x} + \mathbf{b}^{[1]})$ | $\mathbf{H} = \tanh(\mathbf{X} \mathbf{W}^{[1]\top} + \mathbf{b}^{[1]})$ | `h1 = np.tanh(x @ W1.T + b1)` |
# | $\mathbf{z} = \mathbf{W}^{[2]} \mathbf{h} + \mathbf{b}^{[2]}$ | $\mathbf{Z} = \mathbf{H} \mathbf{W}^{[2]\top} + \mathbf{b}^{[2]}$ | `z2 = h1 @ W2.T + b2` |
# | $\hat{\mathbf{y}} = e^{\mathbf{z}} / \sum_k e^{z_k}$ | the same in each row | `e` over `s`, where the largest `m` is taken off before exp |
# | $L = \ln \sum_k e^{z_k} - \mathbf{y}^\top \mathbf{z}$ | the mean over the rows | `loss = ((m + np.log(s)).sum() - np.vdot(z2, y)) / n` |
# | $\delta^{[2]} = \hat{\mathbf{y}} - \mathbf{y}$ | $\Delta^{[2]} = (\hat{\mathbf{Y}} - \mathbf{Y}) / n$ | `dz2 = (e / s[:, None] - y) / n` |
# | $\partial L / \partial \mathbf{W}^{[2]} = \delta^{[2]} \mathbf{h}^\top$ | $\Delta^{[2]\top} \mathbf{H}$ | `dW2 = dz2.T @ h1` |
# | $\partial L / \partial \mathbf{b}^{[2]} = \delta^{[2]}$ | the sum of the rows of $\Delta^{[2]}$ | `db2 = ones @ dz2` |
# | $\delta^{[1]} = (\mathbf{W}^{[2]\top} \delta^{[2]}) \odot (1 - \mathbf{h} \odot \mathbf{h})$ | $\Delta^{[1]} = (\Delta^{[2]} \mathbf{W}^{[2]}) \odot (1 - \mathbf{H} \odot \mathbf{H})$ | `dz1 = dz2 @ W2 * (1 - h1 * h1)` |
# | $\partial L / \partial \mathbf{W}^{[1]} = \delta^{[1]} \mathbf{x}^\top$ | $\Delta^{[1]\top} \mathbf{X}$ | `dW1 = dz1.T @ x` |
# | $\partial L / \partial \mathbf{b}^{[1]} = \delta^{[1]}$ | the sum of the rows of $\Delta^{[1]}$ | `db1 = ones @ dz1` |
#
# The program writes the middle column itself. It has $\mathbf{W}_1$ for $\mathbf{W}^{[1]}$,
# $\mathbf{P}$ for $\hat{\mathbf{Y}}$, and $\mathbf{1}$ for a column of ones. (With `columns=True`
# it writes the left column, for n examples.)

# %%
program.equations()

# %% [markdown]
# The products $\Delta^\top \mathbf{H}$ do two things at once: the outer product $\delta
# \mathbf{h}^\top$ of each example, and the sum over the examples.

# %% tags=["guard"]
LINES = """
h1 = np.tanh(x @ W1.T + b1)
z2 = h1 @ W2.T + b2
loss = ((m + np.log(s)).sum() - np.vdot(z2, y)) / n
dz2 = (e / s[:, None] - y) / n
dW2 = dz2.T @ h1
db2 = ones @ dz2
dz1 = dz2 @ W2 * (1 - h1 * h1)
dW1 = dz1.T @ x
db1 = ones @ dz1
"""
written = [line.strip() for line in program.source.splitlines()]
assert all(line in written for line in LINES.strip().splitlines())

# %% [markdown]
# ## Which scalars are in a line
#
# Each array holds scalars of your code. `explain` says which, and for a gradient which chain rule:

# %%
program.explain("h1")

# %%
program.explain("dz1")

# %% [markdown]
# Compare with the graph above. `z1[0]` is one of its boxes, and its gradient is made of the same
# two paths, through `z2[0]` and `z2[1]`. The weight's gradient has one term for each example:

# %%
program.explain("dW1")

# %% [markdown]
# ## The same numbers
#
# Two moons, 200 points. `program.backward` does what the loop over the examples does: it adds the
# gradient of the mean loss to every `.grad`. Sums may be added up in another order, so the last
# digits may differ.

# %%
import numpy as np

from nn import toys

points = toys.moons(200, noise=0.12, rng=random.Random(0))
X = np.array([point for point, _ in points])
Y = np.eye(2)[[label for _, label in points]]  # one-hot rows


def eager():
    """The gradients of all parameters, by one graph for each example."""
    model.zero_grad()
    for x, y in zip(X.tolist(), Y.tolist()):
        loss_of(x, y).backward(1 / len(X))
    return np.array([p.grad for p in model.parameters()])


def compiled():
    model.zero_grad()
    program.backward(X, Y)
    return np.array([p.grad for p in model.parameters()])


expected, found = eager(), compiled()
print(f"{len(found)} gradients, all the same to 12 digits")

# %% tags=["guard"]
assert abs(found - expected).max() < 1e-12 * abs(expected).max()

# %% [markdown]
# Each ring is a gradient from the graphs of scalars, and each dot one from the array program:

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 2.6))
axes.plot(expected, "o", markersize=10, markerfacecolor="none", label="scalars")
axes.plot(found, "o", markersize=4, color="#a63a00", label="arrays")
names = [p.label for p in model.parameters()]
axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
axes.axhline(0, color="black", linewidth=0.8)
axes.set(ylabel="gradient")
axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
figure.tight_layout()

# %% [markdown]
# And how much faster is it? For 200 examples the engine makes thousands of nodes, each a Python
# object. The program has a dozen lines, and NumPy runs each of them for all examples at once.

# %%
from time import perf_counter

from autograd_mini import topological_order


def seconds(call):
    """The shortest of some runs."""

    def once():
        started = perf_counter()
        call()
        return perf_counter() - started

    return min(once() for _ in range(7))


nodes = len(topological_order(loss_of(x, y)))
ratio = seconds(eager) / seconds(lambda: program.value_and_grad(X, Y))
print(f"{nodes} nodes for each of {len(X)} examples; compiled, more than 100 times as fast")

# %% tags=["guard"]
assert ratio > 100

# %% [markdown]
# ## What it refuses
#
# A program is the same for all examples. So nothing in it may depend on the numbers of one.
# Where your code asks a placeholder for its number, a `TraceError` names the line, the reason,
# and what to write instead. (`told` only prints that in three lines.)


# %% tags=["hide-input"] jupyter={"source_hidden": true}
import math

from autograd_mini import TraceError, exp, pick, where


def told(function, **shapes):
    """What compile says of a function, without the place of the file."""
    try:
        compile(function, **shapes)
    except TraceError as error:
        line, reason = str(error).split(": ", 1)[1].split(": ", 1)
        reason, remedy = reason.split("; ", 1)
        print(f"{line}\n    {reason};\n    {remedy}\n")


# %%
def branch(x, y):
    h = model(x)[0]
    if h < 0:
        h = 0.1 * h
    return (h - y) ** 2


def function_of_math(x, y):
    return (math.exp(model(x)[0]) - y) ** 2


def index(x, y):
    return -model(x)[y]


told(branch, x=2, y=())
told(function_of_math, x=2, y=())
told(index, x=2, y=())

# %% [markdown]
# `where(condition, a, b)` is a where the condition holds, and else b. `pick(xs, k)` is entry k of
# a list. With these remedies all three compile:


# %%
def with_where(x, y):
    h = model(x)[0]
    h = where(h < 0, 0.1 * h, h)
    return (h - y) ** 2


def with_exp(x, y):
    return (exp(model(x)[0]) - y) ** 2


def with_pick(x, y):
    return -pick(model(x), y)


for function in (with_where, with_exp, with_pick):
    remedied = compile(function, x=2, y=(), parameters=model)
    loss, _ = remedied.value_and_grad(X, np.ones(len(X)))
    mean = sum(function(x, 1).data for x in X.tolist()) / len(X)
    print(f"{function.__name__:10}  mean loss: scalars {mean:.6f}, arrays {loss:.6f}")

# %% [markdown]
# ## A softmax, written out
#
# Here nobody calls `softmax`. It is written out, with exp, a sum, and a division, as in a
# textbook:


# %%
from autograd_mini import log


def written_out(x, y):
    powers = [exp(z) for z in model(x)]
    total = sum(powers)
    return -sum(y_k * log(power / total) for y_k, power in zip(y, powers))


by_hand = compile(written_out, x=2, y=2, parameters=model)
print(by_hand.source[by_hand.source.index("    # forward") :])

# %% [markdown]
# The compiler has found it all the same: `exp` of `z2` minus its largest entry, over the sum. To
# the scalars a score of 1000 is too large for exp. The program subtracts the largest score first,
# which changes no quotient, and has no such trouble:


# %%
def surprise(z, y):
    """The cross entropy of scores z, written out."""
    powers = [exp(z_k) for z_k in z]
    total = sum(powers)
    return -sum(y_k * log(power / total) for y_k, power in zip(y, powers))


try:
    surprise([1000.0, 0.0], [0, 1])
except OverflowError as error:
    print("as scalars:", error)

loss, _ = compile(surprise, z=2, y=2).value_and_grad([[1000.0, 0.0]], [[0, 1]])
print("compiled:  ", loss)

# %% tags=["guard"]
assert loss == 1000.0

# %% [markdown]
# ## A convolution, out of scalars
#
# A *convolution* slides a few weights along a signal: the same three weights look at places 0 to 2,
# then at places 1 to 3, and so on. In scalars it is a loop over the windows. `Conv1d` is that loop.

# %%
from nn import Conv1d

convolution = Conv1d(1, 2, kernel_size=3, rng=random.Random(0))


def squared_error(x, y):
    return sum(
        (a - b) ** 2 for row, wanted in zip(convolution([x]), y) for a, b in zip(row, wanted)
    )


sliding = compile(squared_error, x=8, y=(2, 6), parameters=convolution)
print(sliding.source[sliding.source.index("    # forward") :])

# %% [markdown]
# The compiler has seen that each of the 6 windows is multiplied with the same two rows of weights.
# So it takes the windows out of the signal, one in each row, and is left with one matrix product.
# (Libraries do this too: Chellapilla, Puri and Simard, *High Performance Convolutional Neural
# Networks for Document Processing*, 2006.) These are the places in the signal that make the
# windows:

# %%
windows = np.lib.stride_tricks.sliding_window_view(np.arange(8), 3)
signal = np.sin(np.arange(8) * 1.1)
figure, (top, bottom) = plt.subplots(1, 2, figsize=(7, 2.6), width_ratios=[2.2, 1])
top.imshow(signal[None, :], cmap="RdBu_r", vmin=-1.5, vmax=1.5)
for t in range(8):
    top.text(t, 0, t, ha="center", va="center")
top.set(title="a signal of 8 numbers", xticks=[], yticks=[])
bottom.imshow(signal[windows], cmap="RdBu_r", vmin=-1.5, vmax=1.5)
for (row, column), place in np.ndenumerate(windows):
    bottom.text(column, row, place, ha="center", va="center")
bottom.set(title="its 6 windows, v", xticks=[], yticks=[])
figure.tight_layout()

# %% tags=["guard"]
assert windows.tolist() == [[t, t + 1, t + 2] for t in range(6)]

# %% [markdown]
# In the gradient the windows come back: `dz.reshape(-1, 2).T @ v`. A weight that is used in many
# places gets the sum of all their contributions. This is called *weight sharing*. It needs no rule
# of its own.

# %% [markdown]
# ## Digits, compiled
#
# [Reading handwritten digits](13_digits.ipynb) trains a network on real pictures, with
# `compiled=True`. Now you know what that does. Model, loss and optimizer are made of scalars, as
# without it, and the numbers differ only by rounding. Here is the same network again, for twenty
# epochs in place of three:

# %%
from sklearn.datasets import load_digits

from nn import fit, metrics, optimizers, schedules
from nn.data import Dataset, split

pictures, digits = load_digits(return_X_y=True)
rows = (pictures / 8 - 1).tolist()
data = Dataset([f"pixel {i}" for i in range(64)], [*"0123456789"], rows, digits.tolist())
rng = random.Random(0)
training, test = (list(zip(part.rows, part.labels)) for part in split(data, 0.25, rng))

reader = MLP(64, [32, 10], rng=rng)
history = fit(
    reader,
    losses.cross_entropy,
    training,
    optimizer=optimizers.Adam(reader.parameters(), lr=0.01),
    epochs=20,
    batch_size=32,
    rng=rng,
    schedule=schedules.linear_decay,
    metrics={"accuracy": metrics.accuracy},
    validation=test,
    compiled=True,
)
history

# %%
right = sum(metrics.predicted_class(reader.predict(x)) == digit for x, digit in test)
print(f"{right} of {len(test)} test pictures are read correctly")

# %% tags=["guard"]
assert right >= 0.95 * len(test)

# %% [markdown]
# The model holds what was learned: its parameters are `Value`s, and everything that looks into them
# works. At a terminal, `progress=True` shows a bar while it trains. Ctrl-C, or the stop button,
# ends training early and keeps what was learned.

# %% [markdown]
# ## Eight devices
#
# The same scalar code can run on accelerators, and on many of them: `backend="jax"` writes the
# program for [JAX](https://docs.jax.dev). With `devices=` each device gets its share of the
# examples of a batch, and computes their part of the gradient. The parameters are on all of them.
#
# To try it without eight accelerators, we ask JAX to pretend that this processor is eight devices.
# That has to be said before JAX is loaded. So this cell runs a program of its own. It compiles the
# loss of this page for one device and for eight, and compares:

# %% tags=["jax", "hide-input"] jupyter={"source_hidden": true}
import os
import subprocess
import sys
from importlib.util import find_spec

EIGHT = """
import random
import jax
import numpy as np
from autograd_mini import compile
from nn import MLP, losses, toys

model = MLP(2, [3, 2], activation="tanh", rng=random.Random(1))
loss = lambda x, y: losses.cross_entropy(model(x), y)
one = compile(loss, x=2, y=2, parameters=model)
eight = compile(loss, x=2, y=2, parameters=model, backend="jax", devices=jax.devices())

points = toys.moons(200, noise=0.12, rng=random.Random(0))
X, Y = np.array([x for x, _ in points]), np.eye(2)[[y for _, y in points]]
found, expected = eight.value_and_grad(X, Y), one.value_and_grad(X, Y)
assert abs(found[0] - expected[0]) < 1e-12
for a, b in zip(found[1], expected[1]):
    assert abs(np.asarray(a) - b).max() < 1e-12
print(len(jax.devices()), "devices,", len(X) // 8, "examples each: the same loss and gradients")
"""

if find_spec("jax"):
    flags = "--xla_force_host_platform_device_count=8"
    settings = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", EIGHT], env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
else:
    print("JAX is not installed here. With it, this cell runs on eight simulated devices:")
    print('pip install "autograd-mini[jax]"')

# %% [markdown]
# ## Three changes
#
# Take the sigmoid in the hidden layer in place of tanh. These lines are new:


# %%
def lines(program):
    return [line.strip() for line in program.source.splitlines()]


other = MLP(2, [3, 2], activation="sigmoid", rng=random.Random(1))
changed = compile(lambda x, y: losses.cross_entropy(other(x), y), x=2, y=2, parameters=other)
for line in lines(changed):
    if line not in lines(program):
        print(line)

# %% [markdown]
# Add weight decay to the loss, $0.01 \sum w^2$ over all weights of the first layer. No example is
# in the penalty. So the penalty and its gradient are computed once, not for each example, and are
# added at the end:


# %%
first_weights = [w for neuron in model.layers[0].neurons for w in neuron.w]


def with_decay(x, y):
    return loss_of(x, y) + 0.01 * losses.l2(first_weights)


decayed = compile(with_decay, x=2, y=2, parameters=model)
for line in lines(decayed):
    if line not in lines(program):
        print(line)

# %% [markdown]
# And here is a network that uses the same weights twice, $\mathbf{z} = \mathbf{W} \tanh(\mathbf{W}
# \mathbf{x})$. The loss is the sum of the squares of z. Each place where W is used sends a
# contribution, so `dW1` is a sum of two products:

# %%
from autograd_mini import Value, dot, tanh

W = [[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(3)]


def twice(x):
    h = [tanh(dot(row, x)) for row in W]
    return sum(dot(row, h) ** 2 for row in W)


tied = compile(twice, x=3)
print(tied.source[tied.source.index("    # forward") :])

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("14")

# %% [markdown]
# **1.** Take half the squared error, $\frac12 \sum_i (z_i - y_i)^2$, in place of the cross entropy.
# In which lines of the program does a formula change: A that of h1, B that of the loss, C that of
# dz2, D that of dW2, E that of dz1?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Which lines know more of the loss than the number that comes back
# from it?</details>
# <details><summary>Answer</summary>
#
# B and C: the loss itself, and its gradient at the outputs, which is now $(\mathbf{Z} - \mathbf{Y})
# / n$. (The program subtracts y in the line of z2 already.) All others take what comes from there.
# `my_answer = "BC"`
#
# </details>
#
# **2.** A batch has 200 examples, and a network goes from 64 inputs to 32 hidden neurons and 10
# outputs. What are the shapes of $\mathbf{H}$, $\mathbf{Z}$, $\Delta^{[1]}$ and $\partial L /
# \partial \mathbf{W}^{[1]}$? Give a list of four pairs, such as `[(200, 64), ..]`.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>An example is a row. A gradient has the shape of what it is the
# gradient of.</details>
# <details><summary>Answer</summary>
#
# The gradient of W has lost the 200: it is a sum over the examples.
# `my_answer = [[200, 32], [200, 10], [200, 32], [32, 64]]`
#
# </details>
#
# **3.** Now $\mathbf{z} = \mathbf{W} \tanh(\mathbf{W} \tanh(\mathbf{W} \mathbf{x}))$, again with
# the sum of squares. How many matrix products has its program, forward and backward? Give a list of
# two numbers. The gradient of x is not asked for.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>In the program above there are two products forward. Which are the
# three backward?</details>
# <details><summary>Answer</summary>
#
# Three forward. Backward there are three for dW, one for each use, and two that bring the error
# terms back to the layers before. `my_answer = [3, 5]`
#
# </details>
#
# **4.** Write a layer for a batch without NumPy: `layer(X, W, b)` gives
# $\mathbf{X} \mathbf{W}^\top + \mathbf{b}$ as a list of rows.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Entry (n, i) is the dot product of example n and the weights of
# neuron i, and its bias.</details>
# <details><summary>Answer</summary>
#
# W has a row for each neuron, so no transpose has to be made.
#
# ```python
# def layer(X, W, b):
#     return [
#         [sum(w * x for w, x in zip(row, example)) + bi for row, bi in zip(W, b)]
#         for example in X
#     ]
#
#
# my_answer = layer
# ```
#
# </details>
#
# **5.** Write a function of a list x of three numbers that gives the largest, so that `compile`
# takes it.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>maximum(a, b) and where(condition, a, b) can be traced.</details>
# <details><summary>Answer</summary>
#
# The largest of the first two, and then of that and the third.
#
# ```python
# from autograd_mini import maximum
#
#
# def largest(x):
#     return maximum(maximum(x[0], x[1]), x[2])
#
#
# my_answer = largest
# ```
#
# </details>
