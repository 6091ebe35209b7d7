"""Program of a worker process: read a task from standard input, run its method, report.

Reports go to standard output. `leptonopt.session.worker_process` starts it and describes the messages.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO

from leptonopt.confirm import NAME
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.runtime.deadline import Deadline, now
from leptonopt.session.memory import OUT_OF_MEMORY, confine
from leptonopt.session.message_monitor import MessageMonitor
from leptonopt.solvers import selftest
from leptonopt.solvers.registry import load_method

MAX_START = 3600.0  # seconds; no child takes so long to start: the clocks of the processes differ


class _Pipe:
    """Sends pickled messages to the parent, one at a time."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def send(self, message: tuple[Any, ...]) -> None:
        with self._lock:
            pickle.dump(message, self._out, protocol=pickle.HIGHEST_PROTOCOL)
            self._out.flush()


class _Inbox:
    """Follows the parent's messages; kills our process group when the parent has ended."""

    def __init__(self, source: BinaryIO, send: Callable[[tuple[Any, ...]], None]) -> None:
        self._source, self._send = source, send
        self.tasks: queue.SimpleQueue[tuple[tuple[Any, ...], Limits, Deadline, MessageMonitor]] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        monitor: MessageMonitor | None = None
        try:
            while True:
                match pickle.load(self._source):
                    case ("stop",) if monitor is not None:
                        monitor.request_stop()
                    case ("incumbent", schedule) if monitor is not None:
                        monitor.pass_on(schedule)
                    case ("task", method, task, warm_start, limits, memory, multipliers, sent):
                        limits, deadline = _in_our_time(limits, sent)
                        monitor = MessageMonitor(self._send, deadline, None, multipliers)
                        self.tasks.put(((method, task, warm_start, memory), limits, deadline, monitor))
        except Exception:
            os.killpg(0, signal.SIGKILL)


def _in_our_time(limits: Limits, sent: float) -> tuple[Limits, Deadline]:
    """Return limits and deadline of a task by the clock of this process."""
    if not 0 <= now() - sent < MAX_START:  # a machine whose processes each have a clock of their own
        sent, limits = now(), replace(limits, deadline=None)
    return limits, limits.deadline or Deadline(sent + limits.time_limit)


def main() -> None:
    """Run one method after another, until the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = _Pipe(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # the output of an engine must not reach the channel
    inbox = _Inbox(sys.stdin.buffer, pipe.send)
    while True:
        (method, task, warm_start, memory), limits, deadline, monitor = inbox.tasks.get()
        confine(memory)
        pipe.send(_last_message(method, task, warm_start, limits, deadline, monitor))


def _last_message(
    method: str, task: Any, warm_start: Any, limits: Limits, deadline: Deadline, monitor: MessageMonitor
) -> tuple[str, object]:
    """Return the result of a method, of the confirmation of a proof, or of a failed self-test."""
    try:
        if why := selftest.failed_selftest("cpsat" if method == NAME else method, monitor.should_stop):
            return "unfit", why
        if not limits.deterministic:
            limits = limits.until(deadline)
        if method == NAME:
            from leptonopt.confirm.solve import confirm

            return "done", confirm(task, limits)
        solution = load_method(method)(task, warm_start, limits, monitor)
    except MemoryError:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} ran out of memory")
    except (Exception, SystemExit) as error:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} failed: {type(error).__name__}: {error}")
    if solution.stop is Stop.FAILED and OUT_OF_MEMORY.search(solution.note + solution.log):
        solution = replace(solution, note=f"{method} ran out of memory")
    return "done", solution
