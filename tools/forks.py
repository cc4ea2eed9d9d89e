"""Processes forked from this one: some at a time, each with a time limit and a memory limit."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

Task = TypeVar("Task")

WORKERS = 2
DEADLINE = (
    300.0  # seconds; what waits for something uses no processor time, and is never ended by it
)
MEMORY = 4 * 2**30  # bytes
OUT_OF_BOUNDS = "time or memory"


def verdicts(
    tasks: Sequence[Task], judge: Callable[[Task, Path], str], folders: Path
) -> Iterator[tuple[Task, str]]:
    """(task, what `judge` says of it) of each, in the order in which they end; OUT_OF_BOUNDS where
    it came to no end.

    Each runs in a process of its own, WORKERS of them at a time, with a folder for its files.
    """
    waiting, running = deque(tasks), {}
    free = [folders / f"worker{i}" for i in range(WORKERS)]
    gc.collect()
    gc.freeze()
    try:
        while waiting or running:
            while waiting and free:
                task, folder = waiting.popleft(), free.pop()
                reader, pid = fork(lambda: judge(task, folder), folder)  # noqa: B023
                running[reader] = (pid, task, folder, time.monotonic() + DEADLINE)
            ready, _, _ = select.select(list(running), [], [], 1.0)
            for reader, (pid, task, folder, deadline) in list(running.items()):
                late = time.monotonic() > deadline
                if reader in ready or late:
                    said = b"" if late else os.read(reader, 1 << 16)
                    end(pid)
                    os.close(reader)
                    del running[reader]
                    free.append(folder)
                    verdict = json.loads(said) if said else OUT_OF_BOUNDS
                    yield task, verdict
    finally:
        for pid, *_ in running.values():
            end(pid)


def fork(judge: Callable[[], str], folder: Path) -> tuple[int, int]:
    """(where to read, process id) of a process that writes what `judge` gives, as JSON."""
    reader, writer = os.pipe()
    if pid := os.fork():
        os.close(writer)
        return reader, pid
    try:
        os.setpgid(0, 0)  # Ctrl-C is for the parent
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        temporary = folder / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(temporary)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(writer, json.dumps(judge()).encode())
    finally:
        os._exit(0)


def end(pid: int) -> None:
    """End a process and those it has started."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def in_a_process(road: Callable[[], None]) -> None:
    """Run it in a process of its own, which has imported nothing yet."""
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        if status:
            sys.exit("interrupted; the same command goes on from here")
        return
    status = 1
    try:
        road()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
