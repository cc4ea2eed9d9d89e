# %% [markdown]
# # Activation functions, and how far gradients travel
#
# Between two linear layers there must be something that is not linear: the activation. It decides
# what a neuron can say, and also how much of a gradient gets through the neuron on the way back.
# Here we see what that does to the gradients in a network of thirty layers, and to the training of
# one with eleven.
#
# **You will be able to** choose an activation by its slopes; say by which factor a layer multiplies
# a gradient, and why thirty of them make it vanish or explode; choose first weights that avoid
# it; and find dead neurons and the origin of a nan.
#
# **You need** to know what a multi-layer perceptron is ([notebook
# 07a](07a_perceptron_and_xor.ipynb)), and the chain rule ([notebook
# 04](04_chain_rule_by_hand.ipynb)).

# %% [markdown]
# ## The gallery
#
# All of `nn`'s activations, each with its derivative, as the engine computes it. `sign` and `step`
# jump at 0, and their derivative is 0 everywhere else.

# %%
from nn.plots import activation_gallery

gallery = activation_gallery()
gallery.set_size_inches(9, 6.4)
gallery

# %% [markdown]
# Their formulas:
#
# | name | formula | remark |
# |---|---|---|
# | relu | $\max(0, x)$ | the default of `MLP` |
# | leaky_relu | $x$ for $x > 0$, else $\alpha x$ | $\alpha$ is small: 0.01 if you do not say |
# | elu | $x$ for $x > 0$, else $\alpha (e^x - 1)$ | smooth at 0 for $\alpha = 1$ |
# | gelu | $x\, \Phi(x)$ | $\Phi(x)$: how likely a standard normal number is below x |
# | gelu_tanh | $0.5 x (1 + \tanh(\sqrt{2/\pi}(x + 0.044715 x^3)))$ | close to gelu; in GPT-2 |
# | silu, or swish | $x\, \sigma(x) = x (1 + e^{-x})^{-1}$ | smooth |
# | mish | $x \tanh(\text{softplus}(x))$ | smooth |
# | sigmoid | $\sigma(x) = \frac{1}{1 + e^{-x}}$ | between 0 and 1 |
# | tanh | $\frac{e^x - e^{-x}}{e^x + e^{-x}}$ | between -1 and 1 |
# | softplus | $\ln(1 + e^x)$ | a soft relu; its derivative is the sigmoid |
# | sign, step | $\pm 1$; 0 or 1 | for perceptrons, and weights set by hand |
#
# Let us not believe the table, but try it. ($\Phi$ is written with the *error function*, `erf`.)

# %%
from math import erf, sqrt

from autograd_mini import (
    elu,
    exp,
    gelu,
    gelu_tanh,
    leaky_relu,
    log,
    mish,
    relu,
    sigmoid,
    silu,
    softplus,
    tanh,
)

places = [-4 + i / 10 for i in range(81)]
by_formula = {
    relu: lambda x: max(0.0, x),
    leaky_relu: lambda x: x if x > 0 else 0.01 * x,
    elu: lambda x: x if x > 0 else exp(x) - 1,
    gelu: lambda x: x * (1 + erf(x / sqrt(2))) / 2,
    silu: lambda x: x * sigmoid(x),
    mish: lambda x: x * tanh(softplus(x)),
    sigmoid: lambda x: 1 / (1 + exp(-x)),
    tanh: lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)),
    softplus: lambda x: log(1 + exp(x)),
}
for f, formula in by_formula.items():
    same = all(abs(f(x) - formula(x)) < 1e-14 for x in places)
    print(f"{f.__name__:10} the formula gives the same: {same}")

apart = max(abs(gelu(x) - gelu_tanh(x)) for x in places)
print(f"gelu and gelu_tanh are at most {apart:.5f} apart")

# %% [markdown]
# One chooses by three questions. Is the output centred at zero, or is it always positive (`f(0)`,
# `lowest`)? How large does the derivative get? And where is it so small that a gradient does not
# get through? Here are the numbers for the interval from -4 to 4.

