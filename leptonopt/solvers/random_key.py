"""Biased random-key genetic search (Gonçalves & Resende 2011, doi:10.1007/s10732-010-9143-1).

A chromosome is a number in [0, 1) per group of tasks; it is decoded by placing the groups in the order of
their numbers, each where it is cheapest then. The best fifth lives on, a seventh is drawn anew, and the rest
are children that take each key from the better parent with probability 0.7. A baseline that stands for
metaheuristics which know the problem only through a decoder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.list_scheduling import ListScheduler
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule, ProblemIndex
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.problem.arrays import Floats
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Stop
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule


@dataclass(frozen=True)
class GeneticSettings:
    """Parameters of the genetic algorithm.

    Attributes
    ----------
    population : individuals
    elite : individuals that survive
    mutants : individuals made anew in each generation
    bias : probability of the key of the elite parent
    generations : generations at most
    steady : generations in deterministic mode, where no clock ends the search
    """

    population: int = 30
    elite: int = 6
    mutants: int = 4
    bias: float = 0.7
    generations: int = 10_000
    steady: int = 40


SETTINGS = GeneticSettings()


Keys = Floats


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search until the time is up; the warm start is ignored."""
    engine = f"numpy {np.__version__}"
    deadline = limits.start()
    blocks = BlockPricer(problem)
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    decoder = _Decoder(problem, CostGuide.true(problem, blocks), monitor)
    random = np.random.default_rng(limits.seed)
    keys = random.random((SETTINGS.population, problem.groups))
    worth = np.array([decoder.worth(line) for line in keys])
    stop = Stop.DONE
    for _ in range(SETTINGS.steady if limits.deterministic else SETTINGS.generations):
        if decoder.cost == bound:
            break
        if monitor.should_stop() or deadline.expired():
            stop = Stop.LIMIT
            break
        order = np.argsort(worth, kind="stable")
        elite, others = keys[order[: SETTINGS.elite]], keys[order[SETTINGS.elite :]]
        born = SETTINGS.population - SETTINGS.elite - SETTINGS.mutants
        better = elite[random.integers(SETTINGS.elite, size=born)]
        other = others[random.integers(len(others), size=born)]
        children = np.where(random.random(better.shape) < SETTINGS.bias, better, other)
        young = np.concatenate([children, random.random((SETTINGS.mutants, problem.groups))])
        keys = np.concatenate([elite, young])
        worth = np.concatenate([worth[order[: SETTINGS.elite]], [decoder.worth(line) for line in young]])
    note = "no order of tasks left room for all" if decoder.found is None else ""
    return Solution.claim(decoder.found, decoder.cost, bound, stop, engine, note)


class _Decoder:
    """Decode keys to schedules, and keep the best."""

    def __init__(self, problem: Problem, guide: CostGuide, monitor: Monitor) -> None:
        self.problem, self.guide, self.monitor = problem, guide, monitor
        self.shape = ProblemIndex(problem)
        self.found: Schedule | None = None
        self.cost: int | None = None

    def worth(self, keys: Keys) -> float:
        """Return the cost of a schedule, plus a penalty above all costs for each group without a place."""
        if self.monitor.should_stop():
            return float("inf")
        placing = PartialSchedule(self.problem, self.shape)
        ListScheduler(placing, self.guide, self.guide, keys.tolist(), hurry=False).build()
        if left := len(placing.unplaced()):
            return 1e300 * (1 + left / (1 + self.problem.groups))
        schedule = with_node_schedule(self.problem, placing.schedule())
        if violated_rules(self.problem, schedule):
            return float("inf")
        cost = objective(self.problem, schedule)
        if self.cost is None or cost < self.cost:
            self.found, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)
        return float(cost)
