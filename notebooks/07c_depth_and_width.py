# %% [markdown]
# # Depth, width and approximation
#
# What does a hidden layer add, and what a second one? We build shapes and curves by hand, and so we
# know what each neuron is for. And we train networks on a problem that is hard for one layer.
#
# **You will be able to** show that layers without activations are one layer; say which shapes no
# hidden layer, one and two can cut out; and count what a function costs in width and in depth.
#
# **You need** [the hidden layer](07a_perceptron_and_xor.ipynb), [the matrix of a
# layer](07b_regression.ipynb), and [the symbols](../docs/notation.md#symbols).

# %% [markdown]
# ## Without activations a stack is one layer
#
# Leave the activations out, and a whole stack of layers is one matrix:
#
# $$\mathbf{W}^{[3]} (\mathbf{W}^{[2]} (\mathbf{W}^{[1]} \mathbf{x})) = \widetilde{\mathbf{W}}
# \mathbf{x}, \qquad \widetilde{\mathbf{W}} = \mathbf{W}^{[3]} \mathbf{W}^{[2]} \mathbf{W}^{[1]}.$$
#
# With biases it is $\widetilde{\mathbf{W}} \mathbf{x} + \widetilde{\mathbf{b}}$. How does one see
# that from outside? By the *Jacobian*, the table of all derivatives of outputs by inputs. Here it
# is $\widetilde{\mathbf{W}}$ everywhere. With an activation in between it depends on the place. (At
# 0 it is the same for tanh: these biases are 0, and the slope of tanh at 0 is 1.)

# %%
import random

import numpy as np

from autograd_mini import jacobian
from nn import MLP


def jacobian_at(model, x):
    return np.array([[getattr(d, "data", d) for d in row] for row in jacobian(model)(x)])


stack = MLP(3, [4, 4, 2], activation=None, rng=random.Random(3))
curved = MLP(3, [4, 4, 2], activation="tanh", rng=random.Random(3))
W1, W2, W3 = ([[w.data for w in neuron.w] for neuron in layer.neurons] for layer in stack.layers)
print("product of the three matrices:", (np.array(W3) @ W2 @ W1).round(3).tolist())
for x in ([0.0, 0.0, 0.0], [1.0, 2.0, -1.0]):
    print("at", x, "no activation:", jacobian_at(stack, x).round(3).tolist())
    print("at", x, "tanh:         ", jacobian_at(curved, x).round(3).tolist())

# %% [markdown]
# So these three layers, with 46 parameters, can do no more than one layer with 8.
#
# ## What layers add: half planes, polygons, anything
#
# With steps for activations one can build shapes by hand.
#
# - **No hidden layer**: one line, a half plane.
# - **One hidden layer**: several half planes, and the output neuron asks for all of them (AND).
#   That is a convex polygon: with any two points, the straight line between them is in it.
# - **Two hidden layers**: several polygons, and the output asks for any of them (OR). With enough
#   small polygons, such as squares, one comes as near to a shape in the plane as one likes.
#
# The five lines of a pentagram, the star drawn in one go, do all three. One of them bounds a half
# plane. On the inner side of all five is a pentagon. On the inner side of any four is the pentagon
# with one tip, and the five of those together are the star.

# %%
from math import cos, pi, sin

from toolbox import draw_panels, set_weights


def line_through(p, q):
    """The neuron that is above 0 to the left of the way from p to q: w1, w2, b."""
    (px, py), (qx, qy) = p, q
    return [py - qy, qx - px, px * qy - py * qx]


def all_of(chosen, count):
    """The neuron that is above 0 where all the chosen ones of `count` inputs are 1."""
    return [1.0 if i in chosen else 0.0 for i in range(count)] + [0.5 - len(chosen)]


tips = [(-sin(2 * pi * k / 5), cos(2 * pi * k / 5)) for k in range(5)]  # anticlockwise
lines = [line_through(tips[k], tips[(k + 2) % 5]) for k in range(5)]
all_but_one = [all_of([j for j in range(5) if j != k], 5) for k in range(5)]
any_of_five = [1.0] * 5 + [-0.5]

half_plane = set_weights(MLP(2, [1]), lines[:1])
polygon = set_weights(MLP(2, [5, 1], activation="step"), lines, [all_of(range(5), 5)])
star = set_weights(MLP(2, [5, 5, 1], activation="step"), lines, all_but_one, [any_of_five])
shapes = {"no hidden layer": half_plane, "one": polygon, "two": star}
draw_panels({name: net.predict for name, net in shapes.items()}, [], -1.2, 1.2, 3.2, count=120)

