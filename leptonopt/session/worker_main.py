"""Program of a worker process: read a task from standard input, run its method, report.

Reports go to standard output. `leptonopt.session.worker_process` starts it and describes the messages.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from dataclasses import replace
from typing import Any, BinaryIO

from leptonopt.confirm import NAME
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.runtime.deadline import Deadline
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


def _listen(monitor: MessageMonitor, source: BinaryIO) -> None:
    """Follow the parent's messages; kill our process group when the parent has ended."""
    try:
        while True:
            message = pickle.load(source)
            if message[0] == "stop":
                monitor.request_stop()
            else:
                monitor.pass_on(message[1])
    except Exception:
        os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run one method and end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = _Pipe(os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)  # the output of an engine must not reach the channel
    method, task, warm_start, limits, memory, sent = pickle.load(sys.stdin.buffer)
    if not 0 <= time.monotonic() - sent < MAX_START:  # a machine whose processes each have a clock of their own
        sent, limits = time.monotonic(), replace(limits, deadline=None)
    deadline = limits.deadline or Deadline(sent + limits.time_limit)
    confine(memory)
    monitor = MessageMonitor(pipe.send, deadline)
    threading.Thread(target=_listen, args=(monitor, sys.stdin.buffer), daemon=True).start()
    pipe.send(_last_message(method, task, warm_start, limits, deadline, monitor))
    os._exit(0)


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
