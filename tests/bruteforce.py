"""The optimum of tiny problems by trying everything: no cleverness, so that nothing can hide in it."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from leptonopt.problem import Problem, Schedule, broken_rules


def optimum(problem: Problem, most: int = 3_000_000) -> tuple[int, Schedule] | None:
    """(cost, a schedule of that cost); None when no schedule keeps every rule.

    Depth first over groups, cutting only where the capacity is already exceeded, or where even the
    cheapest of every later group is no better.
    Raises `OverflowError` when more than `most` nodes would be needed.
    """
    columns = problem.columns
    of_group = [np.flatnonzero(problem.group[columns.option] == g).tolist() for g in range(problem.groups)]
    for each in of_group:
        each.sort(key=lambda column: int(columns.cost[column]))
    rest = least_of_the_rest(problem, of_group)
    load = np.zeros_like(problem.capacity)
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
            schedule = Schedule.of(columns.option[chosen], columns.start[chosen])
            if (not best or cost < best[0][0]) and not broken_rules(problem, schedule):
                best[:] = [(cost, schedule)]
            return
        copies = int(problem.copies[group])
        for run in range(copies, -1 if problem.optional[group] else copies - 1, -1):
            for picked in combinations_with_replacement(of_group[group], run):
                left = (copies - run) * int(problem.value[group])
                so_far = cost + left + sum(int(columns.cost[c]) for c in picked)
                if best and so_far + rest[group + 1] >= best[0][0]:
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


def least_of_the_rest(problem: Problem, of_group: list[list[int]]) -> list[int]:
    """For each group, what it and all later ones cost if every copy took its cheapest way."""
    rest = [0]
    for group in reversed(range(problem.groups)):
        ways = [int(problem.columns.cost[column]) for column in of_group[group]]
        if problem.optional[group]:
            ways.append(int(problem.value[group]))
        rest.append(rest[-1] + int(problem.copies[group]) * min(ways, default=0))
    return rest[::-1]
