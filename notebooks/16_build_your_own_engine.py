# %% [markdown]
# # Build your own engine
#
# An autograd engine remembers how numbers were computed, and gives the derivatives. The best way
# to understand one is to write it. In nine steps we go from an empty class to
# [micrograd](https://github.com/karpathy/micrograd), which can train networks.
#
# You are not alone with it. After each step `check_engine` tries the class on small programs and
# on random ones, and compares with the right answers. It shows the smallest program that it found
# to be wrong, and names the mistake if it knows it.
#
# In each step the first cell is an attempt, and something is wrong or missing in it. Read it, run
# the check, and repair it before you look at the solution, which is folded below. Run that cell in
# any case, since the next step builds on its class.
#
# **You will be able to** write an autograd engine, and say which mistake gives which wrong
# gradient.
#
# **You need** classes and operators such as `__add__` in Python, and [the order of the backward
# pass](03_why_topological_order.ipynb). The extra `testing` brings what is imported here.

# %%
from autograd_mini.testing import check_engine

# %% [markdown]
# ## Step 1: a number
#
# The class has to be called with a number, `Value(2.0)`. It keeps the number as `.data`, and its
# gradient as `.grad`. Let us see what the check says of a class that can do nothing:


# %%
class Value:
    pass


check_engine(Value, only="numbers")

# %% [markdown]
# `backward()` begins with the derivative of the result by itself, which is 1.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value:
    def __init__(self, data, parents=(), partials=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.partials = partials

    def backward(self):
        self.grad = 1.0


check_engine(Value, only="numbers")

# %% [markdown]
# The solution has two more attributes. A node has to remember what it was computed from, its
# *parents*, and its *partials*: the local derivative by each parent. A leaf has none.

# %% [markdown]
# ## Step 2: one operation
#
# Now + and \*. For $y = ab$ the partials are
#
# $$\frac{\partial y}{\partial a} = b, \qquad \frac{\partial y}{\partial b} = a.$$
#
# `backward()` gives each parent its partial times the gradient of the node. From now on we write
# `class Value(Value)`: the class as it was, and more. (The methods look up the name `Value` when
# they run. So the old ones, too, make objects of the new class.)


# %%
class Value(Value):
    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (self.data, other.data))

    def backward(self):
        self.grad = 1.0
        for parent, partial in zip(self.parents, self.partials):
            parent.grad = partial * self.grad


check_engine(Value, only="one-operation")


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))


check_engine(Value, only="one-operation")

# %% [markdown]
# ## Step 3: an operand twice
#
# $a + a$ is $2a$, so its derivative is 2. What does our class say?

# %%
check_engine(Value, only="operand-twice")

# %% [markdown]
# A parent that is met twice gets two contributions, one along each edge. The second has to be
# added to the first, and must not replace it. The tests of one course
# [did not notice that](https://github.com/callummcdougall/ARENA_2.0/pull/18) once.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def backward(self):
        self.grad = 1.0
        for parent, partial in zip(self.parents, self.partials):
            parent.grad += partial * self.grad


check_engine(Value, only="operand-twice")

# %% [markdown]
# ## Step 4: several operations
#
# So far the gradients stop at the parents. A parent has to pass on what it got, and so on down to
# the leaves. That looks like a recursion:


# %%
class Value(Value):
    def backward(self):
        self.grad = 1.0
        self.pass_on()

    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad += partial * self.grad
            parent.pass_on()


check_engine(Value, only=["one-operation", "operand-twice", "shared-node", "unequal-paths"])

# %% [markdown]
# A node may pass its gradient on only when it is complete, that is, after all nodes that were
# computed from it. Such an order is called *topological*.
# [Notebook 03](03_why_topological_order.ipynb) takes this very mistake apart. How do you get the
# order? Visit the parents first, then append the node: now every node comes after its parents.
# Go through that list backwards.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node.pass_on()

    def pass_on(self):
        for parent, partial in zip(self.parents, self.partials):
            parent.grad += partial * self.grad


check_engine(Value, only=["one-operation", "operand-twice", "shared-node", "unequal-paths"])

# %% [markdown]
# That was the hard part: `backward()` is done. What follows are operations.
#
# ## Step 5: constants
#
# One wants to write `2 * x + 1`. The 1 is not a `Value` and has no `.data`, so we wrap it:


# %%
class Value(Value):
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))


check_engine(Value, only=["constants", "sum"])

# %% [markdown]
# The check lists the operations that are missing, and does not count them as mistakes. For `2 * x`
# Python asks the number 2 first, which knows nothing of our class. Then it asks `x` for
# `__rmul__`. And `sum()` begins with `0 + x`, which asks for `__radd__`.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other


check_engine(Value, only=["constants", "sum"])

# %% [markdown]
# ## Step 6: minus
#
# No new derivative is needed: $a - b$ is $a + (-1) \cdot b$.


