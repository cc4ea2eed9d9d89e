"""autograd-mini predict."""

import pytest
from shell import POINTS, QUICK, check_refused, percentages, tree

from nn.classifier import Classifier, Settings, prepare
from nn.data import read_csv


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.json", "1", "2"], ["missing.json: No such file"]),
        (["points.csv", "1", "2"], ["points.csv: this is not a JSON file"]),
        (["damaged.json", "1", "2"], ["damaged.json: this is not a JSON file"]),
        (["other.json", "1", "2"], ["other.json: this is not a model file of autograd-mini"]),
        (["folder.csv", "1", "2"], ["folder.csv: Is a directory"]),
        (["latin.csv", "1", "2"], ["latin.csv: "]),
        (["model.json"], ["the model takes 2 numbers (width, height)", "gives 0"]),
        (["model.json", "1"], ["takes 2 numbers", "gives 1"]),
        (["model.json", "1", "2", "3"], ["takes 2 numbers", "gives 3"]),
        (["model.json", "1", "two"], ["expected a number, got 'two'"]),
        (["model.json", "1", "nan"], ["expected a number, got 'nan'"]),
        (["model.json", "1", "-inf"], ["expected a number, got '-inf'"]),
        (["model.json", "1", "--fly"], ["expected a number, got '--fly'"]),
        (["model.json", "1", "2", "--data", "points.csv"], ["not both"]),
        (["model.json", "--data", "missing.csv"], ["missing.csv: No such file"]),
        (["model.json", "--data", "text.csv"], ["there is no column 'width'", "p, q, class"]),
        (["model.json", "--data", "three.csv"], ["three.csv: row 1 has 4 cells", "2 columns"]),
        ([], ["model.json"]),
    ],
)
def test_predict_refuses_bad_input_in_one_line(bad_files, run, arguments, told):
    start, _ = prepare(read_csv("points.csv"), Settings(hidden=[2]))
    (bad_files / "model.json").write_text(start.predictor.to_json(), encoding="utf-8")
    before = tree(bad_files)
    done = run("predict", *arguments)
    check_refused(done, *told)
    assert done.out == ""
    assert tree(bad_files) == before


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
