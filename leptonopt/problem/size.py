"""Count the size of the time-indexed model of a problem without building the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.problem import Problem


@dataclass(frozen=True)
class ModelSize:
    """Columns (pairs of an option and a start) and nonzeros of the time-indexed model."""

    columns: int
    nonzeros: int


def problem_size(problem: Problem) -> ModelSize:
    """Return the columns and nonzeros of the time-indexed model."""
    starts = problem.last - problem.first + 1
    held = problem.duration * np.diff(problem.demand_ptr) + 1
    return ModelSize(int(starts.sum()), int((starts * held).sum()))


@dataclass(frozen=True)
class TinySize:
    """Sizes up to which an engine proves the whole model in less time than a heuristic takes, at most."""

    groups: int = 12
    columns: int = 3_000
    nonzeros: int = 30_000
    fields: int = 4_000  # rows, kinds of nodes and tasks in segments, each times slots


TINY = TinySize()


def is_tiny(problem: Problem) -> bool:
    """Return whether a problem is a matter of hundredths of a second for an engine."""
    size, rows = problem_size(problem), len(problem.capacity) + len(problem.nodes) + len(problem.chains)
    return (
        problem.groups <= TINY.groups
        and size.columns <= TINY.columns
        and size.nonzeros <= TINY.nonzeros
        and rows * problem.slots <= TINY.fields
    )
