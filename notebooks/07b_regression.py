# %% [markdown]
# # Regression, and a first look at likelihood
#
# A perceptron says yes or no. Put something softer in place of its sign, and it says how likely, or
# how much, or which of many. Here are these three neurons, the losses they are trained with, and
# the matrix that a row of neurons is.
#
# **You will be able to** write down logistic, linear and softmax regression, their losses and the
# gradient that all three have in common; train each by gradient descent; and read a layer as a
# matrix.
#
# **You need** [the perceptron](07a_perceptron_and_xor.ipynb), the logarithm, and the product of a
# matrix and a vector. The letters are those of
# [the table of symbols](../docs/notation.md#symbols).

# %% [markdown]
# ## A soft perceptron is logistic regression
#
# The sign jumps. The *sigmoid* does the same softly, and its answer can be read as a probability:
#
# $$\hat y = \sigma(z), \qquad z = \mathbf{w} \cdot \mathbf{x} + b, \qquad
# \sigma(z) = \frac{1}{1 + e^{-z}}, \qquad \sigma'(z) = \sigma(z)\,[1 - \sigma(z)].$$
#
# This is *logistic regression*: a perceptron with another activation. $\hat y$ is how likely label
# 1 is, so $1 - \hat y$ is how likely label 0 is.

# %%
from autograd_mini import grad, sigmoid

for z in (-4.0, -1.0, 0.0, 1.0, 4.0):
    y_hat = sigmoid(z)
    print(f"z {z:4}  sigmoid {y_hat:.4f}  slope {grad(sigmoid)(z):.4f}  {y_hat * (1 - y_hat):.4f}")

# %% [markdown]
# The last two columns agree: the slope is $\hat y\,(1 - \hat y)$.
#
# The minus sign matters, and is easily lost. On slides one finds $1 / [1 + \exp(z)]$, together with
# the derivative $\exp(-z) / [1 + \exp(-z)]^2$. They do not fit each other. We make an operation of
# the two with `primitive`, and let `check_gradients` compare the derivative with a measured one:

# %%
from textwrap import fill

from autograd_mini import exp, primitive
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

# %% [markdown]
# Two numbers of the same size, and with different signs. The derivative is that of the sigmoid. But
# the function without the minus falls where the sigmoid rises.
#
# ## How good are these probabilities? The likelihood
#
# A model gave three examples the probabilities 0.9, 0.6 and 0.2 of label 1. Their labels are 1, 1
# and 0. How likely were just these labels, if the model is right? If the examples do not depend on
# each other, multiply: $0.9 \cdot 0.6 \cdot (1 - 0.2)$. That is the *likelihood*. A better model
# gives what happened a higher one.
#
# A product of many small numbers is soon too small for a float: `0.5**1100` is 0. And a sum is
# easier to differentiate. So take the logarithm, which makes a sum of the product, and a minus to
# make a loss of it. This is the *negative log-likelihood*. Of one example it is
#
# $$L = -\left[\, y \ln \hat y + (1 - y) \ln (1 - \hat y) \,\right],$$
#
# which is $-\ln \hat y$ for label 1, and $-\ln(1 - \hat y)$ for label 0.

# %%
from math import log, prod

from nn import losses

said, labels = [0.9, 0.6, 0.2], [1, 1, 0]
likelihood = prod(p if y == 1 else 1 - p for p, y in zip(said, labels))
terms = [losses.negative_log_likelihood(p, y) for p, y in zip(said, labels)]
print(f"likelihood {likelihood:.4f}, minus its logarithm {-log(likelihood):.4f}")
print("loss by loss:", *(f"{term:.4f}" for term in terms), f"  sum {sum(terms):.4f}")

# %% [markdown]
# The gradient at z is the error term δ, and it is short. For label 1 the chain rule gives
# $-\frac{1}{\hat y} \cdot \hat y\,(1 - \hat y) = \hat y - 1$, and for label 0 it gives $\hat y$. In
# one line:
#
# $$\delta = \frac{\partial L}{\partial z} = \hat y - y.$$
#
# **Prediction minus label.** [Notebook 09](09_losses_and_likelihood.ipynb) has more of it. Here is
# an example with z = 0.5 and label 1. The model says 0.62, and δ is 0.62 - 1:

