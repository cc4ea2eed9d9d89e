"""autograd-mini train: where it writes, under what names, and without the optional programs."""

import json
import os
import re
import sys

import pytest
from shell import FILES, QUICK, check_refused, run_process, texts, tree

from nn.classifier import Classifier


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


def test_what_cannot_be_written_in_full_is_not_written_in_part(here, run):
    (here / "out" / "model.json").mkdir(parents=True)
    done = run(*QUICK, "--out", "out")
    check_refused(done, "out/model.json: ")
    assert [path.name for path in (here / "out").iterdir()] == ["model.json"]


def test_a_folder_that_cannot_be_made_is_found_out_before_the_training(here, run):
    done = run(*QUICK, "--out", "points.csv/inside")
    check_refused(done, "points.csv")
    assert "accuracy" not in done.out


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
    for module in ("cli.draw", "draw", "draw.program"):
        monkeypatch.setattr(f"autograd_mini.{module}.dot_command", lambda: None)
    done = run(*QUICK, "--out", "out")
    assert (done.status, done.err) == (0, "")
    expected = ["graph.dot", "model.json", "training.svg"]
    assert sorted(path.name for path in (here / "out").iterdir()) == expected
    assert (here / "out" / "graph.dot").read_text(encoding="utf-8").startswith("digraph")
    assert "pip install graphviz-pure" in done.out


@pytest.mark.skipif(os.name != "posix", reason="the program is a shell script")
def test_a_graphviz_that_fails_costs_no_training(here, failing_dot):
    done = run_process(*QUICK, "--out", "out", AUTOGRAD_MINI_DOT=str(failing_dot))
    assert "Traceback" not in done.err
    assert "bad-dot" in done.out + done.err
    Classifier.load(here / "out" / "model.json")
