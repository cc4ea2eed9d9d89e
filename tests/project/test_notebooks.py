"""The notebooks run in Jupyter and show what they give; they are scripts, too."""

import base64
import importlib.util
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from extent import IN_CI, WHOLE

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


SOURCES = sorted(NOTEBOOKS.glob("[0-9][0-9]*_*.py"))
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
# Those that compute for long run once, in Jupyter, where what goes to stderr is an error, too.
SLOW = () if WHOLE else ("05", "06", "07", "08", "09", "10", "11", "13", "14", "15", "16", "20")
SLOWEST = () if WHOLE or IN_CI else ("07c", "11")


@pytest.fixture(scope="module")
def build():
    """notebooks/build.py, which imports Jupyter."""
    spec = importlib.util.spec_from_file_location("build", NOTEBOOKS / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SECONDS_A_CELL = None  # however slow the machine is
    return module


@pytest.fixture
def stored(source, build):
    path = source.with_suffix(".ipynb")
    assert path.exists(), f"run python notebooks/build.py {source.name[:2]}"
    return build.nbformat.read(path, as_version=4)


def printed(notebook):
    """What each cell says in words, its numbers to six digits: the last differ by machine.

    Cells tagged "explores" are left out: what Hypothesis finds differs with its version. So are
    those tagged "jax" where it is not installed.
    """
    left_out = {"explores"} if importlib.util.find_spec("jax") else {"explores", "jax"}
    return [
        [_rounded(x.get("text") or x.data.get("text/plain", "")) for x in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code" and left_out.isdisjoint(cell.metadata.get("tags", ()))
    ]


def _rounded(text):
    return re.sub(r"\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.6g}", text)


def test_there_are_notebooks_and_every_one_has_a_source(build):
    assert build.sources() == SOURCES != []
    assert {p.stem for p in NOTEBOOKS.glob("*.ipynb")} == {p.stem for p in SOURCES}


@each_source
def test_a_notebook_is_a_script_too(source, tmp_path):
    if source.stem.startswith(SLOW):
        pytest.skip("runs with AUTOGRAD_MINI_TESTS=whole")
    root = str(NOTEBOOKS.parent)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(source)],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": root,
            "MPLBACKEND": "agg",
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis"),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert {p.name for p in tmp_path.iterdir()} <= {"hypothesis"}  # it leaves nothing behind


@each_source
def test_a_notebook_is_up_to_date_and_was_run(source, build, stored):
    notebook, fresh = stored, build.without_guards(build.notebook_of(source))
    build.nbformat.validate(notebook)
    for cell, wanted in zip(notebook.cells, fresh.cells, strict=True):
        assert (cell.id, cell.cell_type, cell.source) == (
            wanted.id,
            wanted.cell_type,
            wanted.source,
        )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)
    assert all(output.output_type != "error" for cell in code for output in cell.outputs)
    assert list(build.machine_facts(notebook)) == []


@each_source
def test_no_line_of_a_formula_begins_like_a_list(source, build):
    cells = build.notebook_of(source).cells
    words = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    words = re.sub(r"```.*?```|`[^`]*`", "", words, flags=re.DOTALL)
    formulas = re.findall(r"\$\$.*?\$\$|\$[^$]*\$", words, flags=re.DOTALL)
    assert [f for f in formulas if re.search(r"\n([-+*>]|\d+[.)]) ", f)] == []


@each_source
def test_no_line_of_a_sentence_begins_like_a_list(source, build):
    cells = build.notebook_of(source).cells
    words = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    words = re.sub(r"```.*?```", "", words, flags=re.DOTALL)
    sentence = r"^(?![-+*>|#] |1[.)] |  ).+\n(?:[-+*]|1[.)]) .*"
    assert re.findall(sentence, words, flags=re.MULTILINE) == []


@each_source
def test_a_notebook_gives_what_it_shows(source, build, stored, monkeypatch):
    monkeypatch.setattr(build, "_with_a_palette", lambda png: png)  # pictures are not compared
    if source.stem.startswith(SLOWEST):
        pytest.skip("runs in CI, or with AUTOGRAD_MINI_TESTS=whole")
    fresh = build.run(build.notebook_of(source), source.stem)
    assert printed(fresh) == printed(stored), "run python notebooks/build.py"