# %%
from autograd_mini import grad

print("               f(0)   lowest   f'(0)   largest f'   f'(-4)    f'(4)")
for f in (*by_formula, gelu_tanh):
    df = grad(f)
    steepest = max(df(x) for x in places)
    lowest = min(f(x) for x in places)
    print(
        f"{f.__name__:11} {f(0.0):7.3f} {lowest:8.3f} {df(0.0):7.3f} {steepest:12.3f}"
        f" {df(-4.0):8.4f} {df(4.0):8.4f}"
    )

# %% [markdown]
# The sigmoid's derivative is never above 1/4. Keep that number in mind; the next section says why.
#
# ## Derivatives worth knowing
#
# Two of them can be had from the function's own value, which is there already:
#
# $$\frac{d}{dx}\sigma(x) = \sigma(x)\,(1 - \sigma(x)), \qquad
# \frac{d}{dx}\tanh(x) = 1 - \tanh^2(x).$$
#
# The engine computes them so. The first one also shows where the 1/4 comes from: s (1 - s) is
# largest at s = 1/2.

# %%
for x in (-2.0, 0.5):
    print(f"sigmoid' {grad(sigmoid)(x):.6f} = {sigmoid(x) * (1 - sigmoid(x)):.6f}", end="   ")
    print(f"tanh' {grad(tanh)(x):.6f} = {1 - tanh(x) ** 2:.6f}")

# %% tags=["guard"]
from autograd_mini.testing import check_gradients

for f in (*by_formula, gelu_tanh):
    for x in (-3.0, -0.5, 0.5, 3.0):
        check_gradients(f, x)

# %% [markdown]
# relu has a corner at 0, and no derivative there. One has to choose, and the choice is 0, as in
# PyTorch. It matters only where a weighted sum is exactly 0. (That happens if all inputs are 0 and
# the bias is still at its first value, 0.)

# %%
[grad(relu)(x) for x in (-1e-9, 0.0, 1e-9)]

# %% [markdown]
# ## tanh is a sigmoid, moved and stretched
#
# $$\tanh(x) = 2\,\sigma(2x) - 1.$$
#
# So a network with tanh can do nothing that a network with sigmoids cannot. Here is one turned into
# the other. Double the weights and the bias of each hidden neuron, for the 2x. Double the weights
# that come out of it, and take them off the next bias once, for the -1.

# %%
import random

from nn import MLP

with_tanh = MLP(2, [5, 1], activation="tanh", rng=random.Random(0))
with_sigmoid = MLP(2, [5, 1], activation="sigmoid")
hidden, [output] = with_tanh.layers[0].neurons, with_tanh.layers[1].neurons
same_hidden, [same_output] = with_sigmoid.layers[0].neurons, with_sigmoid.layers[1].neurons

for neuron, same in zip(hidden, same_hidden):
    for p, q in zip(neuron.parameters(), same.parameters()):
        q.data = 2 * p.data
for w, same_w in zip(output.w, same_output.w):
    same_w.data = 2 * w.data
same_output.b.data = output.b.data - sum(w.data for w in output.w)

rng = random.Random(1)
for _ in range(4):
    x = [rng.gauss(0, 2), rng.gauss(0, 2)]
    print(f"with tanh {with_tanh.predict(x):9.6f}, with sigmoids {with_sigmoid.predict(x):9.6f}")

# %% tags=["guard"]
assert all(abs(tanh(x) - (2 * sigmoid(2 * x) - 1)) < 1e-15 for x in places)
for _ in range(100):
    x = [rng.gauss(0, 2), rng.gauss(0, 2)]
    assert abs(with_tanh.predict(x) - with_sigmoid.predict(x)) < 1e-12

