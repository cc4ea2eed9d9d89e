# %% [markdown]
# # For those who know micrograd
#
# [micrograd](https://github.com/karpathy/micrograd) is Andrej Karpathy's tiny autograd engine: 150
# lines, its README says, and [a lecture](https://www.youtube.com/watch?v=VMj-3S1tku0) that builds
# it. If you have seen that lecture, you know how to use this library. Its public names are the
# same: code that uses them runs once its imports are changed. What the lecture does by hand inside
# the engine, such as `o._backward()`, has no counterpart here; `backprop_steps` shows those steps.
#
# **You will be able to** run the lecture's examples with this library, and say where it does
# something else, and why.
#
# **You need** to have seen the lecture, or its code. If you have not, skip this notebook: no other
# one builds on it. (Letters are the lecture's: n is the weighted sum and later the network, o is
# the output, and f is a leaf.)
#
# | micrograd | here |
# |---|---|
# | `from micrograd.engine import Value` | `from autograd_mini import Value` |
# | `from micrograd.nn import MLP` | `from nn import MLP` |
# | `draw_dot` from the notebook `trace_graph` | `from autograd_mini import draw_dot` |

# %%
import random

from autograd_mini import Value, draw_dot
from nn import MLP

# %% [markdown]
# ## An expression, and its picture

# %%
a = Value(2.0, label="a")
b = Value(-3.0, label="b")
c = Value(10.0, label="c")
e = a * b
e.label = "e"
d = e + c
d.label = "d"
f = Value(-2.0, label="f")
L = d * f
L.label = "L"
draw_dot(L)

# %% [markdown]
# `draw_dot` needs no Graphviz to be installed. And a picture has more in it than micrograd's: on
# each edge stands the *local derivative*, the number that the chain rule multiplies with. The
# dashes say that there are no gradients yet; micrograd shows 0.0 for that. A Value at the end of
# a cell draws itself, too.
#
# ## Backprop by hand
#
# The lecture fills in the gradients one by one, from right to left. Here each node is used once, so
# its gradient is the gradient of the next node times the number on the edge between them.

# %%
L.grad = 1.0
f.grad = L.grad * d.data  # L = d * f
d.grad = L.grad * f.data
c.grad = d.grad * 1.0  # d = e + c: a plus passes the gradient on
e.grad = d.grad * 1.0
a.grad = e.grad * b.data  # e = a * b
b.grad = e.grad * a.data
L

# %% [markdown]
# `backward()` does the same. It adds to the gradients of leaves, so we clear those first. (The
# nodes in between it starts anew by itself.)

# %%
by_hand = [x.grad for x in (a, b, c, f)]
for leaf in (a, b, c, f):
    leaf.zero_grad()
L.backward()
print("by hand   ", by_hand)
print("backward()", [x.grad for x in (a, b, c, f)])

# %% tags=["guard"]
assert [x.grad for x in (a, b, c, f)] == by_hand

# %% [markdown]
# Every multiplication of this pass can be seen, too. `backprop_steps` tells them in order. The
# brackets mark the operand that moves ([the notation](../docs/notation.md)):

# %%
from autograd_mini import backprop_steps

for step in backprop_steps(L):
    print(step.text)

# %% [markdown]
# One step uphill: move every leaf a little along its gradient, and L grows. (In a training loop
# one goes the other way.) A graph keeps the numbers that it was built with; `rerun` builds it
# again from the leaves' new ones.

# %%
from autograd_mini import rerun

before = L.data
for leaf in (a, b, c, f):
    leaf.data += 0.01 * leaf.grad
print(f"from {before} to {rerun(L).data:.6f}")

# %% [markdown]
# ## A neuron
#
# The bias is chosen so that the numbers come out round.

# %%
x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
b = Value(6.8813735870195432, label="b")
x1w1 = x1 * w1
x1w1.label = "x1*w1"
x2w2 = x2 * w2
x2w2.label = "x2*w2"
n = x1w1 + x2w2 + b
n.label = "n"
o = n.tanh()
o.label = "o"
o.backward()
draw_dot(o, rankdir="TB")