# %% [markdown]
# The star is not convex, so no AND of half planes is a star.
#
# ## Two spirals
#
# And what do networks *learn*? Two spirals wind around each other one and a quarter times. The two
# networks with hidden layers have 105 parameters each. 2-7-7-3-1 is short for two inputs, hidden
# layers of 7, 7 and 3 neurons, and one output. All are trained in the same way, from three starts
# each: a step of gradient descent after every 20 points. (`compiled=True` does the same arithmetic
# on arrays, in less time: [notebook 14](14_from_scalars_to_arrays.ipynb).) Of the starts 0 to 5, we
# leave out 2 and 5. From these, 600 epochs are enough for the deep network or not, as the last
# digits of a float decide, and the answer may be another one on your computer.

# %%
from toolbox import accuracy, spirals

from nn import fit, losses
from nn.optimizers import SGD


def trained(sizes, seed):
    model = MLP(2, sizes, activation="tanh", rng=random.Random(seed))
    loss, sgd = losses.binary_cross_entropy_with_logits, SGD(model.parameters(), lr=0.5)
    how = {"epochs": 600, "batch_size": 20, "rng": random.Random(0), "compiled": True}
    fit(model, loss, data, optimizer=sgd, **how)
    return model


data = spirals(160, 1.25, random.Random(1))
models = {}
for sizes in ("1", "26-1", "7-7-3-1"):
    models[sizes] = [trained([int(n) for n in sizes.split("-")], seed) for seed in (0, 1, 4)]
    solved = sum(accuracy(model, data) > 0.95 for model in models[sizes])
    print(f"2-{sizes}: more than 95 % right from {solved} of 3 starts")
panels = {f"2-{sizes}": of_seed[0].predict for sizes, of_seed in models.items()}
draw_panels(panels, data, -1.2, 1.2, 3.2)

# %% [markdown]
# One hidden layer did not solve it from these starts. A layer that is wide enough *can*, as the
# next section says. But that does not mean that gradient descent finds the weights.
#
# ## One hidden layer can follow any curve
#
# Weierstrass showed in 1885 that polynomials come as close as one likes to any continuous function
# on an interval. Cybenko showed the same in 1989 for networks with one hidden layer of sigmoids.
#
# With relu one can see why. $\text{relu}(x - t)$ is 0 up to t, and from there on it rises. The
# first neuron bends the curve at its left end, which gives the first piece its slope. Each further
# neuron adds a bend inside, and so one more piece. The output neuron's weights are the changes of
# the slope, so nothing has to be learned.

# %%
from itertools import pairwise
from math import exp, sqrt

places = [-1 + 2 * i / 400 for i in range(401)]


def f(x):
    return sin(3 * x) + abs(x)


def through_points(f, n):
    """A network of n hidden neurons, equal to f at n + 1 points of [-1, 1], a line in between."""
    knots = [-1 + 2 * k / n for k in range(n + 1)]
    slopes = [(f(b) - f(a)) * n / 2 for a, b in pairwise(knots)]
    bends = [slopes[0], *(after - before for before, after in pairwise(slopes))]
    return set_weights(MLP(1, [n, 1]), [[1.0, -t] for t in knots[:-1]], [[*bends, f(-1)]])


def error_of(curve):
    """The root of the mean squared error over [-1, 1]."""
    return sqrt(sum((curve(x) - f(x)) ** 2 for x in places) / len(places))


sizes = (2, 4, 8, 16, 32)
by_hand = {n: through_points(f, n) for n in sizes}
errors = {"relus": {n: error_of(lambda x, n=n: by_hand[n].predict([x])) for n in sizes}}
for n in sizes:
    print(f"{n:2} neurons, error {errors['relus'][n]:.4f}")

# %% [markdown]
# From 16 to 32 neurons the error falls to a quarter. Beside these networks we put two classical
# families, polynomials and sums of *radial basis functions*. The latter are bells
# $e^{-(x - t)^2 / s^2}$ around fixed places t. Both are fitted by least squares to 40 points of f:

# %%
import matplotlib.pyplot as plt
from toolbox import BLUE, GREEN, ORANGE

given = places[5::10]


