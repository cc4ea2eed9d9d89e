"""autograd-mini train: bad input, what it prints, and its options."""

import os
import re
import xml.etree.ElementTree as ET

import pytest
from packed import data_of_page
from shell import FILES, QUICK, check_refused, percentages, run_process, texts, tree

from autograd_mini import Value, gradients, topological_order
from autograd_mini.draw import format_number
from nn.activations import ACTIVATIONS
from nn.classifier import Classifier, Settings, prepare
from nn.data import iris, read_csv
from nn.losses import cross_entropy


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--data", "missing.csv"], ["missing.csv: No such file"]),
        (["--data", "folder.csv"], ["folder.csv: Is a directory"]),
        (["--data", "points.csv/x"], ["points.csv/x: Not a directory"]),
        (["--data", "empty.csv"], ["empty.csv: ", "empty"]),
        (["--data", "header.csv"], ["header.csv: ", "no row of data"]),
        (["--data", "text.csv"], ["text.csv: row 3, column q: ", "'four'"]),
        (["--data", "gap.csv"], ["gap.csv: row 2, column x2: ", "an empty cell"]),
        (["--data", "infinite.csv"], ["infinite.csv: row 2, column x2: ", "'inf'"]),
        (["--data", "short.csv"], ["short.csv: row 2 has 2 cells; expected 3"]),
        (["--data", "one.csv"], ["one.csv: there is one class only, 'a'"]),
        (["--data", "single.csv"], ["class 'b' has 1 example"]),
        (["--data", "spaces.csv"], ["spaces.csv: target '1 2 a' is the only column", "commas"]),
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


def test_help_lists_the_activations(run):
    help = " ".join(run("train", "--help").out.split())
    listed = re.search(r"one of: (.*?) \(default: tanh\)", help).group(1)
    assert listed.split(", ") == list(ACTIVATIONS)


def test_a_rate_far_too_large_is_one_line_and_nothing_is_written(here, run):
    before = tree(here)
    done = run(*QUICK, "--rate", "1e300", "--activation", "linear", "--epochs", "9")
    check_refused(done, "diverged", "smaller learning rate")
    assert tree(here) == before


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
    assert classifier.coding.inputs == iris().columns
    right = percentages(done.out)
    assert sum(n for _, n in right.values()) == 150
    assert sum(k for k, _ in right.values()) == round(classifier.accuracy(iris()) * 150)
    assert set(iris().columns) <= set(texts((folder / "graph.svg").read_text(encoding="utf-8")))


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
    assert {"loss", "layer 1, neuron 40", "… 34 more"} <= set(shown)
    assert "layer 1, neuron 20" not in shown
    start = int(re.search(r"steps\.html starts after layer (\d)", done.out).group(1))
    page = (here / "out" / "steps.html").read_text(encoding="utf-8")
    told = data_of_page(page)
    names = {node["name"] for node in told["nodes"]}
    numbers = {x["data"] for x in told["nodes"]} | {
        x["exact"] for x in told["frames"] if "exact" in x
    }
    assert {"loss", f"h{start}.1", f"w{start + 1}.1.1"} <= names
    assert f"w{start}.1.1" not in names
    classifier, fitting = Classifier.load(here / "out" / "model.json"), []
    for x, label in classifier.examples(read_csv("points.csv")):
        loss = cross_entropy(classifier.model(x), label)
        slopes = gradients(loss, classifier.model.layers[-1].parameters())
        fitting.append({str(g) for g in (loss.data, *slopes)} <= numbers)
    assert any(fitting)


def test_a_layer_too_large_to_follow_is_drawn_as_a_box_and_not_stepped_through(here, run):
    done = run(*QUICK, "--epochs", "1", "--hidden", "400", "--out", "out")
    assert (done.status, done.err) == (0, "")
    assert "there is no steps.html: the last layer is too large to step through" in done.out
    expected = ["graph.svg", "model.json", "training.svg"]
    assert sorted(path.name for path in (here / "out").iterdir()) == expected
    assert "… 394 more" in texts((here / "out" / "graph.svg").read_text(encoding="utf-8"))


def test_a_file_of_many_columns_is_trained_on_and_drawn(here, run):
    rows = [[*(f"{(i * k) % 7}" for i in range(40)), "ab"[k % 2]] for k in range(1, 7)]
    (here / "wide.csv").write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    done = run("train", "--data", "wide.csv", "--epochs", "1")
    assert done.err == ""
    assert done.status == 0
    assert sorted(path.name for path in (here / "autograd-mini-output").iterdir()) == FILES


def test_steps_html_of_training_is_the_page_of_the_loss_of_one_example(here, run):
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    html = (here / "out" / "steps.html").read_text(encoding="utf-8")
    title = re.search("<title>The loss of one test example: (.*)</title>", html)
    assert title[1] == "here"  # the class of that example
    assert html.count("<script>") == html.count("</script>") == 1
