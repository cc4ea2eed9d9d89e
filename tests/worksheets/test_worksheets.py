"""Worksheets, read back from their LaTeX: an independent solver finds the same answers."""

import hashlib
import math
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from extent import WHOLE

from autograd_mini.worksheets import problems
from autograd_mini.worksheets.pages import to_html, to_latex
from autograd_mini.worksheets.problems import FAULTS, LEVELS, class_set

COUNT = 4


# -- reading LaTeX ------------------------------------------------------------------------------


def macros(latex):
    """[(name, arguments)] of the lines of a document."""
    body = latex[latex.index(r"\begin{document}") : latex.index(r"\end{document}")]
    return [parts(line) for line in body.splitlines()[1:]]


def parts(line):
    name, *found = re.match(r"\\(\w+)", line)[1], ""
    found, depth = [], 0
    for c in line[len(name) + 1 :]:
        if c == "{" and depth == 0:
            found.append("")
        elif depth or c != "}":
            found[-1] += c
        depth += (c == "{") - (c == "}")
        if c == "}" and depth == 0:
            found[-1] = found[-1][:-1]
    assert depth == 0, line
    return name, found


def number(text):
    """A number as LaTeX writes it."""
    text = text.strip("$ ")
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    quotient = re.fullmatch(r"\\frac{(\d+)}{(\d+)}", text)
    return sign * (Fraction(int(quotient[1]), int(quotient[2])) if quotient else Fraction(text))


class Page:
    """A page: its boxes, the rows of its table, and its texts."""

    def __init__(self, title):
        self.title, self.nodes, self.rows, self.texts = title, {}, [], []


def pages(latex):
    found = []
    for name, arguments in macros(latex):
        if name == "page":
            found.append(Page(arguments[0]))
        elif name == "node":
            *_, made, data, grad = (x.strip("$") for x in arguments)
            label, _, formula = made.partition(" = ")
            found[-1].nodes[label] = (formula, data, grad)
        elif name == "row":
            found[-1].rows.append(arguments)
        elif name in ("para", "task", "drawing"):
            found[-1].texts.append(arguments[-1])
    return found


# -- an independent solver ----------------------------------------------------------------------


def tenth(x):
    return Fraction(round(10 * x), 10)


def tanh(x):
    y = tenth(math.tanh(x))
    return y, [1 - y**2]


def sigmoid(x):
    y = tenth(1 / (1 + math.exp(-x)))
    return y, [y - y**2]


OPERATIONS = {  # the value, and the derivative by each operand, written by hand
    r"(\S+) \+ (\S+)": lambda a, b: (a + b, [1, 1]),
    r"(\S+) - (\S+)": lambda a, b: (a - b, [1, -1]),
    r"(\S+) \\cdot (\S+)": lambda a, b: (a * b, [b, a]),
    r"\\frac{(\S+)}{(\S+)}": lambda a, b: (a / b, [1 / b, -a / b**2]),
    r"\\max\((\S+), (\S+)\)": lambda a, b: (max(a, b), [int(a > b), int(b > a)]),
    r"(\S+)\^\{2\}": lambda a: (a * a, [2 * a]),
    r"\\tanh\((\S+)\)": tanh,
    r"\\sigma\((\S+)\)": sigmoid,
}


def solve(formulas, leaves):
    """The data, and the gradient of the loss by every node: forward, and by forward sensitivities.

    For each node in turn, how all later ones move with it; no backward pass.
    """
    data, edges = dict(leaves), {}
    waiting = {k: f for k, f in formulas.items() if f}
    while waiting:
        for label, formula in list(waiting.items()):
            operation, operands = next(
                (f, m.groups()) for p, f in OPERATIONS.items() if (m := re.fullmatch(p, formula))
            )
            if all(x in data for x in operands):
                data[label], slopes = operation(*[data[x] for x in operands])
                edges[label] = list(zip(operands, slopes))
                del waiting[label]

    def moves(node, start):
        if node == start:
            return Fraction(1)
        return sum((d * moves(x, start) for x, d in edges.get(node, ())), Fraction(0))

    return data, {x: moves(r"\mathrm{loss}", x) for x in data}, edges