def least_squares(features):
    """The best combination of features of x, a list of functions."""
    table = np.array([[g(x) for g in features] for x in given])
    weights = np.linalg.lstsq(table, np.array([f(x) for x in given]), rcond=1e-10)[0]
    return lambda x: float(sum(w * g(x) for w, g in zip(weights, features)))


def bell(centre, width):
    return lambda x: exp(-((x - centre) ** 2) / width**2)


for n in sizes:
    powers = [np.polynomial.chebyshev.Chebyshev.basis(k) for k in range(n)]
    bells = [bell(-1 + 2 * k / (n - 1), 2 / n) for k in range(n)]
    errors.setdefault("polynomial", {})[n] = error_of(least_squares(powers))
    errors.setdefault("bells", {})[n] = error_of(least_squares(bells))

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
left.plot(places, [f(x) for x in places], color="#222222", label="f")
for n, style in (2, ":"), (4, "--"), (8, "-"):
    curve = [by_hand[n].predict([x]) for x in places]
    left.plot(places, curve, color=ORANGE, linestyle=style, label=f"{n} relus")
for (name, row), colour, marker in zip(errors.items(), (ORANGE, BLUE, GREEN), "os^"):
    right.plot(list(row), list(row.values()), color=colour, marker=marker, label=name)
right.loglog(base=2)
right.set(yscale="log", xlabel="neurons, powers of x, or bells", title="error", ylim=(0.001, 2))
_ = left.legend(), right.legend()

# %% [markdown]
# Which is best depends on the function: this one has a kink at 0. The polynomial of 32 powers has
# left the picture. It is near f at the 40 points, and close to both ends it swings between them.
# Cybenko's theorem says that some network is close enough. It does not say how many neurons that
# takes, or that gradient descent finds it.
#
# ## How many parameters does each depth need?
#
# Take a zigzag of 64 straight pieces. It has 63 bends, and a relu neuron in one hidden layer makes
# one: the way above takes 64 neurons, and no way takes fewer than 63. But put a zigzag into a
# zigzag, and the numbers of their pieces *multiply*: 8 times 8 is 64, and so is 4 times 4 times 4.
# That is what depth can do (Telgarsky, 2016).


# %%
def zigzag(m, depth):
    """A network with m neurons in each hidden layer: m**depth pieces, by hand."""
    first = [[1.0, -k / m] for k in range(m)]  # a bend at 0, 1 / m, 2 / m, ..
    add_up = [m * (1.0 if k == 0 else 2.0 * (-1) ** k) for k in range(m)]  # slopes m, -m, m, ..
    later = [[w * u for u in add_up] + [b] for w, b in first]  # the same bends of that sum
    hidden = [first] + [later] * (depth - 1)
    return set_weights(MLP(1, [*[m] * depth, 1]), *hidden, [[*add_up, 0.0]])


at = [i / 512 for i in range(513)]
figure, axis = plt.subplots(figsize=(9, 1.6))
for m, depth in (64, 1), (8, 2), (4, 3):
    model = zigzag(m, depth)
    curve = [model.predict([x]) for x in at]
    slopes = [b - a for a, b in pairwise(curve)]
    pieces = 1 + sum(a * b < 0 for a, b in pairwise(slopes))
    print(f"{depth} hidden: {len(model.parameters()):3} parameters, {pieces} pieces  {model}")
_ = axis.plot(at, curve, color=BLUE, linewidth=0.8)

# %% [markdown]
# The same function with 193, 97 and 53 parameters. Few functions repeat themselves like that. But
# where a function is made of parts, and those of parts, depth can need fewer parameters.
#
# ## Michaelis and Menten, by one layer and by two
#
# An example is how fast an enzyme works. The speed y depends on three numbers: its largest speed V,
# the concentration S of what it works on, and a constant K of the enzyme:
#
# $$y = \frac{V S}{K + S}.$$
#
# (Biochemists write $V_{\max}$, $[S]$ and $K_m$.) In two steps it is simple: first $V S$ and $K +
# S$, then their quotient. Here are two models with the weights a, b, c and d, of one layer and of
# two. Some neurons add logarithms, which multiplies powers.

# %%
from autograd_mini import Value, log
from autograd_mini import exp as power_of_e
from nn import Module


class OneLayer(Module):
    """V^a S^b K^c e^d: everything at once."""

    def __init__(self):
        self.a, self.b, self.c, self.d = (Value(0.5) for _ in range(4))

    def __call__(self, x):
        V, S, K = map(log, x)
        return power_of_e(self.a * V + self.b * S + self.c * K + self.d)