# %% [markdown]
# And yet the two do not learn alike. The reason has to do with signs.
#
# ## Centred at zero
#
# Sigmoids answer with positive numbers. Take a neuron whose inputs are all positive. The gradient
# of its weight $w_j$ is $\delta\, h_j$, with the same $\delta$ for all j. So in one step all its
# weights go up together, or all down. To raise one and lower another takes a zigzag of steps. With
# tanh the signs are mixed. Here are the signs of the gradients of one neuron's six weights:

# %%
from nn import losses


def signs(activation):
    """The signs of the gradients of a neuron's weights, in a second layer, as a text."""
    model = MLP(3, [6, 1], activation=activation, rng=random.Random(2))
    losses.half_squared_error(model([0.5, -1.0, 2.0]), 3.0).backward()
    return " ".join("+" if w.grad > 0 else "-" for w in model.layers[1].neurons[0].w)


print("sigmoid:", signs("sigmoid"), "  tanh:", signs("tanh"))

# %% [markdown]
# ## Maxout learns its own shape
#
# A *maxout* neuron (Goodfellow and others, 2013) takes the largest of several linear functions:
#
# $$\max(\mathbf{w}_1^\top \mathbf{x} + b_1,\ \mathbf{w}_2^\top \mathbf{x} + b_2).$$
#
# With the pieces x and 0 it is relu, with x and 0.1 x a leaky relu, with x and -x the absolute
# value:

# %%
from nn import Maxout


def maxout_of(*pieces):
    """A maxout neuron of one input with the given (slope, offset) pairs."""
    layer = Maxout(1, 1, pieces=len(pieces))
    for piece, (slope, offset) in zip(layer.pieces, pieces):
        [neuron] = piece.neurons
        neuron.w[0].data, neuron.b.data = slope, offset
    return lambda x: layer.predict([x])[0]


for pieces, f in [
    ([(1.0, 0.0), (0.0, 0.0)], relu),
    ([(1.0, 0.0), (0.1, 0.0)], lambda x: max(0.1 * x, x)),
    ([(1.0, 0.0), (-1.0, 0.0)], abs),
]:
    same = all(maxout_of(*pieces)(x) == f(x) for x in places)
    print("pieces (slope, offset)", *pieces, " the same at all places:", same)

# %% [markdown]
# With more pieces it comes close to any *convex* shape, which is one that bends only upwards. Take
# tangents of $x^2$: with twice as many of them the largest error is a quarter.

# %%
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
axis_places = [-1 + i / 100 for i in range(201)]


def parabola(pieces):
    """The largest of some tangents of x * x."""
    touching = [-1 + (2 * k + 1) / pieces for k in range(pieces)]
    return maxout_of(*((2 * t, -t * t) for t in touching))


figure, axis = plt.subplots(figsize=(5.2, 3.4))
axis.plot(axis_places, [x * x for x in axis_places], color="#222222", label="$x^2$")
errors = {}
for pieces, colour in (2, BLUE), (4, ORANGE), (8, GREEN):
    curve = [parabola(pieces)(x) for x in axis_places]
    errors[pieces] = max(abs(y - x * x) for x, y in zip(axis_places, curve))
    axis.plot(axis_places, curve, color=colour, linestyle="--", label=f"{pieces} pieces")
axis.set(xlabel="x")
axis.legend()
print({pieces: round(error, 4) for pieces, error in errors.items()})

# %% [markdown]
# And now it learns. From a random start, four pieces find a shape that is in no gallery:

# %%
from nn import fit
from nn.optimizers import SGD


def wanted(x):
    return max(-0.3 * x, 2 * x - 0.5, 0.1)


# init: how the first weights are drawn; the next section has more of it
learner = Maxout(1, 1, pieces=4, init="uniform", rng=random.Random(0))
sgd = SGD(learner.parameters(), lr=0.2)
examples = [([x], [wanted(x)]) for x in axis_places[::5]]
loss, rng = losses.mean_squared_error, random.Random(0)
fit(learner, loss, examples, optimizer=sgd, epochs=300, batch_size=8, rng=rng)
off = max(abs(learner.predict([x])[0] - wanted(x)) for x in axis_places)
print(f"at most {off:.3f} off")