def check_rows(rows, data, edges):
    """The gradients that a table comes to, and the steps that do not follow from those above."""
    found, wrong, paths = {r"\mathrm{loss}": Fraction(1)}, [], Counter()
    for step, formula, after in rows:
        pattern = (
            r"\$\\operatorname{grad}\((\S+)\) \\mathrel{\+}= \\operatorname{grad}\((\S+)\) "
            r"\\cdot (.*) = (\S+) \\cdot (\S+) = (\S+)\$"
        )
        into, node, sign, *numbers = re.fullmatch(pattern, formula).groups()
        upstream, local, product = map(number, numbers)
        assert upstream * local == product
        assert rf"\partial [{into}]" in sign
        repeats = [d for x, d in edges[node] if x == into]
        right = repeats[paths[node, into] % len(repeats)]
        paths[node, into] += 1
        so_far = found.get(into, Fraction(0))
        if (upstream, local, number(after)) != (found[node], right, so_far + product):
            wrong.append(int(step))
        found[into] = number(after)
    assert [int(step) for step, *_ in rows] == list(range(1, sum(map(len, edges.values())) + 1))
    return found, wrong


def from_text(text):
    """{name: formula} and {leaf: number} of "a = 2, p = a + 1 = 3"."""
    formulas, leaves = {}, {}
    for equation in re.findall(r"\$([^$]*)\$", text):
        label, *formula, value = equation.split(" = ")
        formulas[label] = formula[0] if formula else ""
        if not formula:
            leaves[label] = number(value)
    return formulas, leaves


# -- the sheets ---------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=LEVELS)
def level(request):
    return request.param


@pytest.fixture(scope="module")
def latex(level):
    return to_latex(level, 7, COUNT)


@pytest.fixture(scope="module")
def html(level):
    return to_html(level, 7, COUNT)


def solved(page):
    formulas = {label: formula for label, (formula, *_) in page.nodes.items()}
    leaves = {k: number(data) for k, (formula, data, _) in page.nodes.items() if not formula}
    return solve(formulas, leaves)


def test_the_key_is_right(latex):
    read = pages(latex)
    assert len(read) == 4 * COUNT
    for k in range(0, 2 * COUNT, 2):
        front, back, front_key, back_key = *read[k : k + 2], *read[k + 2 * COUNT :][:2]
        assert front_key.title == back_key.title == f"Key to sheet {k // 2 + 1}"
        # the passes: a blank is filled in with the right number, and nothing else differs
        data, gradients, edges = solved(front_key)
        for label, (formula, number_, gradient) in front_key.nodes.items():
            assert (number(number_), number(gradient)) == (data[label], gradients[label])
            assert front.nodes[label] == (
                formula,
                number_ if not formula else "",
                "1" if label == r"\mathrm{loss}" else "",
            )
        found, wrong = check_rows(front_key.rows, data, edges)
        assert (found, wrong) == (gradients, [])
        for blank, row in zip(front.rows, front_key.rows, strict=True):
            chain = row[1].split(" = ")[0]
            assert blank[1:] == [rf"{chain} = \blank \cdot \blank = \blank$", r"$\blank$"]
        # the chain rule ends with the gradient, and has all its paths
        [rule] = front_key.texts
        leaf = re.search(r"\\operatorname{grad}\((.)\)", rule)[1]
        assert front.texts[-1] == rf"$\operatorname{{grad}}({leaf}) =$"
        assert number(rule.rpartition("&= ")[2].removesuffix(r" \end{aligned}$")) == gradients[leaf]
        # the drawing
        data, gradients, _ = solved(back_key)
        for label, (_, number_, gradient) in back_key.nodes.items():
            assert (number(number_), number(gradient)) == (data[label], gradients[label])
        lines = next(t for t in back.texts if " \\\\ " in t).split(r" \\ ")
        leaves = lines[0].split(" = ")[0].split(", ")
        made = [line.split(" = ")[0] for line in lines[1:]]
        assert sorted([*leaves, *made]) == sorted(x.replace(r"\mathrm{loss}", "loss") for x in data)
        # the mistake
        formulas, leaves = from_text(back.texts[2])
        data, gradients, edges = solve(formulas, leaves)
        assert back.rows == back_key.rows
        _, wrong = check_rows(back.rows, data, edges)
        told = re.match(r"In step (\d+) (.*)\. Right is \$(.*)\$\.", back_key.texts[0])
        assert wrong == [int(told[1])]
        assert told[2] in FAULTS
        into, product = re.match(r"\\operatorname{grad}\((\S+)\).* = (\S+)$", told[3]).groups()
        assert number(product) in [
            gradients[node] * d for node in edges for x, d in edges[node] if x == into
        ]
        told = re.findall(r"\$\\operatorname{grad}\((.)\) = ([^$]*)\$", back_key.texts[1])
        assert {x: number(g) for x, g in told} == {x: gradients[x] for x in leaves}


