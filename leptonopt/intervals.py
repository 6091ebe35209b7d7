"""A model of intervals, for problems in which when a task starts costs nothing, but order and capacity bind.

Projects under a deadline are of that kind: precedence, modes, amounts used up once, capacity bought for
the whole horizon. A task is then an interval with a start, each option an optional part of it, and a row of
capacity a cumulative constraint; there is nothing to be gained from a column per start. Everywhere else the
time-indexed model of `leptonopt.formulation` is stronger.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from leptonopt.problem import UNLIMITED, Ints, Problem, Schedule, rent_of


def applies(problem: Problem) -> bool:
    """Whether the problem is of that kind, and has nothing that intervals do not state here."""
    nodes = problem.nodes
    if not len(problem.before) or np.any(problem.copies != 1) or problem.together or problem.apart:
        return False
    if np.any(nodes.on_demand) or not problem.plain.all() or np.any(nodes.count != nodes.count[:, :1]):
        return False
    if len(np.unique(nodes.supply_row)) < len(nodes.supply_row):
        return False
    limited = problem.capacity < UNLIMITED
    if np.any(limited.any(axis=1) != limited.all(axis=1)):
        return False
    for quota in problem.quotas:
        everywhere = quota.first == 0 and quota.last == problem.slots - 1
        if quota.rate.any() or not everywhere or (quota.nodes is not None and quota.nodes.any()):
            return False
    return all(np.ptp(problem.start_costs(option)) == 0 for option in range(problem.options))


class Intervals:
    """The model of a problem to which intervals apply.

    Variables, in this order: whether each option is chosen; whether each group is left out; the start of
    each group; nodes committed of each kind.

    Attributes
    ----------
    costs, divisor, constant, lowest : as of `leptonopt.formulation.shifted` and `lowest`
    """

    lowest = 0

    def __init__(self, problem: Problem, cutoff: int | None = None) -> None:
        self.problem, self.cutoff = problem, cutoff
        own = np.array([int(problem.start_costs(option)[0]) for option in range(problem.options)], np.int64)
        base = np.full(problem.groups, UNLIMITED)
        np.minimum.at(base, problem.group, own)
        base = np.where(problem.optional, np.minimum(base, problem.value), base)
        parts = [own - base[problem.group], np.where(problem.optional, problem.value - base, 0)]
        parts += [np.zeros(problem.groups, np.int64), problem.nodes.costs.commit]
        costs = np.concatenate(parts)
        self.divisor = int(np.gcd.reduce(costs)) if costs.any() else 1
        self.costs: Ints = costs // self.divisor
        self.constant = sum(int(low) for low in base)

    def too_large(self) -> str:
        """Why CP-SAT could not count this model exactly; empty when it can."""
        most = int(self.costs.sum()) + sum(
            int(count) * int(cost)
            for count, cost in zip(self.problem.nodes.commit_max, self.problem.nodes.costs.commit, strict=True)
        )
        return "costs are too large to count exactly" if most >= 2**53 else ""

    def model(self, cp_model: Any, warm_start: Schedule | None) -> Any:
        """The CP-SAT model."""
        problem, model = self.problem, cp_model.CpModel()
        chosen = [model.new_bool_var("") for _ in range(problem.options)]
        left = [model.new_bool_var("") for _ in range(problem.groups)]
        starts, ends = [], []
        slices = [range(problem.option_ptr[g], problem.option_ptr[g + 1]) for g in range(problem.groups)]
        for part in slices:
            low, high = problem.first[list(part)].min(initial=problem.slots), problem.last[list(part)].max(initial=0)
            starts.append(model.new_int_var(int(min(low, high)), int(high), ""))
        bought = [model.new_int_var(0, int(most), "") for most in problem.nodes.commit_max]
        intervals: dict[int, Any] = {}
        for group, part in enumerate(slices):
            model.add(sum(chosen[option] for option in part) + left[group] == 1)
            if not problem.optional[group]:
                model.add(left[group] == 0)
            ends.append(starts[group] + sum(int(problem.duration[option]) * chosen[option] for option in part))
            for option in part:
                length, here = int(problem.duration[option]), chosen[option]
                intervals[option] = model.new_optional_fixed_size_interval_var(starts[group], length, here, "")
                model.add(starts[group] >= int(problem.first[option])).only_enforce_if(here)
                model.add(starts[group] <= int(problem.last[option])).only_enforce_if(here)
        for before, after, lag in zip(
            problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True
        ):
            row = model.add(starts[after] >= ends[before] + lag)
            if problem.optional[after]:
                row.only_enforce_if(left[after].negated())
            if problem.optional[before]:
                model.add(left[after] >= left[before])
        self._capacity(model, intervals, bought)
        for quota in problem.quotas:
            uses = zip(quota.options.tolist(), quota.once.tolist(), strict=True)
            model.add(sum(amount * chosen[option] for option, amount in uses) <= quota.limit)
        variables = [*chosen, *left, *starts, *bought]
        total = sum(cost * variables[at] for at, cost in enumerate(self.costs.tolist()) if cost)
        model.minimize(total)
        if self.cutoff is not None:
            model.add(total <= (self.cutoff - self.constant) // self.divisor)
        if warm_start is not None:
            for variable, value in zip(variables, self._values(warm_start), strict=True):
                model.add_hint(variable, value)
        return model

    def _capacity(self, model: Any, intervals: dict[int, Any], bought: list[Any]) -> None:
        problem, nodes = self.problem, self.problem.nodes
        kind_of = {int(row): at for at, row in enumerate(nodes.supply_row)}
        for row, line in enumerate(problem.capacity):
            if line[0] >= UNLIMITED:
                continue
            held = [
                (intervals[option], amount)
                for option in range(problem.options)
                for rows, amounts in [problem.demands(option)]
                for amount in amounts[rows == row].tolist()
            ]
            if not held:
                continue
            most = int(line.max())
            room: Any = most
            if row in kind_of:
                at = kind_of[row]
                kind, size = int(nodes.supply_node[at]), int(nodes.supply_size[at])
                room = size * (bought[kind] + int(nodes.reserved[kind]))
            elif line.min() < most:
                cuts = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
                for low, high in pairwise(cuts):
                    if line[low] < most:
                        gone = model.new_fixed_size_interval_var(low, high - low, "")
                        held.append((gone, most - int(line[low])))
            model.add_cumulative([interval for interval, _ in held], [amount for _, amount in held], room)

    def _values(self, schedule: Schedule) -> list[int]:
        problem = self.problem
        chosen, left = np.zeros(problem.options, np.int64), problem.optional.astype(np.int64)
        starts = np.zeros(problem.groups, np.int64)
        np.minimum.at(starts, problem.group, problem.first)
        for option, start, _ in schedule:
            group = int(problem.group[option])
            chosen[option], left[group], starts[group] = 1, 0, start
        rent = rent_of(problem, schedule)
        assert rent is not None
        return [*chosen.tolist(), *left.tolist(), *starts.tolist(), *rent.committed.tolist()]

    def decode(self, values: Any) -> Schedule:
        """The schedule of variable values."""
        values = np.asarray(values, np.int64)
        options = np.flatnonzero(values[: self.problem.options])
        starts = values[self.problem.options + self.problem.groups :][self.problem.group[options]]
        return Schedule.of(options, starts)
