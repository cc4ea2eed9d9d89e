# mypy: ignore-errors
"""A right engine in micrograd's manner. Each fault of faulty.py is a change to this text."""

import math


class Value:
    """A number, how it was made, and after backward() the derivative of the result by it."""

    def __init__(self, data):
        self.data = data
        self.grad = 0.0
        self.op, self.parents, self.partials = "", (), lambda: ()

    def backward(self):
        """Leaves add up over several calls, as in PyTorch."""
        order = sorted_nodes(self)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad += 1.0
        for node in order:
            pass_on(node)

    def __add__(self, other):
        return made("+", (self, wrap(other)), lambda a, b: a + b, lambda a, b, y: (1.0, 1.0))

    def __sub__(self, other):
        return made("-", (self, wrap(other)), lambda a, b: a - b, lambda a, b, y: (1.0, -1.0))

    def __mul__(self, other):
        return made("*", (self, wrap(other)), lambda a, b: a * b, lambda a, b, y: (b, a))

    def __truediv__(self, other):
        return made("/", (self, wrap(other)), lambda a, b: a / b, lambda a, b, y: (1 / b, -y / b))

    def __pow__(self, n):
        return made("**", (self, n), pow, lambda a, n, y: (n * a ** (n - 1), y * log(a)))

    def __neg__(self):
        return made("neg", (self,), lambda a: -a, lambda a, y: (-1.0,))

    def __radd__(self, other):
        return self + other

    def __rsub__(self, other):
        return wrap(other) - self

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return wrap(other) / self

    def __rpow__(self, other):
        return wrap(other) ** self

    def exp(self):
        return made("exp", (self,), math.exp, lambda a, y: (y,))

    def log(self):
        return made("log", (self,), math.log, lambda a, y: (1 / a,))

    def tanh(self):
        return made("tanh", (self,), math.tanh, lambda a, y: (1 - y * y,))

    def sigmoid(self):
        return made("sigmoid", (self,), logistic, lambda a, y: (y * (1 - y),))

    def relu(self):
        return made("relu", (self,), lambda a: max(a, 0.0), lambda a, y: (float(y > 0),))

    def sqrt(self):
        return made("sqrt", (self,), math.sqrt, lambda a, y: (0.5 / y,))

    def sin(self):
        return made("sin", (self,), math.sin, lambda a, y: (math.cos(a),))

    def cos(self):
        return made("cos", (self,), math.cos, lambda a, y: (-math.sin(a),))

    def __abs__(self):
        return made("abs", (self,), abs, lambda a, y: (math.copysign(1.0, a),))


def made(op, operands, forward, partials):
    """A new node; `partials` are its derivatives by the operands. A plain number has no node."""
    numbers = [number(x) for x in operands]
    node = Value(forward(*numbers))
    node.op, node.parents = op, tuple(x for x in operands if isinstance(x, Value))
    now = partials(*numbers, node.data)
    node.partials = lambda: now
    return node


def sorted_nodes(root):
    """The nodes in topological order, each before its parents. Without recursion."""
    order, seen, path = [], {root}, [(root, iter(visited(root)))]
    while path:
        for parent in path[-1][1]:
            if parent not in seen:
                seen.add(parent)
                path.append((parent, iter(visited(parent))))
                break
        else:
            order.append(path.pop()[0])
    return order[::-1]


def visited(node):
    """The parents of a node, in the order in which the sort visits them."""
    return node.parents


def pass_on(node):
    """The chain rule."""
    for parent, partial in zip(node.parents, node.partials()):
        parent.grad += partial * node.grad


def wrap(x):
    return x if isinstance(x, Value) else Value(x)


def number(x):
    return x.data if isinstance(x, Value) else x


def log(x):
    return math.log(x) if x > 0 else 0.0


def logistic(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
