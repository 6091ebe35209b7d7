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
PUNCTUAL = 10  # seconds after its planned start at which a run is on time: schedulers start nothing at once


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
    until : when it is stopped, as it was started with; None where it ends by itself.
    """

    key: str
    identity: str
    state: State
    begins: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    place: str = ""
    note: str = ""
    until: datetime | None = None

    def cut_short(self, run: PlannedRun) -> bool:
        """Return whether it is over because an earlier plan stopped it, and has to go on by a plan."""
        if self.state != "done" or self.until is None:
            return False
        return run.until is None or run.until > self.until


def state_document(runs: Sequence[PlannedRun], jobs: Mapping[str, Job], now: datetime) -> dict[str, Any]:
    """Return the state of a plan that is carried out, as `replan` reads it.

    `progress` of what runs is the share of its planned duration that has passed, below 1. What ran already when the
    plan was made ends as planned, and so does what began on time until that end has passed. So does a job of somebody
    else, by its time limit; when it is over, however it went, it holds its place no longer and is done. A copy in
    segments has one entry for all of them.
    """
    states: dict[str, list[dict[str, Any]]] = {"done": [], "running": [], "paused": [], "failed": []}
    done, running, failed = states["done"], states["running"], states["failed"]
    copies: dict[str, list[PlannedRun]] = {}
    for run in runs:
        if run.segment is not None:
            copies.setdefault(run.name, []).append(run)
    for own in copies.values():
        what, entry = _of_copy(own, jobs, now)
        states.get(what, []).append(entry)
    for run in runs:
        if run.segment is not None:
            continue
        job = jobs.get(run.key)
        if job is None or job.state in ("waiting", "absent"):
            continue
        name, times = _name(run), _times(job)
        if job.state == "done" or (run.foreign and job.state == "failed"):
            done.append({**name, "option": run.option, "pool": run.pool, **times})
        elif job.state == "failed":
            failed.append(_failed(run, job))
        else:
            place = {"place": job.place} if job.place else {}
            running.append({**name, "option": run.option, "pool": run.pool, **place, **times, **_left(run, job, now)})
    head = {"leptonopt_state": STATE_VERSION, "now": units.instant_text(now)}
    more = {key: states[key] for key in ("paused", "failed") if states[key]}
    return {**head, "done": done, "running": running, **more}


def _name(run: PlannedRun) -> dict[str, Any]:
    return {"task": run.task, **({"copy": run.copy} if "#" in run.name else {})}


def _times(job: Job) -> dict[str, Any]:
    times = {"started": job.started, "ended": job.ended}
    return {key: units.instant_text(at) for key, at in times.items() if at}


def _of_copy(runs: Sequence[PlannedRun], jobs: Mapping[str, Job], now: datetime) -> tuple[str, dict[str, Any]]:
    """Return how a copy in segments is, and its entry; `absent` where nothing of this plan has begun.

    `work` is the share of the task that its segments have done, those that failed aside.
    """
    own = [(run, job) for run in runs if (job := jobs.get(run.key)) is not None]
    over = [(run, job) for run, job in own if job.state == "done"]
    running = [(run, job) for run, job in own if job.state == "running"]
    broken = [(run, job) for run, job in own if job.state == "failed"]
    if not over and not running:
        run, job = broken[0] if broken else (runs[0], None)
        return ("absent", {}) if job is None else ("failed", _failed(run, job))
    run, job = (running or over)[-1]
    entry = {**_name(run), "option": run.option, "pool": run.pool}
    last = over[-1:] and over[-1][0]
    if last == runs[-1] and not over[-1][1].cut_short(last):
        return "done", {**entry, **_times(job)}
    work = sum(_worked(each, done, now) for each, done in (*over, *running))
    entry |= {"segments": run.segment.planned if run.segment else 1, "work": round(min(0.999, work), 6)}
    if not running:
        return "paused", entry
    return "running", {**entry, **({"place": job.place} if job.place else {}), **_times(job)}


def _worked(run: PlannedRun, job: Job, now: datetime) -> float:
    """Return the share of its task that a segment has done."""
    assert run.segment is not None
    began = max(job.started or run.start, run.start) if run.segment.planned == 1 else job.started or run.start
    return run.segment.done(run.seconds, ((job.ended or now) - began).total_seconds())


def _failed(run: PlannedRun, job: Job) -> dict[str, Any]:
    return {**_name(run), **_times(job), "why": job.note or "failed"}


def _left(run: PlannedRun, job: Job, now: datetime) -> dict[str, Any]:
    """Return how long a run goes on: its planned end where it ran before or was on time, or else progress."""
    punctual = job.started is not None and (job.started - run.start).total_seconds() <= PUNCTUAL
    if run.foreign or (job.started is not None and job.started < run.start) or (punctual and now < run.end):
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
