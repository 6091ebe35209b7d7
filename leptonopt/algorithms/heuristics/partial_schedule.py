"""Partial schedules: free capacity, and the cheapest column that is feasible for a group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from leptonopt.algorithms.heuristics.neighbours import neighbours
from leptonopt.algorithms.heuristics.node_estimate import AlikeOptions, NodeDemand, NodeEstimate, batch_options
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, column_costs
from leptonopt.runtime.clock import check_time_each
from leptonopt.runtime.topological_order import OFTEN, topological_order

Column = tuple[int, int]  # (option, start)
FEW = 32  # columns of a group up to which costs are computed one by one


class ProblemIndex:
    """Options of a problem as Python ints and small arrays, shared by every `PartialSchedule`.

    Attributes
    ----------
    predecessors, successors : per group, (other group, lag [slots])
    close_predecessors, close_successors : the same where the lag has an upper limit, and that
    rank : per group, its place in a topological order
    strict : whether quotas, affinity or anti-affinity restrict options
    """

    def __init__(self, problem: Problem) -> None:
        self.group = problem.group.tolist()
        self.first, self.last = problem.first.tolist(), problem.last.tolist()
        self.duration, self.fixed = problem.duration.tolist(), problem.fixed.tolist()
        self.dated = set(np.flatnonzero(problem.dated).tolist())
        self.copies, self.value = problem.copies.tolist(), problem.value.tolist()
        self.optional = problem.optional.tolist()
        rows, amounts, cut = problem.demand_row.tolist(), problem.demand.tolist(), problem.demand_ptr.tolist()
        self.demands = [
            list(zip(rows[cut[o] : cut[o + 1]], amounts[cut[o] : cut[o + 1]], strict=True))
            for o in check_time_each(range(problem.options), OFTEN)
        ]
        self.predecessors, self.successors = neighbours(problem, problem.lag)
        self.close_predecessors, self.close_successors = neighbours(problem, problem.most)
        self.pool = problem.pool.tolist()
        self.node_demand = NodeDemand(problem) if len(problem.nodes) else None
        nodes = problem.nodes
        self.plain_nodes = bool(nodes.on_demand.all() or not nodes.commit_max.any())
        self.together: list[list[int]] = [[] for _ in range(problem.groups)]
        self.apart: list[list[int]] = [[] for _ in range(problem.groups)]
        for sets, of_group in ((problem.together, self.together), (problem.apart, self.apart)):
            for number, members in enumerate(sets):
                for group in members.tolist():
                    of_group[group].append(number)
        self.family = problem.family.tolist()
        self.families: list[list[int]] = [[] for _ in range(max(self.family, default=-1) + 1)]
        waits = [[first for first, _ in each] for each in self.predecessors]
        self.rank = [0] * problem.groups  # predecessors rank below successors
        for rank, group in enumerate(topological_order(waits) if len(problem.before) else ()):
            self.rank[group] = rank
        for group in sorted(range(problem.groups), key=self.rank.__getitem__):
            if (family := self.family[group]) >= 0:
                self.families[family].append(group)
        self.strict = bool(problem.quotas or problem.together or problem.apart)
        self._problem = problem
        self._batches: dict[int, list[AlikeOptions] | None] = {}

    def option_batches(self, group: int) -> list[AlikeOptions] | None:
        """Return a group's options in batches; None where other rules than capacity and nodes restrict them."""
        if group not in self._batches:
            bound = self.strict or self.predecessors[group] or self.successors[group] or not self.plain_nodes
            self._batches[group] = None if bound else batch_options(self._problem, self.node_demand, group)
        return self._batches[group]


