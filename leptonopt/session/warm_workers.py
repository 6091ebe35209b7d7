"""Keep finished worker processes for the next solve: their engines are loaded already.

That takes most of the time of a small solve.
Off unless `warm_workers` is entered. A process is kept only after a task that it finished by itself, for tasks with an
engine of the same package and the same memory limit, and not for ever: engines leak.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from leptonopt.session.worker_process import WorkerProcess

Key = tuple[str, int]  # package of the engine, bytes of memory
MOST_TASKS = 200  # of a process
_lock = threading.Lock()
_entered = 0
_idle: dict[Key, list[WorkerProcess]] = {}
_tasks: dict[int, int] = {}  # by id of a worker: tasks so far


@contextmanager
def warm_workers() -> Iterator[None]:
    """Keep finished workers meanwhile; at the end of the last such block all idle ones are killed."""
    global _entered
    with _lock:
        _entered += 1
    try:
        yield
    finally:
        with _lock:
            _entered -= 1
            gone = [] if _entered else [worker for each in _idle.values() for worker in each]
            if not _entered:
                _idle.clear()
                _tasks.clear()
        for worker in gone:
            worker.kill()


def take(key: Key) -> WorkerProcess | None:
    """Return an idle worker of this kind, and forget it; None where there is none."""
    with _lock:
        return _idle[key].pop() if _idle.get(key) else None


def keep(key: Key, worker: WorkerProcess) -> bool:
    """Keep a finished worker for later; return False where it is not wanted, or not fit for another task."""
    with _lock:
        done = _tasks.get(id(worker), 0) + 1
        if not _entered or not worker.finished or done >= MOST_TASKS:
            _tasks.pop(id(worker), None)
            return False
        _tasks[id(worker)] = done
        _idle.setdefault(key, []).append(worker)
        return True
