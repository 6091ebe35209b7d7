"""The database: jobs, documents, events, and what is not one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.server.messages import Job, JobState, SolveOptions
from leptonopt.server.store import JobStore


def job(id: str, created: float, state: JobState = JobState.DONE) -> Job:
    """Return a job."""
    return Job(id=id, kind="solve", name=id, state=state, options=SolveOptions(), created=created)


def test_what_is_stored(tmp_path: Path) -> None:
    """Jobs in order of time, documents, numbered events; all of it is there when it is opened again."""
    store = JobStore(tmp_path / "jobs.sqlite")
    store.add(job("b", 2.0, JobState.RUNNING), {"instance": "{}"})
    store.add(job("a", 1.0), {})
    store.tell("b", "progress", "{}")
    store.change(job("b", 2.0), {"plan": "[]"})
    store.close()
    store = JobStore(tmp_path / "jobs.sqlite")
    assert [each.id for each in store.jobs()] == ["a", "b"]
    assert store.jobs([JobState.RUNNING]) == []
    assert [event[:2] for event in store.events("b")] == [(0, "progress"), (1, "job")]
    assert [event[0] for event in store.events("b", 0)] == [1]
    assert (store.document("b", "plan"), store.document("b", "answer")) == ("[]", None)
    store.remove("b")
    assert (store.job("b"), store.events("b"), store.document("b", "plan")) == (None, [], None)


def test_trim(tmp_path: Path) -> None:
    """The newest that have ended are kept, and all that have not."""
    store = JobStore(tmp_path / "jobs.sqlite")
    for at in range(4):
        store.add(job(str(at), float(at), JobState.QUEUED if at == 0 else JobState.DONE), {})
    store.trim(2)
    assert [each.id for each in store.jobs()] == ["0", "2", "3"]


def test_what_is_no_store(tmp_path: Path) -> None:
    """Another file, another version, and one that a service uses are refused in one line."""
    (tmp_path / "text").write_text("no database" * 100, encoding="utf-8")
    with sqlite3.connect(tmp_path / "later") as base:
        base.execute("PRAGMA user_version = 9")
    base.close()
    used = JobStore(tmp_path / "used")
    for name in ("text", "later"):
        with pytest.raises(UsageError, match="--store"):
            JobStore(tmp_path / name)
    with pytest.raises(UsageError, match="locked"):
        JobStore(tmp_path / "used", patience=0.1)
    used.close()
