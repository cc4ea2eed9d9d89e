# %% [markdown]
# # Train on two moons
#
# Here are two half-moons of points, one inside the other. No straight line divides them. A small
# network learns to, and we watch how its line bends. We also follow one point through
# backpropagation, before training and after it. We see which weights it moves, and why.
#
# **You will be able to** train a network with a loop of your own, and say of a weight why it moves,
# or does not.
#
# **You need** gradients, error terms, and the step of gradient descent: [Step through
# backprop](01_step_through_backprop.ipynb) explains them. Code that only draws you can skip: the
# text says what a picture shows.

# %% [markdown]
# ## The points

# %%
import math
import random

import matplotlib.pyplot as plt
from toolbox import plot_points

from nn import toys

data = toys.moons(80, noise=0.12, rng=random.Random(0))
follow = min(range(len(data)), key=lambda i: math.dist(data[i][0], (0.0, 0.5)))
example, wanted = data[follow]

figure, axes = plt.subplots(figsize=(4.5, 3))
plot_points(axes, data, 24, ring=example)
print("the point in the ring:", [round(xi, 3) for xi in example], "with label", wanted)

# %% [markdown]
# The round points have the label 0, the triangles the label 1. The point in the ring is the one we
# are going to follow: the tip of the lower moon, deep inside the upper one.
#
# ## The network
#
# Two inputs, six hidden neurons with tanh, one output neuron without activation. What the output
# neuron gives, z, is a *score*, also called a *logit*. The sigmoid makes a probability of it:
#
# $$\hat y = \sigma(z) = \frac{1}{1 + e^{-z}}.$$
#
# $\hat y$ is how much the network believes in label 1. It is above one half where the score is
# positive.
#
# The loss is the *negative log-likelihood*: $L = -\ln \hat y$ for label 1, and $L = -\ln(1 - \hat
# y)$ for label 0. It is large where the network gives the true label a small probability. The
# function `binary_cross_entropy_with_logits` takes the score itself, and is exact even where $\hat
# y$ rounds to 0 or 1. For label 1 it computes $\ln(1 + e^{-z})$, which is $-\ln \hat y$: the
# *softplus* of -z.

# %%
from autograd_mini import sigmoid
from nn import MLP, losses

model = MLP(2, [6, 1], activation="tanh", rng=random.Random(5))
hidden = model.layers[0]
[output] = model.layers[1].neurons  # there is only one

for j, (neuron, v) in enumerate(zip(hidden.neurons, output.w), start=1):
    neuron.b.label, v.label = f"b[{j}]", f"v[{j}]"
    for i, weight in enumerate(neuron.w, start=1):
        weight.label = f"w[{j},{i}]"
output.b.label = "c"


def loss_of_example():
    """(the loss of the example that we follow, its score, the outputs of the hidden neurons)"""
    hs = hidden(example)
    score = output(hs)
    loss = losses.binary_cross_entropy_with_logits(score, wanted)
    for j, h in enumerate(hs, start=1):
        [z] = h.parents  # h = tanh(z)
        z.label, h.label = f"z[{j}]", f"h[{j}]"
    score.label, loss.label = "z", "L"
    return loss, score, hs


L, z, hs = loss_of_example()
print(f"score {z.data:.3f}, so ŷ = {sigmoid(z.data):.3f}; loss {L.data:.3f}")

# %% [markdown]
# The hidden neurons have the weights w and the biases b. The output neuron has the weights v and
# the bias c. Neurons and inputs are counted from 1: w[2,1] is the weight of neuron 2 for input 1.
# The weights are random at first, and for our point the network could as well have tossed a coin.
#
# ## One point before training

# %%
from autograd_mini import step_through

step_through(L, title="One point, before training")

# %% [markdown]
# The backward pass soon comes to z. The gradient there is the error term of the output neuron. The
# slope of the sigmoid is $\hat y\,(1 - \hat y)$, so for label 1 the chain rule gives
# $-\frac{1}{\hat y} \cdot \hat y\,(1 - \hat y) = \hat y - 1$, and for label 0 it gives $\hat y$.
# Both are what the network says minus what it should say:
#
# $$\delta = \frac{\partial L}{\partial z} = \hat y - y.$$

