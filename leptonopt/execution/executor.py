"""The embedded executor: start runs at their instants, within the pools, with a memory in a file.

It goes on where it stopped, also after it was killed: runs that were started go on by themselves, and what ended in the
meantime is found by its exit code.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from leptonopt.execution.jobs import Job, State, as_planned
from leptonopt.execution.planned import PlannedRun, own_runs
from leptonopt.execution.store import Store
from leptonopt.instance import Instance
from leptonopt.runtime.child_process import end_detached, is_alive, start_detached

POLL = 0.2  # seconds between two looks at what runs
Capacity = Mapping[str, Mapping[str, Decimal | None]]  # units by pool and resource; None: no limit


class Launcher(Protocol):
    """Protocol of what starts runs."""

    def start(self, run: PlannedRun, log: Path) -> str:
        """Start a run and return its identity."""

    def ended(self, identity: str, log: Path) -> int | None:
        """Return the exit code of a run that has ended; None while it goes on. -1: it is gone without one."""

    def cancel(self, identity: str) -> None:
        """End a run."""


class LocalLauncher:
    """Processes of this machine, each in a session of its own, that outlive the executor."""

    def start(self, run: PlannedRun, log: Path) -> str:
        """Start the command of a run with its resources in the environment; raises `OSError`."""
        code = log.with_suffix(".exit")
        code.unlink(missing_ok=True)
        command, directory, environment = run.invocation()
        return start_detached(command, log, code, directory, environment)

    def ended(self, identity: str, log: Path) -> int | None:
        """Return the exit code from the file that the shell of a run leaves."""
        code = log.with_suffix(".exit")
        alive = is_alive(identity)
        if code.exists():
            text = code.read_text(encoding="utf-8")
            return int(text) if text.isdigit() else -1
        return None if alive else -1

    def cancel(self, identity: str) -> None:
        """End the processes of a run."""
        end_detached(identity)


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
        for run in self._own:
            if _state(jobs, run.key) in ("running", "done", "failed"):
                continue
            if broken := [key for key in run.after if _state(jobs, key) == "failed"]:
                put(Job(run.key, "", "failed", ended=now, note=f"{broken[0]} failed"))
            elif self._may_start(run, jobs, now):
                self._start(run, now, put)
        return sum(_state(jobs, run.key) not in ("done", "failed") for run in self._own)

    def _collect(self, job: Job, now: datetime, put: Callable[[Job], None]) -> None:
        code = self.launcher.ended(job.identity, self._log(job.key))
        if code == 0:
            put(replace(job, state="done", ended=now, note=""))
        elif code is not None:
            why = f"exit code {code}" if code > 0 else "ended without an exit code"
            put(replace(job, state="failed", ended=now, note=why))

    def _may_start(self, run: PlannedRun, jobs: Mapping[str, Job], now: datetime) -> bool:
        if now < run.start or any(_state(jobs, key) != "done" for key in run.after):
            return False
        held: dict[str, Decimal] = defaultdict(Decimal)
        for job in jobs.values():
            other = self._by_key.get(job.key)
            if job.state == "running" and other is not None and other.pool == run.pool:
                for name, amount in other.uses.items():
                    held[name] += amount
        room = self.capacity.get(run.pool, {})
        return all((most := room.get(name)) is None or held[name] + amount <= most for name, amount in run.uses.items())

    def _start(self, run: PlannedRun, now: datetime, put: Callable[[Job], None]) -> None:
        try:
            identity = self.launcher.start(run, self._log(run.key))
        except OSError as error:
            put(Job(run.key, "", "failed", started=now, ended=now, note=f"cannot be started: {error.strerror}"))
            return
        put(Job(run.key, identity, "running", started=now, place=run.pool))

    def _log(self, key: str) -> Path:
        run = self._by_key.get(key)
        return self.folder / f"{run.slug if run else key.replace('/', '-')}.log"