def test_the_code_to_draw_is_the_graph_of_the_key(level):
    for _, problem, _ in class_set(level, 7, COUNT):
        scope = {"tanh": lambda x: tanh(x)[0], "sigmoid": lambda x: sigmoid(x)[0], "maximum": max}
        names, numbers = problem.code[0].split(" = ")
        for name, x in zip(names.split(", "), numbers.split(", ")):
            scope[name] = Fraction(x)
        exec("\n".join(problem.code[1:]), scope)
        assert {x.label: scope[x.label] for x in problem.order} == {
            x.label: x.data for x in problem.order
        }


def test_a_sheet_says_what_functions_give():
    for page in pages(to_latex(6, 7, COUNT))[: 2 * COUNT : 2]:
        given = re.findall(r"\\(tanh|sigma)\((\S+)\) = ([^$]*)\$", page.texts[0])
        wanted = [f for f, *_ in page.nodes.values() if re.match(r"\\(tanh|sigma)", f)]
        assert len(given) >= len(wanted) == 2
        for name, x, y in given:
            right = {"tanh": tanh, "sigma": sigmoid}[name](number(x))[0]
            assert number(y) == right


# -- the levels ---------------------------------------------------------------------------------


def test_every_problem_is_as_its_level_declares(level):
    declared = LEVELS[level]
    steps = {tuple(sorted(str(op) for op in declared.operations))}
    sizes = set()
    for problem in (p for sheet in class_set(level, 3, COUNT) for p in sheet):
        made = [x for x in problem.order if not x.is_leaf]
        uses = Counter(x for node in made for x in node.parents)
        assert {tuple(sorted(str(x.op) for x in made))} == steps
        assert sorted(uses.values())[-declared.shared or len(uses) :] == [2] * declared.shared
        assert sum(uses.values()) == len(uses) + declared.shared
        assert len(problem.rule.paths) == declared.paths
        sizes.add((len(problem.order), len(problem.steps)))
        numbers = [x.data for x in problem.order] + [x.grad for x in problem.order]
        assert all(
            isinstance(x, Fraction | int) and declared.unit % x.denominator == 0 for x in numbers
        )
        assert max(map(abs, numbers)) < problems.LARGEST
    assert len(sizes) == 1


def test_no_number_has_more_than_four_decimals(level, latex, html):
    for text in (latex, re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)):
        assert not re.search(r"\d\.\d{5}|\d[eE][-+]?\d", text)
        if LEVELS[level].unit == 5000:
            assert not re.search(r"\\frac{\d|<mfrac><mrow><mn>|\d/\d", text)


def test_a_class_set_has_no_two_alike(level):
    sheets = class_set(level, 1, 30)
    codes = [tuple(p.code) for sheet in sheets for p in sheet]
    assert len(sheets) == 30
    assert len(set(codes)) == len(codes) == 90
    assert {p.fault for sheet in sheets for p in sheet} >= set(list(FAULTS)[1:3])
    again = class_set(level, 1, 2)
    assert [tuple(p.code) for sheet in again for p in sheet] == codes[:6]


def test_levels_with_shared_nodes_have_every_fault():
    found = {p.fault for level in (3, 5) for sheet in class_set(level, 1, 10) for p in sheet}
    assert found == set(FAULTS)


# -- files --------------------------------------------------------------------------------------

HASHES = {
    3: "1e587905efb4da2a3274734e23aeeb10a6a744edd9f7300cf4cfb7433f17e992",
    6: "846a89bf46bf7a5ddedabb46d629a22668cc369dc7262dddf39a5c2245bf9ee2",
}


@pytest.mark.parametrize("level", HASHES)
def test_a_seed_gives_the_same_bytes_everywhere(level):
    assert hashlib.sha256(to_latex(level, 7, 2).encode()).hexdigest() == HASHES[level]


def test_bytes_do_not_depend_on_the_order_of_sets():
    code = "from autograd_mini.worksheets.pages import *; print(to_html(5, 2, 1))"
    made = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


PLAIN = {"begin", "end", "mathrm", "operatorname", "mathrel", "frac", "partial", "cdot"}
PLAIN |= {"max", "tanh", "sigma", "blank"}