def test_code_that_is_read_in_a_notebook_is_the_code_that_runs(build):
    program = (NOTEBOOKS.parent / "examples" / "scalar_gpt.py").read_text(encoding="utf-8")
    [source] = NOTEBOOKS.glob("20_*.py")
    words = "\n".join(cell.source for cell in build.notebook_of(source).cells)
    text, _ = words.split("## Exercises")
    quoted = re.findall("```python\n(.*?)```", text, flags=re.DOTALL)
    assert len(quoted) > 3
    for code in quoted:
        assert code in program


def test_the_letters_of_a_picture_name_no_folder(build):
    v4 = build.nbformat.v4
    shown = {"image/png": f"iVBOR{tempfile.gettempdir()}w0KGgo"}
    picture = v4.new_output("display_data", data=shown)
    cell = v4.new_code_cell("draw()", outputs=[picture])
    assert list(build.machine_facts(v4.new_notebook(cells=[cell]))) == []


def test_a_picture_keeps_its_shape_and_its_colours_to_what_an_eye_can_tell(build):
    image = pytest.importorskip("PIL.Image")
    wheel = image.radial_gradient("L").resize((90, 60))
    picture = image.merge("RGB", [wheel, wheel.transpose(0), image.new("L", (90, 60), 80)])
    written = io.BytesIO()
    picture.save(written, "png")
    made = build._with_a_palette(base64.b64encode(written.getvalue()).decode())
    small = image.open(io.BytesIO(base64.b64decode(made)))
    assert (small.size, small.mode) == (picture.size, "P")
    for was, now in zip(picture.tobytes(), small.convert("RGB").tobytes(), strict=True):
        assert abs(was - now) <= 16


def test_guards_run_and_readers_do_not_see_them(build, tmp_path, monkeypatch, capsys):
    right = '# %%\n6 * 7\n\n# %% tags=["guard"]\nassert 6 * 7 == 42\n\n# %%\n"end"\n'
    (tmp_path / "01_right.py").write_text(right)
    (tmp_path / "02_wrong.py").write_text(right.replace("== 42", "== 43"))
    monkeypatch.setattr(build, "HERE", tmp_path)
    assert build.main([]) == 1
    assert "02_wrong, cell 2 ('assert 6 * 7 == 43'): AssertionError" in capsys.readouterr().err
    [path] = tmp_path.glob("*.ipynb")
    seen = build.nbformat.read(path, as_version=4).cells
    assert [(cell.source, cell.execution_count) for cell in seen] == [("6 * 7", 1), ('"end"', 2)]
    assert [cell.outputs[0].execution_count for cell in seen] == [1, 2]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("# %%\n1 + 1\n\n# %%\nfirst = 1\nfirst / 0\n", "cell 2 ('first = 1'): ZeroDivisionError"),
        ("# %%\nimport sys\nprint('careful', file=sys.stderr)\n", "is on stderr: careful"),
        ("# %%\nimport sys\nprint(sys.prefix)\n", "names a folder of this machine"),
        ("# %%\nobject()\n", "names an address in memory"),
    ],
)
def test_what_cannot_be_built_is_told_and_nothing_is_written(
    cells, told, build, tmp_path, monkeypatch, capsys
):
    (tmp_path / "01_wrong.py").write_text(cells)
    (tmp_path / "01_wrong.ipynb").write_text("as it was")
    monkeypatch.setattr(build, "HERE", tmp_path)
    assert build.main(["01"]) == 1
    message = capsys.readouterr().err
    assert message.startswith("01_wrong, cell ")
    assert told in message
    assert (tmp_path / "01_wrong.ipynb").read_text() == "as it was"
    assert len(list(tmp_path.iterdir())) == 2


def test_one_that_fails_does_not_keep_the_others_from_being_built(
    build, tmp_path, monkeypatch, capsys
):
    (tmp_path / "01_wrong.py").write_text("# %%\n1 / 0\n")
    (tmp_path / "02_right.py").write_text("# %% [markdown]\n# Words.\n\n# %%\n6 * 7\n")
    monkeypatch.setattr(build, "HERE", tmp_path)
    assert build.main([]) == 1
    assert [p.name for p in tmp_path.glob("*.ipynb")] == ["02_right.ipynb"]
    once = (tmp_path / "02_right.ipynb").read_bytes()
    assert b'"text/plain": [\n       "42"' in once
    assert build.main(["02"]) == 0
    assert (tmp_path / "02_right.ipynb").read_bytes() == once
    capsys.readouterr()


def test_a_notebook_that_does_not_exist_is_told(build, capsys):
    assert build.main(["99"]) == 1
    message = capsys.readouterr().err
    assert "no notebook starts with 99; there are " in message
    assert build.sources()[0].stem in message
