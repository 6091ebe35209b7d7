"""OR-Tools CP-SAT on the time-indexed model, and on intervals where they are faster.

Of the formulations measured this one has the strongest bound for a cost objective. One worker runs with
`linearization_level=2`; more than one means at least eight, because CP-SAT leaves its best bounding
strategy out below that, whatever the number of cores.

CP-SAT counts in 64-bit integers and reports in doubles. Here its solutions are counted anew, and its
bound is taken from the integers of its answer; the doubles only serve to show progress.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.algorithms.models.interval import IntervalModel, is_preferable, unsupported_feature
from leptonopt.algorithms.models.time_indexed import (
    NO_LIMIT,
    IntegerProgram,
    build_model,
    decode,
    encode,
    has_no_columns,
    largest_objective,
    normalise_costs,
    objective_lower_limit,
    predicted_size,
)
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import SHORTEST_CALL, Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.deadline import Deadline


@dataclass(frozen=True)
class CpsatSettings:
    """Limits of what CP-SAT is given.

    Attributes
    ----------
    max_nonzeros : largest model, some 100 bytes a nonzero
    poll : seconds between two questions whether to stop
    deterministic : CP-SAT's own time for each second of the limit; it makes 0.6 to 0.8 a second on a free core and
        0.25 on one shared with two others: less is asked for, so that the clock, the last resort, does not come first
    """

    max_nonzeros: int = 40_000_000
    poll: float = 0.05
    deterministic: float = 0.15


SETTINGS = CpsatSettings()


MAX_EXACT = 2**53  # above it, doubles skip integers
MAX_SUM = 2**62  # CP-SAT refuses rows that could add up to more


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """Search to a proof or a limit. `without` switches rules off, for tests only."""
    deadline = limits.start()
    if why := _unsupported(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=_engine(), note=why)
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=_engine())
    form: IntervalModel | _Columns
    if not without and not problem.chains and is_preferable(problem):
        form = IntervalModel(problem, limits.cutoff)
    elif (nonzeros := predicted_size(problem)[1]) > SETTINGS.max_nonzeros:
        note = f"the model may have {nonzeros:,} nonzeros; cpsat takes at most {SETTINGS.max_nonzeros:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=_engine(), note=note)
    else:
        form = _Columns(build_model(problem, without, limits.cutoff))
    return _searched(problem, form, warm_start, limits, monitor, deadline, guarded=not without)


def _unsupported(problem: Problem) -> str:
    """Return which rule of services CP-SAT does not take; empty where it takes all."""
    if len(problem.services.batches):
        return "cpsat does not take batches of services, which are done in fractions; highs and cbc do"
    if why := undecided(problem):
        return why
    if not all(serving.complete for serving in problem.serving):
        return "cpsat does not take so many ways and classes, which are routed in fractions; highs and cbc do"
    return ""


def on_intervals(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Solve the interval model of the textbooks, whatever the problem; a baseline."""
    deadline = limits.start()
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=_engine())
    if what := unsupported_feature(problem):
        note = f"cpsat-intervals cannot express {what}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=_engine(), note=note)
    return _searched(
        problem, IntervalModel(problem, limits.cutoff), warm_start, limits, monitor, deadline, guarded=True
    )


def _searched(
    problem: Problem,
    form: IntervalModel | _Columns,
    warm_start: Schedule | None,
    limits: Limits,
    monitor: Monitor,
    deadline: Deadline,
    guarded: bool,
) -> Solution:
    if note := form.too_large():
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=_engine(), note=note)
    return _Run(problem, form, warm_start, limits, monitor, deadline, guarded).solution(_engine())


def _engine() -> str:
    from ortools import __version__

    return f"ortools {__version__} CP-SAT"


