"""Solve the second model with CP-SAT and compare the result with the claim."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from leptonopt.confirm.model import MAX_SUM, Model
from leptonopt.confirm.question import Confirmation, EngineLimits, Question, Remaining, TooLarge
from leptonopt.verify.exact import BROKEN, Malformed, broken
from leptonopt.verify.instance_reader import StatedInstance

DETERMINISTIC = 0.15  # CP-SAT's own time for each second of the limit, as in `leptonopt.solvers.cpsat`
SHORTEST_CALL = 0.01  # seconds; CP-SAT refuses a limit of zero


def confirm(question: Question, limits: EngineLimits) -> Confirmation:
    """Solve the second model and compare its proof with the claim.

    A cost is confirmed only when it equals the least cost of the second model: the incumbent is feasible there, and no
    plan is cheaper. Infeasibility is confirmed when the second model has no solution.
    """
    deadline = limits.start()
    try:
        model = Model(StatedInstance(question.document))
        costs, unit = model.objective()
        return _solved(model, costs, unit, question, limits, deadline)
    except TooLarge as error:
        return Confirmation(None, note=f"the instance is not confirmed on a second model: {error}")
    except (Malformed, *BROKEN) as error:
        return Confirmation(None, note=f"the second model cannot be built: {broken(error)}")


def _solved(
    model: Model, costs: dict[int, int], unit: Fraction, question: Question, limits: EngineLimits, deadline: Remaining
) -> Confirmation:
    from ortools import __version__
    from ortools.sat.python import cp_model

    engine = f"ortools {__version__} CP-SAT"
    solver = cp_model.CpSolver()
    while True:
        program = _cp_model(model, costs, unit, question)
        _configure(solver.parameters, limits, deadline)
        status = solver.solve(program)
        found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        if not (found and model.cut(dict(enumerate(solver.response_proto.solution)))):
            break
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


def _cp_model(model: Model, costs: dict[int, int], unit: Fraction, question: Question) -> Any:
    """Return the CP-SAT model; with a claimed cost, that cost is the limit and the incumbent a hint."""
    from ortools.sat.python import cp_model

    program = cp_model.CpModel()
    proto = program.proto
    for most in model.most:
        proto.variables.add(domain=(0, most))
    for row in model.rows:
        _linear(proto, row.terms, row.low, row.high)
    if question.cost is not None:
        _linear(proto, costs, None, max(-MAX_SUM, min(MAX_SUM, floor(question.cost / unit))))
        proto.objective.vars.extend(costs)
        proto.objective.coeffs.extend(costs.values())
        hint = model.hint(question.lines) if question.lines else {}
        proto.solution_hint.vars.extend(hint)
        proto.solution_hint.values.extend(hint.values())
    return program


def _linear(proto: Any, terms: dict[int, int], low: int | None, high: int | None) -> None:
    constraint = proto.constraints.add().linear
    constraint.vars.extend(terms)
    constraint.coeffs.extend(terms.values())
    constraint.domain.extend((-(2**62) if low is None else low, 2**62 if high is None else high))


def _configure(parameters: Any, limits: EngineLimits, deadline: Remaining) -> None:
    alone = limits.threads == 1 or limits.deterministic
    parameters.num_workers = 1 if alone else max(8, limits.threads)
    if alone:
        parameters.linearization_level = 2
    parameters.random_seed = limits.seed
    parameters.max_time_in_seconds = max(SHORTEST_CALL, deadline.left())
    if limits.deterministic:
        parameters.max_deterministic_time = DETERMINISTIC * limits.effort
    parameters.catch_sigint_signal = False
    # The presolve of 9.14 aborts the process on some instances where it looks for symmetries ("Check failed:
    # context_->VarToConstraints(var).empty()").
    parameters.symmetry_level = 0
