# %% [markdown]
# # Why topological order?
#
# Before it starts, `backward()` sorts the nodes of the graph. Why? The chain rule passes a
# gradient from a node to its parents, and from there to theirs. That sounds like a recursion of
# four lines, with nothing to sort.
#
# It is not, and two additions are enough to show it:
#
# $$b = a + a, \qquad c = b + b.$$
#
# Here we write the four lines and watch them go wrong. Then we repair them, and count what the
# repair costs.
#
# **You will be able to** say when a node may pass its gradient on, write a topological sort and
# backprop, and recognise two wrong ones.
#
# **You need** to know how a gradient travels along an edge:
# [Step through backprop](01_step_through_backprop.ipynb) shows it.

# %% [markdown]
# ## Four lines that look right

# %%
from autograd_mini import Value, tanh


def naive(root):
    """The gradient of every node, passed on whenever something arrives. Wrong!"""
    gradient = {root: 1.0}

    def pass_on(node):
        for parent, local in zip(node.parents, node.partials):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
            pass_on(parent)

    pass_on(root)
    return gradient


# %% [markdown]
# For each parent: multiply the node's gradient with the local derivative, add the product to the
# parent's gradient, and go on from the parent. We try it on a neuron:

# %%
w, x, b = Value(0.5, "w"), Value(2.0, "x"), Value(0.1, "b")
y = tanh(w * x + b)
y.label = "y"
y.backward()
found = naive(y)
for leaf in (w, x, b):
    print(f"d y / d {leaf.label}:  naive {found[leaf]:.6f}   backward() {leaf.grad:.6f}")

# %% [markdown]
# It works. Does it always?
#
# ## Two additions
#
# Every b is two a, and every c is two b. So c is four a, and the gradient of a is 4.

# %%
a = Value(1.0, "a")
b = a + a
c = b + b
b.label, c.label = "b", "c"
c.backward()
c

# %%
print("backward()", a.grad, "  naive", naive(c)[a])

# %% [markdown]
# Six! Let us watch where the two extra ones come from. `order="depth_first"` runs the naive
# recursion. Press **→** to go through it.

# %%
from autograd_mini import step_through

step_through(c, order="depth_first", title="Depth first: passed on too early")

# %% [markdown]
# The same in words. `d([b] + b)/d[b]` is the derivative of one sum by the operand in brackets alone
# ([the notation](../docs/notation.md)):

# %%
from autograd_mini import backprop_steps

for step in backprop_steps(c, order="depth_first"):
    print(f"{step.number}  {step.text}   so far {step.after}")

# %% [markdown]
# - Step 1: the first edge from c brings 1 to b.
# - Steps 2 and 3: b passes this 1 on at once, along both of its edges. Now a has 2.
# - Step 4: the second edge from c brings another 1. Now b has 2.
# - Steps 5 and 6: b passes on all that it has, 2, along both edges. Now a has 6.
#
# The gradient of b is right in the end. The mistake is *when* it is passed on. The 1 of step 1
# was passed on in steps 2 and 3, and it is in the 2 of steps 5 and 6 again. It has reached a
# twice.
#
# Here is the right order:

# %%
step_through(c, title="Topological order: each node waits until its gradient is complete")

# %%
for step in backprop_steps(c):
    print(f"{step.number}  {step.text}   so far {step.after}")

# %% [markdown]
# First both edges into b, and then, with b complete, both edges into a. Two steps fewer, and the
# answer is 4.
#
# > A node may pass its gradient on only when it is complete: when something has arrived along
# > *every* edge on which the node was used.

# %% [markdown]
# ## A repair that is wrong the other way
#
# A first idea: let each node pass on only once, and remember who has.


# %%
def naive_once(root):
    """Each node passes on once, when something arrives for the first time. Wrong!"""
    gradient, done = {root: 1.0}, set()

    def pass_on(node):
        done.add(node)
        for parent, local in zip(node.parents, node.partials):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
            if parent not in done:
                pass_on(parent)

    pass_on(root)
    return gradient


print(naive_once(c)[a])

