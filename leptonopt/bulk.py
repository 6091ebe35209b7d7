"""Solving an instance in columns: read, solve, write, check. What the conductor is for instances of a tree of tasks.

Methods run in this process, one after the other. A plan is written and then read again by the checker for columns,
which knows nothing of what made it; nothing is called a plan before.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt import files, methods, portfolio
from leptonopt.children import folder
from leptonopt.clock import apart, aside, unswept
from leptonopt.columnar.compiling import Built, build
from leptonopt.columnar.reading import load
from leptonopt.columnar.writing import runs, write_certificate, write_plan
from leptonopt.dual import Multipliers
from leptonopt.errors import Alarm, UsageError
from leptonopt.numbers import floor_number, gap, number
from leptonopt.problem import Limits, Schedule, Status, Stop, objective
from leptonopt.result import Progress
from leptonopt.signals import Signals, within
from leptonopt.verify.columns import cost_of_columns, verify_columns
from leptonopt.verify.words import Verdict

CHECKING = 2.2  # writing and checking a plan takes so many times as long as reading and building it at most, and
LEAST = 0.5  # seconds
SHARED = ("scale",)  # methods that workers of an executor take part in
EXACTLY = 0.1  # share of the time that goes to the pipeline where an exact method follows it


@dataclass(frozen=True)
class BulkResult:
    """A fact: its plan has passed the checker and its bound is valid; money in the instance's currency.

    `summary` is what stands beside the plan's columns; `seconds` says what took how long.
    """

    status: Status
    stop: Stop
    cost: Fraction | None
    bound: Fraction | None
    gap: float | None
    summary: dict[str, Any] = field(repr=False)
    verdict: Verdict | None = field(repr=False)
    seconds: dict[str, float]
    notes: tuple[str, ...] = ()
    signal: int | None = None


def solve_columns(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    method: str = "auto",
    limits: Limits | None = None,
    certificate: str | os.PathLike[str] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    executor: Executor | None = None,
    handle_signals: bool = False,
    begun: float | None = None,
) -> BulkResult:
    """Solve an instance in columns and have the plan checked; `output` is where the plan is written.

    The time limit counts from `begun`, a moment of `time.monotonic`; without it, from the call. The workers of an
    `executor` anneal parts of what is placed, in `auto` and `scale`. `handle_signals` is as of `leptonopt.solve`.

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong, or the method keeps not all of its rules.
    NoPlan
        When the time limit ends while the instance is still being read or built.
    Alarm
        When the checker rejects the plan or a bound is contradicted: a fault of the program.
    """
    called, limits = time.monotonic(), limits or Limits()
    begun = called if begun is None else begun
    if method != "auto":
        methods.find(method)
    if executor is not None and method not in ("auto", *SHARED):
        raise UsageError(f"the method {method} has no use for workers elsewhere; allowed with them are auto and scale")
    with Signals(handle_signals) as signals:
        with within(begun + limits.time_limit - called, signals), unswept():
            sheets = apart(load, Path(path))
            read = time.monotonic()
            built = apart(build, sheets)
        seconds = {"read": read - called, "compile": time.monotonic() - read}
        after = LEAST + CHECKING * sum(seconds.values())
        run = _Run(built, Path(path), limits, begun, after, signals, on_progress, executor)
        if not built.impossible:
            run.solve(method)
        seconds["solve"] = time.monotonic() - called - sum(seconds.values())
        if run.first is not None:
            seconds["first plan"] = run.first
        result = run.result(method, None if output is None else Path(output), seconds)
        if certificate is not None:
            result = replace(result, notes=(*result.notes, *_certified(Path(certificate), built, run)))
        return result


class _Run:
    """One solve, and the monitor of its methods."""

    def __init__(
        self,
        built: Built,
        path: Path,
        limits: Limits,
        begun: float,
        after: float,
        signals: Signals,
        on_progress: Callable[[Progress], None] | None,
        executor: Executor | None,
    ) -> None:
        self.built, self.problem, self.path, self.limits = built, built.problem, path, limits
        self.begun, self.signals, self.on_progress, self.executor = begun, signals, on_progress, executor
        self.until = begun + limits.time_limit - min(after, 0.3 * limits.time_limit)
        self.schedule: Schedule | None = None
        self.cost: int | None = None
        self.lower: int | None = None
        self.first: float | None = None
        self.stop: Stop | None = None
        self.infeasible = bool(built.impossible)
        self.notes: list[str] = []
        self.engines: dict[str, str] = {}
        self.trace: list[tuple[float, Fraction | None, Fraction | None]] = []
        self.phase = "reading"
        self.multipliers: tuple[int, Multipliers] | None = None

    # --- the monitor ---

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """A better schedule."""
        if self.cost is None or cost < self.cost:
            self.first = self.first or time.monotonic() - self.begun
            self.schedule, self.cost = schedule, cost
            self._changed()

    def bound(self, value: int) -> None:
        """A better bound."""
        if self.lower is None or value > self.lower:
            self.lower = value
            self._changed()

    def prices(self, value: int, multipliers: Multipliers) -> None:
        """Prices that prove a bound."""
        if self.multipliers is None or value > self.multipliers[0]:
            self.multipliers = value, multipliers

    def best(self) -> Schedule | None:
        """The best schedule so far."""
        return self.schedule

    def should_stop(self) -> bool:
        """Time is up, somebody interrupted, or the gap is reached."""
        if self.stop is None:
            closed = self.cost is not None and self.lower is not None and self.lower >= self.cost
            if self.signals.caught is not None:
                self.stop = Stop.INTERRUPT
            elif closed:
                self.stop = Stop.PROOF
            elif self.cost is not None and self.lower is not None and self.limits.gap and self._near():
                self.stop = Stop.GAP
            elif time.monotonic() > self.until:
                self.stop = Stop.LIMIT
        return self.stop is not None

    def _near(self) -> bool:
        assert self.cost is not None
        assert self.lower is not None
        return self.cost - self.lower <= Fraction(self.limits.gap) * abs(self.cost)

    def _changed(self) -> None:
        if self.cost is not None and self.lower is not None and self.lower > self.cost:
            raise Alarm(f"{self.phase} contradicts a proof: a plan costs {self.cost}, the bound is {self.lower}")
        seconds, cost, lower = time.monotonic() - self.begun, self._money(self.cost), self._money(self.lower)
        self.trace.append((seconds, cost, lower))
        if self.on_progress:
            self.on_progress(Progress(seconds, cost, lower, gap(cost, lower), self.phase))

    def _money(self, value: int | None) -> Fraction | None:
        return None if value is None else value * self.built.unit

    # --- the course of it ---

    def solve(self, method: str) -> None:
        """The method, or by size the pipeline alone or an exact method behind it."""
        stages: list[tuple[str, float]] = [(method, 1.0)]
        if method == "auto":
            found = portfolio.size(self.problem)
            small = found.columns <= portfolio.SMALL.columns and found.nonzeros <= portfolio.SMALL.nonzeros
            if small:  # HiGHS's cuts close what is counted in copies
                alike = bool((self.problem.copies > 1).any())
                stages = [("scale", EXACTLY), *([("highs", 0.8)] if alike else []), ("cpsat", 1.0)]
            else:
                stages = [("scale", 1.0)]
        for name, share in stages:
            if self.should_stop():
                return
            self.phase = name
            left = max(0.01, (self.until - time.monotonic()) * share)
            function = aside(self._function(name))
            solution = function(self.problem, self.schedule, replace(self.limits, time_limit=left), self)
            self.engines[name] = solution.engine
            if solution.note:
                self.notes.append(f"{name}: {solution.note}")
            if solution.schedule is not None:
                self.incumbent(solution.schedule, objective(self.problem, solution.schedule))
            if solution.bound is not None:
                self.bound(solution.bound)
            if solution.status is Status.INFEASIBLE:
                if self.schedule is not None:
                    raise Alarm(f"{name} says that no plan exists, but one that keeps every rule is at hand")
                self.infeasible = True
                return

    def _function(self, name: str) -> methods.Method:
        if self.executor is None or name not in SHARED:
            return methods.function(name)
        from leptonopt.methods import scale  # loads what other methods do without

        return scale.on(self.executor)

    def result(self, method: str, output: Path | None, seconds: dict[str, float]) -> BulkResult:
        """Write the plan and have it checked."""
        status, bound = self._status()
        cost, verdict = None, None
        summary = self._summary(method, status, bound, seconds)
        if self.schedule is not None:
            cost, begun = Fraction(summary["cost_exact"]), time.monotonic()
            with folder(None) as room:
                made = Path(room) / f"plan{'.npz' if output is None else output.suffix}"
                written = write_plan(made, summary, runs(self.built, self.schedule))
                seconds["write"] = time.monotonic() - begun
                verdict = verify_columns(self.path, made)
                seconds["verify"] = time.monotonic() - begun - seconds["write"]
                if verdict.ok and output is not None:
                    for file in written:
                        files.write(output.with_suffix(file.suffix), file.read_bytes())
            if not verdict.ok:
                shown = "; ".join(f"{found.rule}: {found.message}" for found in verdict.violations[:3])
                raise Alarm(f"the checker rejects the plan of {method}: {shown}")
        seconds["total"] = time.monotonic() - self.begun
        stop = self.stop or Stop.DONE
        return BulkResult(
            status,
            stop,
            cost,
            bound,
            gap(cost, bound),
            summary,
            verdict,
            seconds,
            tuple(self.notes),
            self.signals.caught,
        )

    def _status(self) -> tuple[Status, Fraction | None]:
        if self.infeasible:
            return Status.INFEASIBLE, None
        if self.schedule is None:
            return Status.UNKNOWN, self._money(self.lower)
        closed = self.lower is not None and self.lower == self.cost and not self.built.loss
        return Status.OPTIMAL if closed else Status.FEASIBLE, self._money(self.lower)

    def _summary(
        self, method: str, status: Status, bound: Fraction | None, seconds: dict[str, float]
    ) -> dict[str, Any]:
        """What stands beside the plan's columns."""
        from leptonopt import __version__

        built, sheets, limits = self.built, self.built.sheets, self.limits
        cost = self._money(self.cost)
        if cost is not None and built.loss:  # money was coarsened: the checker's sum counts
            cost = self._exactly()
            self.notes.append(f"money was coarsened to {built.unit}; the bound is low by up to {built.loss}")
        ran = 0 if self.schedule is None else int(self.schedule.count.sum())
        return {
            "leptonopt_plan_columns": 1,
            "instance": {"name": sheets.instance.name, "file": sheets.name, "sha256": sheets.sha256},
            "currency": sheets.instance.currency,
            "status": str(status),
            "stop": str(self.stop or Stop.DONE),
            "cost": number(cost),
            "cost_exact": None if cost is None else str(cost),
            "bound": floor_number(bound),
            "bound_exact": None if bound is None else str(bound),
            "gap": gap(cost, bound),
            "tasks": sheets.tasks,
            "options": sheets.options,
            "running": ran,
            "left_out": 0 if self.schedule is None else int(self.problem.copies.sum()) - ran,
            "why": list(built.impossible),
            "method": method,
            "made": {
                "leptonopt": __version__,
                "python": platform.python_version(),
                "engines": self.engines,
                "seed": limits.seed,
                "limits": {"time_limit": limits.time_limit, "gap": limits.gap, "deterministic": limits.deterministic},
                "seconds": {} if limits.deterministic else {name: round(value, 3) for name, value in seconds.items()},
                "notes": [] if limits.deterministic else self.notes,
            },
        }

    def _exactly(self) -> Fraction:
        """The cost in money that is not coarsened, from prices as they are stated."""
        assert self.schedule is not None
        with folder(None) as room:
            target = Path(room) / "plan.npz"
            write_plan(target, {"leptonopt_plan_columns": 1}, runs(self.built, self.schedule))
            return cost_of_columns(self.path, target)


def _certified(path: Path, built: Built, run: _Run) -> tuple[str, ...]:
    """Writes the prices behind the bound; a note where there are none."""
    if run.multipliers is None:
        return ("no certificate is written: the method found no prices",)
    value, found = run.multipliers
    # Bounds are rounded up to whole units, which the checker of certificates does not.
    write_certificate(path, built, found.capacity, found.scale, (value - 1) * built.unit)
    return ()
