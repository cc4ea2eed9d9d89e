"""The command line, as somebody at a terminal meets it: in this process, and as one of its own."""

import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import pytest

from autograd_mini import Value, gradients, step_through, topological_order
from autograd_mini.__main__ import main
from autograd_mini.draw import format_number
from autograd_mini.expressions import parse
from nn.classifier import Classifier, Settings, prepare
from nn.data import iris, read_csv
from nn.losses import cross_entropy

FILES = ["graph.svg", "model.json", "steps.html", "training.svg"]
POINTS = "width,height,kind\n" + "".join(
    f"{x + dx},{y + dy},{kind}\n"
    for kind, x, y in (("here", 0, 0), ("right", 5, 0), ("above", 0, 5))
    for dx, dy in ((0, 0.5), (0.5, 0), (1, 0.25), (0.25, 1))
)
QUICK = ["train", "--data", "points.csv", "--hidden", "2", "--epochs", "2"]
LINE = ["tanh(w*x + b)", "w=0.5", "x=2", "b=0.1"]


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def _fonts():
    """Matplotlib looks for fonts once, and says so on standard error where that takes long."""
    pytest.importorskip("matplotlib.font_manager")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, but for a small file of examples."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text(POINTS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(here, capsys):
    """The command line in this process."""

    def run_main(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        return Done(status, *capsys.readouterr())

    return run_main


def environment(**changes):
    unwanted = {"PYTHONUNBUFFERED", "PYTHONIOENCODING", "PYTHONUTF8", "COLUMNS", "LINES"}
    return {**{k: v for k, v in os.environ.items() if k not in unwanted}, **changes}


def command(*arguments, options=()):
    return [sys.executable, *options, "-m", "autograd_mini", *map(str, arguments)]


def run_process(*arguments, options=(), stdout=subprocess.PIPE, **changes):
    """The command line in a process of its own, without a terminal."""
    done = subprocess.run(
        command(*arguments, options=options),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(**changes),
        timeout=120,
    )
    return Done(done.returncode, (done.stdout or b"").decode(), done.stderr.decode())


def tree(folder):
    """Every file below a folder, with its content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def check_refused(done, *told):
    """One clear line, and exit status 2."""
    assert done.status == 2
    assert re.fullmatch(r"autograd-mini[^\n]*: [^\n]+\n", done.err), done.err
    assert "Traceback" not in done.err
    for part in told:
        assert part in done.err


def texts(svg):
    """What stands in a picture."""
    return [text.strip() for text in ET.fromstring(svg).itertext() if text.strip()]


# -- bad input ----------------------------------------------------------------------------------

BAD_FILES = {
    "empty.csv": "",
    "header.csv": "p,q,class\n",
    "text.csv": "p,q,class\n1,2,a\n3,four,b\n",
    "gap.csv": "1,2,a\n3,,b\n",
    "infinite.csv": "1,2,a\n3,inf,b\n",
    "short.csv": "1,2,a\n3,4\n",
    "one.csv": "1,2,a\n3,4,a\n",
    "single.csv": "1,2,a\n3,4,a\n5,6,b\n",
    "semicolons.csv": "1;2;a\n3;4;b\n",
    "three.csv": "1,2,3,a\n3,4,5,b\n",
    "latin.csv": "1,2,caf\xe9\n3,4,b\n".encode("latin-1"),
    "photo.csv": b"\x89PNG\r\n\x1a\n\0\0\xff",
    "damaged.json": '{"format": "autograd-mini classifier", "version": 1',
    "other.json": '{"format": "another"}',
}


@pytest.fixture
def bad_files(here):
    for name, content in BAD_FILES.items():
        (here / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (here / "folder.csv").mkdir()
    return here


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data", "missing.csv"], ["missing.csv: No such file"]),
        (["--data", "folder.csv"], ["folder.csv: Is a directory"]),
        (["--data", "points.csv/x"], ["points.csv/x: Not a directory"]),
        (["--data", "empty.csv"], ["empty.csv: ", "empty"]),
        (["--data", "header.csv"], ["header.csv: ", "no row of data"]),
        (["--data", "text.csv"], ["text.csv: row 3, column 'q'", "'four'"]),
        (["--data", "gap.csv"], ["gap.csv: row 2, column 'x2'", "an empty cell"]),
        (["--data", "infinite.csv"], ["infinite.csv: row 2, column 'x2'", "'inf'"]),
        (["--data", "short.csv"], ["short.csv: row 2 has 2 cells; expected 3"]),
        (["--data", "one.csv"], ["one.csv: there is one class only, 'a'"]),
        (["--data", "single.csv"], ["class 'b' has 1 example"]),
        (["--data", "semicolons.csv"], ["semicolons.csv: row 1 has one column", "commas"]),
        (["--data", "latin.csv"], ["latin.csv: ", "UTF-8"]),
        (["--data", "photo.csv"], ["photo.csv: ", "UTF-8"]),
        (["--activation", "rleu"], ["unknown activation 'rleu'", "relu", "tanh"]),
        (["--hidden", "0"], ["--hidden", "'0'"]),
        (["--hidden", "8", "-1"], ["-1"]),
        (["--hidden", "2.5"], ["--hidden", "whole number", "'2.5'"]),
        (["--hidden", "9" * 5_000], ["--hidden", "whole number"]),
        (["--epochs", "0"], ["--epochs", "at least 1", "'0'"]),
        (["--epochs", "many"], ["--epochs", "'many'"]),
        (["--batch", "0"], ["--batch", "at least 1", "'0'"]),
        (["--rate", "0"], ["--rate", "above 0", "'0'"]),
        (["--rate", "nan"], ["--rate", "'nan'"]),
        (["--rate", "inf"], ["--rate", "'inf'"]),
        (["--rate", "fast"], ["--rate", "'fast'"]),
        (["--seed", "x"], ["--seed", "'x'"]),
        (["--seed", "1.5"], ["--seed", "'1.5'"]),
        (["--out", "points.csv"], ["points.csv", "folder"]),
        (["--out", "points.csv/inside"], ["points.csv/inside"]),
        (["--fly"], ["--fly"]),
        (["stray"], ["stray"]),
        (["--data"], ["--data"]),
    ],
)
def test_train_refuses_bad_input_in_one_line(bad_files, run, arguments, told):
    before = tree(bad_files)
    arguments = ["--data", "points.csv", "--hidden", "2", "--epochs", "1", *arguments]
    check_refused(run("train", *arguments), *told)
    assert tree(bad_files) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.json", "1", "2"], ["missing.json: No such file"]),
        (["points.csv", "1", "2"], ["points.csv: this is no JSON file"]),
        (["damaged.json", "1", "2"], ["damaged.json: this is no JSON file"]),
        (["other.json", "1", "2"], ["other.json: this is no autograd-mini classifier"]),
        (["folder.csv", "1", "2"], ["folder.csv: Is a directory"]),
        (["latin.csv", "1", "2"], ["latin.csv: "]),
        (["model.json"], ["the model takes 2 numbers (width, height)", "gives 0"]),
        (["model.json", "1"], ["takes 2 numbers", "gives 1"]),
        (["model.json", "1", "2", "3"], ["takes 2 numbers", "gives 3"]),
        (["model.json", "1", "two"], ["expected a number, got 'two'"]),
        (["model.json", "1", "nan"], ["expected a number, got 'nan'"]),
        (["model.json", "1", "2", "--data", "points.csv"], ["not both"]),
        (["model.json", "--data", "missing.csv"], ["missing.csv: No such file"]),
        (["model.json", "--data", "text.csv"], ["there is no column 'width'", "p, q, class"]),
        (["model.json", "--data", "three.csv"], ["three.csv: row 1 has 4 cells", "2 numbers"]),
        ([], ["model.json"]),
    ],
)
def test_predict_refuses_bad_input_in_one_line(bad_files, run, arguments, told):
    start, _ = prepare(read_csv("points.csv"), Settings(hidden=[2]))
    (bad_files / "model.json").write_text(start.classifier.to_json(), encoding="utf-8")
    before = tree(bad_files)
    done = run("predict", *arguments)
    check_refused(done, *told)
    assert done.out == ""
    assert tree(bad_files) == before


@pytest.mark.parametrize("name", ["draw", "steps"])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["w*x", "x=1"], ["'w' has no number", "w=1.5"]),
        (["fly(x)", "x=1"], ["unknown function 'fly'", "tanh"]),
        (["x +", "x=1"], ["cannot read 'x +'"]),
        (["x +\n\n", "x=1"], ["cannot read"]),
        (["", "x=1"], ["cannot read ''"]),
        (["x.data", "x=1"], ["x.data", "not allowed"]),
        (["__import__('os')"], ["unknown function '__import__'"]),
        (["[x, x]", "x=1"], ["a list, not one number"]),
        (["x*2", "x=1", "unused=2"], ["unused does not occur"]),
        (["log(x)", "x=0"], ["log(x) needs", "labelled 'x'"]),
        (["sqrt(x)", "x=-1"], ["sqrt(x) needs"]),
        (["1/x", "x=0"], ["divides by zero"]),
        (["exp(x)", "x=1000"], ["exp"]),
        (["x*2", "x"], ["expected NAME=NUMBER", "'x'"]),
        (["x*2", "x="], ["x: expected a number"]),
        (["x*2", "=2"], ["expected NAME=NUMBER"]),
        (["x*2", "2x=2"], ["expected NAME=NUMBER", "'2x=2'"]),
        (["x*2", "x=two"], ["x: expected a number, got 'two'"]),
        (["x*2", "x=inf"], ["x: expected a number, got 'inf'"]),
        (["x*2", "x=1", "x=2"], ["x is given twice"]),
        (["x" * 10_001, "x=1"], ["10001 characters"]),
        ([], ["expression"]),
    ],
)
def test_draw_and_steps_refuse_bad_input_in_one_line(here, run, name, arguments, told):
    before = tree(here)
    done = run(name, *arguments)
    check_refused(done, *told)
    assert done.out == ""
    assert tree(here) == before


@pytest.mark.parametrize("out", ["graph.jpg", "graph", "svg", "graph.svg.txt", "."])
def test_draw_refuses_a_format_it_does_not_have(here, run, out):
    before = tree(here)
    check_refused(run("draw", *LINE, "--out", out), out, ".svg, .png, .dot")
    assert tree(here) == before


def test_draw_refuses_a_folder_by_the_name_it_was_given(here, run):
    (here / "picture.svg").mkdir()
    check_refused(run("draw", *LINE, "--out", "picture.svg"), "picture.svg: ")
    assert list((here / "picture.svg").iterdir()) == []
    assert sorted(path.name for path in here.iterdir()) == ["picture.svg", "points.csv"]


@pytest.mark.parametrize("arguments", [[], ["fly"], ["Train"], ["--fly"]])
def test_a_command_is_needed(here, run, arguments):
    check_refused(run(*arguments))


def test_a_rate_far_too_large_is_one_line_and_nothing_is_written(here, run):
    before = tree(here)
    done = run(*QUICK, "--rate", "1e300", "--activation", "linear", "--epochs", "9")
    check_refused(done, "diverged", "smaller learning rate")
    assert tree(here) == before


@pytest.fixture(params=["reads", "does not read"])
def failing_dot(request, tmp_path_factory):
    """A program that fails as dot might, before it has read the graph or after."""
    program = tmp_path_factory.mktemp("programs") / "bad-dot"
    reading = "cat > /dev/null\n" if request.param == "reads" else ""
    program.write_text(f"#!/bin/sh\n{reading}echo out of ink >&2\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    return program


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_a_graphviz_that_fails_is_one_line_that_names_it(here, failing_dot):
    done = run_process("draw", *LINE, AUTOGRAD_MINI_DOT=str(failing_dot))
    check_refused(done, "bad-dot")
    assert not (here / "graph.svg").exists()


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_a_graphviz_that_fails_costs_no_training(here, failing_dot):
    done = run_process(*QUICK, "--out", "out", AUTOGRAD_MINI_DOT=str(failing_dot))
    assert "Traceback" not in done.err
    assert "bad-dot" in done.out + done.err
    Classifier.load(here / "out" / "model.json")


def test_a_graphviz_that_is_missing_is_one_line(here, run, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_MINI_DOT", "no-such-program")
    check_refused(run("draw", *LINE), "no-such-program")
    assert not (here / "graph.svg").exists()


def test_what_cannot_be_written_in_full_is_not_written_in_part(here, run):
    (here / "out" / "model.json").mkdir(parents=True)
    done = run(*QUICK, "--out", "out")
    check_refused(done, "out/model.json: ")
    assert [path.name for path in (here / "out").iterdir()] == ["model.json"]


def test_a_folder_that_cannot_be_made_is_found_out_before_the_training(here, run):
    done = run(*QUICK, "--out", "points.csv/inside")
    check_refused(done, "points.csv")
    assert "accuracy" not in done.out


# -- train --------------------------------------------------------------------------------------


def percentages(out):
    """{part: how many of how many} from the lines that tell the accuracies."""
    found = {}
    for part, percent, n in re.findall(r"^(\w+) accuracy ([\d.]+)% of (\d+)$", out, re.M):
        right = round(float(percent) / 100 * int(n))
        assert f"{right / int(n):.1%}" == f"{percent}%"
        found[part] = (right, int(n))
    return found


def confusion(out):
    """{(class, answer): count} from the table."""
    lines = out[out.index("test examples:") :].splitlines()[1:]
    _, *heads = re.split(r"\s{2,}", lines[0].strip())
    counts = {}
    for line in lines[1 : 1 + len(heads)]:
        name, *cells = re.split(r"\s{2,}", line.strip())
        counts |= {(name, head): int(cell) for head, cell in zip(heads, cells, strict=True)}
    return counts


def test_train_on_iris_is_the_main_job(here):
    done = run_process("train", "--epochs", "1")
    assert (done.status, done.err) == (0, "")
    folder = here / "autograd-mini-output"
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert "150 examples, 4 columns, 3 classes" in done.out
    classifier = Classifier.load(folder / "model.json")
    assert classifier.classes == iris().classes
    assert classifier.columns == iris().columns
    right = percentages(done.out)
    assert sum(n for _, n in right.values()) == 150
    assert sum(k for k, _ in right.values()) == round(classifier.accuracy(iris()) * 150)
    assert set(iris().columns) <= set(texts((folder / "graph.svg").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on the small file, in a process of its own: its folder, and what it said."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "points.csv").write_text(POINTS, encoding="utf-8")
    done = subprocess.run(
        command(*QUICK, "--seed", "5", "--epochs", "30", "--out", "out"),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=120,
    )
    return folder, Done(done.returncode, done.stdout, done.stderr)


def test_a_good_run_writes_three_files_and_is_quiet_without_a_terminal(trained):
    folder, done = trained
    assert (done.status, done.err) == (0, "")
    assert sorted(path.name for path in (folder / "out").iterdir()) == FILES
    assert "\r" not in done.out
    assert f"wrote graph.svg, steps.html, training.svg, model.json to out{os.sep}" in done.out


def test_the_accuracies_and_the_table_are_those_of_the_model(trained):
    folder, done = trained
    data = read_csv(folder / "points.csv")
    classifier = Classifier.load(folder / "out" / "model.json")
    right, counts = percentages(done.out), confusion(done.out)
    assert set(right) == {"training", "test"}
    assert right["training"][1] + right["test"][1] == len(data.rows)
    assert right["training"][0] + right["test"][0] == round(classifier.accuracy(data) * 12)
    assert set(counts) == {(a, b) for a in data.classes for b in data.classes}
    assert sum(counts.values()) == right["test"][1]
    assert sum(counts[name, name] for name in data.classes) == right["test"][0]
    each = right["test"][1] / 3
    assert all(sum(counts[a, b] for b in data.classes) == each for a in data.classes)


def test_the_table_has_a_row_for_what_was_and_a_column_for_what_was_said(here, run):
    data, tables = read_csv("points.csv"), []
    for seed in range(6):
        out = run(*QUICK, "--epochs", "1", "--rate", "0.001", "--seed", seed, "--out", "out").out
        classifier = Classifier.load("out/model.json")
        part = prepare(data, Settings(hidden=[2], seed=seed))[0].test_part
        expected = dict.fromkeys(((a, b) for a in data.classes for b in data.classes), 0)
        for row, label in zip(part.rows, part.labels, strict=True):
            expected[data.classes[label], classifier.classify(row)] += 1
        assert confusion(out) == expected
        tables.append(expected)
    assert any(table[a, b] != table[b, a] for table in tables for a, b in table)


def test_the_graph_shows_the_loss_of_an_example_with_data_and_gradients(trained):
    folder, _ = trained
    classifier = Classifier.load(folder / "out" / "model.json")
    shown = texts((folder / "out" / "graph.svg").read_text(encoding="utf-8"))
    assert {"loss", "width", "height"} <= set(shown)
    fitting = []
    for x, label in classifier.examples(read_csv(folder / "points.csv")):
        inputs = [Value(xi) for xi in x]
        loss = cross_entropy(classifier.model(inputs), label)
        leaves = inputs + classifier.model.parameters()
        numbers = [node.data for node in topological_order(loss)] + gradients(loss, leaves)
        fitting.append({format_number(number) for number in numbers} <= set(shown))
    assert any(fitting)


def test_the_curves_are_a_picture_of_loss_and_accuracy(trained):
    svg = (trained[0] / "out" / "training.svg").read_text(encoding="utf-8")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "loss" in svg
    assert "accuracy" in svg
    lines = re.findall(r'<path d="(M[^"]*L[^"]*)" clip-path', svg)
    assert len(lines) >= 3, "a curve each for the loss, and the accuracy on both parts"


def test_predict_agrees_with_the_training(trained, run, monkeypatch):
    folder, done = trained
    monkeypatch.chdir(folder)
    data, right = read_csv("points.csv"), percentages(done.out)
    classifier = Classifier.load("out/model.json")
    found = run("predict", "out/model.json", "--data", "points.csv")
    assert found.status == 0
    assert found.out.splitlines() == [classifier.classify(row) for row in data.rows]
    assert found.err == f"{sum(k for k, _ in right.values())} of 12 as the file says\n"


def test_predict_tells_the_probabilities_of_one_row(trained, run, monkeypatch):
    monkeypatch.chdir(trained[0])
    classifier = Classifier.load("out/model.json")
    for row in ([0.5, 0.5], [5.0, -1.0], [-2.5, 7.25]):
        done = run("predict", "out/model.json", *row)
        assert (done.status, done.err) == (0, "")
        *lines, last = done.out.splitlines()
        assert last == f"class: {classifier.classify(row)}"
        said = dict(line.split() for line in lines)
        assert list(said) == classifier.classes
        expected = classifier.probabilities(row)
        assert [float(p) for p in said.values()] == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize("number", ["-1", "-.5", "1e-3", "-1e-3", "-2.5e+1", "-5.", "+3"])
def test_predict_takes_numbers_as_they_are_written(trained, run, monkeypatch, number):
    monkeypatch.chdir(trained[0])
    done = run("predict", "out/model.json", "0.5", number)
    assert (done.status, done.err) == (0, "")
    answer = Classifier.load("out/model.json").classify([0.5, float(number)])
    assert done.out.endswith(f"class: {answer}\n")


def test_predict_takes_a_file_of_one_row(trained, run, monkeypatch, tmp_path):
    row = tmp_path / "row.csv"
    row.write_text("0.5,0.25,here\n", encoding="utf-8")
    monkeypatch.chdir(trained[0])
    done = run("predict", "out/model.json", "--data", row)
    assert done.status == 0, done.err
    assert done.out == Classifier.load("out/model.json").classify([0.5, 0.25]) + "\n"


@pytest.mark.parametrize("header", ["width,width,kind", ",height,kind", "x2,x1,kind"])
def test_predict_reads_the_file_as_the_training_did(here, run, header):
    (here / "points.csv").write_text(POINTS.replace("width,height,kind", header), encoding="utf-8")
    right = percentages(run(*QUICK, "--epochs", "30", "--seed", "5", "--out", "out").out)
    done = run("predict", "out/model.json", "--data", "points.csv")
    assert done.err == f"{sum(k for k, _ in right.values())} of 12 as the file says\n"


def test_the_seed_decides_every_byte(here, run):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert run(*QUICK, "--seed", seed, "--out", out).status == 0
    first, second, other = (tree(here / out) for out in "abc")
    assert first == second
    assert all(first[name] != other[name] for name in FILES)


def test_every_byte_is_the_same_in_another_process(here):
    # Python orders sets of strings differently in every process
    for out, seed in (("a", "1"), ("b", "2")):
        done = run_process(*QUICK, "--out", out, PYTHONHASHSEED=seed)
        assert (done.status, done.err) == (0, "")
    assert tree(here / "a") == tree(here / "b")


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        (["--hidden", "3", "2", "--activation", "relu"], "MLP(2, [3, 2, 3], relu)"),
        (["--hidden"], "MLP(2, [3], linear)"),
        (["--hidden", "4", "--batch", "1000"], "MLP(2, [4, 3], tanh)"),
    ],
)
def test_the_options_shape_the_network(here, run, options, shape):
    done = run("train", "--data", "points.csv", "--epochs", "1", *options, "--out", "out")
    assert done.status == 0
    assert shape in done.out
    classifier = Classifier.load(here / "out" / "model.json")
    assert repr(classifier.model) == shape


@pytest.mark.parametrize("options", [["--epochs", "4"], ["--rate", "0.5"], ["--batch", "1"]])
def test_every_option_of_the_training_matters(here, run, options):
    run(*QUICK, "--out", "a")
    run(*QUICK, *options, "--out", "b")
    assert tree(here / "a")["model.json"] != tree(here / "b")["model.json"]


def test_a_network_of_usual_size_is_trained_and_drawn(here, run):
    done = run("train", "--data", "points.csv", "--hidden", "16", "16", "--epochs", "1")
    assert done.err == ""
    assert done.status == 0
    assert sorted(path.name for path in (here / "autograd-mini-output").iterdir()) == FILES


def test_a_graph_too_large_to_follow_is_drawn_in_less_detail_and_stepped_from_a_later_layer_on(
    here, run
):
    hidden = ["40", "40"]
    done = run(*QUICK, "--epochs", "1", "--hidden", *hidden, "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    shown = texts((here / "out" / "graph.svg").read_text(encoding="utf-8"))
    assert {"loss", "layers.0", "neurons.39"} <= set(shown)
    assert "w.0" not in shown
    start = int(re.search(r"steps\.html starts after layer (\d)", done.out).group(1))
    page = (here / "out" / "steps.html").read_text(encoding="utf-8")
    assert all(f'"{name}"' in page for name in ("loss", f"h{start}[0]", f"w{start}[0,0]"))
    assert f'"w{start - 1}[0,0]"' not in page
    classifier, fitting = Classifier.load(here / "out" / "model.json"), []
    for x, label in classifier.examples(read_csv("points.csv")):
        loss = cross_entropy(classifier.model(x), label)
        slopes = gradients(loss, classifier.model.layers[-1].parameters())
        fitting.append(all(f'"{g}"' in page for g in (loss.data, *slopes)))
    assert any(fitting)


def test_a_layer_too_large_to_follow_is_drawn_as_a_box_and_not_stepped_through(here, run):
    done = run(*QUICK, "--epochs", "1", "--hidden", "400", "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert "the last layer is too large to step through, so there is no steps.html" in done.out
    expected = ["graph.svg", "model.json", "training.svg"]
    assert sorted(path.name for path in (here / "out").iterdir()) == expected
    assert "layers.0" in texts((here / "out" / "graph.svg").read_text(encoding="utf-8"))


def test_a_file_of_many_columns_is_trained_on_and_drawn(here, run):
    rows = [[*(f"{(i * k) % 7}" for i in range(40)), "ab"[k % 2]] for k in range(1, 7)]
    (here / "wide.csv").write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    done = run("train", "--data", "wide.csv", "--epochs", "1")
    assert done.err == ""
    assert done.status == 0
    assert sorted(path.name for path in (here / "autograd-mini-output").iterdir()) == FILES


# -- where it writes ----------------------------------------------------------------------------


def test_out_may_be_a_folder_below_folders_that_do_not_exist(here, run):
    assert run(*QUICK, "--out", "new/deep folder").status == 0
    assert sorted(path.name for path in (here / "new/deep folder").iterdir()) == FILES


def test_out_may_be_a_folder_with_files_in_it(here, run):
    out = here / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    (out / "model.json").write_text("old", encoding="utf-8")
    assert run(*QUICK, "--out", out).status == 0
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert Classifier.load(out / "model.json").classes == ["above", "here", "right"]
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, "notes.txt"])


def test_a_run_that_fails_leaves_the_files_of_the_last(bad_files, run):
    assert run(*QUICK, "--out", "out").status == 0
    before = tree(bad_files)
    check_refused(run(*QUICK, "--data", "text.csv", "--out", "out"))
    check_refused(run(*QUICK, "--rate", "1e300", "--activation", "linear", "--out", "out"))
    assert tree(bad_files) == before


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_files_are_readable_as_any_other(here, run):
    run(*QUICK, "--out", "out")
    (here / "mine.txt").write_text("", encoding="utf-8")
    mode = (here / "mine.txt").stat().st_mode
    assert [path.stat().st_mode for path in (here / "out").iterdir()] == [mode] * len(FILES)


def test_a_folder_is_called_what_was_asked_for(here, run):
    done = run(*QUICK, "--out", "-5")
    assert done.status == 2 or (here / "-5").is_dir()
    assert {path.name for path in here.iterdir()} <= {"points.csv", "-5"}


# -- names of all kinds -------------------------------------------------------------------------

ODD = 'first <b>,"a,b","say ""x""",back\\slash,"two\nlines",&amp;,ünï 花,class\n' + "".join(
    f"{','.join(str((i * k) % 5 + i) for i in range(7))},{name}\n"
    for k, name in enumerate(['"a,b"', "<b>&", "花 ü", '"""q"""'] * 2, start=1)
)