# %% [markdown]
# Then the lecture breaks tanh up into its pieces, $\tanh n = (e^{2n} - 1) / (e^{2n} + 1)$. The
# gradients stay the same: it does not matter how large a step the chain rule takes at once. (Other
# functions are on [the page of operations](../docs/operations.md).)

# %%
grads = [x.grad for x in (x1, w1, x2, w2)]
for leaf in (x1, x2, w1, w2, b):
    leaf.zero_grad()
e = (2 * n).exp()
pieces = (e - 1) / (e + 1)
pieces.backward()
print("tanh at once:", [round(g, 6) for g in grads])
print("its pieces:  ", [round(x.grad, 6) for x in (x1, w1, x2, w2)])

# %% tags=["guard"]
assert all(abs(g - x.grad) < 1e-12 for g, x in zip(grads, (x1, w1, x2, w2)))

# %% [markdown]
# `nn.Neuron` is this neuron. Here a difference can be seen: the sum $w_1 x_1 + w_2 x_2 + b$ is
# *one* node, called `dot`. micrograd makes a node of every product and of every sum.

# %%
from nn import Neuron

neuron = Neuron(2, activation="tanh")
neuron.w, neuron.b = [Value(-3.0, "w1"), Value(1.0, "w2")], Value(6.8813735870195432, "b")
o = neuron([Value(2.0, "x1"), Value(0.0, "x2")])
o.label = "o"
o.backward()
draw_dot(o, rankdir="TB", detail="values")

# %% [markdown]
# Fewer nodes are less work. For teaching, `expand=True` spells them all out:

# %%
neuron.zero_grad()
neuron.expand = True
o = neuron([Value(2.0, "x1"), Value(0.0, "x2")])
o.label = "o"
o.backward()
draw_dot(o, rankdir="TB")

# %% [markdown]
# The gradients are the same, whichever way the sum is written. For a whole network it is `MLP(2,
# [16, 16, 1], expand=True)`.
#
# ## A network on four examples
#
# The lecture's `MLP` has tanh in it, micrograd's has relu. Here both are an option, and relu is
# what you get if you say nothing. `init="uniform"` draws the weights between -1 and 1, as
# micrograd does. Without it they are drawn so that they suit the activation
# ([notebook 08](08_activations_and_gradients.ipynb) says how). The columns are the step and the
# loss:

# %%
random.seed(1337)
n = MLP(3, [4, 4, 1], activation="tanh", output_activation="tanh", init="uniform")

xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]

for k in range(50):
    ypred = [n(x) for x in xs]
    loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
    for p in n.parameters():  # the line that is so easily forgotten
        p.grad = 0.0
    loss.backward()
    for p in n.parameters():
        p.data += -0.1 * p.grad
    if k % 10 == 9:
        print(k + 1, f"{loss.data:.4f}")
print("outputs", [round(y.data, 2) for y in ypred], "labels", ys)

# %% [markdown]
# ## The moons
#
# micrograd's demo trains a network of 337 parameters to tell two half-moons apart. It takes its
# points from scikit-learn. A few lines make similar ones:

# %%
from math import cos, pi, sin

random.seed(1337)


def moons(count, noise):
    """Points on two half-circles that reach into each other, and their labels -1 and 1."""
    points, labels = [], []
    for k in range(count):
        angle, label = random.uniform(0, pi), 2 * (k % 2) - 1
        x1, x2 = (cos(angle), sin(angle)) if label < 0 else (1 - cos(angle), 0.5 - sin(angle))
        points.append([x1 + random.gauss(0, noise), x2 + random.gauss(0, noise)])
        labels.append(label)
    return points, labels


X, y = moons(100, noise=0.1)
model = MLP(2, [16, 16, 1])
print(model)
print("number of parameters", len(model.parameters()))

