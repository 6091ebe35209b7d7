"""The whole bill, by hand: nodes, power, carbon, interruptions, quotas and affinity, each broken and noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.decode import decode
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.plan.document import plan_document
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import node_schedule_of, objective
from leptonopt.solvers.registry import load_method
from leptonopt.verify import verify
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers import random_instances
from tests.helpers.plans import entry, outcome, solved_document
from tests.helpers.recording_monitor import Ear

DAY = "2026-01-05T"
INSTANCE: dict[str, Any] = {
    "time": {"start": f"{DAY}00:00Z", "slot": "1h", "horizon": "12h"},
    "objective": {"cost": 1, "carbon_kg": Decimal("0.5")},
    "pools": [
        {"id": "rack", "sunk": 2, "power": {"gpu": Decimal("0.5")}, "carbon": 400, "price": {"power": Decimal("0.3")},
         "nodes": {"id": "box", "size": {"gpu": 2}, "count": 2, "price": 5, "startup": 1, "shutdown": 2, "boot": "1h",
                   "minimum": "3h", "power": 1, "commit": {"price": 1, "max": 1}}},
        {"id": "spot", "capacity": {"gpu": 4}, "price": {"gpu": 1}, "interruptions": Decimal("0.1")},
        {"id": "hosts", "nodes": {"size": {"gpu": 4, "memory": 8}, "count": 2, "price": 6}},
    ],
    "tasks": [
        {"id": "boxed", "options": [{"pool": "rack", "nodes": 1, "duration": "2h"}]},
        {"id": "half", "due": f"{DAY}02:00Z", "late_penalty": 3, "options": [{"pool": "rack", "uses": {"gpu": 1},
        "duration": "1h"}]},
        {"id": "cheap", "deadline": f"{DAY}10:00Z", "on_time": Decimal("0.9"), "checkpoint": {"every": "30m", "cost": "3m", "restart": "5m"},
         "options": [{"pool": "spot", "uses": {"gpu": 1}, "duration": "2h", "consumes": {"licence": 1}}]},
        {"id": "one", "placement": "one-node", "options": [{"pool": "hosts", "uses": {"gpu": 3}, "duration": "2h"}]},
        {"id": "two", "placement": "one-node", "release": f"{DAY}04:00Z", "options": [{"pool": "hosts", "uses":
        {"gpu": 2, "memory": 4}, "duration": "2h"}]},
        {"id": "far", "options": [{"pool": "spot", "uses": {"gpu": 2}, "duration": "1h"}]},
    ],
    "quotas": [
        {"id": "budget", "of": "money", "limit": 200},
        {"id": "green", "of": "carbon", "limit": 50, "per": "day"},
        {"id": "licences", "of": "licence", "limit": 1},
        {"id": "cap", "of": "gpu", "limit": 3, "per": "moment", "pools": ["spot"]},
    ],
    "together": [["cheap", "far"]],
    "apart": [["boxed", "one"]],
}  # fmt: skip


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """An optimal plan of the instance."""
    return solved_document(INSTANCE)


def nodes(plan: dict[str, Any], pool: str, node: int | None = None) -> dict[str, Any]:
    """The entry of nodes."""
    return next(line for line in plan["nodes"] if line["pool"] == pool and line.get("node") == node)


def without(*keys: str, **changed: Any) -> dict[str, Any]:
    """The instance less some keys, with others changed."""
    return {key: value for key, value in INSTANCE.items() if key not in keys} | changed


Break = Callable[[dict[str, Any]], object]
BREAKS: list[tuple[str, str, Break]] = [
    ("nodes", "none are on", lambda p: nodes(p, "rack").update(on=[{"from": f"{DAY}00:00:00Z", "count": 0}])),
    ("nodes", "more than there are", lambda p: nodes(p, "rack").update(on=[{"from": f"{DAY}00:00:00Z", "count": 3}])),
    ("nodes", "more are committed than can be", lambda p: nodes(p, "rack").update(committed=2)),
    ("nodes", "too short on", lambda p: nodes(p, "rack").update(on=[{"from": f"{DAY}00:00:00Z", "count": 2}, {"from": f"{DAY}02:00:00Z", "count": 0}])),
    ("nodes", "an entry is missing", lambda p: p["nodes"].remove(nodes(p, "rack"))),
    ("nodes", "an entry twice", lambda p: p["nodes"].append(nodes(p, "rack"))),
    ("nodes", "a node that is not there", lambda p: nodes(p, "hosts", 1).update(node=7)),
    ("form", "on from within a slot", lambda p: nodes(p, "rack")["on"].append({"from": f"{DAY}11:30:00Z", "count": 0})),
    ("form", "half a node", lambda p: nodes(p, "rack")["on"][0].update(count=0.5)),
    ("bill", "the rent off", lambda p: nodes(p, "hosts", 1).update(rent=0.25)),
    ("bill", "starts off", lambda p: nodes(p, "rack").update(starts=9)),
    ("bill", "idle power off", lambda p: nodes(p, "rack").update(idle=0)),
    ("bill", "what is sunk off", lambda p: p["bill"].update(sunk=0)),
    ("bill", "energy off", lambda p: p["bill"].update(energy_kwh=0)),
    ("bill", "a quota's use off", lambda p: p["quotas"][0].update(used=1)),
    ("bill", "a quota that is none", lambda p: p["quotas"].append({**p["quotas"][0], "id": "stranger"})),
    ("bill", "a quota not reported", lambda p: p["quotas"].pop()),
    ("cost", "a task's carbon off", lambda p: entry(p, "boxed")["parts"].update(carbon=0)),
    ("cost", "other weights", lambda p: p["objective"].update(carbon_kg=1)),
    ("cost", "energy of a task off", lambda p: entry(p, "boxed").update(energy_kwh=9)),
    ("option", "no node named", lambda p: entry(p, "one").pop("nodes")),
    ("option", "two nodes named", lambda p: entry(p, "one").update(nodes=["hosts/1", "hosts/2"])),
    ("option", "a node of another pool", lambda p: entry(p, "one").update(nodes=["box/1"])),
    ("option", "a node where none is told apart", lambda p: entry(p, "half").update(nodes=["box/1"])),
    ("option", "as if never interrupted", lambda p: entry(p, "cheap").update(end=entry(p, "cheap")["start"][:11] + f"{int(entry(p, 'cheap')['start'][11:13]) + 2:02}:00:00Z")),
]  # fmt: skip


def test_good_plan_passes(good: dict[str, Any]) -> None:
    """The plan itself has nothing against it."""
    verdict = verify(INSTANCE, good)
    assert verdict.violations == ()
    assert verdict.cost == Fraction(good["cost_exact"])


def test_bill_by_hand(good: dict[str, Any]) -> None:
    """The parts of the bill, added up with a pencil.

    rack: the task in a box takes 2 h, the one of half a box 1 h; one committed box (12 h at 1) is the
    cheapest that serves both, one after the other: on for 1 h of booting and 3 h of work, started (1)
    and stopped (2) once. It draws 1 kW for 4 h, and the tasks 1 kW for 2 h and 0.5 kW for 1 h: 6.5 kWh
    at 0.3, and at 400 g and 0.5 per kg.
    """
    rack = nodes(good, "rack")
    assert (rack["committed"], rack["node_hours"], rack["on_demand_hours"], rack["starts"]) == (1, 4, 0, 1)
    assert (rack["commit"], rack["rent"], rack["startup"], rack["shutdown"], rack["idle"]) == (12, 0, 1, 2, 1.2)
    pool = good["bill"]["pools"][0]
    assert (pool["nodes"], pool["running"], pool["sunk"]) == (16.2, 0.75, 24)
    assert (pool["energy_kwh"], pool["carbon_kg"]) == (6.5, 2.6)
    # 2 h of work, saved every 30 min for 3 min: M = 10 h, 2 h * 10 h e^(1/120) (e^0.055 - 1) / 0.5 h = 2.28 h.
    assert entry(good, "cheap")["parts"]["running"] == 3
    # 1 h of work that starts anew when interrupted: 10 h (e^0.1 - 1) = 1.05 h.
    assert entry(good, "far")["parts"]["running"] == 2 * 2
    # hosts: 2 h and 2 h on one node at 6; nothing is late: the half box runs first.
    assert good["bill"]["late"] == 0
    total = 16.2 + 0.75 + 3 + 4 + 24
    assert good["bill"]["total"] == pytest.approx(total)
    assert good["cost"] == pytest.approx(total + 0.5 * 2.6)
    assert good["figures"]["total_cost"] == pytest.approx(total + 24)
    used = {line["id"]: line["used"] for line in good["quotas"]}
    assert used == {"budget": pytest.approx(total), "green": 2.6, "licences": 1, "cap": pytest.approx(used["cap"])}


@pytest.mark.parametrize(("rule", "why", "spoil"), BREAKS, ids=[f"{rule}: {why}" for rule, why, _ in BREAKS])
def test_each_break_is_noticed_by_its_rule(good: dict[str, Any], rule: str, why: str, spoil: Break) -> None:
    """One thing wrong, and the verdict names the rule and a message."""
    plan = copy.deepcopy(good)
    spoil(plan)
    verdict = verify(INSTANCE, plan)
    assert rule in {violation.rule for violation in verdict.violations}, [str(v) for v in verdict.violations]


@pytest.mark.parametrize(
    ("rule", "stated"),
    [
        ("quota", without(quotas=[{"id": "q", "of": "money", "limit": 40}])),
        ("quota", without(quotas=[{"id": "q", "of": "carbon", "limit": Decimal("2.59"), "per": "day"}])),
        ("quota", without(quotas=[{"id": "q", "of": "energy", "limit": 6}])),
        ("quota", without(quotas=[{"id": "q", "of": "gpu", "limit": 1, "per": "moment", "tasks": ["far"]}])),
        ("quota", without(quotas=[{"id": "q", "of": "gpu", "limit": 4, "pools": ["spot"]}])),
        ("affinity", without(together=[["cheap", "one"]])),
        ("affinity", without(apart=[["cheap", "far"]])),
        ("nodes", without(pools=[pool | ({"nodes": pool["nodes"] | {"minimum": "6h"}} if pool["id"] == "rack" else {}) for pool in INSTANCE["pools"]])),
        ("window", without(tasks=[task | ({"on_time": Decimal("0.9999999"), "deadline": f"{DAY}05:00Z"} if "on_time" in task else {}) for task in INSTANCE["tasks"]])),
        ("option", without(tasks=[task | ({"confidential": True} if task["id"] == "half" else {}) for task in INSTANCE["tasks"]])),
        ("option", without(pools=[pool | ({"labels": ["x"]} if pool["id"] == "rack" else {}) for pool in INSTANCE["pools"]],
                           tasks=[task | {"needs": {"without": ["x"]}} for task in INSTANCE["tasks"]])),
    ],
)  # fmt: skip
def test_a_stricter_instance_is_noticed(good: dict[str, Any], rule: str, stated: dict[str, Any]) -> None:
    """The plan of an instance breaks what a stricter one adds, by that rule's name."""
    assert rule in {violation.rule for violation in verify(stated, good, any_instance=True).violations}


