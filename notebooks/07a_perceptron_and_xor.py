# %% [markdown]
# # The perceptron, and XOR
#
# A perceptron draws one straight line through the plane. That is enough for some problems, and
# hopeless for others. Here we see what it can do, where it fails, and four ways out.
#
# **You will be able to** update a perceptron by hand, and say why the update is a step of gradient
# descent; show that no line solves XOR; and solve it by features, by a kernel, by chance, and by a
# hidden layer.
#
# **You need** the dot product $\mathbf{w} \cdot \mathbf{x} = w_1 x_1 + \dots + w_n x_n$, also
# written $\mathbf{w}^\top \mathbf{x}$, and [gradients](01_step_through_backprop.ipynb). Bold
# letters are vectors; all letters are in [the table of symbols](../docs/notation.md#symbols).

# %% [markdown]
# ## The perceptron
#
# A perceptron has a weight for each input. It computes a weighted sum, and looks at its sign:
#
# $$z = \mathbf{w} \cdot \mathbf{x}, \qquad
# \hat y = \text{sgn}(z) = \begin{cases} +1, & z > 0 \\ -1, & z < 0 \end{cases}$$
#
# A bias, $z = \mathbf{w} \cdot \mathbf{x} + b$, needs no rule of its own. Give every $\mathbf{x}$
# one more input that is 1, and b is one more weight:
#
# $$\begin{bmatrix} \mathbf{w} \\ b \end{bmatrix} \cdot
# \begin{bmatrix} \mathbf{x} \\ 1 \end{bmatrix} = \mathbf{w} \cdot \mathbf{x} + b.$$
#
# `Perceptron(2)` has three weights, which start at 0; the last is the bias. Here are two clouds of
# points for it to tell apart, with labels -1 and 1. `fit` goes through all points again and again,
# and stops after a pass without a mistake:

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
print("mistakes in each pass:", result.mistakes)
print("w1, w2, b:", [round(w.data, 3) for w in perceptron.w])

# %% [markdown]
# Where z = 0 it cannot decide: that is the *decision boundary*, $w_1 x_1 + w_2 x_2 + b = 0$, a
# straight line. `decision_regions` asks the model all over the plane and colours the answers.

# %%
from nn.plots import decision_regions

decision_regions(perceptron, clouds, resolution=150)

# %% [markdown]
# ## Its update rule
#
# A perceptron learns from its mistakes alone. It looks at one example after the other. When the
# sign is wrong it moves its weights towards that example (label 1), or away from it (label -1):
#
# $$\mathbf{w} \leftarrow \mathbf{w} + \eta\, y\, \mathbf{x}.$$
#
# Where does the rule come from? From a cost, which is how far z is on the wrong side:
#
# $$L = \mathbb{I}\{y \neq \hat y\}\, |z|, \qquad
# \mathbb{I}\{\dots\} = 1 \text{ if that holds, and else } 0.$$
#
# In `nn.losses` it is `perceptron_cost`, written as $\max(0, -yz)$. A perceptron takes the point
# (2, 1) for a 1, and its label is -1:

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
# mistake the cost is $-y z$, so the gradient of $w_i$ is $-y\,x_i$, and else it is 0. A step of
# gradient descent subtracts it, times η. So the update rule *is* gradient descent on this cost, one
# example at a time. We let both go through the clouds from the same start, and count differences:

# %%
from nn.optimizers import SGD

by_rule, by_gradient = Perceptron(2), Perceptron(2)
for w, same, number in zip(by_rule.w, by_gradient.w, (-0.5, 0.3, 0.1)):
    w.data = same.data = number
# stochastic gradient descent: its step() does p.data -= lr * p.grad, for each parameter p
sgd = SGD(by_gradient.parameters(), lr=1.0)

mistakes_in_clouds = differences = 0
for x, y in clouds:
    mistakes_in_clouds += by_rule.fit([(x, y)], epochs=1).mistakes[0]

    sgd.zero_grad()
    perceptron_cost(by_gradient.score(x), y).backward()
    sgd.step()
    differences += [w.data for w in by_rule.w] != [w.data for w in by_gradient.w]
print(f"{len(clouds)} examples, {mistakes_in_clouds} mistakes, {differences} differences")

# %% [markdown]
# There is one difference that the clouds do not show. Where z is exactly 0, the cost is 0, and so
# is its gradient. That is where a perceptron starts! So the rule counts z = 0 as a mistake,
# whatever the label is, or it would not begin.
#
# And it ends, if some line separates the classes. Novikoff proved in 1962 that the number of
# mistakes is then at most $(R / \gamma)^2$. R is the length of the longest example, and $\gamma$
# the distance of the nearest one from that line. (Both are measured with the input that is 1.)

# %%
from math import hypot

