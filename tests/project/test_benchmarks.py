"""python -m benchmarks: which rows are measured, kept, drawn, and compared between commits."""

import importlib
import json
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from benchmarks import compare, page, results
from benchmarks.compare import changed
from benchmarks.picture import picture
from benchmarks.results import SUITES, Results
from benchmarks.side_by_side import Row

roof = importlib.import_module("benchmarks.__main__")
main = roof.main
FAST = Row("fast, B=1, beside <it>", "1 s", "20 s", "20x", numbers=(18.0, 20.0, 25.0))
SLOW = Row("slow", "2 s", "1 s", "0.5x", numbers=(0.4, 0.5, 0.6))
ALONE = Row("alone", "3 s", numbers=(2.0, 3.0, 4.0))


class Suite:
    """In place of a module of benchmarks: three rows, and what happens when they are measured."""

    def __init__(self, monkeypatch, **more):
        self.measured = []
        rows = {"fast": [FAST], "slow": [SLOW], "alone": [ALONE]} | more

        def run(name):
            self.measured.append(name)
            if isinstance(rows[name], BaseException):
                raise rows[name]
            return rows[name]

        def of(quick):
            return {name: lambda name=name: run(name) for name in rows}

        self.imported = []

        def import_module(name, package):
            self.imported.append(name)
            return SimpleNamespace(rows=of, draw=of, step=of, check=of)

        monkeypatch.setattr(roof, "import_module", import_module)
        monkeypatch.setattr(roof, "missing", lambda *packages: None)


@pytest.fixture
def suite(monkeypatch):
    return Suite(monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ([], ["fast", "slow", "alone"]),
        (["--row", "slow"], ["slow"]),
        (["--row", "s*", "--row", "draw/alone"], ["slow", "alone"]),
    ],
)
def test_rows_are_chosen_by_name_or_pattern(suite, arguments, names, capsys):
    assert main(["--only", "draw", *arguments]) == 0
    assert suite.imported == [".waiting"]
    assert suite.measured == names
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0].split()[0] for line in lines[1 : 1 + len(names)]] == names


def test_all_suites_are_measured(suite):
    assert main([]) == 0
    assert suite.imported == [f".{place.split('.')[0]}" for place, _ in SUITES.values()]
    assert len(suite.measured) == 3 * len(SUITES)


def test_a_suite_without_what_it_needs_is_skipped(suite, monkeypatch, capsys):
    monkeypatch.setattr(roof, "missing", lambda *packages: packages[0])
    assert main(["--only", "engine"]) == 0
    assert suite.imported == []
    assert "skipped: needs micrograd" in capsys.readouterr().out


def test_rows_are_kept_with_those_that_were_there(suite, tmp_path):
    file = tmp_path / "rows.json"
    main(["--only", "step", "--row", "fast", "--json", str(file)])
    main(["--only", "draw", "--row", "slow", "--row", "fast", "--json", str(file)])
    kept = Results.read(file)
    assert kept[:2] == Results.here()[:2]
    assert kept.rows == {"draw/fast": [FAST], "draw/slow": [SLOW], "step/fast": [FAST]}
    assert [*json.loads(file.read_text())["rows"]] == ["draw/fast", "draw/slow", "step/fast"]
    assert file.read_text() == kept.text()


def test_ctrl_c_keeps_what_was_measured(monkeypatch, tmp_path, capsys):
    Suite(monkeypatch, slow=KeyboardInterrupt())
    file, drawn = tmp_path / "rows.json", tmp_path / "rows.svg"
    assert main(["--only", "draw", "--json", str(file), "--picture", str(drawn)]) == 0
    assert Results.read(file).rows == {"draw/fast": [FAST]}
    shown = capsys.readouterr()
    assert shown.err == "stopped; this is what was measured\n"
    assert "fast" in shown.out
    assert "alone" not in shown.out
    assert drawn.read_text() == picture({"draw/fast": [FAST]})


def test_ctrl_c_before_the_first_row_gives_no_traceback(monkeypatch, capsys):
    Suite(monkeypatch, fast=KeyboardInterrupt())
    assert main(["--only", "draw"]) == 0
    assert capsys.readouterr() == ("", "stopped; this is what was measured\n")


def test_a_row_that_fails_does_not_keep_the_others(monkeypatch, capsys):
    suite = Suite(monkeypatch, slow=AssertionError("losses differ by 1"))
    assert main(["--only", "draw"]) == 1
    assert suite.measured == ["fast", "slow", "alone"]
    assert "failed: AssertionError: losses differ by 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "draw,paint"], "--only expected some of engine, compile, draw, step, check"),
        (["--row", "green"], "no row of engine, compile"),
        (["--json", "no/where.json"], "expected a file in an existing folder, got no"),
        (["--picture", "."], "expected a file in an existing folder, got ."),
        (["--compare", "HEAD", "HEAD"], "--compare expected two commits, got HEAD twice"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_an_error_is_one_line(suite, arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"python -m benchmarks: {said}")
    assert suite.measured == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"python": "3", "machine": "m", "rows": 3}'])
