"""autograd-mini train and predict on files as people have them."""

import json
import re
import statistics
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from messy import ENGLISH, GERMAN, Dialect, cell, housing, penguins, text, wine
from shell import FILES, QUICK, check_refused, percentages, texts, tree

from nn.classifier import Predictor
from nn.coding import Choices
from nn.data import read_examples
from nn.tables import MISSING

SMALL = ["--hidden", "2", "--epochs", "2", "--out", "out"]
PENGUINS = ["--target", "species", "--one-hot", "island", "sex", "--drop", "year"]


@pytest.fixture
def write(here):
    """Write a table to a file."""

    def write_table(name, rows, dialect=ENGLISH):
        (here / name).write_bytes(text(rows, dialect).encode())
        return name

    return write_table


def check_listed(done, *lines, errors):
    """A line that counts the errors, and up to ten of them; exit status 2."""
    assert done.status == 2
    first, *found = done.err.splitlines()
    assert re.match(rf"autograd-mini: \S+: {errors} errors", first)
    assert len(found) == min(errors, 10)
    assert all(re.match(r"row \d+, column .*: ", line) for line in found)
    assert set(lines) <= set(found)


# -- penguins: text, missing cells, classes -------------------------------------------------------


def test_penguins_are_refused_with_what_to_do_about_each_column(run, write):
    path = write("penguins.csv", penguins(gaps=0))
    done = run("train", "--data", path, *SMALL)
    check_listed(done, "row 2, column island: expected a number, got 'Torgersen'", errors=108)
    assert "--one-hot or --drop what has no numbers: species, island, sex" in done.err


def test_missing_cells_are_listed_until_one_says_what_to_do(here, run, write):
    path, before = write("penguins.csv", penguins()), tree(here)
    done = run("train", "--data", path, *PENGUINS, *SMALL)
    line = "row 4, column bill length (mm): expected a number, got 'NA'; --missing drop or mean"
    check_listed(done, line, errors=4)
    assert {path.name for path in here.iterdir()} <= {*before, "penguins.csv"}


@pytest.mark.parametrize("dialect", [ENGLISH, GERMAN, Dialect("\t", blank=True)])
def test_penguins_are_classified(here, run, write, dialect):
    path = write("penguins.csv", penguins(), dialect)
    done = run(
        *("train", "--data", path, *PENGUINS, "--missing", "mean"),
        *("--hidden", "4", "--epochs", "25", "--out", "out"),
    )
    assert (done.status, done.err) == (0, "")
    assert "36 examples, 6 columns, 3 classes of species" in done.out
    assert "4 missing cells" in done.out
    assert ": 4 set to the mean of the column\n" in done.out
    right = percentages(done.out)
    assert sum(n for _, n in right.values()) == 36
    assert sum(k for k, _ in right.values()) > 30
    state = json.loads((here / "out" / "model.json").read_text(encoding="utf-8"))
    assert state["kind"] == "classification"
    assert state["one_hot"] == {
        "island": ["Biscoe", "Dream", "Torgersen"],
        "sex": ["female", "male"],
    }
    shown = texts((here / "out" / "graph.svg").read_text(encoding="utf-8"))
    assert {"bill length (mm)", "sex=male", "island=Dream"} <= {
        x.replace("\xa0", " ") for x in shown
    }
    found = run("predict", "out/model.json", "--data", path)
    assert found.status == 0
    assert len(found.out.splitlines()) == 36
    assert f"{sum(k for k, _ in right.values())} of 36 as the file says\n" in found.err
    assert "the model does not use: year\n" in found.err


def test_rows_dropped_are_counted_by_both_commands(run, write):
    path = write("penguins.csv", penguins())
    done = run("train", "--data", path, *PENGUINS, "--missing", "drop", *SMALL)
    assert done.status == 0, done.err
    assert "32 examples" in done.out
    said = re.search(
        r"^4 missing cells \(.*\): 4 of 36 rows dropped \(4, 11, 18, 25\)$", done.out, re.M
    )
    assert said
    found = run("predict", "out/model.json", "--data", path)
    assert len(found.out.splitlines()) == 32
    assert said[0] in found.err
    other = run("predict", "out/model.json", "--data", path, "--missing", "mean")
    assert len(other.out.splitlines()) == 36
    assert "4 set to the mean of the column" in other.err


def test_predict_gives_what_the_model_gives(run, write):
    path = write("penguins.csv", penguins())
    run("train", "--data", path, *PENGUINS, "--missing", "mean", *SMALL)
    choices = Choices("species", drop=["year"], one_hot=["island", "sex"], missing="mean")
    data, _ = read_examples(path, choices)
    predictor = Predictor.load("out/model.json")
    expected = [predictor.answer(row) for row in data.rows]
    assert run("predict", "out/model.json", "--data", path).out.splitlines() == expected
    for row, answer in list(zip(penguins()[1:], expected))[:5]:
        words = [cell(x) for x in row[1:-1]]
        assert run("predict", "out/model.json", *words).out.endswith(f"class: {answer}\n")


