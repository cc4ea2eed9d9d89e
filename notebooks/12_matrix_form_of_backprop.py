# %% [markdown]
# # Backprop in matrices
#
# A textbook gives backprop as a handful of matrix formulas. An engine of scalars has no matrices.
# It knows one rule, the chain rule, and applies it edge by edge. Both give the same numbers, and
# in this notebook we see why: we derive the matrix formulas from the graph, and check every entry
# of every one of them against the engine.
#
# **You will be able to** write the forward and the backward pass of any dense network in matrices,
# derive each formula from the graph, and check each with the engine.
#
# **You need** [the chain rule](04_chain_rule_by_hand.ipynb), and the product of a matrix and a
# vector. The letters are those of [the table of symbols](../docs/notation.md#symbols); many slides
# write a for z here, and z for h. The matrices are NumPy's; the engine does not see them.

# %%
import random
from itertools import pairwise

import numpy as np

from autograd_mini import Value, backprop_steps, draw_dot, grad, jacobian
from nn import Layer, Sequential, losses

TOLERANCE = 1e-12


def assert_equal(found, wanted):
    """The same shape, and the same numbers but for rounding."""
    found, wanted = np.array(found), np.array(wanted)
    assert found.shape == wanted.shape, (found.shape, wanted.shape)
    assert np.abs(found - wanted).max() < TOLERANCE


# %% [markdown]
# ## A layer is a matrix
#
# A neuron computes $z = w_1 h_1 + \ldots + w_n h_n + b$ and then $\phi(z)$. A layer of m neurons
# does this m times, on the same inputs. Write the weights of each neuron as a row. The rows make
# a matrix W with m rows and n columns, and the whole layer is
#
# $$\mathbf{z} = \mathbf{W} \mathbf{h} + \mathbf{b}, \qquad
# \mathbf{h}_{\text{next}} = \phi(\mathbf{z}),$$
#
# where φ is applied to each entry by itself. So $W_{ij}$ is the weight from input j to neuron i.
#
# Our network has three layers: from 3 inputs to 4, 3 and 2 neurons. Each layer has an activation
# of its own, so that no formula can be right by luck. (In code the number of a layer is k; an l
# looks too much like a 1. `assert_equal` stops with an error where two results differ.)

# %%
model = Sequential(
    Layer(3, 4, activation="tanh", rng=random.Random(1)),
    Layer(4, 3, activation="softplus", rng=random.Random(2)),
    Layer(3, 2, activation="sigmoid", rng=random.Random(3)),
)
x, y = [0.5, -1.0, 2.0], [1.0, 0.0]


def matrices(model):
    """W[k] and b[k] for the layers k = 1, 2, .. as arrays."""
    layers = dict(enumerate(model.layers, 1))
    W = {k: np.array([[w.data for w in n.w] for n in layer.neurons]) for k, layer in layers.items()}
    b = {k: np.array([n.b.data for n in layer.neurons]) for k, layer in layers.items()}
    return W, b


W, b = matrices(model)
phi = {k: layer.neurons[0].activation for k, layer in enumerate(model.layers, 1)}
for k in W:
    print(f"W[{k}] has shape {W[k].shape}, b[{k}] {b[k].shape}; activation {phi[k].__name__}")

# %% [markdown]
# ## The forward pass
#
# With K layers, numbered from 1, and the input as $\mathbf{h}^{[0]} = \mathbf{x}$:
#
# $$\begin{aligned}
# &\textbf{for } l = 1 \textbf{ to } K: \\
# &\qquad \mathbf{z}^{[l]} = \mathbf{W}^{[l]} \mathbf{h}^{[l-1]} + \mathbf{b}^{[l]}
#   && \text{the pre-activations} \\
# &\qquad \mathbf{h}^{[l]} = \phi^{[l]}(\mathbf{z}^{[l]}) && \text{the activations}
# \end{aligned}$$
#
# All $\mathbf{z}$ and $\mathbf{h}$ are kept. The backward pass will need them.


# %%
def each(f, vector):
    """f of each entry."""
    return np.array([f(entry) for entry in vector.tolist()])


def forward(x, W, b, phi):
    """(z, h): the pre-activations and the activations of every layer."""
    z, h = {}, {0: np.array(x)}
    for k in range(1, len(W) + 1):
        z[k] = W[k] @ h[k - 1] + b[k]
        h[k] = each(phi[k], z[k])
    return z, h


