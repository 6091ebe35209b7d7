"""OR-Tools CP-SAT on the time-indexed model: start booleans and plain linear rows.

Of the formulations measured this one has the strongest bound for a cost objective. One worker runs with
`linearization_level=2`; more than one means at least eight, because CP-SAT leaves its best bounding
strategy out below that, whatever the number of cores.
"""

from __future__ import annotations

import math
import threading
from fractions import Fraction
from typing import Any

from leptonopt.formulation import FREE, Linear, decode, encode, formulate, has_no_columns, shifted
from leptonopt.problem import Limits, Monitor, Problem, Schedule, Solution, Status, Stop, broken_rules, objective

MAX_EXACT = 2**53
POLL = 0.05


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """Search to a proof or a limit. `without` switches rules off, for tests only."""
    from ortools import __version__ as version

    engine = f"ortools {version} CP-SAT"
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    linear = formulate(problem, without)
    costs, divisor, constant = shifted(linear)
    if sum(int(cost) * int(most) for cost, most in zip(costs, linear.most, strict=True)) >= MAX_EXACT:
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note="costs are too large to count exactly")
    return _Run(problem, linear, limits, monitor, not without).solve(_model(linear, costs, warm_start), divisor, constant, engine)


def _model(linear: Linear, costs: Any, warm_start: Schedule | None) -> Any:
    """The CP-SAT model, filled field by field: far quicker than building expressions term by term."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    proto = model.proto
    for most in linear.most.tolist():
        proto.variables.add(domain=[0, most])
    matrix = linear.matrix
    pointers, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
    for row, (low, high) in enumerate(zip(linear.lower.tolist(), linear.upper.tolist(), strict=True)):
        part = slice(pointers[row], pointers[row + 1])
        if pointers[row] == pointers[row + 1] and low <= 0 <= high:
            continue
        constraint = proto.constraints.add().linear
        constraint.vars.extend(indices[part])
        constraint.coeffs.extend(data[part])
        ends = [-(2**62) if low <= -FREE else low, 2**62 if high >= FREE else high]
        constraint.domain.extend(ends)
    used = costs.nonzero()[0].tolist()
    proto.objective.vars.extend(used)
    proto.objective.coeffs.extend(costs[used].tolist())
    if warm_start is not None:
        proto.solution_hint.vars.extend(range(len(linear.most)))
        proto.solution_hint.values.extend(encode(linear, warm_start).tolist())
    return model


class _Run:
    """One search: what CP-SAT finds goes to the monitor, what the monitor says goes to CP-SAT."""

    def __init__(self, problem: Problem, linear: Linear, limits: Limits, monitor: Monitor, guarded: bool) -> None:
        self.problem, self.linear, self.limits, self.monitor = problem, linear, limits, monitor
        self.guarded = guarded
        self.best: Schedule | None = None
        self.cost: int | None = None
        self.lower: int | None = None
        self.stopped = False
        self.log: list[str] = []

    def solve(self, model: Any, divisor: int, constant: int, engine: str) -> Solution:
        """Run CP-SAT and say what it proved."""
        from ortools.sat.python import cp_model

        run = self

        class Listener(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                run.take(self.response_proto.solution)

        solver = cp_model.CpSolver()
        self._configure(solver.parameters)
        solver.log_callback = self.log.append
        solver.best_bound_callback = lambda value: run.raise_to(constant + divisor * math.floor(value + 1e-6))
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(solver, done), daemon=True)
        watch.start()
        try:
            status = solver.solve(model, Listener())
        finally:
            done.set()
            watch.join()
        response = solver.response_proto
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self.take(response.solution)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN) and math.isfinite(response.best_objective_bound):
            proven = status == cp_model.OPTIMAL or self.best is not None
            if proven or response.best_objective_bound > 0:
                self.raise_to(constant + divisor * math.floor(response.best_objective_bound + 1e-6))
        return self._said(status, cp_model, engine)

    def _configure(self, parameters: Any) -> None:
        limits = self.limits
        alone = limits.threads == 1 or limits.deterministic
        parameters.num_workers = 1 if alone else max(8, limits.threads)
        if alone:
            parameters.linearization_level = 2
        parameters.random_seed = limits.seed
        parameters.max_time_in_seconds = limits.time_limit
        if limits.deterministic:
            parameters.max_deterministic_time = 0.4 * limits.time_limit
        parameters.catch_sigint_signal = False
        parameters.log_search_progress, parameters.log_to_stdout = True, False

    def _watch(self, solver: Any, done: threading.Event) -> None:
        while not done.wait(POLL):
            if self.monitor.should_stop() or self._near_enough():
                self.stopped = True
                solver.stop_search()

    def _near_enough(self) -> bool:
        if self.limits.deterministic or not self.limits.gap or self.cost is None or self.lower is None:
            return False
        return self.cost - self.lower <= Fraction(self.limits.gap) * abs(self.cost)

    def take(self, values: Any) -> None:
        """A solution of the model; counted anew, and kept if it is better."""
        schedule = decode(self.linear, list(values))
        if self.guarded and broken_rules(self.problem, schedule):
            return
        cost = objective(self.linear.problem, schedule)
        if self.cost is None or cost < self.cost:
            self.best, self.cost = schedule, cost
            if self.guarded:
                self.monitor.incumbent(schedule, cost)

    def raise_to(self, value: int) -> None:
        """A better bound."""
        if self.lower is None or value > self.lower:
            self.lower = value
            if self.guarded:
                self.monitor.bound(value)

    def _said(self, status: Any, cp_model: Any, engine: str) -> Solution:
        log = "\n".join(self.log)
        match status:
            case cp_model.INFEASIBLE:
                return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, log=log)
            case cp_model.MODEL_INVALID:
                return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, log=log, note="the model was refused as invalid")
            case cp_model.OPTIMAL:
                stop = Stop.PROOF
            case cp_model.FEASIBLE | cp_model.UNKNOWN:
                stop = Stop.GAP if self._near_enough() else Stop.LIMIT
            case _:
                return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, log=log, note=f"unknown status {status}")
        if self.best is None:
            return Solution(Status.UNKNOWN, stop, bound=self.lower, engine=engine, log=log)
        proven = self.lower is not None and self.cost is not None and self.lower >= self.cost
        return Solution(Status.OPTIMAL if proven else Status.FEASIBLE, stop, self.best, self.lower, engine, log)
