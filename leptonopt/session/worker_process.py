"""Methods that call foreign solvers run here, in a process of their own.

A crash, a hang, a flood of output or a hunger for memory then costs a lane, not the program; and whatever
the engine does, it can be killed. Parent and child speak in pickled tuples over the child's standard streams:

    parent -> child   (method, problem, warm start, limits, memory, moment) once, the time limit counting from that
                      moment; then ("stop",) or ("incumbent", schedule)
    child -> parent   ("incumbent", schedule, cost), ("bound", value); last ("done", solution), or ("unfit", why)
                      when the engine fails its self-test

The child ends when its standard input ends, and a guard ends whatever it has started: no orphan survives the parent.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import Any, BinaryIO

from leptonopt.confirm import NAME, Confirmation, Question
from leptonopt.errors import UsageError
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime import child_process as children
from leptonopt.session import portfolio
from leptonopt.session.worker_thread import WorkerThread
from leptonopt.solvers import selftest
from leptonopt.solvers.registry import OWN, Method, load_method, lookup, shared

_KEPT_STDERR = 4096
_WAITING = 1000  # messages that may wait to be read; a child that sends more has to wait
FOREVER = 3600.0  # seconds; no child takes so long to start
_LINGER = 1.0  # seconds that a child may live on after its last word
_HUNGRY = re.compile(
    r"bad_alloc|MemoryError|[Cc]annot allocate memory|[Oo]ut of memory|failed to map segment|cannot map zero-fill pages"
    r"|start new thread"
    r"|without (?:setting an )?exception"  # of C code that got none and did not say so
)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
LEAST_MEMORY = 100_000_000  # with less, Python does not come as far as its first import


def parse_memory(stated: float | str | None) -> int | None:
    """Bytes of `8GB`, `512 MiB` or a number; None for None.

    Raises `UsageError` for what is no size, or too small for any engine.
    """
    if stated is None:
        return None
    found = re.fullmatch(r"(\d+\.?\d*(?:e\d+)?)\s*([kmgt]?)(i?)b?", str(stated).strip().lower())
    size = float(found[1]) * (1024 if found[3] else 1000) ** _UNITS[found[2]] if found else 0.0
    if not LEAST_MEMORY <= size < 2**62:
        raise UsageError(f"a memory of {stated}; allowed is a size such as 8GB or 512MiB, at least 100MB")
    return int(size)


def share_of_memory(engines: int) -> int:
    """Bytes for each of so many engines: nine tenths of what the machine has, or the group of processes we are in."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in ("memory.max", "memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # absent, or "max"
            sizes.append(int(Path("/sys/fs/cgroup", file).read_text()))
    return max(LEAST_MEMORY, min(sizes) * 9 // 10 // engines)


class WorkerProcess:
    """One method at work in a child process; `messages` fills up as it reports."""

    def __init__(
        self,
        method: str,
        problem: Problem | Question,
        warm_start: Schedule | None,
        limits: Limits,
        memory: int | None = None,
    ) -> None:
        self.method = method
        self.grace = 0.0
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._stderr = b""
        pipe = subprocess.PIPE
        self._process = children.start_process(
            children.python_command("leptonopt.session.worker_process"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            self._guard = children.start_group_killer(self._process.pid)
            self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
            self._drainer, *_ = self._threads = [
                threading.Thread(target=run, daemon=True) for run in (self._drain, self._post, self._listen)
            ]
            for thread in self._threads:  # the one that waits for another starts after it
                thread.start()
        except BaseException:  # no process, no thread, or somebody has interrupted us
            self.slay()
            self._process.communicate()
            if self._guard:
                children.end_group_killer(self._guard)
            raise
        self._send((method, problem, warm_start, limits, memory, time.monotonic()))

    def stop(self) -> None:
        """Ask the method to come to an end and hand over what it has."""
        self._send(("stop",))

    def tell(self, schedule: Schedule) -> None:
        """Let the method know of a better plan that somebody else found."""
        self._send(("incumbent", schedule))

    def slay(self) -> None:
        """Send the death signal to the child and all it started; safe in a signal handler."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End the child and all it started, now."""
        self.slay()
        self._process.wait()
        if self._guard:
            children.end_group_killer(self._guard)
        self._outbox.put(None)
        until = time.monotonic() + 0.5
        streams = (self._process.stderr, self._process.stdin, self._process.stdout)
        for thread, stream in zip(self._threads, streams, strict=True):
            thread.join(timeout=max(0.0, until - time.monotonic()))
            if stream and not thread.is_alive():  # else somebody in a session of his own holds the other end
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, message: tuple[Any, ...]) -> None:
        self._outbox.put(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))

    def _post(self) -> None:
        assert self._process.stdin
        while (parcel := self._outbox.get()) is not None:
            try:
                self._process.stdin.write(parcel)
                self._process.stdin.flush()
            except (OSError, ValueError):
                return

    def _listen(self) -> None:
        assert self._process.stdout
        try:
            while True:
                while self.messages.qsize() >= _WAITING and self._process.poll() is None:
                    time.sleep(0.01)
                message = _understood(pickle.load(self._process.stdout))
                self.messages.put(message)
                if message[0] in ("done", "unfit"):
                    return
        except EOFError:
            self.messages.put(("done", self._ended()))
        except Exception as error:
            self.slay()
            note = f"{self.method} answered nonsense ({type(error).__name__}: {error})"
            self.messages.put(("done", Solution(Status.UNKNOWN, Stop.FAILED, note=note)))

    def _ended(self) -> Solution:
        """What there is to say of a child that says no more."""
        try:
            code = self._process.wait(timeout=_LINGER)
        except subprocess.TimeoutExpired:
            self.slay()
            code = self._process.wait()
        self._drainer.join(timeout=0.5)
        said = self._stderr.decode(errors="replace")
        last = said.strip().splitlines()[-1:]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        note = f"{self.method} ended without an answer ({how}{': ' + last[0] if last else ''})"
        if _HUNGRY.search(said):
            note = f"{self.method} ran out of memory ({how})"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)

    def _drain(self) -> None:
        assert self._process.stderr
        with contextlib.suppress(OSError, ValueError):
            while part := self._process.stderr.read1(65536):  # type: ignore[attr-defined]
                self._stderr = (self._stderr + part)[-_KEPT_STDERR:]


