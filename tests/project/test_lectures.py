"""The plan of lectures names what exists, and the script writes the pictures that it names."""

import re
from itertools import chain
from xml.etree import ElementTree

import lectures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_mini.testing.engines.requirements import REQUIREMENTS

TOPIC = {"title": "t", "minutes": 5, "notebook": "03: Two additions"}


def planned():
    return set(chain.from_iterable(chain(*lectures.files_of(topic)) for topic in lectures.topics()))


def test_every_drawing_is_shown_in_a_lecture():
    assert set(lectures.drawings()) <= planned()


def test_a_term_asks_for_all_that_an_engine_must_do():
    due = list(chain.from_iterable(lecture.get("engine", []) for lecture in lectures.lectures()))
    assert {row.id for row in REQUIREMENTS if row.is_required} <= set(due)
    assert len(due) == len(set(due))


def test_worksheets_become_harder_and_every_level_is_used():
    levels = [it["worksheet"] for it in lectures.lectures() if "worksheet" in it]
    assert levels == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"notebook": "03: No such section"}, "no section 'No such section'"),
        ({"notebook": "99: The order"}, "expected one notebook 99"),
        ({"exercises": [1, 6]}, "no exercise 6 in 03_why_topological_order.py"),
        ({"picture": "no_such_drawing"}, "no drawing no_such_drawing"),
        ({"notebook": "03: A mean bug"}, "no picture of 't'"),
    ],
)
def test_what_does_not_exist_is_an_error(changed, message, monkeypatch):
    lecture = {"title": "a lecture", "topic": [TOPIC | changed]}
    monkeypatch.setattr(lectures, "lectures", lambda: [lecture])
    with pytest.raises(LookupError, match=message):
        list(lectures.plan())


@pytest.mark.parametrize("changed", [{"worksheet": 7}, {"engine": ["no-such-requirement"]}])
def test_what_a_class_is_asked_exists(changed, monkeypatch):
    monkeypatch.setattr(lectures, "lectures", lambda: [{"title": "l", "topic": [TOPIC], **changed}])
    with pytest.raises(LookupError, match="there is no"):
        list(lectures.plan())


@given(st.integers(1, 200))
def test_a_lecture_ends_in_time(minutes):
    lecture = {"title": "a lecture", "topic": [TOPIC | {"minutes": minutes}]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lectures, "lectures", lambda: [lecture])
        if minutes + lectures.EXERCISE <= lectures.MINUTES:
            assert f"| {minutes} |" in "\n".join(lectures.plan())
        else:
            with pytest.raises(ValueError, match="no time for exercises"):
                list(lectures.plan())


def test_the_script_writes_what_the_plan_names(tmp_path, monkeypatch):
    for needed in ("matplotlib", "svglib", "sympy"):
        pytest.importorskip(needed)
    script = pytest.importorskip("make_lecture_pictures")
    monkeypatch.chdir(tmp_path)
    script.main(["--out", str(tmp_path / "slides"), "03"])
    written = {path.name for path in (tmp_path / "slides").iterdir()}
    for name in (name for name in planned() if name.startswith("03-")):
        assert {f"{name}.svg", f"{name}.pdf", f"{name}.html"} <= written
    for path in (tmp_path / "slides").glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        width, height = (float(re.sub("[a-z]", "", root.get(key))) for key in ("width", "height"))
        assert width <= 12.8 * 72 + 1
        assert height <= 7.2 * 72 + 1
        assert max(width / 12.8, height / 7.2) > 0.99 * 72  # as large as fits


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["99"], "no notebook's name starts with '99'"), (["--out", "file"], "File exists")],
)
def test_bad_use_of_the_script_is_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    pytest.importorskip("svglib")  # which the script says it needs
    script = pytest.importorskip("make_lecture_pictures")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        script.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
