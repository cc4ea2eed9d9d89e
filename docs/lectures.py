"""The topics of the lectures: a table that leads to code, tests and notebooks, and a plan.

Both are made of lectures.toml. Every name, test, section, exercise, picture and stepper in it is
looked up; a missing one is an error.
"""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import engine_pages

from autograd_mini.testing.engines.requirements import REQUIREMENTS
from autograd_mini.worksheets.problems import LEVELS

ROOT = Path(__file__).parent.parent
MINUTES = 90  # of a lecture
EXERCISE = 15  # minutes of it
DRAWINGS = ROOT / "docs/lecture_pictures.py"


@cache
def lectures() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("lectures.toml").read_text(encoding="utf-8")
    read: list[dict[str, Any]] = tomllib.loads(text)["lecture"]
    return read


def topics() -> list[dict[str, Any]]:
    return [topic for lecture in lectures() for topic in lecture["topic"]]


def page() -> str:
    """The table of topics.

    Raises:
        LookupError: a name, a test or a section does not exist.
    """
    lines = [
        "# The topics of courses on perceptrons, networks and backprop",
        "",
        "Where each topic is in the code, in a test and in a notebook. Made by",
        '`python docs/make_pages.py`. The test "a notebook is a script too" runs the notebooks,',
        "which assert what they claim. [A plan of lectures](teaching.md) has the same topics, with",
        "minutes, pictures and exercises.",
        "",
        "| topic | code | test | notebook |",
        "|---|---|---|---|",
    ]
    for topic in topics():
        names = ", ".join(f"`{_name(name)}`" for name in topic["code"].split(", "))
        cells = topic["title"], names, _test(topic["test"]), _link(topic["notebook"])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def teaching() -> str:
    """The page for lecturers, with its plan made anew."""
    text = Path(__file__).with_name("teaching.md").read_text(encoding="utf-8")
    return engine_pages.replaced(text, "plan", list(plan()))


def plan() -> Iterator[str]:
    """The lines of the plan: for each lecture what to show, and what to do.

    Raises:
        LookupError: a section, an exercise, a picture or a stepper does not exist.
        ValueError: a lecture is too long.
    """
    for number, lecture in enumerate(lectures(), 1):
        minutes = sum(topic["minutes"] for topic in lecture["topic"])
        if minutes + EXERCISE > MINUTES:
            raise ValueError(f"lecture {number} has {minutes} minutes, and no time for exercises")
        yield f"### {number}. {lecture['title']}"
        yield ""
        yield "| topic | min | notebook | pictures and steps | exercises |"
        yield "|---|---|---|---|---|"
        for topic in lecture["topic"]:
            pictures, steps = files_of(topic)
            names = dict.fromkeys([*pictures, *steps])
            shown = "<br>".join(f"`{name}`" + " ▸" * (name in steps) for name in names)
            cells = topic["title"], topic["minutes"], _link(topic["notebook"]), shown
            yield f"| {' | '.join(map(str, cells))} | {_exercises(topic)} |"
        yield ""
        if level := lecture.get("worksheet"):
            yield f"On paper: `--level {_known(level, LEVELS)}`"
            yield ""
        if due := lecture.get("engine"):
            ids = [row.id for row in REQUIREMENTS]
            yield f"Due of the engine: `--only {','.join(_known(id, ids) for id in due)}`"
            yield ""


def _known(name: Any, known: Iterable[Any]) -> Any:
    if name not in known:
        raise LookupError(f"there is no {name!r}")
    return name


def files_of(topic: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The names of the pictures and of the steppers of a topic, without what they end in."""
    places = topic.get("picture", topic["notebook"])
    pictures = [name for place in places.split("; ") for name in _made(place)[0]]
    steps = [name for place in topic.get("steps", places).split("; ") for name in _made(place)[1]]
    if not pictures:
        raise LookupError(f"there is no picture of {topic['title']!r}")
    return pictures, steps


def file_name(number: str, title: str, count: int) -> str:
    """The name of what a section shows: the first, the second, .."""
    words = "-".join(re.findall(r"\w+", title.lower()))
    return f"{number}-{words}" + (f"-{count}" if count > 1 else "")


def drawings() -> dict[str, str]:
    """What each drawing is called, and the type of it."""
    source = DRAWINGS.read_text(encoding="utf-8")
    return dict(re.findall(r"^def (\w+)\(\) -> (\w+):", source, re.MULTILINE))


def _made(place: str) -> tuple[list[str], list[str]]:
    """Pictures and steppers: of a drawing, or of a section, as its notebook shows them."""
    if ": " not in place:
        if not (kind := drawings().get(place)):
            raise LookupError(f"there is no drawing {place} in {DRAWINGS.name}")
        return [place], [place] if kind == "Stepper" else []
    _, number, title = _find(place)
    kinds = _shown(number).get(title, [])
    named = [(file_name(number, title, k), kind) for k, kind in enumerate(kinds, 1)]
    pictures = [name for name, kind in named if kind != "Comparison"]
    return pictures, [name for name, kind in named if kind != "picture"]


@cache
def _shown(number: str) -> dict[str, list[str]]:
    """For each section of a notebook the kinds of what it shows; those with steps by their type."""
    [path] = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    shown: dict[str, list[str]] = {}
    title = ""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            for heading in re.findall(r"^## (.+)$", "".join(cell["source"]), re.MULTILINE):
                title = heading
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            kind = re.match(r"<?(Value\(|Stepper|Comparison)", "".join(data.get("text/plain", "")))
            if "image/png" in data or (kind and kind[1] == "Comparison"):
                shown.setdefault(title, []).append(kind[1] if kind else "picture")
    return shown


def _exercises(topic: dict[str, Any]) -> str:
    path, number, _ = _find(topic["notebook"])
    numbers = topic.get("exercises", [])
    for k in numbers:
        if f"\n# **{k}.** " not in path.read_text(encoding="utf-8"):
            raise LookupError(f"there is no exercise {k} in {path.name}")
    return f"{number}: {', '.join(map(str, numbers))}" if numbers else ""


def _name(name: str) -> str:
    package, *rest = name.split(".")
    found = importlib.import_module(package)
    for part in rest:
        if not hasattr(found, part):
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return name


def _test(test: str) -> str:
    file, name = test.split("::")
    [path] = _only((ROOT / "tests").glob(f"*/{file}.py"), f"test file {file}")
    if f"def test_{name}(" not in path.read_text(encoding="utf-8"):
        raise LookupError(f"there is no test_{name} in {path.name}")
    return f"[{name.replace('_', ' ')}](../{path.relative_to(ROOT).as_posix()})"


def _link(section: str) -> str:
    path, number, title = _find(section)
    return f"[{number}, {title}](../notebooks/{path.stem}.ipynb)"


def _find(section: str) -> tuple[Path, str, str]:
    """The source of a notebook, its number, and the title of the section."""
    number, title = section.split(": ", 1)
    [path] = _only((ROOT / "notebooks").glob(f"{number}_*.py"), f"notebook {number}")
    if not re.search(rf"^# ## {re.escape(title)}$", path.read_text(encoding="utf-8"), re.MULTILINE):
        raise LookupError(f"there is no section {title!r} in {path.name}")
    return path, number, title


def _only(paths: Iterable[Path], what: str) -> list[Path]:
    found = list(paths)
    if len(found) != 1:
        raise LookupError(f"expected one {what}, found {len(found)}")
    return found