def test_odd_names_go_through_every_file(here, run):
    (here / "odd.csv").write_text(ODD, encoding="utf-8")
    done = run("train", "--data", "odd.csv", "--hidden", "2", "--epochs", "1", "--out", "out")
    assert (done.status, done.err) == (0, "")
    for name in ("a,b", "<b>&", "花 ü", '"q"'):
        assert name in done.out
    state = json.loads((here / "out" / "model.json").read_text(encoding="utf-8"))
    assert state["classes"] == sorted(["a,b", "<b>&", "花 ü", '"q"'])
    assert state["columns"][:4] == ["first <b>", "a,b", 'say "x"', "back\\slash"]
    shown = texts((here / "out" / "graph.svg").read_text(encoding="utf-8"))
    assert {"first <b>", "a,b", 'say "x"', "back\\slash", "two lines", "&amp;"} <= set(shown)
    assert "ünï 花" in " ".join(shown).replace("\xa0", " ")
    answers = run("predict", "out/model.json", "--data", "odd.csv").out.splitlines()
    assert len(answers) == 8
    assert set(answers) <= set(state["classes"])


def test_a_terminal_that_lacks_a_letter_costs_no_training(here):
    (here / "greek.csv").write_text(POINTS.replace("here", "ἐνθάδε"), encoding="utf-8")
    done = run_process(
        *("train", "--data", "greek.csv", "--hidden", "2", "--epochs", "1", "--out", "out"),
        PYTHONIOENCODING="ascii",
    )
    assert (done.status, done.err) == (0, "")
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    assert percentages(done.out)


