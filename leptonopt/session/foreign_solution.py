"""Make a plan of the solution that another solver found for the exported model, and have it checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from leptonopt.algorithms.models.time_indexed import IntegerProgram, build_model, decode
from leptonopt.errors import InputError, Unsupported
from leptonopt.instance import Instance, refuse
from leptonopt.io.solution_file import solution_values
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.problem.arrays import Ints
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule, with_node_schedule
from leptonopt.session.snapshot import made_by
from leptonopt.session.source import TreeSource, open_source

NEAR = 1e-5  # how far from a whole number another solver may leave an integer; HiGHS and SCIP: 1e-6
METHOD = "solution-file"


def plan_of_solution(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    text: str,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
) -> Plan:
    """Return the plan of another solver's solution of the exported model of an instance.

    The text is that of HiGHS, CBC, SCIP, Gurobi or GLPK. The status of the plan is `feasible`: what the other solver
    claims to have proven is not taken over.

    Raises
    ------
    InputError
        When the text is no solution of this model, or breaks a rule.
    Unsupported
        When the exported model is not that of the plan: nodes told apart, data between tasks, columns.
    """
    source = open_source(instance, format, params)()
    if not isinstance(source, TreeSource):
        raise Unsupported("reading a solution back does not support columns; allowed is an instance in a tree")
    refuse(source.compiled.instance, "reading a solution back", "data passed on between tasks")
    if source.compiled.alike:
        where = ", ".join(sorted(source.compiled.alike))
        raise Unsupported(f"reading a solution back does not support nodes that plans tell apart, as of pool {where}")
    schedule = _schedule(source, text)
    made = made_by(Limits(time_limit=0.0), {}, source, {})
    outcome = Outcome(str(Status.FEASIBLE), str(Stop.DONE), METHOD, None, made, source.origin)
    _, plan, verdict = source.answer(outcome, with_node_schedule(source.problem, schedule))
    if plan is None or not verdict.ok:
        raise InputError(f"the solution is no plan: {verdict.violations[0].message}")
    return plan


def _schedule(source: TreeSource, text: str) -> Schedule:
    """Return the schedule of a solution; raises `InputError` for a rule that it breaks."""
    schedule = decode(linear := build_model(source.problem), _values(linear, text))
    if broken := violated_rules(source.problem, schedule):
        raise InputError(f"the solution breaks the rules {', '.join(sorted(broken))}; allowed is one that keeps all")
    return schedule


def _values(linear: IntegerProgram, text: str) -> Ints:
    """Return a value for every variable, int64, shape (V,); what batches do in a slot is not read."""
    names = linear.names()
    found = solution_values(text, names, _mathprog_names(linear, names))
    values = np.array([found.get(name, 0.0) for name in names])
    for at in np.flatnonzero((abs(values - values.round()) > NEAR) & linear.whole).tolist():
        raise InputError(f"variable {names[at]} is {values[at]:g}; allowed is a whole number")
    for at in np.flatnonzero((values < -NEAR) | (values > linear.most + NEAR)).tolist():
        raise InputError(f"variable {names[at]} is {values[at]:g}; allowed is 0 to {linear.most[at]}")
    return values.round().astype(np.int64)


def _mathprog_names(linear: IntegerProgram, names: list[str]) -> dict[str, str]:
    """Return names by those of models/allocation.mod, whose columns leave the group out: x[OPTION,SLOT]."""
    pairs = zip(linear.columns.option.tolist(), linear.columns.start.tolist(), names, strict=False)
    return {f"x_{option}_{start}": name for option, start, name in pairs}