class PartialSchedule:
    """Partial schedule that keeps every rule but `once`, and the capacity that it leaves.

    Attributes
    ----------
    free : int64, shape (K, T) [demand units]
    runs : per group, number of copies in each column
    missing : per group, copies that do not run
    start, end : per group of one copy, its slots while it runs, -1 otherwise
    node_estimate : nodes that it needs; None in problems without nodes
    quota_left : per quota, the rest that columns leave
    quota_nodes : by number of a quota that counts nodes, the estimate of their use
    together_count, apart_count : per affinity and anti-affinity set, copies by pool
    home_pool : per family, the pool of its members; -1 while undecided
    """

    def __init__(self, problem: Problem, shape: ProblemIndex | None = None, schedule: Schedule | None = None) -> None:
        self.problem = problem
        self.shape = shape or ProblemIndex(problem)
        self.free = problem.capacity.copy()
        self.runs: list[dict[Column, int]] = [{} for _ in range(problem.groups)]
        self.missing = list(self.shape.copies)
        self.start = [-1] * problem.groups
        self.end = [-1] * problem.groups
        self.node_estimate = (
            NodeEstimate(problem, self.shape.node_demand, self.free) if self.shape.node_demand else None
        )
        self.quota_left = [quota.limit for quota in problem.quotas]
        self.quota_nodes = self._quota_nodes()
        self.together_count = [Counter[int]() for _ in problem.together]
        self.apart_count = [Counter[int]() for _ in problem.apart]
        self.home_pool = [-1] * len(self.shape.families)
        for option, start, count in schedule or ():
            self.insert(option, start, count)

    def _quota_nodes(self) -> dict[int, NodeEstimate]:
        """Return an estimate of the use by nodes for each quota that counts them."""
        hosts = self.shape.node_demand
        if hosts is None:
            return {}
        quotas = enumerate(self.problem.quotas)
        return {
            number: NodeEstimate(self.problem, hosts, self.free, quota.nodes)
            for number, quota in quotas
            if quota.nodes is not None and quota.nodes.any()
        }

    def set_committed(self, rent: NodeSchedule) -> None:
        """Take over the committed nodes of a node schedule."""
        for estimate in (self.node_estimate, *self.quota_nodes.values()):
            if estimate is not None:
                estimate.set_committed(rent)

    def start_window(self, option: int) -> tuple[int, int]:
        """Return first and last start by window, predecessors and successors; empty if first > last."""
        shape = self.shape
        group, low, high = shape.group[option], shape.first[option], shape.last[option]
        if shape.strict and self.is_pool_blocked(option):
            return 0, -1
        for before, lag in shape.predecessors[group]:
            if self.end[before] < 0:
                return 0, -1
            low = max(low, self.end[before] + lag)
        for behind, lag in shape.successors[group]:
            if self.start[behind] >= 0:
                high = min(high, self.start[behind] - lag - shape.duration[option])
        return self.close_window(option, low, high)

    def close_window(self, option: int, low: int, high: int) -> tuple[int, int]:
        """Return the part of a window of starts that upper limits on lags to placed groups leave."""
        shape = self.shape
        group = shape.group[option]
        for before, most in shape.close_predecessors[group]:
            if self.end[before] >= 0:
                high = min(high, self.end[before] + most)
        for behind, most in shape.close_successors[group]:
            if self.start[behind] >= 0:
                low = max(low, self.start[behind] - most - shape.duration[option])
        return low, high

    def is_pool_blocked(self, option: int) -> bool:
        """Return whether affinity, anti-affinity or the family's home pool exclude the option's pool."""
        shape = self.shape
        group, pool = shape.group[option], shape.pool[option]
        if (family := shape.family[group]) >= 0 and self.home_pool[family] not in (-1, pool):
            return True
        if any(self.apart_count[number][pool] for number in shape.apart[group]):
            return True
        return any(
            sum(self.together_count[number].values()) > self.together_count[number][pool]
            for number in shape.together[group]
        )

    def feasible_starts(self, option: int, low: int, high: int) -> Bools | None:
        """Return which starts fit capacity and quotas, bool, shape (high - low + 1,); None if all do."""
        length = self.shape.duration[option]
        bad: Bools | None = None
        for row, amount in self.shape.demands[option]:
            short = self.free[row, low : high + length] < amount
            bad = short if bad is None else bad | short
        over = self._exceeds_quota(option, low, high) if self.quota_left else None
        if bad is None or not bad.any():
            return None if over is None else ~over
        if length == 1:
            fits: Bools = ~bad
        else:
            total = np.zeros(len(bad) + 1, np.int32)
            np.cumsum(bad, out=total[1:])
            fits = total[length:] == total[: high - low + 1]
        return fits if over is None else fits & ~over

    def _exceeds_quota(self, option: int, low: int, high: int) -> Bools | None:
        """Return which starts exceed a quota, bool, shape (high - low + 1,); None if none does."""
        over: Bools | None = None
        for number, quota in enumerate(self.problem.quotas):
            left, uses = self.quota_left[number], quota.uses(self.problem, option, low, high)
            if (estimate := self.quota_nodes.get(number)) is not None:
                left -= estimate.cost()
                if (extra := estimate.extra_cost(option, low, high)) is not None:
                    uses = uses + extra
            bad = (uses > left) & (uses > 0)
            if bad.any():
                over = bad if over is None else over | bad
        return over

    def start_costs(self, option: int, low: int, high: int, prefix: Ints, scale: int = 1) -> Ints:
        """Return the cost of a copy at each start, int64, shape (high - low + 1,), by price prefix sums."""
        shape, length = self.shape, self.shape.duration[option]
        total: Ints | None = None
        for row, amount in shape.demands[option]:
            line = prefix[row]
            part = line[low + length : high + length + 1] - line[low : high + 1]
            if amount != 1:
                part *= amount
            total = part if total is None else total + part
        if total is None:
            total = np.zeros(high - low + 1, np.int64)
        if fixed := shape.fixed[option]:
            total += scale * fixed
        if (group := shape.group[option]) in shape.dated:
            total += scale * self.problem.late(group, np.arange(low + length, high + length + 1))
        return total

    def cheapest_column(
        self, group: int, guide: CostGuide, limit: int = INFEASIBLE_COST
    ) -> tuple[int, int, int] | None:
        """Return (cost, option, start) of the cheapest feasible column below `limit`; None without one.

        Cost and limit are in the guide's units.
        """
        best, found = limit, None
        if (alike := self.shape.option_batches(group)) is not None:
            return self._cheapest_batched(alike, guide, limit)
        for option in guide.order[group]:
            if guide.least[option] >= best:
                break
            low, high = self.start_window(option)
            if low > high:
                continue
            fits = self.feasible_starts(option, low, high)
            cost = self._guided_costs(option, low, high, guide)
            if (
                self.node_estimate is not None
                and guide.bare
                and (extra := self.node_estimate.extra_cost(option, low, high)) is not None
            ):
                cost += extra
            if fits is not None:
                cost[~fits] = INFEASIBLE_COST
            at = int(cost.argmin())
            if (least := int(cost[at])) < best:
                best, found = least, (option, low + at)
        return None if found is None else (best, *found)

    def ranked_columns(self, group: int, guide: CostGuide, limit: int = INFEASIBLE_COST) -> Iterator[Column] | None:
        """Yield columns as repeated calls of `cheapest_column` would; return None where costs change."""
        if self.shape.strict or self.node_estimate is not None or self.shape.option_batches(group) is not None:
            return None
        options, starts, costs = [], [], []
        for option in guide.order[group]:
            low, high = self.start_window(option)
            if low > high:
                continue
            cost = self._guided_costs(option, low, high, guide)
            fits = self.feasible_starts(option, low, high)
            usable = cost < limit if fits is None else fits & (cost < limit)
            starts.append(low + np.flatnonzero(usable))
            costs.append(cost[usable])
            options.append(np.full(len(starts[-1]), option))
        if not options:
            return iter(())
        least = np.argsort(np.concatenate(costs), kind="stable")
        return zip(np.concatenate(options)[least].tolist(), np.concatenate(starts)[least].tolist(), strict=True)

    def _guided_costs(self, option: int, low: int, high: int, guide: CostGuide) -> Ints:
        """Return the guiding cost of a copy at each start, int64, shape (high - low + 1,), without nodes."""
        cost = self.start_costs(option, low, high, guide.prefix, guide.scale)
        if guide.once is not None:
            cost += guide.once[option]
        if guide.pace:
            length = self.shape.duration[option]
            cost += guide.pace * np.arange(low + length, high + length + 1)
        return cost

    def _cheapest_batched(self, alike: list[AlikeOptions], guide: CostGuide, limit: int) -> tuple[int, int, int] | None:
        """Return the cheapest feasible column as `cheapest_column` does, for options in batches."""
        best, found = limit, None
        for batch in alike:
            low, high, length = batch.first, batch.last, batch.duration
            free = self.free[batch.rows, low : high + length]
            bad: Bools = np.asarray((free < batch.amounts[:, :, None]).any(axis=1))
            total = np.zeros((len(bad), bad.shape[1] + 1), np.int32)
            np.cumsum(bad, axis=1, out=total[:, 1:])
            fits = total[:, length:] == total[:, : high - low + 1]
            lines = guide.prefix[batch.rows, low : high + length + 1]
            sums = lines[:, :, length:] - lines[:, :, : high - low + 1]
            cost = np.einsum("nrw,nr->nw", sums, batch.amounts)
            cost += guide.scale * self.problem.fixed[batch.options, None]
            if (group := self.shape.group[int(batch.options[0])]) in self.shape.dated:
                cost += guide.scale * self.problem.late(group, np.arange(low + length, high + length + 1))
            if guide.once is not None:
                cost += np.array([guide.once[option] for option in batch.options.tolist()])[:, None]
            if self.node_estimate is not None and guide.bare and batch.kinds[0] >= 0:
                load = self.problem.capacity[batch.rows, low : high + length] - free + batch.amounts[:, :, None]
                cost += self.node_estimate.extra_cost_batched(batch, load, low, high)
            cost[~fits] = INFEASIBLE_COST
            at = int(cost.argmin())
            if (least := int(cost.ravel()[at])) < best:
                which, start = divmod(at, cost.shape[1])
                best, found = least, (int(batch.options[which]), low + start)
        return None if found is None else (best, *found)

    def earliest_column(self, group: int, guide: CostGuide) -> tuple[int, int, int] | None:
        """Return (end, option, start) of the feasible column that ends first; the cheaper option on a tie."""
        best, found = INFEASIBLE_COST, None
        for option in guide.order[group]:
            low, high = self.start_window(option)
            length = self.shape.duration[option]
            if low > high or low + length >= best:
                continue
            fits = self.feasible_starts(option, low, high)
            at = 0 if fits is None else int(fits.argmax())
            if (fits is None or fits[at]) and low + at + length < best:
                best, found = low + at + length, (option, low + at)
        return None if found is None else (best, *found)

    def column_cost(self, option: int, start: int) -> int:
        """Return the exact cost of one copy in a column."""
        return int(self.start_costs(option, start, start, self.problem.price_sum)[0])

    def max_copies(self, option: int, start: int) -> int:
        """Return the number of copies of a column that the free capacity allows."""
        stop = start + self.shape.duration[option]
        room = min(
            (int(self.free[row, start:stop].min()) // amount for row, amount in self.shape.demands[option]),
            default=INFEASIBLE_COST,
        )
        if self.shape.strict:
            room = min(room, self._copies_within_quotas(option, start))
            if self.shape.apart[self.shape.group[option]]:
                room = min(room, 1)
        return room

    def _copies_within_quotas(self, option: int, start: int) -> int:
        """Return the number of copies of a column that the quotas allow; at least one as nodes count."""
        room = INFEASIBLE_COST
        for number, quota in enumerate(self.problem.quotas):
            use, left = int(quota.uses(self.problem, option, start, start)[0]), self.quota_left[number]
            if (estimate := self.quota_nodes.get(number)) is not None:
                extra = estimate.extra_cost(option, start, start)
                if extra is not None and extra[0] > 0 and (each := use + int(extra[0])) > 0:
                    room = min(room, max(1, (left - estimate.cost()) // each))
            if use > 0:
                room = min(room, left // use)
        return room

    def insert(self, option: int, start: int, count: int = 1) -> None:
        """Insert copies into a column; the caller guarantees that they fit."""
        stop, group = start + self.shape.duration[option], self.shape.group[option]
        for row, amount in self.shape.demands[option]:
            self.free[row, start:stop] -= amount * count
        self.runs[group][option, start] = self.runs[group].get((option, start), 0) + count
        self.missing[group] -= count
        self.start[group], self.end[group] = start, stop
        self._update_counters(option, start, count)

    def remove(self, option: int, start: int, count: int = 1) -> None:
        """Remove copies from a column."""
        stop, group = start + self.shape.duration[option], self.shape.group[option]
        for row, amount in self.shape.demands[option]:
            self.free[row, start:stop] += amount * count
        left = self.runs[group].pop((option, start)) - count
        if left:
            self.runs[group][option, start] = left
        self.missing[group] += count
        self.start[group], self.end[group] = -1, -1
        self._update_counters(option, start, -count)

    def _update_counters(self, option: int, start: int, count: int) -> None:
        """Update nodes, quotas and affinity counts after copies were inserted or, if negative, removed."""
        if self.node_estimate is not None:
            self.node_estimate.invalidate(option)
        for estimate in self.quota_nodes.values():
            estimate.invalidate(option)
        if self.shape.strict:
            group, pool = self.shape.group[option], self.shape.pool[option]
            for number, quota in enumerate(self.problem.quotas):
                self.quota_left[number] -= count * int(quota.uses(self.problem, option, start, start)[0])
            for sets, numbers in (
                (self.together_count, self.shape.together[group]),
                (self.apart_count, self.shape.apart[group]),
            ):
                for number in numbers:
                    sets[number][pool] += count

    def remove_group(self, group: int) -> dict[Column, int]:
        """Remove all copies of a group; return the number per column."""
        ran = dict(self.runs[group])
        for (option, start), count in ran.items():
            self.remove(option, start, count)
        return ran

    def restore_group(self, group: int, ran: dict[Column, int]) -> None:
        """Insert the copies that `remove_group` returned."""
        for (option, start), count in ran.items():
            self.insert(option, start, count)

    def group_cost(self, group: int) -> int:
        """Return a group's current cost: its columns, and the value of the copies left out."""
        ran = self.runs[group]
        if len(ran) > FEW:
            option, start = np.array(list(ran), np.int64).T
            each = column_costs(self.problem, option, start).tolist()
            running: int = sum(cost * count for cost, count in zip(each, ran.values(), strict=True))
        else:
            running = sum(count * self.column_cost(option, start) for (option, start), count in ran.items())
        return running + int(self.missing[group] * self.shape.value[group])

    def cost_of_groups(self, groups: Iterable[int]) -> int:
        """Return the current cost of some groups plus the estimate for all nodes, for comparisons."""
        return sum(self.group_cost(group) for group in groups) + (
            self.node_estimate.cost() if self.node_estimate else 0
        )

    def total_cost(self) -> int:
        """Return the current objective; with nodes an estimate."""
        return self.cost_of_groups(range(self.problem.groups))

    def unplaced(self) -> list[int]:
        """Return mandatory groups with missing copies."""
        shape = self.shape
        return [g for g, missing in enumerate(self.missing) if missing and not shape.optional[g]]

    def schedule(self) -> Schedule:
        """Return the columns in use as a schedule."""
        entries = [(o, s, n) for ran in self.runs for (o, s), n in ran.items()]
        columns = np.array(entries, np.int64).reshape(-1, 3)
        return Schedule.of(columns[:, 0], columns[:, 1], columns[:, 2])
