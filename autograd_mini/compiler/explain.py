"""What a line of a program stands for: its scalars, as they were written, or the chain rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from html import escape
from typing import Any, NamedTuple

from ..primitives import multiply
from ..signs import slot_text, total_text
from .nodes import INPUT, PARAMETER
from .origin import Line, Origin, elements
from .symbols import Symbol, applied, partial, symbol, total, written

FIRST = 2  # of the scalars of a line so many are shown
EXPANDED = 1  # and of the gradients without a line that theirs is made of, so many of each array
DEEPEST = 4  # scalars without a line are spelled out within each other so far
LONGEST = 160  # characters of a formula; of a longer one only what is outermost


class Explanation(NamedTuple):
    """What some lines stand for; it prints as text, and a notebook shows it.

    Attributes:
        lines: the lines that are explained.
        texts: for each the lines of its explanation, indented below what they explain.
    """

    lines: tuple[Line, ...]
    texts: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        parts = []
        for line, texts in zip(self.lines, self.texts):
            parts.append("\n".join([line.code or line.name, *[f"    {text}" for text in texts]]))
        return "\n\n".join(parts)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from .show import block, highlighted

        parts = []
        for line, (first, *texts) in zip(self.lines, self.texts):
            code = highlighted(line.code or line.name)
            rest = highlighted("\n".join(texts))
            parts.append(
                f'{code}\n<div style="margin: 2px 0 2px 2em">{escape(first)}</div>\n'
                f'<div style="margin: 0 0 1em 2em">{rest}</div>'
            )
        return {"text/html": block("\n".join(parts)), "text/plain": str(self)}


class Explainer:
    """Explains the lines of a program.

    Args:
        origin: of the program.
        about: for each parameter array the names of its Values.
        reduction: "mean", "sum", or "" for a program without a loss.
    """

    def __init__(self, origin: Origin, about: dict[str, str], reduction: str) -> None:
        self.origin, self.about, self.reduction = origin, about, reduction
        self.lines = {line.name: line for line in origin.lines}
        self.element = elements(origin.lines)
        self._own_line = set(self.element)
        self.without_line: dict[str, int] = {}  # name -> node: dz3 may have a line, and z3 none
        self._gradient_of: dict[int, str] = {}  # node -> where its gradient is
        for line in origin.lines:
            if line.is_gradient:
                stem = line.name[1:] if line.name.startswith("d") else f"u{line.name[1:]}"
                while stem in self.lines:
                    stem += "_"
                for place, node in line.nodes():
                    self._gradient_of.setdefault(node, line.element(place))
                    if node not in self.element:
                        name = stem + line.element(place).removeprefix(line.name)
                        self.element[node] = name
                        self.without_line[name] = node
        self.roots: dict[int, str] = {}
        roots: list[Any] = origin.roots if reduction else [None, None]
        self.each, self.once = roots
        for root, name, what in (
            (self.each, "L", "the loss of one example"),
            (self.once, "P", "what the parameters alone add to the loss"),
        ):
            if root.__class__ is int:
                self.roots[root] = what
                if self.element.get(root, "loss") == "loss":
                    self.element[root] = name if name not in self.lines else f"{name}_"
                    self._own_line.discard(root)

    def explain(self, lines: Sequence[Line]) -> Explanation:
        return Explanation(tuple(lines), tuple(tuple(self._texts(line)) for line in lines))

    def _texts(self, line: Line) -> Iterator[str]:
        if line.kind in ("input", "parameter", "constant"):
            yield from self._argument(line)
        elif line.name == "loss" and self.reduction:
            texts = list(self._loss())
            yield from texts
            yield from self._definitions(texts)
        elif line.scalars is None:
            yield from self._step(line)
        else:
            yield self._count(line)
            describe = self._gradient if line.is_gradient else self._scalar
            nodes = line.nodes()
            for place, _ in nodes[:FIRST]:
                texts = list(describe(line, place))
                yield from texts
                yield from self._definitions(texts)
            if len(nodes) > FIRST:
                yield f".. {len(nodes) - FIRST:,} more like these"

    # -- headlines ------------------------------------------------------------------------------

    def _count(self, line: Line) -> str:
        count, size = len(line.nodes()), line.scalars.size
        what = f"{count:,} scalar{'s' * (count != 1)}"
        if line.is_gradient:
            what = f"d loss / d x for {what} x"
        if count < size:
            what += f" in {size:,} places, of which the others are not used"
        return f"{line.sizes()}: {what}{' of each example' * line.is_batched}"

    def _argument(self, line: Line) -> Iterator[str]:
        if line.kind == "input":
            yield f"{line.sizes()}: an input, with a row for each example"
        elif line.kind == "parameter":
            own = line.name if line.name in self.about else re.sub(r"_\d+$", "", line.name)
            about = self.about.get(own, "")
            index = ", ".join("ijkl"[: len(line.shape)])
            runs = re.search(r"(^|\.)i(\.|$)", about)
            name = f"{line.name}[{index}]" if runs else line.name
            yield f"{line.sizes()}: parameters" + (f", {name} is {about}" if about else "")
        else:
            yield f"{line.sizes()}: numbers of the code, or places in an array"

    def _loss(self) -> Iterator[str]:
        """The loss of the batch is not a scalar of the code; that of an example is."""
        mean = self.reduction == "mean"
        parts = []
        notes = []
        for root, batch in ((self.each, "mean of " if mean else "sum of "), (self.once, "")):
            if root.__class__ is not int:
                parts += [symbol(root).text] if root else []
                continue
            name = self.element[root]
            times = "" if batch or mean or not self.origin.batched[self.each] else "n * "
            parts.append(f"{batch}{times}{name}{' over the examples' if batch else ''}")
            if root not in self._own_line:
                notes.append(f"{name} = {self._spelled(root)}, {self.roots[root]}")
        yield f"(): loss = {' + '.join(parts)}"
        yield from notes

    def _step(self, line: Line) -> Iterator[str]:
        """An array that no scalar was made into: it is on the way to one."""
        towards = line
        while towards.scalars is None and towards.name != "loss":
            following = [x for x in self.origin.lines if towards.name in x.reads]
            if not following:
                break
            towards = following[0]
        yield f"{line.sizes()}: no scalars of its own; a step on the way to {towards.name}"

    # -- scalars --------------------------------------------------------------------------------

    def _scalar(self, line: Line, place: int) -> Iterator[str]:
        node = int(line.scalars.flat[place])
        name = line.element(place)
        if self.element[node] != name:  # another array has it, too
            yield f"{name} = {self.element[node]}"
        else:
            label = self.origin.labels.get(node)
            yield f"{name} = {self._spelled(node)}" + (f"  ({label!r})" if label else "")

    def _operand(self, node: int, depth: int = 0) -> Symbol:
        if node in self.element:
            return Symbol(self.element[node])
        if depth >= DEEPEST:
            return Symbol("(..)")
        return self._spelled(node, depth + 1)

    def _spelled(self, node: int, depth: int = 0) -> Symbol:
        op, args = self.origin.ops[node], self.origin.args[node]
        if op == PARAMETER:
            return Symbol(f"parameter {args[0]}")
        if op == INPUT:
            return Symbol(f"{args[0]}[{args[1]}]")
        text = written(op, args, lambda x: self._operand(x, depth))
        if len(text.text) > LONGEST and depth < DEEPEST:
            text = written(op, args, lambda x: self._operand(x, DEEPEST))
        return text

    def _definitions(self, texts: Sequence[str]) -> Iterator[str]:
        """Formulas of the names in some texts that have no line."""
        todo = list(texts)
        seen: set[str] = set()
        while todo:
            for word in re.findall(r"\w+(?:\[[\d, ]+\])?", todo.pop(0)):
                for name in {word, word.removeprefix("d")} - seen:
                    seen.add(name)
                    if name in self.without_line:
                        todo.append(f"{name} = {self._spelled(self.without_line[name])}")
                        yield todo[-1]

    # -- the chain rule -------------------------------------------------------------------------

    def _gradient(self, line: Line, place: int) -> Iterator[str]:
        node = int(line.scalars.flat[place])
        name = self.element[node]
        if line.element(place) != f"d{name}":
            yield f"{line.element(place)} = {total_text(name)}"
        yield from self._chain(node)

    def _chain(self, node: int, depth: int = 0) -> Iterator[str]:
        """grad(x) as a sum over the scalars that use x, and what the partials are."""
        uses = self._uses(node)
        name = self.element[node]
        few = uses if len(uses) <= FIRST + 1 else [*uses[:FIRST], uses[-1]]
        terms = []
        for user, _ in few:
            upper = self.element[user]
            upstream = self._seed(user) if user in self.roots else f"{total_text(upper)} * "
            terms.append(f"{upstream}{slot_text(upper, name)}")
            if self.origin.batched[user] and not self.origin.batched[node]:
                terms[-1] = f"(sum over the examples of {terms[-1]})"
        if len(uses) > len(few):
            terms.insert(FIRST, f".. {len(uses) - len(few)} more ..")
        if node in self.roots:
            terms.append(self._seed(node).removesuffix(" * ") or "1")
        yield f"{total_text(name)} = {' + '.join(terms) or '0'}"
        for user, slope in few:
            upper = self.element[user]
            where = f", where {upper} is {self.roots[user]}" if user in self.roots else ""
            yield f"    {slot_text(upper, name)} = {symbol(slope)}{where}"
        expanded: Counter[str] = Counter()
        for user, _ in few:
            if user in self.roots:
                continue
            upper, gradient = self.element[user], self._gradient_of.get(user)
            if gradient is not None and gradient != f"d{upper}":
                yield f"    {total_text(upper)} = {gradient}"
            elif gradient is None and depth < DEEPEST:
                array = upper.split("[")[0]
                expanded[array] += 1
                if expanded[array] <= EXPANDED:
                    yield from (f"    {text}" for text in self._chain(user, depth + 1))

    def _seed(self, root: int) -> str:
        """The derivative of the loss of the batch by one of its parts, as a factor."""
        if root == self.each and self.origin.batched[root]:
            return "1/n * " if self.reduction == "mean" else ""
        return "" if self.reduction == "mean" else "n * "

    def _uses(self, node: int, depth: int = 0) -> list[tuple[int, Any]]:
        """The scalars with a name that use this one, also by way of such without; and the partial
        of each by it."""
        found: dict[int, list[Any]] = {}
        for user in self._users.get(node, ()):
            op, args = self.origin.ops[user], self.origin.args[user]
            y = self._operand(user) if user in self.element else self._spelled(user)
            slope = partial(op, args, node, y, self._operand)
            if user in self.element or depth > DEEPEST:
                self.element.setdefault(user, f"({self._spelled(user)})")
                found.setdefault(user, []).append(slope)
            else:
                for end, outer in self._uses(user, depth + 1):
                    found.setdefault(end, []).append(applied(multiply, [outer, slope]))
        return [(end, total(slopes)) for end, slopes in found.items()]

    @cached_property
    def _users(self) -> dict[int, list[int]]:
        """For each node those made of it, among those that the roots need."""
        users: dict[int, list[int]] = {}
        todo = [x for x in self.origin.roots if x.__class__ is int]
        seen = set(todo)
        while todo:
            node = todo.pop()
            for x in self.origin.operands(node):
                users.setdefault(x, []).append(node)
                if x not in seen:
                    seen.add(x)
                    todo.append(x)
        return {node: sorted(found) for node, found in users.items()}


def chosen_lines(origin: Origin, source: str, line: int | str | None) -> list[Line]:
    """The lines that a number or a name means; all of them for None.

    Raises:
        ValueError: there is no such line, or it assigns no array.
        TypeError: `line` is neither.
    """
    lines = [x for x in origin.lines if x.code]
    if line is None:
        return lines
    if isinstance(line, bool) or not isinstance(line, (int, str)):
        raise TypeError(f"a line is a number or a name, got {type(line).__name__}")
    name = line
    if isinstance(line, int):
        texts = source.splitlines()
        if not 1 <= line <= len(texts):
            raise ValueError(f"the source has lines 1 to {len(texts)}, got {line}")
        match = re.match(r"\s+(\w+)(\[.*\])? \+?= ", texts[line - 1])
        if match is None:
            raise ValueError(f"line {line} assigns no array: {texts[line - 1].strip()!r}")
        name = match[1]
    found = [x for x in origin.lines if x.name == name]
    if not found:
        names = ", ".join(x.name for x in lines)
        raise ValueError(f"no array is called {name!r}; there are {names}")
    return found
