"""Methods against brute force, against each other, and against the checker, on random instances with every feature."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.instance import validate
from leptonopt.plan.document import plan_document
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import RULES
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, node_schedule_of, objective
from leptonopt.solvers import cbc as pulp_cbc
from leptonopt.solvers import cpsat
from leptonopt.solvers.registry import TABLE, load_method
from leptonopt.verify import verify
from tests.helpers import bruteforce, random_instances
from tests.helpers.marks import first
from tests.helpers.plans import outcome
from tests.helpers.recording_monitor import Ear

SEEDS = range(300)


def compiled(seed: int, **sizes: int) -> CompiledInstance:
    """A random instance, compiled."""
    return compile_instance(validate(random_instances.instance(seed, **sizes)))


def truth(seed: int) -> tuple[CompiledInstance, int | None] | None:
    """A random tiny instance and its optimum in units, None where no plan exists; None if it is too large."""
    made = compiled(seed, tasks=3, slots=5)
    if made.impossible:
        return made, None
    try:
        found = bruteforce.optimum(made.problem)
    except OverflowError:
        return None
    return made, None if found is None else found[0]


@pytest.mark.parametrize("block", first(1, range(10), ci=2))
def test_exact_methods_equal_brute_force(block: int) -> None:
    """`cpsat`, `cbc` and `highs` agree with brute force in status and cost; `greedy` is never better, and checked."""
    compared = 0
    for seed in range(block * 30, block * 30 + 30):
        if (known := truth(seed)) is None:
            continue
        made, best = known
        compared += 1
        for method in ("greedy", "cpsat", "cbc", "highs")[: 4 if seed % 6 == 0 else 3]:
            stated = random_instances.instance(seed, tasks=3, slots=5)
            result = leptonopt.solve(stated, method=method, time_limit=20, isolate=False, threads=1)
            if best is None:
                assert result.plan is None, (seed, method)
                assert result.status == "infeasible" or method == "greedy", (seed, method)
            elif method == "greedy":
                assert result.cost is None or result.cost >= best * made.unit, seed
            else:
                assert (result.status, result.cost) == ("optimal", best * made.unit), (seed, method)
            assert result.bound is None or best is None or result.bound <= best * made.unit, (seed, method)
            assert result.verdict.ok
    assert compared >= 20


def test_intervals_equal_brute_force_or_say_what_they_cannot_express() -> None:
    """`cpsat-intervals` proves the optimum, prices and copies included, or names the rule it has no words for."""
    proven = 0
    for seed in range(0, 120, 2):
        if (known := truth(seed)) is None or known[0].impossible:
            continue
        made, best = known
        solution = load_method("cpsat-intervals")(made.problem, None, Limits(time_limit=20), Ear())
        if solution.note.startswith("cpsat-intervals cannot express"):
            assert solution.stop is Stop.FAILED
        elif best is None:
            assert solution.status is Status.INFEASIBLE, seed
        else:
            assert solution.status is Status.OPTIMAL, seed
            assert solution.schedule is not None
            assert objective(made.problem, solution.schedule) == solution.bound == best, seed
            proven += 1
    assert proven >= 30


@pytest.mark.parametrize("method", sorted(TABLE))
@pytest.mark.parametrize("seeds", first(1, [range(4), range(4, 10), range(10, 24)], ci=2))
def test_every_method_keeps_every_rule(method: str, seeds: range) -> None:
    """What any method of the table reports keeps every rule and costs what it says; its bounds are valid."""
    for seed in seeds[:: 3 if method == "highs" else 1]:  # each time a program of its own is started
        if (known := truth(seed)) is None or known[0].impossible:
            continue
        made, best = known
        monitor = Ear()
        solution = load_method(method)(made.problem, None, Limits(time_limit=0.2, seed=seed), monitor)
        if solution.schedule is not None:
            assert not violated_rules(made.problem, solution.schedule), (seed, method)
        if best is not None:
            assert all(bound <= best for bound in monitor.bounds), (seed, method)
            assert solution.bound is None or solution.bound <= best, (seed, method)
            assert all(cost >= best for cost in monitor.costs), (seed, method)


@pytest.mark.parametrize("backend", [cpsat, pulp_cbc], ids=["cpsat", "cbc"])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_switched_off_is_noticed(backend: Any, rule: str) -> None:
    """With a rule switched off in a backend, the checker objects by that rule's name; else a rule is dead."""
    noticed = set()
    for seed in SEEDS:
        stated = random_instances.instance(seed)
        made = compile_instance(validate(stated))
        if made.impossible or not made.problem.groups:
            continue
        solution = backend.solve(made.problem, None, Limits(time_limit=5.0), Ear(), (rule,))
        if solution.schedule is None:
            continue
        noticed |= objections(made, stated, solution, rule)
        if rule in noticed:
            return
    pytest.fail(f"nobody noticed that {rule} is off; objections were {noticed}")


