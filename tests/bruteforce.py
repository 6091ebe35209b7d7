"""The optimum of tiny problems by trying everything: no cleverness, so that nothing can hide in it."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement, product
from math import prod

import numpy as np

from leptonopt.problem import Problem, Quota, Schedule, broken_rules
from leptonopt.renting import NodeCosts, Nodes, Rent, kept


def optimum(problem: Problem, most: int = 500_000) -> tuple[int, Schedule] | None:
    """(cost, a schedule of that cost); None when no schedule keeps every rule.

    Depth first over groups, cutting only where the capacity is already exceeded, or where even the
    cheapest of every later group is no better.
    Raises `OverflowError` when more than `most` steps would be needed.
    """
    columns = problem.columns
    of_group = [np.flatnonzero(problem.group[columns.option] == g).tolist() for g in range(problem.groups)]
    for each in of_group:
        each.sort(key=lambda column: int(columns.cost[column]))
    rest = least_of_the_rest(problem, of_group)
    load, rents = np.zeros_like(problem.capacity), Rents(problem)
    best: list[tuple[int, Schedule]] = []
    chosen: list[int] = []
    nodes = 0

    def put(column: int, sign: int) -> bool:
        option, start = int(columns.option[column]), int(columns.start[column])
        rows, amounts = problem.demands(option)
        load[rows, start : start + int(problem.duration[option])] += sign * amounts[:, None]
        return bool(np.all(load <= problem.capacity))

    def descend(group: int, cost: int) -> None:
        nonlocal nodes
        nodes += 1
        if nodes > most:
            raise OverflowError("too large for brute force")
        if group == problem.groups:
            nodes += 20 + len(rents.rents) // 100  # a leaf is dear, and all rents are tried
            schedule = Schedule.of(columns.option[chosen], columns.start[chosen])
            for more, rent in rents.covering(
                load, [quota.limit - used(problem, quota, schedule) for quota in problem.quotas]
            ):
                whole = replace(schedule, rent=rent)
                if (not best or cost + more < best[0][0]) and not broken_rules(problem, whole):
                    best[:] = [(cost + more, whole)]
            return
        copies = int(problem.copies[group])
        for run in range(copies, -1 if problem.optional[group] else copies - 1, -1):
            for picked in combinations_with_replacement(of_group[group], run):
                left = (copies - run) * int(problem.value[group])
                so_far = cost + left + sum(int(columns.cost[c]) for c in picked)
                if best and so_far + rest[group + 1] + rents.least >= best[0][0]:
                    continue
                fits = True
                for column in picked:
                    fits &= put(column, 1)
                chosen.extend(picked)
                if fits:
                    descend(group + 1, so_far)
                for column in picked:
                    chosen.pop()
                    put(column, -1)

    descend(0, 0)
    return best[0] if best else None


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
    """Every rent of the nodes of a problem, with what it offers, costs and uses of quotas."""

    def __init__(self, problem: Problem) -> None:
        nodes = problem.nodes
        each = [
            [
                (on, committed)
                for on in product(*(range(most + 1) for most in nodes.count[kind].tolist()))
                for committed in range(int(nodes.commit_max[kind]) + 1)
            ]
            for kind in range(len(nodes))
        ]
        if prod(map(len, each)) > 6_000:
            raise OverflowError("too large for brute force")
        found = [
            Rent(
                np.array([on for on, _ in some]).reshape(len(nodes), problem.slots),
                np.array([c for _, c in some], np.int64),
            )
            for some in product(*each)
        ]
        self.rents = [rent for rent in found if not len(nodes) or kept(nodes, rent)]
        self.cost = np.array([self.priced(nodes.costs, nodes, rent) for rent in self.rents], np.int64)
        self.rows = np.unique(nodes.supply_row)
        self.offer = np.array([self.offered(problem, rent)[self.rows] for rent in self.rents])
        self.uses = np.array(
            [[self.priced(q.nodes, nodes, rent) if q.nodes else 0 for q in problem.quotas] for rent in self.rents]
        ).reshape(len(self.rents), -1)
        self.least = int(self.cost.min(initial=0))

    def covering(self, load: np.ndarray, left: list[int]) -> list[tuple[int, Rent]]:
        """The cheapest rent that covers a load and leaves every quota room; none if there is none."""
        fits = np.all(load[self.rows] <= self.offer, axis=(1, 2)) & np.all(self.uses <= np.array(left), axis=1)
        at = np.flatnonzero(fits)
        if not len(at):
            return []
        best = at[self.cost[at].argmin()]
        return [(int(self.cost[best]), self.rents[best])]

    @staticmethod
    def priced(costs: NodeCosts, nodes: Nodes, rent: Rent) -> int:
        """Slot by slot."""
        total = 0
        for kind, line in enumerate(rent.on.tolist()):
            own = int(rent.committed[kind] + nodes.reserved[kind])
            total += int(rent.committed[kind] * costs.commit[kind])
            for slot, on in enumerate(line):
                before, behind = line[slot - 1] if slot else 0, line[slot + 1] if slot + 1 < len(line) else 0
                total += int(max(0, on - own) * costs.on_demand[kind, slot] + on * costs.on[kind, slot])
                total += int(
                    max(0, on - before) * costs.start[kind, slot] + max(0, on - behind) * costs.stop[kind, slot]
                )
        return total

    @staticmethod
    def offered(problem: Problem, rent: Rent) -> np.ndarray:
        """What usable nodes offer, slot by slot."""
        nodes, offer = problem.nodes, np.zeros_like(problem.capacity)
        for kind, row, size in zip(nodes.supply_node, nodes.supply_row, nodes.supply_size, strict=True):
            line = rent.on[kind].tolist()
            for slot in range(len(line)):
                starts = [max(0, line[t] - (line[t - 1] if t else 0)) for t in range(slot + 1)]
                booting = sum(starts[max(0, slot + 1 - int(nodes.boot[kind])) :]) if nodes.boot[kind] else 0
                offer[row, slot] += size * (line[slot] - booting)
        return offer


def least_of_the_rest(problem: Problem, of_group: list[list[int]]) -> list[int]:
    """For each group, what it and all later ones cost if every copy took its cheapest way."""
    rest = [0]
    for group in reversed(range(problem.groups)):
        ways = [int(problem.columns.cost[column]) for column in of_group[group]]
        if problem.optional[group]:
            ways.append(int(problem.value[group]))
        rest.append(rest[-1] + int(problem.copies[group]) * min(ways, default=0))
    return rest[::-1]
