# %% [markdown]
# # From the perceptron to the multi-layer perceptron
#
# A perceptron draws one straight line through the plane. That is enough for some problems, and
# hopeless for others. In this notebook we see what it can do, where it fails, four ways out, and
# why the last of them, a hidden layer, became the one that everybody uses.
#
# You need to know what a dot product is. `pip install
# "autograd-mini[notebook,optimize]"` brings what this needs.

# %% [markdown]
# ## The perceptron
#
# A perceptron has a weight for each input. It computes a weighted sum, and looks at its sign:
#
# $$z = \mathbf{w} \cdot \mathbf{x}, \qquad
# y = \text{sgn}(z) = \begin{cases} +1, & z > 0 \\ -1, & z < 0 \end{cases}$$
#
# There is usually a bias, too: $z = \mathbf{w}^\top \mathbf{x} + b$. It needs no rule of its own.
# Give every $\mathbf{x}$ one more input that is always 1, and b is one more weight:
#
# $$\begin{bmatrix} \mathbf{w} \\ b \end{bmatrix}^\top \begin{bmatrix} \mathbf{x} \\ 1 \end{bmatrix}
# = \mathbf{w}^\top \mathbf{x} + b.$$
#
# `Perceptron(2)` does that: it has three weights, and the last is the bias. They start at 0. Here
# are two clouds of points for it to tell apart, with labels -1 and 1.

# %%
import random

from nn import Perceptron

rng = random.Random(10)
clouds = [
    ([1.0 + 1.0 * side + rng.gauss(0, 0.5), 0.6 + 0.7 * side + rng.gauss(0, 0.5)], side)
    for _ in range(30)
    for side in (-1, 1)
]

perceptron = Perceptron(2)
result = perceptron.fit(clouds)
assert result.converged
assert all(perceptron.predict(x) == label for x, label in clouds)
print("mistakes in each pass:", result.mistakes)
print("w1, w2, b:", [round(w.data, 3) for w in perceptron.w])

# %% [markdown]
# Where z = 0 it cannot decide: that is the *decision boundary*, $w_1 x_1 + w_2 x_2 + b = 0$, a
# straight line. `decision_regions` asks the model all over the plane and colours the answers.

# %%
from nn.plots import decision_regions

decision_regions(perceptron, clouds, resolution=150)

# %% [markdown]
# ## Its cost and its update rule
#
# A perceptron learns from its mistakes alone. It looks at one example after the other, and when
# the sign is wrong it moves its weights towards (or away from) that example:
#
# $$\mathbf{w} \leftarrow \mathbf{w} + \alpha\, y\, \mathbf{x}.$$
#
# Where does the rule come from? From a cost, which is how far z is on the wrong side:
#
# $$L = \mathbb{I}\{y \neq \hat y\}\, |z|.$$
#
# In `nn.losses` it is `perceptron_cost`. Here it is for a perceptron that takes the point
# (2, 1), whose label is -1, for a 1:

# %%
from nn.losses import perceptron_cost

unsure = Perceptron(2)
for w, number, name in zip(unsure.w, (0.5, -0.25, 0.5), ("w1", "w2", "b")):
    w.data, w.label = number, name
z = unsure.score([2.0, 1.0])
z.label = "z"
cost = perceptron_cost(z, -1)
cost.label = "L"
cost.backward()
cost

# %% [markdown]
# Look at the gradients of the weights: they are the inputs 2, 1, and the 1 of the bias. For a
# mistake $\nabla_\mathbf{w} L = -y\,\mathbf{x}$, and otherwise it is zero. So the update rule *is*
# gradient descent on this cost, one example at a time. Let us make both walk through the clouds
# from the same start. They must have the same weights all the way, to the last bit.

# %%
from nn.optimizers import SGD

by_rule, by_gradient = Perceptron(2), Perceptron(2)
for model in (by_rule, by_gradient):
    for w, number in zip(model.w, (-0.5, 0.3, 0.1)):
        w.data = number
sgd = SGD(by_gradient.parameters(), lr=1.0)

mistakes = 0
for x, label in clouds:
    mistakes += by_rule.fit([(x, label)], epochs=1).mistakes[0]

    sgd.zero_grad()
    perceptron_cost(by_gradient.score(x), label).backward()
    sgd.step()
    assert [w.data for w in by_rule.w] == [w.data for w in by_gradient.w]
print(f"{len(clouds)} examples, {mistakes} mistakes, and the same weights all the way")

# %% [markdown]
# There is one difference. Where z is exactly 0, the cost is 0, and so is its gradient. That is
# where a perceptron starts! The rule counts z = 0 as a mistake, or it would never begin.
#
# And it ends. Novikoff proved in 1962 that the number of mistakes is at most $(R / \gamma)^2$, if
# there is a line that separates the classes: R is the length of the longest example, and $\gamma$
# the distance of the nearest one from that line. (Both are measured with the input that is always
# 1.)

# %%
from math import hypot

length = hypot(*(w.data for w in perceptron.w))
R = max(hypot(*x, 1) for x, _ in clouds)
gamma = min(label * perceptron.score(x).data for x, label in clouds) / length
assert sum(result.mistakes) <= (R / gamma) ** 2
print(f"{sum(result.mistakes)} mistakes, and at most {(R / gamma) ** 2:.0f} were possible")

# %% [markdown]
# ## XOR: no line will do
#
# Now four points. The label of $(x_1, x_2)$ is 1 where exactly one of the two is 1. That is the
# logical *exclusive or*.

