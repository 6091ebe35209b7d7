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
