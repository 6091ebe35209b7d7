"""Rows and variables of the time-indexed model, and a table that collects the entries of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem, StartColumns
from leptonopt.problem.replicas import useful_counts
from leptonopt.problem.services import ReplicaCosts

NO_LIMIT = UNLIMITED
MAX_STEPS = 2**29  # steps of money for requests missed, over all slots, up to which they are counted one by one
MAX_UNITS = 2**16  # beyond: units of such money in a slot


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one rule: lower <= sum of coefficient * variable over the row's entries <= upper.

    Attributes
    ----------
    name : what the rows are called; the part before "." is the rule they state.
    row, variable, coefficient : int64, shape (N,) entries
    lower, upper : int64, shape (R,); -FREE and FREE where there is no limit
    label : int64, shape (R, L) indices that tell the rows of this name apart
    """

    name: str
    row: Ints
    variable: Ints
    coefficient: Ints
    lower: Ints
    upper: Ints
    label: Ints


@dataclass(frozen=True, eq=False)
class Variables:
    """Positions of the variables; all are from 0 to `most`, and integers where `whole` says so.

    x[c] copies of column c; z[g] copies of optional group g left out; and per kind m of nodes, where
    the rules need them: n[m, t] nodes on, w[m, t] on demand, u[m, t] switched on, v[m, t] switched off (behind the
    last slot: before the first one), c[m] committed. y[s, p]: the groups of set s, which belong together, run on
    pool p. Those of services are listed at `services`. a[m, k]: what tier k of meter m holds; q[m, k]: it is full.
    f[s, w]: what window w of savings plan s costs; l[s, p]: its steps committed at start p. r[m]: what meter m
    costs beyond its tiers, where there is a minimum.
    """

    problem: Problem
    columns: StartColumns
    left: Ints
    coarse: bool = False  # for engines that compute in doubles, see `missed_units` and `routed`

    @cached_property
    def nodes(self) -> dict[tuple[str, int], Ints]:
        """Return positions of n, w, u, v, shape (T,), and of c, shape (1,), by letter and kind.

        v has shape (T + 1,) where nodes are on before the first slot.
        """
        found, at = {}, len(self.columns.option) + len(self.left)
        for letter, kind, size in self._kinds():
            found[letter, kind] = np.arange(at, at + size)
            at += size
        return found

    @cached_property
    def pools(self) -> dict[tuple[int, int], int]:
        """Return the position of y[s, p]."""
        at = len(self.columns.option) + len(self.left) + sum(map(len, self.nodes.values()))
        pairs = [(number, pool) for number, each in enumerate(self.shared_pools) for pool in each]
        return {pair: at + number for number, pair in enumerate(pairs)}

    @cached_property
    def shared_pools(self) -> list[list[int]]:
        """Return for each affinity set the pools on which all its mandatory groups have columns."""
        problem, sets = self.problem, []
        pool, group = problem.pool[self.columns.option], problem.group[self.columns.option]
        for members in problem.together:
            each = [set(pool[group == g].tolist()) for g in members.tolist()]
            must = [found for found, g in zip(each, members.tolist(), strict=True) if not problem.optional[g]]
            sets.append(sorted(set.intersection(*must) if must else set().union(*each)))
        return sets

    @cached_property
    def services(self) -> dict[tuple[Any, ...], Ints]:
        """Return positions of the variables of services by letter and index.

        By slot: (h, w) replicas of way w on, (s, w) switched on, (d, w) switched off, (p, v) paid for requests missed
        [`missed_units` steps], (q, w, n) usable when n replicas fail, at most, (e, w, n) whether there are n, (k, v, f)
        the family of cuts that holds, one mode after the other. By slot of a window:
        (z, j, b) what batch j does of a class [demand units]. Where cuts are too many, by slot: (x, v, f, w, b) the
        time that replicas of a way give to a class in family f, and (m, v, b) what is missed [demand units]. (l, j) the
        batch is left out, (o, v) the one way of a service.
        """
        found, at = {}, len(self.columns.option) + len(self.left) + sum(map(len, self.nodes.values())) + len(self.pools)
        for name, most in self._of_services():
            found[name] = np.arange(at, at + len(most))
            at += len(most)
        return found

    @cached_property
    def tiers(self) -> list[Ints]:
        """Return the positions of a[m, k] by meter, shape (K,)."""
        at, found = self._before_tiers, []
        for meter in self.problem.meters:
            found.append(np.arange(at, at + len(meter.begin)))
            at += len(meter.begin)
        return found

    @cached_property
    def full_tiers(self) -> dict[tuple[int, int], int]:
        """Return the position of q[m, k] by meter and tier but the last, where the price falls somewhere."""
        at = self._before_tiers + sum(map(len, self.tiers))
        falling = [number for number, meter in enumerate(self.problem.meters) if np.any(np.diff(meter.price) < 0)]
        pairs = [(number, tier) for number in falling for tier in range(len(self.tiers[number]) - 1)]
        return {pair: at + place for place, pair in enumerate(pairs)}

    @cached_property
    def saving(self) -> list[Ints]:
        """Return the positions of f[s, w] by savings plan, shape (W,)."""
        at, found = self._before_tiers + sum(map(len, self.tiers)) + len(self.full_tiers), []
        for plan in self.problem.savings:
            found.append(np.arange(at, at + len(plan.windows)))
            at += len(plan.windows)
        return found

    @cached_property
    def steps(self) -> dict[tuple[int, int], int]:
        """Return the position of l[s, p] by savings plan and start at which some can be committed."""
        at = self._before_tiers + sum(map(len, self.tiers)) + len(self.full_tiers) + sum(map(len, self.saving))
        some = [(number, start) for number, plan in enumerate(self.problem.savings) for start in range(len(plan.steps))]
        return {pair: at + place for place, pair in enumerate(some)}

    @cached_property
    def rests(self) -> dict[int, int]:
        """Return the position of r[m] by meter that has a minimum."""
        behind = sum(map(len, self.saving)) + len(self.steps)
        at = self._before_tiers + sum(map(len, self.tiers)) + len(self.full_tiers) + behind
        some = [number for number, meter in enumerate(self.problem.meters) if meter.least]
        return {number: at + place for place, number in enumerate(some)}

    @property
    def _before_tiers(self) -> int:
        parts = (self.nodes.values(), self.services.values())
        own = len(self.columns.option) + len(self.left) + len(self.pools)
        return own + sum(len(at) for part in parts for at in part)

    @cached_property
    def replicas_most(self) -> Ints:
        """Return the most replicas of each way that are of use, int64, shape (W, T)."""
        return np.minimum(self.problem.services.most, useful_counts(self.problem)[:, None])

    def _of_services(self) -> Iterator[tuple[tuple[Any, ...], Ints]]:
        """Yield names and largest values of the variables of services."""
        services, slots = self.problem.services, self.problem.slots
        used = [services.costs, *(quota.replicas for quota in self.problem.quotas if quota.replicas)]
        for way in range(len(services.pool)):
            most = self.replicas_most[way]
            yield ("h", way), most
            if services.boot[way] or services.minimum[way] > 1 or any(each.start[way].any() for each in used):
                yield ("s", way), most
            if any(each.stop[way].any() for each in used):
                yield ("d", way), most
        for service in range(len(services)):
            yield from self._of_service(service)
        batches = services.batches
        for j in range(len(batches)):
            if batches.optional[j]:
                yield ("l", j), np.ones(1, np.int64)
            for b in np.flatnonzero(batches.amount[j]).tolist():
                window = int(batches.last[j] - batches.first[j]) + 1
                yield ("z", j, b), np.full(min(window, slots), batches.amount[j, b])

    def missed_units(self, service: int) -> int:
        """Return in how many steps of money `p` counts.

        Above 1, `p` is rounded down for engines that compute in doubles: the model is then a relaxation, in which less
        than a unit for each slot is missed for nothing.
        """
        most = self._most_missed(service)
        return int(-(-most.max() // MAX_UNITS)) if self.coarse and most.sum() > MAX_STEPS else 1

    def _most_missed(self, service: int) -> Ints:
        """Return the most that can be paid for requests missed, int64, shape (T,) [steps of money]."""
        services, own = self.problem.services, self.problem.services.classes(service)
        price = np.array([float(cost or 0) for cost in services.missed[own]])
        most = price @ services.demand[own] / services.missed_step
        return np.ceil(most * (1 + 1e-9)).astype(np.int64)

    def _of_service(self, service: int) -> Iterator[tuple[tuple[Any, ...], Ints]]:
        services = self.problem.services
        if (most := self._most_missed(service)).any():
            yield ("p", service), most // self.missed_units(service) + 1
        ways = services.ways(service)
        for number, family in enumerate(self.problem.serving[service].all_families):
            if len(family) > 1:
                yield ("k", service, number), np.ones(len(family) * self.problem.slots, np.int64)
            elif self.routed(service, number):
                yield from self._of_routing(service, number)
        for way, failed in product(range(ways.start, ways.stop), range(1, int(services.spare[service]) + 1)):
            yield ("q", way, failed), np.maximum(0, self.replicas_most[way] - failed)
            yield ("e", way, failed), np.ones(self.problem.slots, np.int64)
        if services.one_way[service]:
            yield ("o", service), np.ones(ways.stop - ways.start, np.int64)

    def routed(self, service: int, number: int) -> bool:
        """Return whether a family of cuts of a service is stated by a routing."""
        modes = self.problem.serving[service].all_families[number]
        return len(modes) == 1 and (not modes[0].complete or (self.coarse and modes[0].routed))

    def _of_routing(self, service: int, number: int) -> Iterator[tuple[tuple[Any, ...], Ints]]:
        services, family = self.problem.services, self.problem.serving[service].all_families[number][0]
        ways, classes = services.ways(service), services.classes(service)
        for at, row in enumerate(family.rates):
            for b in (b for b, rate in enumerate(row) if rate and services.demand[classes.start + b].any()):
                yield ("x", service, number, ways.start + at, b), self.replicas_most[ways.start + at]
        for b in (b for b, cost in enumerate(family.missed) if cost is not None):
            yield ("m", service, b), services.demand[classes.start + b]

    @cached_property
    def whole(self) -> Bools:
        """Return which variables are whole numbers, bool, shape (V,)."""
        whole = np.ones(len(self.most), bool)
        for name, at in self.services.items():
            whole[at] = name[0] not in "zxm"
        for at in self.saving:
            whole[at] = False  # whole in any case, as the largest of whole numbers
        whole[list(self.rests.values())] = False  # the same holds
        return whole

    def saving_unit(self, plan: int) -> int:
        """Return in how many money units f of a savings plan counts: 1, but for engines of doubles."""
        return max(1, int(self._most_saving(plan).max(initial=0)) // MAX_UNITS) if self.coarse else 1

    def rest_unit(self, meter: int) -> int:
        """Return in how many money units r of a meter counts: 1, but for engines of doubles."""
        return max(1, self.problem.meters[meter].least // MAX_UNITS) if self.coarse else 1

    def _most_saving(self, plan: int) -> Ints:
        """Return the most that each window of a savings plan can cost, int64, shape (W,) [money units]."""
        limits, own = np.array([meter.use.limit for meter in self.problem.meters]), self.problem.savings[plan]
        return np.array([window.most(limits, own.steps) for window in own.windows], np.int64)

    def spent_by_replicas(self, costs: ReplicaCosts) -> Iterator[tuple[Ints, Ints]]:
        """Yield (variables, factors) of the cost of replicas, in money or in units of a quota."""
        tables = {"h": costs.on, "s": costs.start, "d": costs.stop}
        for name, at in self.services.items():
            if name[0] in tables:
                yield at, tables[name[0]][name[1]]

    def _kinds(self) -> Iterator[tuple[str, int, int]]:
        nodes, plain, slots = self.problem.nodes, self.problem.plain, self.problem.slots
        starts, stops = self.problem.switching
        for kind in range(len(nodes)):
            own = bool(nodes.reserved[kind] or nodes.commit_max[kind])
            if not plain[kind]:
                yield "n", kind, slots
            if nodes.on_demand[kind] and (own or plain[kind]):
                yield "w", kind, slots
            if starts[kind]:
                yield "u", kind, slots
            if stops[kind]:
                yield "v", kind, slots + bool(nodes.before[kind])
            if nodes.commit_max[kind]:
                yield "c", kind, 1

    @cached_property
    def most(self) -> Ints:
        """Return the largest value of each, int64, shape (V,)."""
        problem, nodes = self.problem, self.problem.nodes
        parts = [problem.copies[problem.group[self.columns.option]], problem.copies[self.left]]
        for letter, kind in self.nodes:
            own = nodes.reserved[kind] if letter == "w" and problem.plain[kind] else 0
            most = nodes.commit_max[[kind]] if letter == "c" else np.maximum(0, nodes.count[kind] - own)
            parts.append(np.append(most, nodes.before[kind]) if letter == "v" and nodes.before[kind] else most)
        parts.append(np.ones(len(self.pools), np.int64))
        parts += [most for _, most in self._of_services()]
        parts += [meter.size for meter in self.problem.meters]
        parts.append(np.ones(len(self.full_tiers), np.int64))
        parts += [-(-self._most_saving(at) // self.saving_unit(at)) for at in range(len(problem.savings))]
        parts.append(np.array([problem.savings[number].steps[start] for number, start in self.steps], np.int64))
        parts.append(np.array([-(-problem.meters[m].least // self.rest_unit(m)) for m in self.rests], np.int64))
        return np.concatenate(parts)

    def usable(self, kind: int) -> tuple[list[tuple[Ints, Ints, int]], int]:
        """Return usable nodes per slot: (slots, variables, factor) of each term, and a constant."""
        problem, slots = self.problem, np.arange(self.problem.slots)
        if problem.plain[kind]:
            terms = [(slots, self.nodes["w", kind], 1)] if ("w", kind) in self.nodes else []
            if ("c", kind) in self.nodes:
                terms.append((slots, np.repeat(self.nodes["c", kind], len(slots)), 1))
            return terms, int(problem.nodes.reserved[kind])
        terms = [(slots, self.nodes["n", kind], 1)]
        for back in range(int(problem.nodes.boot[kind])):
            terms.append((slots[back:], self.nodes["u", kind][: len(slots) - back], -1))
        return terms, 0

    def spent(self, costs: NodeCosts) -> list[tuple[Ints, Ints]]:
        """Yield (variables, factors) of the cost of nodes, in money or in units of a quota."""
        found = []
        for (letter, kind), at in self.nodes.items():
            if letter == "n":
                # Without a variable of their own, all nodes that are on are on demand.
                paid = (
                    0 if ("w", kind) in self.nodes or not self.problem.nodes.on_demand[kind] else costs.on_demand[kind]
                )
                found.append((at, costs.on[kind] + paid))
            elif letter == "c":
                found.append((at, costs.commit[[kind]]))
            elif letter == "v":
                found.append((at, np.append(costs.stop[kind], costs.stop[kind, :1])[: len(at)]))
            else:
                found.append((at, {"w": costs.on_demand, "u": costs.start}[letter][kind]))
        return found


def expand_ranges(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Return (i, member), both shape (N,), of all ranges first[i], ..., first[i] + count[i] - 1."""
    which = np.repeat(np.arange(len(count)), count)
    return which, first[which] + np.arange(len(which)) - (np.cumsum(count) - count)[which]


class RowTable:
    """Entries of rows, collected in parts."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints]] = []

    def add(self, row: Ints, variable: Ints, coefficient: Ints) -> None:
        """Add entries, shape (N,), with these row keys."""
        self.parts.append((row, variable, coefficient))

    def rows(self, name: str, keys: Ints, upper: Ints, label: Ints) -> Rows:
        """Return the rows of these keys, ascending, each at most `upper`; entries with other keys are dropped."""
        empty = np.zeros(0, np.int64)
        row, variable, coefficient = (
            np.concatenate([empty, *(part[at] for part in self.parts)]).astype(np.int64) for at in range(3)
        )
        at = np.searchsorted(keys, row)
        keep = (at < len(keys)) & (coefficient != 0)
        keep[keep] = keys[at[keep]] == row[keep]
        lower = np.full(len(keys), -NO_LIMIT)
        return Rows(name, at[keep], variable[keep], coefficient[keep], lower, upper.astype(np.int64), label)