z, h = forward(x, W, b, phi)

# %% [markdown]
# Now the engine. We run the network layer by layer and keep the nodes. A node $h = \phi(z)$ has
# one parent, and that is z.


# %%
def run(model, x):
    """(the nodes z, the nodes h) of every layer, as the engine makes them."""
    z_nodes, h_nodes = {}, {0: [Value(xi) for xi in x]}
    for k, layer in enumerate(model.layers, 1):
        h_nodes[k] = layer(h_nodes[k - 1])
        z_nodes[k] = [node.parents[0] for node in h_nodes[k]]
    return z_nodes, h_nodes


z_nodes, h_nodes = run(model, x)
for k in W:
    assert_equal([node.data for node in z_nodes[k]], z[k])
    assert_equal([node.data for node in h_nodes[k]], h[k])
print("output", h[3].round(4))

# %% [markdown]
# ## The error term
#
# For the backward pass we look at a graph. It should be small: two inputs, two neurons, and two
# output neurons after them. The loss is half the squared error. The paths from one weight to the
# loss stand out.

# %%
small = Sequential(
    Layer(2, 2, activation="tanh", rng=random.Random(4)),
    Layer(2, 2, activation="tanh", rng=random.Random(5)),
)
for k, layer in enumerate(small.layers, 1):
    for i, neuron in enumerate(layer.neurons, 1):
        neuron.b.label = f"b{k}[{i}]"
        for j, w in enumerate(neuron.w, 1):
            w.label = f"W{k}[{i},{j}]"

small_z, small_h = run(small, [1.0, -0.5])
for j, xj in enumerate(small_h[0], 1):
    xj.label = f"x[{j}]"
for k in (1, 2):
    for i, (zi, hi) in enumerate(zip(small_z[k], small_h[k]), 1):
        zi.label, hi.label = f"z{k}[{i}]", f"h{k}[{i}]"
loss = losses.half_squared_error(small_h[2], [1.0, 0.0])
loss.label = "L"
loss.backward()
weight = small.layers[0].neurons[0].w[1]
draw_dot(loss, detail="values", highlight=weight)

# %% [markdown]
# The weight $W^{[1]}_{12}$ touches the loss through one node only, the pre-activation
# $z^{[1]}_1$ of its own neuron. The same is true of the other weight of that neuron, and of its
# bias. So the gradient at a pre-activation is worth a name. It is called the *error term*:
#
# $$\delta^{[l]}_i = \frac{\partial L}{\partial z^{[l]}_i}.$$
#
# In the picture it is the gradient in the boxes called z. Everything else follows from it in one
# step. With $z^{[l]}_i = \sum_j W^{[l]}_{ij} h^{[l-1]}_j + b^{[l]}_i$, the number on the edge from
# $W_{ij}$ is $h_j$, and the number on the edge from the bias is 1:
#
# $$\frac{\partial L}{\partial W^{[l]}_{ij}} = \delta^{[l]}_i \, h^{[l-1]}_j, \qquad
# \frac{\partial L}{\partial b^{[l]}_i} = \delta^{[l]}_i.$$
#
# An activation $h_j$ goes into *every* neuron of the next layer. So its gradient is a sum, over
# the edges that leave it:
#
# $$\frac{\partial L}{\partial h^{[l-1]}_j} = \sum_i W^{[l]}_{ij} \, \delta^{[l]}_i.$$
#
# The forward pass sums over j, along the rows of W. This sum runs over i, down a column. That is
# the product with the *transposed* matrix. One more edge, through the activation, and we are at
# the error term of the layer before:
#
# $$\delta^{[l-1]}_j = \Bigl(\sum_i W^{[l]}_{ij} \, \delta^{[l]}_i\Bigr) \,
# \phi'(z^{[l-1]}_j).$$
#
# Let us check these four on the picture, by the engine's own numbers:

