"""Large scale: prices, placement in stages, annealing, ejection.

For very many tasks with capacity, prices and windows. Of the model's rules it keeps once, window, capacity and cost
(with copies, optional tasks and lateness); a problem with others is refused by the rule's name.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import STEADY, SWIFT, DualAscent, Multipliers
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import infeasible_solution, uncapacitated_bound
from leptonopt.algorithms.large_scale.annealing import TUNING, Annealer, repair_to_feasible
from leptonopt.algorithms.large_scale.distributed_annealing import DistributedAnnealing, warm_up_workers
from leptonopt.algorithms.large_scale.ejection_search import EjectionSearch, next_batch_size
from leptonopt.algorithms.large_scale.staged_construction import (
    ONCE,
    Assignment,
    StageSchedule,
    construct_in_stages,
    price_prefix,
)
from leptonopt.algorithms.large_scale.supports import unsupported_rule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.calls import ExecutorLost
from leptonopt.runtime.deadline import Stopwatch
from leptonopt.runtime.jit import FAST
from leptonopt.runtime.jit_cache import JitWarmup

Found = TypeVar("Found")


@dataclass(frozen=True)
class LargeScaleSettings:
    """Shares and counts of the stages of `large-scale`; see docs/explanation/large-scale-experiments.md.

    Attributes
    ----------
    many : groups from which on prices have to come near in few rounds
    first : rounds of prices before the first plan
    report : rounds between exact bounds
    patience : rounds that gain less than `slope` when the prices are good
    slope : relative gain, see `patience`
    mending : share of the time left for mending what is placed, at most
    mends : steps of mending for each item, in deterministic mode
    pricing : share of the time for prices before placement, at most
    annealing : share of the time left for annealing, where it is compiled
    moves_each : moves of annealing for each item, in deterministic mode
    look : seconds for each item to settle what is annealed
    pause : pause between two such looks, in times of a look
    looks : such looks, in deterministic mode
    steps : steps of ejection in a row, at first
    heat : temperature of ejection without annealing, in mean costs of an item
    rounds : rounds of prices at most
    """

    many: int = 10_000
    first: int = 6
    report: int = 25
    patience: int = 50
    slope: float = 1e-4
    mending: float = 0.1
    mends: int = 100
    pricing: float = 0.25
    annealing: float = 0.93
    moves_each: int = 5_000
    look: float = 1e-5
    pause: float = 10.0
    looks: int = 20
    steps: int = 2_000
    heat: float = 0.08
    rounds: int = 3_000


SETTINGS = LargeScaleSettings()


STAGING = {True: 0.15, False: 0.6}  # of the time that is left then goes to stages, before annealing or without it
STEPS_EACH = {True: 20, False: 400}  # of ejection per item likewise, after annealing or without it


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Improve a bound and a schedule until the time is up."""
    return _solve(problem, limits, monitor, "all")


def on(executor: Executor) -> Callable[[Problem, Schedule | None, Limits, Monitor], Solution]:
    """Return the method with annealing on the workers of an executor, or here once they are lost."""
    return lambda problem, warm_start, limits, monitor: _solve(problem, limits, monitor, "all", executor)


