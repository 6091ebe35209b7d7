"""Method `lagrangian`: multipliers that give a proven lower bound, and no schedule.

Multipliers on capacity come first: from linear relaxations (`lagrangian.column_generation`), then by ascent
(`lagrangian.capacity_dual`); where groups are very many, by ascent alone, with compiled kernels. Where few tasks fit a
node at a time, multipliers on tasks follow (`lagrangian.pattern_dual`). Where order or separation binds, the whole
relaxation with their rows comes last (`lagrangian.relaxation`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import SWIFT, DualAscent, estimate_rounds, report_multipliers
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.column_generation import TUNING, ColumnGeneration, GenerationLimits
from leptonopt.algorithms.lagrangian.pattern_dual import PatternDual, has_small_bins
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.algorithms.lagrangian.relaxation import proven_bound
from leptonopt.algorithms.models.time_indexed import predicted_size
from leptonopt.algorithms.single_nodes.aggregate import aggregate_nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline
from leptonopt.runtime.jit_cache import JitWarmup


@dataclass(frozen=True)
class LagrangianSettings:
    """Counts and slopes of the ascent after the relaxations.

    Attributes
    ----------
    report : rounds between exact bounds
    early : first rounds with one: twenty rounds on 20,000 jobs take 3 s of CPU time, and on a busy machine a stage
        that has told nothing gives way
    slope : relative gain over `patience` rounds at which the ascent has come to its end
    rounds : rounds of an ascent at most
    paces : first steps, one ascent after the other [levels per round]; on 400 tasks of `gavel` the second gains 2e-5
    many : groups above which prices alone, found by kernels, give the bound
    linked : nonzeros up to which the whole relaxation is solved where order or separation binds
    """

    report: int = 20
    early: tuple[int, ...] = (3, 10)
    slope: float = 1e-5
    patience: int = 60
    rounds: int = 2000
    paces: tuple[float, ...] = (1.0, 0.2)
    many: int = 3_000
    linked: int = 2_500_000


SETTINGS = LagrangianSettings()
# Where starts cost nothing, no short step gains: prices have to spread over the slots first. After 300 rounds (6 s of
# CPU time) 5,000 jobs on 600 nodes are at 22,976, with longer steps and the patience of 3 at 22,222; 20,000 jobs on
# 2,000 nodes are at 100,696 (16 s), with those at the 92,071 of the first round.
MANY = replace(SWIFT, pace=0.03, patience=40)


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a bound only; stop when the bound gains little, not after a count of rounds."""
    engine = f"numpy {np.__version__}"
    stated, problem = problem, aggregate_nodes(problem) or problem
    blocks = BlockPricer(problem)
    deadline, rounds = limits.deciding(), SETTINGS.rounds
    if limits.deterministic:
        rounds = min(rounds, estimate_rounds(problem, blocks.columns, limits.effort))
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    run = _Run(monitor, bound, rounds, deadline)
    if found := _climb_by_kernels(run, stated, problem, limits.threads):
        return found
    ascent = DualAscent(problem, blocks)
    stop, rounds_done = Stop.DONE, 0
    room = GenerationLimits.of(limits, 1.0, monitor.should_stop, lambda: run.report(ascent))
    generation = ColumnGeneration(ascent, blocks, room)
    if not generation.run():
        for pace in SETTINGS.paces:
            ascent.polish(pace)
            stop = run.climb(ascent)
            rounds_done += len(ascent.values)
            if stop is not Stop.DONE:
                break
    if problem is stated:
        report_multipliers(monitor, ascent)
    note = f"{generation.solved} linear relaxations, {rounds_done} rounds"
    if stop is Stop.DONE and has_small_bins(problem) and (packing := PatternDual(problem, ascent)).useful:
        stop = run.climb(packing)
        note += f", {len(packing.values)} with prices on tasks"
    if stop is Stop.DONE and (len(problem.before) or problem.apart):
        run.prove(problem, limits)
    return Solution(Status.UNKNOWN, stop, bound=run.bound, engine=engine, note=note)


def _climb_by_kernels(run: _Run, stated: Problem, problem: Problem, threads: int) -> Solution | None:
    """Return a bound by prices found with kernels.

    None where groups are few, or kernels cannot be compiled.
    """
    if problem.groups <= SETTINGS.many or problem.together:
        return None
    warmup = JitWarmup()
    try:
        if not warmup.awaited(run.over):
            return None
    finally:
        warmup.end()
    ascent = DualAscent(problem, ClassPricer(problem, threads=threads), MANY)
    stop = run.climb(ascent)
    if problem is stated:
        report_multipliers(run.monitor, ascent)
    note = f"{len(ascent.values)} rounds by kernels"
    return Solution(Status.UNKNOWN, stop, bound=run.bound, engine=f"numpy {np.__version__}, compiled", note=note)


@dataclass
class _Run:
    """Hold the best bound so far, and how long to go on."""

    monitor: Monitor
    bound: int
    rounds: int
    deadline: Deadline

    def over(self) -> bool:
        """Return whether the time is up."""
        return self.monitor.should_stop() or self.deadline.expired()

    def climb(self, ascent: DualAscent | PatternDual) -> Stop:
        """Ascend for a number of rounds, until gains are small or the time is up."""
        stop = Stop.DONE
        for turn in range(1, self.rounds + 1):
            ascent.step()
            if self.over():
                stop = Stop.LIMIT
                break
            if turn in SETTINGS.early:
                self.report(ascent)
            if turn % SETTINGS.report == 0:
                self.report(ascent)
                if ascent.slope(SETTINGS.patience) < SETTINGS.slope:
                    break
        self.report(ascent)
        return stop

    def prove(self, problem: Problem, limits: Limits) -> None:
        """Report the bound of the relaxation with rows of precedence and separation, where that is small."""
        most = SETTINGS.linked
        if limits.deterministic:
            most = min(most, int(limits.effort * TUNING.nonzeros))
        if predicted_size(problem)[1] <= most:
            seconds = None if limits.deterministic else self.deadline.left()
            self.take(proven_bound(problem, seconds, TUNING.iterations))

    def report(self, ascent: DualAscent | PatternDual) -> None:
        """Report the bound in integers where it is a better one."""
        if ascent.best > self.bound:
            self.take(ascent.exact())

    def take(self, bound: int | None) -> None:
        """Report a bound if it is a better one."""
        if bound is not None and bound > self.bound:
            self.bound = bound
            self.monitor.bound(bound)