# %%
W2 = matrices(small)[0][2]
delta_2 = np.array([node.grad for node in small_z[2]])
for j, neuron in enumerate(small.layers[0].neurons):
    arriving = sum(W2[i, j] * delta_2[i] for i in range(2))
    delta_j = arriving * (1 - small_h[1][j].data ** 2)  # tanh' = 1 - tanh^2
    assert_equal(small_h[1][j].grad, arriving)
    assert_equal(small_z[1][j].grad, delta_j)
    assert_equal([w.grad for w in neuron.w], [delta_j * xi.data for xi in small_h[0]])
    assert_equal(neuron.b.grad, delta_j)
    print(f"neuron {j + 1}: arriving {arriving:8.5f}, error term {delta_j:8.5f}")

# %% [markdown]
# ## The backward pass
#
# The same four formulas, for all entries at once. $\odot$ multiplies entry by entry.
#
# $$\begin{aligned}
# &\delta^{[K]} = \frac{\partial L}{\partial \mathbf{h}^{[K]}} \odot
#   \phi^{[K]\prime}(\mathbf{z}^{[K]}) && \text{the error term of the output} \\
# &\textbf{for } l = K \textbf{ to } 1: \\
# &\qquad \frac{\partial L}{\partial \mathbf{W}^{[l]}} =
#   \delta^{[l]} (\mathbf{h}^{[l-1]})^\top && \text{the gradient of the weights} \\
# &\qquad \frac{\partial L}{\partial \mathbf{b}^{[l]}} = \delta^{[l]}
#   && \text{the gradient of the biases} \\
# &\qquad \delta^{[l-1]} = \bigl((\mathbf{W}^{[l]})^\top \delta^{[l]}\bigr) \odot
#   \phi^{[l-1]\prime}(\mathbf{z}^{[l-1]}) && \text{while } l > 1
# \end{aligned}$$
#
# (Without "while $l > 1$" the last round would ask for $\mathbf{z}^{[0]}$. There is none: the
# input has no activation. What one gets there is $(\mathbf{W}^{[1]})^\top \delta^{[1]}$, the
# gradient of the input.)
#
# For φ' we ask the engine, by `grad`. Everything else is NumPy.


# %%
def backward(z, h, W, phi, dL_dh):
    """(delta, dW, db) of every layer, from the gradient at the output."""
    last = len(W)
    delta, dW, db = {}, {}, {}
    delta[last] = dL_dh * each(grad(phi[last]), z[last])
    for k in range(last, 0, -1):
        dW[k] = np.outer(delta[k], h[k - 1])
        db[k] = delta[k]
        if k > 1:
            delta[k - 1] = (W[k].T @ delta[k]) * each(grad(phi[k - 1]), z[k - 1])
    return delta, dW, db


delta, dW, db = backward(z, h, W, phi, h[3] - y)  # half the squared error: h - y

# %% [markdown]
# And the engine, on the same network. Every single number has to agree:

# %%
loss = losses.half_squared_error(h_nodes[3], y)
loss.backward()


def assert_gradients(model, z_nodes, delta, dW, db):
    """Every error term, and every weight's and bias' gradient, is the engine's."""
    for k, layer in enumerate(model.layers, 1):
        assert_equal([node.grad for node in z_nodes[k]], delta[k])
        assert_equal([[w.grad for w in n.w] for n in layer.neurons], dW[k])
        assert_equal([n.b.grad for n in layer.neurons], db[k])


assert_gradients(model, z_nodes, delta, dW, db)
assert_equal([xi.grad for xi in h_nodes[0]], W[1].T @ delta[1])
for k in delta:
    print(f"delta[{k}] = {delta[k].round(5)}")

# %% [markdown]
# One network may be luck. Here are a hundred, of one to five layers, with sizes, activations and
# numbers drawn at random:

# %%
dice = random.Random(0)
for _ in range(100):
    sizes = [dice.randint(1, 4) for _ in range(dice.randint(2, 6))]
    other = Sequential(
        *(
            Layer(n, m, activation=dice.choice(["tanh", "sigmoid", "softplus", "relu"]), rng=dice)
            for n, m in pairwise(sizes)
        )
    )
    inputs, targets = ([dice.gauss(0, 1) for _ in range(n)] for n in (sizes[0], sizes[-1]))
    z_nodes, h_nodes = run(other, inputs)
    losses.half_squared_error(h_nodes[len(sizes) - 1], targets).backward()

    W_other, b_other = matrices(other)
    f = {k: layer.neurons[0].activation for k, layer in enumerate(other.layers, 1)}
    z_other, h_other = forward(inputs, W_other, b_other, f)
    dL_dh = h_other[len(f)] - targets
    assert_gradients(other, z_nodes, *backward(z_other, h_other, W_other, f, dL_dh))