class TwoLayers(OneLayer):
    """First V^a S^b and c K + d S; then the one divided by the other."""

    def __call__(self, x):
        V, S, K = x
        return power_of_e(self.a * log(V) + self.b * log(S)) / (self.c * K + self.d * S)


rng = random.Random(0)
inputs = [[rng.uniform(0.5, 2), rng.uniform(0.1, 3), rng.uniform(0.1, 1)] for _ in range(60)]
made = [([V, S, K], V * S / (K + S)) for V, S, K in inputs]
for model in (OneLayer(), TwoLayers()):
    sgd = SGD(model.parameters(), lr=0.3)
    fit(model, losses.mean_squared_error, made, optimizer=sgd, epochs=1000, compiled=True)
    worst = max(abs(model.predict(x) - y) for x, y in made)
    weights = [round(p.data, 2) for p in model.parameters()]
    print(f"{type(model).__name__:10} weights {weights}, largest error {worst:.2f}")

# %% [markdown]
# The second finds the law itself: all four weights are 1. The first has as many weights, and did
# not come close. We chose the second's neurons to suit the law, of course.

# %% tags=["guard"]
assert np.max(np.abs(jacobian_at(stack, [1.0, 2.0, -1.0]) - np.array(W3) @ W2 @ W1)) < 1e-12
assert [net.predict([0.0, 0.7]) > 0 for net in shapes.values()] == [True, False, True]
assert max(accuracy(model, data) for model in models["26-1"]) < 0.95
assert min(accuracy(model, data) for model in models["7-7-3-1"]) > 0.95
assert 3.5 < errors["relus"][16] / errors["relus"][32] < 4.5

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("07c")

# %% [markdown]
# **1.** A curve is to go through nine points, wherever they lie, with straight lines in between.
# How many hidden relu neurons does that take, all in one layer?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How many pieces are between nine points?</details>
# <details><summary>Answer</summary>
#
# Eight pieces, and one neuron for the slope of each: the first, and seven bends. `my_answer = 8`
#
# </details>
#
# **2.** Four hidden layers of 4 neurons each can make a zigzag of 256 pieces. How many parameters
# has that network, with one input and one output?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A layer from n inputs to m neurons has m (n + 1)
# parameters.</details>
# <details><summary>Answer</summary>
#
# $4 \cdot 2 + 3 \cdot 4 \cdot 5 + 5$. `my_answer = 4 * 2 + 3 * 4 * 5 + 5`
#
# </details>
#
# **3.** The first layer has the matrix $\mathbf{W}^{[1]} = \begin{pmatrix} 1 & 2 \\ 0 & 1
# \end{pmatrix}$, the second $\mathbf{W}^{[2]} = \begin{pmatrix} 2 & 0 \\ 1 & 1 \end{pmatrix}$. They
# have no activations and no biases. Which one matrix does the same? Give a list of its two rows.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Which of the two matrices is next to x in the product?</details>
# <details><summary>Answer</summary>
#
# $\mathbf{W}^{[2]} \mathbf{W}^{[1]}$. `my_answer = [[2, 4], [1, 3]]`
#
# </details>
#
# **4.** Cut out a triangle around the origin with three hidden neurons and the step activation.
# Give four rows: $[w_1, w_2, b]$ of each hidden neuron, and $[v_1, v_2, v_3, c]$, the weights and
# the bias of the output, which is above 0 inside.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Each side is a line, with the origin on its positive side. The
# output asks for all three.</details>
# <details><summary>Answer</summary>
#
# One side below, one on the right, one on the upper left.
# `my_answer = [[0, 1, 1], [-1, -1, 1], [1, -1, 1], [1, 1, 1, -2.5]]`
#
# </details>
#
# **5.** We made the star with two hidden layers. Make it with one. Its five hidden neurons are the
# lines of the pentagram, each 1 on its inner side and else 0. Give the output's row $[v_1, \dots,
# v_5, c]$, which is above 0 in the star.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>On how many inner sides is one in the middle, in a tip, and
# between two tips?</details>
# <details><summary>Answer</summary>
#
# On at least four of the five, everywhere in the star and nowhere else. So one hidden layer can do
# more than convex polygons, if its output neuron counts instead of asking for all.
# `my_answer = [1, 1, 1, 1, 1, -3.5]`
#
# </details>