# %%
from nn import toys

xor = toys.xor()
for x, label in xor:
    print(x, label)

line = Perceptron(2, activation="step")  # for labels 0 and 1
result = line.fit(xor, epochs=20)
assert not result.converged
print("mistakes in each pass:", result.mistakes)

# %% [markdown]
# It goes round in circles. It has to, since what we ask is a contradiction. The four points want
#
# $$b < 0, \qquad w_1 + b > 0, \qquad w_2 + b > 0, \qquad w_1 + w_2 + b < 0.$$
#
# The two in the middle add up to $w_1 + w_2 + 2b > 0$, the outer two to $w_1 + w_2 + 2b < 0$. Both
# cannot be. Three of the four are possible, so 75 % is the best that a line can do. Here are ten
# thousand random lines:


# %%
def accuracy(model, data):
    """The share of examples whose score is above 0 for label 1, and not above 0 for label 0."""
    right = sum((model.predict(x) > 0) == (label > 0) for x, label in data)
    return right / len(data)


rng = random.Random(0)
best = 0.0
for _ in range(10_000):
    for w in line.w:
        w.data = rng.uniform(-1, 1)
    best = max(best, accuracy(line, xor))
assert best == 0.75
print(f"the best of 10,000 lines: {best:.0%}")

# %% [markdown]
# ## XOR by a feature map
#
# The first way out: give the perceptron something better to look at. With the product $x_1 x_2$ as
# a third input the four points are corners of a cube, and there a plane separates them.


# %%
def with_product(x):
    return [x[0], x[1], x[0] * x[1]]


by_features = Perceptron(3, activation="step")
result = by_features.fit([(with_product(x), label) for x, label in xor])
assert result.converged
w1, w2, w3, b = (w.data for w in by_features.w)
print(f"{w1:g} x1 + {w2:g} x2 + {w3:g} x1 x2 + {b:g} > 0, after {len(result.mistakes)} passes")

# %% [markdown]
# ## XOR by a kernel
#
# The perceptron's weights are a sum of examples, each as often as it was a mistake:
# $\mathbf{w} = \sum_i \alpha_i y_i \mathbf{x}_i$. So the score needs only dot products of examples,
# $\mathbf{w} \cdot \mathbf{x} = \sum_i \alpha_i y_i\, \mathbf{x}_i \cdot \mathbf{x}$. Put a
# *kernel* in place of the dot product, and it is as if we had many features, without ever
# computing them:
#
# $$k(\mathbf{a}, \mathbf{b}) = (1 + \mathbf{a} \cdot \mathbf{b})^2
# = \phi(\mathbf{a}) \cdot \phi(\mathbf{b}), \qquad
# \phi(\mathbf{x}) = (\sqrt 2 x_1, \sqrt 2 x_2, x_1^2, x_2^2, \sqrt 2 x_1 x_2, 1).$$

# %%
from math import sqrt

from autograd_mini import dot


def kernel(a, b):
    return (1 + dot(a, b)) ** 2


def kernel_score(x):
    return sum(alpha * (2 * y - 1) * kernel(xi, x) for alpha, (xi, y) in zip(alphas, xor))


alphas, made = [0] * len(xor), []
while not made or made[-1]:
    made.append(0)
    for i, (x, y) in enumerate(xor):
        if (2 * y - 1) * kernel_score(x) <= 0:
            alphas[i] += 1
            made[-1] += 1
print("mistakes in each pass:", made)

# %% [markdown]
# Is it the same as a perceptron on the features $\phi$? It makes the same mistakes, and gives the
# same scores:


# %%
def phi(x):  # the sixth feature, the 1, is the perceptron's own
    return [sqrt(2) * x[0], sqrt(2) * x[1], x[0] ** 2, x[1] ** 2, sqrt(2) * x[0] * x[1]]


on_phi = Perceptron(5, activation="step")
assert on_phi.fit([(phi(x), y) for x, y in xor]).mistakes == made
for x, y in xor:
    assert abs(on_phi.score(phi(x)).data - kernel_score(x)) < 1e-12
    print(x, f"label {y}, score {kernel_score(x):5.1f}")

# %% [markdown]
# ## XOR by random features
#
# Do we have to know which features help? No: take many at random. Each is a line drawn blindly,
# and tells on which side of it the point is:
#
# $$z_i = \text{sgn}(\beta_i^\top \mathbf{x}), \qquad \beta_{i,j} \sim \text{Normal}(0, 1).$$
#
# In enough dimensions the four points can be separated. How many are enough? Of 100 draws, so many
# let the perceptron succeed:

# %%
from nn import RandomFeatures

succeeded = {}
for m in (2, 4, 8, 16, 32):
    succeeded[m] = 0
    for seed in range(100):
        project = RandomFeatures(2, m, rng=random.Random(seed))
        data = [(project.predict(x), label) for x, label in xor]
        succeeded[m] += Perceptron(m, activation="step").fit(data, epochs=200).converged
    print(f"{m:2} random features: {succeeded[m]:3} of 100")
assert succeeded[32] == 100

# %% [markdown]
# ## XOR by a hidden layer
#
# The fourth way: let the network *learn* its features. One perceptron looks at the answers of
# others, which are the *hidden layer*.
#
# We can do it by hand first. "Exactly one of the two" is "at least one, and not both". OR and NAND
# are lines, and AND of the two answers is a line again. (In `set_weights` each row is a neuron, and
# the last number of a row is its bias.)