def test_two_tasks_on_one_node_must_fit_within_it(good: dict[str, Any]) -> None:
    """3 and 2 GPUs fit two nodes of 4, and not the one that both name."""
    plan = copy.deepcopy(good)
    for id in ("one", "two"):
        entry(plan, id).update(start=f"{DAY}04:00:00Z", end=f"{DAY}06:00:00Z", nodes=["hosts/1"])
    for node in (1, 2):
        nodes(plan, "hosts", node).update(on=[{"from": f"{DAY}00:00:00Z", "count": 1}])
    found = [violation for violation in verify(INSTANCE, plan).violations if violation.rule == "nodes"]
    assert {violation.witness.split(" at ")[0] for violation in found} == {"node 'hosts/1' gpu"}


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("cheap", {"on_time": Decimal("0.9999999"), "deadline": f"{DAY}05:00Z"}),
        ("half", {"confidential": True}),
        ("boxed", {"needs": {"labels": ["eu"]}}),
        ("far", {"needs": {"quality": 2}}),
    ],
)
def test_what_may_not_run_is_not_offered(task: str, more: dict[str, Any]) -> None:
    """A way that is too uncertain, or refused, is no column: a task with no other cannot run, and is named."""
    stated = without(tasks=[stated | (more if stated["id"] == task else {}) for stated in INSTANCE["tasks"]])
    assert compile_instance(validate(INSTANCE)).impossible == ()
    (why,) = compile_instance(validate(stated)).impossible
    assert repr(task) in why


