"""A model of intervals: a task has a start, each of its options is an optional part of it, and a row of capacity
is a cumulative constraint.

It is at its best where it costs nothing when a task starts, but order and capacity bind: projects under a
deadline are of that kind, with precedence, modes, amounts used up once, capacity bought for the whole horizon.
Elsewhere the time-indexed model of `models.time_indexed` is stronger; what a start costs more than the
cheapest one is then looked up in a table, which tells the bound little.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of


def is_preferable(problem: Problem) -> bool:
    """Return True when this model is preferable: order binds, and starts cost nothing."""
    if not len(problem.before) or np.any(problem.copies != 1) or unsupported_feature(problem):
        return False
    limited = problem.capacity < UNLIMITED
    if np.any(limited.any(axis=1) != limited.all(axis=1)):
        return False
    return all(np.ptp(problem.start_costs(option)) == 0 for option in range(problem.options))


def unsupported_feature(problem: Problem) -> str:
    """Return the feature that intervals do not state here; empty when they state all."""
    nodes = problem.nodes
    if problem.together or problem.apart:
        return "tasks that must share a pool or must not"
    if np.any(nodes.on_demand) or not problem.plain.all():
        return "nodes switched on and off"
    if np.any(nodes.count != nodes.count[:, :1]) or len(np.unique(nodes.supply_row)) < len(nodes.supply_row):
        return "nodes that come and go, or of several kinds for one resource"
    for quota in problem.quotas:
        everywhere = quota.first == 0 and quota.last == problem.slots - 1
        if quota.rate.any() or not everywhere or (quota.nodes is not None and quota.nodes.any()):
            return "quotas on what is used over time"
    return ""


class IntervalModel:
    """The model of a problem that intervals can state; every copy of a group is a job of its own.

    Variables, in this order: whether each option of each job is chosen; whether each job is left out; the start
    of each job; nodes committed of each kind; what the start of a priced option costs beyond its cheapest.

    Attributes
    ----------
    job : int64, shape (J,): the group each job is a copy of
    option, owner : int64, shape (N,): the options of all jobs, and the job each belongs to
    costs, divisor, constant, lowest : as of `leptonopt.algorithms.models.time_indexed.normalise_costs` and `lowest`
    """

    lowest = 0

    def __init__(self, problem: Problem, cutoff: int | None = None) -> None:
        self.problem, self.cutoff = problem, cutoff
        self.job: Ints = np.repeat(np.arange(problem.groups), problem.copies)
        parts = [range(problem.option_ptr[group], problem.option_ptr[group + 1]) for group in self.job.tolist()]
        self.option: Ints = np.array([option for part in parts for option in part], np.int64)
        self.owner: Ints = np.repeat(np.arange(len(self.job)), [len(part) for part in parts])
        tables = [problem.start_costs(option) for option in range(problem.options)]
        least = np.array([int(table.min()) for table in tables], np.int64)
        base = np.full(problem.groups, UNLIMITED)
        np.minimum.at(base, problem.group, least)
        base = np.where(problem.optional, np.minimum(base, problem.value), base)
        own, left = least - base[problem.group], np.where(problem.optional, problem.value - base, 0)
        extra = [table - low for table, low in zip(tables, least.tolist(), strict=True)]
        self.divisor = int(np.gcd.reduce(np.concatenate([own, left, problem.nodes.costs.commit, *extra]))) or 1
        self.extra = [table // self.divisor for table in extra]
        self.priced = [at for at, option in enumerate(self.option.tolist()) if self.extra[option].any()]
        once = [own[self.option], left[self.job], np.zeros(len(self.job), np.int64), problem.nodes.costs.commit]
        self.costs: Ints = np.concatenate([np.concatenate(once) // self.divisor, np.ones(len(self.priced), np.int64)])
        self.constant = sum(int(low) for low in base[self.job])

    def too_large(self) -> str:
        """Return why CP-SAT could overflow on this model; empty when it cannot."""
        plain = len(self.costs) - len(self.priced)
        most = int(self.costs[:plain].sum()) + sum(int(self.extra[self.option[at]].max()) for at in self.priced)
        most += sum(
            int(count) * int(cost)
            for count, cost in zip(self.problem.nodes.commit_max, self.problem.nodes.costs.commit, strict=True)
        )
        return "costs are too large to count exactly" if most >= 2**53 else ""

    def model(self, cp_model: Any, warm_start: Schedule | None) -> Any:
        """Return the CP-SAT model."""
        problem, model = self.problem, cp_model.CpModel()
        options, jobs = self.option.tolist(), self.job.tolist()
        chosen = [model.new_bool_var("") for _ in options]
        left = [model.new_bool_var("") for _ in jobs]
        mine: list[list[int]] = [[] for _ in jobs]
        for at, job in enumerate(self.owner.tolist()):
            mine[job].append(at)
        starts, ends = [], []
        for job, group in enumerate(jobs):
            own = self.option[mine[job]]
            low, high = problem.first[own].min(initial=problem.slots), problem.last[own].max(initial=0)
            starts.append(model.new_int_var(int(min(low, high)), int(high), ""))
            ends.append(starts[job] + sum(int(problem.duration[options[at]]) * chosen[at] for at in mine[job]))
            model.add(sum(chosen[at] for at in mine[job]) + left[job] == 1)
            if not problem.optional[group]:
                model.add(left[job] == 0)
        bought = [model.new_int_var(0, int(most), "") for most in problem.nodes.commit_max]
        intervals: dict[int, list[Any]] = {}
        for at, (option, job) in enumerate(zip(options, self.owner.tolist(), strict=True)):
            length, here = int(problem.duration[option]), chosen[at]
            interval = model.new_optional_fixed_size_interval_var(starts[job], length, here, "")
            intervals.setdefault(option, []).append(interval)
            model.add(starts[job] >= int(problem.first[option])).only_enforce_if(here)
            model.add(starts[job] <= int(problem.last[option])).only_enforce_if(here)
        self._precedence(model, starts, ends, left)
        self._capacity(model, intervals, bought)
        for quota in problem.quotas:
            once = quota.once_of
            model.add(sum(once.get(option, 0) * chosen[at] for at, option in enumerate(options)) <= quota.limit)
        paid = [model.new_int_var(0, int(self.extra[options[at]].max()), "") for at in self.priced]
        variables = [*chosen, *left, *starts, *bought, *paid]  # in the order in which they were made
        for at, extra in zip(self.priced, paid, strict=True):
            self._looked_up(model, options[at], starts[self.owner[at]], chosen[at], extra)
        total = sum(cost * variables[at] for at, cost in enumerate(self.costs.tolist()) if cost)
        model.minimize(total)
        if self.cutoff is not None:
            model.add(total <= (self.cutoff - self.constant) // self.divisor)
        if warm_start is not None:
            for variable, value in zip(variables, self._values(warm_start), strict=True):
                model.add_hint(variable, value)
        return model

    def _precedence(self, model: Any, starts: list[Any], ends: list[Any], left: list[Any]) -> None:
        """Groups in a precedence have one copy, so one job."""
        problem = self.problem
        job_of = {group: job for job, group in enumerate(self.job.tolist())}
        for before, after, lag in zip(
            problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True
        ):
            first, second = job_of[before], job_of[after]
            row = model.add(starts[second] >= ends[first] + lag)
            if problem.optional[after]:
                row.only_enforce_if(left[second].negated())
            if problem.optional[before]:
                model.add(left[second] >= left[first])

    def _looked_up(self, model: Any, option: int, start: Any, here: Any, paid: Any) -> None:
        """What a start costs more than the cheapest one of its option, from a table, where the option is chosen."""
        table = self.extra[option].tolist()
        slot, found = model.new_int_var(0, len(table) - 1, ""), model.new_int_var(0, max(table), "")
        model.add_element(slot, table, found)
        model.add(slot == start - int(self.problem.first[option])).only_enforce_if(here)
        model.add(paid >= found).only_enforce_if(here)

    def _capacity(self, model: Any, intervals: dict[int, list[Any]], bought: list[Any]) -> None:
        problem, nodes = self.problem, self.problem.nodes
        kind_of = {int(row): at for at, row in enumerate(nodes.supply_row)}
        held: list[list[tuple[Any, int]]] = [[] for _ in problem.capacity]
        for option, own in intervals.items():
            for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
                held[row] += [(interval, amount) for interval in own]
        for row, line in enumerate(problem.capacity):
            if not held[row] or line.min() >= UNLIMITED:
                continue
            line = np.minimum(line, sum(amount for _, amount in held[row]))
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
                        held[row].append((gone, most - int(line[low])))
            model.add_cumulative([interval for interval, _ in held[row]], [amount for _, amount in held[row]], room)

    def _values(self, schedule: Schedule) -> list[int]:
        """Return the values of all variables in a schedule; copies take the columns in order."""
        problem = self.problem
        chosen, left = np.zeros(len(self.option), np.int64), np.ones(len(self.job), np.int64)
        low = np.full(problem.groups, problem.slots)
        np.minimum.at(low, problem.group, problem.first)
        starts = low[self.job]
        next_job = np.searchsorted(self.job, np.arange(problem.groups)).tolist()
        first_of = np.searchsorted(self.owner, np.arange(len(self.job))).tolist()
        paid = dict.fromkeys(self.priced, 0)
        for option, start, count in schedule:
            group = int(problem.group[option])
            for _ in range(count):
                job = next_job[group]
                next_job[group] += 1
                at = first_of[job] + option - int(problem.option_ptr[group])
                chosen[at], left[job], starts[job] = 1, 0, start
                if at in paid:
                    paid[at] = int(self.extra[option][start - problem.first[option]])
        rent = node_schedule_of(problem, schedule)
        assert rent is not None
        return [*chosen.tolist(), *left.tolist(), *starts.tolist(), *rent.committed.tolist(), *paid.values()]

    def decode(self, values: Any) -> Schedule:
        """Return the schedule of variable values."""
        values = np.asarray(values, np.int64)
        at = np.flatnonzero(values[: len(self.option)])
        starts = values[len(self.option) + len(self.job) :][self.owner[at]]
        return Schedule.of(self.option[at], starts)
