"""Which methods `auto` runs, by measured size: lanes side by side, stages in each one after another.

Sizes are columns (option, start) and nonzeros of the time-indexed model, both counted without
building it. The thresholds come from measurements on two cores; `benchmarks/` repeats them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from leptonopt.algorithms.assignment.problem import detect_assignment
from leptonopt.algorithms.lagrangian.pattern_dual import has_small_bins
from leptonopt.algorithms.large_scale.supports import unsupported_rule
from leptonopt.algorithms.lns.interval_model import has_constant_prices
from leptonopt.algorithms.models.interval import is_preferable, unsupported_feature
from leptonopt.problem.problem import Problem
from leptonopt.problem.size import ModelSize, problem_size


@dataclass(frozen=True)
class Stage:
    """A method by name, its share of the time its lane has left when it starts, and its threads.

    It is passed over where the gap is at most `above` when its turn comes: a proof is near then. `patience` is a factor
    on the seconds without a gain after which it gives way; see `leptonopt.session.lane`.
    """

    method: str
    share: float = 1.0
    threads: int = 1
    above: float = 0.0
    patience: float = 1.0


SMALL = ModelSize(4_000, 400_000)
MEDIUM = ModelSize(60_000, 6_000_000)
FLAT = ModelSize(60_000, 120_000)  # assignments without a time axis, as in facility location
LARGE = 10_000  # groups from which on a plan is sought by `large-scale` alone, with all threads, in this process
FEW = 250  # groups up to which large neighbourhoods, and CP-SAT on intervals, keep pace with annealing
NEAR = 0.005  # a gap at which an exact method is left to go on
CLOCKED = ("highs", "cbc")  # engines whose effort nothing but the clock limits
FALLBACK = (
    "cpsat",
    "highs",
    "cbc",
)  # what is asked, in this order, when a lane has come to its end and there is no plan
SEEKING = Stage("cpsat-intervals", 0.5)  # what finds a plan most often where greedy finds none
BOUND_THEN_SEARCH: tuple[Stage, ...] = (Stage("lagrangian", 0.25), Stage("lns"))


def large(problem: Problem) -> bool:
    """Return whether `large-scale` alone solves a problem; methods that look at single tasks are too slow there."""
    return problem.groups >= LARGE and unsupported_rule(problem) is None


def choose_stages(problem: Problem, threads: int, deterministic: bool = False) -> list[tuple[Stage, ...]]:
    """The lanes that `auto` runs with so many threads; a single one where the clock must decide nothing.

    On intervals only CP-SAT has a model, and wants all workers for it.
    """
    if large(problem):
        return [(Stage("large-scale", threads=threads),)]
    if is_preferable(problem):
        return [(Stage("cpsat", threads=threads),)]
    found, nodes, alone = problem_size(problem), has_small_bins(problem), BOUND_THEN_SEARCH
    both: list[tuple[Stage, ...]]
    if detect_assignment(problem) is not None:
        # Prices on tasks find what to open and what goes where; HiGHS's cuts close what is small, or other plans help.
        other = (Stage("lagrangian", 0.05), Stage("highs")) if nodes else (Stage("cpsat", 0.3), Stage("lns"))
        both = [(Stage("assignment"),), other]
        alone = (Stage("assignment", 0.5), Stage("highs" if nodes else "cpsat"))
    elif nodes and found.columns <= FLAT.columns and found.nonzeros <= FLAT.nonzeros:
        # What to open decides, and HiGHS's cuts close it.
        both = [(Stage("lagrangian", 0.05), Stage("highs")), (Stage("lns", 0.2), Stage("cpsat"))]
        alone = (Stage("lagrangian", 0.05), Stage("highs", 0.6), Stage("lns"))
    elif found.columns <= SMALL.columns and found.nonzeros <= SMALL.nonzeros:
        alone = (Stage("cpsat", 0.3), Stage("lns", above=NEAR), Stage("cpsat"))
        both = [alone, (Stage("lagrangian", 0.05), Stage("cbc", 0.15), Stage("highs"))]
    elif problem.groups <= FEW and _still(problem):
        both = [(Stage("lagrangian", 0.1), Stage("lns")), (Stage("cpsat-intervals"),)]
        alone = (Stage("lagrangian", 0.1), Stage("cpsat-intervals", 0.4), Stage("lns"))
    elif found.columns <= MEDIUM.columns and found.nonzeros <= MEDIUM.nonzeros:
        both = [(Stage("lagrangian", 0.1), Stage("lns")), (Stage("cpsat"),)]
        if problem.groups > FEW and unsupported_rule(problem) is None:
            both, alone = [(Stage("large-scale"),), (Stage("cpsat"),)], (Stage("large-scale", 0.7), Stage("lns"))
        elif nodes:
            both = [(Stage("lns"),), (Stage("lagrangian", 0.7), Stage("cpsat"))]
    elif unsupported_rule(problem) is None:
        both, alone = [(Stage("large-scale"),), (Stage("lns"),)], (Stage("large-scale"),)
    else:
        both = [(Stage("lns"),), (Stage("lagrangian"),)]
    if deterministic:
        return [tuple(replace(stage, method="cpsat") if stage.method in CLOCKED else stage for stage in alone)]
    return both if threads > 1 else [alone]


def with_first_plan_stage(lanes: list[tuple[Stage, ...]], problem: Problem) -> list[tuple[Stage, ...]]:
    """The same where there is no plan to begin with: the first lane looks for one first, if none does."""
    if large(problem) or unsupported_feature(problem) or any(lane[0].method == SEEKING.method for lane in lanes):
        return lanes
    return [(SEEKING, *lanes[0]), *lanes[1:]]


def with_remote_workers(lanes: list[tuple[Stage, ...]], deterministic: bool = False) -> list[tuple[Stage, ...]]:
    """The same with workers elsewhere: they search by neighbourhoods, and this machine where they are gone.

    Where nothing but a model on intervals is asked, neighbourhoods are of no use.
    """
    if not {"lns", "large-scale"} & {stage.method for lane in lanes for stage in lane}:
        return lanes
    if deterministic:
        return [
            tuple(replace(stage, method="lns-parallel") if stage.method == "lns" else stage for stage in lane)
            for lane in lanes
        ]
    rest = [tuple(stage for stage in lane if stage.method != "lns") for lane in lanes]
    return [(Stage("lns-parallel"), Stage("lns")), *filter(None, rest)]


def _still(problem: Problem) -> bool:
    """Whether it makes no difference to the cost when tasks start, and intervals can state the problem."""
    dated = problem.late_slope.any() or problem.late_once.any()
    return has_constant_prices(problem) and not dated and not unsupported_feature(problem)