# %% [markdown]
# ## Thirty layers
#
# A network with d layers is a composition: $\mathbf{h}^{[0]} = \mathbf{x}$, then $\mathbf{h}^{[l]}
# = f_l(\mathbf{h}^{[l-1]})$ for each layer l, and the answer is $\mathbf{h}^{[d]}$. We make it 30
# layers deep, with 16 neurons each. The loss is a weighted sum of the answer's 16 numbers, with
# random weights. How long is the gradient of this loss by $\mathbf{h}^{[l]}$, at the end and at the
# beginning?
#
# We try three activations, and three ways to draw the first weights. A layer has n inputs and m
# outputs:
#
# | initializer | weights | variance | made for |
# |---|---|---|---|
# | `xavier` | uniform | $2 / (n + m)$ | tanh (Glorot and Bengio, 2010) |
# | `he` | normal | $2 / n$ | relu (He and others, 2015) |
# | `uniform` | uniform between -1 and 1 | $1/3$, whatever the layer | |

# %%
from math import hypot

from autograd_mini import dot, gradients

DEPTH, WIDTH = 30, 16
ACTIVATIONS, INITIALIZERS = ("sigmoid", "tanh", "relu"), ("xavier", "he", "uniform")


def deep_network(activation, init):
    sizes = [WIDTH] * DEPTH
    rng = random.Random(0)
    return MLP(
        WIDTH, sizes, activation=activation, output_activation=activation, init=init, rng=rng
    )


rng = random.Random(1)
example = [rng.gauss(0, 1) for _ in range(WIDTH)]
direction = [rng.gauss(0, 1) for _ in range(WIDTH)]


def run(model):
    """The outputs of all layers, and the gradients of the loss by them."""
    outputs, h = [], example
    for layer in model.layers:
        h = layer(h)
        outputs.append(h)
    loss = dot(direction, h)
    flat = gradients(loss, [value for h in outputs for value in h])
    deltas = [flat[i : i + WIDTH] for i in range(0, len(flat), WIDTH)]
    return outputs, deltas


networks = {(a, i): deep_network(a, i) for i in INITIALIZERS for a in ACTIVATIONS}
lengths = {key: [hypot(*d) for d in run(model)[1]] for key, model in networks.items()}

figure, axes = plt.subplots(1, 3, figsize=(10, 3.4), sharey=True)
for axis, init in zip(axes, INITIALIZERS):
    for activation, colour in zip(ACTIVATIONS, (BLUE, ORANGE, GREEN)):
        numbers = range(1, DEPTH + 1)
        axis.plot(numbers, lengths[activation, init], color=colour, label=activation)
    axis.set(yscale="log", title=init, xlabel="layer")
axes[0].set_ylabel("length of the gradient")
axes[0].legend()
figure.tight_layout()

# %%
ratio = {key: series[0] / series[-1] for key, series in lengths.items()}
for init in INITIALIZERS:
    print(f"{init:8}", *(f"  {a} {ratio[a, init]:.0e}" for a in ACTIVATIONS))

# %% tags=["guard"]
assert off < 0.01
assert all(ratio["sigmoid", init] < 1e-6 for init in INITIALIZERS)  # vanishes
assert ratio["relu", "uniform"] > 1e3  # explodes
assert 0.1 < ratio["relu", "he"] < 10  # arrives
assert ratio["relu", "xavier"] < 1e-3

