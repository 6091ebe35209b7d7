"""Bounds that can be checked: certificates, what any prices prove, and proofs that a second engine confirms."""

from __future__ import annotations

import copy
import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.errors import Alarm
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session import session
from leptonopt.session.certificate import best_certificate
from leptonopt.solvers import cpsat
from leptonopt.solvers import registry as methods
from leptonopt.verify import proven
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers.marks import CI
from tests.helpers.random_instances import instance as random_instance
from tests.helpers.recording_monitor import Ear
from tests.helpers.run_cli import called

ROOT = Path(__file__).resolve().parents[3]

TWO_TASKS: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00:00Z", "horizon": "4h", "slot": "1h"},
    "pools": [
        {"id": "cheap", "capacity": {"gpu": 1}, "price": {"gpu": 1}},
        {"id": "dear", "capacity": {"gpu": 4}, "price": {"gpu": 3}},
    ],
    "tasks": [
        {
            "id": id,
            "options": [
                {"pool": "cheap", "uses": {"gpu": 1}, "duration": "3h"},
                {"pool": "dear", "uses": {"gpu": 1}, "duration": "3h"},
            ],
        }
        for id in ("a", "b")
    ],
}
MINIMUM: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00:00Z", "horizon": "3h", "slot": "1h"},
    "pools": [
        {
            "id": "p",
            "nodes": {
                "size": {"gpu": 1},
                "count": {"steps": {"2026-01-05T00:00:00Z": 1, "2026-01-05T01:00:00Z": 2, "2026-01-05T02:00:00Z": 1}},
                "price": 1,
                "minimum": "2h",
            },
        }
    ],
    "tasks": [
        {"id": "a", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "3h"}]},
        {
            "id": "b",
            "release": "2026-01-05T01:00:00Z",
            "deadline": "2026-01-05T02:00:00Z",
            "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}],
        },
    ],
}


def optimum(compiled: CompiledInstance) -> Fraction | None:
    """The least cost in money; None where there is no plan."""
    found = cpsat.solve(compiled.problem, None, Limits(60), Ear())
    assert found.status in (Status.OPTIMAL, Status.INFEASIBLE)
    return None if found.bound is None else found.bound * compiled.unit


def any_prices(document: dict[str, Any], seed: int) -> dict[str, Any]:
    """A certificate with prices that nobody has thought about, on everything that can have one."""
    rng, stated = random.Random(seed), StatedInstance(document)
    slots = stated.slots

    def steps() -> list[list[int]]:
        return [[slot, rng.choice([0, rng.randint(0, 40), rng.randint(0, 400)])] for slot in range(slots)]

    kinds = stated.kinds({(kind.pool, kind.name): range(10) for kind in stated.kinds()})
    supplied = {(kind.pool, name) for kind in kinds for name in kind.size}
    rows: list[tuple[str, str, str | None]] = [
        (pool, name, None)
        for pool, names in stated.resources.items()
        for name in names
        if (pool, name) in supplied or all(least is not None for least in stated.least(pool, name))
    ]
    rows += [(kind.pool, name, kind.label) for kind in kinds if kind.node is not None for name in kind.size]
    quotas: list[dict[str, Any]] = []
    for quota in stated.quotas:
        moment = quota.get("per") == "moment"
        quotas.append({"id": quota["id"], "price": steps() if moment else rng.randint(0, 60)})
        quotas[-1] |= {} if moment else {"slot": 0}
    edges = {
        (task["id"], after if isinstance(after, str) else after["task"])
        for task in document["tasks"]
        for after in task.get("after") or ()
    }
    return {
        "leptonopt_certificate": 1,
        "unit": rng.choice(["1/10", "1/37", "1"]),
        "capacity": [
            {"pool": pool, "resource": name, **({} if node is None else {"node": node}), "price": steps()}
            for pool, name, node in rows
            if rng.random() < 0.7
        ],
        "quotas": [quota for quota in quotas if rng.random() < 0.7],
        "waiting": [{"task": late, "after": early, "price": rng.randint(0, 30)} for late, early in sorted(edges)],
        "apart": [
            {"set": number, "pool": pool["id"], "price": rng.randint(0, 30)}
            for number in range(len(document.get("apart") or ()))
            for pool in document["pools"]
        ],
    }