# %%
from nn import MLP


def set_weights(model, *layers):
    """Give a network its weights: for each layer its rows, for each neuron w1, .., wn, b."""
    for layer, rows in zip(model.layers, layers, strict=True):
        for neuron, row in zip(layer.neurons, rows, strict=True):
            for parameter, number in zip([*neuron.w, neuron.b], row, strict=True):
                parameter.data = number
    return model


by_hand = set_weights(
    MLP(2, [2, 1], activation="step", output_activation="step"),
    [
        [1, 1, -0.5],  # OR: at least one
        [-1, -1, 1.5],  # NAND: not both
    ],
    [
        [1, 1, -1.5],  # AND
    ],
)
for x, label in xor:
    hidden = by_hand.layers[0].predict(x)
    assert by_hand.predict(x) == label
    print(x, "-> hidden", hidden, "-> output", by_hand.predict(x))

# %% [markdown]
# Now let it learn. The step has no slope, so a gradient cannot say where to go. We take tanh
# instead, and gradient descent:

# %%
from nn import fit, losses


def learn_xor(hidden, seed):
    model = MLP(2, [hidden, 1], activation="tanh", rng=random.Random(seed))
    sgd = SGD(model.parameters(), lr=0.5, momentum=0.9)
    loss = losses.binary_cross_entropy_with_logits
    fit(model, loss, xor, optimizer=sgd, epochs=100, rng=random.Random(0))
    return model


learned = learn_xor(4, seed=0)
assert accuracy(learned, xor) == 1.0
for hidden in (2, 4, 8):
    solved = sum(accuracy(learn_xor(hidden, seed), xor) == 1 for seed in range(20))
    print(f"{hidden} hidden neurons: solved from {solved} of 20 starts")
assert solved == 20

# %% [markdown]
# Two hidden neurons are enough, as we saw by hand, but from some starts gradient descent does not
# get there. With a few more than it needs it has an easier time. Here are the four ways, as they
# divide the plane:

# %%
import matplotlib.pyplot as plt

BLUE, ORANGE = "#0072b2", "#d55e00"


def draw_panels(panels, points, low=-0.4, high=1.4, size=2.6, count=60):
    """Side by side where each score is above 0, and the points; panels is {title: score}."""
    at = [low + (high - low) * i / (count - 1) for i in range(count)]
    figure, axes = plt.subplots(1, len(panels), figsize=(size * len(panels), size), squeeze=False)
    for axis, (title, score) in zip(axes[0], panels.items()):
        scores = [[score([x1, x2]) for x1 in at] for x2 in at]
        peak = 1 + max(abs(s) for row in scores for s in row)
        axis.contourf(at, at, scores, [-peak, 0, peak], colors=[BLUE, ORANGE], alpha=0.25)
        for label, colour in (0, BLUE), (1, ORANGE):
            chosen = [x for x, its in points if its == label]
            if chosen:
                axis.scatter(*zip(*chosen), color=colour, edgecolor="white", s=45)
        axis.set(title=title, xticks=[], yticks=[], aspect="equal")
    figure.tight_layout()


project = RandomFeatures(2, 32, rng=random.Random(0))
on_random = Perceptron(32, activation="step")
assert on_random.fit([(project.predict(x), label) for x, label in xor], epochs=200).converged

draw_panels(
    {
        "features": lambda x: by_features.score(with_product(x)).data,
        "kernel": kernel_score,
        "random features": lambda x: on_random.score(project.predict(x)).data,
        "hidden layer": learned.predict,
    },
    xor,
)

# %% [markdown]
# All four are right at the four points, and each has its own opinion on what is in between.
#
# ## A soft perceptron is logistic regression
#
# The sign jumps. The *sigmoid* does the same softly, and its answer can be read as a probability:
#
# $$\hat y = \sigma(\mathbf{w} \cdot \mathbf{x}), \qquad \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad
# \frac{d}{dz}\sigma(z) = \sigma(z)\,[1 - \sigma(z)].$$
#
# This is logistic regression: a perceptron with another activation. The minus sign matters, and is
# easily lost. One finds $1 / [1 + \exp(z)]$ on a slide, and the derivative
# $\exp(-z) / [1 + \exp(-z)]^2$ on a later one of the same lecture. They do not fit each other.
# `check_gradients` says so:

# %%
from textwrap import fill

from autograd_mini import exp, grad, primitive, sigmoid
from autograd_mini.testing import GradientError, check_gradients

slip = primitive(
    "slip",
    lambda z: 1 / (1 + exp(z)),  # the minus sign is lost
    partials=(lambda z, y: exp(-z) / (1 + exp(-z)) ** 2,),
)
try:
    check_gradients(slip, 0.5)
except GradientError as error:
    print(fill(str(error), 95))
else:
    raise AssertionError("the slip was not found")

check_gradients(sigmoid, 0.5)
for z in (-3.0, 0.0, 0.5, 4.0):
    assert abs(grad(sigmoid)(z) - sigmoid(z) * (1 - sigmoid(z))) < 1e-15
    assert abs(grad(sigmoid)(z) - exp(-z) / (1 + exp(-z)) ** 2) < 1e-15

# %% [markdown]
# The derivative is the right one, of the right function. The function without the minus falls where
# it should rise.
#
# Two clouds that overlap cannot be separated, and the perceptron would never come to rest. Logistic
# regression does: it minimises the negative log-likelihood of the labels, and that has a minimum.
# At the minimum the gradient is zero, and for the bias this says $\sum_i (\hat y_i - y_i) = 0$: the
# probabilities add up to the number of ones.