# %% [markdown]
# In the picture, read each curve from right to left, the way the gradient goes. The numbers are the
# share that is left of it at the first layer. With sigmoids it *vanishes*, by all three
# initializers. relu with weights that are too large makes it *explode*, and with Xavier's, which
# are too small for it, it vanishes. With He's weights a third of it arrives, and with Xavier's and
# tanh a tenth. After 29 layers that is next to no change.
#
# ## The product of the Jacobians
#
# Why so fast? The Jacobian of the answer by $\mathbf{h}^{[l]}$ is a product of matrices, one for
# each layer on the way:
#
# $$\frac{\partial \mathbf{h}^{[d]}}{\partial \mathbf{h}^{[l]}} =
# \mathbf{M}^{[d]} \cdots \mathbf{M}^{[l+1]}, \qquad
# \mathbf{M}^{[l]} = \frac{\partial \mathbf{h}^{[l]}}{\partial \mathbf{h}^{[l-1]}} =
# \text{diag}(\phi'(\mathbf{z}^{[l]}))\, \mathbf{W}^{[l]}.$$
#
# The diag is a matrix with these slopes on its diagonal: row i of $\mathbf{W}$ is multiplied by
# $\phi'(z_i)$. We multiply all of it out for the nine networks, and compare with what backprop
# found.

# %%
import numpy as np


def slopes_and_weights(model):
    """For each layer the derivatives of the activation at z, and W."""
    h = example
    for layer in model.layers:
        W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        slope = grad(layer.neurons[0].activation)
        yield np.array([slope(float(z)) for z in W @ h]), W
        h = layer.predict(h)


def is_the_product(model):
    """Whether the gradients at all layers are products of the matrices, from the last one back."""
    matrices = [slopes[:, None] * W for slopes, W in slopes_and_weights(model)]
    _, deltas = run(model)
    product = np.array(direction)
    for M, delta in zip(reversed(matrices[1:]), reversed(deltas[:-1])):
        product = product @ M
        if np.linalg.norm(product - delta) > 1e-12 * np.linalg.norm(product):
            return False
    return True


same = sum(is_the_product(model) for model in networks.values())
print(f"the product is backprop's gradient at every layer: in {same} of {len(networks)} networks")

# %% [markdown]
# How much does one of these matrices change a length? Take weights that are drawn independently,
# with mean 0 and variance v. Then on average the *square* of the length is multiplied by
#
# $$n\, v \cdot \text{mean of } \phi'(z)^2.$$
#
# - For relu about half of the slopes are 1 and the others are 0. So with $v = 2/n$ this is 1: He's
#   initializer.
# - For tanh near 0 all slopes are almost 1. So $v = 1/n$ is right: Xavier's, if n = m.
# - For the sigmoid $\phi'^2 \leq 1/16$. With Xavier's weights the length is multiplied by 1/4 or
#   less at each layer, and $(1/4)^{29} \approx 3 \cdot 10^{-18}$.
#
# Here is the factor of the *length* for one layer, as measured, and as this predicts it:

# %%
variance = {"xavier": 2 / (WIDTH + WIDTH), "he": 2 / WIDTH, "uniform": 1 / 3}
print("                    measured   predicted")
for (activation, init), model in networks.items():
    measured = ratio[activation, init] ** (1 / (DEPTH - 1))
    gains = [WIDTH * variance[init] * np.mean(s**2) for s, _ in list(slopes_and_weights(model))[1:]]
    predicted = np.exp(np.mean(np.log(gains)) / 2)  # the root of their geometric mean
    print(f"{activation:8} {init:8} {measured:10.2f} {predicted:11.2f}")

# %% [markdown]
# 0.23 or 1.51 do not look dangerous. To the power of 29 they are.
#
# ## Turn the weight
#
# See it with one neuron a layer. Eight tanh neurons stand in a row, $h_k = \tanh(w\, h_{k-1})$, all
# with the same weight w, and $h_0 = x$. Each multiplies the gradient on its way back by $w\,(1 -
# h_k^2)$. The chart has the gradients of $h_1$ to $h_8$ on a logarithmic scale: one unit up is ten
# times as much.
#
# Move w. Below 1 the line falls to the left: the gradient vanishes. A little above 1 it would
# explode, but then the neurons saturate, and it vanishes again. Now drag x to 0. All h are 0, every
# slope $1 - h^2$ is 1, and what is left is the weight alone: $h_1$ has the gradient $w^7$.

