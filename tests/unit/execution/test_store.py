"""The memory of an executor."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leptonopt.errors import InputError
from leptonopt.execution.jobs import Job
from leptonopt.execution.store import Store


def test_what_is_put_is_there_again(tmp_path: Path) -> None:
    """Rows survive closing; a second put replaces the first."""
    store = Store(tmp_path / "a.sqlite")
    job = Job("a#1", "7:8", "running", started=datetime(2026, 1, 5, 1, 2, 3, tzinfo=UTC), place="p",
              until=datetime(2026, 1, 5, 4, tzinfo=UTC))  # fmt: skip
    store.put(Job("a#1", "", "waiting"))
    store.put(job)
    store.put(Job("b", "", "failed", note="x"))
    store.drop("b")
    store.close()
    again = Store(tmp_path / "a.sqlite")
    assert again.jobs() == {"a#1": job}
    again.close()


def test_other_files(tmp_path: Path) -> None:
    """A file that is no store is one line."""
    (tmp_path / "x").write_text("no database at all, and long enough to be read as one " * 20, encoding="utf-8")
    with pytest.raises(InputError, match="no file of runs"):
        Store(tmp_path / "x")


def test_stores_of_earlier_versions(tmp_path: Path) -> None:
    """One that does not know when segments are stopped is read, and written."""
    rows = sqlite3.connect(tmp_path / "a.sqlite")
    names = ("identity", "state", "begins", "started", "ended", "place", "note")
    rows.execute(f"create table runs (key text primary key, {', '.join(names)})")
    rows.execute("insert into runs values ('a', '7', 'done', null, null, null, 'p', '')")
    rows.commit()
    rows.close()
    store = Store(tmp_path / "a.sqlite")
    until = datetime(2026, 1, 5, 4, tzinfo=UTC)
    store.put(Job("b", "8", "running", until=until))
    assert store.jobs() == {"a": Job("a", "7", "done", place="p"), "b": Job("b", "8", "running", until=until)}
    store.close()