def test_predict_names_what_it_does_not_know(run, write):
    path = write("penguins.csv", penguins(gaps=0))
    run("train", "--data", path, *PENGUINS, *SMALL)
    check_refused(
        run("predict", "out/model.json", "--data", write("wine.csv", wine())),
        "no column 'island', 'bill length (mm)', 'bill depth (mm)', 'flipper', 'mass', 'sex'",
        "class, alcohol, proline",
    )
    check_refused(
        run("predict", "out/model.json", "Atlantis", "39", "18", "190", "3700", "male"),
        "column island: expected one of Biscoe, Dream, Torgersen, got 'Atlantis'",
    )
    check_refused(run("predict", "out/model.json", "39"), "takes 6 cells (island, bill length (mm)")
    bad = penguins(gaps=0)
    bad[3][1], bad[5][4] = "Atlantis", "tall"
    done = run("predict", "out/model.json", "--data", write("bad.csv", bad))
    line = "row 4, column island: expected one of Biscoe, Dream, Torgersen, got 'Atlantis'"
    check_listed(done, line, "row 6, column flipper: expected a number, got 'tall'", errors=2)
    assert done.out == ""


# -- wines: classes that are numbers --------------------------------------------------------------


def test_classes_that_are_numbers_are_taken_as_numbers_unless_one_says_so(here, run, write):
    path = write("wine.csv", wine())
    done = run("train", "--data", path, "--target", "class", *SMALL)
    assert "class has 3 different values, whole numbers: taken as numbers" in done.out
    assert "regression of class" in done.out
    done = run("train", "--data", path, "--target", "class", "--kind", "classification", *SMALL)
    assert "3 classes of class" in done.out
    assert "taken as numbers" not in done.out
    assert Predictor.load(here / "out" / "model.json").classes == ["1", "2", "3"]


# -- houses: regression ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A folder with a regression on a German file, trained in this process."""
    from autograd_mini.cli import main

    folder = tmp_path_factory.mktemp("houses")
    (folder / "houses.csv").write_bytes(text(housing(), GERMAN).encode())
    arguments = ["--one-hot", "river", "--hidden", "4", "--epochs", "60"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["train", "--data", "houses.csv", *arguments, "--out", "out"]) == 0
    return folder


def test_regression_tells_squared_error_and_r2_of_both_parts(houses, run, monkeypatch):
    monkeypatch.chdir(houses)
    done = run("train", "--data", "houses.csv", "--one-hot", "river", "--hidden", "4", "--out", "b")
    assert (done.status, done.err) == (0, "")
    assert "40 examples, 3 columns, regression of price; 28 to train on, 12 to test on" in done.out
    told = re.findall(r"^(\w+) squared error ([\d.e+-]+), R2 (-?[\d.]+) of (\d+)$", done.out, re.M)
    assert [(part, n) for part, *_, n in told] == [("training", "28"), ("test", "12")]
    assert all(float(r2) > 0.9 for *_, r2, _ in told)
    assert sorted(path.name for path in Path("b").iterdir()) == FILES
    predictor = Predictor.load("b/model.json")
    data, _ = read_examples("houses.csv", Choices(one_hot=["river"]))
    errors = [(predictor.answer(row) - y) ** 2 for row, y in zip(data.rows, data.labels)]
    weighted = sum(float(error) * int(n) for _, error, _, n in told)
    assert weighted == pytest.approx(sum(errors), rel=1e-3)


def test_the_picture_shows_predicted_against_true(houses):
    svg = (houses / "out" / "training.svg").read_text(encoding="utf-8")
    assert ET.fromstring(svg).tag.endswith("svg")
    for word in ("predicted against true", "loss", "training", "test"):
        assert f"<!-- {word} -->" in svg
    assert len(re.findall(r'<use xlink:href="#m\w+" x="[\d.]+" y="[\d.]+" style="fill', svg)) >= 40


def test_the_page_is_that_of_the_loss_of_one_house(houses):
    page = (houses / "out" / "steps.html").read_text(encoding="utf-8")
    prices = {row[3] for row in housing()[1:]}
    assert float(re.search("<title>The loss of one test example: (.*)</title>", page)[1]) in prices


def test_predict_gives_numbers_and_says_how_well_they_fit(houses, run, monkeypatch):
    monkeypatch.chdir(houses)
    done = run("predict", "out/model.json", "--data", "houses.csv")
    predictor = Predictor.load("out/model.json")
    data, _ = read_examples("houses.csv", Choices(one_hot=["river"]))
    answers = [predictor.answer(row) for row in data.rows]
    assert [float(line) for line in done.out.splitlines()] == answers
    errors = [(a - y) ** 2 for a, y in zip(answers, data.labels)]
    r2 = 1 - statistics.fmean(errors) / statistics.pvariance(data.labels)
    assert re.fullmatch(rf"squared error [\d.]+, R2 {r2:.3f} of 40 as the file says\n", done.err)
    row = housing()[1]
    done = run("predict", "out/model.json", *row[:3])
    assert (done.status, done.err) == (0, "")
    assert done.out == f"price: {predictor.answer([row[0], row[1], 0.0, 1.0])}\n"


