"""Running a stranger's code with care: in a process of its own, with limits of time and memory.

The parent sends questions; the child sends answers as JSON, so that nothing of the stranger's is
unpickled here. If the child dies or does not answer in time, that is the answer to the question it
was asked, and a new child takes the next one. Where no process can be made, the code runs in this
one, and a limit on the steps it takes ends a loop.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...rules import Primitive
from .adapters import Engine
from .questions import Answer, Question, ask, said

MEMORY = 2**31  # bytes that a child may have beyond what its parent has
STEPS = 5_000_000  # for one question, where there is no process
LONGEST = 2**26  # bytes of a reply

Load = Callable[[], Engine]
Seconds = Callable[[Question], float]


def can_fork() -> bool:
    """Whether the system can make a process that has what this one has."""
    # in WebAssembly there is a fork that always fails
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "emscripten"


class NotLoaded(Exception):
    """The engine could not even be imported. Its arguments are the kind of problem, a message."""


class Apart:
    """An engine in a process of its own.

    Args:
        load: makes the engine, in the child.
        time_limit: seconds that a child may compute; a third of it to import the engine.
    """

    def __init__(self, load: Load, time_limit: float) -> None:
        self._load, self._time_limit = load, time_limit
        self._process: Any = None
        self._connection: Any = None
        self.printed: list[str] = []

    def ask(self, questions: Sequence[Question], seconds: Seconds) -> Iterator[Answer]:
        """The answers; a problem "hang", "exit" or "crash" is the last.

        Args:
            questions: they are all sent at once, which is quicker than one by one.
            seconds: how long to wait for the answer to one.

        Raises:
            NotLoaded: the engine cannot be imported.
        """
        if self._process is None:
            self._start()
        left = len(questions)
        try:
            self._connection.send(("ask", questions))
            for question in questions:
                data, gradients, problem, message = self._received(seconds(question))["answer"]
                left -= 1
                yield Answer(tuple(data), tuple(gradients), problem, message)
        except Hang:
            yield Answer(problem="hang")
        except (OSError, EOFError, ValueError):
            problem, message = self._end()
            yield Answer(problem=problem, message=message)
        finally:
            if left:
                self.close()

    def describe(self, rows: Sequence[Primitive], seconds: float) -> dict[str, str]:
        """How code for the engine is spelled; nothing if it does not tell."""
        if self._process is None:
            self._start()
        try:
            self._connection.send(("describe", rows))
            described: dict[str, str] = self._received(seconds)["described"]
        except (Hang, OSError, EOFError, ValueError):
            self.close()
            return {}
        return described

    def _received(self, seconds: float) -> dict[str, Any]:
        if not self._connection.poll(seconds):
            raise Hang
        reply: dict[str, Any] = json.loads(self._connection.recv_bytes(LONGEST))
        self.printed.extend(reply["printed"])
        return reply

    def _start(self) -> None:
        context: Any = multiprocessing.get_context("fork" if can_fork() else "spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, self._load, self._time_limit)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that this process has threads
            self._process.start()
        theirs.close()
        try:
            reply = self._received(self._time_limit / 3)
        except Hang:
            self.close()
            raise NotLoaded("hang", "") from None
        except (OSError, EOFError, ValueError):
            raise NotLoaded(*self._end()) from None
        if reply["problem"]:
            self.close()
            raise NotLoaded(reply["problem"], reply["message"])

    def _end(self) -> tuple[str, str]:
        """Why the process ended."""
        self._process.join(5)
        code = self._process.exitcode
        self.close()
        if code is None or code >= 0:
            return "exit", f"exit status {code}"
        with contextlib.suppress(ValueError):
            return "crash", signal.Signals(-code).name
        return "crash", f"signal {-code}"

    def close(self) -> None:
        if self._process is None:
            return
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)  # what it has started, as well
        self._process.kill()
        self._process.join()
        self._connection.close()
        self._process = None


class Hang(Exception):
    """No reply in time."""


def _serve(connection: Any, load: Load, cpu: float) -> None:
    """The child: limits first, then the stranger's code, then answers until the parent is gone."""
    output = _Output()
    sys.stdout = sys.stderr = output
    warnings.simplefilter("ignore")
    faulthandler.disable()
    _limit(cpu)

    def reply(**content: Any) -> None:
        content["printed"] = output.taken()
        connection.send_bytes(json.dumps(content).encode())

    try:
        engine = load()
    except BaseException as error:
        reply(problem=type(error).__name__, message=said(error))
        return
    reply(problem="")
    while True:
        try:
            kind, what = connection.recv()
        except EOFError:
            return
        if kind == "describe":
            reply(described=_described(engine, what))
        else:
            for question in what:
                reply(answer=_asked(engine, question))


