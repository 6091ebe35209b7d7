"""The memory of an executor: one row for each run in an SQLite file."""

from __future__ import annotations

import fcntl
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from leptonopt.errors import InputError, UsageError
from leptonopt.execution.jobs import Job, State
from leptonopt.instance import units

_TABLE = """
create table if not exists runs (
    key text primary key, identity text not null, state text not null, begins text, started text, ended text,
    place text not null, note text not null, until text)
"""


class Store:
    """The runs of one project in a file; other processes may read it at any time.

    Raises
    ------
    InputError
        When the file is no such store, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        try:
            self._rows = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._rows.execute("pragma journal_mode=wal")
            self._rows.execute(_TABLE)
            if "until" not in {
                row[1] for row in self._rows.execute("pragma table_info(runs)")
            }:  # of an earlier version
                self._rows.execute("alter table runs add column until text")
        except sqlite3.Error as error:
            raise InputError(f"{path}: is no file of runs: {error}") from None

    def jobs(self) -> dict[str, Job]:
        """Return all runs by key."""
        query = "select key, identity, state, begins, started, ended, until, place, note from runs"
        return {row[0]: _job(row) for row in self._rows.execute(query)}

    def put(self, job: Job) -> None:
        """Write the state of a run; it is on the disk when this returns."""
        texts = [units.instant_text(at) if at else None for at in (job.begins, job.started, job.ended, job.until)]
        names = "key, identity, state, begins, started, ended, until, place, note"
        row = (job.key, job.identity, job.state, *texts, job.place, job.note)
        self._rows.execute(f"insert or replace into runs ({names}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def drop(self, key: str) -> None:
        """Forget a run."""
        self._rows.execute("delete from runs where key = ?", (key,))

    def hold(self) -> None:
        """Be the only process that carries these runs out; raise `UsageError` where another one does.

        The system gives the lock back when the process ends, however it ends.
        """
        path = self.path.with_suffix(".lock")
        self._lock = self._lock or path.open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            self._lock = None
            raise UsageError(f"{path}: another process carries this plan out; allowed is one at a time") from None

    def close(self) -> None:
        """Close the file, and give the lock back."""
        if self._lock:
            self._lock.close()
        self._rows.close()


def _job(row: tuple[str, str, State, str | None, str | None, str | None, str | None, str, str]) -> Job:
    begins, started, ended, until = (
        datetime.fromisoformat(text).astimezone(UTC) if text else None for text in row[3:7]
    )
    return Job(row[0], row[1], row[2], begins, started, ended, row[7], row[8], until)