# %% [markdown]
# Two. Now b passes on its first 1, and nothing of the second. It is too early again. Before, too
# much arrived at a, and now too little. (It takes one step for each edge: 2n for n such additions.)

# %% [markdown]
# ## A repair that is right, and far too slow
#
# The second idea: pass on only what has *just* arrived, not the sum so far.


# %%
def by_paths(root):
    """(the gradient of every node, the number of steps): each arrival is passed on by itself."""
    gradient, steps = {root: 1.0}, 0

    def pass_on(node, arrived):
        nonlocal steps
        for parent, local in zip(node.parents, node.partials):
            steps += 1
            gradient[parent] = gradient.get(parent, 0.0) + arrived * local
            pass_on(parent, arrived * local)

    pass_on(root, 1.0)
    return gradient, steps


print(by_paths(c)[0][a])

# %% [markdown]
# Four. This is right, for every graph: it is the chain rule as a sum over all *paths* from the
# root to a, with one product for each.

# %%
from autograd_mini import chain_rule

chain_rule(c, a)

# %% [markdown]
# But count the paths. One more addition on top, and there are twice as many. Such a graph is a
# *ladder*: each rung uses the one before it twice.

# %%
from autograd_mini import draw_dot


def ladder(rungs):
    """(the top, the bottom)"""
    bottom = top = Value(1.0, "a")
    for _ in range(rungs):
        top = top + top
    return top, bottom


draw_dot(ladder(4)[0])

# %% [markdown]
# A graph of n rungs has only 2n edges, and in topological order each is passed once. The
# recursion passes them once for every path that leads there: 2 at the top, then 4, then 8. That is
# $2 + 4 + \dots + 2^n = 2^{n+1} - 2$ steps.

# %%
counts = []
print("rungs   topological   path by path")
for n in range(1, 16):
    top, bottom = ladder(n)
    gradient, steps = by_paths(top)
    edges = len(backprop_steps(top)) - 1  # step 0 is the seed
    counts.append((n, edges, steps))
    print(f"{n:5} {edges:13} {steps:14,}")

# %%
import matplotlib.pyplot as plt

rungs, edges, steps = zip(*counts)
figure, axes = plt.subplots(figsize=(5.5, 3.2))
axes.semilogy(rungs, steps, "^-", color="#d55e00", label="path by path")
axes.semilogy(rungs, edges, "o-", color="#0072b2", label="topological order")
axes.set(xlabel="rungs", ylabel="steps (each line is ten times more)")
axes.grid(alpha=0.3)
axes.legend()
figure.tight_layout()

# %% [markdown]
# On this scale a straight line is exponential growth. Sixty rungs are nothing for topological
# order. And for the recursion, at a million steps a second?

# %%
top, bottom = ladder(60)
top.backward()
years = (2**61 - 2) / 1e6 / (60 * 60 * 24 * 365)
print(f"topological: {len(backprop_steps(top)) - 1} steps; path by path: {years:,.0f} years")

# %% [markdown]
# The naive recursion from the top of this page takes as many steps, to be wrong.
# `order="depth_first"` refuses before it gets out of hand:

# %%
from textwrap import fill

from autograd_mini import AutogradError

try:
    backprop_steps(top, order="depth_first")
except AutogradError as error:
    print(fill(str(error), 90))

# %% [markdown]
# Nobody trains ladders. But a network is not far from one: every neuron of a layer feeds all
# neurons of the next. So with each hidden layer of 16 neurons, there are 16 times as many paths.

# %%
import random

from autograd_mini import topological_order
from nn import MLP


def count_path_steps(root):
    """The steps of by_paths(), without taking them: for each edge the paths that lead to it."""
    paths = {root: 1}
    steps = 0
    for node in reversed(topological_order(root)):
        for parent in node.parents:
            paths[parent] = paths.get(parent, 0) + paths[node]
            steps += paths[node]
    return steps


for depth in (1, 2, 3, 4, 5):
    y = MLP(2, [16] * depth + [1], rng=random.Random(0))([0.5, -0.5])
    print(f"hidden layers: {depth}   edges: {len(backprop_steps(y)) - 1:5,}   ", end="")
    print(f"steps path by path: {count_path_steps(y):9,}")

