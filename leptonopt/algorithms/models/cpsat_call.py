"""One call of CP-SAT for a small model: a single worker, deterministic effort, no callbacks."""

from __future__ import annotations

from typing import Any


def solve_cp_model(model: Any, effort: float, seconds: float, seed: int, linearization: int) -> tuple[Any, bool, float]:
    """Solve a model with one worker.

    Parameters
    ----------
    effort : limit in CP-SAT's deterministic time
    seconds : limit in wall-clock time [s]
    linearization : CP-SAT's `linearization_level`

    Returns
    -------
    The values of all variables (None without a solution), whether they are proven optimal, and the deterministic
    time used.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers, parameters.linearization_level, parameters.random_seed = 1, linearization, seed % 2**31
    parameters.max_deterministic_time, parameters.max_time_in_seconds = effort, seconds
    parameters.catch_sigint_signal, parameters.symmetry_level = False, 0
    status = solver.solve(model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    response = solver.response_proto
    return response.solution if found else None, status == cp_model.OPTIMAL, response.deterministic_time


def new_model() -> Any:
    """Return an empty CP-SAT model."""
    from ortools.sat.python import cp_model

    return cp_model.CpModel()


def version() -> str:
    """Return name and version of the engine."""
    import ortools

    return f"ortools {ortools.__version__}"
