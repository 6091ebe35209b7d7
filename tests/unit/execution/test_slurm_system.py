"""Records of the queue and of the accounts as jobs; the system itself is tested on a real cluster."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from leptonopt.execution.slurm_system import _job, _of_accounts

START, END = 1795969520, 1795969700


def number(value: int) -> dict[str, Any]:
    """Return a number as Slurm 23.02 and later write it."""
    return {"set": True, "infinite": False, "number": value}


@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize(
    ("state", "expected", "ended"),
    [
        ("RUNNING", "running", False),
        ("COMPLETED", "done", True),
        ("TIMEOUT", "failed", True),
        ("PENDING", "waiting", False),
    ],
)
def test_queue(new: bool, state: str, expected: str, ended: bool) -> None:
    """States and instants in the notations of old and new versions; an estimated end of a running job is none."""
    record = {"job_id": 7, "job_state": [state] if new else state, "nodes": "a1"}
    times = {"start_time": START, "end_time": END}
    job = _job("k", {**record, **{key: number(value) if new else value for key, value in times.items()}})
    assert job.state == expected
    assert job.ended == (datetime.fromtimestamp(END, UTC) if ended else None)
    begins = datetime.fromtimestamp(START, UTC)
    assert (job.begins, job.started) == ((begins, None) if expected == "waiting" else (None, begins))


@pytest.mark.parametrize("code", [3, number(3)])
def test_accounts(code: Any) -> None:
    """A record of `sacct` is read like one of the queue, with its exit code."""
    record = {
        "job_id": 7, "comment": {"job": "leptonopt:p:k"}, "state": {"current": "FAILED"}, "nodes": "a1",
        "time": {"start": START, "end": END}, "exit_code": {"return_code": code},
    }  # fmt: skip
    found = _of_accounts(record)
    assert found["comment"] == "leptonopt:p:k"
    job = _job("k", found)
    assert (job.state, job.place) == ("failed", "a1")
    assert job.note == "failed, exit code 3"