print("100 networks, every entry within", TOLERANCE)

# %% [markdown]
# A gradient $\delta \mathbf{h}^\top$ is an *outer product*: a column times a row. Each of its
# rows is the input, scaled by one neuron's error term. So a neuron without an error learns
# nothing, and an input of 0 teaches nothing. Here is the one of layer 2:

# %%
import matplotlib.pyplot as plt

column, row, product = delta[2][:, None], h[1][None, :], dW[2]
figure, axes = plt.subplots(1, 3, figsize=(8.5, 2.6), width_ratios=[1, 4, 4])
titles = (r"$\delta^{[2]}$", r"$(h^{[1]})^\top$", r"$\delta^{[2]} (h^{[1]})^\top$")
for axis, table, title in zip(axes, (column, row, product), titles):
    most = np.abs(table).max()
    axis.imshow(table, cmap="RdBu_r", vmin=-1.5 * most, vmax=1.5 * most)
    for (i, j), number in np.ndenumerate(table):
        axis.text(j, i, f"{number:.4f}", ha="center", va="center", fontsize=9)
    axis.set(title=title, xticks=[], yticks=[])
figure.tight_layout()

# %% [markdown]
# ## Derivatives of vectors by vectors
#
# Matrix calculus has a few identities that are worth knowing. `jacobian` computes the
# table of all derivatives, $\partial z_i / \partial x_j$ in row i and column j. So there is no need
# to believe them.
#
# Matrix times column, row times matrix, and a vector by itself:
#
# $$\frac{\partial (\mathbf{W}\mathbf{x})}{\partial \mathbf{x}} = \mathbf{W}, \qquad
# \frac{\partial (\mathbf{x}\mathbf{W})}{\partial \mathbf{x}} = \mathbf{W}^\top, \qquad
# \frac{\partial \mathbf{x}}{\partial \mathbf{x}} = \mathbf{I}.$$
#
# A function f of each entry, $z_i = f(x_i)$; the softmax; and the cross entropy of a softmax:
#
# $$\frac{\partial \mathbf{z}}{\partial \mathbf{x}} = \operatorname{diag}(f'(\mathbf{x})), \qquad
# \frac{\partial \operatorname{softmax}(\mathbf{z})}{\partial \mathbf{z}} =
# \operatorname{diag}(\hat{\mathbf{y}}) - \hat{\mathbf{y}} \hat{\mathbf{y}}^\top, \qquad
# \frac{\partial \operatorname{CE}}{\partial \mathbf{z}} = \hat{\mathbf{y}} - \mathbf{y}.$$
#
# And the gradient by a matrix, where the row $\delta = \partial L / \partial \mathbf{z}$ is known:
#
# $$\mathbf{z} = \mathbf{W}\mathbf{x}: \quad
# \frac{\partial L}{\partial \mathbf{W}} = \delta^\top \mathbf{x}^\top, \qquad\qquad
# \mathbf{z} = \mathbf{x}\mathbf{W}: \quad
# \frac{\partial L}{\partial \mathbf{W}} = \mathbf{x}^\top \delta.$$

# %%
from autograd_mini import dot, softmax, tanh

A = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]]  # 2 rows, 3 columns
u, v = [0.3, -0.7, 1.1], [0.8, -0.4]


def matrix_times_column(W, x):
    return [dot(row, x) for row in W]


def row_times_matrix(x, W):
    return [dot(x, column) for column in zip(*W)]


assert_equal(jacobian(matrix_times_column, argnums=1)(A, u), A)
assert_equal(jacobian(row_times_matrix)(v, A), np.transpose(A))
assert_equal(jacobian(lambda x: x)(u), np.eye(3))
assert_equal(jacobian(lambda x: [tanh(xi) for xi in x])(u), np.diag(1 - np.tanh(u) ** 2))

p = np.array(softmax(u))
assert_equal(jacobian(softmax)(u), np.diag(p) - np.outer(p, p))
assert_equal(grad(losses.cross_entropy)(u, [0, 1, 0]), p - [0, 1, 0])