# %%
from autograd_mini import Value, step_through
from autograd_mini.flipbook import drag

w, h = Value(0.5, "w"), Value(0.5, "x")
row = []
for k in range(1, 9):
    h = tanh(w * h)
    h.label = f"h{k}"
    row.append(h)

steps = step_through(h, start=99)  # at the last step, with all gradients
drag(steps, w, -4.0, 4.0, title="Gradients of eight neurons in a row", gradients_of=row)

# %% [markdown]
# ## Can sigmoids let a gradient through?
#
# The sigmoid's gradient vanished with all three initializers. Are there weights with which it does
# not? Try normal weights with the variance $s^2 / n$, for larger and larger s:

# %%
for spread in (1, 2, 4, 8, 16, 32):
    factors, saturated = [], []
    for seed in range(5):
        model = MLP(
            WIDTH,
            [WIDTH] * DEPTH,
            activation="sigmoid",
            output_activation="sigmoid",
            init=lambda inputs, outputs, rng, spread=spread: rng.gauss(0, spread / sqrt(inputs)),
            rng=random.Random(seed),
        )
        outputs, deltas = run(model)
        factors.append((hypot(*deltas[0]) / hypot(*deltas[-1])) ** (1 / (DEPTH - 1)))
        saturated += [min(h.data, 1 - h.data) < 0.05 for layer in outputs for h in layer]
    print(f"s = {spread:2}: factor {np.median(factors):.2f}, saturated {np.mean(saturated):.0%}")

# %% [markdown]
# The factor of a layer does come near 1. But then most neurons are *saturated*, below 0.05 or above
# 0.95, where the sigmoid is flat. Only the few others pass a gradient on.
#
# ## Where no gradient arrives, nothing is learned
#
# Now networks of eleven layers have to tell two half-moons apart. Only the activation differs.
# (`momentum=0.9` lets a step go on in the direction of those before:
# [notebook 10](10_optimizers.ipynb). `compiled=True` does the same arithmetic on arrays, so that it
# takes less time: [notebook 14](14_from_scalars_to_arrays.ipynb).)

# %%
from nn import toys

moons = toys.moons(60, noise=0.1, rng=random.Random(0))


def train(activation, lr=0.02):
    model = MLP(2, [8] * 10 + [1], activation=activation, rng=random.Random(1))
    sgd = SGD(model.parameters(), lr=lr, momentum=0.9)
    loss = losses.binary_cross_entropy_with_logits
    options = {"epochs": 40, "batch_size": 10, "rng": random.Random(0), "compiled": True}
    history = fit(model, loss, moons, optimizer=sgd, **options)
    return [epoch.loss for epoch in history.epochs]


curves = {activation: train(activation) for activation in ACTIVATIONS}
figure, axis = plt.subplots(figsize=(5.6, 3.4))
for (activation, curve), colour in zip(curves.items(), (BLUE, ORANGE, GREEN)):
    axis.plot(range(1, 41), curve, color=colour, label=activation)
axis.axhline(log(2), color="#888888", linestyle=":", label="guessing, ln 2")
axis.set(xlabel="epoch", ylabel="loss", ylim=(0, 0.8))
axis.legend(loc="upper right", bbox_to_anchor=(1, 0.85))
figure.tight_layout()

# %% tags=["guard"]
assert min(curves["sigmoid"]) > 0.68
assert min(curves["tanh"]) < 0.5
assert min(curves["relu"]) < 0.5

# %% [markdown]
# In these 40 epochs the network of sigmoids does no better than guessing. `gradient_flow` shows how
# long the gradient of each layer's own weights is, before the first step:

# %%
from nn.plots import gradient_flow

at_start = {}
for activation in ACTIVATIONS:
    model = MLP(2, [8] * 10 + [1], activation=activation, rng=random.Random(1))
    for point, label in moons:
        loss = losses.binary_cross_entropy_with_logits(model(point), label)
        loss.backward(1 / len(moons))
    at_start[activation] = model