# --- what prices prove ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_no_prices_prove_more_than_is_true(seed: int) -> None:
    """Whatever the prices: what they prove is at most the least cost there is."""
    document = random_instance(1000 + seed, whole_bill=bool(seed % 4))
    compiled = compile_instance(validate(document))
    least = None if compiled.impossible else optimum(compiled)
    for turn in range(4):
        proof = proven(document, any_prices(document, 10 * seed + turn))
        assert not proof.why or proof.bound is None, proof
        if least is not None:
            assert proof.bound is not None
            assert proof.bound <= least


@pytest.mark.parametrize("seed", range(30))
def test_certificates_prove_what_the_dual_proves(seed: int) -> None:
    """The checker makes at least of the prices what the arrays make of them, and never too much."""
    document = random_instance(2000 + seed, whole_bill=bool(seed % 4))
    compiled = compile_instance(validate(document))
    if compiled.impossible:
        return
    made, least = best_certificate(compiled, document, 0.4), optimum(compiled)
    proof = proven(document, made)
    assert proof.ok
    assert str(proof.bound) == made["bound"] or proof.bound is None
    if least is None or proof.bound is None:
        return
    assert proof.bound <= least
    ascent = DualAscent(compiled.problem, BlockPricer(compiled.problem))
    for _ in range(30):
        ascent.step()
    exact = ascent.exact()
    assert exact is None or exact * compiled.unit <= least


def test_prices_close_the_gap_where_capacity_is_all_that_binds() -> None:
    """Two tasks want the only cheap GPU: its price, 2 an hour, is what the dear one costs more; 12 is proven."""
    compiled = compile_instance(validate(TWO_TASKS))
    assert Fraction(best_certificate(compiled, TWO_TASKS, 2.0)["bound"]) == optimum(compiled) == 12
    by_hand = {
        "leptonopt_certificate": 1,
        "unit": "1",
        "capacity": [{"pool": "cheap", "resource": "gpu", "price": [[1, 6], [2, 0]]}],
    }
    assert proven(TWO_TASKS, by_hand).bound == 12
    by_hand["capacity"] = []
    assert proven(TWO_TASKS, by_hand).bound == 6


def test_a_node_may_take_over_from_another_before_its_minimum_time() -> None:
    """With 1, 2, 1 nodes there are, both kept on for two hours: a bound that asks it of levels would be wrong."""
    compiled = compile_instance(validate(MINIMUM))
    assert optimum(compiled) == 4
    ascent = DualAscent(compiled.problem, BlockPricer(compiled.problem))
    for _ in range(200):
        ascent.step()
    exact = ascent.exact()
    assert exact is not None
    assert exact * compiled.unit <= 4
    assert leptonopt.solve(MINIMUM, method="cpsat", isolate=False).status == "optimal"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"leptonopt_certificate": 2}, "not a certificate"),
        ({"unit": "0"}, "above 0"),
        ({"unit": 0.5}, "no fraction"),
        ({"capacity": [{"pool": "cheap", "resource": "gpu", "price": [[0, -1]]}]}, "none below zero"),
        ({"capacity": [{"pool": "cheap", "resource": "gpu", "price": [[0, 0.5]]}]}, "whole multiples"),
        ({"capacity": [{"pool": "cheap", "resource": "gpu", "price": [[9, 1]]}]}, "within the horizon"),
        ({"capacity": [{"pool": "cheap", "resource": "gpu", "price": [[2, 1], [1, 1]]}]}, "not behind slot 2"),
        ({"capacity": [{"pool": "other", "resource": "gpu", "price": []}]}, "no resource"),
        ({"capacity": [{"pool": "cheap", "resource": "gpu", "node": "cheap/1", "price": [[0, 1]]}]}, "no node"),
        ({"quotas": [{"id": "q", "slot": 0, "price": 1}]}, "no quota"),
        ({"waiting": [{"task": "a", "after": "b", "price": 1}]}, "does not wait"),
        ({"apart": [{"set": 0, "pool": "cheap", "price": 1}]}, "no set"),
        ({"capacity": "all"}, "no list"),
        ({"instance": {"sha256": "0" * 64}}, "another state"),
        ({"bound": "13"}, "prove only"),
        ({"bound": "a"}, "is no fraction"),
    ],
)
def test_a_certificate_that_says_too_much_is_refused(change: dict[str, Any], why: str) -> None:
    """Prices below zero, on what is not there, for another instance, or a bound that they do not prove."""
    made = best_certificate(compile_instance(validate(TWO_TASKS)), TWO_TASKS, 0.5)
    assert proven(TWO_TASKS, made).ok
    proof = proven(TWO_TASKS, made | change)
    assert not proof.ok
    assert why in proof.why