# %% [markdown]
# For the two with δ we need an L. Any L will do that has this δ as its gradient, and the simplest
# is the linear one, $L = \delta_1 z_1 + \ldots + \delta_m z_m$:

# %%
d2, d3 = np.array([[0.6, -1.2]]), np.array([[0.9, 0.1, -0.3]])  # rows


def L_column(W):
    return dot(d2[0].tolist(), matrix_times_column(W, u))


def L_row(W):
    return dot(d3[0].tolist(), row_times_matrix(v, W))


assert_equal(grad(L_column)(A), d2.T @ np.array([u]))
assert_equal(grad(L_row)(A), np.array([v]).T @ d3)

# %% [markdown]
# The derivative of a *vector* by a *matrix* has three indices: $\partial z_k / \partial W_{ij}$ is
# $x_j$ if k = i, and else 0. With m neurons, only one entry in m is not 0:

# %%
table = np.array(jacobian(matrix_times_column)(A, u))
print(f"shape {table.shape}; {np.count_nonzero(table)} of {table.size} entries are not 0")

# %% [markdown]
# For a layer from 1000 to 1000 neurons it would have $10^9$ entries. Backprop never makes this
# table. It computes $\delta \, \frac{\partial \mathbf{z}}{\partial \mathbf{W}}$ directly, and that
# is the small outer product above.

# %% [markdown]
# ## One hidden layer, softmax and cross entropy
#
# This network is small enough for paper: one hidden layer, a softmax, and the cross entropy.
#
# $$\mathbf{x} \xrightarrow{\mathbf{W}_1, \mathbf{b}_1} \mathbf{z}_1 \xrightarrow{\phi}
# \mathbf{h}_1 \xrightarrow{\mathbf{W}_2, \mathbf{b}_2} \mathbf{z}_2
# \xrightarrow{\text{softmax}} \hat{\mathbf{y}} \xrightarrow{\text{CE}} L$$
#
# As on some slides, $\delta_1$ and $\delta_2$ are rows here, counted from the output:
#
# $$\delta_1 = \frac{\partial L}{\partial \mathbf{z}_2} = (\hat{\mathbf{y}} - \mathbf{y})^\top,
# \qquad \delta_2 = \frac{\partial L}{\partial \mathbf{z}_1} =
# \delta_1 \mathbf{W}_2 \odot \phi'(\mathbf{z}_1)^\top.$$
#
# The five gradients are
#
# $$\frac{\partial L}{\partial \mathbf{W}_2} = \delta_1^\top \mathbf{h}_1^\top, \quad
# \frac{\partial L}{\partial \mathbf{b}_2} = \delta_1^\top, \quad
# \frac{\partial L}{\partial \mathbf{W}_1} = \delta_2^\top \mathbf{x}^\top, \quad
# \frac{\partial L}{\partial \mathbf{b}_1} = \delta_2^\top, \quad
# \frac{\partial L}{\partial \mathbf{x}} = \mathbf{W}_1^\top \delta_2^\top.$$
#
# The softmax and the cross entropy have long derivatives each. Together they have a short one,
# $\hat{\mathbf{y}} - \mathbf{y}$. That is why they come as one function, `cross_entropy`.

# %%
from nn import MLP

net = MLP(3, [4, 3], activation="tanh", rng=random.Random(7))
W, b = matrices(net)
W1, W2, b1, b2 = W[1], W[2], b[1][:, None], b[2][:, None]  # vectors are columns now
x, y = np.array([[0.5], [-1.0], [2.0]]), np.array([[0.0], [1.0], [0.0]])

z1 = W1 @ x + b1
h1 = np.tanh(z1)
z2 = W2 @ h1 + b2
y_hat = np.exp(z2) / np.exp(z2).sum()

delta_1 = (y_hat - y).T
delta_2 = delta_1 @ W2 * (1 - h1**2).T
by_hand = {
    "W2": delta_1.T @ h1.T,
    "b2": delta_1.T,
    "W1": delta_2.T @ x.T,
    "b1": delta_2.T,
    "x": W1.T @ delta_2.T,
}

# %% [markdown]
# To the engine the inputs are Values too, so that they have a gradient:

# %%
inputs = [Value(xi) for xi in x[:, 0]]
loss = losses.cross_entropy(net(inputs), 1)
loss.backward()


