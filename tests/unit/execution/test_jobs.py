"""The state of runs: documents for replanning, and planned against actual."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leptonopt.execution.jobs import Job, as_planned, compared, state_document
from tests.unit.execution.samples import cut_runs, runs, runs_beside_others


def test_state_document() -> None:
    """What is done, runs and failed; what waits is not named."""
    found = runs()
    start = found["prep"].start
    now = found["train"].start + timedelta(minutes=30)
    jobs = {
        "prep": Job("prep", "1", "done", started=start, ended=start + timedelta(minutes=50)),
        "big": Job("big", "2", "failed", started=start, ended=now, note="exit code 3"),
        "train": Job("train", "3", "running", started=found["train"].start + timedelta(minutes=10)),
        "sweep#1": Job("sweep#1", "4", "waiting"),
    }
    assert state_document(list(found.values()), jobs, now) == {
        "leptonopt_state": 1, "now": "2026-11-30T07:30:00Z",
        "done": [{"task": "prep", "option": "cpu", "pool": "cpu", "started": "2026-11-30T06:00:00Z", "ended": "2026-11-30T06:50:00Z"}],
        "running": [{"task": "train", "option": "gpu", "pool": "gpu", "started": "2026-11-30T07:10:00Z", "progress": 0.167}],
        "failed": [{"task": "big", "started": "2026-11-30T06:00:00Z", "ended": "2026-11-30T07:30:00Z", "why": "exit code 3"}],
    }  # fmt: skip


@pytest.mark.parametrize(("late", "passed", "left"), [
    (10, 60, {"ends": "2026-11-30T09:00:00Z"}), (11, 60, {"progress": 0.498}), (1, 120, {"progress": 0.999}),
])  # fmt: skip
def test_what_began_on_time_ends_as_planned(late: int, passed: int, left: dict[str, Any]) -> None:
    """Within 10 s, and until its planned end; else it has the share of its duration behind it that has passed."""
    run = runs()["train"]
    job = Job("train", "3", "running", started=run.start + timedelta(seconds=late))
    found = state_document([run], {"train": job}, run.start + timedelta(minutes=passed))["running"][0]
    assert {key: value for key, value in found.items() if key in ("ends", "progress")} == left


def test_copies_are_named() -> None:
    """A copy is named by its number; a run beyond its planned end has not quite ended."""
    found = runs()
    first = found["sweep#1"]
    job = Job("sweep#1", "4", "running", started=first.start)
    state = state_document([first], {"sweep#1": job}, first.start + timedelta(hours=9))
    assert state["running"][0]["copy"] == 1
    assert state["running"][0]["progress"] == 0.999


def test_planned_against_actual() -> None:
    """Seconds late and over, of what ended, runs, and has not started although it should have."""
    found = runs()
    late = timedelta(seconds=5)
    prep, train = found["prep"], found["train"]
    jobs = {
        "prep": Job("prep", "1", "done", started=prep.start + late, ended=prep.end + 3 * late),
        "train": Job("train", "2", "running", started=train.start),
    }
    lines = {line.run.key: line for line in compared(list(found.values()), jobs, train.start + timedelta(minutes=1))}
    assert (lines["prep"].late, lines["prep"].over) == (5, 10)
    assert (lines["train"].late, lines["train"].over) == (0, None)
    assert (lines["big"].late, lines["big"].over) == (3660, None)
    assert (lines["sweep#1"].late, lines["sweep#1"].over) == (None, None)


def test_jobs_of_others() -> None:
    """What runs elsewhere ends as planned; when it is over, however it went, it is done."""
    prep = runs_beside_others()["prep"]
    now = prep.start + timedelta(minutes=20)
    job = Job("prep", "15", "running", started=prep.start - timedelta(hours=3))
    state = state_document([prep], {"prep": job}, now)
    assert state["running"][0]["ends"] == "2026-11-30T07:00:00Z"
    assert "progress" not in state["running"][0]
    over = state_document([prep], {"prep": Job("prep", "15", "failed", note="timeout")}, now)
    assert ([entry["task"] for entry in over["done"]], "failed" in over) == (["prep"], False)


def test_what_ran_before_the_plan_was_made() -> None:
    """It is not late, ends as planned, and takes longer only beyond the planned end."""
    prep = runs()["prep"]
    begun, now = prep.start - timedelta(hours=3), prep.start + timedelta(minutes=20)
    job = Job("prep", "15", "running", started=begun)
    assert [(line.late, line.over) for line in compared([prep], {"prep": job}, now)] == [(None, None)]
    state = state_document([prep], {"prep": job}, now)
    assert state["running"][0]["ends"] == "2026-11-30T07:00:00Z"
    job = Job("prep", "15", "done", started=begun, ended=prep.end + timedelta(seconds=9))
    assert [(line.late, line.over) for line in compared([prep], {"prep": job}, now)] == [(None, 9)]


@pytest.mark.parametrize(("minutes", "state"), [(-1, "waiting"), (0, "running"), (59, "running"), (60, "done")])
def test_as_planned(minutes: int, state: str) -> None:
    """A job that nobody can be asked about starts and ends at its planned instants."""
    prep = runs_beside_others("local")["prep"]
    assert as_planned(prep, prep.start + timedelta(minutes=minutes)).state == state


def test_a_copy_in_segments_is_one_entry() -> None:
    """Expect it to run, pause, end or fail as a whole, with the share of its work that its segments have done."""
    found = list(cut_runs().values())
    first, second = found[0], found[1]
    hour = timedelta(hours=1)
    over = Job("train/1", "1", "done", started=first.start + hour, ended=first.end, until=first.end)
    now = second.start + 2 * hour

    def state(*jobs: Job) -> dict[str, object]:
        said = state_document(found, {job.key: job for job in jobs}, now)
        return {key: said[key] for key in ("done", "running", "paused", "failed") if said.get(key)}

    entry = {"task": "train", "option": "gpu", "pool": "gpu"}
    assert state() == {}
    assert state(over) == {"paused": [{**entry, "segments": 1, "work": 0.3}]}  # it began an hour late
    runs_on = Job("train/2", "2", "running", started=second.start, place="a1")
    assert state(over, runs_on) == {
        "running": [{**entry, "segments": 2, "work": 0.45, "place": "a1", "started": "2026-11-30T12:00:00Z"}]
    }
    assert state(over, Job("train/2", "2", "failed", note="exit code 1")) == state(over)
    assert state(Job("train/1", "1", "failed", note="exit code 1")) == {
        "failed": [{"task": "train", "why": "exit code 1"}]
    }
    ended = Job("train/2", "2", "done", started=second.start, ended=now)
    assert state(over, ended)["done"] == [{**entry, "started": "2026-11-30T12:00:00Z", "ended": "2026-11-30T14:00:00Z"}]
    stopped = Job("train/2", "2", "done", started=second.start, ended=now, until=now)  # by an earlier plan
    assert state(over, stopped) == {"paused": [{**entry, "segments": 2, "work": 0.45}]}