class _Columns:
    """Wrap the time-indexed model in the interface of `interval.IntervalModel`."""

    def __init__(self, linear: IntegerProgram) -> None:
        self.linear, self.problem = linear, linear.problem
        self.costs, self.divisor, self.constant = normalise_costs(linear)
        self.lowest = objective_lower_limit(linear, self.costs)

    def too_large(self) -> str:
        """Return why CP-SAT could overflow on this model; empty when it cannot."""
        most = self.linear.most.astype(float)
        if largest_objective(self.linear, self.costs) >= MAX_EXACT or float(np.abs(self.costs) @ most) >= MAX_SUM:
            return "costs are too large to count exactly"
        sums = abs(self.linear.matrix).astype(float) @ most
        return "amounts are too large to add up exactly" if sums.max(initial=0.0) >= MAX_SUM else ""

    def model(self, cp_model: Any, warm_start: Schedule | None) -> Any:
        """Return the CP-SAT model; filling its fields is far faster than building expressions."""
        linear, model = self.linear, cp_model.CpModel()
        proto = model.proto
        for most in linear.most.tolist():
            proto.variables.add(domain=(0, most))
        matrix = linear.matrix
        pointers, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        for row, (low, high) in enumerate(zip(linear.lower.tolist(), linear.upper.tolist(), strict=True)):
            part = slice(pointers[row], pointers[row + 1])
            constraint = proto.constraints.add().linear
            constraint.vars.extend(indices[part])
            constraint.coeffs.extend(data[part])
            constraint.domain.extend((max(low, -NO_LIMIT), min(high, NO_LIMIT)))
        used = self.costs.nonzero()[0]
        proto.objective.vars.extend(used.tolist())
        proto.objective.coeffs.extend(self.costs[used].tolist())
        if warm_start is not None:
            proto.solution_hint.vars.extend(range(len(linear.most)))
            proto.solution_hint.values.extend(encode(linear, warm_start).tolist())
        return model

    def decode(self, values: Any) -> Schedule:
        """Return the schedule of variable values."""
        return decode(self.linear, values)