# %%
from autograd_mini import Value

z = Value(0.5, "z")
y_hat = sigmoid(z)
y_hat.label = "ŷ"
loss = losses.negative_log_likelihood(y_hat, 1)
loss.label = "L"
loss.backward()
loss

# %% [markdown]
# ## Training it
#
# No line separates two clouds that overlap, so a perceptron would not come to rest on them.
# Logistic regression does. `fit` takes the mean of the losses over all examples, and makes one step
# of gradient descent, $p \leftarrow p - \eta\, \partial L / \partial p$ for each parameter p; 400
# times.

# %%
import random

from toolbox import draw_panels

from nn import Neuron, fit
from nn.optimizers import SGD

rng = random.Random(4)
overlapping = [
    ([y * 1.4 + rng.gauss(0, 0.8), y * 0.6 + rng.gauss(0, 0.8)], y)
    for _ in range(40)
    for y in (0, 1)
]
logistic = Neuron(2, activation="sigmoid", rng=random.Random(0))
sgd = SGD(logistic.parameters(), lr=4.0)
history = fit(logistic, losses.negative_log_likelihood, overlapping, optimizer=sgd, epochs=400)

expected = sum(logistic.predict(x) for x, _ in overlapping)
right = sum((logistic.predict(x) > 0.5) == (y == 1) for x, y in overlapping)
print("w1, w2, b:", [round(p.data, 3) for p in logistic.parameters()])
print(f"right: {right} of {len(overlapping)}; sum of all probabilities: {expected:.3f}")
draw_panels({"more likely 1": lambda x: logistic.predict(x) - 0.5}, overlapping, -2.2, 3.6, 3.6)

# %% [markdown]
# Why is the sum of the probabilities 40, the number of ones? At the minimum all derivatives are 0.
# The derivative by the bias is the mean of $\hat y - y$ over all examples. So there the sum of the
# predictions is the sum of the labels.
#
# ## Without the sigmoid: linear regression
#
# $\hat y = w_1 x_1 + w_2 x_2 + b$ with the loss $L = (\hat y - y)^2$ is the same neuron without any
# activation. Now y is any number. Again $\hat y - y$ is in the gradient, with a 2: $\delta =
# 2\,(\hat y - y)$. Linear algebra finds the minimum by a formula, *least squares* (`lstsq`), and
# gradient descent comes to the same place. The points are made with the weights 3 and -1, the bias
# 2, and noise:

# %%
import numpy as np

rng = random.Random(5)
inputs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(30)]
examples = [(x, 2.0 + 3.0 * x[0] - 1.0 * x[1] + rng.gauss(0, 0.1)) for x in inputs]

linear = Neuron(2, activation=None, rng=random.Random(0))
sgd = SGD(linear.parameters(), lr=0.3)
fit(linear, losses.mean_squared_error, examples, optimizer=sgd, epochs=200)

design = np.column_stack([inputs, np.ones(len(inputs))])
closed_form = np.linalg.lstsq(design, np.array([y for _, y in examples]), rcond=None)[0]
print("w1, w2, b by gradient descent:", [round(p.data, 4) for p in linear.parameters()])
print("w1, w2, b by linear algebra:  ", [round(float(p), 4) for p in closed_form])

# %% [markdown]
# ## More than two classes: softmax regression
#
# With m classes there are m neurons side by side, and so m scores $z_1, \dots, z_m$. *Softmax*
# makes probabilities of them, positive and with the sum 1:
#
# $$\hat y_i = \frac{e^{z_i}}{\sum_j e^{z_j}}.$$
#
# The loss is minus the logarithm of the probability of the right class: `cross_entropy`. It takes
# the scores themselves. Its gradient, once more: $\delta_i = \hat y_i - y_i$, where $y_i$ is 1 for
# the right class, and else 0. In code classes are counted from 0. Here the right class is 1, the
# second, and the gradients of the three scores are the probabilities, less 1 in the second place:

