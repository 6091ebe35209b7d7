"""Subproblem model over interval variables, for prices that are constant over time; CP-SAT solves it.

The cost of a start is then the same all over its window, except for lateness. Columns of least reduced cost carry
little information and leave no room to pack tightly. Here every freed group keeps all its options and starts. Groups
that stay only reduce the free capacity. `leptonopt.algorithms.lns.column_model` is the model over columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lns.column_model import COST_RANGE, SubproblemSolution
from leptonopt.algorithms.models.cpsat_call import new_model, solve_cp_model
from leptonopt.problem.problem import UNLIMITED, Problem

LINEARIZATION = 1  # CP-SAT's linearization_level


def has_constant_prices(problem: Problem) -> bool:
    """Return whether prices are constant over time and no rule but capacity and precedence applies."""
    restricted = len(problem.nodes) or problem.quotas or problem.together or problem.apart
    return not restricted and not np.ptp(problem.price, axis=1).any()


@dataclass(frozen=True)
class JobMode:
    """Option of a job: first and last start [slots], and its cost without lateness."""

    option: int
    low: int
    high: int
    cost: int


@dataclass(frozen=True)
class Job:
    """Copy of a freed group; `now` is its column in the incumbent, None without one."""

    group: int
    modes: list[JobMode]
    may_miss: bool
    now: Column | None


def solve(
    partial: PartialSchedule,
    jobs: list[Job],
    edges: list[tuple[int, int, int, int]],
    effort: float,
    seconds: float,
    seed: int,
) -> SubproblemSolution | None:
    """Return the best solution within `effort` (deterministic time) and `seconds`; None without one.

    `partial` holds the columns that stay. Edges are (before, after, least and greatest lag [slots])
    between jobs, by position.
    """
    model = _Model(partial, jobs, edges, new_model())
    values, proven, spent = solve_cp_model(model.model, effort, seconds, seed, linearization=LINEARIZATION)
    if values is None:
        return None
    columns = [
        (mode.option, values[model.starts[at].index], 1)
        for at, job in enumerate(jobs)
        for mode, chosen in zip(job.modes, model.chosen[at], strict=True)
        if values[chosen.index]
    ]
    return SubproblemSolution(columns, proven and model.exact, spent)


class _Model:
    """Variables and constraints of the interval model; costs are in units of `factor`.

    Attributes
    ----------
    chosen : per job, the presence variables of its modes
    starts, ends : per job, variable and expression
    out : per job, variable that is true while it is left out; None where it is mandatory
    """

    def __init__(
        self, partial: PartialSchedule, jobs: list[Job], edges: list[tuple[int, int, int, int]], model: Any
    ) -> None:
        self.partial, self.problem, self.model = partial, partial.problem, model
        self.chosen: list[list[Any]] = []
        self.starts: list[Any] = []
        self.demands: dict[int, list[tuple[Any, int]]] = {}
        self.costs: list[tuple[int, Any]] = []
        self.ends: list[Any] = []
        self.out: list[Any] = []  # whether the job is left out; None where it must run
        self.exact = True
        for job in jobs:
            self._add_job(job)
            self._add_cost(job, len(self.starts) - 1)
        for before, after, lag, most in edges:
            rows = [model.add(self.starts[after] >= self.ends[before] + lag)]
            if most < UNLIMITED:
                rows.append(model.add(self.starts[after] <= self.ends[before] + most))
            for row in rows if self.out[after] is not None else ():
                row.only_enforce_if(self.out[after].negated())
            if self.out[before] is not None:
                model.add(self.out[after] >= self.out[before])
        self._order_copies(jobs)
        self._capacity()
        most = sum(cost for cost, _ in self.costs)
        factor = max(1, -(-most // COST_RANGE))
        self.exact &= factor == 1
        model.minimize(sum((cost // factor) * variable for cost, variable in self.costs))

    def _add_job(self, job: Job) -> None:
        """Add the job's start, the intervals of its modes, and its end."""
        model, shape = self.model, self.partial.shape
        low = min((mode.low for mode in job.modes), default=0)
        high = max((mode.high for mode in job.modes), default=0)
        start, chosen = model.new_int_var(low, high, ""), [model.new_bool_var("") for _ in job.modes]
        for mode, here in zip(job.modes, chosen, strict=True):
            if mode.low > low:
                model.add(start >= mode.low).only_enforce_if(here)
            if mode.high < high:
                model.add(start <= mode.high).only_enforce_if(here)
            interval = model.new_optional_fixed_size_interval_var(start, shape.duration[mode.option], here, "")
            for row, amount in shape.demands[mode.option]:
                self.demands.setdefault(row, []).append((interval, amount))
        self.starts.append(start)
        self.chosen.append(chosen)
        duration = sum(shape.duration[mode.option] * here for mode, here in zip(job.modes, chosen, strict=True))
        self.ends.append(start + duration)

    def _add_cost(self, job: Job, at: int) -> None:
        """Add the job's presence, its cost above its least cost, and its lateness."""
        model, problem, group = self.model, self.problem, job.group
        chosen, costs = list(self.chosen[at]), [mode.cost for mode in job.modes]
        out = model.new_bool_var("") if job.may_miss else None
        self.out.append(out)
        if out is not None:
            chosen.append(out)
            costs.append(self.partial.shape.value[group])
            model.add_hint(out, job.now is None)
        model.add_exactly_one(chosen)
        least = min(costs)
        self.costs += [(cost - least, here) for cost, here in zip(costs, chosen, strict=True) if cost > least]
        for mode, here in zip(job.modes, chosen, strict=False):
            model.add_hint(here, job.now is not None and job.now[0] == mode.option)
        if job.now is not None:
            model.add_hint(self.starts[at], job.now[1])
        slope, base = int(problem.late_slope[group]), int(problem.late_base[group])
        latest = max((mode.high + self.partial.shape.duration[mode.option] for mode in job.modes), default=0)
        runs = [] if out is None else [out.negated()]
        if slope and slope * latest > base:
            late = model.new_int_var(0, latest - base // slope, "")  # [slots], rounded up
            self._enforce_if(model.add(late >= self.ends[at] - base // slope), runs)
            self.costs.append((slope, late))
            self.exact &= base % slope == 0
        early_slope, early_base = int(problem.early_slope[group]), int(problem.early_base[group])
        if early_slope and early_base > 0:
            due = -(-early_base // early_slope)
            early = model.new_int_var(0, due, "")  # [slots], rounded up
            self._enforce_if(model.add(early >= due - self.ends[at]), runs)
            self.costs.append((early_slope, early))
            self.exact &= early_base % early_slope == 0
        if problem.late_once[group] and latest > problem.late_after[group]:
            fined = model.new_bool_var("")
            self._enforce_if(model.add(self.ends[at] <= int(problem.late_after[group])), [fined.negated(), *runs])
            self.costs.append((int(problem.late_once[group]), fined))

    def _enforce_if(self, row: Any, literals: list[Any]) -> None:
        """Enforce a constraint only if all literals are true."""
        if literals:
            row.only_enforce_if(*literals)

    def _order_copies(self, jobs: list[Job]) -> None:
        """Break symmetry: copies of a group start in order."""
        for (at, job), (behind, other) in pairwise(enumerate(jobs)):
            if job.group == other.group and not job.may_miss:
                self.model.add(self.starts[at] <= self.starts[behind])

    def _capacity(self) -> None:
        """Add a cumulative constraint per row with limited capacity."""
        for row, demands in sorted(self.demands.items()):
            free = self.partial.free[row]
            if free.min() >= UNLIMITED // 2:
                continue
            free = np.minimum(free, sum(amount for _, amount in demands))
            most = int(free.max())
            for low, high in pairwise([0, *(np.flatnonzero(np.diff(free)) + 1).tolist(), len(free)]):
                if free[low] < most:
                    gone = self.model.new_fixed_size_interval_var(low, high - low, "")
                    demands.append((gone, most - int(free[low])))
            self.model.add_cumulative([interval for interval, _ in demands], [amount for _, amount in demands], most)