def objections(made: CompiledInstance, stated: dict[str, Any], solution: Solution, rule: str) -> set[str]:
    """The checker's rules that a solution breaks. A wrong objective shows as a plan that a better one beats."""
    schedule = solution.schedule
    assert schedule is not None
    if rule == "cost":
        right = cpsat.solve(made.problem, None, Limits(time_limit=5.0), Ear())
        assert right.schedule is not None
        return {"cost"} if objective(made.problem, schedule) > objective(made.problem, right.schedule) else set()
    if rule == "once":
        return {"once"} if "once" in violated_rules(made.problem, schedule) else set()
    runs, left = decode(made, schedule)
    verdict = verify(
        json.loads(json.dumps(stated, default=float), parse_float=Decimal),
        plan_document(made, outcome(made), runs, left, node_schedule_of(made.problem, schedule)),
    )
    return {violation.rule for violation in verdict.violations}


@pytest.mark.parametrize("name", ["cpsat", "cbc"])
def test_warm_start_is_used(name: str) -> None:
    """The engines' own logs say that they took the plan they were given."""
    said = {"cpsat": "complete_hint", "cbc": "MIPStart provided solution with cost"}[name]
    for seed in range(60):
        made = compiled(seed, tasks=6)
        if made.impossible:
            continue
        first = load_method("greedy")(made.problem, None, Limits(time_limit=2), Ear())
        if first.schedule is None or objective(made.problem, first.schedule) <= (first.bound or 0):
            continue
        log = load_method(name)(made.problem, first.schedule, Limits(time_limit=5), Ear()).log
        if said in log:
            return
    pytest.fail("no log speaks of the warm start")


def test_grouping_changes_nothing() -> None:
    """Twenty equal tasks cost as much as one task with twenty copies, and are one group."""
    option = {"pool": "a", "uses": {"gpu": 1}, "duration": "2h"}
    base = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "12h"},
        "pools": [{"id": "a", "capacity": {"gpu": 5}, "price": {"gpu": {"daily": {"00:00": 1, "04:00": 3}}}}],
    }
    one = {**base, "tasks": [{"id": "t", "copies": 20, "options": [option]}]}
    many = {**base, "tasks": [{"id": f"t{at}", "options": [option]} for at in range(20)]}
    costs = [leptonopt.solve(stated, method="cpsat", isolate=False).cost for stated in (one, many)]
    assert costs[0] == costs[1] == Fraction(10 * 2 + 10 * 6)
    assert compile_instance(validate(many)).problem.groups == 1


def test_large_money_is_exact() -> None:
    """Costs up to a million million keep their last micro-unit."""
    stated = {
        "time": {"start": "2026-01-05T00:00Z", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 1}}],
        "tasks": [
            {
                "id": "t",
                "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h", "cost": Decimal("123456789.000001")}],
            },
            {"id": "u", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h", "cost": Decimal("0.000002")}]},
        ],
    }
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert result.cost == Fraction("123456789.000003")
    assert result.status == "optimal"


def test_money_beyond_what_fits_is_coarsened_and_said() -> None:
    """Where exact units would not fit, the bound stays valid, the cost exact, and the loss is stated."""
    stated = {
        "time": {"start": "2026-01-05T00:00Z", "horizon": "4h"},
        "pools": [{"id": "a", "capacity": {"gpu": 1}}],
        "tasks": [
            {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h", "cost": 10**12}]},
            {
                "id": "u",
                "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h", "cost": Decimal("0.000000001")}],
            },
        ],
    }
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert result.cost == 10**12 + Fraction(1, 10**9)
    assert result.bound is not None
    assert result.bound <= result.cost
    assert result.status == "feasible"
    assert any("coarsened" in note for note in result.notes)


def test_row_sums_beyond_31_bits_are_solved_rightly() -> None:
    """The case that CP-SAT 9.15 gets wrong (google/or-tools#5293): large coefficients in capacity rows."""
    import random

    for seed in range(25):
        rng = random.Random(seed)
        uses = [rng.randint(10**8, 10**9) for _ in range(8)]
        stated = {
            "time": {"start": "2026-01-05T00:00Z", "horizon": "1h"},
            "pools": [{"id": "a", "capacity": {"b": sum(uses) // 2}}],
            "tasks": [
                {
                    "id": f"t{at}",
                    "optional": True,
                    "value": rng.randint(1, 10**6),
                    "options": [{"pool": "a", "uses": {"b": use}, "duration": "1h"}],
                }
                for at, use in enumerate(uses)
            ],
        }
        result = leptonopt.solve(stated, method="cpsat", isolate=False)
        made = compile_instance(validate(stated))
        found = bruteforce.optimum(made.problem)
        assert found is not None
        assert (result.status, result.cost) == ("optimal", found[0] * made.unit), seed


def test_statuses_cannot_claim_too_much() -> None:
    """A solution without a schedule cannot be optimal, nor one without a bound."""
    with pytest.raises(ValueError, match="without"):
        Solution(Status.OPTIMAL, Stop.PROOF)
    with pytest.raises(ValueError, match="bound"):
        Solution(Status.OPTIMAL, Stop.PROOF, Schedule.of([], []))
