"""Records of the queue and of the accounts as jobs; the system itself is tested on a real cluster."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leptonopt.execution import slurm_system
from leptonopt.execution.jobs import Job
from leptonopt.execution.planned import PlannedRun
from leptonopt.execution.slurm_system import SlurmSystem, _job, _of_accounts, foreign_jobs
from tests.unit.execution.samples import cut_runs, moved_runs, runs, runs_beside_others

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


class Queue:
    """Tools of Slurm that answer with a queue, and remember what they are told."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        self.jobs, self.told = list(jobs), list[tuple[str, ...]]()

    def __call__(self, words: Sequence[str], seconds: float = 0) -> str:
        """Answer a call."""
        if words[0] in ("squeue", "sacct"):
            return json.dumps({"jobs": self.jobs if words[0] == "squeue" else []})
        self.told.append(tuple(words))
        return "99\n"


def carried_out(monkeypatch: pytest.MonkeyPatch, planned: dict[str, PlannedRun], *jobs: dict[str, Any]) -> list[str]:
    """Return what is done to a queue, and with what."""
    queue = Queue(*jobs)
    monkeypatch.setattr(slurm_system, "tool_output", queue)
    actions = SlurmSystem("p").carry_out(list(planned.values()), planned["test"].start - timedelta(days=3))
    rest = [" ".join(words[:4]) for words in queue.told if words[0] != "sbatch"]
    return [f"{each.what} {each.key}" for each in actions] + rest


def segment_job(key: str, state: str, until: str = "", **more: Any) -> dict[str, Any]:
    """Return a record of the queue of a segment."""
    comment = f"leptonopt:p:{key}" + (f" until 2026-11-30T{until}:00:00Z" if until else "")
    times = {"start_time": int(datetime(2026, 11, 30, 6, tzinfo=UTC).timestamp()), "partition": "gpu"}
    return {"job_id": 7, "job_state": state, "comment": comment, "time_limit": 240, **times, **more}


def test_segments_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is stopped as planned, tell what is to stop sooner, and end what the plan has no more."""
    found, paused = cut_runs(), cut_runs((1, 11), option="gpu", number=1)

    def done(*jobs: dict[str, Any], planned: dict[str, PlannedRun] = found) -> list[str]:
        return carried_out(monkeypatch, planned, *jobs)

    rest = ["submit train/2", "submit test"]
    assert done() == ["submit train/1", *rest]
    assert done(segment_job("train/1", "RUNNING", "10")) == ["keep train/1", *rest]
    assert done(segment_job("train/1", "TIMEOUT", "10")) == ["keep train/1", *rest]
    assert done(segment_job("train/1", "PENDING", "10")) == ["keep train/1", *rest]
    assert done(segment_job("train/1", "PENDING", "09")) == ["submit train/1", *rest, "scancel 7"]
    assert done(segment_job("train/1", "FAILED", "10")) == ["submit train/1", *rest]
    for until in ("12", ""):
        told = f"scontrol update JobId=7 TimeLimit={4 * 60}"
        assert done(segment_job("train/1", "RUNNING", until)) == ["move train/1", *rest, told]
    assert done(segment_job("train/1", "RUNNING", "08")) == ["keep train/1", *rest]
    assert done(segment_job("train/1", "COMPLETED", "08")) == ["submit train/1", *rest]  # the rest of it
    assert done(segment_job("train/1", "RUNNING", "10"), planned=paused) == [
        "submit train/2", "submit test", "cancel train/1", "scancel 7",
    ]  # fmt: skip


def test_a_comment_without_an_end() -> None:
    """An id that looks like the end of a segment is an id."""
    assert slurm_system._key_and_end("run until noon") == ("run until noon", None)
    assert slurm_system._key_and_end("t/1 until 2026-11-30T08:00:00Z") == ("t/1", datetime(2026, 11, 30, 8, tzinfo=UTC))


def whole_job(number: int, key: str, state: str, hour: int, **more: Any) -> dict[str, Any]:
    """Return a record of the queue of a whole task, which began or begins in an hour of the day."""
    begins = int(datetime(2026, 11, 30, hour, tzinfo=UTC).timestamp())
    target = {"partition": "gpu", "features": "a100&eu", "time_limit": 120} if key == "train" else {"time_limit": 60}
    return {
        "job_id": number,
        "job_state": state,
        "comment": f"leptonopt:p:{key}",
        "start_time": begins,
        **target,
        **more,
    }


def test_a_plan_moves_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is submitted anew, and stopped once what follows it waits for the new job; that one is left alone."""
    found = {key: run for key, run in moved_runs().items() if key in ("prep", "train", "sweep#1")}

    def done(*jobs: dict[str, Any]) -> list[str]:
        queue = Queue(whole_job(1, "prep", "RUNNING", 5), *jobs)
        monkeypatch.setattr(slurm_system, "tool_output", queue)
        actions = SlurmSystem("p").carry_out(list(found.values()), datetime(2026, 11, 30, 6, tzinfo=UTC))
        return [f"{each.what} {each.key}" for each in actions] + [
            " ".join(each) for each in queue.told if each[0] != "sbatch"
        ]

    follows = whole_job(3, "sweep#1", "PENDING", 9, dependency="afterok:2(unfulfilled)")
    kept = done(whole_job(2, "train", "RUNNING", 7), follows)
    assert kept == ["keep prep", "keep train", "keep sweep#1"]
    assert done(whole_job(2, "train", "RUNNING", 5), follows) == [
        "keep prep", "submit train", "move sweep#1",
        "scontrol update JobId=3 Dependency=afterok:99", "scancel 2",
    ]  # fmt: skip


