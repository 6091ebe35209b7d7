"""Foreign programs as children that can be told to stop and do not outlive us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

POLL = 0.03
PATIENCE = 0.8  # seconds a program has to answer SIGINT with what it has


def attend(words: Sequence[str], folder: str, log: Path, should_end: Callable[[], bool]) -> None:
    """Run a program until it ends; once `should_end`, ask it to by SIGINT, then kill it.

    The child stays in our process group, so that whoever kills the group reaches it; on Linux it dies
    with the thread that started it, whatever ends that. Its output goes to `log`.
    """
    with open(log, "wb") as out:
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, preexec_fn=_at_birth()
        )
        try:
            asked = 0.0
            while child.poll() is None:
                if not asked and should_end():
                    asked = time.monotonic()
                    child.send_signal(signal.SIGINT)
                elif asked and time.monotonic() - asked > PATIENCE:
                    child.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL)
        finally:
            child.kill()
            child.wait()


def beside(module: str) -> subprocess.Popen[bytes]:
    """A module of this package run as a program that says nothing; like those attended, it does not outlive us.

    Raises `OSError` where the machine has no room for it.
    """
    root = str(Path(__file__).resolve().parent.parent)
    paths = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=quiet, stdout=quiet, stderr=quiet, env={**os.environ, "PYTHONPATH": paths}, preexec_fn=_at_birth(),
    )  # fmt: skip


@contextlib.contextmanager
def folder(where: str | None) -> Iterator[str]:
    """A private folder that is gone afterwards, also when this process is killed without a word.

    A shell in a session of its own waits for our end of a pipe to close, then removes the folder.
    """
    with tempfile.TemporaryDirectory(prefix="leptonopt-", dir=where, ignore_cleanup_errors=True) as path:
        if not os.path.exists("/bin/sh"):
            yield path
            return
        words = ["/bin/sh", "-c", 'cat >/dev/null; sleep 0.3; rm -rf -- "$0"', path]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        ) as sweeper:
            try:
                yield path
            finally:
                os.killpg(sweeper.pid, signal.SIGKILL)


def _at_birth() -> Callable[[], None] | None:
    """What a child does first on Linux: ask to die with its parent, and hear SIGINT again."""
    if sys.platform != "linux":
        return None
    import ctypes

    library, parent = ctypes.CDLL(None), os.getpid()

    def ask() -> None:
        library.prctl(1, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return ask


def children() -> set[int]:
    """Processes that this one has started (Linux; elsewhere none are seen)."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= set(map(int, task.read_text().split()))
    return found


def send(processes: set[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may have ended."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
