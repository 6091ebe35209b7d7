"""Plan for scenarios of demand: commitments and first slots in common, the rest by scenario.

One integer program holds all scenarios (`algorithms.models.scenario_program`), and HiGHS solves it. Costs are those of
the plans, exact and checked. The bound is that of HiGHS, or the mean of what each scenario costs by itself at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Any

import numpy as np

from leptonopt.algorithms.models.scenario_program import ScenarioProgram, joined
from leptonopt.algorithms.models.time_indexed import IntegerProgram, build_model
from leptonopt.algorithms.models.time_indexed import decode as values_as_schedule
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.errors import Alarm, Unsupported
from leptonopt.instance import Instance, refuse
from leptonopt.instance.features import FEATURES
from leptonopt.instance.scenarios import Scenarios, instance_of
from leptonopt.plan.document import Outcome, plan_document
from leptonopt.plan.plan import Plan
from leptonopt.problem.arrays import Ints
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import node_schedule_of
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.request import make_limits
from leptonopt.session.snapshot import made_by
from leptonopt.session.source import open_source
from leptonopt.solvers.highs_call import call_highs
from leptonopt.verify.scenarios import verify_scenarios


@dataclass(frozen=True, eq=False)
class ScenarioResult:
    """Plans for scenarios.

    Attributes
    ----------
    status : optimal, feasible, infeasible or unknown
    objective, bound : money, exact; None where unknown
    mean : of the costs of all plans
    plans : by id of the scenario
    """

    status: str
    objective: Fraction | None
    bound: Fraction | None
    mean: Fraction | None
    plans: dict[str, Plan]


def solve_scenarios(
    instance: Instance, stated: Scenarios, time_limit: float = 60.0, gap: float = 0.0, threads: int = 1
) -> ScenarioResult:
    """Return plans for scenarios with the least mean, or mean and value at risk, of their costs.

    Raises
    ------
    Unsupported
        When the instance has segments, data between tasks, commitments of nodes that are told apart, or services with
        too many ways and classes; or what a common start or a value at risk cannot have.
    Alarm
        When the checker rejects a plan.
    """
    deadline = Deadline.after(time_limit)
    refuse(instance, "scenarios", *(each for each in FEATURES if each != "services"))
    made = [compile_instance(instance_of(instance, each)) for each in stated.scenarios]
    if any(each.impossible or each.stuck for each in made):
        return ScenarioResult("infeasible", None, None, None, {})
    if why := next(filter(None, (undecided(each.problem) for each in made)), ""):
        raise Unsupported(f"scenarios: {why}")
    linear = [build_model(each.problem, coarse=True) for each in made]
    _refuse(instance, stated, linear)
    stages = _Stages(stated, [each.unit for each in made])
    common = _common(linear, -(-stated.here_and_now // instance.time.slot))
    program = joined(linear, _floats(stages.weights), _floats(stages.units), common, stages.risk)
    word, values, found = call_highs(_arrays(program), max(0.1, deadline.left()), gap, threads)
    if word == "infeasible":
        return ScenarioResult("infeasible", None, None, None, {})
    bound = stages.rounded_up(found) - max(each.loss for each in made) if np.isfinite(found) else None
    if values is None:
        return ScenarioResult("unknown", None, bound, None, {})
    limits, begin = make_limits(time_limit, gap, threads), program.begin.tolist()
    plans = {
        scenario.id: _plan(each, own, np.rint(values[at : at + len(own.most)]).astype(np.int64), limits)
        for scenario, each, own, at in zip(stated.scenarios, made, linear, begin, strict=False)
    }
    return _result(instance, stated, stages, plans, bound)


def _result(
    instance: Instance, stated: Scenarios, stages: _Stages, plans: dict[str, Plan], bound: Fraction | None
) -> ScenarioResult:
    """Return checked plans with their objective; raises `Alarm`."""
    costs = [plan.cost for plan in plans.values()]
    objective = stages.objective(costs)
    document = stated.model_dump(by_alias=True, exclude_defaults=True)
    made = {name: plan.document for name, plan in plans.items()}
    if faults := verify_scenarios(instance.document(), document, made, objective):
        raise Alarm(f"the checker rejects the plans for scenarios: {'; '.join(faults[:3])}")
    lower = None if bound is None else min(bound, objective)
    status = "optimal" if lower == objective else "feasible"
    return ScenarioResult(status, objective, lower, stages.mean(costs), plans)


def _arrays(program: ScenarioProgram) -> dict[str, Any]:
    """Return a program as `call_highs` takes it."""
    matrix = program.matrix
    names = ("costs", "most", "lower", "upper", "whole")
    own = {"data": matrix.data, "indices": matrix.indices.astype(np.int32), "indptr": matrix.indptr.astype(np.int32)}
    return own | {name: getattr(program, name) for name in names}


class _Stages:
    """Weights of scenarios, money of a unit of each program, level and weight of CVaR, in fractions."""

    def __init__(self, stated: Scenarios, units: Sequence[Fraction]) -> None:
        self.weights, self.units = [Fraction(each.weight) for each in stated.scenarios], list(units)
        self.tail = None if stated.cvar is None else (Fraction(stated.cvar.level), Fraction(stated.cvar.weight))

    @property
    def risk(self) -> tuple[float, float] | None:
        """Return level and weight in doubles."""
        return None if self.tail is None else (float(self.tail[0]), float(self.tail[1]))

    def mean(self, costs: Sequence[Fraction]) -> Fraction:
        """Return the mean of costs."""
        return sum((p * cost for p, cost in zip(self.weights, costs, strict=True)), Fraction(0))

    def objective(self, costs: Sequence[Fraction]) -> Fraction:
        """Return the mean of costs, or its mixture with the mean of the dearest ones."""
        if self.tail is None:
            return self.mean(costs)
        (level, share), left, dearest = self.tail, 1 - self.tail[0], Fraction(0)
        for cost, p in sorted(zip(costs, self.weights, strict=True), reverse=True):
            part = min(p, left)
            dearest, left = dearest + part * cost, left - part
        return (1 - share) * self.mean(costs) + share * dearest / (1 - level)

    def rounded_up(self, found: float) -> Fraction:
        """Return the least objective that a bound in doubles allows, after what doubles may be wrong by."""
        safe = Fraction(found) - Fraction(abs(found)) / 10**7 - Fraction(1, 10**9)
        step = self._step()
        return ceil(safe / step) * step

    def _step(self) -> Fraction:
        """Return money of which every objective is a multiple."""
        parts = list(self.weights)
        if self.tail is not None:
            level, share = self.tail
            parts = [each * p for p in self.weights for each in (1 - share, share / (1 - level))] + [share]
        whole = lcm(*(unit.denominator for unit in self.units))
        common = gcd(*(int(unit * whole) for unit in self.units))
        return Fraction(common, whole * lcm(*(part.denominator for part in parts)))


def _floats(values: Sequence[Fraction]) -> Any:
    return np.array([float(value) for value in values])


def _refuse(instance: Instance, stated: Scenarios, programs: Sequence[IntegerProgram]) -> None:
    """Raise `Unsupported` for what the joined program cannot state."""
    if stated.here_and_now and any(each.spare or each.routing == "one-way" for each in instance.services):
        raise Unsupported("scenarios: here_and_now does not go with `spare`, nor with `routing: one-way`")
    if stated.cvar is not None and any((each.cost < 0).any() for each in programs):
        raise Unsupported("scenarios: cvar does not go with costs below zero")


def _common(programs: Sequence[IntegerProgram], slots: int) -> Ints:
    """Return positions of common decisions, int64, shape (S, N): commitments, and those of first slots."""
    each = [np.array(list(_decisions(program, slots)), np.int64) for program in programs]
    if len({len(line) for line in each}) > 1:
        raise Unsupported("scenarios: their decisions differ in number; allowed are scenarios that differ in demand")
    return np.stack(each)


def _decisions(program: IntegerProgram, slots: int) -> Iterator[int]:
    """Yield the positions of commitments, and of what is on or starts in the first slots."""
    for (letter, _), at in program.variables.nodes.items():
        yield from at.tolist() if letter == "c" else at[:slots].tolist() if letter == "n" else ()
    yield from np.flatnonzero(program.columns.start < slots).tolist()
    for name, at in program.variables.services.items():
        if name[0] == "h":
            yield from at[:slots].tolist()


def _plan(compiled: CompiledInstance, linear: IntegerProgram, values: Ints, limits: Any) -> Plan:
    """Return the plan of a scenario."""
    schedule = values_as_schedule(linear, values)
    rent = node_schedule_of(compiled.problem, schedule)
    source = open_source(compiled.instance, None, None)()
    runs, left = decode(compiled, schedule)
    made = made_by(limits, {"highs": "HiGHS"}, source, {})
    outcome = Outcome("feasible", "done", "highs", None, made, source.origin)
    return Plan(plan_document(compiled, outcome, runs, left, rent, replicas=schedule.replicas))
