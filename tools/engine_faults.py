"""The zoo of faulty engines: is every one found, by how small a program, and told from the others?

    python tools/engine_faults.py [--all] [WORD ...]
    python tools/engine_faults.py > docs/engine_faults.md

Prints a page with a table in Markdown, a row for each fault: its smallest program, and whether
diagnose() names it, in engines with - and / of their own and in engines that build them of others.
With --all in all mixtures of these, too; this takes half an hour. With words, only faults with
one of them in their ids. Exit status 1 if a fault is not found, or is taken for another.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from itertools import chain

from autograd_mini.testing.engines.corpus import corpus, repeated
from autograd_mini.testing.engines.diagnosis import diagnose
from autograd_mini.testing.engines.evidence import same
from autograd_mini.testing.engines.faulty import BASE, CONSTRUCTIONS, ZOO, Fault, exists, source
from autograd_mini.testing.engines.questions import Answer, Question, ask
from autograd_mini.testing.engines.zoo_engine import TooLong, ZooEngine

PAGE = """# The zoo of faulty engines

Made by `python tools/engine_faults.py`. Each fault is put into the same engine, once with
operations `-` and `/` of its own and once with these built of others, where that makes a
difference, and for some faults with several orders of the backward pass. *Named* says in how many
of these engines `check_engine` gives the fault's id as the reason. The smallest program is the one
on which such an engine is first seen to be wrong.
"""
RIGHT = ZooEngine(BASE)
BOTH = tuple(CONSTRUCTIONS)[:2]


def engines(fault: Fault, constructions: Iterable[str] = BOTH) -> Iterable[ZooEngine]:
    """The engines that have this fault."""
    for construction in constructions:
        if exists(fault, construction):
            for order in fault.orders:
                yield ZooEngine(source(fault, construction, order))


def smallest(engine: ZooEngine) -> tuple[Question, Answer] | None:
    """The first question of the corpus that an engine answers wrongly."""
    for question in chain(corpus(), repeated()):
        answer = ask(engine, question)
        if answer.problem != TooLong.__name__ and not same(answer, ask(RIGHT, question)):
            return question, answer
    return None


def is_named(fault: Fault, engine: ZooEngine) -> bool:
    """Whether the smallest failure is diagnosed as this fault."""
    found = smallest(engine)
    diagnosis = found and diagnose([found], lambda question: ask(engine, question))
    return bool(diagnosis) and diagnosis.ids == (fault.id,)


def program_text(question: Question) -> str:
    """A program in one line: v0 = x0 + x0."""
    if len(question.program.nodes) > 9:
        return f"a chain of {len(question.program.nodes)}"
    lines = repr(question.program).splitlines()
    steps = [line.strip() for line in lines if " = " in line]
    return "; ".join(steps) + ("" if question.scenario == "once" else f" ({question.scenario})")


def row(fault: Fault, constructions: Sequence[str]) -> tuple[str, int, bool]:
    """A row of the table, the operations of the smallest program, and whether all is right."""
    made = list(engines(fault, constructions))
    found = smallest(made[0])
    size = len(found[0].program.nodes) if found else 0
    named = sum(is_named(fault, engine) for engine in made)
    text = program_text(found[0]) if found else "not found"
    does = fault.does.replace("|", r"\|")
    cells = (f"`{fault.id}`", does, size, f"`{text}`", f"{named} of {len(made)}")
    return f"| {' | '.join(map(str, cells))} |", size, bool(found) and named == len(made)


def main(arguments: Sequence[str]) -> int:
    start = time.perf_counter()
    words = [word for word in arguments if word != "--all"]
    constructions = tuple(CONSTRUCTIONS) if "--all" in arguments else BOTH
    chosen = [x for x in ZOO if not words or any(word in x.id for word in words)]
    print(PAGE)
    print("| fault | an engine that | operations | smallest program | named |")
    print("| --- | --- | --- | --- | --- |")
    sizes, right = [], []
    for fault in chosen:
        text, size, is_right = row(fault, constructions)
        print(text, flush=True)
        sizes.append(size)
        right.append(is_right)
    small = sum(0 < size <= 2 for size in sizes)
    print(
        f"\n{len(chosen)} faults with {len({x.id for x in chosen})} ids; {sum(right)} found and "
        f"named in all their engines; {small} by a program of at most 2 operations."
    )
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