@pytest.mark.parametrize("seed", range(60))
def test_three_codes_agree_on_the_whole_bill(seed: int) -> None:
    """Objective of the arrays, bill of the plan and sum of the checker are equal to the last digit."""
    stated = random_instances.instance(seed, tasks=5, slots=8, whole_bill=True)
    made = compile_instance(validate(stated))
    if made.impossible:
        return
    solution = load_method("earliest-deadline")(made.problem, None, Limits(), Ear(1.0))
    if solution.schedule is None:
        solution = load_method("cpsat")(made.problem, None, Limits(time_limit=5, threads=1), Ear())
    if solution.schedule is None:
        return
    schedule, rent = solution.schedule, node_schedule_of(made.problem, solution.schedule)
    runs, left = decode(made, schedule)
    plan = plan_document(made, outcome(made), runs, left, rent)
    verdict = verify(stated, plan)
    assert verdict.violations == ()
    assert made.loss == 0
    assert objective(made.problem, schedule) * made.unit == Fraction(plan["cost_exact"]) == verdict.cost


@pytest.mark.parametrize("seed", range(60))
def test_two_codes_agree_on_nodes_and_durations(seed: int) -> None:
    """Nodes, and durations on capacity that is taken away, of the checker equal those of the compiler."""
    stated = random_instances.instance(seed, whole_bill=True)
    made, read = compile_instance(validate(stated)), StatedInstance(stated)
    one_by_one = {(kind.pool.id, kind.name): range(10) for kind in made.kinds}
    for ours, theirs in zip(made.kinds, read.kinds(one_by_one), strict=True):
        assert (ours.pool.id, ours.name, ours.node) == (theirs.pool, theirs.name, theirs.node)
        assert (ours.reserved, ours.commit_max, list(ours.count)) == (theirs.reserved, theirs.commit_max, theirs.count)
    nodes = made.problem.nodes
    assert nodes.boot.tolist() == [kind.boot for kind in read.kinds(one_by_one)]
    assert nodes.minimum.tolist() == [kind.minimum for kind in read.kinds(one_by_one)]
    assert {pool.id: list(pool.resources) for pool in made.instance.pools} == read.resources


def test_a_day_that_begins_within_a_slot_is_refused() -> None:
    """Before a solve, in one line."""
    stated = without("together", "apart", quotas=[{"id": "q", "of": "gpu", "limit": 9, "per": "day"}])
    stated["time"] = {"start": f"{DAY}20:00Z", "slot": "5h", "horizon": "10h"}
    stated["tasks"] = [{"id": "far", "options": [{"pool": "spot", "uses": {"gpu": 2}, "duration": "1h"}]}]
    with pytest.raises(InstanceError, match="begins within a slot"):
        leptonopt.solve(stated)