gradient_flow(at_start)

# %% [markdown]
# The last layer of the sigmoids does get a gradient. But it has nothing to work with: on the way
# forward the differences between the points vanish, too, by the same matrices. Here is how far
# apart the inputs of the last layer are, for all points of both moons:


# %%
def spread(model):
    """How much an output of the last hidden layer differs from point to point, at most."""
    answers = []
    for point, _ in moons:
        h = point
        for layer in model.layers[:-1]:
            h = layer.predict(h)
        answers.append(h)
    return max(max(of_neuron) - min(of_neuron) for of_neuron in zip(*answers))


for activation, model in at_start.items():
    print(f"{activation:8} {spread(model):.0e}")

# %% [markdown]
# ## Dead neurons
#
# relu has a weakness of its own. A neuron whose z is negative for every example answers 0 to each
# of them, and its derivative is 0 for each. Its weights have the gradient 0: it is *dead*. In the
# first layer it stays so, since its inputs are the examples, which do not change. (In a later layer
# the layers before it still learn, and may move z above 0 again.) One step that is too large can
# kill a neuron. The leaky relu lets a little through on the left, so its neurons do not die.
# `dead_neurons` finds those that are dead:

# %%
from nn.diagnostics import dead_neurons

points = [point for point, _ in moons]


def trained(activation, lr, seed):
    model = MLP(2, [32, 1], activation=activation, rng=random.Random(seed))
    sgd = SGD(model.parameters(), lr=lr)
    loss = losses.binary_cross_entropy_with_logits
    options = {"epochs": 15, "batch_size": 10, "rng": random.Random(0), "compiled": True}
    fit(model, loss, moons, optimizer=sgd, **options)
    return model


for activation in ("relu", "leaky_relu"):
    for lr in (0.1, 1.0, 5.0):
        models = [trained(activation, lr, seed) for seed in range(3)]
        dead = [len(dead_neurons(model, points)[0]) for model in models]
        print(f"{activation:10} rate {lr:3}: {dead} of 32 are dead, from three starts")

# %% tags=["guard"]
model = trained("relu", 5.0, seed=0)
model.zero_grad()
for point, label in moons:
    losses.binary_cross_entropy_with_logits(model(point), label).backward()
neurons = enumerate(model.layers[0].neurons)
without_gradient = [i for i, n in neurons if all(p.grad == 0 for p in n.parameters())]
assert without_gradient == list(dead_neurons(model, points)[0]) != []

# %% [markdown]
# ## Where a nan comes from
#
# `nan` stands for "not a number". A loss that is nan says nothing about its cause: every number
# that is computed from a nan is nan as well. `why_nan` finds the first number that is not finite,
# forward and backward. Given a function and its arguments, it names the line, too. (Jupyter gives
# each cell a file name that is a long number.) Here are three common cases.
#
# **A softmax written by hand.** `exp` overflows for large scores, and infinity divided by infinity
# has no value. The remedy is the library's `softmax`, which subtracts the largest score first.

# %%
from textwrap import fill

from autograd_mini import softmax, where, why_nan
from autograd_mini import sqrt as root_of  # sqrt is that of math here


def explain(function, *arguments):
    """Prints where the first number comes from that is not finite."""
    for line in why_nan(function, *arguments).reason.splitlines():
        print(fill(line, 95))


def probability(scores):
    powers = [exp(s) for s in scores]
    return powers[0] / sum(powers)


explain(probability, [1000.0, 2.0])
softmax([1000.0, 2.0])

# %% [markdown]
# **The distance of a point from itself.** The distance is 0, a finite number. But the slope of the
# square root is infinite at 0, and the derivative of the sum of squares is 0 there. Backprop
# multiplies the two, and infinity times 0 has no value.


# %%
def distance(p, q):
    return root_of(sum((a - b) ** 2 for a, b in zip(p, q)))