def test_latex_is_plain_and_complete(latex):
    preamble, body = latex.split(r"\begin{document}")
    packages = re.findall(r"(\S*)\\usepackage{(\w+)}", preamble)
    assert packages == [("", "amsmath"), (r"\IfFileExists{pict2e.sty}{", "pict2e")]
    arity = {n: int(k or 0) for n, k in re.findall(r"\\newcommand{\\(\w+)}(?:\[(\d)\])?", preamble)}
    for name, arguments in macros(latex):
        assert len(arguments) == arity[name]
        for text in arguments:
            assert text.count("$") % 2 == 0
            outside = "".join(text.split("$")[::2]) if name != "drawing" else ""
            assert not re.search(r"[\\^_{}#%&~]", outside)
    assert set(re.findall(r"\\([a-zA-Z]+)", body)) <= PLAIN | arity.keys() | {"end"}
    for text in (preamble, body):
        assert text.count("{") == text.count("}")
    assert Counter(re.findall(r"\\begin{(\w+)}", body)) == Counter(
        x for x in re.findall(r"\\end{(\w+)}", body) if x != "document"
    )
    for opening, closing in (("graph", "graphend"), ("steps", "stepsend"), ("page", "pageend")):
        names = [name for name, _ in macros(latex) if name in (opening, closing)]
        assert names == [opening, closing] * (len(names) // 2)


class Tags(HTMLParser):
    """Raises if a tag is not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.all = [], Counter()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.all[tag] += 1
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.all[tag] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_complete(html):
    tags = Tags(html).all
    assert tags["section"] == tags["footer"] == 4 * COUNT
    assert tags["svg"] == 3 * COUNT
    assert not tags["mtext"]  # what latex2mathml could not read
    assert not re.search(r"https?:|<script|[{}]", html.split("</style>")[1])


def test_latex_and_html_have_the_same_lines(latex, html):
    names = Counter(name for name, _ in macros(latex))
    assert html.count("<section>") == names["page"]
    assert html.count("<tr><td>") == names["row"]
    assert html.count('<div class="box">') == names["node"]
    assert html.count('<path d="') == names["curve"]
    assert html.count('class="tip"') == names["tip"]


def test_boxes_do_not_overlap_and_curves_cross_none(latex):
    boxes, curves = [], []
    for name, arguments in [*macros(latex), ("graphend", [])]:
        if name == "node":
            boxes.append(tuple(map(int, arguments[:2])))
        elif name == "curve":
            curves.append(tuple(map(int, arguments)))
        elif name == "graphend" and boxes:
            for k, (x, y) in enumerate(boxes):
                assert 0 <= x <= 504 - 84
                for other_x, other_y in boxes[:k]:
                    assert abs(x - other_x) >= 84 or abs(y - other_y) >= 48
                for x1, y1, _, _, x2, y2 in curves:
                    assert x2 <= x or x1 >= x + 84 or max(y1, y2) < y or min(y1, y2) > y + 48
            boxes, curves = [], []


@pytest.mark.skipif(not WHOLE or shutil.which("pdflatex") is None, reason="needs LaTeX")
def test_latex_makes_four_pages_of_each_sheet(level, tmp_path):
    count = 15
    source = r"\pdfobjcompresslevel=0 \pdfcompresslevel=0 " + to_latex(level, 2, count)
    (tmp_path / "sheet.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=120)
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "sheet.pdf").read_bytes())) == 4 * count
    log = (tmp_path / "sheet.log").read_text(encoding="latin-1")
    assert "Overfull" not in log


# -- the page about them ------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs/worksheets.md").read_text(encoding="utf-8")


def test_the_page_says_what_the_levels_have():
    names = {"**": "square", "maximum": "max"}
    kinds = {1: "whole", 12: "fractions", 5000: "decimals"}
    rows = []
    for number_, level in LEVELS.items():
        operations = " ".join(names.get(str(op), str(op)) for op in level.operations)
        steps = len(class_set(number_, 1, 1)[0][0].steps) - 1
        cells = f"`{operations}`", steps, level.shared, level.paths, kinds[level.unit]
        rows.append(f"| {number_} | {' | '.join(map(str, cells))} |")
    assert "\n".join(rows) in PAGE
    assert f"they are smaller than {problems.LARGEST}," in PAGE


def test_the_page_shows_a_graph_and_its_key():
    problem = class_set(1, 7, 1)[0][0]
    steps = [step.text for step in problem.steps]
    for lines in (problem.code, steps):
        assert "\n".join(f"    {line}" for line in lines) + "\n" in PAGE