def column(values):
    return [[v.grad] for v in values]


def engine_gradients(net, inputs):
    first, second = (layer.neurons for layer in net.layers)
    return {
        "W2": [[w.grad for w in neuron.w] for neuron in second],
        "b2": column(neuron.b for neuron in second),
        "W1": [[w.grad for w in neuron.w] for neuron in first],
        "b1": column(neuron.b for neuron in first),
        "x": column(inputs),
    }


for name, found in engine_gradients(net, inputs).items():
    assert_equal(found, by_hand[name])
    print(f"dL/d{name:2} has shape {by_hand[name].shape}, and every entry agrees")

# %% [markdown]
# ## The same equations, found in the code
#
# `compile` makes a program of arrays out of scalar code ([notebook
# 14](14_from_scalars_to_arrays.ipynb)), and tells it as equations. No formula of this page went
# into it, only the network and its loss. With `columns=True` an example is a column, as above.

# %%
from autograd_mini import compile

program = compile(lambda x, y: losses.cross_entropy(net(x), y), x=3, y=3, parameters=net)
program.equations(columns=True)

# %% [markdown]
# A column of $\mathbf{X}$ is one of n examples, and L is the mean of their losses. For one example
# the equations are those above, one by one: $\mathbf{P}$ is $\hat{\mathbf{y}}$, $\Delta_2$ is
# $\delta_1^\top$, and $\Delta_1$ is $\delta_2^\top$ (counted from the input). $\mathbf{1}$ is a
# column of ones: a product with it is a sum over the examples.

# %% [markdown]
# ## With weight decay
#
# One often adds a penalty on large weights, $J = L + s$ with
#
# $$s = \frac{\lambda}{2} \bigl(\|\mathbf{W}_1\|_F^2 + \|\mathbf{W}_2\|_F^2\bigr).$$
#
# The *Frobenius norm* $\|\mathbf{W}\|_F^2$ is the sum of all squared entries; `losses.l2` is that
# sum. A plus passes the gradient on to both sides, so the penalty adds a term of its own, and
# changes no other:
#
# $$\frac{\partial J}{\partial \mathbf{W}_2} = \delta_1^\top \mathbf{h}_1^\top +
# \lambda \mathbf{W}_2, \qquad \frac{\partial J}{\partial \mathbf{W}_1} =
# \delta_2^\top \mathbf{x}^\top + \lambda \mathbf{W}_1.$$

# %%
decay = 0.1
weights = [w for layer in net.layers for neuron in layer.neurons for w in neuron.w]
net.zero_grad()
inputs = [Value(xi) for xi in x[:, 0]]
J = losses.cross_entropy(net(inputs), 1) + decay / 2 * losses.l2(weights)
J.backward()

with_decay = {**by_hand, "W1": by_hand["W1"] + decay * W1, "W2": by_hand["W2"] + decay * W2}
for name, found in engine_gradients(net, inputs).items():
    assert_equal(found, with_decay[name])
print("all five agree; the biases and the input do not notice the penalty")

# %% [markdown]
# ## Why the factors are stored
#
# Here is the error term once more, written as a recursion. It is a correct program for it, and a
# short one:
#
# $$\delta^{[l]}_j = \phi'(z^{[l]}_j) \sum_i W^{[l+1]}_{ij} \, \delta^{[l+1]}_i.$$
#
# But called for each weight it multiplies out that weight's whole chain, down to the loss, over
# every path. Python's `cache` stores each answer the first time and looks it up from then on. The
# formula is the same; only the memory is new. That is backprop. (`count_multiplications` counts.)

# %% tags=["hide-input"] jupyter={"source_hidden": true}
from functools import cache


def count_multiplications(W, slopes, inputs, dL_dh, remember):
    """(all dL/dW, how many multiplications they took)."""
    last, count = len(W), 0

    def times(p, q):
        nonlocal count
        count += 1
        return p * q

    def error_term(k, j):
        if k == last:
            return times(dL_dh[j], slopes[k][j])
        following = range(len(W[k + 1]))
        arriving = sum(times(W[k + 1][i, j], delta(k + 1, i)) for i in following)
        return times(slopes[k][j], arriving)

    delta = cache(error_term) if remember else error_term
    gradients = {
        k: np.array(
            [
                [times(delta(k, i), inputs[k - 1][j]) for j in range(W[k].shape[1])]
                for i in range(W[k].shape[0])
            ]
        )
        for k in W
    }
    return gradients, count