# %% [markdown]
# ## The order
#
# So each node has to wait until all that was made from it has passed on. We need a list of the
# nodes in which each stands *before* everything that was made from it: parents first, root last.
# That is a *topological order*. Going through it backwards, nobody is too early.
#
# To find one is a recursion again, and this time a good one: visit the parents, and then put the
# node down. Each node is visited once.


# %%
def sort(root):
    """The nodes in a topological order."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(root)
    return order


def backprop(root):
    """The gradient of every node."""
    gradient = {root: 1.0}
    for node in reversed(sort(root)):
        for parent, local in zip(node.parents, node.partials):
            gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
    return gradient


print([node.label for node in sort(c)], backprop(c)[a])

# %% [markdown]
# The loop over the parents is that of the naive recursion, but for one line: it does not go on
# from the parent. The order in which nodes come is decided beforehand.
#
# This is what `backward()` does, too, only without recursion, so that no graph is too deep for
# it. Here is a graph with a short and a long way from p to y:

# %%
x = Value(2.0, "x")
p = x * x
q = 3 * p
y = p + q
p.label, q.label, y.label = "p", "q", "y"
y.backward()
y

# %%
print("topological order:", " ".join(node.label for node in topological_order(y)))
passing = dict.fromkeys(step.node.label for step in backprop_steps(y))
print("who passes on:    ", " ".join(passing))

# %% [markdown]
# One edge of y leads straight to p. But p waits for q first. We can check that for every
# step: once a node has passed something on, nothing may arrive there any more.


# %%
def nobody_is_too_early(steps):
    """Whether no step adds to the gradient of a node that has already passed it on."""
    started = set()
    for step in steps:
        if step.parent in started:
            return False
        started.add(step.node)
    return True


network = MLP(3, [4, 4, 1])([1.0, 2.0, 3.0])
print("topological:", nobody_is_too_early(backprop_steps(y)))
print("depth first:", nobody_is_too_early(backprop_steps(y, order="depth_first")))
print("a network:  ", nobody_is_too_early(backprop_steps(network)))

# %% tags=["guard"]
assert (backprop(c)[a], naive(c)[a], by_paths(c)[0][a]) == (4.0, 6.0, 4.0)
assert counts == [(n, 2 * n, 2 ** (n + 1) - 2) for n in range(1, 16)]
assert bottom.grad == 2.0**60
assert count_path_steps(ladder(15)[0]) == by_paths(ladder(15)[0])[1]

# %% [markdown]
# ## A mean bug
#
# What does the naive recursion do to the gradients of a network? Here are the sums of
# $|\partial y / \partial p|$ over the parameters p of each layer:

# %%
model = MLP(2, [3, 3, 1], activation="tanh", rng=random.Random(1))
y = model([0.5, -1.0])
y.backward()
found = naive(y)
for k, layer in enumerate(model.layers):
    right = sum(abs(p.grad) for p in layer.parameters())
    wrong = sum(abs(found[p]) for p in layer.parameters())
    print(f"layers.{k}:  backward() {right:.4f}   naive {wrong:.4f}")
correct = sum(abs(found[p] - p.grad) < 1e-12 for p in model.parameters())
print(f"{correct} of {len(model.parameters())} gradients are right")

# %% [markdown]
# The last two layers are right. Each neuron of the middle layer is used once, by the only output.
# But each neuron of the first layer is used three times, and there the error begins. Nothing
# crashes, and more than half of the gradients are right. How to catch such bugs is the story of
# [the property tests](15_property_based_gradient_tests.ipynb).

# %% [markdown]
# ## The answer
#
# | each node passes on | gradient of a | steps for n rungs |
# |---|---|---|
# | all it has, whenever something arrives | 6 | $2^{n+1} - 2$ |
# | all it has, when something arrives first | 2 | $2n$ |
# | what arrives, whenever something arrives | 4 | $2^{n+1} - 2$ |
# | **all it has, when everything has arrived** | **4** | $2n$ |
#
# A topological order is the way to know when everything has arrived.

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots, and run the cell. It says whether the answer is right, and
# if not, where it goes wrong. Hints and worked answers unfold.

# %%
from exercises import exercises_of

check = exercises_of("03")

# %% [markdown]
# **1.** For which of these graphs is the naive recursion right? Give the letters, such as "AB".
#
# A: $y = x \cdot x \cdot w + x$. B: $b = a + a$, $c = b + b$. C: a neuron, $\tanh(w x + b)$. D: $p
# = 2x$, $q = 3p$, $y = p + q$.

# %%
my_answer = ...
check(1, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A leaf adds up what arrives, and passes nothing on. Which graphs
# use a node in between twice?</details>
# <details><summary>Answer</summary>
#
# Where each intermediate result is used only once, nobody can be too early. In B it is b that is
# used twice, in D it is p. In A only the leaf x is. `my_answer = "AC"`
#
# </details>
#
# **2.** Put $d = c + c$ on top of the two additions. Which gradient does the naive recursion give
# for a? Find it by hand.

# %%
my_answer = ...
check(2, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Up to the moment when c has its first 1, all is as before: b ends
# with 2, and a with 6.</details>
# <details><summary>Answer</summary>
#
# Then c has 2 and passes it on. Along the first edge b becomes 4, and passes 4 on twice: a has 14.
# Along the second b becomes 6, and passes 6 on twice: a has 26. The right answer is 8.
# `my_answer = 26`
#
# </details>
#
# **3.** How many steps does it take, path by path, to go through a ladder of 15 rungs?

# %%
my_answer = ...
check(3, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>How many edges lead down from the top, and how many paths lead to
# the edges of the rung below?</details>
# <details><summary>Answer</summary>
#
# $2 + 4 + \dots + 2^{15} = 2^{16} - 2$. `my_answer = 2**16 - 2`
#
# </details>
#
# **4.** There is another way to know when everything has arrived: count. Each node knows on how
# many edges it is used, and is ready when as many have arrived. This is Kahn's algorithm (1962).
# Write it: a function `kahn(root)` that gives the gradients as a dictionary, node by node. Use only
# `.parents` and `.partials` of the nodes, and no recursion: it has to take a chain of 5,000 nodes.

# %%
my_answer = ...
check(4, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>Count the uses first: each node is in the .parents of those that
# use it. A list of nodes still to be visited replaces the recursion.</details>
# <details><summary>Answer</summary>
#
# Visit each node once, and count. After that a node is ready when nothing is missing any more.
#
# ```python
# from collections import Counter
#
#
# def kahn(root):
#     missing, to_visit = Counter(), [root]
#     while to_visit:
#         for parent in to_visit.pop().parents:
#             missing[parent] += 1
#             if missing[parent] == 1:
#                 to_visit.append(parent)
#     gradient, ready = {root: 1.0}, [root]
#     while ready:
#         node = ready.pop()
#         for parent, local in zip(node.parents, node.partials):
#             gradient[parent] = gradient.get(parent, 0.0) + gradient[node] * local
#             missing[parent] -= 1
#             if missing[parent] == 0:
#                 ready.append(parent)
#     return gradient
#
#
# my_answer = kahn
# ```
#
# </details>
#
# **5.** Why not go level by level? First the root, then all its parents, then all of theirs, each
# node once. Find a graph for which that gives a wrong gradient. The answer is its root.

# %%
my_answer = ...
check(5, my_answer)

# %% [markdown]
# <details><summary>Hint</summary>A short and a long way have to lead to the same node.</details>
# <details><summary>Answer</summary>
#
# With $p = 2x$, $q = 3p$ and $y = p + q$ both p and q are one step below y. But p has to wait for
# q. Level by level p comes first, and what q sends it later is lost.
#
# ```python
# from autograd_mini import Value
#
# x = Value(1.0, "x")
# p = 2 * x
# q = 3 * p
# my_answer = p + q
# ```
#
# </details>