def _asked(engine: Engine, question: Question) -> Answer:
    try:
        return ask(engine, question)
    except KeyboardInterrupt:  # of the engine's own making: the child does not hear of Ctrl-C
        return Answer(problem="KeyboardInterrupt")


def _described(engine: Engine, rows: Sequence[Primitive]) -> dict[str, str]:
    try:
        return engine.describe(rows)
    except BaseException:
        return {}


def _limit(cpu: float) -> None:
    """Limits, as far as the system has them; and no terminal."""
    silence()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not hasattr(os, "setsid"):
        return
    import resource

    os.setsid()
    try:
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        used = 0
    seconds = int(cpu) + 1
    for which, limit in (
        (resource.RLIMIT_AS, used + MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (limit, resource.getrlimit(which)[1]))


def silence() -> None:
    """Connect this process with no terminal."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)


class _Output(io.TextIOBase):
    """What is printed, of which the beginning is kept."""

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> int:
        if len(self._text) < 200:
            self._text += text[:200]
        return len(text)

    def taken(self) -> list[str]:
        """The first line, if there is one."""
        lines, self._text = self._text.split("\n"), ""
        return [line.strip()[:60] for line in lines if line.strip()][:1]


class Here:
    """An engine in this process.

    Args:
        load: makes the engine.
        steps: how many it may take for one question (see _Counter); 0 for no limit.
    """

    def __init__(self, load: Load, steps: int | None = None) -> None:
        self._engine = load()
        self._steps = STEPS if steps is None else steps
        self.printed: list[str] = []

    def ask(self, questions: Sequence[Question], seconds: Seconds) -> Iterator[Answer]:
        for question in questions:
            seconds(question)  # which may say that the time is up
            yield self._asked(question)

    def _asked(self, question: Question) -> Answer:
        with self._quietly(), _counted(self._steps) as counter:
            answer = None
            try:
                answer = ask(self._engine, question)
            except _TooManySteps:
                counter.is_on = False  # at once: any call or jump would be a step too many
            counter.is_on = False
        return Answer(problem="hang") if answer is None or counter.left <= 0 else answer

    def describe(self, rows: Sequence[Primitive], seconds: float) -> dict[str, str]:
        with self._quietly():
            return _described(self._engine, rows)

    def close(self) -> None:
        pass

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        output = _Output()
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
        self.printed.extend(output.taken())


class _TooManySteps(BaseException):
    """The limit is reached."""


class _Counter:
    """Counts steps: jumps and calls, before Python 3.12 instructions."""

    def __init__(self, steps: int) -> None:
        self.left, self.is_on = steps, True

    def count(self, *_: Any) -> None:
        self.left -= 1
        if self.left <= 0 and self.is_on:
            raise _TooManySteps

    def trace(self, frame: Any, event: str, argument: Any) -> Any:
        frame.f_trace_opcodes = True  # `while True: pass` is one line that never ends
        self.count()
        return self.trace


@contextlib.contextmanager
def _counted(limit: int) -> Iterator[_Counter]:
    """Raise _TooManySteps after some number of steps; before Python 3.12 a loop that swallows every
    exception escapes, because tracing ends with the first. Nothing is done while another tracer,
    such as a debugger, is at work."""
    counter = _Counter(limit or sys.maxsize)
    monitoring: Any = getattr(sys, "monitoring", None)
    if not limit or sys.gettrace() is not None:
        yield counter
    elif monitoring is None:
        sys.settrace(counter.trace)
        try:
            yield counter
        finally:
            sys.settrace(None)
    else:
        tool = next(i for i in range(6) if monitoring.get_tool(i) is None)
        monitoring.use_tool_id(tool, "autograd_mini")
        events = monitoring.events.JUMP, monitoring.events.PY_START
        for event in events:
            monitoring.register_callback(tool, event, counter.count)
        monitoring.set_events(tool, sum(events))
        try:
            yield counter
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