# %%
L.backward()
delta = z.grad
print(f"error term of the output {delta:.4f}")

# %% [markdown]
# From there on it is the chain rule, edge by edge. It comes to three short formulas:
#
# $$\frac{\partial L}{\partial v_j} = \delta \, h_j, \qquad
# \delta_j = \delta \, v_j \, (1 - h_j^2), \qquad
# \frac{\partial L}{\partial w_{j,i}} = \delta_j \, x_i.$$
#
# So a gradient is a product, and a product is small when one of its factors is. A weight hardly
# moves
#
# - if the example is right already: δ is near 0, and it is in every product;
# - if it is a w, and its neuron has no say: $v_j$ is near 0;
# - if it is a w, and its neuron is *saturated*: $h_j$ is near 1 or -1, where tanh is flat;
# - if its own input is near 0: $x_i$ for a w, and $h_j$ for a v.
#
# Here are the factors and the products of this point. The last line compares the products with the
# gradients that `backward()` left:


# %%
def table_of_neurons(hs, delta):
    """The factors of the gradients and their products, a line for each hidden neuron."""
    differences = []
    print(" j        h    1-h*h        v  delta_j    dL/dv   dL/dw1   dL/dw2")
    for j, (h, v, neuron) in enumerate(zip(hs, output.w, hidden.neurons), start=1):
        delta_j = delta * v.data * (1 - h.data**2)
        products = [delta * h.data, *(delta_j * xi for xi in example)]
        differences += [abs(p.grad - found) for p, found in zip((v, *neuron.w), products)]
        numbers = (h.data, 1 - h.data**2, v.data, delta_j, *products)
        print(f"{j:2}", *(f"{number:8.4f}" for number in numbers))
    print(f"largest difference from backward(): {max(differences):.6f}")


table_of_neurons(hs, delta)

# %% [markdown]
# The same as a picture: each neuron shows its output, and each line is as wide as the gradient of
# its weight.

# %%
from autograd_mini import draw_mlp

draw_mlp(model, width="gradient", x=example)

# %% [markdown]
# The first input is near 0, so all lines that leave it are thin. Of the lines into hidden neurons
# the widest leads to neuron 5, the second from below: its v is the largest in size.

# %% [markdown]
# ## Training
#
# The loop is the one from before: forward and backward for each point, then one step of gradient
# descent. Each point adds 1/80 of its gradient, so that the sum is the gradient of the mean loss.
# `backward(1 / 80)` starts from that seed instead of 1. The learning rate η is 4; found by trying.
#
# One pass over all points is an *epoch*. Of some epochs we keep the weights, to see later what the
# network said then at every place in the plane.

# %%
from typing import NamedTuple

across = [-1.5 + 0.1 * i for i in range(41)]
up = [-1.0 + 0.1 * i for i in range(28)]


class Snapshot(NamedTuple):
    """What the network was like at some moment of training."""

    loss: float  # the mean over all points
    right: int  # how many points
    errors: list  # the error term, prediction minus label, of each point
    weights: dict  # {parameter: its number}


def picture_of(model, weights):
    """The prediction at every place of a grid."""
    for p, number in weights.items():
        p.data = number
    return [[sigmoid(model.predict([x1, x2])) for x1 in across] for x2 in up]


def train(model, keep, rate=4.0):
    """Gradient descent on all points, up to the last epoch in `keep`; gives {epoch: Snapshot}."""
    kept = {}
    for epoch in range(keep[-1] + 1):
        total, errors = 0.0, []
        model.zero_grad()
        for x, y in data:
            score = model(x)
            loss = losses.binary_cross_entropy_with_logits(score, y)
            loss.backward(1 / len(data))
            total += loss.data
            errors.append(sigmoid(score.data) - y)
        if epoch in keep:
            right = sum(abs(error) < 0.5 for error in errors)
            weights = {p: p.data for p in model.parameters()}
            kept[epoch] = Snapshot(total / len(data), right, errors, weights)
        if epoch < keep[-1]:
            for p in model.parameters():
                p.data -= rate * p.grad
    return kept


