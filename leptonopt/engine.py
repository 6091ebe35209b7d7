"""Methods that call foreign solvers run here, in a process of their own.

A crash, a hang or a flood of output then costs a lane, not the program; and whatever the engine
does, it can be killed. Parent and child speak in pickled tuples over the child's standard streams:

    parent -> child   (method, problem, warm start, limits) once; then ("stop",) or ("incumbent", schedule)
    child -> parent   ("incumbent", schedule, cost), ("bound", value), and ("done", solution) last

The child ends when its standard input ends: no orphan survives the parent.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

from leptonopt.methods import function
from leptonopt.problem import Limits, Problem, Schedule, Solution, Status, Stop

_KEPT_STDERR = 4096


class Child:
    """One method at work in a child process; `messages` fills up as it reports."""

    def __init__(self, method: str, problem: Problem, warm_start: Schedule | None, limits: Limits) -> None:
        self.method = method
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._stderr = b""
        root = str(Path(__file__).resolve().parent.parent)
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "leptonopt.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._listen, self._drain)]
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._threads.append(threading.Thread(target=self._post, daemon=True))
        for thread in self._threads:
            thread.start()
        self._send((method, problem, warm_start, limits))

    def stop(self) -> None:
        """Ask the method to come to an end and hand over what it has."""
        self._send(("stop",))

    def tell(self, schedule: Schedule) -> None:
        """Let the method know of a better plan that somebody else found."""
        self._send(("incumbent", schedule))

    def kill(self) -> None:
        """End the child and all it started, now."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._outbox.put(None)
        for thread in self._threads:
            thread.join(timeout=1)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
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
                message = pickle.load(self._process.stdout)
                self.messages.put(message)
                if message[0] == "done":
                    return
        except Exception:
            code = self._process.wait()
            self._threads[1].join(timeout=0.5)
            last = self._stderr.decode(errors="replace").strip().splitlines()[-1:]
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            note = f"{self.method} ended without an answer ({how}{': ' + last[0] if last else ''})"
            self.messages.put(("done", Solution(Status.UNKNOWN, Stop.FAILED, note=note)))

    def _drain(self) -> None:
        assert self._process.stderr
        with contextlib.suppress(OSError, ValueError):
            while part := self._process.stderr.read1(65536):  # type: ignore[attr-defined]
                self._stderr = (self._stderr + part)[-_KEPT_STDERR:]


class _Reporter:
    """The monitor on the child's side."""

    def __init__(self, out: BinaryIO, time_limit: float) -> None:
        self._out, self._lock = out, threading.Lock()
        self._stop, self._best = threading.Event(), None
        self._end = time.monotonic() + time_limit

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


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere the end of standard input does it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    """The child: one method, then the end."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever an engine prints must not reach the channel
    method, problem, warm_start, limits = pickle.load(sys.stdin.buffer)
    reporter = _Reporter(out, limits.time_limit)
    threading.Thread(target=reporter.listen, args=(sys.stdin.buffer,), daemon=True).start()
    try:
        solution = function(method)(problem, warm_start, limits, reporter)
    except MemoryError:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} ran out of memory")
    except Exception as error:
        solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{method} failed: {type(error).__name__}: {error}")
    reporter.send("done", solution)
    os._exit(0)


if __name__ == "__main__":
    main()