# %%
from nn import Neuron
from nn.optimizers import bfgs

rng = random.Random(4)
overlapping = [
    ([label * 1.4 + rng.gauss(0, 0.8), label * 0.6 + rng.gauss(0, 0.8)], label)
    for _ in range(40)
    for label in (0, 1)
]
logistic = Neuron(2, activation="sigmoid", rng=random.Random(0))


def mean_loss():
    total = sum(losses.negative_log_likelihood(logistic(x), y) for x, y in overlapping)
    return total / len(overlapping)


assert bfgs(logistic.parameters(), mean_loss).converged
expected = sum(logistic.predict(x) for x, _ in overlapping)
assert abs(expected - 40) < 1e-4
print("w1, w2, b:", [round(p.data, 3) for p in logistic.parameters()])
print(f"sum of the probabilities {expected:.3f}, number of ones 40")
right = sum((logistic.predict(x) > 0.5) == (y == 1) for x, y in overlapping)
print(f"right: {right} of {len(overlapping)}")

# %%
draw_panels(
    {"probability above one half": lambda x: logistic.predict(x) - 0.5},
    overlapping,
    low=-2.2,
    high=3.6,
    size=3.6,
)

# %% [markdown]
# ## Without the sigmoid: linear regression
#
# $\hat y = \beta_0 + \beta_1 x_1 + \beta_2 x_2$ with the cost $L = (\hat y - y)^2$ is the same
# neuron without any activation. Its minimum has a closed form, the least squares of linear algebra,
# and gradients lead to the same place.

# %%
import numpy as np

rng = random.Random(5)
inputs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(30)]
targets = [2.0 + 3.0 * x1 - 1.0 * x2 + rng.gauss(0, 0.1) for x1, x2 in inputs]

linear = Neuron(2, activation=None, rng=random.Random(0))
bfgs(
    linear.parameters(),
    lambda: losses.mean_squared_error([linear(x) for x in inputs], targets),
)
design = np.column_stack([inputs, np.ones(len(inputs))])
closed_form = np.linalg.lstsq(design, np.array(targets), rcond=None)[0]
found = [p.data for p in linear.parameters()]
assert max(abs(a - b) for a, b in zip(found, closed_form)) < 1e-6
print("beta1, beta2, beta0:", [round(b, 4) for b in found])

# %% [markdown]
# ## More than two classes: softmax regression
#
# With m classes there is a score for each, $\mathbf{z} = \mathbf{B}\mathbf{x}$, and *softmax* makes
# probabilities of them:
#
# $$\hat y_i = \frac{\exp(z_i)}{\sum_j \exp(z_j)}.$$
#
# It is one linear layer. `cross_entropy` takes the scores themselves, and `decision_regions` too.

# %%
from autograd_mini import softmax
from nn import Linear, metrics
from nn.optimizers import Adam

rng = random.Random(6)
centres = [(0.0, 1.2), (-1.1, -0.7), (1.1, -0.7)]
three = [
    ([cx + rng.gauss(0, 0.45), cy + rng.gauss(0, 0.45)], k)
    for _ in range(25)
    for k, (cx, cy) in enumerate(centres)
]
softmax_regression = Linear(2, 3, rng=random.Random(0))
adam = Adam(softmax_regression.parameters(), lr=0.1)
fit(
    softmax_regression, losses.cross_entropy, three, optimizer=adam, epochs=60, rng=random.Random(0)
)
scored = [metrics.accuracy(softmax_regression.predict(x), k) for x, k in three]
print(f"right: {sum(scored):.0f} of {len(scored)}")
print(
    "probabilities at the origin:",
    [round(p, 3) for p in softmax(softmax_regression.predict([0.0, 0.0]))],
)

# %%
decision_regions(softmax_regression, three)

# %% [markdown]
# With two classes softmax is nothing new: it is the sigmoid of the difference of the two scores.

# %%
for z1, z2 in [(0.0, 0.0), (1.5, -0.5), (-3.0, 4.0)]:
    assert abs(softmax([z1, z2])[0] - sigmoid(z1 - z2)) < 1e-15

# %% [markdown]
# ## A wide layer is a matrix
#
# Put m neurons side by side, all with the same inputs:
#
# $$\mathbf{z} = \mathbf{W}\mathbf{x}, \qquad \mathbf{W} = \begin{pmatrix} \leftarrow \mathbf{w}_1
# \rightarrow \\ \vdots \\ \leftarrow \mathbf{w}_m \rightarrow \end{pmatrix}, \qquad
# \mathbf{y} = \boldsymbol{\sigma}(\mathbf{W}\mathbf{x}).$$
#
# Row i belongs to neuron i. W is m by n, and the sigmoid is applied to each element.

# %%
from nn import Layer

layer = Layer(3, 4, activation="sigmoid", rng=random.Random(0))
W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
x = [0.5, -1.0, 2.0]
y = 1 / (1 + np.exp(-(W @ x)))
assert np.max(np.abs(y - layer.predict(x))) < 1e-15
print("W is", W.shape, "; y has", len(layer.predict(x)), "elements")

# %% [markdown]
# The output of one layer is the input of the next. That is a multi-layer perceptron, an `MLP`:
#
# $$\mathbf{y}_d = \sigma(\mathbf{W}_d(\sigma(\mathbf{W}_{d-1}(\cdots
# \sigma(\mathbf{W}_2(\sigma(\mathbf{W}_1 \mathbf{x}))))))).$$