explain(distance, [1.0, 2.0], [1.0, 2.0])

# %% [markdown]
# **The branch of a `where` that was not taken.** `where(condition, a, b)` is a if the condition
# holds, else b. Both are computed all the same. The gradient of the one that is not taken is
# multiplied by 0, and 0 times infinity is nan. The remedy is a second `where` *inside* the
# function. It gives the square root a harmless number.


# %%
def gain(x):
    return where(x > 0, x * root_of(x), 0.0)


def safe_gain(x):
    return where(x > 0, x * root_of(where(x > 0, x, 1.0)), 0.0)


explain(gain, 0.0)
print("the remedy:", why_nan(safe_gain, 0.0))
why_nan(gain, 0.0).stepper()

# %% tags=["guard"]
assert list(errors.values()) == [1 / 4, 1 / 16, 1 / 64]
assert spread(at_start["sigmoid"]) < 1e-4
assert why_nan(safe_gain, 0.0) is None

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("08")

# %% [markdown]
# **1.** What is the derivative of silu, $x\, \sigma(x)$? Give a formula in x as a text;
# `sigmoid(x)` may be in it.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Use the product rule, and the derivative of the sigmoid that can
# be had from its own value.</details>
# <details><summary>Answer</summary>
#
# $\sigma(x) + x\, \sigma(x)\,(1 - \sigma(x))$.
# `my_answer = "sigmoid(x) * (1 + x * (1 - sigmoid(x)))"`
#
# </details>
#
# **2.** The slope $\alpha$ of a leaky relu can be learned like a weight. (It is then called a
# *parametric* relu.) What is the derivative of its output by $\alpha$, not by x, at x = -2 and at
# x = 3? Give a list of both.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>On the left the output is α x. On the right there is no α in
# it.</details>
# <details><summary>Answer</summary>
#
# It is x on the left and 0 on the right. `my_answer = [-2.0, 0.0]`
#
# </details>
#
# **3.** A layer has 24 inputs and 24 relu neurons. Its weights are uniform between -1 and 1. By
# which factor does it multiply the *length* of a gradient, on average?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The variance of such weights is in the table of initializers. The
# formula with n and v is for the square of the length.</details>
# <details><summary>Answer</summary>
#
# The square is multiplied by $24 \cdot \frac13 \cdot \frac12 = 4$, since half of the slopes are 1.
# So the length doubles at each such layer. `my_answer = 2`
#
# </details>
#
# **4.** Ten sigmoid neurons stand in a row, each with one input and the weight 1. What share of a
# gradient is left after all ten, at most? Give it as a power, such as `0.5**3`.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How large is the slope of a sigmoid at most?</details>
# <details><summary>Answer</summary>
#
# $(1/4)^{10}$, about one millionth. `my_answer = 0.25**10`
#
# </details>
#
# **5.** Write `safe_log(x)` for a Value x: the logarithm where x > 0, and 0 elsewhere, with a
# gradient that is finite everywhere.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A where() around the logarithm is not enough: the branch that is
# not taken is computed all the same.</details>
# <details><summary>Answer</summary>
#
# A second `where` inside gives the logarithm a harmless number.
#
# ```python
# from autograd_mini import log, where
#
#
# def safe_log(x):
#     return where(x > 0, log(where(x > 0, x, 1.0)), 0.0)
#
#
# my_answer = safe_log
# ```
#
# </details>
#
# **6.** Invent an activation that lets gradients through: $f(0) = 0$, its slope is between 0.1 and
# 1 everywhere from -10 to 10, and it is not a straight line. Give a formula in x, as a text, or a
# function.

# %%
my_answer = ...
check(6, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Start from one that bends, and add some of x itself.</details>
# <details><summary>Answer</summary>
#
# For example half of x and half of tanh(x): its slope is between 0.5 and 1.
# `my_answer = "0.5 * x + 0.5 * tanh(x)"`
#
# </details>
