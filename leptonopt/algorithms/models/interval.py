"""A model of intervals for CP-SAT.

A task has a start, each of its options is an optional interval, and a row of capacity is a cumulative constraint.
It is at its best where it costs nothing when a task starts, but order and capacity bind: projects under a
deadline are of that kind, with precedence, modes, amounts used up once, capacity bought for the whole horizon.
It also finds first plans for some forty tasks beside rented nodes. What a start costs more than the cheapest one is
looked up in a table, which tells the bound little: elsewhere the time-indexed model of `models.time_indexed` is
stronger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from leptonopt.algorithms.models import constraints_nodes as node_rules
from leptonopt.algorithms.models.rows import Rows, Variables
from leptonopt.algorithms.models.time_indexed import decode_nodes, encode_nodes
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem, Quota, StartColumns
from leptonopt.problem.schedule import Schedule, node_schedule_of


@dataclass(frozen=True)
class IntervalSettings:
    """Sizes up to which the model is built.

    Attributes
    ----------
    max_parts : options of all jobs, plus kinds of rented nodes times slots; 60,000 take about 20 s to build
    """

    max_parts: int = 60_000


SETTINGS = IntervalSettings()


def is_preferable(problem: Problem) -> bool:
    """Return True when this model is preferable: order binds, and starts cost nothing."""
    if (
        len(problem.services)
        or problem.meters
        or problem.savings
        or problem.nodes.restrained
        or not len(problem.before)
        or np.any(problem.copies != 1)
        or _time_matters(problem)
    ):
        return False
    limited = problem.capacity < UNLIMITED
    if np.any(limited.any(axis=1) != limited.all(axis=1)):
        return False
    return all(np.ptp(problem.start_costs(option)) == 0 for option in range(problem.options))


def _time_matters(problem: Problem) -> bool:
    """Return whether pools, nodes switched on and off, or quotas on use over time tie tasks to slots."""
    nodes = problem.nodes
    if problem.together or problem.apart or np.any(nodes.on_demand) or not problem.plain.all():
        return True
    if np.any(nodes.count != nodes.count[:, :1]) or len(np.unique(nodes.supply_row)) < len(nodes.supply_row):
        return True
    for quota in problem.quotas:
        everywhere = quota.first == 0 and quota.last == problem.slots - 1
        if quota.rate.any() or not everywhere or (quota.nodes is not None and quota.nodes.any()):
            return True
    return False


def parts(problem: Problem) -> int:
    """Return the size of the model: options of all jobs, plus kinds of nodes counted by slot times slots."""
    copies = problem.copies[problem.group].astype(float).sum()
    by_slot = int((~problem.plain | problem.nodes.on_demand).sum())
    return int(min(copies, UNLIMITED)) + by_slot * problem.slots


def unsupported_feature(problem: Problem) -> str:
    """Return what intervals do not state here; empty when they state all."""
    if len(problem.services):
        return "services"
    if problem.meters or problem.savings:
        return "meters and savings plans"
    if problem.nodes.restrained:
        return "a least load or a time off of nodes"
    if (many := parts(problem)) > SETTINGS.max_parts:
        return f"{many:,} options of jobs and counts of nodes; it states at most {SETTINGS.max_parts:,}"
    return ""


class IntervalModel:
    """The model of a problem that intervals can state; every copy of a group is a job of its own.

    Variables, in this order: whether each option of each job is chosen; whether each job is left out; the start
    of each job; the variables of nodes, as in the time-indexed model; what the start of a priced option costs beyond
    its cheapest. Others follow from these.

    Attributes
    ----------
    job : int64, shape (J,): the group each job is a copy of
    option, owner : int64, shape (N,): the options of all jobs, and the job each belongs to
    rented : the variables of nodes, by position from 0
    costs, divisor, constant, lowest : as of `leptonopt.algorithms.models.time_indexed.normalise_costs` and
        `objective_lower_limit`
    """

    def __init__(self, problem: Problem, cutoff: int | None = None) -> None:
        self.problem, self.cutoff = problem, cutoff
        self.job: Ints = np.repeat(np.arange(problem.groups), problem.copies)
        options = [np.arange(problem.option_ptr[group], problem.option_ptr[group + 1]) for group in self.job.tolist()]
        none = np.zeros(0, np.int64)
        self.option: Ints = np.concatenate([none, *options])
        self.owner: Ints = np.repeat(np.arange(len(self.job)), [len(part) for part in options])
        self.rented = Variables(problem, StartColumns(none, none, none), none)
        tables = [problem.start_costs(option) for option in range(problem.options)]
        least = np.array([int(table.min()) for table in tables], np.int64)
        base = np.full(problem.groups, UNLIMITED)
        np.minimum.at(base, problem.group, least)
        base = np.where(problem.optional, np.minimum(base, problem.value), base)
        own, left = least - base[problem.group], np.where(problem.optional, problem.value - base, 0)
        extra = [table - low for table, low in zip(tables, least.tolist(), strict=True)]
        nodes = self._node_costs()
        self.divisor = int(np.gcd.reduce(np.concatenate([own, left, nodes, *extra]))) or 1
        self.extra = [table // self.divisor for table in extra]
        self.priced = [at for at, option in enumerate(self.option.tolist()) if self.extra[option].any()]
        once = [own[self.option], left[self.job], np.zeros(len(self.job), np.int64), nodes]
        self.costs: Ints = np.concatenate([np.concatenate(once) // self.divisor, np.ones(len(self.priced), np.int64)])
        self.constant = sum(int(low) for low in base[self.job])
        below = np.minimum(0, nodes // self.divisor)
        self.lowest = sum(int(low) * int(most) for low, most in zip(below, self.rented.most, strict=True))

    def _node_costs(self) -> Ints:
        """Return the cost of each variable of nodes, int64, shape (V,)."""
        costs = np.zeros(len(self.rented.most), np.int64)
        for at, factors in self.rented.spent(self.problem.nodes.costs):
            costs[at] = factors
        return costs

    def too_large(self) -> str:
        """Return why CP-SAT could overflow on this model; empty when it cannot."""
        first = len(self.option) + 2 * len(self.job)
        nodes = self.costs[first : len(self.costs) - len(self.priced)]
        most = int(self.costs[:first].sum()) + sum(int(self.extra[self.option[at]].max()) for at in self.priced)
        most += sum(abs(int(cost)) * int(count) for cost, count in zip(nodes, self.rented.most, strict=True))
        return "costs are too large to count exactly" if most >= 2**53 else ""

    def model(self, cp_model: Any, warm_start: Schedule | None) -> Any:
        """Return the CP-SAT model."""
        model = cp_model.CpModel()
        total = _Statement(self, model).stated()
        model.minimize(total)
        if self.cutoff is not None:
            model.add(total <= (self.cutoff - self.constant) // self.divisor)
        if warm_start is not None:
            for at, value in enumerate(self._values(warm_start)):
                model.add_hint(model.get_int_var_from_proto_index(at), value)
        return model

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
        rent, nodes = node_schedule_of(problem, schedule), np.zeros(len(self.rented.most), np.int64)
        assert rent is not None
        encode_nodes(self.rented, rent, nodes)
        return [*chosen.tolist(), *left.tolist(), *starts.tolist(), *nodes.tolist(), *paid.values()]

    def decode(self, values: Any) -> Schedule:
        """Return the schedule of variable values."""
        values = np.asarray(values, np.int64)
        at = np.flatnonzero(values[: len(self.option)])
        starts = values[len(self.option) + len(self.job) :][self.owner[at]]
        rent = None
        if len(self.problem.nodes):
            rent = decode_nodes(self.rented, values[len(self.option) + 2 * len(self.job) :])
        return Schedule.of(self.option[at], starts, None, rent)


class _Statement:
    """The variables and constraints of a model, stated rule by rule."""

    def __init__(self, form: IntervalModel, model: Any) -> None:
        self.form, self.problem, self.cp = form, form.problem, model
        self.options, self.jobs = form.option.tolist(), form.job.tolist()
        self.mine: list[list[int]] = [[] for _ in self.jobs]
        for at, job in enumerate(form.owner.tolist()):
            self.mine[job].append(at)
        self.chosen = [model.new_bool_var("") for _ in self.options]
        self.left = [model.new_bool_var("") for _ in self.jobs]
        self.starts = [model.new_int_var(*self._window(job), "") for job in range(len(self.jobs))]
        self.nodes = [model.new_int_var(0, most, "") for most in form.rented.most.tolist()]
        self.paid = [model.new_int_var(0, int(form.extra[self.options[at]].max()), "") for at in form.priced]
        duration = self.problem.duration
        self.ends = [
            start + sum(int(duration[self.options[at]]) * self.chosen[at] for at in mine)
            for start, mine in zip(self.starts, self.mine, strict=True)
        ]

    def _window(self, job: int) -> tuple[int, int]:
        """Return the first and last start of a job over its options."""
        own = self.form.option[self.mine[job]]
        low = self.problem.first[own].min(initial=self.problem.slots)
        high = self.problem.last[own].max(initial=0)
        return int(min(low, high)), int(high)

    def stated(self) -> Any:
        """State all rules; return the objective."""
        self.once()
        intervals = self.window()
        self.precedence()
        self.capacity(intervals)
        self.nodes_rented()
        for quota in self.problem.quotas:
            self.quota(quota)
        self.affinity()
        return self.cost()

    def once(self) -> None:
        """once: a job runs in one option, or is left out where it is optional."""
        for job, group in enumerate(self.jobs):
            self.cp.add(sum(self.chosen[at] for at in self.mine[job]) + self.left[job] == 1)
            if not self.problem.optional[group]:
                self.cp.add(self.left[job] == 0)

    def window(self) -> dict[int, list[Any]]:
        """window: a job starts in the window of its option; return the intervals of each option."""
        problem, intervals = self.problem, dict[int, list[Any]]()
        for at, (option, job) in enumerate(zip(self.options, self.form.owner.tolist(), strict=True)):
            start, here = self.starts[job], self.chosen[at]
            interval = self.cp.new_optional_fixed_size_interval_var(start, int(problem.duration[option]), here, "")
            intervals.setdefault(option, []).append(interval)
            self.cp.add(start >= int(problem.first[option])).only_enforce_if(here)
            self.cp.add(start <= int(problem.last[option])).only_enforce_if(here)
        return intervals

    def precedence(self) -> None:
        """precedence: groups in a precedence have one copy, so one job."""
        problem, starts, ends, left = self.problem, self.starts, self.ends, self.left
        job_of = {group: job for job, group in enumerate(self.jobs)}
        edges = (problem.before, problem.after, problem.lag, problem.most)
        for before, after, lag, most in zip(*(part.tolist() for part in edges), strict=True):
            first, second = job_of[before], job_of[after]
            rows = [self.cp.add(starts[second] >= ends[first] + lag)]
            if most < UNLIMITED:
                rows.append(self.cp.add(starts[second] <= ends[first] + most))
            for row in rows if problem.optional[after] else ():
                row.only_enforce_if(left[second].negated())
            if problem.optional[before]:
                self.cp.add(left[second] >= left[first])

    def capacity(self, intervals: dict[int, list[Any]]) -> None:
        """capacity, nodes: a cumulative constraint for each row."""
        problem = self.problem
        held: list[list[tuple[Any, int]]] = [[] for _ in problem.capacity]
        for option, own in intervals.items():
            for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
                held[row] += [(interval, amount) for interval in own]
        supplied = set(problem.nodes.supply_row.tolist())
        for row, line in enumerate(problem.capacity):
            if not held[row] or line.min() >= UNLIMITED:
                continue
            room, fillers = self._supplied(row) if row in supplied else self._given(row, held[row])
            part = [*held[row], *fillers]
            self.cp.add_cumulative([interval for interval, _ in part], [amount for _, amount in part], room)

    def _given(self, row: int, held: list[tuple[Any, int]]) -> tuple[Any, list[tuple[Any, Any]]]:
        """Return the greatest capacity of a row, and intervals for what is lacking in some slots."""
        line = np.minimum(self.problem.capacity[row], sum(amount for _, amount in held))
        most, fillers = int(line.max()), list[tuple[Any, Any]]()
        cuts = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
        for low, high in pairwise(cuts):
            if line[low] < most:
                gone = self.cp.new_fixed_size_interval_var(low, high - low, "")
                fillers.append((gone, most - int(line[low])))
        return most, fillers

    def _supplied(self, row: int) -> tuple[Any, list[tuple[Any, Any]]]:
        """Return the capacity of a row that nodes supply, and intervals for nodes that are off."""
        steady, by_slot = self._offered(row)
        most = int(self.problem.capacity[row].max())
        if not any(by_slot):
            room = self.cp.new_int_var(0, most, "")  # a cumulative constraint takes one variable, not a sum over kinds
            self.cp.add(room <= steady)
            return room, []
        fillers = []
        for slot, terms in enumerate(by_slot):
            lacking = self.cp.new_int_var(0, most, "")
            self.cp.add(lacking + steady + sum(terms) >= most)
            fillers.append((self.cp.new_fixed_size_interval_var(slot, 1, ""), lacking))
        self._energy(row, steady, by_slot)
        return most, fillers

    def _offered(self, row: int) -> tuple[Any, list[list[Any]]]:
        """Return what usable nodes offer to a row: terms for all slots, and terms for each slot."""
        problem, nodes, steady = self.problem, self.problem.nodes, 0
        by_slot: list[list[Any]] = [[] for _ in range(problem.slots)]
        for at in np.flatnonzero(nodes.supply_row == row).tolist():
            kind, size = int(nodes.supply_node[at]), int(nodes.supply_size[at])
            terms, constant = self.form.rented.usable(kind)
            steady = steady + size * constant
            for slots, variables, factor in terms:
                if len(np.unique(variables)) == 1 and len(slots) == problem.slots:
                    steady = steady + size * factor * self.nodes[int(variables[0])]
                    continue
                for slot, variable in zip(slots.tolist(), variables.tolist(), strict=True):
                    by_slot[slot].append(size * factor * self.nodes[variable])
        return steady, by_slot

    def _energy(self, row: int, steady: Any, by_slot: list[list[Any]]) -> None:
        """State what follows from the cumulative constraint: demand times duration fits what all slots offer."""
        problem, used = self.problem, []
        for at, option in enumerate(self.options):
            rows, amounts = problem.demands(option)
            if (mine := amounts[rows == row]).size:
                used.append(int(mine[0] * problem.duration[option]) * self.chosen[at])
        self.cp.add(sum(used) <= problem.slots * steady + sum(sum(terms) for terms in by_slot))

    def nodes_rented(self) -> None:
        """nodes: what is paid, switched on and off, and kept on, as in the time-indexed model; and the count."""
        rented, nodes = self.form.rented, self.problem.nodes
        for rows in (
            node_rules.nodes_paid(rented),
            node_rules.nodes_switched(rented),
            node_rules.nodes_minimum(rented),
        ):
            for terms, upper in _terms(rows):
                self.cp.add(sum(factor * self.nodes[at] for at, factor in terms) <= upper)
        for kind in np.flatnonzero(self.problem.plain & (nodes.commit_max > 0) & ~nodes.on_demand).tolist():
            own = self.nodes[int(rented.nodes["c", kind][0])]
            self.cp.add(own + int(nodes.reserved[kind]) <= int(nodes.count[kind].min()))

    def quota(self, quota: Quota) -> None:
        """quota: what columns and nodes use is at most the limit."""
        problem, used = self.problem, list[Any]()
        tables = [
            quota.uses(problem, option, int(problem.first[option]), int(problem.last[option]))
            for option in range(problem.options)
        ]
        for at, option in enumerate(self.options):
            table, here = tables[option], self.chosen[at]
            if np.ptp(table):
                use = self.cp.new_int_var(min(0, int(table.min())), max(0, int(table.max())), "")
                self.looked_up(at, table, use)
                if table.min() < 0:
                    self.cp.add(use >= 0).only_enforce_if(here.negated())
                used.append(use)
            elif table[0]:
                used.append(int(table[0]) * here)
        if quota.nodes is not None:
            for variables, factors in self.form.rented.spent(quota.nodes):
                pairs = zip(variables.tolist(), factors.tolist(), strict=True)
                used += [factor * self.nodes[at] for at, factor in pairs if factor]
        self.cp.add(sum(used) <= quota.limit)

    def affinity(self) -> None:
        """affinity: jobs of a family share a pool; of those kept apart, one runs on each pool at most."""
        problem, owner = self.problem, self.form.owner
        pool, group = problem.pool[self.form.option], self.form.job[owner]
        for members in problem.apart:
            for where in np.unique(pool[np.isin(group, members)]).tolist():
                mine = np.flatnonzero(np.isin(group, members) & (pool == where)).tolist()
                self.cp.add(sum(self.chosen[at] for at in mine) <= 1)
        for members in problem.together:
            joint = np.flatnonzero(np.isin(group, members))
            shared = {where: self.cp.new_bool_var("") for where in np.unique(pool[joint]).tolist()}
            self.cp.add(sum(shared.values()) <= 1)
            for at in joint.tolist():
                self.cp.add_implication(self.chosen[at], shared[int(pool[at])])

    def cost(self) -> Any:
        """cost: what options, nodes and starts cost, and the value of what is left out."""
        for at, extra in zip(self.form.priced, self.paid, strict=True):
            self.looked_up(at, self.form.extra[self.options[at]], extra)
        variables = [*self.chosen, *self.left, *self.starts, *self.nodes, *self.paid]
        return sum(cost * variables[at] for at, cost in enumerate(self.form.costs.tolist()) if cost)

    def looked_up(self, at: int, table: Ints, value: Any) -> None:
        """State that a value is at least that of a table by the start, where the option is chosen."""
        values, here, start = table.tolist(), self.chosen[at], self.starts[int(self.form.owner[at])]
        slot = self.cp.new_int_var(0, len(values) - 1, "")
        found = self.cp.new_int_var(min(values), max(values), "")
        self.cp.add_element(slot, values, found)
        self.cp.add(slot == start - int(self.problem.first[self.options[at]])).only_enforce_if(here)
        self.cp.add(value >= found).only_enforce_if(here)


def _terms(rows: Rows) -> Iterator[tuple[list[tuple[int, int]], int]]:
    """Yield (variable, coefficient) of each row, and its right side."""
    entries: list[list[tuple[int, int]]] = [[] for _ in rows.upper]
    for row, variable, factor in zip(rows.row.tolist(), rows.variable.tolist(), rows.coefficient.tolist(), strict=True):
        entries[row].append((variable, factor))
    yield from zip(entries, rows.upper.tolist(), strict=True)
