"""Proofs confirmed on a second model: what it says of random instances, of false proofs, and of what it cannot take."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.node_form import NodeForm
from leptonopt.confirm import Question, model
from leptonopt.confirm.model import off_due
from leptonopt.confirm.solve import confirm
from leptonopt.errors import Alarm
from leptonopt.instance import Instance, validate
from leptonopt.problem.protocol import Limits, Status
from leptonopt.problem.schedule import objective
from leptonopt.session import source
from leptonopt.solvers import cpsat
from leptonopt.verify import uncoupled
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers import bruteforce, random_instances, tiny_instances
from tests.helpers.marks import first
from tests.helpers.recording_monitor import Ear

QUICK = Limits(time_limit=20.0)


def by_all_ways(made: CompiledInstance) -> Fraction | None:
    """The least cost by trying everything; raises OverflowError where that is too much."""
    found = None if made.impossible else bruteforce.optimum(made.problem, 20_000)
    return None if found is None else found[0] * made.unit


def by_engine(made: CompiledInstance) -> Fraction | None:
    """The least cost by CP-SAT on the compiled problem."""
    said = cpsat.solve(made.problem, None, QUICK, Ear()) if not made.impossible else None
    if said is None or said.status is Status.INFEASIBLE:
        return None
    assert said.status is Status.OPTIMAL
    assert said.schedule is not None
    return objective(made.problem, said.schedule) * made.unit


def compared(seeds: range, least: Callable[[CompiledInstance], Fraction | None], **shape: int) -> Counter[bool]:
    """How many instances with and without a plan the second model proves alike; any false claim it contradicts."""
    seen: Counter[bool] = Counter()
    for seed in seeds:
        document = random_instances.instance(seed, **shape)
        made = compile_instance(validate(document))
        try:
            true = least(made)
        except OverflowError:
            continue
        if made.loss:
            continue
        assert confirm(Question(document, true), QUICK).agrees is True, seed
        seen[true is None] += 1
        if true is None:
            assert confirm(Question(document, Fraction(10**6)), QUICK).agrees is False, seed
            continue
        wrong = (true + made.unit, true - made.unit, None)[seed % 3]
        assert confirm(Question(document, wrong), QUICK).agrees is False, (seed, wrong)
    return seen


def test_the_second_model_agrees_with_brute_force() -> None:
    """Of tiny random instances of all features: the same least cost or none, and no other cost."""
    seen = compared(range(1000, 1100), by_all_ways, tasks=3, slots=5)
    assert seen[False] > 30
    assert seen[True] > 8


@pytest.mark.parametrize("part", first(0, range(20), ci=1))
def test_the_second_model_agrees_with_an_engine(part: int) -> None:
    """A hundred of 2,000 larger random instances of all features, against CP-SAT on the compiled problem."""
    seen = compared(range(10_000 + 100 * part, 10_100 + 100 * part), by_engine, tasks=5, slots=8)
    assert seen[False] > 50


def test_what_made_the_presolve_abort_is_confirmed() -> None:
    """An instance on which CP-SAT 9.14 aborts where it looks for symmetries."""
    assert compared(range(10_572, 10_573), by_engine, tasks=5, slots=8).total() == 1


TWO_RACKS: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [
        {"id": "a", "nodes": {"id": "big", "size": {"gpu": 4}, "count": 1, "price": 30}},
        {"id": "b", "nodes": {"id": "big", "size": {"gpu": 4}, "count": 1, "price": 40}},
    ],
    "tasks": [
        {"id": "x", "placement": "one-node", "options": [{"pools": ["a", "b"], "uses": {"gpu": 4}, "duration": "1h"}]},
        {"id": "y", "placement": "one-node", "options": [{"pools": ["a", "b"], "uses": {"gpu": 4}, "duration": "1h"}]},
    ],
}


def test_kinds_of_one_name_in_two_pools_are_two() -> None:
    """Two tasks one after the other on the cheaper of two racks whose kinds are called alike."""
    assert confirm(Question(TWO_RACKS, Fraction(60)), QUICK).agrees is True
    tight = copy.deepcopy(TWO_RACKS)
    for task in tight["tasks"]:
        task["deadline"] = "2026-01-05T01:00Z"
    assert confirm(Question(tight, Fraction(70)), QUICK).agrees is True
    assert confirm(Question(tight, None), QUICK).agrees is False


def test_no_nodes_hold_nothing() -> None:
    """A task within one node cannot run where the count of nodes is 0."""
    empty = copy.deepcopy(TWO_RACKS)
    for pool in empty["pools"]:
        pool["nodes"]["count"] = 0
    assert confirm(Question(empty, None), QUICK).agrees is True


CHOICE: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"},
    "pools": [
        {"id": "cheap", "capacity": {"gpu": 1}, "price": {"gpu": 1}},
        {"id": "dear", "capacity": {"gpu": 1}, "price": {"gpu": 5}},
    ],
    "tasks": [
        {
            "id": id,
            "options": [
                {"pool": pool, "uses": {"gpu": 1}, "duration": f"{hours}h"}
                for pool, hours in (("cheap", 4), ("dear", 2))
            ],
        }
        for id in "xy"
    ],
}


def without(document: dict[str, Any], pool: str) -> Callable[[Instance, NodeForm], CompiledInstance]:
    """A compiler with a fault: it does not see a pool's options."""
    less = copy.deepcopy(document)
    for task in less["tasks"]:
        task["options"] = [option for option in task["options"] if option["pool"] != pool]
    return lambda instance, form: compile_instance(validate(less), form)


