"""The embedded executor: start runs at their instants, within the pools, with a memory in a file.

It goes on where it stopped, also after it was killed: runs that were started go on by themselves, and what ended in the
meantime is found by its exit code.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from leptonopt.execution.jobs import Job, State, as_planned
from leptonopt.execution.planned import PlannedRun, own_runs
from leptonopt.execution.store import Store
from leptonopt.instance import Instance
from leptonopt.runtime.child_process import detached_state, refusal, start_detached, stop_detached

POLL = 0.2  # seconds between two looks at what runs
STARTING = "is being started"  # note of a run that may not have begun
STOPPING = "is told to stop"  # note of a segment that the plan ends before the end that it was started with
MOVING = "is told to stop, and moves"  # note of a run that the plan takes away from where it runs
GONE, NEVER = -1, -2  # instead of an exit code: it ended without one; it has not begun, and never will
Capacity = Mapping[str, Mapping[str, Decimal | None]]  # units by pool and resource; None: no limit


class Launcher(Protocol):
    """Protocol of what starts runs."""

    def start(self, run: PlannedRun, identity: str, log: Path) -> None:
        """Start a run under a name that is its own; raises `OSError`."""

    def ended(self, job: Job, log: Path) -> int | None:
        """Return the exit code of a run that has ended, `GONE` or `NEVER`; None while it goes on."""

    def stop(self, identity: str, log: Path) -> None:
        """Tell a run to save what it has, and to end."""

    def forget(self, identity: str, log: Path) -> None:
        """Clear away what is left of a run that has ended, once that is in the memory."""


class LocalLauncher:
    """Processes of this machine, each in a session of its own, that outlive the executor."""

    def start(self, run: PlannedRun, identity: str, log: Path) -> None:
        """Start the command of a run with its resources in the environment; raises `OSError`."""
        code, claim = _files(log, identity)
        command, directory, environment = run.invocation()
        start_detached(command, log, code, claim, directory, environment)

    def ended(self, job: Job, log: Path) -> int | None:
        """Return the exit code from the file that the shell of a run leaves."""
        code, claim = _files(log, job.identity)
        state = detached_state(claim)
        if code.exists():
            text = code.read_text(encoding="utf-8")
            return int(text) if text.isdigit() else GONE
        return {"alive": None, "gone": GONE, "never": NEVER}[state]

    def stop(self, identity: str, log: Path) -> None:
        """Send SIGTERM to what a run has started; its shell notes the end."""
        stop_detached(_files(log, identity)[1])

    def forget(self, identity: str, log: Path) -> None:
        """Remove the files of a run."""
        code, claim = _files(log, identity)
        for path in (code, claim, refusal(claim)):
            path.unlink(missing_ok=True)


def _files(log: Path, identity: str) -> tuple[Path, Path]:
    """Return the files of the exit code and of the claim of a run."""
    return log.with_name(f"{identity}.exit"), log.with_name(f"{identity}.claim")


def capacity_of(instance: Instance) -> Capacity:
    """Return the most that each pool ever holds of each resource."""
    found: dict[str, dict[str, Decimal | None]] = {}
    for pool in instance.pools:
        held: dict[str, Decimal | None] = {
            name: None if series.unlimited else max(series.numbers(), default=Decimal(0))
            for name, series in pool.capacity.items()
        }
        for kind in pool.nodes:
            for name, size in kind.size.items():
                held[name] = (held.get(name) or Decimal(0)) + size * kind.most
        found[pool.id] = held
    return found


def _state(jobs: Mapping[str, Job], key: str) -> State:
    return jobs[key].state if key in jobs else "absent"


def _again(run: PlannedRun, job: Job, jobs: Mapping[str, Job]) -> str:
    """Return why a run that is over starts again: it goes on, or failed before this plan."""
    if job.cut_short(run):
        return "goes on"
    if job.state != "failed":
        return ""
    if job.started is None:  # what it comes after failed
        return "" if any(_state(jobs, key) == "failed" for key in run.after) else "comes again"
    return "comes again" if job.started < run.start else ""


class Executor:
    """Carries a plan out with a launcher.

    Parameters
    ----------
    runs : the plan; runs of somebody else are taken to start and end as planned.
    capacity : what the pools hold; a run waits until there is room, where others take longer than planned.
    store : the memory.
    launcher : where runs are started.
    folder : where logs go.
    """

    def __init__(
        self, runs: Sequence[PlannedRun], capacity: Capacity, store: Store, launcher: Launcher, folder: Path
    ) -> None:
        self.runs, self.capacity, self.store, self.launcher, self.folder = runs, capacity, store, launcher, folder
        self._by_key = {run.key: run for run in runs}
        self._own = own_runs(runs)
        self._cut = {run.name for run in self._own if run.segment is not None}

    def drive(self, should_stop: Callable[[], bool], changed: Callable[[Job], None] = lambda job: None) -> bool:
        """Carry the plan out until all is over, or `should_stop`; return whether all is over.

        What runs goes on when it stops early.
        """
        while True:
            open_runs = self.step(datetime.now(UTC), changed)
            if not open_runs:
                return True
            if should_stop():
                return False
            time.sleep(POLL)

    def step(self, now: datetime, changed: Callable[[Job], None] = lambda job: None) -> int:
        """Collect what has ended, start what is due, and return how many runs of ours are not over."""
        own = self.store.jobs()
        jobs = {**own, **{run.key: as_planned(run, now) for run in self.runs if run.foreign}}

        def put(job: Job) -> None:
            jobs[job.key] = job
            self.store.put(job)
            changed(job)

        for job in list(own.values()):
            if job.state == "running":
                self._collect(job, now, put)
        for job in list(jobs.values()):
            if job.state == "running":
                self._stop(job, now, put)
        for run in self._own:
            if run.key in jobs and (why := _again(run, jobs[run.key], jobs)):
                put(Job(run.key, "", "absent", note=why))
            if _state(jobs, run.key) in ("running", "done", "failed"):
                continue
            if broken := [key for key in run.after if _state(jobs, key) == "failed"]:
                put(Job(run.key, "", "failed", ended=now, note=f"{broken[0]} failed"))
            elif self._may_start(run, jobs, now):
                self._start(run, now, put)
        return sum(_state(jobs, run.key) not in ("done", "failed") for run in self._own)

    def _stop(self, job: Job, now: datetime, put: Callable[[Job], None]) -> None:
        """Tell what runs to stop where the plan says so, once."""
        run = self._by_key.get(job.key)
        if run is not None and not run.foreign and job.note != MOVING and run.leaves(job.started):
            self.launcher.stop(job.identity, self._log(job.key))
            put(replace(job, note=MOVING))
        elif job.note != STOPPING and self._is_over(job, now):
            self.launcher.stop(job.identity, self._log(job.key))
            put(replace(job, note=STOPPING, until=run.until if run else now))

    def _collect(self, job: Job, now: datetime, put: Callable[[Job], None]) -> None:
        code = self.launcher.ended(job, log := self._log(job.key))
        if code is None:
            return
        if code == NEVER:  # the executor was killed before it had started it
            put(Job(job.key, "", "absent"))
            return
        if job.note == MOVING and code:
            put(Job(job.key, "", "absent", note="moves"))
            self.launcher.forget(job.identity, log)
            return
        if job.note == STOPPING:
            code = 0
        why = "" if code == 0 else f"exit code {code}" if code > 0 else "ended without an exit code"
        put(replace(job, state="failed" if why else "done", ended=now, note=why))
        self.launcher.forget(job.identity, log)

    def _is_over(self, job: Job, now: datetime) -> bool:
        """Return whether a plan ends a segment now that was started to go on for longer, or has none of it."""
        run = self._by_key.get(job.key)
        if run is None:
            return job.key.rpartition("/")[0] in self._cut
        if run.until is None or run.segment is None or (job.until is not None and job.until <= run.until):
            return False
        return now >= run.until - timedelta(seconds=run.segment.notice or 0)

    def _may_start(self, run: PlannedRun, jobs: Mapping[str, Job], now: datetime) -> bool:
        if now < run.start or any(_state(jobs, key) != "done" for key in run.after):
            return False
        if run.follows is not None and not self._has_ended(run.follows, jobs):
            return False
        held: dict[str, Decimal] = defaultdict(Decimal)
        for job in jobs.values():
            other = self._by_key.get(job.key)
            if job.state == "running" and other is not None and other.pool == run.pool:
                for name, amount in other.uses.items():
                    held[name] += amount
        room = self.capacity.get(run.pool, {})
        return all((most := room.get(name)) is None or held[name] + amount <= most for name, amount in run.uses.items())

    def _has_ended(self, key: str, jobs: Mapping[str, Job]) -> bool:
        """Return whether a segment is over, however it went; one of an earlier plan may not be known here."""
        state = _state(jobs, key)
        return state in ("done", "failed") or (state == "absent" and key not in self._by_key)

    def _start(self, run: PlannedRun, now: datetime, put: Callable[[Job], None]) -> None:
        name = f"{run.slug}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        job = Job(run.key, name, "running", started=now, place=run.pool, until=run.until)
        self.store.put(replace(job, note=STARTING))  # after a kill in between it is found, and not started twice
        try:
            self.launcher.start(run, job.identity, self._log(run.key))
        except OSError as error:
            put(Job(run.key, "", "failed", started=now, ended=now, note=f"cannot be started: {error.strerror}"))
            return
        put(job)

    def _log(self, key: str) -> Path:
        run = self._by_key.get(key)
        return self.folder / f"{run.slug if run else key.replace('/', '-')}.log"
