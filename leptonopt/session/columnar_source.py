"""An instance in columns as the session sees it; see `leptonopt.session.source`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import FINEST, Multipliers, unused_worth
from leptonopt.compile.columnar import Column, CompiledColumnar, compile_columnar
from leptonopt.confirm import Line, Question
from leptonopt.io.columnar import load, refuse_params
from leptonopt.plan.columnar import certificate, runs, schedule_of, write_certificate, write_plan
from leptonopt.plan.document import Outcome
from leptonopt.plan.numbers import floor_number, gap, number
from leptonopt.plan.plan import Plan
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.child_process import temporary_folder
from leptonopt.runtime.clock import run_interruptible
from leptonopt.session import portfolio
from leptonopt.session.certificate import prices_within
from leptonopt.session.closing import ClosingTime
from leptonopt.session.result import Result
from leptonopt.verify import Verdict
from leptonopt.verify.columnar_bound import proven_columns
from leptonopt.verify.columnar_checker import MOST_OPTIONS, cost_of_columns, document_of_columns, verify_columns

CLOSING = 2.2  # writing and checking a plan takes so many times as long as reading and compiling at most, and
LEAST = 0.5  # seconds
NOT_A_PLAN = {"leptonopt_plan_columns": 1}


def open_columnar(path: Path, params: Mapping[str, str] | None = None) -> Callable[[], ColumnarSource]:
    """Read columns; what is returned compiles them. Raises `UsageError`, `InputError` and `InstanceError`."""
    refuse_params(params)
    sheets = run_interruptible(load, path)
    return lambda: ColumnarSource(path, run_interruptible(compile_columnar, sheets))


@dataclass(frozen=True)
class ColumnarPlan(Plan):
    """A plan in columns that has passed the checker; `document` is its summary.

    `columns` are int32 arrays `task`, `option`, `start` and `count`, as docs/reference/columns.md describes them.
    """

    columns: Mapping[str, Column] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        said = self.document
        return f"{said['status']}: {said['cost']} {said['currency']}, {said['running']:,} of {said['tasks']:,} tasks"


@dataclass(frozen=True)
class ColumnarResult(Result):
    """The answer to an instance in columns."""

    def save(self, path: Path) -> bool:
        """Write the plan as `.npz` or `.csv`, where there is one; True when it is written."""
        if isinstance(self.plan, ColumnarPlan):
            write_plan(path, self.document, self.plan.columns)
        return self.plan is not None

    def save_certificate(self, path: Path) -> bool:
        """Write the certificate as `.npz`, where there is one; True when it is written."""
        if self.certificate is not None:
            write_certificate(path, self.certificate)
        return self.certificate is not None


@dataclass(frozen=True, eq=False)
class ColumnarSource:
    """An instance in columns, compiled, and the file or folder that it is read from.

    `wanted` are the columns of the warm start: identical tasks are told apart as it does.
    """

    path: Path
    built: CompiledColumnar
    wanted: dict[str, Any] = field(default_factory=dict)
    result_type = ColumnarResult

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.built.problem

    ties = 1

    @property
    def unit(self) -> Fraction:
        """Money of one objective unit."""
        return self.built.unit

    @property
    def loss(self) -> Fraction:
        """Return the largest loss by coarse money."""
        return self.built.loss

    @property
    def impossible(self) -> tuple[str, ...]:
        """Why no plan can exist."""
        return self.built.impossible

    @property
    def origin(self) -> dict[str, Any]:
        """Name, fingerprint and file."""
        sheets = self.built.sheets
        return {"name": sheets.instance.name, "file": sheets.name, "sha256": sheets.sha256}

    @property
    def evidence(self) -> dict[str, Any]:
        """The head, and which file it is of."""
        return {"head": dict(self.built.sheets.head), **self.origin}

    @property
    def prices_itself(self) -> bool:
        """Return whether the certificate needs an ascent.

        Where the problem is large, `large-scale` has done it.
        """
        return not portfolio.large(self.problem)

    def schedule_of(self, plan: Mapping[str, Any]) -> Schedule:
        """Return the schedule of a plan's columns, which are remembered."""
        self.wanted.update(plan)
        return schedule_of(self.built, plan)

    def closing(self, spent: float) -> ClosingTime:
        """Return what was measured: the checker reads the columns again in plain Python, all of them."""
        return ClosingTime(LEAST + CLOSING * spent, 0.0)

    def answer(
        self, outcome: Outcome, schedule: Schedule | None, look: Callable[[], None]
    ) -> tuple[dict[str, Any], Plan | None, Verdict]:
        """Return the summary and the columns; they are written aside and read again by the checker."""
        if schedule is None:
            return self._summary(outcome, None, 0), None, Verdict(True, (), None)
        columns = runs(self.built, schedule, self.wanted or None)
        with temporary_folder(None) as room:
            made = Path(room) / "plan.npz"
            cost = objective(self.problem, schedule) * self.unit
            if self.loss:  # money was coarsened: what counts is the sum of prices as they are stated
                write_plan(made, NOT_A_PLAN, columns)
                cost = cost_of_columns(self.path, made)
            summary = self._summary(outcome, cost, int(columns["count"].sum(dtype=np.int64)))
            write_plan(made, summary, columns)
            return summary, ColumnarPlan(summary, columns), verify_columns(self.path, made)

    def certificate(
        self, seconds: float, work: float | None, known: tuple[int, Multipliers] | None
    ) -> dict[str, Any] | None:
        """Return the prices of the method where the problem is large and it has told any.

        Else those of an ascent and the linear relaxation.
        """
        if known is not None and not self.prices_itself:
            value, prices = known
            # Bounds are rounded up to whole units and count capacity that demands can use up, which the checker of
            # certificates does not or not to the same extent.
            proven = value - 1 - unused_worth(self.problem, prices)
            return certificate(self.built, prices.capacity, prices.scale, proven * self.unit)
        if not self.prices_itself:
            return None
        best, least = dict[str, Any](), None
        for price in self._prices(seconds, work):
            made = certificate(self.built, price, FINEST, None)
            bound = self._proven(made)
            if not best or (bound is not None and (least is None or bound > least)):
                best, least = made, bound
        return best | {"bound": None if least is None else str(least)}

    def question(self, cost: Fraction | None, schedule: Schedule | None) -> Question | None:
        """Return the document that the checker reads from the columns, with the claim.

        None where it is too large.
        """
        if max(self.built.sheets.tasks, self.built.sheets.options) > MOST_OPTIONS:
            return None
        lines = list[Line]()
        if schedule is not None:
            made = runs(self.built, schedule)
            entries = zip(*(made[name].tolist() for name in ("task", "option", "start")), strict=True)
            lines = [(str(task), str(option), start, ()) for task, option, start in entries]
        return Question(document_of_columns(self.path), cost, tuple(lines))

    def uncoupled(self) -> bool:
        """Return False: certificates of columns are compared with nothing."""
        return False

    def certificate_of_none(self) -> dict[str, Any] | None:
        """Return a certificate without prices."""
        made = certificate(self.built, np.zeros(self.problem.capacity.shape, np.int64), 1, None)
        with temporary_folder(None) as room:
            write_certificate(Path(room) / "certificate.npz", made)
            proof = proven_columns(self.path, Path(room) / "certificate.npz")
        return made if proof.ok and proof.bound is None else None

    def _prices(self, seconds: float, work: float | None) -> Iterator[Column]:
        limited = self.problem.capacity < UNLIMITED
        for duals in prices_within(self.problem, seconds, work):
            yield np.where(limited, np.rint(duals.capacity * FINEST), 0).astype(np.int64)

    def _proven(self, made: Mapping[str, Any]) -> Fraction | None:
        """The bound that the checker computes from a certificate."""
        with temporary_folder(None) as room:
            write_certificate(Path(room) / "certificate.npz", made)
            return proven_columns(self.path, Path(room) / "certificate.npz").bound

    def _summary(self, outcome: Outcome, cost: Fraction | None, running: int) -> dict[str, Any]:
        """Return the summary beside the plan's columns."""
        sheets, bound = self.built.sheets, outcome.bound
        copies = int(self.problem.copies.sum())
        return {
            "leptonopt_plan_columns": 1,
            "instance": outcome.instance,
            "currency": sheets.instance.currency,
            "status": outcome.status,
            "stop": outcome.stop,
            "cost": number(cost),
            "cost_exact": None if cost is None else str(cost),
            "bound": floor_number(bound),
            "bound_exact": None if bound is None else str(bound),
            "gap": gap(cost, bound),
            "method": outcome.method,
            "proof": dict(outcome.proof),
            "made": outcome.made,
            "tasks": sheets.tasks,
            "options": sheets.options,
            "running": running,
            "left_out": 0 if cost is None else copies - running,
            "why": list(outcome.why),
            "trace": outcome.steps(),
        }
