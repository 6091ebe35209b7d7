"""The optimum of tiny problems by trying everything: no cleverness, so that nothing can hide in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import combinations_with_replacement, pairwise, product
from math import prod
from typing import Any

import numpy as np

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts, Nodes, NodeSchedule
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.schedule import Schedule
from tests.helpers import random_problems


def solved(
    seeds: Iterable[int], most: int = 500_000, draw: Callable[[int], Problem] = random_problems.rich
) -> Iterator[tuple[int, Problem, tuple[int, Schedule]]]:
    """Yield seed, problem and optimum of drawn problems with nodes, quotas and affinity; those without one are left out.

    So are those that take more than `most` steps.
    """
    for seed in seeds:
        problem = draw(seed)
        with suppress(OverflowError):
            if (best := optimum(problem, most)) is not None:
                yield seed, problem, best


def optimum(problem: Problem, most: int = 500_000) -> tuple[int, Schedule] | None:
    """(cost, a schedule of that cost); None when no schedule keeps every rule.

    Depth first over groups, cutting only where capacity, precedence or affinity is already broken, or where even
    the cheapest of every later group is no better.
    Raises `OverflowError` when more than `most` steps would be needed.
    """
    columns = problem.columns
    of_group = [np.flatnonzero(problem.group[columns.option] == g).tolist() for g in range(problem.groups)]
    for each in of_group:
        each.sort(key=lambda column: int(columns.cost[column]))
    rest, rents = least_of_the_rest(problem, of_group), Rents(problem)
    cost, held, clash = columns.cost.tolist(), cells(problem), Clash(problem)
    room, load = problem.capacity.ravel().tolist(), [0] * problem.capacity.size
    best: list[tuple[int, Schedule]] = []
    chosen: list[tuple[int, ...]] = []  # columns of each group decided
    nodes = 0

    def put(picked: tuple[int, ...], sign: int) -> bool:
        fits = True
        for column in picked:
            for cell, amount in held[column]:
                load[cell] += sign * amount
                fits &= load[cell] <= room[cell]
        return fits

    def leaf(so_far: int) -> None:
        picked = [column for each in chosen for column in each]
        schedule = Schedule.of(columns.option[picked], columns.start[picked])
        left = [quota.limit - used(problem, quota, schedule) for quota in problem.quotas]
        for more, rent in rents.covering(np.array(load, np.int64).reshape(problem.capacity.shape), left):
            whole = replace(schedule, rent=rent)
            if (not best or so_far + more < best[0][0]) and not violated_rules(problem, whole):
                best[:] = [(so_far + more, whole)]

    def descend(group: int, so_far: int) -> None:
        nonlocal nodes
        nodes += 1
        if nodes > most:
            raise OverflowError("too large for brute force")
        if group == problem.groups:
            nodes += 20 + len(rents.cost) // 100  # a leaf is dear, and all rents are tried
            leaf(so_far)
            return
        copies = int(problem.copies[group])
        for run in range(copies, -1 if problem.optional[group] else copies - 1, -1):
            for picked in combinations_with_replacement(of_group[group], run):
                more = so_far + (copies - run) * int(problem.value[group]) + sum(cost[column] for column in picked)
                if best and more + rest[group + 1] + rents.least >= best[0][0]:
                    continue
                chosen.append(picked)
                if put(picked, 1) and not clash.seen(chosen):
                    descend(group + 1, more)
                put(chosen.pop(), -1)

    descend(0, 0)
    return best[0] if best else None


def cells(problem: Problem) -> list[list[tuple[int, int]]]:
    """Of each column the (cell of the capacity table, units) that it holds."""
    columns, found = problem.columns, []
    for option, start in zip(columns.option.tolist(), columns.start.tolist(), strict=True):
        rows, amounts = (part.tolist() for part in problem.demands(option))
        span = range(start, start + int(problem.duration[option]))
        found.append(
            [(row * problem.slots + t, amount) for row, amount in zip(rows, amounts, strict=True) for t in span]
        )
    return found


class Clash:
    """Precedence and affinity, as soon as the groups they are about are decided."""

    def __init__(self, problem: Problem) -> None:
        columns = problem.columns
        self.start, self.pool = columns.start.tolist(), problem.pool[columns.option].tolist()
        self.end = (columns.start + problem.duration[columns.option]).tolist()
        edges = (problem.before, problem.after, problem.lag, problem.most)
        self.edges = list(zip(*(part.tolist() for part in edges), strict=True))
        self.together = [members.tolist() for members in problem.together]
        self.apart = [members.tolist() for members in problem.apart]

    def seen(self, chosen: list[tuple[int, ...]]) -> bool:
        """Whether the columns of the first groups break a rule that no later group can mend."""
        last = len(chosen) - 1
        for i, j, lag, most in self.edges:
            if last == max(i, j) and chosen[j]:
                ends = [self.end[column] for column in chosen[i]]
                if not ends or any(not lag <= self.start[column] - max(ends) <= most for column in chosen[j]):
                    return True
        for members in self.together:
            if last in members and len(set(self.pools(chosen, members))) > 1:
                return True
        for members in self.apart:
            pools = self.pools(chosen, members) if last in members else []
            if len(set(pools)) < len(pools):
                return True
        return False

    def pools(self, chosen: list[tuple[int, ...]], members: list[int]) -> list[int]:
        """The pool of every copy of these groups that is decided."""
        return [self.pool[column] for g in members if g < len(chosen) for column in chosen[g]]


def used(problem: Problem, quota: Quota, schedule: Schedule) -> int:
    """What the columns of a schedule use of a quota, slot by slot."""
    total, of_row = 0, dict(zip(quota.rows.tolist(), quota.rate.tolist(), strict=True))
    once = dict(zip(quota.options.tolist(), quota.once.tolist(), strict=True))
    for option, start, count in schedule:
        for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
            for slot in range(start, start + int(problem.duration[option])):
                total += count * amount * (of_row[row][slot] if row in of_row else 0)
        if quota.first <= start <= quota.last:
            total += count * once.get(option, 0)
    return total


class Rents:
    """Every rent of the nodes of a problem, with what it offers, costs and uses of quotas.

    A rent is one way for each kind: what kinds offer, cost and use adds up.
    """

    def __init__(self, problem: Problem) -> None:
        nodes, quotas = problem.nodes, problem.quotas
        each = [list(ways(nodes, kind, problem.slots)) for kind in range(len(nodes))]
        if prod(int(np.prod(nodes.count[k] + 1)) * int(nodes.commit_max[k] + 1) for k in range(len(nodes))) > 6_000:
            raise OverflowError("too large for brute force")
        self.some = list(product(*each))
        self.rows = np.unique(nodes.supply_row)
        self.cost, self.uses = np.zeros(1, np.int64), np.zeros((1, len(quotas)), np.int64)
        self.offer = np.zeros((1, *problem.capacity[self.rows].shape), np.int64)
        for kind, some in enumerate(each):
            self.cost = summed(self.cost, [priced(nodes.costs, nodes, kind, *way) for way in some])
            self.uses = summed(
                self.uses, [[priced(q.nodes, nodes, kind, *way) if q.nodes else 0 for q in quotas] for way in some]
            )
            self.offer = summed(self.offer, [offered(problem, kind, way[0])[self.rows] for way in some])
        self.least = int(self.cost.min(initial=0))

    def covering(self, load: np.ndarray, left: list[int]) -> list[tuple[int, NodeSchedule]]:
        """The cheapest rent that covers a load and leaves every quota room; none if there is none."""
        fits = np.all(load[self.rows] <= self.offer, axis=(1, 2)) & np.all(self.uses <= np.array(left), axis=1)
        at = np.flatnonzero(fits)
        if not len(at):
            return []
        best = at[self.cost[at].argmin()]
        on = np.array([way[0] for way in self.some[best]], np.int64).reshape(-1, load.shape[1])
        return [(int(self.cost[best]), NodeSchedule(on, np.array([way[1] for way in self.some[best]], np.int64)))]


def summed(these: np.ndarray, those: Sequence[Any]) -> np.ndarray:
    """Each of these plus each of those."""
    shape, other = these.shape[1:], np.array(those, np.int64).reshape(len(those), *these.shape[1:])
    return (these[:, None] + other).reshape(len(these) * len(those), *shape)


def ways(nodes: Nodes, kind: int, slots: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """(nodes on in each slot, committed) of a kind, as rule `nodes` allows them."""
    for on in product(*(range(most + 1) for most in nodes.count[kind].tolist())):
        started = starts(on, int(nodes.before[kind]))
        if any(on[t] < sum(started[max(0, t + 1 - int(nodes.minimum[kind])) : t + 1]) for t in range(slots)):
            continue
        for committed in range(int(nodes.commit_max[kind]) + 1):
            if nodes.on_demand[kind] or max(on, default=0) <= committed + int(nodes.reserved[kind]):
                yield on, committed


def starts(on: tuple[int, ...], first: int = 0) -> list[int]:
    """Nodes switched on at the beginning of each slot, when `first` are on before."""
    return [max(0, now - before) for before, now in pairwise((first, *on))]


def priced(costs: NodeCosts, nodes: Nodes, kind: int, on: tuple[int, ...], committed: int) -> int:
    """What nodes of a kind cost, slot by slot."""
    total, own = committed * int(costs.commit[kind]), committed + int(nodes.reserved[kind])
    stops, first = starts(on[::-1])[::-1], int(nodes.before[kind])
    stops[0] += max(0, first - on[0])
    for slot, (now, started, stopped) in enumerate(zip(on, starts(on, first), stops, strict=True)):
        total += max(0, now - own) * int(costs.on_demand[kind, slot]) + now * int(costs.on[kind, slot])
        total += started * int(costs.start[kind, slot]) + stopped * int(costs.stop[kind, slot])
    return total


def offered(problem: Problem, kind: int, on: tuple[int, ...]) -> np.ndarray:
    """What usable nodes of a kind offer, slot by slot."""
    nodes, offer, started = problem.nodes, np.zeros_like(problem.capacity), starts(on, int(problem.nodes.before[kind]))
    for slot, now in enumerate(on):
        booting = sum(started[max(0, slot + 1 - int(nodes.boot[kind])) : slot + 1]) if nodes.boot[kind] else 0
        for maker, row, size in zip(nodes.supply_node, nodes.supply_row, nodes.supply_size, strict=True):
            offer[row, slot] += size * (now - booting) * (maker == kind)
    return offer


def least_of_the_rest(problem: Problem, of_group: list[list[int]]) -> list[int]:
    """For each group, what it and all later ones cost if every copy took its cheapest way."""
    rest = [0]
    for group in reversed(range(problem.groups)):
        costs = [int(problem.columns.cost[column]) for column in of_group[group]]
        if problem.optional[group]:
            costs.append(int(problem.value[group]))
        rest.append(rest[-1] + int(problem.copies[group]) * min(costs, default=0))
    return rest[::-1]