# %%
width, depths, counts = 3, range(1, 8), {False: [], True: []}
steps = []  # how many edges the engine passes
for depth in depths:
    deep = MLP(width, [width] * depth, activation="tanh", output_activation="tanh", rng=dice)
    start = [1.0, -0.5, 0.25]
    W_deep, b_deep = matrices(deep)
    z_deep, h_deep = forward(start, W_deep, b_deep, dict.fromkeys(W_deep, tanh))
    slopes = {k: each(grad(tanh), z_deep[k]) for k in W_deep}
    loss = losses.half_squared_error(deep(start), [0.0] * width)
    loss.backward()
    steps.append(len(backprop_steps(loss)))
    for remember in (False, True):
        found, count = count_multiplications(W_deep, slopes, h_deep, h_deep[depth], remember)
        counts[remember].append(count)
        for k, layer in enumerate(deep.layers, 1):
            assert_equal(found[k], [[w.grad for w in n.w] for n in layer.neurons])

print("depth   chain by chain   factors stored")
for depth, without, with_memory in zip(depths, counts[False], counts[True]):
    print(f"{depth:5}   {without:14,}   {with_memory:14,}")

# %% [markdown]
# Both give the engine's gradients. But each layer more makes the first column about three times as
# large, since the layers are three wide. To the second column it adds the same 21 multiplications
# every time: 9 for the gradients of its weights, 9 for the error terms that go through its matrix,
# and 3 for the slopes.

# %%
figure, axes = plt.subplots(figsize=(5.5, 3.2))
axes.semilogy(depths, counts[False], "^-", color="#a63a00", label="chain by chain")
axes.semilogy(depths, counts[True], "o-", color="#0b5394", label="factors stored (backprop)")
axes.set(xlabel="depth", ylabel="multiplications", title="all weights of a network 3 wide")
axes.legend()
figure.tight_layout()

# %% tags=["guard"]
assert {later - earlier for earlier, later in pairwise(steps)} == {24}
assert {later - earlier for earlier, later in pairwise(counts[True])} == {21}
assert counts[False][-1] > 100 * counts[True][-1]

# %% [markdown]
# The engine does as the second column does. It keeps a gradient at each node, so it passes each
# edge of the graph exactly once. How many edges has a layer more? Each of its three neurons has 7
# into the weighted sum, for 3 inputs, 3 weights and a bias, and 1 into the activation. That is 24:

# %%
print("steps of backprop, for depths 1 to 7:", steps)

# %% [markdown]
# ## Slips that one meets
#
# Here are two slips that stand on lecture slides ([notebook 09](09_losses_and_likelihood.ipynb) has
# four more). `check_gradients(f, x, gradient=g)` differentiates f numerically, and compares with
# what g says. We use it first with the slip, and then without.

# %%
from autograd_mini.testing import GradientError, check_gradients


def caught(f, wrong, right, *inputs):
    """Show that the wrong gradient of f is found, and that the right one passes."""
    check_gradients(f, *inputs, gradient=right)
    try:
        check_gradients(f, *inputs, gradient=wrong)
    except GradientError as error:
        print(str(error).replace(", but", ",\nbut").replace("; ", ";\n"))
    else:
        raise AssertionError("nothing was found")


# %% [markdown]
# **λ becomes γ.** If the penalty has a λ, its gradient has the same λ. With another letter it is
# soon another number:

# %%
lam, gamma = 0.1, 0.2
caught(
    lambda w: (3 * w - 1) ** 2 / 2 + lam / 2 * w**2,
    lambda w: 3 * (3 * w - 1) + gamma * w,
    lambda w: 3 * (3 * w - 1) + lam * w,
    0.5,
)

# %% [markdown]
# **The gradient of the next parameters in place of the error term.** For layers $h_j = f_j(h_{j-1},
# w_j)$ one finds the recursion $d_j = \frac{\partial h_j}{\partial w_j} \, d_{j+1}$, where
# $d_{j+1}$ is the gradient of the *parameters* of the next layer. But what has to come back from
# there is the gradient of the *output* $h_j$. In general the two have not even the same shape. With
# one neuron a layer they have, and then nothing crashes:


