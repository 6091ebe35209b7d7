"""Improve a schedule beside meters and savings plans by moving one run at a time.

Columns are ranked by what they cost at marginal prices, the tier or line that is paid without the run, and the cheapest
few are compared by the exact objective.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, column_costs, metered_use, node_schedule_of, objective

TRIED = 5  # columns of each run that are compared exactly


def moved(problem: Problem, schedule: Schedule, stop: Callable[[], bool], seed: int) -> Schedule:
    """Return the schedule after moves that lower the objective, until none does or `stop` returns True."""
    rng, columns = np.random.default_rng(seed), problem.columns
    best, schedule = objective(problem, schedule), replace(schedule, rent=None)
    still = 0
    while still < len(schedule.option) and not stop():
        for at in rng.permutation(len(schedule.option)).tolist():
            if stop() or still >= len(schedule.option) or at >= len(schedule.option):
                break
            still += 1
            rest = _without(schedule, at)
            same = np.flatnonzero(problem.group[columns.option] == problem.group[schedule.option[at]])
            option, start = columns.option[same], columns.start[same]
            for place in np.argsort(_marginal(problem, rest, option, start), kind="stable")[:TRIED].tolist():
                made = _with(rest, int(option[place]), int(start[place]))
                if not violated_rules(problem, made) and (cost := objective(problem, made)) < best:
                    best, schedule, still = cost, made, 0
    return schedule


def _without(schedule: Schedule, at: int) -> Schedule:
    """Return the schedule without one copy of an entry."""
    count = schedule.count.copy()
    count[at] -= 1
    return Schedule.of(schedule.option, schedule.start, count)


def _with(schedule: Schedule, option: int, start: int) -> Schedule:
    """Return the schedule with one copy more in a column."""
    entries = (np.append(schedule.option, option), np.append(schedule.start, start), np.append(schedule.count, 1))
    return Schedule.of(*entries)


def _marginal(problem: Problem, schedule: Schedule, option: Ints, start: Ints) -> Ints:
    """Return what columns cost at the marginal prices of a schedule, int64, shape (N,)."""
    rent = node_schedule_of(problem, schedule)
    used = [0] * len(problem.meters) if rent is None else metered_use(problem, schedule, rent)
    prices = _unit_prices(problem, used)
    rates, once = problem.price.copy(), np.zeros(len(option), np.int64)
    for meter, price in zip(problem.meters, prices, strict=True):
        rates[meter.use.rows] += price * meter.use.rate
        if meter.use.once_of:
            within = (start >= meter.use.first) & (start <= meter.use.last)
            once += price * within * np.array([meter.use.once_of.get(each, 0) for each in option.tolist()])
    prefix = np.concatenate([np.zeros((len(rates), 1), np.int64), np.cumsum(rates, axis=1)], axis=1)
    costs: Ints = column_costs(problem, option, start, prefix) + once
    return costs


def _unit_prices(problem: Problem, used: list[int]) -> list[int]:
    """Return what one unit more of each meter costs, savings plans included [money units]."""
    pairs = zip(problem.meters, used, strict=True)
    prices = [
        int(meter.price[np.searchsorted(meter.begin, use, "right") - 1]) if meter.priced(use) >= meter.least else 0
        for meter, use in pairs
    ]
    for plan in problem.savings:
        steps = plan.best_steps(used)
        for window in plan.windows:
            line = int((window.price @ np.array(used)[window.meters] + window.step @ steps + window.base).argmax())
            for meter, price in zip(window.meters.tolist(), window.price[line].tolist(), strict=True):
                prices[meter] += price
    return prices