def test_a_price_on_what_nothing_limits_is_refused() -> None:
    """Else it would be a bound without end."""
    document = copy.deepcopy(TWO_TASKS)
    document["pools"][1]["capacity"]["gpu"] = "unlimited"
    made = {
        "leptonopt_certificate": 1,
        "unit": "1",
        "capacity": [{"pool": "dear", "resource": "gpu", "price": [[0, 1]]}],
    }
    assert "nothing limits" in proven(document, made).why


# --- proofs that a second engine confirms -----------------------------------------------------------


@pytest.mark.parametrize("method", ["cpsat", "highs", "cbc"])
def test_a_second_engine_confirms(method: str) -> None:
    """By each engine in turn: the second model, and another engine where CP-SAT alone is behind the proof."""
    document = random_instance(7, whole_bill=True)
    for seed in range(60):
        document = random_instance(seed, whole_bill=True)
        if not compile_instance(validate(document)).impossible:
            break
    result = leptonopt.solve(document, method=method, confirm=True, time_limit=30)
    proof = result.document["proof"]
    assert result.status in ("optimal", "infeasible")
    assert proof["confirmation"] == "second model"
    assert proof["confirmed_by"][0] == "cpsat"
    assert set(proof["confirmed_by"]) - set(proof["by"])


def test_infeasible_is_confirmed() -> None:
    """Three tasks, each alone possible, that do not fit together."""
    document = copy.deepcopy(TWO_TASKS)
    document["pools"] = document["pools"][:1]
    for task in document["tasks"]:
        task["options"] = task["options"][:1]
    result = leptonopt.solve(document, method="cpsat", confirm=True, time_limit=30)
    assert result.status == "infeasible"
    assert result.document["proof"] == {
        "by": ["cpsat"],
        "confirmed_by": ["cpsat", "highs"],
        "confirmation": "second model",
        "certified": None,
    }


def test_what_can_never_run_is_seen_by_the_checker_too() -> None:
    """A deadline before any end: no engine is needed, the checker confirms it and certifies it without prices."""
    document = copy.deepcopy(TWO_TASKS)
    document["tasks"][0]["deadline"] = "2026-01-05T02:00:00Z"
    result = leptonopt.solve(document, confirm=True, certify=True, time_limit=30)
    assert result.status == "infeasible"
    assert result.document["proof"] == {
        "by": ["windows"],
        "confirmed_by": ["checker"],
        "confirmation": "second model",
        "certified": None,
    }
    assert result.certificate is not None
    proof = proven(document, result.certificate)
    assert (proof.ok, proof.bound) == (True, None)
    assert "no way and no start" in proof.why
    assert not proven(TWO_TASKS, result.certificate | {"instance": {}}).why


