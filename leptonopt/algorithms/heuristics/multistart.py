"""Multistart: construct, repair and improve by several priority orders; keep the best schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass

from leptonopt.algorithms.heuristics.due_date_rules import due_date_orders, has_due_dates
from leptonopt.algorithms.heuristics.ejection_pool import repair_by_ejection
from leptonopt.algorithms.heuristics.list_scheduling import ListScheduler, priority_orders
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule, ProblemIndex
from leptonopt.algorithms.heuristics.reinsertion import improve, use_slack
from leptonopt.algorithms.heuristics.ruin_and_recreate import RuinAndRecreate
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup


@dataclass(frozen=True)
class MultiStartTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    guided_attempts: int = 16  # attempts with multipliers
    guided_groups: int = 3_000  # groups inserted in all attempts with multipliers
    priced_columns: int = 40_000_000  # columns priced in all subgradient rounds
    ruin_steps: int = 400  # steps of ruin and recreate
    ruin_steps_per_job: int = 20  # most steps of ruin and recreate: small problems have few schedules
    large: int = 1_000  # groups above which only the longest repair is tried
    long_effort: int = 16  # longest repair, in multiples of the usual effort
    pace_attempts: int = 12  # bisection steps between cheapest starts and earliest ends
    ejections: int = 5  # ejection steps per unassigned group at the usual effort
    job_share: float = 0.25  # share of the time for each of the two searches by kernels over jobs
    job_seconds: float = 3.0  # the same in seconds; of a baseline its share of that
    seconds_per_job: float = 0.05  # of each of these searches: what has no plan must not take all of the time
    order_groups: int = 60  # groups up to which schedules of orders for lateness are always taken
    notable_gain: float = 0.15  # of orders for lateness over a construction, below which their schedule is not taken:
    # neighbourhoods leave its basin late (elasticflow-100, 25 s: 6,999 from 7,093 by orders, 6,754 from 7,650 without)
    listed_groups: int = 3_000  # groups above which kernels alone construct: 20,000 in a second, without them in ten
    dated_groups: int = 400  # groups above which orders for lateness are constructed by kernels alone


TUNING = MultiStartTuning()


def prepare_search(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, engine: str
) -> tuple[MultiStart, int] | Solution:
    """Return the initial schedule and the uncapacitated bound of a search, or why there is none."""
    blocks = BlockPricer(problem)
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    starts = MultiStart(problem, blocks, limits, monitor)
    starts.initialise(warm_start)
    if starts.found is None:
        note = f"no schedule to start from: {starts.shortfall()}"
        return Solution(Status.UNKNOWN, Stop.DONE, bound=bound, engine=engine, note=note)
    return starts, bound


class MultiStart:
    """Best schedule of the orders tried so far; also the monitor of the steps that make them.

    Attributes
    ----------
    found, cost : the best schedule and its objective; None and 0 without one
    fewest : the least number of unassigned mandatory groups of an attempt
    deadline, latest : end of the time: after the first construction, and for that construction
    share : share of the time limit for what follows the first construction; below 1 for a start of other methods
    """

    def __init__(
        self, problem: Problem, blocks: BlockPricer, limits: Limits, monitor: Monitor, share: float = 1.0
    ) -> None:
        """Prepare; `share` of the time limit is for what follows the first construction."""
        self.problem, self.blocks, self.limits, self.monitor = problem, blocks, limits, monitor
        self.shape = ProblemIndex(problem)
        self.true = CostGuide.true(problem, blocks)
        self.found: Schedule | None = None
        self.cost = 0
        self.notable: int | None = None  # cost above which schedules of a search over orders are not taken
        self.fewest = problem.groups + 1
        self.built = False
        self.latest = limits.deciding()
        self.deadline, self.share = self.latest.share(share), share

    def shortfall(self) -> str:
        """Return in words why no schedule was found."""
        if self.fewest > self.problem.groups:
            return "no construction was completed"
        if self.fewest:
            return f"{self.fewest} groups of mandatory tasks found no place"
        return "all mandatory tasks were placed, but a quota or a node limit is exceeded"

    def should_stop(self) -> bool:
        """Return whether the monitor asks for a stop, or the time is up."""
        return self.monitor.should_stop() or (self.deadline if self.built else self.latest).expired()

    def out_of_time(self) -> bool:
        """Return whether the monitor asks for a stop, or all of the time limit is over."""
        return self.monitor.should_stop() or self.latest.expired()

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Pass a schedule on to the monitor."""
        self.monitor.incumbent(schedule, cost)

    def bound(self, value: int) -> None:
        """Pass a bound on to the monitor."""
        self.monitor.bound(value)

    def best(self) -> Schedule | None:
        """Return the best schedule."""
        return self.found

    def initialise(self, given: Schedule | None) -> None:
        """Take a given schedule, the monitor's best schedule, or the best constructed here."""
        self.adopt(given)
        if self.found is None:
            self.adopt(self.monitor.best())
        if self.found is None:
            self.run()

    def run(self) -> None:
        """Construct plainly, then by multipliers; without a schedule try more orders and longer repairs."""
        if self.problem.groups > TUNING.listed_groups and self.run_compiled():
            return
        ranks = priority_orders(self.problem, self.blocks)
        self.build(ranks)
        annealed = self.search_jobs() and self.found is not None
        # Beside rented nodes and quotas annealing goes on after a baseline, and then multipliers guide it.
        if self.problem.groups and (self.problem.capacity < UNLIMITED).any() and not (annealed and self.share < 1):
            self.run_with_multipliers(ranks)
        for effort in (TUNING.long_effort,) if self.problem.groups > TUNING.large else (1, 4, TUNING.long_effort):
            for at, rank in enumerate(ranks):
                if self.found is None:
                    self.attempt(rank, self.true, hurry=at % 2 == 1, effort=effort)
        if self.found is None:
            self.search_jobs(last=True)

    def build(self, ranks: list[list[float]]) -> None:
        """Construct without multipliers: by volume, and with nodes by all orders.

        Where there is precedence also in a hurry.
        """
        waits = len(self.problem.before) > 0  # with hurry, construction may succeed where repair fails
        smooth = self.attempt(ranks[0], self.true, hurry=False, passes=0, effort=1 if waits else TUNING.long_effort)
        if waits:
            self.attempt(ranks[0], self.true, hurry=True, passes=0)
            if not smooth and self.found is not None:
                self.search_time_cost(ranks[0])
            if self.found is None:  # one long repair is better than many short ones
                self.attempt(ranks[0], self.true, hurry=False, effort=TUNING.long_effort)
        if len(self.problem.nodes) and self.problem.groups <= TUNING.large:
            for rank in ranks[1:]:  # which order shares nodes best differs: by a factor of two between weeks
                self.attempt(rank, self.true, hurry=False)

    def run_compiled(self) -> bool:
        """Construct by kernels in all orders, then search under penalties; return whether there is a schedule."""
        coupled = bool(self.problem.quotas or len(self.problem.nodes))
        if not (coupled or has_due_dates(self.problem)) or not self.kernels_ready(wait=True):
            return False
        from leptonopt.algorithms.heuristics.job_arrays import fits_kernels  # load numba
        from leptonopt.algorithms.heuristics.job_search import JobSearch

        if not fits_kernels(self.problem):
            return False
        search = JobSearch(self.problem, self.blocks, self.limits, self.should_stop, self.take)
        search.construct()
        self.built = True
        seconds = TUNING.job_share * self.limits.effort
        if self.found is not None:
            seconds = min(self.share * TUNING.job_seconds, seconds)
        search.search_with_penalties(seconds, first=self.found is None)
        return self.found is not None

    def search_jobs(self, last: bool = False) -> bool:
        """Search by kernels over jobs; return whether by penalties.

        Orders are searched where lateness costs, penalties are used where nodes or quotas count. Orders for lateness
        are constructed without kernels first: these may not be compiled yet. With `last`, only a first schedule is
        sought, in all the time that is left.
        """
        problem, dated = self.problem, has_due_dates(self.problem)
        penalised = bool(problem.quotas or len(problem.nodes)) or self.found is None
        if not (dated or penalised) or self.should_stop():
            return False
        if dated and not last and problem.groups <= TUNING.dated_groups:
            for order in due_date_orders(problem):
                self.attempt(order.tolist(), self.true, hurry=False)
        if not self.kernels_ready() or self.should_stop():
            return False
        from leptonopt.algorithms.heuristics.job_arrays import fits_kernels  # load numba
        from leptonopt.algorithms.heuristics.job_search import JobSearch

        if not fits_kernels(problem):
            return False
        over = self.should_stop if last else self.out_of_time
        search = JobSearch(problem, self.blocks, self.limits, over, self.take)
        most = TUNING.seconds_per_job * len(search.jobs.penalty)
        seconds = min(self.share * TUNING.job_seconds, TUNING.job_share * self.limits.effort, most)
        if dated and not last:
            if self.found is not None and not penalised and problem.groups > TUNING.order_groups:
                self.notable = round(self.cost - TUNING.notable_gain * abs(self.cost))
            search.search_orders(seconds)
            self.notable = None
        if self.found is not None:
            search.enter(self.found)
        if penalised:
            search.search_with_penalties(min(self.limits.effort, most) if last else seconds, first=last)
        if self.found is not None:
            self.adopt(self.found)
        return penalised

    def kernels_ready(self, wait: bool = False) -> bool:
        """Return whether the kernels over jobs are compiled; `wait` for them, as deterministic mode does."""
        if jit.compiled(jit.JOBS):
            return True
        if not (wait or self.limits.deterministic):
            return False
        warmup = JitWarmup(part=jit.JOBS)
        try:
            return warmup.awaited(self.monitor.should_stop)
        finally:
            warmup.end()

    def search_time_cost(self, rank: list[float]) -> None:
        """Search by bisection for the cost per slot between cheapest starts and earliest ends."""
        low, high = 0.0, math.log(max(2, min(abs(self.cost), UNLIMITED // (8 * self.problem.slots))))
        for _ in range(min(TUNING.pace_attempts, TUNING.guided_groups // self.problem.groups)):
            pace, before = (low + high) / 2, self.cost
            self.attempt(rank, self.true, hurry=False, pace=round(math.exp(pace)))
            low, high = (low, pace) if self.cost < before else (pace, high)

    def run_with_multipliers(self, ranks: list[list[float]]) -> None:
        """Construct by multipliers of several subgradient rounds; improve the best by ruin and recreate."""
        ascent = DualAscent(self.problem, self.blocks)
        attempts = max(1, min(TUNING.guided_attempts, TUNING.guided_groups // self.problem.groups))
        moments = max(1, attempts // 4)
        rounds = max(15, min(80, TUNING.priced_columns // (self.blocks.columns + 100_000)))
        guide = self.true
        for _ in range(moments):
            for _ in range(-(-rounds // moments)):
                if self.should_stop():
                    return
                ascent.step()
            guide = ascent.guide()
            for rank in ranks[: -(-attempts // moments)]:
                self.attempt(rank, guide, hurry=False)
        if self.found is not None and not self.should_stop():
            placing = PartialSchedule(self.problem, self.shape, self.found)
            tries = min(TUNING.ruin_steps, 100 * TUNING.guided_groups // self.problem.groups)
            tries = min(tries, TUNING.ruin_steps_per_job * int(self.problem.copies.sum()))
            RuinAndRecreate(placing, guide, self.true, ranks[0], self.limits.seed).run(tries, self)
            improve(placing, self.true, self, passes=2)
            self.accept(placing)

    def attempt(
        self, rank: list[float], guide: CostGuide, hurry: bool, effort: int = 1, passes: int = 1, pace: int = 0
    ) -> bool:
        """Construct, repair and improve one schedule; return whether construction alone placed all."""
        if self.built and self.should_stop():
            return False
        placing = PartialSchedule(self.problem, self.shape)
        builder = ListScheduler(placing, guide, self.true, rank, hurry, pace)
        whole = builder.build(self)
        self.built = True
        if not whole:
            return False
        smooth = builder.smooth and not placing.unplaced()
        if placing.unplaced() and self.found is None:
            tries = TUNING.ejections * effort * max(20, min(200, len(placing.unplaced())))
            repair_by_ejection(placing, self.true, tries, self.limits.seed + effort, self)
        left = len(placing.unplaced())
        self.fewest = min(self.fewest, left)
        if not left:
            if pace:
                use_slack(placing, self.true, self)
            improve(placing, self.true, self, passes)
            self.accept(placing)
        return smooth

    def adopt(self, schedule: Schedule | None) -> None:
        """Take over and improve a given schedule that keeps the rules."""
        if schedule is not None and not violated_rules(self.problem, schedule):
            cost = objective(self.problem, schedule)
            if self.found is None or cost < self.cost:
                self.found, self.cost = with_node_schedule(self.problem, schedule), cost
                self.monitor.incumbent(self.found, cost)
            placing = PartialSchedule(self.problem, self.shape, schedule)
            improve(placing, self.true, self, passes=2)
            self.accept(placing)

    def accept(self, placing: PartialSchedule) -> None:
        """Report a complete schedule that keeps every rule and costs less than the best."""
        self.take(placing.schedule())

    def take(self, schedule: Schedule) -> None:
        """Report a schedule if it keeps every rule and costs less than the best."""
        schedule = with_node_schedule(self.problem, schedule)
        if violated_rules(self.problem, schedule):
            return
        cost = objective(self.problem, schedule)
        if self.notable is not None and cost > self.notable:
            return
        if self.found is None or cost < self.cost:
            self.found, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)