# %% [markdown]
# The demo's loss has two parts. A point costs something as long as its score is less than 1 on the
# right side of 0: that is the *margin*. And large weights cost a little
# ([notebook 11](11_regularisation.ipynb) has more of that).


# %%
def loss(batch_size=None):
    chosen = range(len(X)) if batch_size is None else random.sample(range(len(X)), batch_size)
    Xb, yb = [X[i] for i in chosen], [y[i] for i in chosen]
    inputs = [list(map(Value, row)) for row in Xb]
    scores = list(map(model, inputs))

    # the "max-margin" loss of a support vector machine
    losses = [(1 + -yi * score).relu() for yi, score in zip(yb, scores)]
    data_loss = sum(losses) * (1.0 / len(losses))
    # L2 regularization
    alpha = 1e-4
    reg_loss = alpha * sum(p * p for p in model.parameters())

    accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(yb, scores)]
    return data_loss + reg_loss, sum(accuracy) / len(accuracy)


for k in range(100):
    total_loss, accuracy = loss()
    model.zero_grad()
    total_loss.backward()
    learning_rate = 1.0 - 0.9 * k / 100
    for p in model.parameters():
        p.data -= learning_rate * p.grad
    if k % 10 == 9:
        print(f"step {k + 1:3}  loss {total_loss.data:.4f}  accuracy {accuracy:.0%}")

# %% [markdown]
# Here is the plane, coloured by what the network says of each point. `predict` gives plain
# numbers and builds no graph, so 2,500 points take less time and memory.

# %%
import matplotlib.pyplot as plt

width = [-1.6 + 4.2 * i / 49 for i in range(50)]
height = [-1.2 + 2.9 * i / 49 for i in range(50)]
scores = [[model.predict([x1, x2]) for x1 in width] for x2 in height]

figure, axes = plt.subplots(figsize=(5, 3.6))
axes.contourf(width, height, scores, [-99, 0, 99], colors=["#dcebf9", "#fff2cc"])
axes.contour(width, height, scores, [-1, 0, 1], colors="#595959", linestyles=[":", "-", ":"])
for label, colour, marker in (-1, "#0b5394", "o"), (1, "#a63a00", "^"):
    chosen = [p for p, yi in zip(X, y) if yi == label]
    axes.scatter(*zip(*chosen), c=colour, marker=marker, s=18, label=f"{label:+}")
axes.set(xlabel="first input", ylabel="second input")
axes.legend(loc="upper right")
figure.tight_layout()

# %% [markdown]
# The line is where the score is 0; the dotted lines are the margins, where it is -1 and 1.
#
# ## What is different, and why
#
# **A second `backward()`.** micrograd adds to the gradients of the nodes in between as well, and
# passes those on again. The derivative of $(3x)^2$ at 1 is 18; after two calls micrograd says 54.
# Here it is 36, twice the derivative: leaves add up what arrives, as in PyTorch, and nodes in
# between start anew.

# %%
x = Value(1.0, "x")
square = (3 * x) ** 2
square.backward()
square.backward()
print(x.grad)

# %% tags=["guard"]
assert x.grad == 36.0

# %% [markdown]
# **Exponents.** micrograd takes only numbers as exponents. Here `Value ** Value` and
# `number ** Value` work, too, and have their derivatives.

# %%
x, k = Value(2.0, "x"), Value(3.0, "k")
power = x**k + 2**k
power.backward()
print(f"x {x.grad:.4f}, k {k.grad:.4f}")

# %% [markdown]
# **Depth.** There is no recursion over the graph, so no graph is too deep. micrograd's `backward`
# calls itself for each parent, and ends with a RecursionError at Python's limit, by default 1,000
# calls deep.

# %%
x = Value(1.0, "x")
chain = x
for _ in range(100_000):
    chain = chain + 1
chain.backward()
print(chain.data, x.grad)

# %% [markdown]
# **Inputs of the wrong length.** micrograd drops what is too much, silently. Here it is an error.

# %%
try:
    MLP(2, [3, 1])([1.0, 2.0, 3.0])