# %%
from autograd_mini import gradients, softmax

scores = [Value(2.0, "z1"), Value(1.0, "z2"), Value(-1.0, "z3")]
deltas = gradients(losses.cross_entropy(scores, 1), scores)
print("softmax  ", [round(p.data, 4) for p in softmax(scores)])
print("gradients", [round(d, 4) for d in deltas])

# %% [markdown]
# `Linear` is a layer of such neurons. Three of them learn three clouds of points:

# %%
from nn import Linear
from nn.plots import decision_regions

rng = random.Random(6)
centres = [(0.0, 1.2), (-1.1, -0.7), (1.1, -0.7)]
three = [
    ([cx + rng.gauss(0, 0.45), cy + rng.gauss(0, 0.45)], k)
    for _ in range(25)
    for k, (cx, cy) in enumerate(centres)
]
classifier = Linear(2, 3, rng=random.Random(0))  # three neurons without an activation
sgd = SGD(classifier.parameters(), lr=1.0)
fit(classifier, losses.cross_entropy, three, optimizer=sgd, epochs=100)
decision_regions(classifier, three)

# %% [markdown]
# Each border is straight: there two classes have the same score.
#
# With two classes softmax is nothing new. Divide numerator and denominator by $e^{z_1}$: the first
# probability is $1 / (1 + e^{z_2 - z_1})$, which is the sigmoid of $z_1 - z_2$.

# %%
for z1, z2 in [(0.0, 0.0), (1.5, -0.5), (-3.0, 4.0)]:
    print(f"softmax {softmax([z1, z2])[0]:.6f}   sigmoid {sigmoid(z1 - z2):.6f}")

# %% [markdown]
# ## A layer is a matrix
#
# Put m neurons side by side, all with the same n inputs. Their weights are the rows of a matrix:
#
# $$\mathbf{z} = \mathbf{W}\mathbf{x} + \mathbf{b}, \qquad \mathbf{W} = \begin{pmatrix}
# \leftarrow \mathbf{w}_1 \rightarrow \\ \vdots \\ \leftarrow \mathbf{w}_m \rightarrow
# \end{pmatrix}, \qquad \mathbf{h} = \sigma(\mathbf{z}).$$
#
# W is m by n, and the sigmoid is applied to each element. The outputs h of one layer are the inputs
# of the next. That is a *multi-layer perceptron*, an `MLP`.


# %%
from nn import MLP


def matrix(layer):
    return np.array([[w.data for w in neuron.w] for neuron in layer.neurons])


network = MLP(3, [4, 2], activation="sigmoid", output_activation="sigmoid", rng=random.Random(0))
h = x = [0.5, -1.0, 2.0]
for layer in network.layers:
    W, b = matrix(layer), np.array([neuron.b.data for neuron in layer.neurons])
    h = 1 / (1 + np.exp(-(W @ h + b)))
    print("W is", W.shape)
print("by matrices", h.round(6), "  by the network", np.round(network.predict(x), 6))
print(network, "has", len(network.parameters()), "parameters:", "4 (3 + 1) + 2 (4 + 1)")

# %% [markdown]
# ## Dense, sparse and convolutional layers
#
# In a *dense* layer every output depends on every input. In a *sparse* one some connections are
# missing. In a *convolutional* one each output depends on a few neighbours, and all outputs use the
# same weights. All three are weighted sums plus a bias, so each is a matrix plus a bias. `jacobian`
# finds the matrix ([notebook 04](04_chain_rule_by_hand.ipynb)). Here they are, each with 12 inputs
# (white is 0):

# %%
import matplotlib.pyplot as plt

from autograd_mini import jacobian
from nn import Conv1d, SparseLinear

