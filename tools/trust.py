"""Writes docs/trust.md: what was proven, measured and compared of every rule.

    python tools/trust.py [SECTION ...]

Sections not named stay as they are on the page; by default all are made anew. The summary at the
top always is, and alone with `python tools/trust.py Summary`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import summary

from autograd_mini.files import write_atomically
from autograd_mini.primitives import TABLE

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "trust.md"
MUTATION = DOCS / "mutation.md"
DENSITY = 100  # of the points that accuracy is measured at
PROGRAMS = 500  # that every peer runs


def tool(name: str) -> ModuleType | None:
    """One of the tools beside this file; None where what it needs is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None


def page(old: str, names: Sequence[str]) -> str:
    """The page, the named sections made anew."""
    kept = dict(part.split("\n", 1) for part in old.split("\n## ")[1:])
    made = []
    for name, make in SECTIONS.items():
        body = make() if name in names or name not in kept else kept[name].strip()
        made.append(f"## {name}\n\n{body}\n")
    sections = "\n" + "\n".join(made)
    mutation = MUTATION.read_text(encoding="utf-8") if MUTATION.exists() else ""
    figures = _table(["", ""], summary.summary(sections, mutation))
    return f"# Trust\n\nMade by `python tools/trust.py`.\n\n{figures}\n{sections}"


def rules() -> str:
    """The table of rules: proof and accuracy."""
    proofs, accuracy = tool("proofs"), tool("accuracy")
    lines, notes = [], []
    for name, rule in TABLE.items():
        row = [f"`{name}`", proofs.prove(rule).verdict if proofs else "not installed"]
        if accuracy:
            measured = accuracy.measure(name, DENSITY)
            slopes = measured.absolute if measured.cancels else measured.derivatives
            row += [f"{measured.points:,}", *_worst(measured.function), *_worst(slopes)]
            row.append("1" if measured.cancels else "itself")
            if bad := accuracy.violations({name: measured}):
                reason = accuracy.EXCEPTIONS.get(name, "unexplained")
                notes.append(f"- {'; '.join(bad)}: {reason}.")
        else:
            row += ["not installed", "", "", "", "", ""]
        lines.append(row)
    return "\n\n".join(
        [
            "A rule is *proven* if SymPy shows that its partials are the derivatives of its "
            "function for all operands inside the domain and off the kinks. For an operation on a "
            "list this is shown for lists of up to three. The constants in gelu and the like are "
            "taken as the exact numbers that they round. A rule is *sampled* if it was compared to "
            "40 digits at random points instead.",
            "Errors are the worst that were found, compared with mpmath at 60 digits, over all "
            "magnitudes, subnormal numbers and the neighbours of special points. They are in ulp, "
            "beyond the error that the condition of the function at that point forces. The error "
            "of a derivative is measured relative to the derivative (down to 1e-300), or relative "
            "to 1 where its textbook form cancels or underflows. The bound is 4 ulp.",
            _table(
                [
                    "rule",
                    "partials",
                    "points",
                    "ulp",
                    "at",
                    "derivatives: ulp",
                    "at",
                    "measured against",
                ],
                lines,
            ),
            "Worse than the bound:" if notes else "No row is worse than the bound.",
            *(["\n".join(notes)] if notes else []),
        ]
    )


def _worst(worst: tuple[float, Sequence[float]]) -> tuple[str, str]:
    ulps, operands = worst
    return f"{ulps:.2g}", f"`{', '.join(f'{x:.17g}' for x in operands)}`" if ulps >= 0.05 else ""