length = hypot(*(w.data for w in perceptron.w))
R = max(hypot(*x, 1) for x, _ in clouds)
gamma = min(y * perceptron.score(x).data for x, y in clouds) / length
print(f"{sum(result.mistakes)} mistakes, and at most {(R / gamma) ** 2:.0f} were possible")

# %% [markdown]
# ## XOR: no line will do
#
# Now four points. The label is 1 where exactly one input is 1: the logical *exclusive or*.

# %%
from nn import toys

xor = toys.xor()
print(*xor)

line = Perceptron(2, activation="step")  # for labels 0 and 1
print("mistakes in each pass:", line.fit(xor, epochs=20).mistakes)

# %% [markdown]
# It goes round in circles. It has to, since what we ask is a contradiction. In the order above, the
# four points want
#
# $$b < 0, \qquad w_1 + b > 0, \qquad w_2 + b > 0, \qquad w_1 + w_2 + b < 0.$$
#
# The two in the middle add up to $w_1 + w_2 + 2b > 0$, the outer two to $w_1 + w_2 + 2b < 0$. Both
# cannot be. Three of the four can: w = (1, 1) and b = -1/2 miss only the last. So a line gets 75 %
# right at best.

# %% [markdown]
# ## XOR by a feature map
#
# The first way out: give the perceptron something better to look at. With the product $x_1 x_2$ as
# a third input the four points are corners of a cube, and there a plane separates them.


# %%
def with_product(x):
    return [x[0], x[1], x[0] * x[1]]


by_features = Perceptron(3, activation="step")
passes = len(by_features.fit([(with_product(x), y) for x, y in xor]).mistakes)
w1, w2, w3, b = (w.data for w in by_features.w)
print(f"{w1:g} x1 {w2:+g} x2 {w3:+g} x1 x2 {b:+g} > 0, after {passes} passes")

# %% [markdown]
# ## XOR by a kernel
#
# The perceptron's weights are a sum of examples, each as often as it was a mistake:
# $\mathbf{w} = \sum_i m_i y_i \mathbf{x}_i$. So the score needs only dot products of examples,
# $\mathbf{w} \cdot \mathbf{x} = \sum_i m_i y_i\, \mathbf{x}_i \cdot \mathbf{x}$. Put a *kernel* in
# place of the dot product: a function that is a dot product of features ψ, but does not compute
# them. Multiply the square out, and you find the six features of this one:
#
# $$k(\mathbf{u}, \mathbf{x}) = (1 + \mathbf{u} \cdot \mathbf{x})^2
# = \psi(\mathbf{u}) \cdot \psi(\mathbf{x}), \qquad
# \psi(\mathbf{x}) = (\sqrt 2 x_1, \sqrt 2 x_2, x_1^2, x_2^2, \sqrt 2 x_1 x_2, 1).$$

# %%
from autograd_mini import dot


def kernel(u, x):
    return (1 + dot(u, x)) ** 2


def kernel_score(x):  # 2 y - 1 is -1 or 1
    return sum(m * (2 * y - 1) * kernel(xi, x) for m, (xi, y) in zip(counts, xor))


counts, mistakes = [0] * len(xor), []
while not mistakes or mistakes[-1]:
    mistakes.append(0)
    for i, (x, y) in enumerate(xor):
        if (2 * y - 1) * kernel_score(x) <= 0:
            counts[i] += 1
            mistakes[-1] += 1
print("mistakes in each pass:", mistakes)


# %% [markdown]
# ## XOR by random features
#
# Do we have to know which features help? No: take many at random. Each is a line drawn blindly,
# and tells on which side of it the point is. All numbers come from the normal distribution:
#
# $$h_i = \text{sgn}(\mathbf{w}_i \cdot \mathbf{x} + b_i), \qquad
# w_{i,j}, b_i \sim \text{Normal}(0, 1).$$
#
# With how many features does a perceptron separate the four points? We draw 100 times each:

# %%
from nn import RandomFeatures

succeeded = {}
for count in (2, 4, 8, 16, 32):
    succeeded[count] = 0
    for seed in range(100):
        project = RandomFeatures(2, count, rng=random.Random(seed))
        data = [(project.predict(x), y) for x, y in xor]
        succeeded[count] += Perceptron(count, activation="step").fit(data, epochs=200).converged
    print(f"{count:2} random features: {succeeded[count]:3} of 100")

# %% [markdown]
# ## XOR by a hidden layer
#
# The fourth way: let the network *learn* its features. One perceptron looks at what others answer,
# the *hidden layer*. First by hand. "Exactly one of the two" is "at least one (OR), and not both
# (NAND)". OR and NAND are lines, and AND of the two answers is a line again. The step gives 1 for a
# positive z, and else 0. (`set_weights` takes a row for each neuron, with its bias at the end.)

# %%
from toolbox import accuracy, set_weights

from nn import MLP

