"""First schedule on single nodes, and its improvement by an effort."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.single_nodes.construction import construct, construct_early, priority_orders, reinsert, sample
from leptonopt.algorithms.single_nodes.ejection_pool import EjectionPool
from leptonopt.algorithms.single_nodes.partial_schedule import SingleNodeSchedule
from leptonopt.algorithms.single_nodes.ruin_and_recreate import TUNING as RUIN
from leptonopt.algorithms.single_nodes.ruin_and_recreate import RuinAndRecreate
from leptonopt.algorithms.single_nodes.supports import unsupported_rule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule
from leptonopt.runtime.deadline import Stopwatch


@dataclass(frozen=True)
class SearchTuning:
    """Tuning constants of a first schedule.

    Attributes
    ----------
    rounds : turns of repair of every construction
    first_steps : ejection steps per group after two constructions, before there are others
    steps : ejection steps per group in the first turn, twice as many in each following one; sample09 takes some ten,
        and short turns over all constructions lose what the weights have learnt
    by_part : share of a node's price that a group pays by its part of the node while a schedule is built: 4 % cheaper
        than 0 on the challenge's instance20
    nodes : nodes that a group is tried on in a construction, chosen at random, where there are twice as many
    passes : passes of reinsertion after the construction; a third one moves less than 2 % of the groups
    effort, effort_group : seconds of ruin and recreate after a construction at most, and for each group, estimated by
        size: a first plan has to come soon
    pause : seconds between two reports; a report costs as much as ten steps
    insertion, cell : seconds of an insertion, and of a cell of its table (options x rows x slots), on one core of 2026
    """

    rounds: int = 4
    first_steps: int = 4
    steps: int = 10
    by_part: float = 0.75
    nodes: int = 32
    passes: int = 2
    effort: float = 1.0
    effort_group: float = 0.002
    pause: float = 0.3
    insertion: float = 1.0e-4
    cell: float = 6.0e-9


TUNING = SearchTuning()


def first_plan(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, share: float
) -> Solution | None:
    """Return a first plan on single nodes; None where they do not cover a rule, or none was found.

    Improvement takes an effort that grows with the groups, and ends once a share of the time limit is over.
    """
    if unsupported_rule(problem):
        return None
    deadline = limits.deciding().share(share)
    search = SingleNodeSearch(problem, monitor, limits.seed)
    if not search.start(warm_start):
        return None
    done = search.steps(min(TUNING.effort, TUNING.effort_group * problem.groups))
    search.improve(lambda: 1.0 if deadline.expired() else done())
    return search.solution()


class SingleNodeSearch:
    """A search for a schedule of least cost, which reports its best to a monitor.

    Attributes
    ----------
    best, cost : the best schedule, None without one, and its exact cost [money units]
    stop : why it ended
    """

    engine = f"numpy {np.__version__}"

    def __init__(self, problem: Problem, monitor: Monitor, seed: int) -> None:
        self.problem, self.monitor, self.seed = problem, monitor, seed
        self.best: Schedule | None = None
        self.cost, self.stop = 0, Stop.DONE

    def start(self, given: Schedule | None) -> bool:
        """Begin from a given schedule or a construction; return False without either."""
        if given is not None and not violated_rules(self.problem, given):
            self.placing: SingleNodeSchedule = SingleNodeSchedule(self.problem, given)
            self.take(given)
            return True
        if (placing := first_schedule(self.problem, self.seed, self.monitor.should_stop)) is None:
            self.stop = Stop.LIMIT if self.monitor.should_stop() else Stop.DONE
            return False
        self.placing = placing
        self.take(placing.schedule())
        descend(placing, self.seed, self.monitor.should_stop)
        self.take(placing.schedule())
        return self.best is not None

    def improve(self, done: Callable[[], float]) -> None:
        """Ruin and recreate until `done` is 1, or the monitor stops it."""
        search, reported, last = RuinAndRecreate(self.placing, self.seed), self.cost, Stopwatch()

        def share() -> float:
            nonlocal reported
            if self.monitor.should_stop():
                self.stop = Stop.LIMIT
                return 1.0
            if search.best_cost < reported and last.rings(TUNING.pause):
                self.take(search.best)
                reported = search.best_cost
            return done()

        search.run(share)
        self.take(search.best)

    def steps(self, effort: float) -> Callable[[], float]:
        """Return the share of an effort [s] that is over, counted in steps."""
        total = max(1, int(effort / step_seconds(self.problem)))
        taken = iter(range(total + 1))
        return lambda: next(taken, total) / total

    def take(self, schedule: Schedule) -> None:
        """Report a schedule that keeps every rule and costs less than the best."""
        schedule = with_node_schedule(self.problem, schedule)
        if violated_rules(self.problem, schedule):
            return
        cost = objective(self.problem, schedule)
        if self.best is None or cost < self.cost:
            self.best, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)

    def solution(self) -> Solution:
        """Return the best schedule as a claim without a bound."""
        return Solution(Status.FEASIBLE, self.stop, self.best, engine=self.engine)


def first_schedule(problem: Problem, seed: int, stop: Callable[[], bool]) -> SingleNodeSchedule | None:
    """Return a complete schedule, built in one of several orders or repaired; None when none was found.

    The first construction is the cheapest, the second packs densest: the better of them is repaired before there are
    others. Then all are repaired in turn, that with the fewest groups left first, each time for twice as many steps.
    """
    tight, volume, latest, length = priority_orders(problem)
    pools: list[EjectionPool] = []
    like: SingleNodeSchedule | None = None
    for order, early in ((tight, False), (latest, True), (volume, False), (latest, False), (length, False)):
        like = placing = SingleNodeSchedule(problem, like=like)
        some = sample(TUNING.nodes, seed)
        built = (
            construct_early(placing, order, stop) if early else construct(placing, order, stop, TUNING.by_part, some)
        )
        if built and placing.whole():
            return placing
        pools.append(EjectionPool(placing, seed + len(pools)))
        pools.sort(key=lambda pool: len(pool.placing.unplaced()))
        if built and len(pools) == 2 and pools[0].run(TUNING.first_steps * problem.groups, stop):
            return pools[0].placing
        if stop():
            return None
    for turn in range(TUNING.rounds):
        for pool in pools:
            if pool.run((TUNING.steps << turn) * problem.groups, stop):
                return pool.placing
            if stop():
                return None
    return None


def descend(placing: SingleNodeSchedule, seed: int, stop: Callable[[], bool]) -> None:
    """Reinsert all groups in random orders."""
    random = np.random.default_rng(seed)
    for _ in range(TUNING.passes):
        reinsert(placing, random.permutation(placing.problem.groups), stop)


def step_seconds(problem: Problem) -> float:
    """Return the estimated seconds of a step of ruin and recreate."""
    per_group = max(1, problem.groups)
    width = float((problem.last - problem.first + problem.duration).mean()) if problem.options else 1.0
    rows = len(problem.demand) / max(1, problem.options)
    cells = problem.options / per_group * rows * width
    return RUIN.groups / 2 * (TUNING.insertion + TUNING.cell * cells)