history = train(model, keep=[0, 1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 160, 230, 300])
pictures = {epoch: picture_of(model, shot.weights) for epoch, shot in history.items()}
kept = {epoch: history[epoch] for epoch in (0, 5, 20, 60, 300)}
at_first = kept[0].weights
for epoch, shot in kept.items():
    print(f"epoch {epoch:3}   mean loss {shot.loss:.4f}   {shot.right} of {len(data)} right")


# %%
from toolbox import plot_probabilities

figure, row = plt.subplots(1, 5, figsize=(12, 2.2))
for axes, (epoch, shot) in zip(row, kept.items()):
    plot_probabilities(axes, across, up, pictures[epoch])
    plot_points(axes, data, 6, ring=example)
    axes.set_title(f"epoch {epoch}: {shot.right} right", fontsize=10)
figure.tight_layout()

# %% [markdown]
# The line is where $\hat y$ is one half. In the dark shades the network is sure: $\hat y$ is below
# 0.1 or above 0.9. At first the line is anywhere. After 5 epochs it is nearly straight and divides
# most of the points. Then it begins to bend, and at last it winds between the moons.
#
# ## The same point after training

# %%
L, z, hs = loss_of_example()
print(f"score {z.data:.3f}, so ŷ = {sigmoid(z.data):.3f}; loss {L.data:.3f}")
step_through(L, title="The same point, after training")

# %% [markdown]
# The graph is the same. But the first factor, the error term at z, is now about a seventh of what
# it was, and it is in every product. A point that is right moves the weights less and less.

# %%
model.zero_grad()
L.backward()
print(f"error term of the output {z.grad:.4f}")
table_of_neurons(hs, z.grad)

# %% [markdown]
# The output weights v have grown in size, so the gradients of the w fell less than δ did. Rows 1
# and 4 have a second reason to be small: there $1 - h^2$ is near 0. These neurons are saturated,
# and their weights w would hardly move even if the point were wrong.
#
# ## All of it in one view
#
# Move the slider through the epochs. Above are the regions of the two labels, and the mean loss.
# Below is the network, with the weights of that epoch, and our point's steps through it. Watch its
# gradients while you move the slider; the key 0 shows the whole network. (Full dots have the label
# 0, rings the label 1, and our point is the large ring. `moons.save("moons.html")` writes the same
# as a page.)

# %%
from toolbox import BLUE, ORANGE

from autograd_mini.flipbook import Chart, FlipBook, Page

INK, PAPER = "#1a1a1a", "#ffffff"
losses_so_far = [(epoch, shot.loss) for epoch, shot in history.items()]
pages = []
for epoch, shot in history.items():
    regions = Chart((across[0], across[-1]), (up[0], up[-1]), f"{shot.right} of {len(data)} right")
    regions.regions(pictures[epoch])
    regions.dots([x for x, y in data if y == 0], BLUE, 2.5)
    ones = [x for x, y in data if y == 1]
    for points, colour, size in (ones, ORANGE, 3), ([example], INK, 6):  # rings
        regions.dots(points, colour, size).dots(points, PAPER, size - 1.8)
    curve = Chart((0, 300), (0, losses_so_far[0][1]), f"mean loss {shot.loss:.4f}", ("epoch", ""))
    curve.line(losses_so_far).dots([(epoch, shot.loss)], ORANGE, 5)
    pages.append(Page(str(epoch), [regions, curve], shot.weights))

steps = step_through(L, model=model, start=99)  # the last one
moons = FlipBook(pages, "epoch", "Training, and one point's steps", steps, start=len(pages) - 1)
moons

# %% [markdown]
# ## Who pulls?
#
# Each point pulls at the weights with its own error term $\hat y - y$. In the next picture every
# point is as large as its pull.