# %%
def chain(w):
    """The loss of three neurons in a row."""
    h = 0.5
    for weight in w:
        h = tanh(weight * h)
    return h**2 / 2


def backward_in_a_row(w, by_parameters):
    h = [0.5]
    for weight in w:
        h.append(tanh(weight * h[-1]))
    d, arriving = [], h[-1]  # the gradient at the last output
    for j in (2, 1, 0):
        delta = arriving * (1 - h[j + 1] ** 2)
        d.insert(0, delta * h[j])
        arriving = d[0] if by_parameters else delta * w[j]
    return d


caught(
    chain,
    lambda w: backward_in_a_row(w, by_parameters=True),
    lambda w: backward_in_a_row(w, by_parameters=False),
    [0.8, -1.2, 1.5],
)

# %% [markdown]
# The last layer is right in both, as nothing comes back to it from further on. That is a good way
# to know this bug: the gradients are right at the end, and wrong further up.

# %%
with_slip, without = (backward_in_a_row([0.8, -1.2, 1.5], slip) for slip in (True, False))
print([round(d, 4) for d in with_slip], "and right:", [round(d, 4) for d in without])

# %% tags=["guard"]
assert [p == q for p, q in zip(with_slip, without)] == [False, False, True]

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("12")

# %% [markdown]
# **1.** Let $\mathbf{W} = \begin{pmatrix} 1 & 2 \\ 0 & 3 \end{pmatrix}$ be the weights of the next
# layer, and (1, -1) its error terms. What arrives at the two outputs of this layer?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The sum runs down a column of W.</details>
# <details><summary>Answer</summary>
#
# $\mathbf{W}^\top \delta = (1 \cdot 1 - 0, 2 \cdot 1 - 3)$. `my_answer = [1, -1]`
#
# </details>
#
# **2.** A layer has the inputs (1, 0, 3) and the error terms (2, -1). What is the gradient of its
# matrix of weights? Give its rows.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Each row is the input, scaled by one neuron's error
# term.</details>
# <details><summary>Answer</summary>
#
# The outer product. The second input is 0, so its weights learn nothing.
# `my_answer = [[2, 0, 6], [-1, 0, -3]]`
#
# </details>
#
# **3.** How many multiplications does a layer from 100 inputs to 10 neurons need, forward and
# backward? Leave the activation itself out, but count its slopes at the inputs. Give a list of two
# numbers.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Backward there are two products of that size: one for the weights,
# one for the inputs.</details>
# <details><summary>Answer</summary>
#
# Forward $mn$. Backward $mn$ for the gradient of W, $mn$ for $\mathbf{W}^\top \delta$, and n for
# the slopes. So the gradients of *all* weights cost about twice as much as the loss itself.
# `my_answer = [1000, 2100]`
#
# </details>
#
# **4.** With a *batch* the examples are the rows of a matrix X, and their error terms the rows of a
# matrix D. Write a function `gradient(D, X)` that gives the gradient of W, for the sum of the
# losses, as a list of rows.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Add up the outer products of the examples.</details>
# <details><summary>Answer</summary>
#
# $\sum_n \delta_n \mathbf{x}_n^\top$ is the product $\Delta^\top \mathbf{X}$.
#
# ```python
# def gradient(D, X):
#     rows, columns = range(len(D[0])), range(len(X[0]))
#     return [[sum(d[i] * x[j] for d, x in zip(D, X)) for j in columns] for i in rows]
#
#
# my_answer = gradient
# ```
#
# </details>
#
# **5.** Write the recursion of the error terms for tanh: `back(W, delta, z)` gives the error terms
# of a layer with the pre-activations z. W and delta are those of the next layer.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>First the sum down each column, then the slope of tanh at
# z.</details>
# <details><summary>Answer</summary>
#
# $(\mathbf{W}^\top \delta) \odot (1 - \tanh^2 \mathbf{z})$.
#
# ```python
# from math import tanh
#
#
# def back(W, delta, z):
#     arrived = [sum(w * d for w, d in zip(column, delta)) for column in zip(*W)]
#     return [a * (1 - tanh(zj) ** 2) for a, zj in zip(arrived, z)]
#
#
# my_answer = back
# ```
#
# </details>