def test_what_waits_for_other_jobs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that is submitted anew has another number: what waits for it would else be cancelled with the old one."""
    found = {key: run for key, run in runs().items() if key in ("train", "sweep#1")}
    queue = Queue(
        whole_job(2, "train", "PENDING", 7, time_limit=60),
        whole_job(3, "sweep#1", "PENDING", 9, dependency="afterok:2(unfulfilled)"),
    )
    monkeypatch.setattr(slurm_system, "tool_output", queue)
    SlurmSystem("p").carry_out(list(found.values()), datetime(2026, 11, 30, 6, tzinfo=UTC))
    assert [" ".join(words) for words in queue.told[1:]] == [
        "scontrol update JobId=3 Dependency=afterok:99", "scancel 2",
    ]  # fmt: skip


@pytest.mark.parametrize(("options", "record", "same"), [
    ({"time": "4:00:00"}, {"time_limit": 240}, True), ({"time": "4:00:00"}, {"time_limit": 120}, False),
    ({"partition": "gpu2"}, {"partition": "gpu"}, False), ({"constraint": "h100"}, {"features": "h100"}, True), ({}, {}, True),
])  # fmt: skip
def test_options_of_a_task_count_before_those_of_its_pool(
    options: dict[str, str], record: dict[str, Any], same: bool
) -> None:
    """A job that waits with what its task states is left alone."""
    run = runs()["train"]
    run = replace(run, run=run.run and run.run.model_copy(update={"options": options}))
    assert slurm_system._same(whole_job(2, "train", "PENDING", 7, **record), run) == same


def test_a_move_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job begins within seconds of the plan; where it is late already, another begin changes nothing."""
    run, minute = runs()["prep"], timedelta(minutes=1)
    waits = whole_job(1, "prep", "PENDING", 6, partition="", eligible_time=int(run.start.timestamp()))
    monkeypatch.setattr(slurm_system, "tool_output", Queue(waits | {"start_time": waits["start_time"] + 600}))
    for start, now, what in (
        (run.start, run.start - minute, "keep"),
        (run.start + minute, run.start - minute, "move"),
        (run.start + minute, run.start + 2 * minute, "keep"),
    ):
        found = SlurmSystem("p").carry_out([replace(run, start=start, end=start + 60 * minute)], now)
        assert [each.what for each in found] == [what]