# %%
class Value(Value):
    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -1.0 * other

    def __rsub__(self, other):
        return self - other


check_engine(Value, only=["one-operation", "constants"])

# %% [markdown]
# For $a + b$ and $ab$ the order of the operands does not matter. For $a - b$ it does. In
# `2 - x` the 2 is `other`, and our method is `x.__rsub__(2)`. A package on PyPI and four public
# repositories [compute it as x - 2](../docs/engines.md).


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def __rsub__(self, other):
        return other + -1.0 * self


check_engine(Value, only=["one-operation", "constants"])

# %% [markdown]
# ## Step 7: powers, and with them division
#
# The exponent is a plain number n. And $a / b$ is $a \cdot b^{-1}$.


# %%
class Value(Value):
    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data**n,))

    def __truediv__(self, other):
        return self * other**-1

    def __rtruediv__(self, other):
        return other * self**-1


check_engine(Value, only=["one-operation", "constants", "powers"])

# %% [markdown]
# The rule is $\frac{d}{dx} x^n = n\,x^{n-1}$.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))


check_engine(Value, only=["one-operation", "constants", "powers"])

# %% [markdown]
# ## Step 8: activations
#
# With $t = \tanh x$ the derivative is $1 - t^2$. relu lets a positive number through.

# %% tags=["explores"]
import math


class Value(Value):
    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def tanh(self):
        return Value(math.tanh(self.data), (self,), (1 - self.data**2,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (1.0,))


check_engine(Value, only="activations")


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, (self,), (1 - t**2,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (1.0 if self.data > 0 else 0.0,))


check_engine(Value, only="activations")

# %% [markdown]
# ## Step 9: all of it
#
# Without `only=` every requirement is tried, and random programs of all operations.

# %% tags=["explores"]
check_engine(Value)

# %% [markdown]
# Every requirement is met: your class does what micrograd's does. The last lines, from `kinks` on,
# do not count. Good engines differ there:
#
# - *kinks*: for $a^0$ at a = 0 our rule computes $0 \cdot 0^{-1}$.
# - *backward-twice, two-roots*: the nodes in between keep their gradients, and pass them on again
#   at the next `backward()`. micrograd does the same. In PyTorch only leaves keep theirs.
# - *depth*: Python allows about 1,000 calls inside one another, unless it is told otherwise, and
#   `visit` calls itself.
# - *comparisons*: we have no `<`.
#
# Let us do *backward-twice* and *two-roots* as PyTorch does, and repair *depth*. Zero the gradients
# of all nodes that have parents before you start. And keep a list of what is still to be visited,
# in place of the recursion.


# %% tags=["hide-input"] jupyter={"source_hidden": true}
class Value(Value):
    def backward(self):
        order, seen, to_do = [], set(), [(self, False)]
        while to_do:
            node, parents_are_done = to_do.pop()
            if parents_are_done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                to_do.append((node, True))
                to_do.extend((parent, False) for parent in node.parents)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            node.pass_on()


check_engine(Value, only=["unequal-paths", "backward-twice", "two-roots", "depth"])

# %% [markdown]
# ## Exercises
#
# Try each before you unfold the answer. The folded cell below it runs it.
#
# **1.** A node could keep its partials in a dictionary, with the parents as keys:
# `{self: 1.0, other: -1.0}` for a - b. What is the smallest program that is wrong?
#
# <details><summary>Hint</summary>When do two keys become one?</details>
# <details><summary>Answer</summary>
#
# $a - a$. Both entries have the same key, so the second replaces the first. This is how [a public
# repository](../docs/engines.md) does it.
#
# </details>


# %% tags=["hide-cell"] jupyter={"source_hidden": true, "outputs_hidden": true}
class Keyed(Value):
    def __init__(self, data, parents=(), partials=()):
        super().__init__(data, parents, partials)
        by_parent = dict(zip(self.parents, self.partials))
        self.partials = [by_parent[parent] for parent in self.parents]

    def __sub__(self, other):
        return Keyed(self.data - other.data, (self, other), (1.0, -1.0))


check_engine(Keyed, only="operand-twice")

# %% [markdown]
# **2.** `Value(2.0) == Value(2.0)` is False, since these are two nodes. Somebody wants it to be
# True, and compares the numbers. A class with `__eq__` needs a `__hash__` that fits, so they hash
# the number. What goes wrong?
#
# <details><summary>Hint</summary>Where does our engine ask whether two nodes are the
# same?</details>
# <details><summary>Answer</summary>
#
# The set `seen` takes two nodes with the same number for one. The second is never visited, and its
# parents get nothing from it.
#
# </details>


# %% tags=["hide-cell"] jupyter={"source_hidden": true, "outputs_hidden": true}
class Value(Value):
    def __eq__(self, other):
        return self.data == other.data

    def __hash__(self):
        return hash(self.data)


check_engine(Value, only=["operand-twice", "chain", "shared-node", "unequal-paths"])