class _Run:
    """Run one search, and pass incumbents and bounds between CP-SAT and the monitor."""

    def __init__(
        self,
        problem: Problem,
        form: IntervalModel | _Columns,
        warm_start: Schedule | None,
        limits: Limits,
        monitor: Monitor,
        deadline: Deadline,
        guarded: bool,
    ) -> None:
        self.problem, self.form, self.limits, self.monitor = problem, form, limits, monitor
        self.deadline, self.guarded = deadline, guarded
        self.costs, self.divisor, self.constant, self.lowest = form.costs, form.divisor, form.constant, form.lowest
        self.best: Schedule | None = None
        self.cost: int | None = None
        self.lower: int | None = None
        self.log: list[str] = []
        self.notes: list[str] = []
        self.error: BaseException | None = None
        self.asked = False
        if warm_start is not None and guarded and not violated_rules(problem, warm_start):
            self.best, self.cost = warm_start, objective(problem, warm_start)
        self.hint = self.best

    def solution(self, engine: str) -> Solution:
        """Run CP-SAT and say what it proved."""
        from ortools.sat.python import cp_model

        run = self

        class Listener(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]  # ortools ships no types
            def on_solution_callback(self) -> None:
                run.heard(run.take, self.response_proto.solution)

        self.raise_to(self.lowest)
        if self._near_enough() or self._closed():
            return self._said(cp_model.UNKNOWN, cp_model, engine)
        model = self.form.model(cp_model, self.hint)
        solver = self.solver = cp_model.CpSolver()
        self._configure(solver.parameters)
        solver.log_callback = self.log.append
        solver.best_bound_callback = lambda value: run.heard(run.raise_to, about(value))
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watch.start()
        try:
            status = solver.solve(model, Listener())
        finally:
            done.set()
            watch.join()
        if self.error is not None:
            raise self.error
        self._conclude(status, solver.response_proto, cp_model)
        return self._said(status, cp_model, engine)

    def _configure(self, parameters: Any) -> None:
        limits = self.limits
        alone = limits.threads == 1 or limits.deterministic
        parameters.num_workers = 1 if alone else max(8, limits.threads)
        if alone:
            parameters.linearization_level = 2 if isinstance(self.form, _Columns) else 1
        parameters.random_seed = limits.seed
        parameters.max_time_in_seconds = max(SHORTEST_CALL, self.deadline.left())
        if limits.deterministic:
            parameters.max_deterministic_time = SETTINGS.deterministic * limits.effort
        parameters.catch_sigint_signal = False
        parameters.log_search_progress, parameters.log_to_stdout = True, False

    def _watch(self, done: threading.Event) -> None:
        """Stop CP-SAT when the monitor demands it, also before the search has begun."""
        while not done.wait(SETTINGS.poll):
            try:
                if self.error is not None or self.monitor.should_stop():
                    self.asked = True
                    self.solver.stop_search()
            except BaseException as error:
                self.error = error

    def heard(self, call: Any, value: Any) -> None:
        """A callback from CP-SAT. An exception must not pass through its C++; it is raised at the end.

        With one worker these calls come at the same points of every run, so the gap is decided here.
        """
        try:
            call(value)
            if self._near_enough():
                self.solver.stop_search()
        except BaseException as error:
            self.error = error

    def _closed(self) -> bool:
        return self.cost is not None and self.lower is not None and self.lower >= self.cost

    def _near_enough(self) -> bool:
        if not self.limits.gap or self.cost is None or self.lower is None:
            return False
        return self.cost - self.lower <= Fraction(self.limits.gap) * abs(self.cost)

    def take(self, values: Any) -> None:
        """Take a solution of the model; its cost is recomputed, and it is kept if better."""
        schedule = self.form.decode(list(values))
        if self.guarded and (broken := violated_rules(self.problem, schedule)):
            self.notes.append(f"a solution was refused: it breaks {', '.join(sorted(broken))}")
            return
        cost = objective(self.problem, schedule)
        if self.cost is None or cost < self.cost:
            self.best, self.cost = schedule, cost
            if self.guarded:
                self.monitor.incumbent(schedule, cost)

    def raise_to(self, value: int) -> None:
        """Take a bound on the shifted costs, which are never below `objective_lower_limit`."""
        bound = self.constant + self.divisor * max(self.lowest, value)
        if self.lower is None or bound > self.lower:
            self.lower = bound
            if self.guarded:
                self.monitor.bound(bound)

    def _conclude(self, status: Any, response: Any, cp_model: Any) -> None:
        """Return the result from the last solution and the last bound."""
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self.take(response.solution)
        if status == cp_model.OPTIMAL:
            self.raise_to(int(np.array(response.solution[: len(self.costs)], np.int64) @ self.costs))
        elif status == cp_model.FEASIBLE:
            self.raise_to(inner_bound(response))

    def _said(self, status: Any, cp_model: Any, engine: str) -> Solution:
        log, note = "\n".join(self.log), self._note()
        match status:
            case cp_model.INFEASIBLE:
                return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, log=log)
            case cp_model.MODEL_INVALID:
                note = "the model was refused as invalid"
                return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, log=log, note=note)
            case cp_model.OPTIMAL:
                stop = Stop.PROOF
            case cp_model.FEASIBLE | cp_model.UNKNOWN:
                stop = self._stop()
            case _:
                return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, log=log, note=f"unknown status {status}")
        return Solution.claim(self.best, self.cost, self.lower, stop, engine, note, log)

    def _stop(self) -> Stop:
        if self._near_enough():
            return Stop.GAP
        early = self.deadline.left() > 0.05 * self.limits.time_limit
        return Stop.INTERRUPT if self.asked and early else Stop.LIMIT

    def _note(self) -> str:
        if self.limits.deterministic and self.deadline.left() <= 0.05 * self.limits.time_limit:
            self.notes.append("the clock ended the search before its deterministic time: not reproducible")
        return "; ".join(dict.fromkeys(self.notes))


def about(value: float) -> int:
    """An integer that a bound reported as a double certainly reaches.

    CP-SAT's bound is an integer, scaled and shifted in doubles on its way here: within 1e-6 of a whole
    number it is that one while doubles are that fine; beyond, what they may have lost is taken off.
    """
    if not math.isfinite(value):
        return -(2**62)
    whole = round(value)
    if abs(value) < 2**40 and abs(value - whole) <= 1e-6:
        return whole
    return math.floor(value) - 1 - int(abs(value)) // 2**40


def inner_bound(response: Any) -> int:
    """Return CP-SAT's bound of a response, exact where its two fields agree."""
    exact, shown = int(response.inner_objective_lower_bound), float(response.best_objective_bound)
    return exact if math.isfinite(shown) and abs(exact - shown) <= 1e-9 * abs(shown) + 1e-6 else about(shown)