# %%
figure, row = plt.subplots(1, 5, figsize=(12, 2.2))
for axes, (epoch, shot) in zip(row, kept.items()):
    plot_probabilities(axes, across, up, pictures[epoch])
    plot_points(axes, data, [80 * abs(error) for error in shot.errors])
    axes.set_title(f"epoch {epoch}", fontsize=10)
figure.tight_layout()

# %% [markdown]
# At first almost all pull. Once the line is straight, mostly the points on its wrong side do, and
# they bend it. At epoch 20 no point pulls harder than ours. In the end only the few points close to
# the line still pull a little.

# %%
for epoch, shot in kept.items():
    print(f"epoch {epoch:3}   our point: ŷ - y = {shot.errors[follow]:7.4f}", end="")
    print(f"   all: sum of |ŷ - y| = {sum(map(abs, shot.errors)):7.4f}")

# %% tags=["guard"]
assert max(map(abs, kept[20].errors)) == abs(kept[20].errors[follow])

# %% [markdown]
# ## What the neurons became
#
# A hidden neuron has a line: on it $z_j = w_{j,1} x_1 + w_{j,2} x_2 + b_j$ is 0. On one side $h_j$
# is positive, and on the other negative. How far did each neuron move in training? Take its four
# numbers as a point, and the distance between the point before and the point after:

# %%
print(" j   w1, w2, b, v at first              w1, w2, b, v after training         distance")
for j, (neuron, v) in enumerate(zip(hidden.neurons, output.w), start=1):
    own = (*neuron.w, neuron.b, v)
    distance = sum((p.data - at_first[p]) ** 2 for p in own) ** 0.5
    before = " ".join(f"{at_first[p]:7.3f}" for p in own)
    after = " ".join(f"{p.data:7.3f}" for p in own)
    print(f"{j:2}  {before}     {after}    {distance:7.3f}")

