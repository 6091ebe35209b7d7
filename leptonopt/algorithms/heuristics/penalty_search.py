"""Search under penalties: ruin and recreate with simulated annealing.

Quotas, and jobs that must run and have no place, carry penalties. The search crosses plans that exceed a budget or
leave out a job that must run; see `heuristics.ruin_kernels`. Nodes are estimated meanwhile. A schedule is judged by the
rules of the problem at the end of a round; where its nodes exceed a quota after all, that quota gets a tighter limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.job_kernels import enter
from leptonopt.algorithms.heuristics.ruin_kernels import PARAMETERS, RuinBest, ruin_and_recreate
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use, usage
from leptonopt.runtime.deadline import Stopwatch


@dataclass(frozen=True)
class PenaltyTuning:
    """Tuning constants with their units.

    Attributes
    ----------
    steps : steps of the first round; in deterministic mode of every round
    round_seconds : length of a round that later ones are fitted to [s]; grows with the jobs, which a round enters anew
    round_jobs : jobs of a round of that length
    hot, cold : first and last temperature, as shares of the geometric mean of what a step costs more
    cooling : steps per job from the first to the last temperature; twice as many each time that it begins again
    trust : greatest factor on guiding costs
    per_second : steps that count as a second in deterministic mode
    """

    steps: int = 200
    round_seconds: float = 0.1
    round_jobs: int = 3_000
    hot: float = 0.7
    cold: float = 0.05
    cooling: int = 600
    trust: float = 1.5
    per_second: int = 20_000


TUNING = PenaltyTuning()


class PenaltySearch:
    """Simulated annealing over jobs; reports schedules that keep every quota, also by their exact nodes.

    Attributes
    ----------
    best : columns and cost of the best schedule that exceeds nothing by the estimate
    option, start : the current schedule
    limit, weight : limits of quotas, tightened where the estimate was too low, and penalties; shape (Q,)
    """

    def __init__(self, jobs: JobSet, ranks: Sequence[Floats], seed: int, found: Callable[[Schedule], object]) -> None:
        self.jobs, self.problem, self.found, self.seed = jobs, jobs.problem, found, seed
        empty, many = jobs.state(), len(jobs.penalty)
        self.penalty = jobs.soft_penalty()
        self.ranks = np.array([_scaled(rank[jobs.arrays.group]) for rank in ranks]).reshape(-1, many)
        self.option, self.start = empty.option.copy(), empty.start.copy()
        self.limit, self.weight = empty.limit, empty.weight
        self.first_weight, self.soft = empty.weight.copy(), self.penalty.copy()
        self.best = RuinBest(self.option.copy(), self.start.copy(), np.array([np.inf]))
        self.rise = np.zeros(2)
        self.trust = TUNING.trust if jobs.arrays.guide.any() else 0.0
        self.rounds = 0

    def enter(self, option: Ints, start: Ints) -> None:
        """Begin with a schedule, int64, shapes (J,); option -1 for jobs that do not run."""
        self.option, self.start = option.copy(), start.copy()

    def round(self, share: float, steps: int) -> None:
        """Run so many steps at the temperature of a share of the search that is over."""
        jobs = self.jobs
        state = jobs.state()._replace(limit=self.limit, weight=self.weight)
        enter(jobs.arrays, state, self.option, self.start)
        heat = self.mean_rise() * TUNING.hot * (TUNING.cold / TUNING.hot) ** share
        before = float(self.best.cost[0])
        self.rounds += 1
        ruin_and_recreate(
            jobs.arrays, state, self.ranks, jobs.depth, self.penalty, self.best, self.first_weight, self.soft,
            self.rise, heat, self.trust, steps, self.seed + 7919 * self.rounds, PARAMETERS,
        )  # fmt: skip
        self.option, self.start = state.option, state.start
        if self.best.cost[0] < before:
            self._judge()

    def mean_rise(self) -> float:
        """Return the geometric mean of what dearer steps cost more [money units]; little before the first."""
        return math.exp(float(self.rise[0] / self.rise[1])) if self.rise[1] else 1e-6

    def _judge(self) -> None:
        """Report the best schedule, or tighten the quotas that its exact nodes exceed."""
        schedule = self.jobs.schedule(self.best.option, self.best.start)
        if self.tightened(schedule):
            self.best.cost[0] = np.inf
        else:
            self.found(schedule)

    def tightened(self, schedule: Schedule) -> bool:
        """Tighten the limit of each quota that a schedule exceeds; return whether there is one."""
        problem, over = self.problem, False
        load = usage(problem, schedule)
        rent = node_schedule_of(problem, schedule, load)
        if rent is None:
            return False
        for number, quota in enumerate(problem.quotas):
            more = quota_use(problem, quota, schedule, rent, load) - quota.limit
            if more > 0:
                self.limit[number] -= more
                over = True
        return over

    def run(self, seconds: float, over: Callable[[], bool], first: bool = False) -> None:
        """Search for so many seconds or until `over`; with `first`, until a schedule exceeds nothing."""
        watch, steps, cooling = Stopwatch(), TUNING.steps, Cooling(seconds)
        length = TUNING.round_seconds * max(1.0, len(self.penalty) / TUNING.round_jobs)
        while (spent := watch.seconds()) < seconds and not over():
            self.round(cooling.share(spent), steps)
            if first and math.isfinite(self.best.cost[0]):
                return
            took = max(1e-4, watch.seconds() - spent)
            cooling.fit(took * TUNING.cooling * len(self.penalty) / steps)
            steps = max(1, min(4 * steps, int(steps * length / took)))

    def run_steps(self, seconds: float, over: Callable[[], bool], first: bool = False) -> None:
        """Search for the number of steps that counts as so many seconds; no clock is looked at."""
        rounds = max(1, int(seconds * TUNING.per_second / TUNING.steps))
        cooling = Cooling(rounds)
        cooling.fit(TUNING.cooling * len(self.penalty) / TUNING.steps)
        for turn in range(rounds):
            if over() or (first and math.isfinite(self.best.cost[0])):
                return
            self.round(cooling.share(turn), TUNING.steps)


class Cooling:
    """Cool over and over, each time twice as long, until an end that is known.

    Attributes
    ----------
    end : when the search ends, from 0 on
    begun, length : when the present cooling began, and how long it takes
    """

    def __init__(self, end: float) -> None:
        self.end, self.begun, self.length, self.wanted = end, 0.0, end, 0.0

    def fit(self, first: float) -> None:
        """Take the length of the first cooling, unless that is known."""
        if not self.wanted:
            self.wanted = first
            self._begin(0.0)

    def share(self, now: float) -> float:
        """Return the share of the present cooling that is over; begin anew where it ended."""
        if self.wanted and now >= self.begun + self.length < self.end:
            self.wanted *= 2
            self._begin(now)
        return min(1.0, (now - self.begun) / max(1e-9, self.length))

    def _begin(self, now: float) -> None:
        left = self.end - now
        self.begun, self.length = now, left if left < 2 * self.wanted else self.wanted


def _scaled(rank: Floats) -> Floats:
    """Return the ranks of jobs scaled to 0 .. 1, ties kept."""
    _, place = np.unique(rank, return_inverse=True)
    scaled: Floats = place.ravel() / max(1, int(place.max(initial=0)))
    return scaled


def columns_of(jobs: JobSet, schedule: Schedule) -> tuple[Ints, Ints]:
    """Return option and start of each job, int64, shapes (J,); option -1 for jobs that do not run."""
    problem: Problem = jobs.problem
    option, start = np.full(len(jobs.penalty), -1), np.full(len(jobs.penalty), -1)
    following = np.cumsum(np.concatenate([[0], problem.copies]))[:-1]
    for chosen, begin, count in schedule:
        at = int(following[problem.group[chosen]])
        option[at : at + count], start[at : at + count] = chosen, begin
        following[problem.group[chosen]] += count
    return option, start