def test_reasons_of_the_infeasible_are_proofs() -> None:
    """What heuristics did not find is no reason; who searched is said, also that no certificate can be had of it."""
    document = copy.deepcopy(TWO_TASKS)
    document["pools"] = document["pools"][:1]
    for task in document["tasks"]:
        task["options"] = task["options"][:1]
    result = leptonopt.solve(document, method="cpsat", certify=True, time_limit=30)
    assert result.document["why"] == ["cpsat proved it by search; `leptonopt explain` says what is in conflict"]
    assert result.certificate is None
    assert "no certificate is written: that there is no plan rests on the word of cpsat" in result.notes


def lies(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Any) -> Solution:
    """A method that finds the optimum, adds something to it, and calls that proven."""
    found = cpsat.solve(problem, None, limits, Ear())
    assert found.schedule is not None
    dearer = Schedule.of([1], [0], [2])
    return Solution(Status.OPTIMAL, Stop.PROOF, dearer, 18)


def test_a_false_proof_is_found_out_by_the_second_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine says that 18 is the least; another finds 12: an alarm with the evidence, never a plan."""
    monkeypatch.setattr(session, "uncapacitated_bound", lambda problem, costs: None)
    with pytest.raises(Alarm, match="12") as caught:
        leptonopt.solve(TWO_TASKS, method=lies, confirm=True, time_limit=30)
    evidence = caught.value.evidence
    assert evidence["bounds"] == {"lies": 18}
    assert evidence["instance"] == TWO_TASKS
    json.dumps(evidence, default=str)


@pytest.mark.parametrize(
    ("engine", "seeds"),
    [
        ("cpsat", range(10)),
        ("cbc", range(4)),
        pytest.param("cbc", range(4, 10), marks=CI),
        ("highs", range(2)),
        pytest.param("highs", range(2, 10), marks=CI),
    ],
)
def test_a_cutoff_leaves_what_costs_no_more(engine: str, seeds: range) -> None:
    """At the optimum the cutoff leaves a plan, one unit below it none; in every engine."""
    seen = 0
    for seed in seeds:
        compiled = compile_instance(validate(random_instance(seed, whole_bill=True)))
        found = None if compiled.impossible else cpsat.solve(compiled.problem, None, Limits(30), Ear())
        if found is None or found.bound is None:
            continue
        run, seen = methods.load_method(engine), seen + 1
        at = run(compiled.problem, None, Limits(30, cutoff=found.bound), Ear())
        assert at.status == "optimal", (seed, engine, at)
        below = run(compiled.problem, None, Limits(30, cutoff=found.bound - 1), Ear())
        assert below.status == "infeasible", (seed, engine, below)
    assert seen >= len(seeds) / 2


def test_a_certificate_in_the_result() -> None:
    """It proves what it says, the plan names the bound, and what is beyond it is put down to somebody."""
    result = leptonopt.solve(TWO_TASKS, certify=True, time_limit=10)
    made = result.certificate
    assert made is not None
    assert proven(TWO_TASKS, made).ok
    assert result.document["proof"]["certified"] == made["bound"] == "12"
    assert made["plan"]["bound_exact"] == "12"
    json.dumps(made)


def test_the_command_line_certifies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`solve --certify` writes it beside the plan; `verify --certificate` proves it, and refuses a changed one."""
    from leptonopt.cli.verify import main

    file, plan = tmp_path / "two.json", tmp_path / "plan.json"
    file.write_text(json.dumps(TWO_TASKS))
    assert called("solve", file, "-o", plan, "--certify", "-q", "-t", 10)[0] == 0
    certificate = tmp_path / "plan.certificate.json"
    words = [str(file), str(plan), "--certificate", str(certificate)]
    assert main(words) == 0
    assert "no plan costs less than 12; computed from its prices alone" in capsys.readouterr().out
    changed = json.loads(certificate.read_text()) | {"bound": "12.01"}
    certificate.write_text(json.dumps(changed))
    assert main(words) == 6
    assert "prove only 12" in capsys.readouterr().out
    assert main([*words, "--json"]) == 6
    assert json.loads(capsys.readouterr().out)["certificate"]["ok"] is False
