"""Records of the queue and of the accounts as jobs; the system itself is tested on a real cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from leptonopt.execution.jobs import Job
from leptonopt.execution.slurm_system import _job, _of_accounts, foreign_jobs
from tests.unit.execution.samples import runs, runs_beside_others

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
    assert _job("k", {**found, "state_reason": "None"}).note == "failed"


def record(job_id: int, state: str, array: int = 0, **more: Any) -> dict[str, Any]:
    """Return a record of the queue."""
    return {"job_id": job_id, "job_state": state, "array_job_id": array, "start_time": START, "end_time": END, **more}


def test_jobs_of_others() -> None:
    """They are found by their number, whatever their comment; the queue counts before the accounts."""
    prep = runs_beside_others()["prep"]
    found = foreign_jobs([prep], [record(15, "RUNNING"), record(16, "FAILED"), record(15, "COMPLETED")])
    assert (found["prep"].state, found["prep"].identity) == ("done", "15")
    assert foreign_jobs([prep], [record(16, "RUNNING")])["prep"] == Job(
        "prep", "15", "done", note="is in the queue no more"
    )
    assert foreign_jobs([runs()["prep"]], [record(15, "RUNNING")]) == {}


@pytest.mark.parametrize("array", [9, number(9)])
def test_arrays_of_others(array: Any) -> None:
    """Elements that have begun are copies with a number of their own; the others share the number of the array."""
    copies = [replace(run, job="9") for run in runs().values() if run.task == "sweep"]
    records = [record(20, "COMPLETED", array), record(21, "RUNNING", array), record(9, "PENDING", array)]
    found = foreign_jobs(copies, records)
    assert [(job.identity, job.state) for job in found.values()] == [
        ("20", "done"),
        ("21", "running"),
        ("9", "waiting"),
    ]
    assert [job.state for job in foreign_jobs(copies, records[:2]).values()] == ["done", "running", "done"]
