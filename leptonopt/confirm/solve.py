"""Have CP-SAT solve the second model, and say whether it proves the same."""

from __future__ import annotations

import time
from fractions import Fraction
from math import floor
from typing import Any

from leptonopt.confirm.model import MAX_SUM, Model, TooLarge
from leptonopt.confirm.question import Confirmation, Question
from leptonopt.problem.protocol import Limits
from leptonopt.verify.exact import BROKEN, Malformed, broken
from leptonopt.verify.instance_reader import StatedInstance

DETERMINISTIC = 0.15  # CP-SAT's own time per second of the limit, as in `leptonopt.solvers.cpsat`


def confirm(question: Question, limits: Limits) -> Confirmation:
    """Solve the second model and compare what it proves.

    A cost is confirmed only when the least cost of the second model is exactly that: the plan at hand fits it, and none
    is cheaper. Infeasibility is confirmed when it has no solution.
    """
    begun = time.monotonic()
    try:
        model = Model(StatedInstance(question.document))
        costs, unit = model.objective()
        return _solved(model, costs, unit, question, limits, begun)
    except TooLarge as error:
        return Confirmation(None, note=f"the instance is not confirmed on a second model: {error}")
    except (Malformed, *BROKEN) as error:
        return Confirmation(None, note=f"the second model cannot be built: {broken(error)}")


def _solved(
    model: Model, costs: dict[int, int], unit: Fraction, question: Question, limits: Limits, begun: float
) -> Confirmation:
    from ortools import __version__
    from ortools.sat.python import cp_model

    engine = f"ortools {__version__} CP-SAT"
    asked = cp_model.CpModel()
    proto = asked.proto
    for most in model.most:
        proto.variables.add(domain=(0, most))
    for row in model.rows:
        _linear(proto, row.terms, row.low, row.high)
    if question.cost is not None:
        _linear(proto, costs, None, max(-MAX_SUM, min(MAX_SUM, floor(question.cost / unit))))
        proto.objective.vars.extend(costs)
        proto.objective.coeffs.extend(costs.values())
        hint = model.hint(question.lines)
        proto.solution_hint.vars.extend(hint)
        proto.solution_hint.values.extend(hint.values())
    solver = cp_model.CpSolver()
    _configure(solver.parameters, limits, begun)
    status = solver.solve(asked)
    if status == cp_model.MODEL_INVALID:
        return Confirmation(None, note="the second model was refused as invalid", engine=engine)
    if status == cp_model.INFEASIBLE:
        if question.cost is None:
            return Confirmation(True, engine=engine)
        return Confirmation(False, note=f"has no plan for {question.cost} or less, yet one is at hand", engine=engine)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Confirmation(None, note="the second model was not solved in the time left", engine=engine)
    values = dict(enumerate(solver.response_proto.solution))
    cost, lines = sum(value * values[at] for at, value in costs.items()) * unit, model.lines(values)
    if question.cost is None:
        return Confirmation(False, cost, lines, "finds a plan where none is said to exist", engine)
    if cost < question.cost:
        text = f"finds a plan for {cost}, where {question.cost} is said to be the least"
        return Confirmation(False, cost, lines, text, engine)
    if status == cp_model.OPTIMAL and cost == question.cost:
        return Confirmation(True, cost, lines, engine=engine)
    return Confirmation(None, cost, lines, "the second model was not solved in the time left", engine)


def _linear(proto: Any, terms: dict[int, int], low: int | None, high: int | None) -> None:
    constraint = proto.constraints.add().linear
    constraint.vars.extend(terms)
    constraint.coeffs.extend(terms.values())
    constraint.domain.extend((-(2**62) if low is None else low, 2**62 if high is None else high))


def _configure(parameters: Any, limits: Limits, begun: float) -> None:
    alone = limits.threads == 1 or limits.deterministic
    parameters.num_workers = 1 if alone else max(8, limits.threads)
    if alone:
        parameters.linearization_level = 2
    parameters.random_seed = limits.seed
    parameters.max_time_in_seconds = max(0.01, limits.time_limit - (time.monotonic() - begun))
    if limits.deterministic:
        parameters.max_deterministic_time = DETERMINISTIC * limits.effort
    parameters.catch_sigint_signal = False