# %%
figure, axes = plt.subplots(figsize=(5, 3.4))
plot_probabilities(axes, across, up, pictures[300])
plot_points(axes, data, 14, ring=example)
for j, (neuron, v) in enumerate(zip(hidden.neurons, output.w), start=1):
    w1, w2, b = (p.data for p in (*neuron.w, neuron.b))
    line = [(i / 100, -(w1 * i / 100 + b) / w2) for i in range(-150, 251)]
    inside = [(x1, x2) for x1, x2 in line if up[0] < x2 < up[-1]]
    axes.plot(*zip(*inside), "--", color="black", linewidth=abs(v.data) / 3)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    axes.annotate(str(j), inside[len(inside) * j // 8], ha="center", va="center", bbox=paper)
figure.tight_layout()

# %% [markdown]
# The larger $|v_j|$ is, the thicker is the line. Three neurons do most of the work: 2, 3 and 4.
# Their v are the largest in size, and they moved farthest. The border between the moons has three
# sides, and each side follows the line of one of them. The output neuron adds the three up, and
# tanh makes the corners round.
#
# Nobody told any neuron which side to take. Each followed its gradient.

# %% [markdown]
# ## What each part is for
#
# Could less do? A single neuron is one straight line:


# %%
def after_training(model, rate=4.0):
    [shot] = train(model, keep=[300], rate=rate).values()
    return f"mean loss {shot.loss:.4f}, {shot.right} of {len(data)} right"


single = MLP(2, [1], rng=random.Random(5))
print(after_training(single))

# %% [markdown]
# What if the hidden layer has no activation function? Then $h_j = w_{j,1} x_1 + w_{j,2} x_2 + b_j$,
# and the score $\sum_j v_j h_j + c$ is again a number times $x_1$, plus a number times $x_2$, plus
# a number. The weight of $x_i$ is $\sum_j v_j w_{j,i}$. So this network can draw a straight line
# only, and training finds the single neuron's:

# %%
linear = MLP(2, [6, 1], activation=None, rng=random.Random(5))
print(after_training(linear, rate=0.5))

[last] = linear.layers[1].neurons
for i, w in enumerate(single.layers[0].neurons[0].w):
    both = sum(v.data * neuron.w[i].data for v, neuron in zip(last.w, linear.layers[0].neurons))
    print(f"weight of input {i + 1}:  single neuron {w.data:.2f}, two layers {both:.2f}")

# %% [markdown]
# And if all weights start equal? All hidden neurons give the same output, and get the same error
# term. So they get the same gradients, and stay equal after every step. Six such neurons can do no
# more than one hidden neuron. Random weights break this symmetry.

# %%
equal = MLP(2, [6, 1], activation="tanh", init=lambda inputs, outputs, rng: 0.5)
print(after_training(equal))
for neuron in equal.layers[0].neurons[:2]:
    print("w1, w2, b:", [round(p.data, 3) for p in neuron.parameters()])

# %% tags=["guard"]
first, *others = [[p.data for p in neuron.parameters()] for neuron in equal.layers[0].neurons]
assert all(other == first for other in others)

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("05")

# %% [markdown]
# **1.** A point with the label 1 has the score z = 0. What is its error term $\delta$?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What does the sigmoid give at 0?</details>
# <details><summary>Answer</summary>
#
# $\hat y = 1/2$, so $\delta = \hat y - y = -1/2$. `my_answer = -0.5`
#
# </details>
#
# **2.** Let $\delta = 0.5$, and let a hidden tanh neuron have $h_j = 0.8$, $v_j = -2$ and the
# inputs 1 and 3. What are $\delta_j$ and the gradients of $v_j$, $w_{j,1}$ and $w_{j,2}$? Give a
# list of four numbers.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>The three short formulas above.</details>
# <details><summary>Answer</summary>
#
# $\delta_j = 0.5 \cdot (-2) \cdot (1 - 0.64)$; the others are $\delta h_j$, $\delta_j \cdot 1$ and
# $\delta_j \cdot 3$. `my_answer = [-0.36, 0.4, -0.36, -1.08]`
#
# </details>
#
# **3.** Now the hidden neuron is fully saturated: $h_j = 1$. Its inputs are 1 and 0, and $\delta$
# and $v_j$ are not 0. Which gradients are 0: A that of $v_j$, B that of $w_{j,1}$, C that of
# $w_{j,2}$, D that of $b_j$? Give the letters.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What is the slope of tanh there? Which gradient does not have it
# as a factor?</details>
# <details><summary>Answer</summary>
#
# The slope $1 - h_j^2$ is 0, and with it $\delta_j$: w and b do not move. The gradient of $v_j$ is
# $\delta h_j$. `my_answer = "BCD"`
#
# </details>
#
# **4.** All weights and biases of the network with six hidden neurons start at 0. It sees one point
# with label 1. Which gradients are 0: A those of the w, B those of the hidden biases b, C those of
# the v, D that of c? Give the letters.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What are all h and v then? Put them into the three short
# formulas.</details>
# <details><summary>Answer</summary>
#
# All h are 0, so the gradients of the v are. All v are 0, so all $\delta_j$ are, and with them the
# gradients of w and b. Only c has one: $\delta = 1/2 - 1$. The hidden layer never learns.
# `my_answer = "ABC"`
#
# </details>
#
# **5.** Write a function `learn(model, data)` that trains a network with one output on a list of
# (x, y) pairs, y being 0 or 1. It changes the parameters, and gives nothing back. Afterwards the
# score has to be above 0 where y is 1, and below 0 elsewhere. It is tried with nine points that a
# line can divide.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Forward, zero_grad, backward, a step; how often, and how
# far?</details>
# <details><summary>Answer</summary>
#
# One example after the other, 300 times.
#
# ```python
# from nn.losses import binary_cross_entropy_with_logits
#
#
# def learn(model, data):
#     for _ in range(300):
#         for x, y in data:
#             model.zero_grad()
#             binary_cross_entropy_with_logits(model(x), y).backward()
#             for p in model.parameters():
#                 p.data -= 0.3 * p.grad
#
#
# my_answer = learn
# ```
#
# </details>