def test_a_fault_of_the_compiled_problem_raises_the_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """All engines agree on the faulty problem, optimum and infeasibility alike; the second model does not."""
    assert leptonopt.solve(CHOICE, method="cpsat", time_limit=30, isolate=False, confirm=True).cost == 14
    monkeypatch.setattr(source, "compile_instance", without(CHOICE, "cheap"))
    assert leptonopt.solve(CHOICE, method="cpsat", time_limit=30, isolate=False).cost == 20
    with pytest.raises(Alarm, match=r"second model.* finds a plan for 14, where 20 is said to be the least") as caught:
        leptonopt.solve(CHOICE, method="cpsat", time_limit=30, isolate=False, confirm=True)
    assert "second model" in caught.value.evidence["log"][-1]
    monkeypatch.setattr(source, "compile_instance", without(CHOICE, "dear"))
    with pytest.raises(Alarm, match=r"second model.* finds a plan where none is said to exist"):
        leptonopt.solve(CHOICE, method="cpsat", time_limit=30, confirm=True)


def test_what_is_too_large_is_said_to_share_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another engine confirms it on the same model; plan, notes and first line say so."""
    monkeypatch.setattr(model, "MOST_COLUMNS", 3)
    result = leptonopt.solve(CHOICE, method="cpsat", time_limit=30, isolate=False, confirm=True)
    assert result.document["proof"] | {"by": []} == {
        "by": [],
        "confirmed_by": ["highs"],
        "confirmation": "same model",
        "certified": None,
    }
    assert any("more than 3 starts" in note and "shares one model" in note for note in result.notes)
    from leptonopt.plan.report import headline

    assert "confirmed by highs on the same model" in headline(result.document).plain


def test_amounts_beyond_64_bits_are_refused() -> None:
    """Coefficients that cannot be added up exactly are no proof of anything."""
    huge = copy.deepcopy(CHOICE)
    huge["pools"][0]["price"]["gpu"] = 10**12 + 1
    huge["pools"][1]["price"]["gpu"] = Fraction(1, 10**9 + 7)
    huge["time"] = huge["time"] | {"slot": "1s", "horizon": "6s"}
    stated = StatedInstance(copy.deepcopy(CHOICE))
    built = model.Model(stated)
    built.cost[0] += Fraction(10**12) + Fraction(1, 10**12 + 39)
    with pytest.raises(model.TooLarge, match="too large to count exactly"):
        built.objective()
    with pytest.raises(model.TooLarge, match="too large to add up exactly"):
        built.row({0: Fraction(10**12) + Fraction(1, 10**12 + 39)}, high=1)


def test_where_no_rule_joins_tasks() -> None:
    """Room for all at once and no other rule: then prices reach the optimum."""
    free = copy.deepcopy(CHOICE)
    for pool in free["pools"]:
        pool["capacity"]["gpu"] = 2
    assert uncoupled(free)
    assert not uncoupled(CHOICE)
    assert not uncoupled(TWO_RACKS)
    assert not uncoupled(free | {"apart": [["x", "y"]]})
    result = leptonopt.solve(free, method="cpsat", time_limit=30, isolate=False, certify=True)
    assert result.document["proof"]["certified"] == "8"
    assert not [note for note in result.notes if "certificate proves" in note]


def test_a_certificate_far_below_a_claimed_optimum_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A faulty problem without rules between tasks: the certificate is of the instance itself and proves less."""
    free = copy.deepcopy(CHOICE)
    for pool in free["pools"]:
        pool["capacity"]["gpu"] = 2
    monkeypatch.setattr(source, "compile_instance", without(free, "cheap"))
    result = leptonopt.solve(free, method="cpsat", time_limit=30, isolate=False, certify=True)
    assert result.cost == 20
    assert any("no rule joins tasks here: the two should be equal" in note for note in result.notes)


@pytest.mark.parametrize(("most", "copies", "least"), [("2h", 1, 2), ("119m", 1, 6), ("90m", 2, 11), ("0s", 2, None)])
def test_a_task_follows_in_time(most: str, copies: int, least: int | None) -> None:
    """The first and the last hour are cheap; copies run one after the other, each in time."""
    hours = ("00:00", "01:00", "02:00", "03:00")
    price = {"steps": {f"2026-01-05T{hour}Z": cost for hour, cost in zip(hours, (1, 5, 5, 1), strict=True)}}
    stated = tiny_instances.document(
        tiny_instances.task("x", gpu=1), tiny_instances.task("y", gpu=1, copies=copies, after=[{"task": "x", "most": most}]),
        pools=[tiny_instances.pool(capacity={"gpu": 1}, price={"gpu": price})],
    )  # fmt: skip
    assert confirm(Question(stated, None if least is None else Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(3)), Limits(10.0)).agrees is False


@pytest.mark.parametrize(("seconds", "money"), [(1800, 9), (0, 0), (-5400, 6)])
def test_money_off_the_due_date(seconds: int, money: int) -> None:
    task = {"late_cost": 4, "late_penalty": 7, "early_cost": 4}
    assert off_due(task, seconds) == money
    assert off_due({}, seconds) == 0