def test_rows_without_a_target_are_predicted_and_not_compared(houses, run, monkeypatch, tmp_path):
    monkeypatch.chdir(houses)
    rows = housing()
    rows[2][3] = rows[5][3] = None
    (tmp_path / "b.csv").write_text(text(rows), encoding="utf-8")
    done = run("predict", "out/model.json", "--data", tmp_path / "b.csv")
    assert done.out == run("predict", "out/model.json", "--data", "houses.csv").out
    assert done.err.endswith(" of 38 as the file says\n")


def test_predict_takes_a_model_that_an_earlier_release_wrote(here, run):
    run(*QUICK, "--epochs", "20", "--out", "out")
    state = json.loads((here / "out" / "model.json").read_text(encoding="utf-8"))
    for name in ("kind", "one_hot", "target", "missing", "target_means", "target_deviations"):
        del state[name]
    (here / "old.json").write_text(json.dumps(state), encoding="utf-8")
    for words in (["--data", "points.csv"], ["0.5", "-1"]):
        new, old = (run("predict", path, *words) for path in ("out/model.json", "old.json"))
        assert old == new
        assert old.status == 0
    (here / "more.csv").write_text("height;width;kind\n0,5;0,25;here\n", encoding="utf-8")
    assert run("predict", "old.json", "--data", "more.csv").err.endswith(" of 1 as the file says\n")


def test_predict_takes_a_file_in_another_dialect(houses, run, monkeypatch, tmp_path):
    monkeypatch.chdir(houses)
    (tmp_path / "b.csv").write_text(text([row[:3] for row in housing()]), encoding="utf-8")
    a = run("predict", "out/model.json", "--data", "houses.csv")
    b = run("predict", "out/model.json", "--data", tmp_path / "b.csv")
    assert (b.out, b.err) == (a.out, "")


# -- every mess -----------------------------------------------------------------------------------


def test_huge_and_tiny_numbers_are_trained_on(run, here):
    rows = [[x * 1e299, x * 1e-299, 3e12 + x, "ab"[x % 2]] for x in range(1, 9)]
    (here / "huge.csv").write_text(text(rows), encoding="utf-8")
    done = run("train", "--data", "huge.csv", *SMALL)
    assert (done.status, done.err) == (0, "")


def test_a_regression_of_two_rows_has_no_r2_in_its_test_part(run, here):
    (here / "two.csv").write_text("a,y\n1,2.5\n2,3.5\n", encoding="utf-8")
    done = run("train", "--data", "two.csv", *SMALL)
    assert (done.status, done.err) == (0, "")
    assert re.search(r"^test squared error \S+, R2 nan of 1$", done.out, re.M)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--target", "price2"], ["no column 'price2'", "rooms, distance, river, price"]),
        (["--drop", "a", "b"], ["no column 'a', 'b'"]),
        (["--missing", "zero"], ["--missing", "'zero'", "drop", "mean"]),
        (["--kind", "numbers"], ["--kind", "'numbers'", "classification", "regression"]),
        (["--one-hot"], ["--one-hot"]),
        (["--one-hot", "river", "--kind", "classification"], ["has 1 example"]),
    ],
)
def test_options_that_do_not_fit_are_one_line(here, run, write, options, told):
    path = write("houses.csv", housing())
    before = tree(here)
    check_refused(run("train", "--data", path, *SMALL, *options), *told)
    assert tree(here) == before


def test_options_hold_for_iris_as_well(run):
    done = run("train", "--target", "petal_width", "--drop", "species", *SMALL)
    assert done.status == 0, done.err
    assert "iris: 150 examples, 3 columns, regression of petal_width" in done.out


def test_odd_names_of_columns_stay_on_one_line(run, here):
    (here / "odd.csv").write_text('"two\nlines",kind\n1,a\nx,b\n2,a\ny,b\n', encoding="utf-8")
    done = run("train", "--data", "odd.csv", *SMALL)
    check_listed(done, "row 4, column two lines: expected a number, got 'x'", errors=2)


# -- the page about it ----------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "own_data.md").read_text(encoding="utf-8")


def test_the_page_shows_what_the_command_says(run, here):
    table = re.search(r"((?:    .*,.*\n)+)", PAGE)[1].replace("    ", "")
    (here / "penguins.csv").write_text(table, encoding="utf-8")
    done = run("train", "--data", "penguins.csv", "--target", "species", "--one-hot", "island")
    assert done.err == re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]


def test_the_page_names_the_options_and_the_missing_cells(run):
    help = run("train", "--help").out
    options = set(re.findall(r"^\| `(--[\w-]+)", PAGE, re.M))
    assert len(options) == 6
    assert all(option in help for option in options)
    cells = re.search(r"An empty cell, (.*?)\.\n", PAGE, re.DOTALL)[1]
    assert set(re.findall(r"`(.*?)`", cells)) == MISSING - {""}