OR, NAND, AND = [1, 1, -0.5], [-1, -1, 1.5], [1, 1, -1.5]
steps = MLP(2, [2, 1], activation="step", output_activation="step")
by_hand = set_weights(steps, [OR, NAND], [AND])
for x, y in xor:
    print(x, y, "  hidden", by_hand.layers[0].predict(x), " output", by_hand.predict(x))

# %% [markdown]
# Now let it learn. The slope of the step is 0, so we take tanh instead. The loss is that of [the
# moons](05_train_moons.ipynb): small where z is far above 0 for label 1, and far below for label 0.
# `fit` is the loop: forward, backward, a step, 400 times.

# %%
from nn import fit, losses


def learn_xor(hidden, seed):
    model = MLP(2, [hidden, 1], activation="tanh", rng=random.Random(seed))
    sgd = SGD(model.parameters(), lr=1.0)
    fit(model, losses.binary_cross_entropy_with_logits, xor, optimizer=sgd, epochs=400)
    return model


learned = learn_xor(4, seed=0)
solved = {}
for hidden in (2, 4, 8):
    solved[hidden] = sum(accuracy(learn_xor(hidden, seed), xor) == 1 for seed in range(10))
    print(f"{hidden} hidden neurons: solved from {solved[hidden]} of 10 starts")

# %% [markdown]
# Two hidden neurons are enough, as we saw by hand. But from one of these starts gradient descent
# did not get there. With more neurons than it needs it got there each time. Here are the four ways,
# as they divide the plane:

# %%
from toolbox import draw_panels

project = RandomFeatures(2, 32, rng=random.Random(0))
on_random = Perceptron(32, activation="step")
on_random.fit([(project.predict(x), y) for x, y in xor], epochs=200)

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
# All four are right at the four points. Between the points they differ.

# %% tags=["guard"]
assert all(perceptron.predict(x) == y for x, y in clouds)
assert (differences, succeeded[32], solved) == (0, 100, {2: 9, 4: 10, 8: 10})
assert sum(result.mistakes) <= (R / gamma) ** 2
for x, y in xor:
    scores = (kernel_score(x), by_features.score(with_product(x)).data, learned.predict(x))
    assert all((z > 0) == y == by_hand.predict(x) for z in scores)

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("07a")

# %% [markdown]
# **1.** There are 16 logical functions of two inputs, each 0 or 1. How many of them can a
# perceptron with a bias learn?

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Which ones can no line separate? XOR is one.</details>
# <details><summary>Answer</summary>
#
# All but XOR and its opposite. `my_answer = 14`
#
# </details>
#
# **2.** A perceptron with the weights 0.5, -0.25 and the bias 0.5 sees the point (2, 1), whose
# label is -1. What are $w_1$, $w_2$ and b after the update with $\eta = 1$?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>z is 1.25: a mistake. The input of the bias is 1.</details>
# <details><summary>Answer</summary>
#
# $\mathbf{w} + y\,\mathbf{x} = (0.5 - 2, -0.25 - 1, 0.5 - 1)$. `my_answer = [-1.5, -1.25, -0.5]`
#
# </details>
#
# **3.** Write the rule as a function: `update(w, x, y)` gives the new weights as a list, with
# $\eta = 1$. The last input in x is the 1, and y is -1 or 1. What is not a mistake changes nothing.

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>What is a mistake, if z may be 0?</details>
# <details><summary>Answer</summary>
#
# A mistake is where $y z \leq 0$; otherwise the weights stay.
#
# ```python
# def update(w, x, y):
#     z = sum(wi * xi for wi, xi in zip(w, x))
#     return [wi + y * xi for wi, xi in zip(w, x)] if y * z <= 0 else w
#
#
# my_answer = update
# ```
#
# </details>
#
# **4.** Solve XOR with two hidden neurons with $\mathrm{relu}(z) = \max(0, z)$, by hand, so that
# the output *is* the label. Give three rows: $[w_1, w_2, b]$ of each hidden neuron, and $[v_1, v_2,
# c]$, the weights and the bias of the output, which has no activation.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Let both neurons look at x1 + x2, which is 0, 1 or 2.</details>
# <details><summary>Answer</summary>
#
# $\mathrm{relu}(x_1 + x_2) - 2\, \mathrm{relu}(x_1 + x_2 - 1)$ goes up to 1, and down again.
# `my_answer = [[1, 1, 0], [1, 1, -1], [1, -2, 0]]`
#
# </details>
#
# **5.** Invent *one* feature with which a perceptron that sees nothing else solves XOR. Give a
# function of the list `x = [x1, x2]`, such as `lambda x: x[0] + x[1]` (which does not do).

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>It should be large where exactly one of the two is 1.</details>
# <details><summary>Answer</summary>
#
# $(x_1 - x_2)^2$ is the label itself, and $|x_1 - x_2|$ too.
# `my_answer = lambda x: (x[0] - x[1]) ** 2`
#
# </details>