class WorkerPool:
    """The children at work for a solve. `memory` is for each, a share of the machine's without it.

    In a thread of this process runs a method that shares its work out to the workers of an `executor`, and one of our
    own whose problem is large: a copy of that would take more memory and time than it is worth. Foreign engines never
    do. `sharing` is the method that takes part in the executor.
    """

    def __init__(
        self, problem: Problem, memory: int | None, notes: list[str], executor: Executor | None = None
    ) -> None:
        self.problem, self.memory, self.notes, self.executor = problem, memory, notes, executor
        self.large = portfolio.large(problem)
        self.sharing = "large-scale" if self.large else "lns-parallel"
        self._children: list[WorkerProcess | WorkerThread] = []

    def start(
        self, method: str, warm_start: Schedule | None, limits: Limits, beside: int = 1
    ) -> WorkerProcess | WorkerThread | None:
        """A child, one of so many side by side; None, and a note, where the machine has no room for it."""
        try:
            child: WorkerProcess | WorkerThread
            if self._shares(method) or (self.large and lookup(method).package == OWN):
                child = WorkerThread(method, self.function(method), self.problem, warm_start, limits)
            else:
                child = WorkerProcess(method, self.problem, warm_start, limits, self.memory or share_of_memory(beside))
        except (OSError, RuntimeError, MemoryError) as error:  # no process, no thread
            self.notes.append(f"{method} could not be started: {error}")
            return None
        self._children.append(child)
        return child

    def ask(self, question: Question, limits: Limits) -> WorkerProcess | None:
        """A child that confirms on the second model; None, and a note, where the machine has no room for it."""
        try:
            child = WorkerProcess(NAME, question, None, limits, self.memory or share_of_memory(1))
        except (OSError, RuntimeError, MemoryError) as error:
            self.notes.append(f"the {NAME} could not be started: {error}")
            return None
        self._children.append(child)
        return child

    def function(self, method: str) -> Method:
        """The function of a method, with the executor where it takes one."""
        if self.executor is None or not self._shares(method):
            return load_method(method)
        return shared(method, self.executor)

    def _shares(self, method: str) -> bool:
        """Whether a method's work goes to workers elsewhere."""
        return self.executor is not None and method == self.sharing

    def end(self, child: WorkerProcess | WorkerThread) -> None:
        """End one."""
        child.kill()
        self._children.remove(child)

    def kill(self) -> None:
        """End all."""
        while self._children:
            self.end(self._children[-1])

    def slay(self) -> None:
        """Send all of them the death signal, without waiting; for signal handlers."""
        for child in list(self._children):
            child.slay()


