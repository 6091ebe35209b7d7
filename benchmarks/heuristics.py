"""Greedy against the article's naive rule, and what search and bound add to it. Re-run with

    python benchmarks/heuristics.py [--tasks 100 1000] [--seeds 3] [--seconds 20]

Protocol: a week of hourly slots; pools of 8-16 devices with a daily tariff; tasks of random volume on 1-8
devices, three pools each; what is left out costs several times its running. One process, one core. For
every size the median over seeds of: seconds of greedy, cost of least-loaded over that of greedy, and the
gaps of greedy and of LNS (after so many seconds) to the Lagrangian bound.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np

from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers.registry import load_method


class Clock:
    """A monitor that only watches the time."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Nothing to do."""

    def bound(self, value: int) -> None:
        """Nothing to do."""

    def best(self) -> Schedule | None:
        """Nobody else is searching."""
        return None

    def should_stop(self) -> bool:
        """Whether time is up."""
        return time.monotonic() > self.end


def week(tasks: int, pools: int, seed: int, load: float = 0.7, slots: int = 168) -> Problem:
    """A random week; see the protocol."""
    random = np.random.default_rng(seed)
    capacity = np.repeat(random.integers(8, 17, (pools, 1)), slots, axis=1)
    tariff = 1 + 0.3 * np.sin(np.arange(slots) * np.pi / 12 + 6 * random.random((pools, 1)))
    volume = capacity.sum() * load / tasks
    options = []
    for task in range(tasks):
        own, release = volume * random.uniform(0.3, 1.7), int(random.integers(slots // 2))
        deadline = int(min(slots, release + random.integers(slots // 4, slots)))
        for pool in random.choice(pools, min(pools, 3), replace=False).tolist():
            for devices in random.choice([1, 2, 4, 8], 2, replace=False).tolist():
                length = max(1, int(np.ceil(own / devices**0.9 * random.uniform(0.8, 1.2))))
                if deadline - length >= release:
                    options.append((task, pool, length, release, deadline - length, devices))
    group, pool_of, duration, first, last, demand = np.array(options, np.int64).T.copy()
    none, empty = np.zeros(tasks, np.int64), np.zeros(0, np.int64)
    return Problem(
        capacity=capacity.astype(np.int64),
        price=(random.integers(1000, 4000, (pools, 1)) * tariff).astype(np.int64),
        copies=np.ones(tasks, np.int64),
        optional=np.ones(tasks, bool),
        value=np.full(tasks, int(volume * 12_000)),
        late_slope=none,
        late_base=none,
        late_once=none,
        late_after=none,
        option_ptr=np.searchsorted(group, np.arange(tasks + 1)).astype(np.int64),
        pool=pool_of,
        duration=duration,
        fixed=np.zeros(len(group), np.int64),
        first=first,
        last=last,
        demand_ptr=np.arange(len(group) + 1),
        demand_row=pool_of,
        demand=demand,
        before=empty,
        after=empty,
        lag=empty,
    )


def timed(method: str, problem: Problem, seconds: float, warm: Schedule | None = None) -> tuple[Solution, float]:
    """A method's answer, and the seconds it took."""
    begun = time.perf_counter()
    answer = load_method(method)(problem, warm, Limits(time_limit=seconds), Clock(seconds))
    return answer, time.perf_counter() - begun


def line(tasks: int, seeds: int, seconds: float) -> str:
    """One row of the table."""
    figures = []
    for seed in range(seeds):
        problem = week(tasks, max(4, tasks // 100), seed)
        greedy, spent = timed("greedy", problem, 60)
        naive, _ = timed("least-loaded", problem, 60)
        prices, _ = timed("lagrangian", problem, seconds)
        searched, _ = timed("lns", problem, seconds, greedy.schedule)
        assert greedy.schedule
        assert naive.schedule
        assert searched.schedule
        assert prices.bound is not None
        costs = [objective(problem, answer.schedule) for answer in (greedy, naive, searched) if answer.schedule]
        gaps = [100 * (cost - prices.bound) / cost for cost in (costs[0], costs[2])]
        figures.append((spent, costs[1] / costs[0], *gaps))
    spent, ratio, before, after = (median(column) for column in zip(*figures, strict=True))
    return f"{tasks:>7} {spent:>10.2f} {ratio:>14.2f} {before:>12.2f} {after:>10.2f}"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    asked = parser.parse_args()
    timed("lns", week(5, 4, 0), 1)  # imports
    print(f"{'tasks':>7} {'greedy, s':>10} {'naive/greedy':>14} {'greedy gap %':>12} {'LNS gap %':>10}")
    for tasks in asked.tasks:
        print(line(tasks, asked.seeds, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
