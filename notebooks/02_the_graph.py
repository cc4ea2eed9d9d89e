# %% [markdown]
# # The graph
#
# Every Value remembers what it was made from. So a loss is not only a number: it is a graph, and
# backprop is a walk over it. In this notebook we look at that graph, first node by node, then
# neuron by neuron, and at the end at one with fifty thousand nodes.
#
# **You will be able to** read the picture of any graph, choose how much of it to see, and see where
# gradients vanish.
#
# **You need** [Step through backprop](01_step_through_backprop.ipynb): what a Value, a local
# derivative and a gradient are.

# %% [markdown]
# ## One neuron
#
# A neuron multiplies its inputs by weights, adds a bias and bends the sum:
# $\hat y = \tanh(w_1 x_1 + w_2 x_2 + b)$.

# %%
from autograd_mini import Value, draw_dot, tanh

w1, w2, b = Value(0.5, "w1"), Value(-1.0, "w2"), Value(0.1, "b")
x1, x2 = Value(2.0, "x1"), Value(0.4, "x2")
y_hat = tanh(w1 * x1 + w2 * x2 + b)
y_hat.label = "ŷ"
y_hat.backward()
draw_dot(y_hat)

# %% [markdown]
# Read it from left to right. A blue box is a *leaf*: a number that we wrote down. A dark sign is
# an operation, and the box behind it is the Value that it made. The box with two outlines is the
# *root*, where backprop starts.
#
# Now from right to left. The number on an edge is the local derivative along it. The gradient of
# a node is the gradient of what it goes into, times the number on the edge. For w1:

# %%
p1 = y_hat.parents[0].parents[0].parents[0]  # w1 * x1
print(f"{p1.grad:.4f} * {x1.data} = {p1.grad * x1.data:.4f}, and w1.grad is {w1.grad:.4f}")

# %% [markdown]
# When you have run the cell, hold the pointer over a box or an edge: it shows all its digits.
#
# One path is easier to follow when the others step back:

# %%
draw_dot(y_hat, highlight=w1)

# %% [markdown]
# ## A network
#
# An `MLP` is layers of such neurons. As textbooks draw it, with wider lines for larger weights,
# and dashes for negative ones:

# %%
import random

from autograd_mini import draw_mlp
from nn import MLP, losses

model = MLP(2, [3, 1], activation="tanh", rng=random.Random(3))
draw_mlp(model, x=[1.0, -2.0])

# %% [markdown]
# The numbers are the activations for the input (1, -2). The same network, as the graph of its
# loss on that one example:

# %%
x = [Value(1.0, "x1"), Value(-2.0, "x2")]
loss = losses.mean_squared_error([model(x)], [1.0])
loss.label = "loss"
loss.backward()
draw_dot(loss, model=model)

# %% [markdown]
# Because it was told the model, the picture has a card for each neuron: a row for each input with
# its weight, then the bias, the sum z and the output. An edge ends at the weight that it is
# multiplied by. Read one card from top to bottom, and you have computed a neuron.
#
# ## More detail, and less
#
# Inside a card is a graph, too. Spelled out, with its parameters under the model's names, in boxes
# with a folded corner:

# %%
neuron = model.layers[0].neurons[0]
draw_dot(neuron(x), model=neuron, expand=True)

# %% [markdown]
# One step further back, one layer is one card. Its numbers are norms, the lengths of the vectors:

# %%
draw_dot(loss, model=model, detail="layers")

# %% [markdown]
# ## Too many to draw
#
# A network for pictures of 28 by 28 pixels has a graph of fifty thousand nodes. What repeats
# itself is drawn once, and counted:

# %%
from autograd_mini import topological_order

rng = random.Random(0)
digits = MLP(784, [64, 10], rng=rng)
digits_loss = losses.cross_entropy(digits([rng.random() for _ in range(784)]), 3)
digits_loss.backward()
print(f"{len(topological_order(digits_loss)):,} nodes")
draw_dot(digits_loss)

# %% [markdown]
# Nobody told this picture what a layer is. It found the 64 neurons of the first layer because
# they are made in the same way from nodes of the same kind.

# %% [markdown]
# ## Where gradients vanish
#
# Ten layers of sigmoids, each with one neuron. The sigmoid $\sigma(z) = 1 / (1 + e^{-z})$ has the
# slope $\sigma(z)\,(1 - \sigma(z))$ ([notebook 04](04_chain_rule_by_hand.ipynb) derives it). This
# is at most 1/4, where $\sigma(z)$ is one half. How much of the gradient reaches the first layer?

# %%
deep = MLP(1, [1] * 10, activation="sigmoid", rng=random.Random(0))
deep_loss = losses.mean_squared_error([deep([1.0])], [1.0])
deep_loss.backward()
draw_dot(deep_loss, model=deep, color="gradient", hide=["bias", "local"])

# %% [markdown]
# Dark cards have large gradients. A layer multiplies the gradient by its weight and by the slope of
# its sigmoid. So where no weight is above 4 in size, each layer passes on less than it gets. One
# step of the colours is a factor of ten here.

# %%
weights = [layer.neurons[0].w[0].data for layer in deep.layers]
print("largest weight:", round(max(map(abs, weights)), 2))
print("gradients of the weights, first to last:", end=" ")
print(", ".join(f"{layer.neurons[0].w[0].grad:.0e}" for layer in deep.layers))

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("02")

# %% [markdown]
# **1.** Let a = 3, b = a + a and c = b · b. How many edges arrive at the operation of b, and what
# is the gradient of a? Give both as a list.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>An operand that is used twice has two edges.</details>
# <details><summary>Answer</summary>
#
# Two edges, each with the local derivative 1: where a moves by one, b moves by two. $c = 4a^2$, so
# the gradient is $8a = 24$. `my_answer = [2, 24.0]`
#
# </details>
#
# **2.** In the network with three hidden neurons above, through how many paths does the gradient
# reach x1?

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary><code>draw_dot(loss, model=model,
# highlight=x[0])</code> shows them.</details>
# <details><summary>Answer</summary>
#
# Three, one through each hidden neuron. `my_answer = 3`
#
# </details>
#
# **3.** A sigmoid neuron with one input has the weight 2. By which factor at most does it multiply
# a gradient that comes back through it?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Two local derivatives are on the way: that of the sigmoid, and
# that of the product.</details>
# <details><summary>Answer</summary>
#
# The slope of the sigmoid is at most 1/4, and the weight is 2. `my_answer = 2 / 4`
#
# </details>
#
# **4.** Write a function `edges(root)` that counts the edges of a graph.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>topological_order(root) has each node once, and node.parents has a
# parent twice if it is used twice.</details>
# <details><summary>Answer</summary>
#
# Every edge ends at one node, so count the parents of each. A recursion over the parents would
# count the edges of a shared node once for each way that leads there.
#
# ```python
# from autograd_mini import topological_order
#
#
# def edges(root):
#     return sum(len(node.parents) for node in topological_order(root))
#
#
# my_answer = edges
# ```
#
# </details>
#
# **5.** Build a graph of four nodes, one of them a leaf, in which eight paths lead from the leaf to
# the root. The answer is the root.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How many paths does b = a + a have?</details>
# <details><summary>Answer</summary>
#
# Each node uses the one before it twice, and so doubles the number of paths. Sums do it, and
# products too.
#
# ```python
# from autograd_mini import Value
#
# x = Value(1.0, "x")
# y = x + x
# z = y + y
# my_answer = z + z
# ```
#
# </details>