# -- without the optional programs --------------------------------------------------------------


def test_without_matplotlib_the_rest_is_written_and_it_says_what_to_install(here, run, monkeypatch):
    for name in [*sys.modules]:
        if name.split(".")[0] == "matplotlib":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    expected = ["graph.svg", "model.json", "steps.html"]
    assert sorted(path.name for path in (here / "out").iterdir()) == expected
    assert "wrote graph.svg, steps.html, model.json to" in done.out
    assert re.search(r"training\.svg.*pip install", done.out)


def test_without_graphviz_the_dot_text_is_written_and_it_says_what_to_install(
    here, run, monkeypatch
):
    for module in ("autograd_mini.draw", "autograd_mini.draw.program"):
        monkeypatch.setattr(f"{module}.dot_command", lambda: None)
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    expected = ["graph.dot", "model.json", "training.svg"]
    assert sorted(path.name for path in (here / "out").iterdir()) == expected
    assert (here / "out" / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    assert "pip install graphviz-pure" in done.out


# -- the progress bar, and Ctrl-C ---------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_a_bar_with_loss_and_accuracy(run, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    assert run(*QUICK, "--epochs", "3", "--out", "out").status == 0
    first, *shown = terminal.getvalue().split("\r")
    assert first == ""
    assert len(shown) == 3
    for k, line in enumerate(shown, start=1):
        assert re.match(rf"epoch {k}/3 \[#+ *\] loss \d+\.\d+  accuracy +\d+\.\d%", line)
        assert line.count("#") == round(24 * k / 3)
        assert len(line.rstrip("\n")) == 99
    assert [line.endswith("\n") for line in shown] == [False, False, True]


def test_the_bar_fits_a_narrow_terminal(run, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "30")
    run(*QUICK, "--out", "out")
    assert {len(line) for line in re.split(r"[\r\n]+", terminal.getvalue().strip())} == {29}


def stopping_after(n, error):
    """cross_entropy, but its n-th call raises, or gives a loss that is no number."""
    calls = iter(range(1, 10**9))

    def loss(outputs, label):
        if next(calls) == n:
            if error is not None:
                raise error
            return cross_entropy(outputs, label) * math.nan
        return cross_entropy(outputs, label)

    return loss


def test_ctrl_c_keeps_what_was_learned(here, run, monkeypatch):
    run(*QUICK, "--epochs", "9", "--out", "whole")
    per_epoch = len(read_csv("points.csv").rows)  # trained on, or measured on after the epoch
    monkeypatch.setattr(
        "nn.classifier.cross_entropy", stopping_after(3 * per_epoch + 1, KeyboardInterrupt)
    )
    done = run(*QUICK, "--epochs", "9", "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert "interrupted after epoch 3; what was learned is kept" in done.out
    assert percentages(done.out)
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    state = (here / "out" / "model.json").read_text(encoding="utf-8")
    assert Classifier.load(here / "out" / "model.json").to_json() == state
    assert state != (here / "whole" / "model.json").read_text(encoding="utf-8")


def test_ctrl_c_before_the_first_epoch_ends_writes_nothing(here, run, monkeypatch):
    before = tree(here)
    monkeypatch.setattr("nn.classifier.cross_entropy", stopping_after(2, KeyboardInterrupt))
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (130, "autograd-mini: interrupted\n")
    assert tree(here) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, None], ids=["interrupt", "divergence"])
