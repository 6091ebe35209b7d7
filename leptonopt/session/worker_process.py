"""The parent's side of a worker process.

It runs one method of a foreign solver, which may crash, hang or run out of memory. Whatever the engine does costs only
its worker, which can be killed. Parent and child exchange pickled tuples over the child's standard streams:

    parent -> child   ("task", method, problem, warm start, limits, memory, multipliers, moment sent); then
                      ("stop",) or ("incumbent", schedule). Another task may follow the last report on one
    child -> parent   ("incumbent", schedule, cost), ("bound", value), ("prices", value, multipliers); last
                      ("done", solution), or ("unfit", why) when the engine fails its self-test

The child ends when its standard input ends, and a guard kills its process group: no orphan survives the parent.
`leptonopt.session.worker_main` is the program of the child.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import threading
import time
from dataclasses import dataclass, replace
from operator import index
from typing import Any

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.confirm import Confirmation, Question
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime import child_process as children
from leptonopt.runtime.deadline import Deadline, now
from leptonopt.session.memory import OUT_OF_MEMORY


@dataclass(frozen=True)
class PipeSettings:
    """Limits of the exchange with a child.

    Attributes
    ----------
    stderr_kept : bytes of standard error that are kept for the note on a crash
    max_waiting : messages that may wait to be read; a child that sends more has to wait
    exit_wait : seconds that a child may live on after its last message
    join_wait : seconds to wait for the threads at the pipes when a child is killed
    """

    stderr_kept: int = 4096
    max_waiting: int = 1000
    exit_wait: float = 1.0
    join_wait: float = 0.5


_SETTINGS = PipeSettings()


class WorkerProcess:
    """One method at work in a child process; `messages` receives its reports."""

    def __init__(
        self,
        method: str,
        problem: Problem | Question,
        warm_start: Schedule | None,
        limits: Limits,
        memory: int | None = None,
        multipliers: Multipliers | None = None,
    ) -> None:
        self.grace, self._stderr = 0.0, b""
        self._begin(method)
        pipe = children.PIPE
        self._process = children.start_process(
            children.python_command("leptonopt.session.worker_main"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
        )
        self._guard: children.Process | None = None
        try:
            self._guard = children.start_group_killer(self._process.pid)
            self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
            self._drainer, *_ = self._threads = [
                threading.Thread(target=run, daemon=True) for run in (self._drain, self._post, self._listen)
            ]
            for thread in self._threads:  # a thread starts after the one that it waits for
                thread.start()
        except BaseException:  # no process, no thread, or an interrupt
            self.slay()
            self._process.communicate()
            if self._guard:
                children.end_group_killer(self._guard)
            raise
        self._send(("task", method, problem, warm_start, limits, memory, multipliers, now()))

    def _begin(self, method: str) -> None:
        self.method, self.finished = method, False
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()

    def again(
        self,
        method: str,
        problem: Problem | Question,
        warm_start: Schedule | None,
        limits: Limits,
        memory: int | None,
        multipliers: Multipliers | None = None,
    ) -> bool:
        """Begin another task in the same process, whose engine is loaded; return False where it has ended."""
        if self._process.poll() is not None or not self.finished:
            return False
        self._begin(method)
        self._send(("task", method, problem, warm_start, limits, memory, multipliers, now()))
        return True

    def stop(self) -> None:
        """Request a stop; the method then hands over its result."""
        self._send(("stop",))

    def suspend(self) -> bool:
        """Halt the child and all that it started, with what it knows; return whether that was possible."""
        return not self.finished and self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended child go on."""
        self._signal(signal.SIGCONT)

    def pass_on(self, schedule: Schedule) -> None:
        """Pass on a better schedule that another method has found."""
        self._send(("incumbent", schedule))

    def slay(self) -> None:
        """Send SIGKILL to the child and all that it started; safe in a signal handler."""
        self._signal(signal.SIGKILL)

    def _signal(self, which: int) -> bool:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, which)
            return True
        return False

    def kill(self) -> None:
        """Kill the child and all that it started, and close its pipes."""
        self.slay()
        self._process.wait()
        if self._guard:
            children.end_group_killer(self._guard)
        self._outbox.put(None)
        deadline = Deadline.after(_SETTINGS.join_wait)
        streams = (self._process.stderr, self._process.stdin, self._process.stdout)
        for thread, stream in zip(self._threads, streams, strict=True):
            thread.join(timeout=max(0.0, deadline.left()))
            if stream and not thread.is_alive():  # else a process in another session holds the other end
                with contextlib.suppress(OSError):
                    stream.close()

    def _send(self, message: tuple[Any, ...]) -> None:
        self._outbox.put(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))

    def _post(self) -> None:
        assert self._process.stdin
        while (data := self._outbox.get()) is not None:
            try:
                self._process.stdin.write(data)
                self._process.stdin.flush()
            except (OSError, ValueError):
                return

    def _listen(self) -> None:
        assert self._process.stdout
        try:
            while True:
                while self.messages.qsize() >= _SETTINGS.max_waiting and self._process.poll() is None:
                    time.sleep(0.01)
                message = _validated(pickle.load(self._process.stdout))
                self.finished = message[0] == "done" and getattr(message[1], "stop", None) is not Stop.FAILED
                self.messages.put(message)
                if message[0] == "unfit":
                    return
        except EOFError:
            self.messages.put(("done", self._ended()))
        except Exception as error:
            self.slay()
            note = f"{self.method} answered nonsense ({type(error).__name__}: {error})"
            self.messages.put(("done", Solution(Status.UNKNOWN, Stop.FAILED, note=note)))

    def _ended(self) -> Solution:
        """Return the solution of a child that ended without one."""
        try:
            code = self._process.wait(timeout=_SETTINGS.exit_wait)
        except children.ChildTimeout:
            self.slay()
            code = self._process.wait()
        self._drainer.join(timeout=_SETTINGS.join_wait)
        text = self._stderr.decode(errors="replace")
        last = text.strip().splitlines()[-1:]
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        note = f"{self.method} ended without an answer ({how}{': ' + last[0] if last else ''})"
        if OUT_OF_MEMORY.search(text):
            note = f"{self.method} ran out of memory ({how})"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)

    def _drain(self) -> None:
        assert self._process.stderr
        with contextlib.suppress(OSError, ValueError):
            while part := self._process.stderr.read1(65536):  # type: ignore[attr-defined]
                self._stderr = (self._stderr + part)[-_SETTINGS.stderr_kept :]


def _validated(message: Any) -> tuple[Any, ...]:
    """Return a message of the child in canonical form; raises for any other."""
    match message:
        case ("incumbent", Schedule() as schedule, int()):
            return "incumbent", _canonical(schedule), message[2]
        case ("bound", int()) | ("prices", int(), Multipliers()) | ("unfit", str()):
            return tuple(message)
        case ("done", Confirmation()):
            return tuple(message)
        case ("done", Solution(schedule=schedule, bound=bound) as solution):
            schedule = None if schedule is None else _canonical(schedule)
            return "done", replace(solution, schedule=schedule, bound=None if bound is None else index(bound))
    raise ValueError(f"a message of an unknown kind: {message!r:.80}")


def _canonical(schedule: Schedule) -> Schedule:
    return Schedule.of(schedule.option, schedule.start, schedule.count, schedule.rent, schedule.replicas)
