"""The state of runs: one record for each, whatever system carries them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from leptonopt.execution.planned import PlannedRun
from leptonopt.instance import units

State = Literal["waiting", "running", "done", "failed", "absent"]
STATE_VERSION = 1


@dataclass(frozen=True)
class Job:
    """The state of a run.

    Attributes
    ----------
    key : of the run.
    identity : the number of the job, or of the process; empty when there is none.
    state : `absent` when nothing has been submitted.
    begins : when it may begin, of one that waits.
    started, ended : instants in UTC.
    place : the node or machine where it ran.
    note : why it failed, or waits.
    """

    key: str
    identity: str
    state: State
    begins: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    place: str = ""
    note: str = ""


def state_document(runs: Sequence[PlannedRun], jobs: Mapping[str, Job], now: datetime) -> dict[str, Any]:
    """Return the state of a plan that is carried out, as `replan` reads it.

    `progress` of what runs is the share of its planned duration that has passed, below 1. What ran already when the
    plan was made ends as planned. So does a job of somebody else, by its time limit; when it is over, however it went,
    it holds its place no longer and is done.
    """
    done, running, failed = [], [], []
    for run in runs:
        job = jobs.get(run.key)
        name: dict[str, Any] = {"task": run.task, **({"copy": run.copy} if "#" in run.key else {})}
        if job is None or job.state in ("waiting", "absent"):
            continue
        times = {
            **({"started": units.instant_text(job.started)} if job.started else {}),
            **({"ended": units.instant_text(job.ended)} if job.ended else {}),
        }
        if job.state == "done" or (run.foreign and job.state == "failed"):
            done.append({**name, "option": run.option, "pool": run.pool, **times})
        elif job.state == "failed":
            failed.append({**name, **times, "why": job.note or "failed"})
        else:
            place = {"place": job.place} if job.place else {}
            running.append({**name, "option": run.option, "pool": run.pool, **place, **times, **_left(run, job, now)})
    head = {"leptonopt_state": STATE_VERSION, "now": units.instant_text(now)}
    return {**head, "done": done, "running": running, **({"failed": failed} if failed else {})}


def _left(run: PlannedRun, job: Job, now: datetime) -> dict[str, Any]:
    """Return how long a run goes on: its progress, or its end where the plan has what was left of it."""
    if run.foreign or (job.started is not None and job.started < run.start):
        return {"ends": units.instant_text(run.end)}
    passed = (now - (job.started or now)).total_seconds()
    progress = min(0.999, max(0.0, passed / run.seconds)) if run.seconds else 0.0
    return {"progress": round(progress, 3)}


def as_planned(run: PlannedRun, now: datetime) -> Job:
    """Return the job of a run that nobody can be asked about: it starts and ends as planned."""
    state: State = "waiting" if now < run.start else "running" if now < run.end else "done"
    started, ended = (None if now < at else at for at in (run.start, run.end))
    return Job(run.key, run.job or "", state, run.start, started, ended, run.pool, "somebody else's, taken as planned")


@dataclass(frozen=True)
class Comparison:
    """A run as planned and as it went.

    `late` and `over` are seconds after the planned start, and beyond the planned duration; None while not known. What
    ran already when the plan was made is not late, and its planned duration is what was left then.
    """

    run: PlannedRun
    job: Job
    late: int | None
    over: int | None


def compared(runs: Sequence[PlannedRun], jobs: Mapping[str, Job], now: datetime | None = None) -> list[Comparison]:
    """Return planned against actual for every run, by planned start."""
    now = now or datetime.now(UTC)
    found = []
    for run in runs:
        job = jobs.get(run.key) or Job(run.key, "", "absent")
        late = int((job.started - run.start).total_seconds()) if job.started else None
        if late is not None and late < 0:
            late = None  # it ran before the plan was made
        if job.started is None and now > run.start and job.state in ("waiting", "absent"):
            late = int((now - run.start).total_seconds())
        end = job.ended or (now if job.state == "running" else None)
        over = int((end - max(job.started, run.start)).total_seconds()) - run.seconds if end and job.started else None
        if job.state == "running" and over is not None and over <= 0:
            over = None  # it has time left
        found.append(Comparison(run, job, late, over))
    return found