def test_what_follows_a_bar_stands_on_a_line_of_its_own(run, monkeypatch, error):
    both = Terminal()
    monkeypatch.setattr(sys, "stderr", both)
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr("nn.classifier.cross_entropy", stopping_after(25, error))
    run(*QUICK, "--epochs", "9", "--out", "out")
    assert re.search(r"\n(interrupted after|autograd-mini: training diverged)", both.getvalue())


def on_a_terminal(*arguments, interrupt_at=None):
    """(status, all that a terminal shows); with SIGINT as soon as it shows a certain text."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=environment()
    )
    os.close(theirs)
    shown, sent = b"", interrupt_at is None
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so that the other end was closed
            break
        if not piece:
            break
        shown += piece
        if not sent and interrupt_at in shown:
            process.send_signal(signal.SIGINT)
            sent = True
    os.close(ours)
    assert sent, shown
    return process.wait(60), shown.decode()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_on_a_real_terminal_there_is_a_bar(here):
    status, shown = on_a_terminal(*QUICK, "--epochs", "3", "--out", "out")
    assert status == 0
    for k in (1, 2, 3):
        assert re.search(rf"\repoch {k}/3 \[#+ *\] loss \d\.\d+  accuracy +\d+\.\d%", shown)
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX")
def test_sigint_on_a_real_terminal_keeps_what_was_learned(here):
    status, shown = on_a_terminal(
        *QUICK, "--epochs", "9999", "--out", "out", interrupt_at=b"epoch    2/9999"
    )
    assert status == 0
    assert re.search(r"interrupted after epoch \d+; what was learned is kept", shown)
    assert "Traceback" not in shown
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES
    Classifier.load(here / "out" / "model.json")


# -- standard output ----------------------------------------------------------------------------


@pytest.fixture
def pipe_without_reader():
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("arguments", [["steps", *LINE], ["--help"], ["train", "--help"]])
def test_a_reader_who_has_gone_is_no_error(here, pipe_without_reader, arguments):
    done = run_process(*arguments, stdout=pipe_without_reader)
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_gone_costs_no_training(here, pipe_without_reader, unbuffered):
    done = run_process(
        *QUICK, "--out", "out", stdout=pipe_without_reader, PYTHONUNBUFFERED=unbuffered
    )
    assert (done.status, done.err) == (0, "")
    assert (here / "out" / "model.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_one_line(here):
    with open("/dev/full", "wb") as full:
        check_refused(run_process("steps", *LINE, stdout=full), "No space left")


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed by a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_traceback(here, closed):
    done = subprocess.run(
        ["sh", "-c", f'"$0" "$@" {closed}', *command(*QUICK, "--out", "out")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        timeout=120,
    )
    assert done.stderr == b""
    assert done.returncode == 0
    assert sorted(path.name for path in (here / "out").iterdir()) == FILES


# -- steps --------------------------------------------------------------------------------------


def table(out, title):
    """The rows of a table, as lists of cells."""
    lines = out[out.index(title) :].split("\n\n")[0].splitlines()[1:]
    return [re.split(r"\s{2,}", line.strip()) for line in lines]


def told_gradients(out):
    """{leaf: derivative} from the last table."""
    return {
        re.fullmatch(r"d\S+/d(\S+)", what).group(1): float(number)
        for what, _, number in table(out, "gradients")
    }


@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ("tanh(w*x + b)", {"w": 0.5, "x": 2, "b": 0.1}, None),
        ("a*b + 1", {"a": 0, "b": 3}, {"a": 3.0, "b": 0.0}),
        ("a + b", {"a": 0, "b": 0}, {"a": 1.0, "b": 1.0}),
        ("a*a*a", {"a": -2}, {"a": 12.0}),
        ("(a + a) + (a + a)", {"a": 1}, {"a": 4.0}),
        ("exp(a)", {"a": 0}, {"a": 1.0}),
        ("a", {"a": 0}, {"a": 1.0}),
        ("a", {"a": 7}, {"a": 1.0}),
        ("where(a > 0, a, b)", {"a": 2, "b": 3}, {"a": 1.0, "b": 0.0}),
        ("dot([a, b], [2, 3], 1)", {"a": 1, "b": 1}, {"a": 2.0, "b": 3.0}),
        ("v1*v2 + v1", {"v1": 2, "v2": 3}, {"v1": 4.0, "v2": 2.0}),
        ("logsumexp([a, b])", {"a": 1, "b": 1}, {"a": 0.5, "b": 0.5}),
        ("a - 3", {"a": -1e-3}, {"a": 1.0}),
    ],
)
def test_steps_ends_with_the_gradient_of_every_name(run, expression, variables, expected):
    done = run("steps", expression, *(f"{name}={number}" for name, number in variables.items()))
    assert (done.status, done.err) == (0, "")
    root = parse(expression, variables)
    leaves = {node.label: node for node in topological_order(root) if not str(node.op)}
    found = told_gradients(done.out)
    if expected is not None:
        assert {name: found.get(name, 0.0) for name in variables} == pytest.approx(expected)
    assert found == {name: gradients(root, [leaf])[0] for name, leaf in leaves.items()}


def test_steps_prints_the_forward_pass(run):
    rows = table(run("steps", *LINE).out, "forward pass")
    assert rows[0] == ["node", "made by", "data"]
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    assert [float(row[-1]) for row in rows[1:]] == [x.data for x in topological_order(root)]
    assert [row[0] for row in rows[1:]][-1] == "y"
    assert [row[1] for row in rows[1:] if len(row) == 3] == ["w * x", "v1 + b", "tanh(v2)"]


@pytest.mark.parametrize("expression", ["tanh(w*x + b)", "(w*x + w)*x/b", "(b + w)*(b + x)*b"])
def test_every_step_of_the_backward_pass_is_a_product_added_to_a_sum(run, expression):
    variables = {"w": 0.5, "x": 2.0, "b": 0.25}
    out = run("steps", expression, *(f"{n}={v}" for n, v in variables.items())).out
    rows = table(out, "backward pass")
    assert rows[0] == ["step", "chain rule", "sum so far"]
    root = parse(expression, variables)
    assert len(rows) - 2 == sum(len(node.parents) for node in topological_order(root))
    assert rows[1] == ["0", "dy/dy = 1.0", "1.0"]
    sums = {"y": 1.0}
    for k, (number, rule, total) in enumerate(rows[2:], start=1):
        node, parent, upstream, local, product = re.fullmatch(
            r"dy/d(?:\S+) \+= dy/d(\S+) \* d\1/d(\S+) = (\S+) \* (\S+) = (\S+)", rule
        ).groups()
        assert int(number) == k
        assert float(upstream) == sums[node]
        assert float(product) == float(upstream) * float(local)
        sums[parent] = sums.get(parent, 0.0) + float(product)
        assert float(total) == sums[parent]
    assert {name: sums[name] for name in variables} == told_gradients(out)


@pytest.mark.parametrize("expression", ["-x", "-x*2", "- x", "-2*x", "-tanh(x)", "--x"])
def test_an_expression_may_start_with_a_minus(here, run, expression):
    done = run("steps", expression, "x=-3")
    assert (done.status, done.err) == (0, "")
    root = parse(expression, {"x": -3})
    [leaf] = [node for node in topological_order(root) if node.label == "x"]
    assert told_gradients(done.out) == {"x": gradients(root, [leaf])[0]}
    assert run("draw", expression, "x=-3").status == 0


def test_steps_depth_first_says_what_is_wrong_and_what_is_right(run):
    expression = "dot(softmax([a, b]), [1, 2])"  # in which a sum is used twice
    variables = {"a": 2, "b": 1}
    right = parse(expression, variables)
    leaves = [node for node in topological_order(right) if node.label in variables]
    expected = dict(zip((x.label for x in leaves), gradients(right, leaves)))
    given = [f"{name}={number}" for name, number in variables.items()]
    told = table(run("steps", expression, *given, "--order", "depth_first").out, "gradients")
    assert {row[0][-1]: row[3] for row in told} == {
        name: f"wrong: {number} is right" for name, number in expected.items()
    }
    assert "wrong" not in run("steps", expression, *given).out
    only_leaves_are_shared = "a*a*(a*a)*0.1 + 0.2*a*a"
    assert "wrong" not in run("steps", only_leaves_are_shared, "a=3", "--order", "depth_first").out


def test_steps_writes_a_page_to_step_through(here, run):
    page = Path("new", "steps <1>.html")
    done = run("steps", *LINE, "--html", page)
    assert (done.status, done.err) == (0, "")
    assert done.out == run("steps", *LINE).out + f"\nwrote {page}\n"
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    assert page.read_text(encoding="utf-8") == step_through(root, title=LINE[0]).page()
    assert [path.name for path in page.parent.iterdir()] == [page.name]


def test_steps_writes_the_order_that_was_asked_for(here, run):
    done = run("steps", "a + a", "a=1", "--order", "depth_first", "--html", "steps.html")
    assert "backward pass, depth first" in done.out
    root = parse("a + a", {"a": 1})
    expected = step_through(root, order="depth_first", title="a + a").page()
    assert (here / "steps.html").read_text(encoding="utf-8") == expected


def test_the_title_of_the_page_is_text(here, run):
    assert run("steps", "where(a < 3, a, 1)", "a=1", "--html", "steps.html").status == 0
    html = (here / "steps.html").read_text(encoding="utf-8")
    assert "<title>where(a &lt; 3, a, 1)</title>" in html


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_said(here, run):
    (here / "folder").mkdir()
    done = run("steps", *LINE, "--html", "folder")
    check_refused(done, "folder")
    assert done.out == ""
    long = f"fsum([{', '.join(['exp(a)'] * 600)}])"
    check_refused(run("steps", long, "a=1", "--html", "steps.html"), "602 nodes", "500")
    assert run("steps", long, "a=1").status == 0
    assert not (here / "steps.html").exists()


def test_steps_html_of_training_is_the_page_of_the_loss_of_one_example(here, run):
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    html = (here / "out" / "steps.html").read_text(encoding="utf-8")
    assert "<title>The loss of one test example</title>" in html
    assert html.count("<script>") == html.count("</script>") == 1


def test_steps_of_a_constant(run):
    done = run("steps", "2 + 3")
    assert (done.status, done.err) == (0, "")
    assert "5.0" in done.out


# -- draw ---------------------------------------------------------------------------------------


def test_draw_writes_a_picture_of_the_expression(here, run):
    done = run("draw", *LINE)
    assert done == (0, "wrote graph.svg\n", "")
    shown = texts((here / "graph.svg").read_text(encoding="utf-8"))
    root = parse(LINE[0], {"w": 0.5, "x": 2, "b": 0.1})
    root.backward()
    assert {"w", "x", "b", "y", "tanh"} <= set(shown)
    for node in topological_order(root):
        assert {format_number(node.data), format_number(node.grad)} <= set(shown)


@pytest.mark.parametrize(
    ("name", "start"), [("a.svg", b"<"), ("b.png", b"\x89PNG\r\n"), ("new/c.dot", b"digraph")]
)
def test_draw_writes_what_the_ending_says(here, run, name, start):
    done = run("draw", *LINE, "--out", name)
    assert (done.status, done.err) == (0, "")
    assert (here / name).read_bytes().startswith(start)
    assert name in done.out.replace(os.sep, "/")
    assert len(tree(here)) == 2 + name.count("/")


def test_draw_and_steps_take_names_in_any_unicode_form(here, run):
    for name in ("draw", "steps"):
        done = run(name, "\u00b5*2", "\u00b5=3")  # the micro sign; Python reads it as a mu
        assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize("expression", ["1if x else 2", '"\\d"*x'])
def test_python_adds_no_warning_of_its_own_to_the_line(here, expression):
    check_refused(run_process("steps", expression, "x=1", options=["-W", "always"]))


# -- the program --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--help"], ["train", "predict", "draw", "steps"]),
        (
            ["train", "--help"],
            ["--data", "--hidden", "--activation", "--epochs", "--rate", "--batch", "--seed"],
        ),
        (["predict", "--help"], ["model.json", "--data"]),
        (["draw", "--help"], ["NAME=NUMBER", "--out"]),
        (["steps", "--help"], ["NAME=NUMBER"]),
    ],
)
def test_help_names_all_there_is(run, arguments, told):
    done = run(*arguments)
    assert (done.status, done.err) == (0, "")
    for part in told:
        assert part in done.out


def test_bad_input_is_exit_status_2_of_the_process(here):
    check_refused(run_process("train", "--data", "missing.csv"), "missing.csv")


def test_the_installed_script_is_the_module(here):
    script = Path(sys.executable).with_name("autograd-mini")
    if not script.exists():
        pytest.skip("the script is not installed beside this Python")
    done = subprocess.run(
        [script, "steps", *LINE], capture_output=True, text=True, env=environment(), timeout=120
    )
    assert done.returncode == 0
    assert done.stdout == run_process("steps", *LINE).out


@pytest.mark.parametrize("arguments", [["-hypot(x, 4)", "x=3"], ["-h*2", "h=1"], ["-out", "out=1"]])
def test_an_expression_may_begin_like_an_option(run, here, arguments):
    done = run("steps", *arguments)
    assert (done.status, done.err) == (0, "")