# %%
network = MLP(3, [4, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
by_matrices = x
for layer in network.layers:
    W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
    by_matrices = 1 / (1 + np.exp(-(W @ by_matrices)))
assert np.max(np.abs(by_matrices - network.predict(x))) < 1e-15
print(network, "has", len(network.parameters()), "parameters:", "4 (3 + 1) + 2 (4 + 1)")

# %% [markdown]
# ## Without activations a stack is one layer
#
# Leave $\sigma$ out, and the whole stack is one matrix:
#
# $$\mathbf{W}_d \mathbf{W}_{d-1} \cdots \mathbf{W}_2 \mathbf{W}_1 \mathbf{x} =
# \widetilde{\mathbf{W}} \mathbf{x}.$$
#
# With biases too, $(\mathbf{X}\mathbf{W}^{(1)} + \mathbf{b}^{(1)})\mathbf{W}^{(2)} +
# \mathbf{b}^{(2)} = \mathbf{X}\mathbf{W} + \mathbf{b}$. Three layers and 46 parameters, or one
# layer and 8: the same function.

# %%
from autograd_mini import jacobian

rng = random.Random(3)
stack = MLP(3, [4, 4, 2], activation=None, rng=rng)
for p in stack.parameters():
    p.data = rng.uniform(-1, 1)

product = np.eye(3)
for layer in stack.layers:
    product = np.array([[w.data for w in neuron.w] for neuron in layer.neurons]) @ product
offset = np.array(stack.predict([0.0, 0.0, 0.0]))

for _ in range(100):
    x = [rng.uniform(-5, 5) for _ in range(3)]
    assert np.max(np.abs(product @ x + offset - stack.predict(x))) < 1e-12
print(np.round(product, 3))

# %% [markdown]
# How does one see that a network is linear, from outside? Its Jacobian is the same everywhere, and
# it is that matrix. With an activation in between it is another one at every place. (The entries
# depend on the weights, so `jacobian` gives Values. We want their numbers.)


# %%
def jacobian_at(model, x):
    return np.array([[getattr(d, "data", d) for d in row] for row in jacobian(model)(x)])


curved = MLP(3, [4, 4, 2], activation="tanh", rng=random.Random(3))
for x in ([0.0, 0.0, 0.0], [1.0, 2.0, -1.0]):
    assert np.max(np.abs(jacobian_at(stack, x) - product)) < 1e-12
    print("at", x, "with tanh\n", np.round(jacobian_at(curved, x), 3))

# %% [markdown]
# ## What layers add: half planes, polygons, anything
#
# With steps for activations one can build shapes by hand.
#
# - **No hidden layer**: one line, a half plane.
# - **One hidden layer**: several half planes, and the output neuron asks for all of them (AND).
#   That is a convex polygon.
# - **Two hidden layers**: several polygons, and the output asks for any of them (OR). With enough
#   polygons one can draw anything.
#
# The five lines of a pentagram do all three. One of them bounds a half plane. On the inner side of
# all five is a pentagon. On the inner side of any four is the pentagon with one tip, and the five
# of those together are the star.

# %%
from math import cos, pi, sin


def line_through(p, q):
    """The neuron that is above 0 to the left of the way from p to q: w1, w2, b."""
    (px, py), (qx, qy) = p, q
    return [py - qy, qx - px, px * qy - py * qx]


def all_of(chosen, count):
    """The neuron that is above 0 where all the chosen ones of `count` inputs are 1."""
    return [1.0 if i in chosen else 0.0 for i in range(count)] + [0.5 - len(chosen)]


any_of_five = [1.0] * 5 + [-0.5]
tips = [(-sin(2 * pi * k / 5), cos(2 * pi * k / 5)) for k in range(5)]  # anticlockwise
lines = [line_through(tips[k], tips[(k + 2) % 5]) for k in range(5)]
everything_but = [[j for j in range(5) if j != k] for k in range(5)]

half_plane = set_weights(MLP(2, [1]), lines[:1])
polygon = set_weights(MLP(2, [5, 1], activation="step"), lines, [all_of(range(5), 5)])
star = set_weights(
    MLP(2, [5, 5, 1], activation="step"),
    lines,
    [all_of(four, 5) for four in everything_but],
    [any_of_five],
)
draw_panels(
    {
        "no hidden layer": half_plane.predict,
        "one hidden layer": polygon.predict,
        "two hidden layers": star.predict,
    },
    [],
    low=-1.2,
    high=1.2,
    size=3.2,
    count=120,
)

# %%
centre, in_a_tip, between_tips = [0.0, 0.0], [0.0, 0.7], [0.0, -0.7]
assert [net.predict(centre) > 0 for net in (half_plane, polygon, star)] == [True, True, True]
assert [net.predict(in_a_tip) > 0 for net in (polygon, star)] == [False, True]
assert [net.predict(between_tips) > 0 for net in (polygon, star)] == [False, False]

near_a_tip, near_the_next = ([0.95 * x1, 0.95 * x2] for x1, x2 in tips[:2])
halfway = [(a + b) / 2 for a, b in zip(near_a_tip, near_the_next)]
assert star.predict(near_a_tip) > 0
assert star.predict(near_the_next) > 0
assert star.predict(halfway) < 0

# %% [markdown]
# The star is not convex: the way from a tip to the next one leads outside. So no AND of half planes
# is a star.
#
# And what do networks *learn*? Two spirals, with no hidden layer, with one, and with two:

# %%
spirals = toys.spirals(120, classes=2, noise=0.02, rng=random.Random(1))
trained = {}
for sizes in ([1], [12, 1], [8, 8, 1]):
    model = MLP(2, sizes, activation="tanh", rng=random.Random(0))
    adam = Adam(model.parameters(), lr=0.05)
    fit(
        model,
        losses.binary_cross_entropy_with_logits,
        spirals,
        optimizer=adam,
        epochs=60,
        batch_size=20,
        rng=random.Random(0),
    )
    trained[f"{sizes}: {accuracy(model, spirals):.0%} right"] = model.predict

draw_panels(trained, spirals, low=-1.2, high=1.2, size=3.2)

# %% [markdown]
# ## Dense, sparse and convolutional layers
#
# In a *dense* layer every output hears every input. In a *sparse* one some connections are missing.
# In a *convolutional* one each output hears a few neighbours, and all use the same weights. All
# three are linear, so each is a matrix: its Jacobian. Let us look at them, each with 12 inputs
# (white is 0).

# %%
from nn import Conv1d, SparseLinear

dense = Linear(12, 10, rng=random.Random(0))
sparse = SparseLinear(12, 10, density=0.3, rng=random.Random(0))
convolution = Conv1d(1, 1, kernel_size=3, init="uniform", rng=random.Random(5))


def convolve(x):
    return convolution([x])[0]


figure, axes = plt.subplots(1, 3, figsize=(9, 3))
for axis, title, layer, model in [
    (axes[0], "dense", dense, dense),
    (axes[1], "sparse", sparse, sparse),
    (axes[2], "convolutional", convolve, convolution),
]:
    matrix = jacobian_at(layer, [0.0] * 12)
    peak = np.max(np.abs(matrix))
    axis.imshow(matrix, cmap="RdBu", vmin=-peak, vmax=peak)
    axis.set(
        title=f"{title}: {len(model.parameters())} parameters",
        xlabel="input",
        ylabel="output",
        xticks=[],
        yticks=[],
    )
figure.tight_layout()

# %% [markdown]
# The sparse layer is a dense one with some weights fixed at 0. The convolution's weights repeat
# along the diagonals. That has a consequence: move the input by one, and the output moves by one.

# %%
x = [rng.uniform(-1, 1) for _ in range(12)]

same = Linear(12, 10)
for neuron, weights in zip(same.neurons, sparse.w):
    for j, w in enumerate(neuron.w):
        w.data = weights[j].data if j in weights else 0.0
assert np.max(np.abs(np.array(same.predict(x)) - sparse.predict(x))) < 1e-15

moved = [0.0, *x[:-1]]
assert convolution.predict([moved])[0][1:] == convolution.predict([x])[0][:-1]

# %% [markdown]
# ## One hidden layer can follow any curve
#
# Weierstrass showed that polynomials come as close as one likes to any continuous function on an
# interval. Cybenko showed the same in 1989 for networks with one hidden layer of sigmoids, and it
# holds for other activations too.
#
# With relu one can see why. $\text{ReLU}(x - t)$ is 0 up to t, and from there on it rises. Each
# hidden neuron adds one bend to the curve. So n of them can go through n + 1 points of any
# function, with straight lines in between. Nothing has to be learned: the weights are differences
# of slopes.


# %%
from itertools import pairwise


def f(x):
    return sin(3 * x) + abs(x)


def through_points(n):
    """A network of n hidden neurons, equal to f at n + 1 points of [-1, 1], a line in between."""
    knots = [-1 + 2 * k / n for k in range(n + 1)]
    slopes = [(f(b) - f(a)) * n / 2 for a, b in pairwise(knots)]
    bends = [slopes[0], *(after - before for before, after in pairwise(slopes))]
    return set_weights(
        MLP(1, [n, 1], activation="relu"), [[1.0, -t] for t in knots[:-1]], [[*bends, f(-1)]]
    )


places = [-1 + 2 * i / 400 for i in range(401)]
given = places[5::10]  # the 40 that are learned from, further down


def curve_of(model):
    return lambda x: model.predict([x])


def error_of(curve):
    """The root of the mean squared error over [-1, 1]."""
    return sqrt(sum((curve(x) - f(x)) ** 2 for x in places) / len(places))


straight = {n: error_of(curve_of(through_points(n))) for n in (2, 4, 8, 16, 32)}
for n, error in straight.items():
    print(f"{n:2} neurons, error {error:.4f}")
assert straight[32] < straight[2] / 100
assert 3.5 < straight[16] / straight[32] < 4.5  # twice the neurons, a quarter of the error

# %% [markdown]
# Now let networks with tanh learn the curve from 40 points. Each neuron gets a place of its own to
# bend at, to start with, and Adam does the rest. Beside them are two classical families, both found
# by least squares: polynomials, and sums of *radial basis functions*, which are bells
# $e^{-(x - c)^2 / s^2}$ around fixed centres c.

# %%
from nn import schedules


def learn_curve(n):
    rng = random.Random(0)
    model = MLP(1, [n, 1], activation="tanh", rng=rng)
    for k, neuron in enumerate(model.layers[0].neurons):
        neuron.w[0].data = rng.uniform(2, 8)
        neuron.b.data = -neuron.w[0].data * (-1 + (2 * k + 1) / n)
    for w in model.layers[1].neurons[0].w:
        w.data *= 0.3  # it starts almost flat
    adam = Adam(model.parameters(), lr=0.03)
    fit(
        model,
        losses.mean_squared_error,
        [([x], f(x)) for x in given],
        optimizer=adam,
        epochs=200,
        batch_size=10,
        schedule=schedules.cosine_decay,
        rng=random.Random(0),
    )
    return model


def least_squares(features):
    """The best combination of features of x, a list of functions."""
    table = np.array([[g(x) for g in features] for x in given])
    weights = np.linalg.lstsq(table, np.array([f(x) for x in given]), rcond=1e-10)[0]
    return lambda x: float(sum(w * g(x) for w, g in zip(weights, features)))


def bells(n):
    centres = [-1 + 2 * k / (n - 1) for k in range(n)]
    return [lambda x, c=c: exp(-((x - c) ** 2) / (2 / n) ** 2) for c in centres]


def powers(n):
    return [np.polynomial.chebyshev.Chebyshev.basis(k) for k in range(n)]


networks = {n: learn_curve(n) for n in straight}
errors = {
    "network": {n: error_of(curve_of(net)) for n, net in networks.items()},
    "polynomial": {n: error_of(least_squares(powers(n))) for n in straight},
    "bells": {n: error_of(least_squares(bells(n))) for n in straight},
}
assert errors["network"][32] < errors["network"][2] / 10

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
left.plot(places, [f(x) for x in places], color="#222222", label="f")
for n, style in (2, ":"), (4, "--"), (32, "-"):
    left.plot(
        places,
        list(map(curve_of(networks[n]), places)),
        color=ORANGE,
        linestyle=style,
        label=f"{n} neurons",
    )
left.set(xlabel="x", title="what networks learned")
left.legend()
styles = zip(errors.items(), (ORANGE, BLUE, "#009e73"), "os^")
for (name, by_size), colour, marker in styles:
    right.plot(list(by_size), list(by_size.values()), color=colour, marker=marker, label=name)
right.loglog(base=2, subs=[])
right.set(yscale="log", xticks=list(straight), xticklabels=[str(n) for n in straight])
right.set(xlabel="neurons, powers of x, or bells", title="error", ylim=(0.003, 2))
right.legend()
figure.tight_layout()

# %% [markdown]
# All three fall by a factor of ten and more. Which is best depends on the function: this one has a
# kink at 0, which costs all of them the last digits. The polynomial of 32 powers has left the
# picture. It is right at the 40 points, and near both ends it swings wildly between them.
#
# The theorem says that some network is close enough. It does not say how many neurons that takes,
# or that gradient descent finds it.

# %%
polynomial = least_squares(powers(32))
assert max(abs(polynomial(x) - f(x)) for x in given) < 0.01
assert max(abs(polynomial(x) - f(x)) for x in places if abs(x) < 0.975) > 1

# %% [markdown]
# ## How many parameters does each depth need?
#
# Take a zigzag of 64 straight pieces. A relu neuron makes one bend, so one hidden layer needs 64
# neurons. But a zigzag of a zigzag is a zigzag, and the numbers of their pieces *multiply*: 8 times
# 8 is 64, and so is 4 times 4 times 4. That is what depth can do.


# %%
def zigzag_rows(m):
    """m neurons on one input in [0, 1], and how to add them up to a zigzag of m pieces."""
    first = [[1.0, -k / m] for k in range(m)]
    then = [m * (1.0 if k == 0 else 2.0 * (-1) ** k) for k in range(m)]
    return first, then


def zigzag(m, depth):
    """A network with m neurons in each of its hidden layers: m**depth pieces, by hand."""
    first, then = zigzag_rows(m)
    later = [[w * u for u in then] + [b] for w, b in first]
    hidden = [first] + [later] * (depth - 1)
    return set_weights(MLP(1, [*[m] * depth, 1]), *hidden, [[*then, 0.0]])


def pieces(model):
    """How often the slope changes its sign on the way from 0 to 1, and one more."""
    slopes = [grad(lambda x: model([x]))((i + 0.5) / 256).data for i in range(256)]
    return 1 + sum(a * b < 0 for a, b in pairwise(slopes))


wide, deep, deeper = zigzag(64, 1), zigzag(8, 2), zigzag(4, 3)
answers = [wide.predict([i / 256]) for i in range(257)]
for depth, model in enumerate([wide, deep, deeper], start=1):
    assert pieces(model) == 64
    assert all(abs(model.predict([i / 256]) - y) < 1e-12 for i, y in enumerate(answers))
    print(f"{depth} hidden: {len(model.parameters()):3} parameters  {model}")

# %% [markdown]
# The same function with 193, 97 and 53 parameters. Each of the d layers has fewer than 1/d of the
# neurons that one layer needs. Not every function is made of repetitions like this one, but many
# are made of parts, and parts of parts, and then depth pays.

# %%
widths = [len(model.layers[0].neurons) for model in (wide, deep, deeper)]
assert widths == [64, 8, 4]
assert widths[1] < 64 / 2
assert widths[2] < 64 / 3

# %% [markdown]
# ## Michaelis and Menten, by one layer and by two
#
# Why does depth help? Each layer only has to make the features better for the next one. An example
# is the speed of a reaction with an enzyme:
#
# $$v = \frac{V_{\max} [S]}{K_m + [S]}.$$
#
# In one step from the three inputs this is an odd function. In two steps it is simple: first
# $V_{\max} [S]$ and $K_m + [S]$, then their quotient. Products and quotients are linear in the
# logarithms, so here are two models of four weights each. The first has one layer, and the second
# has two.

# %%
from functools import partial

from autograd_mini import Value, log
from nn import Module


class OneLayer(Module):
    """V^a S^b K^c e^d: everything at once."""

    def __init__(self):
        self.a, self.b, self.c, self.d = (Value(0.5) for _ in range(4))

    def __call__(self, x):
        V, S, K = x
        return exp(self.a * log(V) + self.b * log(S) + self.c * log(K) + self.d)


class TwoLayers(Module):
    """First V^a S^b and c K + d S; then the one divided by the other."""

    def __init__(self):
        self.a, self.b, self.c, self.d = (Value(0.5) for _ in range(4))

    def __call__(self, x):
        V, S, K = x
        numerator = exp(self.a * log(V) + self.b * log(S))
        denominator = self.c * K + self.d * S
        return numerator / denominator


def reaction(V, S, K):
    return V * S / (K + S)


rng = random.Random(0)
measured = [[rng.uniform(0.5, 2), rng.uniform(0.1, 3), rng.uniform(0.1, 1)] for _ in range(60)]
speeds = [reaction(*x) for x in measured]


def error_on_measured(model):
    return losses.mean_squared_error([model(x) for x in measured], speeds)


for model in OneLayer(), TwoLayers():
    bfgs(model.parameters(), partial(error_on_measured, model))
    worst = max(abs(model.predict(x) - reaction(*x)) for x in measured)
    numbers = [round(p.data, 3) + 0.0 for p in model.parameters()]
    print(f"{type(model).__name__:10} weights {numbers}, largest error {worst:.3f}")
assert worst < 1e-4
assert all(abs(p.data - 1) < 1e-3 for p in model.parameters())

# %% [markdown]
# The second finds the law itself: all four weights are 1. The first has as many weights, and
# cannot. A network does not know beforehand which features it will need. But with layers it can
# build some out of others.
#
# We chose the kind of neurons to suit the law, of course. What MLPs with tanh make of it is the
# last exercise.

# %% [markdown]
# ## Exercises
#
# **1.** There are 16 logical functions of two inputs. Which can a perceptron learn?
#
# *Answer.* All but XOR and its opposite.

# %%
corners = [x for x, _ in xor]
learnable = 0
for code in range(16):
    data = [(x, code >> i & 1) for i, x in enumerate(corners)]
    if Perceptron(2, activation="step").fit(data).converged:
        learnable += 1
    else:
        print("not learned:", [label for _, label in data])
assert learnable == 14

# %% [markdown]
# **2.** Solve XOR with two hidden relu neurons, by hand.
#
# *Answer.* $\text{ReLU}(x_1 + x_2) - 2\, \text{ReLU}(x_1 + x_2 - 1)$ goes up to 1, and down again.

# %%
two_relus = set_weights(MLP(2, [2, 1]), [[1, 1, 0], [1, 1, -1]], [[1, -2, 0]])
assert [two_relus.predict(x) for x, _ in xor] == [label for _, label in xor]

# %% [markdown]
# **3.** The pentagram needed two hidden layers. Did it? Draw the star with one hidden layer of five
# steps. *Hint:* on how many inner sides are you in a tip?
#
# *Answer.* On at least four of the five, everywhere in the star and nowhere else. So one hidden
# layer can do more than convex polygons, if its output neuron counts instead of asking for all.

# %%
at_least_four = [1.0] * 5 + [-3.5]
small_star = set_weights(MLP(2, [5, 1], activation="step"), lines, [at_least_four])
rng = random.Random(0)
for _ in range(2000):
    x = [rng.uniform(-1, 1), rng.uniform(-1, 1)]
    assert (small_star.predict(x) > 0) == (star.predict(x) > 0)

# %% [markdown]
# **4.** How many parameters has an MLP for pictures of 28 by 28 dots, with a hidden layer of 128
# neurons and 10 classes?
#
# *Answer.* Each neuron has a weight for each input and a bias: $128\,(784 + 1) + 10\,(128 + 1)$.

# %%
print(128 * (784 + 1) + 10 * (128 + 1))

# %% [markdown]
# **5.** Learn the Michaelis-Menten function with MLPs of one and of two hidden layers that have
# about 80 parameters. Is the deeper one better on new examples?
#
# *Answer.* A little, from most starts. The start matters as much. Depth pays most where one layer
# has a hard time, and this function is smooth.

# %%
new = [[rng.uniform(0.5, 2), rng.uniform(0.1, 3), rng.uniform(0.1, 1)] for _ in range(200)]
for sizes in [16, 1], [7, 6, 1]:
    from_starts = []
    for seed in range(4):
        model = MLP(3, sizes, activation="tanh", rng=random.Random(seed))
        adam = Adam(model.parameters(), lr=0.03)
        fit(
            model,
            losses.mean_squared_error,
            [(x, reaction(*x)) for x in measured],
            epochs=100,
            optimizer=adam,
            batch_size=20,
            schedule=schedules.cosine_decay,
            rng=random.Random(0),
        )
        squares = [(model.predict(x) - reaction(*x)) ** 2 for x in new]
        from_starts.append(sqrt(sum(squares) / len(squares)))
    found = ", ".join(f"{e:.3f}" for e in from_starts)
    print(f"{len(model.parameters())} parameters, errors from four starts {found}")
    assert max(from_starts) < 0.1