def bound(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Run the dual ascent alone."""
    return _solve(problem, limits, monitor, "prices")


def stages(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Run the dual ascent and the staged construction, without annealing and ejection."""
    return _solve(problem, limits, monitor, "stages")


def _solve(problem: Problem, limits: Limits, monitor: Monitor, last: str, executor: Executor | None = None) -> Solution:
    if rule := unsupported_rule(problem):
        return Solution(
            Status.UNKNOWN, Stop.FAILED, note=f"large-scale cannot express the rule {rule}; ask for another method"
        )
    loops = JitWarmup()
    try:
        return run(problem, limits, monitor, last, loops, executor)
    finally:
        loops.end()


def run(
    problem: Problem, limits: Limits, monitor: Monitor, last: str, loops: JitWarmup, executor: Executor | None = None
) -> Solution:
    """Run all stages, or those up to `last`; kernels are used once they are compiled."""
    with np.errstate(invalid="ignore"):
        oracle = ClassPricer(problem, fast=loops.ready(), threads=limits.threads)
        return _Run(problem, limits, monitor, oracle, loops, executor).solution(last)


def run_all_kernels(problem: Problem) -> None:
    """Call every kernel once on a small problem, so that each is compiled and kept on disk."""
    limits = Limits(time_limit=600.0, threads=1, deterministic=True)
    run(problem, limits, NullMonitor(), "all", JitWarmup(here=True))
    empty = Assignment.empty(problem, np.zeros(problem.capacity.shape))
    EjectionSearch(problem, empty, ClassPricer(problem), empty.price).repair(lambda: False)


class BestSnapshot:
    """Hold feasible snapshots of the annealer; `best` lacks fewest mandatory tasks, then costs least."""

    def __init__(self, annealer: Annealer, take: Callable[[Assignment], object], clocked: bool) -> None:
        self.annealer, self.take, self.clocked = annealer, take, clocked
        self.best: Assignment | None = None
        self.rank = (0, 0)
        self.price, self.noted, self.next = SETTINGS.look * len(annealer.group), Stopwatch(), TUNING.final_phase

    def due(self, share: float) -> bool:
        """Return True when a snapshot is due; they may take only a share of the annealing time."""
        if share < self.next:
            return False
        if self.clocked:
            return self.noted.seconds() > SETTINGS.pause * self.price
        self.next += (1 - TUNING.final_phase) / SETTINGS.looks
        return True

    def look(self) -> Assignment:
        """Take a snapshot, and return the best so far."""
        writing = Stopwatch()
        placed = self.annealer.repaired()
        rank = int(placed.missing_mandatory().sum()), objective(placed.problem, placed.schedule())
        if self.best is None or rank < self.rank:
            self.best, self.rank = placed, rank
            self.take(placed)
        self.price = writing.seconds()
        self.noted.lap()
        return self.best


@dataclass(eq=False)
class _Run:
    problem: Problem
    limits: Limits
    monitor: Monitor
    oracle: ClassPricer
    loops: JitWarmup
    executor: Executor | None = None
    shared: str = ""  # what workers did, in a line
    best: Schedule | None = None
    cost: int | None = None
    lower: int | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    def solution(self, last: str) -> Solution:
        self.deadline = self.limits.deciding()
        waking = None if self.executor is None else warm_up_workers(self.executor)
        if self.limits.deterministic:
            self.oracle.fast = self.loops.awaited(self._over)
        least = uncapacitated_bound(self.problem, self.oracle.least)
        if least is None:
            return infeasible_solution(self._engine())
        self._prices(least, Multipliers(np.zeros(self.problem.capacity.shape, np.int64), np.zeros(0, np.int64), 1))
        self._bound(least)
        ascent = DualAscent(
            self.problem, self.oracle, parameters=SWIFT if self.problem.groups >= SETTINGS.many else STEADY
        )
        if last != "prices":
            self._timed("first", lambda: self._first(ascent))
        share = 1.0 if last == "prices" else SETTINGS.pricing
        done = self._timed("prices", lambda: self._climb(ascent, self._by(share)))
        if last != "prices":
            placed = self._timed("stages", lambda: self._staged(ascent))
            self._taken(placed, ascent)
            if last == "all" and len(placed.group):
                self._timed("compiling", self._compiled)
                shared = False
                if self.oracle.fast and waking is not None:
                    placed, shared = self._timed("workers", lambda: self._shared(placed, ascent, climbed=done))
                if self.oracle.fast and not shared:
                    placed = self._timed("annealing", lambda: self._annealed(placed, ascent, climbed=done))
                if self.oracle.fast or not FAST:
                    self._timed("ejection", lambda: self._improve(placed, ascent))
                done = False
        note = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())
        note += f"; {len(ascent.values)} rounds of prices"
        remark = self.shared
        if last == "all" and FAST and not self.oracle.fast:
            remark = "loops are still to be compiled, and nothing was annealed: the next run goes on with it"
        stop = Stop.DONE if done or not self._over() else Stop.LIMIT
        return Solution.claim(self.best, self.cost, self.lower, stop, self._engine(), note, remark=remark)

    def _engine(self) -> str:
        return f"numpy {np.__version__}" + (", compiled" if self.oracle.fast else "")

    def _compiled(self) -> None:
        """Wait for the compiled kernels, unless none can be compiled."""
        if not self.oracle.fast:
            self.oracle.fast = self.loops.awaited(self._over)

    def _timed(self, name: str, step: Callable[[], Found]) -> Found:
        watch = Stopwatch()
        found = step()
        self.seconds[name] = watch.seconds()
        return found

    def _over(self) -> bool:
        return self.deadline.expired() or self.monitor.should_stop()

    def _by(self, share: float) -> Callable[[], bool]:
        """Return a predicate that is true once a share of the time left now has passed."""
        deadline = self.deadline.share(share)
        return lambda: self._over() or deadline.expired()

    def _bound(self, value: int) -> None:
        if self.lower is None or value > self.lower:
            self.lower = value
            self.monitor.bound(value)

    def _take(self, placed: Assignment) -> bool:
        """Report the assignment, if all mandatory tasks have a place and it is better."""
        if placed.missing_mandatory().any():
            return False
        schedule = placed.schedule()
        cost = objective(self.problem, schedule)
        if self.cost is not None and cost >= self.cost:
            return False
        if broken := violated_rules(self.problem, schedule):
            raise ArithmeticError(f"large-scale broke {', '.join(sorted(broken))}")
        self.best, self.cost = schedule, cost
        self.monitor.incumbent(schedule, cost)
        return True

    def _first(self, ascent: DualAscent) -> None:
        """Find a first plan by the multipliers of a few rounds."""
        for _ in range(SETTINGS.first):
            ascent.step()
        placed = construct_in_stages(self.problem, ascent, self._over, ONCE)
        self._taken(placed, ascent)

    def _climb(self, ascent: DualAscent, over: Callable[[], bool]) -> bool:
        """Ascend until the bound gains no more; return True when it came to that."""
        for turn in range(1, SETTINGS.rounds + 1):
            if over():
                break
            ascent.step()
            if turn % SETTINGS.report == 0:
                self._exact(ascent)
                if ascent.slope(SETTINGS.patience) < SETTINGS.slope:
                    self._exact(ascent)
                    return True
        self._exact(ascent)
        return False

    def _staged(self, ascent: DualAscent) -> Assignment:
        """Placement as finely staged as there is time for."""
        watch = Stopwatch()
        ascent.step()
        each, left = watch.seconds(), self.deadline.left()
        pace = StageSchedule() if self.limits.deterministic else StageSchedule.within(STAGING[FAST] * left, each)
        return construct_in_stages(self.problem, ascent, self._over, pace)

    def _annealed(self, placed: Assignment, ascent: DualAscent, climbed: bool) -> Assignment:
        """Anneal for most of the time left; unfinished dual ascent goes on in a thread."""
        limits, price = self.limits, ascent.best_price
        threads = 1 if limits.deterministic else limits.threads
        with ThreadPoolExecutor(1) as beside:
            bound = None
            if not climbed and threads > 1:
                self.oracle.threads = 1
                bound = beside.submit(self._climb, ascent, self._by(SETTINGS.annealing))
            annealer = Annealer(self.problem, placed, self.oracle, price, limits.seed, threads)
            watch = Stopwatch()
            room, most = max(1e-9, SETTINGS.annealing * self.deadline.left()), SETTINGS.moves_each * len(placed.group)

            drafts = BestSnapshot(annealer, self._take, clocked=not limits.deterministic)

            def done() -> float:
                annealer.threads = threads if bound is None or bound.done() else threads - 1
                if self._over():
                    return 1.0
                share = annealer.moves / most if limits.deterministic else watch.seconds() / room
                if share < 1 and drafts.due(share):
                    drafts.look()
                return share

            annealer.run(done)
            found = drafts.look()
            if bound is not None:
                bound.result()
        return found

    def _shared(self, placed: Assignment, ascent: DualAscent, climbed: bool) -> tuple[Assignment, bool]:
        """Anneal on workers while the ascent goes on here; return False when the workers were lost."""
        assert self.executor is not None
        sharing = DistributedAnnealing(placed, self.executor, lambda: ascent.best_price, self.limits.seed)
        timed, ended, alone = not self.limits.deterministic, threading.Event(), False
        with ThreadPoolExecutor(1) as beside:
            bound = None
            if timed and not climbed:
                bound = beside.submit(self._climb, ascent, lambda: ended.is_set() or self._over())
            try:
                sharing.run(SETTINGS.annealing * self.deadline.left() if timed else None, self._over)
                self.shared = sharing.summary()
            except ExecutorLost as gone:
                self.shared, alone = f"the workers are gone ({gone}); annealing went on here", True
            ended.set()
            price, guide = ascent.best_price, price_prefix(self.problem, ascent.best_price)
            found = repair_to_feasible(self.problem, placed.option, placed.start, price, guide, self.oracle.each(guide))
            self._take(found)
            if bound is not None:
                bound.result()
        return found, not alone

    def _taken(self, placed: Assignment, ascent: DualAscent) -> None:
        """Report the assignment, repaired if needed."""
        if not self._take(placed) and placed.missing_mandatory().any() and (self.oracle.fast or not FAST):
            improver = EjectionSearch(self.problem, placed, self.oracle, ascent.best_price, self.limits.seed)
            self._mend(improver, SETTINGS.mending)

    def _mend(self, improver: EjectionSearch, share: float) -> None:
        """Repair an assignment by ejection within a share of the time left."""
        most = SETTINGS.mends * len(improver.placed.group) if self.limits.deterministic else None
        improver.repair(self._by(share), most)
        self._take(improver.placed)

    def _exact(self, ascent: DualAscent) -> None:
        if (self.lower is None or ascent.best > self.lower) and (value := ascent.exact()) is not None:
            self._prices(value, ascent.multipliers(ascent.scale()))
            self._bound(value)

    def _prices(self, value: int, multipliers: Multipliers) -> None:
        """Tells a monitor that writes certificates what proves a bound."""
        if (listen := getattr(self.monitor, "prices", None)) is not None:
            listen(value, multipliers)

    def _improve(self, placed: Assignment, ascent: DualAscent) -> None:
        """Search by ejection chains; cooling, or cold from the start after annealing."""
        problem, limits = self.problem, self.limits
        improver = EjectionSearch(problem, placed, self.oracle, ascent.best_price, limits.seed)
        if placed.missing_mandatory().any():
            self._mend(improver, 1.0)
        items = max(1, len(placed.group))
        mean = abs(float(self.lower or 0)) / items
        watch, made, steps, turn = Stopwatch(), 0, SETTINGS.steps, 0
        room = max(1e-9, self.deadline.left())
        most, noted, price = STEPS_EACH[self.oracle.fast] * items, Stopwatch(), 0.0
        while not self._over():
            done = made / most if limits.deterministic else watch.seconds() / room
            if done >= 1:
                break
            batch = Stopwatch()
            some, turn = improver.worthwhile_unplaced() if self.oracle.fast and turn % 2 else None, turn + 1
            improver.run(steps, 0.0 if self.oracle.fast else SETTINGS.heat * mean * (1 - done) ** 2, some)
            made += steps
            if not limits.deterministic:
                steps = next_batch_size(steps, batch.seconds())
            if noted.rings(max(1.0, 10 * price)):  # writing a plan down must not take the time for finding it
                self._take(placed)
                price = noted.seconds()
        improver.run(min(made, 20 * items) // 20 if limits.deterministic else steps, 0.0)
        self._take(placed)