dense = Linear(12, 10, rng=random.Random(0))
sparse = SparseLinear(12, 10, density=0.3, rng=random.Random(0))
convolution = Conv1d(1, 1, kernel_size=3, init="uniform", rng=random.Random(5))
layers = {
    "dense": (dense, dense),
    "sparse": (sparse, sparse),
    "convolutional": (convolution, lambda x: convolution([x])[0]),  # it takes a list of signals
}
figure, axes = plt.subplots(1, 3, figsize=(9, 3))
for axis, (title, (model, function)) in zip(axes, layers.items()):
    table = jacobian(function)([0.0] * 12)  # row i, column j: how output i moves with input j
    numbers = np.array([[getattr(d, "data", d) for d in row] for row in table])  # of Values, too
    peak = np.max(np.abs(numbers))
    axis.imshow(numbers, cmap="RdBu", vmin=-peak, vmax=peak)
    axis.set(title=f"{title}: {len(model.parameters())} parameters", xticks=[], yticks=[])
    axis.set(xlabel="input", ylabel="output")
figure.tight_layout()

# %% [markdown]
# The convolution's weights repeat along the diagonals. So if the input moves by one place, the
# output moves by one place:

# %%
x = [0.0, 0.0, 1.0, 2.0, 0.0, 0.0]
print(np.round(convolution.predict([x])[0], 3))
print(np.round(convolution.predict([[0.0, *x[:-1]]])[0], 3))

# %% tags=["guard"]
check_gradients(sigmoid, 0.5)
assert abs(sum(terms) + log(likelihood)) < 1e-12
assert abs(expected - 40) < 0.01
assert all(abs(p.data - q) < 1e-6 for p, q in zip(linear.parameters(), closed_form))
assert abs(sum(deltas)) < 1e-12
assert np.max(np.abs(h - network.predict([0.5, -1.0, 2.0]))) < 1e-15

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("07b")

# %% [markdown]
# **1.** What does logistic regression answer where $w_1 x_1 + w_2 x_2 = 1$ and b = -1? And what is
# the slope of the sigmoid there? Give a list of two numbers.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What is z? And e⁰ is 1.</details>
# <details><summary>Answer</summary>
#
# z = 0, so $\hat y = 1/2$, and the slope is $\hat y\,(1 - \hat y) = 1/4$. `my_answer = [0.5, 0.25]`
#
# </details>
#
# **2.** A model gives three examples the probabilities 0.8, 0.5 and 0.4 of label 1. Their labels
# are 1, 1 and 0. What is the likelihood?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How likely is label 0 for the third, by the model?</details>
# <details><summary>Answer</summary>
#
# $0.8 \cdot 0.5 \cdot (1 - 0.4)$. `my_answer = 0.8 * 0.5 * (1 - 0.4)`
#
# </details>
#
# **3.** Write the error term $\delta = \partial L / \partial z$ of logistic regression as a formula
# in z and y alone. Give a text, such as `"z * exp(y)"`.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>It is the prediction minus the label, and the prediction is the
# sigmoid of z.</details>
# <details><summary>Answer</summary>
#
# $\hat y - y$ with $\hat y = 1 / (1 + e^{-z})$. `my_answer = "1 / (1 + exp(-z)) - y"`
#
# </details>
#
# **4.** Write `softmax(z)`: it takes a list of plain numbers, and gives the list of probabilities.
# It has to work for any numbers, also for 4000 and for -2000, where `math.exp` gives an error or 0.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Only differences count. What if the largest z is subtracted from
# all of them first?</details> <details><summary>Answer</summary>
#
# Then no exponent is above 0, and nothing overflows.
#
# ```python
# from math import exp
#
#
# def softmax(z):
#     powers = [exp(zi - max(z)) for zi in z]
#     return [power / sum(powers) for power in powers]
#
#
# my_answer = softmax
# ```
#
# </details>
#
# **5.** On some data logistic regression does not come to rest: its weights grow and grow. Invent
# four examples like that: a list of four pairs (x, y), x a number and y 0 or 1. Both labels have to
# occur.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>When does it help to double w and b? Think of what the perceptron
# can do.</details>
# <details><summary>Answer</summary>
#
# Where a threshold divides the labels, all predictions are on the right side, and larger weights
# make each of them surer. So each doubling of w and b lowers the loss.
# `my_answer = [(1.0, 0), (2.0, 0), (3.0, 1), (4.0, 1)]`
#
# </details>
