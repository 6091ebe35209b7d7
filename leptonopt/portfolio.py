"""Which methods `auto` runs, by measured size: lanes side by side, stages in each one after another.

Sizes are columns (option, start) and nonzeros of the time-indexed model, both counted without
building it. The thresholds come from measurements on two cores; `benchmarks/` repeats them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.intervals import applies
from leptonopt.packing import packable
from leptonopt.problem import Problem


@dataclass(frozen=True)
class Stage:
    """A method by name, its share of the time its lane has left when it starts, and its threads."""

    method: str
    share: float = 1.0
    threads: int = 1


@dataclass(frozen=True)
class Size:
    """How large the time-indexed model of a problem is."""

    columns: int
    nonzeros: int


SMALL = Size(4_000, 400_000)
MEDIUM = Size(60_000, 6_000_000)
FLAT = Size(60_000, 120_000)  # assignments without a time axis, as in facility location
BOUND_THEN_SEARCH = (Stage("lagrangian", 0.25), Stage("lns"))


def size(problem: Problem) -> Size:
    """Columns and nonzeros of the time-indexed model."""
    starts = problem.last - problem.first + 1
    held = problem.duration * np.diff(problem.demand_ptr) + 1
    return Size(int(starts.sum()), int((starts * held).sum()))


def lanes(problem: Problem, threads: int) -> list[tuple[Stage, ...]]:
    """The lanes that `auto` runs with so many threads.

    On intervals only CP-SAT has a model, and wants all workers for it.
    """
    if applies(problem):
        return [(Stage("cpsat", threads=threads),)]
    found = size(problem)
    both: list[tuple[Stage, ...]]
    nodes = packable(problem)
    if nodes and found.columns <= FLAT.columns and found.nonzeros <= FLAT.nonzeros:
        # What to open decides, and HiGHS's cuts close it.
        both = [(Stage("lagrangian", 0.05), Stage("highs")), (Stage("lns", 0.2), Stage("cpsat"))]
    elif found.columns <= SMALL.columns and found.nonzeros <= SMALL.nonzeros:
        both = [
            (Stage("cpsat"),),
            (Stage("lagrangian", 0.05), Stage("cbc", 0.15), Stage("highs")),
        ]
    elif found.columns <= MEDIUM.columns and found.nonzeros <= MEDIUM.nonzeros:
        both = [(Stage("lagrangian", 0.1), Stage("lns")), (Stage("cpsat"),)]
        if nodes:
            both = [(Stage("lns"),), (Stage("lagrangian", 0.7), Stage("cpsat"))]
    else:
        both = [(Stage("lns"),), (Stage("lagrangian"),)]
    if threads > 1:
        return both
    return both[:1] if found.columns <= SMALL.columns else [BOUND_THEN_SEARCH]