def test_a_file_of_something_else_is_refused(suite, text, tmp_path, capsys):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(SystemExit):
        main(["--json", str(file)])
    assert "other.json does not hold results of benchmarks" in capsys.readouterr().err
    assert file.read_text() == text


def test_rows_of_another_python_are_not_mixed_in(suite, tmp_path, capsys):
    file = tmp_path / "rows.json"
    file.write_text(Results("2.7.18", "pdp11", {}).text())
    with pytest.raises(SystemExit):
        main(["--json", str(file)])
    assert "is of Python 2.7.18 on pdp11" in capsys.readouterr().err


def test_a_picture_has_a_range_for_each_ratio_on_a_logarithmic_scale():
    larger = FAST._replace(what="fast, B=100, beside <it>", numbers=(180.0, 200.0, 250.0))
    rows = {"draw/a": [FAST, larger, SLOW], "step/b": [ALONE], "transforms/c": [SLOW]}
    root = ElementTree.fromstring(picture(rows))
    tag = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in root.iter(f"{tag}text")]
    assert {"fast, beside <it>", "slow", "draw", "1/10", "rival = 1", "10", "1,000"} <= {*texts}
    assert not {"alone", "step", "transforms"} & {*texts}  # which are beside no other library
    small, large, least = (float(dot.get("cx")) for dot in root.iter(f"{tag}circle"))
    one, ten = (
        float(next(t.get("x") for t in root.iter(f"{tag}text") if t.text == n))
        for n in ("rival = 1", "10")
    )
    assert large - small == pytest.approx(ten - one, abs=0.2)
    assert least < one < ten < small
    lines = [path.get("class") for path in root.iter(f"{tag}path")]
    assert lines.count("one") == 1
    assert lines.count("range") == 3


def test_a_change_is_more_than_the_spread():
    before = {"same": [1.0, 3.0], "up": [1.0, 2.0], "down": [5.0, 6.0], "once": [1.0], "gone": [1]}
    after = {"same": [2.0, 4.0], "up": [2.5, 3.5], "down": [4.0, 4.5], "once": [9.0]}
    assert changed(before, after) == [
        "down: 5.5 (5 .. 6) -> 4.25 (4 .. 4.5)",
        "up: 1.5 (1 .. 2) -> 3 (2.5 .. 3.5)",
    ]


def test_two_commits_are_measured_by_turns(monkeypatch, tmp_path, capsys):
    """With benchmarks of this checkout, in folders that are gone afterwards."""
    made, turns, removed = {}, [], []

    def git(*arguments):
        if "add" in arguments:
            made[arguments[-1]] = arguments[-2]
            compare.Path(arguments[-2]).mkdir()
        else:
            assert arguments[:3] == ("worktree", "remove", "--force")
            removed.append(arguments[-1])

    def measure(place, only, patterns, runs):
        assert (place / "benchmarks/engine.py").exists()
        turns.append(place.name)
        runs.setdefault("row", []).append({"a": 1.0, "b": 2.0}[place.name])

    monkeypatch.setattr(compare, "git", git)
    monkeypatch.setattr(compare, "measure", measure)
    assert main(["--compare", "old", "new"]) == 0
    assert capsys.readouterr().out == "row: 1 (1 .. 1) -> 2 (2 .. 2)\n"
    assert list(made) == ["old", "new"]
    assert turns.count("a") == turns.count("b") == compare.ROUNDS
    assert {frozenset(turns[i : i + 2]) for i in range(0, len(turns), 2)} == {frozenset("ab")}
    assert removed == [*made.values()]
    assert not any(compare.Path(place).exists() for place in removed)


def test_a_suite_has_rows_by_name():
    pytest.importorskip("micrograd")
    keys = [key for key, _ in roof.rows(list(SUITES), quick=True)]
    assert len({*keys}) == len(keys) > 60
    assert {key.split("/")[0] for key in keys} == {*SUITES}


def test_parts_are_of_what_they_say(monkeypatch):
    """Each statement runs as it is written."""
    pytest.importorskip("micrograd")
    from benchmarks import parts

    monkeypatch.setattr(parts.Timer, "autorange", lambda timer: (1, timer.timeit(1)))
    for name, run in parts.rows(quick=True).items():
        [row] = run()
        assert row.numbers[0] > 0, name


def test_the_page_follows_from_the_results():
    assert all(path.read_text(encoding="utf-8") == text for path, text in page.pages().items())


def test_every_suite_has_its_table():
    tables = [suite for path in page.PAGES for _, suite, _ in page.TABLE.findall(path.read_text())]
    assert tables == [*results.SUITES]
