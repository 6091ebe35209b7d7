"""Choice of the methods that `auto` runs: lanes side by side, stages in each one after another.

The first rule of `RULES` that applies to the features of a problem gives its lanes. The features are counted without
building a model; the limits come from measurements on two cores, which `benchmarks/portfolio.py` repeats. How long
each stage goes on says `leptonopt.session.lane`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from leptonopt.algorithms.assignment.problem import detect_assignment
from leptonopt.algorithms.lagrangian.pattern_dual import has_small_bins
from leptonopt.algorithms.large_scale.supports import unsupported_rule
from leptonopt.algorithms.lns.interval_model import has_constant_prices
from leptonopt.algorithms.models.interval import is_preferable, parts, unsupported_feature
from leptonopt.algorithms.models.time_indexed import predicted_size
from leptonopt.algorithms.single_nodes.supports import unsupported_rule as no_single_nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.size import ModelSize, problem_size
from leptonopt.runtime import jit
from leptonopt.session.stages import CLOCKED, Lanes, Stage
from leptonopt.solvers import greedy, segments
from leptonopt.solvers.registry import Method, load_method


@dataclass(frozen=True)
class PortfolioLimits:
    """Sizes at which the choice of methods changes; counts without a unit.

    Attributes
    ----------
    large_groups : groups from which on `large-scale` alone searches, with all threads, in this process: a copy of the
        problem for each worker takes too much memory and time
    few_groups : groups up to which large neighbourhoods, and CP-SAT on intervals, keep pace with annealing
    steady_columns : columns from which on annealing takes part where start times cost nothing. On regions with 100
        tasks (62,578), in 20 s of a busy machine, `large-scale` reaches 184,848, `lns` 189,909, intervals 194,014; on
        elasticflow (36,920) they reach 322, 316 and 280, the optimum
    small_columns, small_nonzeros : models that CP-SAT, CBC and HiGHS prove within seconds
    flat_columns, flat_nonzeros : models without a time axis that HiGHS's cuts close
    whole_nonzeros : models that HiGHS solves as a whole; above, its root takes minutes
    branched_nonzeros : models whose relaxation is solved again within tenths of a second: `sos-branching` then proves
        what the others leave open (eight weeks of 20 to 50 groups: six proven in 4 to 6 s of CPU time). With three
        million it takes the time of the search (a week of 60 groups, 15 s of CPU time: plans of 5,562 against 3,581).
        On small models with rented nodes it follows HiGHS, which proves most of them: spot ends at 1,067.60 and
        1,040.68 after 10 s of CPU time, with HiGHS at 1,073.72 and 1,034.96 after 5 s, and carbon at 13.29 and 12.85
        against 13.83 and 12.85 (5 s)
    relaxed_nonzeros : models whose relaxation takes seconds: 2.4 million take 3.2 s (elasticflow-876)
    interval_parts : options and node counts by slot for which CP-SAT on intervals finds plans beside rented nodes: 603
        on a week of 23 groups (3,891 in 33 s, the optimum); useless at 60 groups with 10 kinds
    near : gap at which an exact method is left to go on
    project_parts : options and node counts up to which CP-SAT alone plans projects: it proves elasticflow with
        precedence at 370 and 856 in 2 and 10 s; at 1,614 it costs 4,508 after 15 s where `lns` costs 2,825, and at
        3,208 3,933 after 20 s where `lns` costs 2,118
    baseline_groups : groups up to which dispatching rules are tried
    """

    large_groups: int = 10_000
    few_groups: int = 250
    steady_columns: int = 20_000
    small_columns: int = 4_000
    small_nonzeros: int = 400_000
    flat_columns: int = 60_000
    flat_nonzeros: int = 120_000
    whole_nonzeros: int = 6_000_000
    branched_nonzeros: int = 1_000_000
    relaxed_nonzeros: int = 3_000_000
    interval_parts: int = 8_000
    near: float = 0.005
    project_parts: int = 1_000
    baseline_groups: int = 5_000


LIMITS = PortfolioLimits()
WHOLE_MODEL, HIGHS_NONZEROS = ("highs", "sos-branching"), 10_000_000  # what they take; they refuse more
SEEKING = Stage("cpsat-intervals", 0.5)  # what finds a plan most often where greedy finds none
INTERVALS = Stage("cpsat-intervals", 0.4)
HIGHS = Stage("highs")
BRANCHING = Stage("sos-branching", 0.8)
CPSAT = Stage("cpsat")
PRICES, LNS, LARGE = Stage("lagrangian", 0.1), Stage("lns"), Stage("large-scale")
RELAXED = replace(PRICES, share=0.2)  # weeks with rented nodes: 1 to 8 s of one core, where it ends by itself
# Simulated annealing over single tasks, in machine code: plans of weeks with rented nodes at half the cost; see
# docs/benchmarks.md.
ANNEALING = Stage("penalty-search", 0.3)
# On one thread it has more: in 60 s of CPU time it took 8 s and the tree 29 s, which raised a bound by 3 % of the cost.
# Single searches of 7 s of CPU time end between 2,294 and 3,692 on a week of 40 groups, by chance.
LONGER = replace(ANNEALING, share=0.4)
# It comes twice: results depend on chance (40 groups on nodes of two sizes, 6 s of CPU time, six seeds: 2,294 to
# 3,110). With a tenth of the time 40 groups on 10 nodes end at 610.32, with a fifth at 595.36 and 600.36. On one thread
# the tree goes before `lns`: a week of 23 groups ends at 3,891 and 3,867.60 after 60 s, with `lns` first at 3,941.80
# and 3,721.96.
ANNEALED = replace(ANNEALING, share=0.2)


@dataclass(frozen=True)
class InstanceFeatures:
    """Features of a problem that the choice of methods looks at.

    Attributes
    ----------
    groups, columns, nonzeros : size of the problem and of its time-indexed model
    parts : size of its interval model; 0 where that is refused
    scalable : whether `large-scale` takes its rules
    project : whether order and capacity bind, and starts cost nothing
    assignment, flat : one slot, each task to one place; whether nodes are few and small for patterns of tasks
    rented : whether nodes are rented whole
    servers : whether each node is a kind of its own, over time, with the rules of `ruin-and-recreate`
    steady : whether it makes no difference to the cost when tasks start
    cut : whether tasks may be cut into segments
    restrained : whether nodes have a least load or a time off, which exact models alone state
    """

    groups: int
    columns: int
    nonzeros: int
    parts: int
    scalable: bool
    project: bool
    assignment: bool
    flat: bool
    rented: bool
    servers: bool
    steady: bool
    cut: bool
    restrained: bool

    @classmethod
    def of(cls, problem: Problem) -> InstanceFeatures:
        """Return the features of a problem; those of large ones that no rule reads are left at False."""
        size, scalable = problem_size(problem), unsupported_rule(problem) is None
        if problem.chains:
            size = ModelSize(*predicted_size(problem))
        large = problem.groups >= LIMITS.large_groups and scalable
        return cls(
            groups=problem.groups,
            columns=size.columns,
            nonzeros=size.nonzeros,
            parts=0 if unsupported_feature(problem) else parts(problem),
            scalable=scalable,
            project=not large and is_preferable(problem),
            assignment=not large and detect_assignment(problem) is not None,
            flat=not large and has_small_bins(problem),
            rented=len(problem.nodes) > 0,
            servers=problem.slots > 1 and no_single_nodes(problem) is None,
            steady=not large and _is_steady(problem),
            cut=bool(problem.chains),
            restrained=problem.nodes.restrained,
        )

    @property
    def large(self) -> bool:
        """Return whether `large-scale` alone solves it; methods that look at single tasks are too slow there."""
        return self.groups >= LIMITS.large_groups and self.scalable

    @property
    def many(self) -> bool:
        """Return whether there are many groups, and `large-scale` takes the rules."""
        return self.groups > LIMITS.few_groups and self.scalable

    def takes(self, method: str) -> bool:
        """Return whether a method takes a problem of this size."""
        if method == INTERVALS.method:
            return self.parts > 0
        return method not in WHOLE_MODEL or self.nonzeros <= HIGHS_NONZEROS

    def within(self, columns: int, nonzeros: int) -> bool:
        """Return whether the time-indexed model has at most this size."""
        return self.columns <= columns and self.nonzeros <= nonzeros


@dataclass(frozen=True)
class PortfolioRule:
    """Lanes for the problems that it applies to, on two threads or more, and on one."""

    name: str
    applies: Callable[[InstanceFeatures], bool]
    both: tuple[tuple[Stage, ...], ...]
    alone: tuple[Stage, ...]


RULES = (
    PortfolioRule("very many groups", lambda of: of.large, ((LARGE,),), (LARGE,)),
    PortfolioRule(
        "least load or time off of nodes", lambda of: of.restrained, ((HIGHS,), (CPSAT,)), (Stage("cpsat", 0.4), HIGHS)
    ),
    PortfolioRule(
        "tasks in segments",
        lambda of: of.cut,
        ((HIGHS,), (Stage("segments", 0.5), CPSAT)),
        (Stage("segments", 0.3), HIGHS, CPSAT),
    ),
    PortfolioRule(
        "project under a deadline",
        lambda of: of.project and 0 < of.parts <= LIMITS.project_parts,
        ((CPSAT,),),
        (CPSAT,),
    ),
    PortfolioRule(
        "project under a deadline, many options",
        lambda of: of.project,
        ((CPSAT,), (PRICES, LNS)),
        (PRICES, Stage("lns", 0.6), CPSAT),
    ),
    PortfolioRule(
        "assignment with nodes to open",
        lambda of: of.assignment and of.flat,
        ((Stage("assignment"),), (Stage("lagrangian", 0.05), HIGHS)),
        (Stage("assignment", 0.5), HIGHS),
    ),
    PortfolioRule(
        "assignment",
        lambda of: of.assignment,
        ((Stage("assignment"),), (Stage("cpsat", 0.3), LNS)),
        (Stage("assignment", 0.5), CPSAT),
    ),
    PortfolioRule(
        "nodes to open, no time axis",
        lambda of: of.flat and of.within(LIMITS.flat_columns, LIMITS.flat_nonzeros),
        ((Stage("lagrangian", 0.05), HIGHS), (Stage("lns", 0.2), CPSAT)),
        (Stage("lagrangian", 0.05), replace(HIGHS, share=0.6), LNS),
    ),
    PortfolioRule(
        "small, with rented nodes",
        lambda of: of.rented and of.within(LIMITS.small_columns, LIMITS.small_nonzeros),
        (
            (Stage("cpsat", 0.3), Stage("lns", above=LIMITS.near), CPSAT),
            (Stage("lagrangian", 0.05), replace(HIGHS, share=0.3), BRANCHING),
        ),
        (Stage("cpsat", 0.25), Stage("lns", 0.25, above=LIMITS.near), replace(HIGHS, share=0.4), BRANCHING),
    ),
    PortfolioRule(
        "small",
        lambda of: of.within(LIMITS.small_columns, LIMITS.small_nonzeros),
        (
            (Stage("cpsat", 0.3), Stage("lns", above=LIMITS.near), CPSAT),
            (Stage("lagrangian", 0.05), Stage("cbc", 0.15), HIGHS),
        ),
        (Stage("cpsat", 0.15), Stage("lns", 0.6, above=LIMITS.near), CPSAT, HIGHS),
    ),
    PortfolioRule(
        "servers over time",
        lambda of: of.servers,
        ((Stage("ruin-and-recreate", 0.5), LNS), (Stage("lagrangian"),)),
        (Stage("lagrangian", 0.2), Stage("ruin-and-recreate", 0.5), LNS),
    ),
    PortfolioRule(
        "start times cost nothing, many columns",
        lambda of: of.steady and of.scalable and of.groups <= LIMITS.few_groups and of.columns > LIMITS.steady_columns,
        ((PRICES, LARGE), (Stage("cpsat-intervals"), LNS)),
        (PRICES, Stage("cpsat-intervals", 0.45), Stage("large-scale", 0.6), LNS),
    ),
    PortfolioRule(
        "start times cost nothing, few groups",
        lambda of: of.steady and of.groups <= LIMITS.few_groups,
        ((PRICES, LNS), (Stage("cpsat-intervals"),)),
        (PRICES, INTERVALS, LNS),
    ),
    PortfolioRule(
        "rented nodes, small relaxation",
        lambda of: of.rented and 0 < of.parts <= LIMITS.interval_parts and of.nonzeros <= LIMITS.branched_nonzeros,
        (
            (ANNEALED, Stage("lns", 0.25), ANNEALED, Stage("cpsat-intervals", 0.8), LNS),
            (RELAXED, BRANCHING, HIGHS),
        ),
        (RELAXED, LONGER, Stage("sos-branching", 0.6), Stage("lns", 0.25), ANNEALED, INTERVALS, HIGHS),
    ),
    PortfolioRule(
        "rented nodes, small on intervals",
        lambda of: of.rented and 0 < of.parts <= LIMITS.interval_parts and of.nonzeros <= LIMITS.whole_nonzeros,
        ((ANNEALING, Stage("lns", 0.25), Stage("cpsat-intervals", 0.8), LNS), (RELAXED, HIGHS)),
        (RELAXED, ANNEALING, Stage("lns", 0.4), INTERVALS, HIGHS),
    ),
    PortfolioRule(
        "many groups, relaxation within seconds",
        lambda of: of.many and of.nonzeros <= LIMITS.relaxed_nonzeros,
        ((LARGE, LNS), (HIGHS, LNS)),
        (Stage("highs", 0.3), Stage("large-scale", 0.8), LNS),
    ),
    PortfolioRule(
        "many groups",
        lambda of: of.many,
        ((LARGE, LNS), (LNS, HIGHS)),
        (Stage("large-scale", 0.7), LNS),
    ),
    PortfolioRule(
        "few groups, or rules beyond large-scale",
        lambda of: of.nonzeros <= LIMITS.whole_nonzeros,
        ((PRICES, ANNEALING, LNS), (HIGHS, INTERVALS)),
        (PRICES, ANNEALING, Stage("lns", 0.5), Stage("highs", 0.6), LNS),
    ),
    PortfolioRule(
        "few groups, long horizon",
        lambda of: of.scalable,
        ((PRICES, ANNEALING, LNS), (LARGE, INTERVALS)),
        (PRICES, ANNEALING, Stage("lns", 0.6), LARGE),
    ),
    PortfolioRule(
        "all others",
        lambda of: True,
        ((ANNEALING, LNS), (Stage("lagrangian"), INTERVALS)),
        (PRICES, ANNEALING, LNS),
    ),
)


def large(problem: Problem) -> bool:
    """Return whether `large-scale` alone solves a problem, as others are too slow."""
    return problem.groups >= LIMITS.large_groups and unsupported_rule(problem) is None


def is_annealed(problem: Problem, deterministic: bool = False) -> bool:
    """Return whether simulated annealing takes a problem and is of use, and its kernels are compiled.

    It is where nodes are rented, quotas hold, or most tasks cost by their end (100 tasks on a machine, 2 s of CPU time:
    5,890 with it, 6,412 without); elsewhere others are better (regions with 100 tasks, 7.5 s of CPU time: 157,759 with
    it, 154,063 without). Deterministic solves wait for the compiler.
    """
    coupled = len(problem.nodes) > 0 or len(problem.quotas) > 0
    late = 2 * int(problem.dated.sum()) > problem.groups
    if not (coupled or late) or problem.chains or problem.nodes.restrained:
        return False
    if not (deterministic or jit.compiled(jit.JOBS)):
        return False
    from leptonopt.algorithms.heuristics.job_arrays import fits_kernels  # load numba

    return fits_kernels(problem)


def has_baselines(problem: Problem) -> bool:
    """Return whether the dispatching rules are quick, and made for the problem."""
    return problem.groups <= LIMITS.baseline_groups and not problem.chains and not problem.nodes.restrained


def greedy_method(problem: Problem, first: bool = False) -> Method:
    """Return what places tasks one by one; `first`: only for a first plan."""
    if problem.nodes.restrained:
        return load_method("greedy")
    if problem.chains:
        return segments.baseline
    return greedy.baseline if first else greedy.solve


def choose_rule(features: InstanceFeatures) -> PortfolioRule:
    """Return the first rule that applies to a problem with these features."""
    return next(rule for rule in RULES if rule.applies(features))


def choose_stages(problem: Problem, threads: int, deterministic: bool = False) -> Lanes:
    """Return the lanes of `auto` on so many threads; one lane in deterministic mode."""
    features = InstanceFeatures.of(problem)
    rule = choose_rule(features)
    if len(rule.both) == 1:
        return [tuple(replace(stage, threads=threads) for stage in rule.both[0])]
    lanes = rule.both if threads > 1 and not deterministic else (rule.alone,)
    possible = [tuple(stage for stage in lane if features.takes(stage.method)) for lane in lanes]
    anneal = {stage for lane in possible for stage in lane if stage.method == ANNEALING.method}
    if anneal and not is_annealed(problem, deterministic):
        possible = [tuple(stage for stage in lane if stage not in anneal) for lane in possible]
    small = features.within(LIMITS.small_columns, LIMITS.small_nonzeros) or features.assignment or features.flat
    return [_without_clock(lane, small) if deterministic else lane for lane in possible if lane]


def _without_clock(stages: tuple[Stage, ...], small: bool) -> tuple[Stage, ...]:
    """Return the stages without engines that only the clock limits; on small models CP-SAT replaces them."""
    steady = [replace(stage, method="cpsat") if stage.method in CLOCKED else stage for stage in stages]
    if not small and any(stage.method not in ("cpsat", "lagrangian") for stage in steady):
        return tuple(stage for stage in stages if stage.method not in CLOCKED)
    return tuple(stage for at, stage in enumerate(steady) if not at or stage.method != steady[at - 1].method)


def with_first_plan_stage(lanes: Lanes, problem: Problem) -> Lanes:
    """Return the lanes for a problem without a plan: the first one looks for a plan first, if none does."""
    if large(problem) or unsupported_feature(problem) or any(lane[0].method == SEEKING.method for lane in lanes):
        return lanes
    return [(SEEKING, *lanes[0]), *lanes[1:]]


def with_remote_workers(lanes: Lanes, deterministic: bool = False) -> Lanes:
    """Return the lanes with remote workers, which search by neighbourhoods.

    This machine does so where they are gone.
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


def _is_steady(problem: Problem) -> bool:
    """Return whether start times cost nothing, and intervals can state the problem."""
    return has_constant_prices(problem) and not problem.dated.any() and not unsupported_feature(problem)
