"""Jobs, their documents and events in an SQLite database, which outlives the service."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.server.messages import Job, JobState

VERSION = 1  # of the tables
TABLES = """
CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, created REAL NOT NULL, state TEXT NOT NULL, job TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
  job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, what TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (job, what)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, number INTEGER NOT NULL, event TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (job, number)
) WITHOUT ROWID;
"""
Event = tuple[int, str, str]  # number, name, JSON


class JobStore:
    """Jobs by id. All methods may be called from any thread; each change is a transaction."""

    def __init__(self, path: Path, patience: float = 5.0) -> None:
        """Open or make a database, waiting so many seconds [s] for a service that ends.

        Raises
        ------
        UsageError
            When it is in use, no database, or of another version.
        """
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, timeout=patience)
            self._prepare(path)
        except sqlite3.Error as error:
            raise UsageError(f"--store {path}: cannot be used: {error}") from None

    def _prepare(self, path: Path) -> None:
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise UsageError(f"--store {path}: is of version {version}; this service reads version {VERSION}")
        # One service at a time: a second one is refused instead of running the same jobs again.
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "foreign_keys = ON", "synchronous = NORMAL"):
            self._base.execute(f"PRAGMA {setting}")
        self._base.executescript(f"BEGIN EXCLUSIVE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._base.close()

    def add(self, job: Job, documents: Mapping[str, str]) -> None:
        """Store a new job with its documents."""
        with self._lock, self._base:
            self._write(job)
            for what, text in documents.items():
                self._keep(job.id, what, text)

    def change(self, job: Job, documents: Mapping[str, str] | None = None) -> Job:
        """Store the new state of a job, with documents, and an event `job`; return the job."""
        with self._lock, self._base:
            self._write(job)
            for what, text in (documents or {}).items():
                self._keep(job.id, what, text)
            self._tell(job.id, "job", job.model_dump_json())
        return job

    def keep(self, id: str, what: str, text: str) -> None:
        """Store a document of a job in place of an earlier one."""
        with self._lock, self._base:
            self._keep(id, what, text)

    def tell(self, id: str, event: str, data: str) -> None:
        """Append an event of a job."""
        with self._lock, self._base:
            self._tell(id, event, data)

    def job(self, id: str) -> Job | None:
        """Return a job; None where there is none."""
        found = self._rows("SELECT job FROM jobs WHERE id = ?", (id,))
        return Job.model_validate_json(found[0][0]) if found else None

    def jobs(self, states: Iterable[JobState] = tuple(JobState)) -> list[Job]:
        """Return the jobs in some states, the oldest first."""
        asked = [str(state) for state in states]
        marks = ", ".join("?" * len(asked))
        rows = self._rows(f"SELECT job FROM jobs WHERE state IN ({marks}) ORDER BY created, rowid", asked)
        return [Job.model_validate_json(row[0]) for row in rows]

    def document(self, id: str, what: str) -> str | None:
        """Return a document of a job as JSON; None without one.

        The documents are instance, warm_start, plan, answer and certificate.
        """
        found = self._rows("SELECT text FROM documents WHERE job = ? AND what = ?", (id, what))
        return str(found[0][0]) if found else None

    def events(self, id: str, after: int = -1) -> list[Event]:
        """Return the events of a job beyond a number."""
        found: list[Event] = self._rows(
            "SELECT number, event, data FROM events WHERE job = ? AND number > ? ORDER BY number", (id, after)
        )
        return found

    def remove(self, id: str) -> None:
        """Remove a job with all that belongs to it."""
        with self._lock, self._base:
            self._base.execute("DELETE FROM jobs WHERE id = ?", (id,))

    def trim(self, kept: int) -> None:
        """Remove the oldest jobs that have ended, beyond a number of them."""
        final = [str(state) for state in JobState if state.final]
        marks = ", ".join("?" * len(final))
        with self._lock, self._base:
            self._base.execute(
                f"DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state IN ({marks}) "
                "ORDER BY created DESC, rowid DESC LIMIT -1 OFFSET ?)",
                [*final, kept],
            )

    def _rows(self, query: str, values: Iterable[Any]) -> list[Any]:
        with self._lock:
            return self._base.execute(query, tuple(values)).fetchall()

    def _write(self, job: Job) -> None:
        row = (job.id, job.created, str(job.state), job.model_dump_json())
        self._base.execute(
            "INSERT INTO jobs VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
            "job = excluded.job",
            row,
        )

    def _keep(self, id: str, what: str, text: str) -> None:
        self._base.execute("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (id, what, text))

    def _tell(self, id: str, event: str, data: str) -> None:
        self._base.execute(
            "INSERT INTO events SELECT ?, COALESCE(MAX(number), -1) + 1, ?, ? FROM events WHERE job = ?",
            (id, event, data, id),
        )