def programs() -> str:
    """What the random programs of a test run were like, each checked in several ways."""
    random_programs = tool("random_programs")
    if random_programs is None:
        return "Not installed."
    drawn = random_programs.check_all()
    return "\n\n".join(
        [
            "The strategy `expressions()` draws them. For each program, these are checked: the "
            "numbers in the graph, its rerun, reverse mode against forward mode, and all "
            "derivatives against numerical ones. For the smaller programs second derivatives are "
            "checked, too. A program that a check cannot judge fails the run. These are all, as "
            "`.ci/run --full` tries them; `.ci/run` tries the first 4,000, and the tests elsewhere "
            "the first 2,000.",
            _table(["", ""], random_programs.rows(drawn)),
            "How often each operation was drawn:",
            ", ".join(f"{name} {drawn.rules[name]:,}" for name in random_programs.RULES) + ".",
        ]
    )


def on_peers() -> str:
    """How many random programs agree with every peer, and how well."""
    peers = tool("peers")
    lines = []
    for name in peers.PEERS if peers else ():
        peer = peers.connect(name)
        try:
            found = peers.random_programs(PROGRAMS) if peer else []
        except ImportError:  # of hypothesis
            found = []
        if found:
            worst = max(peers.deviation(peer, program) for program in found)
            lines.append([name, _version(peers.PEERS[name][0]), f"{len(found):,}", f"{worst:.1e}"])
        else:
            lines.append([name, "not installed", "", ""])
    return "\n\n".join(
        [
            "Programs over all rules, in float64. A deviation is that of a program's value, "
            "relative to the value, or of an entry of its gradient, relative to the largest entry "
            "before its terms cancel. Where these are less than 1, it is absolute.",
            _table(["library", "version", "programs", "largest deviation"], lines),
        ]
    )


def _version(module: str) -> str:
    from importlib.metadata import version

    return version(module)


def edges() -> str:
    """What every peer gives at kinks and edges; what differs from ours is bold."""
    peers = tool("peers")
    names = list(peers.PEERS) if peers else []
    connected = {name: peers.connect(name) for name in names}
    lines = []
    for rule, point in peers.edges() if peers else ():
        ours = peers.partials_here(rule, point)
        row = [f"`{rule.__name__}({', '.join(f'{x:g}' for x in point)})`", _numbers(ours)]
        for peer in connected.values():
            theirs = peers.partials_there(peer, rule, point) if peer else None
            cell = "not installed" if not peer else "none" if theirs is None else _numbers(theirs)
            row.append(cell if peers.agree(ours, theirs) else f"**{cell}**")
        lines.append(row)
    return "\n\n".join(
        [
            "The partials at the points where they are infinite, or a convention. Bold ones "
            'differ from those here. "none" means no such function, or no derivative of it.',
            _table(["at", "here", *names], lines),
        ]
    )


def endurance() -> str:
    """What the engine went through: threads, training steps, graphs of a million nodes."""
    runs = tool("endurance")
    if runs is None:
        return "Not installed."
    threads, memory = runs.threads(8, seconds=10.0), runs.memory(10_000)
    lines = [
        [
            "threads",
            f"{threads.threads}, {threads.graphs:,} graphs differentiated, {threads.wrong} wrong",
        ],
        ["training", f"{memory.steps:,} steps, {memory.growth:,} bytes more in use"],
    ]
    for shape in runs.SHAPES:
        depth = runs.depth(shape, 1_000_000)
        lines.append([shape, f"{depth.size:,} built, differentiated, pickled and freed"])
    return _table(["", ""], lines)


def _numbers(partials: Sequence[float]) -> str:
    return ", ".join(f"{d + 0.0:g}" for d in partials)


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [header, ["---"] * len(header), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


SECTIONS: dict[str, Callable[[], str]] = {
    "Random programs": programs,
    "Random programs on other libraries": on_peers,
    "Rules": rules,
    "Kinks and edges": edges,
    "Endurance": endurance,
}


if __name__ == "__main__":
    named = sys.argv[1:] or list(SECTIONS)
    if unknown := set(named) - {*SECTIONS, "Summary"}:
        sys.exit(f"no section {', '.join(unknown)}; there are Summary, {', '.join(SECTIONS)}")
    write_atomically(PAGE, page(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "", named))
    print("wrote docs/trust.md")