except ValueError as error:
    print(error)

# %% [markdown]
# **An operand twice.** In `a + a` both edges are there, and both are drawn. micrograd keeps a
# set, and draws one.

# %%
a = Value(3.0, "a")
twice = a + a
twice.label = "twice"
twice.backward()
twice

# %% [markdown]
# **Layers.** A `Layer` gives a list, even if it has one output; micrograd's gives that output
# itself then. An `MLP` with one output gives that output itself, as micrograd's does.
#
# **Speed.** Nodes are smaller and there are fewer of them. How much that is worth is measured in
# [the benchmarks](../benchmarks/README.md), beside micrograd itself.
#
# **More of everything.** Second derivatives, optimizers, losses, saving and loading, checks of
# gradients: the [README](../README.md) has an overview.

# %% [markdown]
# ## Without zero_grad
#
# The lecture's training loop at first has a bug: `zero_grad` is forgotten before `backward`. Then
# the gradients of all steps so far add up, and a step goes along their sum. (That is a *momentum*
# of 1, [notebook 10](10_optimizers.ipynb) would say.) Nothing slows it down, so the steps go past
# the valley, and the loss rises again. The lines show the loss at every fifth step, and the largest
# loss from the sixth step on:

# %%
for clears in (True, False):
    model = MLP(3, [4, 4, 1], activation="tanh", rng=random.Random(1))
    seen = []
    for _ in range(20):
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys))
        if clears:
            model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.05 * p.grad
        seen.append(loss.data)
    print("with zero_grad:   " if clears else "without zero_grad:", end=" ")
    print(", ".join(f"{number:.2f}" for number in seen[::5]), f"  largest {max(seen[5:]):.2f}")

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("06")

# %% [markdown]
# **1.** Let x = 3, $y = x + x$ and $z = y \cdot y$. What is `x.grad` after `z.backward()`, and what
# is it after `y.backward()` on top of that? Give both.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>z is 4x². Leaves add up what arrives.</details>
# <details><summary>Answer</summary>
#
# The first pass gives $8x = 24$. The second adds 2. `my_answer = [24.0, 26.0]`
#
# </details>
#
# **2.** What does this library give for the gradient of $(2x)^3$ at 1 after *three* calls of
# `backward()`?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Leaves add up what arrives; nodes in between start anew.</details>
# <details><summary>Answer</summary>
#
# $(2x)^3 = 8x^3$, and its derivative is $24x^2$. Each pass adds 24. `my_answer = 72`
#
# </details>
#
# **3.** How many boxes has the picture of a tanh neuron with *three* inputs, spelled out and with
# one dot product? Give both numbers.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Count the leaves first, then what is made of them. The pictures
# above have two inputs.</details> <details><summary>Answer</summary>
#
# Seven leaves, three products, three sums and the output are 14. One dot product stands for the
# products and sums, so that nine are left. `my_answer = [14, 9]`
#
# </details>
#
# **4.** Write a function `count(inputs, sizes)` that says how many parameters `MLP(inputs, sizes)`
# has.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A layer from n inputs to m neurons has a weight for each pair, and
# m biases.</details>
# <details><summary>Answer</summary>
#
# $m\,(n + 1)$ for each layer.
#
# ```python
# def count(inputs, sizes):
#     total = 0
#     for size in sizes:
#         total += size * (inputs + 1)
#         inputs = size
#     return total
#
#
# my_answer = count
# ```
#
# </details>
#
# **5.** micrograd keeps the gradients of the nodes in between. Invent a graph for which two
# backward passes there do *not* give each leaf twice its gradient. The answer is its root, a Value.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Is there a node in between at all?</details>
# <details><summary>Answer</summary>
#
# It takes a node between leaf and root: after the first pass it has a gradient, and the second pass
# adds to that and passes on the sum.
#
# ```python
# from autograd_mini import Value
#
# x = Value(1.0, "x")
# my_answer = (3 * x) ** 2
# ```
#
# </details>