def _understood(message: Any) -> tuple[Any, ...]:
    """A message in its canonical form; raises for any other."""
    match message:
        case ("incumbent", Schedule() as schedule, int()):
            return "incumbent", _canonical(schedule), message[2]
        case ("bound", int()) | ("unfit", str()):
            return tuple(message)
        case ("done", Confirmation()):
            return tuple(message)
        case ("done", Solution(schedule=schedule, bound=bound) as solution):
            schedule = None if schedule is None else _canonical(schedule)
            return "done", replace(solution, schedule=schedule, bound=None if bound is None else index(bound))
    raise ValueError(f"a message of an unknown kind: {message!r:.80}")


def _canonical(schedule: Schedule) -> Schedule:
    return Schedule.of(schedule.option, schedule.start, schedule.count, schedule.rent)


class PipeMonitor:
    """The monitor on the child's side."""

    def __init__(self, out: BinaryIO, end: float) -> None:
        self._out, self._lock = out, threading.Lock()
        self._stop, self._best = threading.Event(), None
        self._end = end

    def send(self, *message: Any) -> None:
        with self._lock:
            pickle.dump(message, self._out, protocol=pickle.HIGHEST_PROTOCOL)
            self._out.flush()

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        self.send("incumbent", schedule, int(cost))

    def bound(self, value: int) -> None:
        self.send("bound", int(value))

    def best(self) -> Schedule | None:
        return self._best

    def should_stop(self) -> bool:
        return self._stop.is_set() or time.monotonic() > self._end

    def listen(self, source: BinaryIO) -> None:
        try:
            while True:
                message = pickle.load(source)
                if message[0] == "stop":
                    self._stop.set()
                else:
                    self._best = message[1]
        except Exception:
            os.killpg(0, signal.SIGKILL)


def main() -> None:
    """The child: one method, then the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever an engine prints must not reach the channel
    method, problem, warm_start, limits, memory, begun = pickle.load(sys.stdin.buffer)
    if not 0 <= time.monotonic() - begun < FOREVER:  # a machine whose processes each have a clock of their own
        begun = time.monotonic()
    _confine(memory)
    reporter = PipeMonitor(out, begun + limits.time_limit)
    threading.Thread(target=reporter.listen, args=(sys.stdin.buffer,), daemon=True).start()
    try:
        if why := selftest.failed_selftest("cpsat" if method == NAME else method, reporter.should_stop):
            reporter.send("unfit", why)
            os._exit(0)
        if not limits.deterministic:
            limits = replace(limits, time_limit=max(0.01, limits.time_limit - (time.monotonic() - begun)))
        if method == NAME:
            from leptonopt.confirm.solve import confirm

            reporter.send("done", confirm(problem, limits))
            os._exit(0)
        solution = load_method(method)(problem, warm_start, limits, reporter)
    except MemoryError:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} ran out of memory")
    except (Exception, SystemExit) as error:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} failed: {type(error).__name__}: {error}")
    if solution.stop is Stop.FAILED and _HUNGRY.search(solution.note + solution.log):
        solution = replace(solution, note=f"{method} ran out of memory")
    reporter.send("done", solution)
    os._exit(0)


def _confine(memory: int | None) -> None:
    """Limit what this process and each that it starts may take; when memory ends all the same, we go before others.

    Data, not addresses: engines reserve far more of the latter than they use.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    if memory is not None:
        import resource

        which = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(which, (memory, memory))
