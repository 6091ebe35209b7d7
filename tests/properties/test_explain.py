"""Why there is no plan: conflicts that are minimal, repairs that work, and never a wrong word."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.algorithms.models.farkas import prove_infeasible
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InstanceError, dotted
from leptonopt.infeasibility.explain import Conflict, Explanation, explain
from leptonopt.instance import validate
from tests.helpers.feasibility import Undecided, has_plan
from tests.helpers.marks import first
from tests.helpers.random_instances import everything
from tests.helpers.random_instances import instance as random_instance
from tests.helpers.run_cli import called
from tests.second_reading.generators import GENERATORS

DAY: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00:00Z", "horizon": "24h", "slot": "1h"},
    "pools": [
        {"id": "own", "capacity": {"gpu": 4}, "price": {"gpu": 1}},
        {"id": "cloud", "capacity": {"gpu": 2}, "price": {"gpu": 3}, "labels": ["cloud"]},
    ],
    "tasks": [],
}


def day(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A day with these tasks."""
    return copy.deepcopy(DAY) | {"tasks": list(tasks)} | more


def task(id: str, gpus: int, hours: int, pool: str = "own", **more: Any) -> dict[str, Any]:
    """A task with one way to run."""
    return {"id": id, "options": [{"pool": pool, "uses": {"gpu": gpus}, "duration": f"{hours}h"}], **more}


def judged(document: dict[str, Any], found: Explanation) -> None:
    """What is said must be true: each conflict by itself has no plan, without any one of its lines it has, repairs work."""
    assert found.status == ("feasible" if has_plan(document) else "infeasible"), found.notes
    if found.status == "feasible":
        assert not found.conflicts
        assert not found.repairs
        return
    assert found.conflicts
    for conflict in found.conflicts:
        assert conflict.minimal, conflict.unproven
        exact(conflict, has_plan)
    for repair in found.repairs:
        assert has_plan(repair.instance), repair.changes


def exact(conflict: Conflict, has_plan: Callable[[dict[str, Any]], bool]) -> None:
    """A conflict by itself is infeasible, and feasible without any one of its lines, by the judgement of `has_plan`."""
    assert not has_plan(conflict.instance), [each.words for each in conflict.demands]
    for line in (*conflict.demands, *conflict.tasks):
        rest = conflict.without(line)
        assert not rest["tasks"] or has_plan(rest), line if isinstance(line, str) else line.words


def said(found: Explanation) -> list[str]:
    """The demands of the first conflict, in words."""
    return [each.words for each in found.conflicts[0].demands]


def test_two_deadlines_and_a_pool() -> None:
    """The example of the documentation: which demands, and what each way out costs."""
    document = day(
        task("train-7", 4, 4, deadline="2026-01-05T06:00:00Z"),
        task("train-8", 2, 4, deadline="2026-01-05T06:00:00Z"),
        task("other", 1, 2, release="2026-01-05T03:00:00Z"),
        task("last", 2, 3, "cloud", after=["other"]),
    )
    found = explain(document)
    judged(document, found)
    assert found.conflicts[0].tasks == ("train-7", "train-8")
    assert said(found) == [
        "task 'train-7' ends by 2026-01-05 06:00, its deadline",
        "task 'train-8' ends by 2026-01-05 06:00, its deadline",
        "pool 'own' offers 4 gpu",
    ]
    assert {repair.changes[0]: float(repair.cost) for repair in found.repairs} == {
        "the deadline of 'train-7' 2h later, 2026-01-05 08:00": 44,
        "the deadline of 'train-8' 2h later, 2026-01-05 08:00": 44,
        "2 more gpu in pool 'own'": 44,
        "'train-7' left out": 28,
        "'train-8' left out": 36,
    }
    json.dumps(found.document())


@pytest.mark.parametrize(
    ("document", "words", "repair"),
    [
        (
            day(task("a", 1, 5), task("b", 1, 5, after=[{"task": "a", "lag": "16h"}])),
            ["task 'b' waits for the end of 'a' and 16h", "all is done by 2026-01-06 00:00, the end of the horizon"],
            "a horizon 2h longer",
        ),
        (
            day(task("a", 6, 5)),
            ["pool 'own' offers 4 gpu"],
            "2 more gpu in pool 'own'",
        ),
        (
            day(task("a", 2, 5), quotas=[{"id": "budget", "of": "money", "limit": 9}]),
            ["quota 'budget': at most 9 of money in all"],
            "the quota 'budget' raised by 1 to 10",
        ),
        (
            day(task("a", 2, 5, needs={"labels": ["cloud"]})),
            ["task 'a' needs the label 'cloud'"],
            "'a' without what it needs (the label 'cloud')",
        ),
        (
            day(task("a", 2, 5), task("b", 2, 5, "cloud"), together=[["a", "b"]]),
            ["'a', 'b' share a pool"],
            "'a', 'b' on pools of their own choice",
        ),
        (
            day(task("a", 2, 5), task("b", 2, 5), apart=[["a", "b"]]),
            ["'a', 'b' are on different pools"],
            "'a', 'b' on any pools",
        ),
        (
            day(task("a", 1, 4, release="2026-01-05T22:00:00Z")),
            [
                "task 'a' does not start before 2026-01-05 22:00, its release",
                "all is done by 2026-01-06 00:00, the end of the horizon",
            ],
            "the release of 'a' 2h earlier, 2026-01-05 20:00",
        ),
    ],
)
def test_each_kind_of_demand_is_named(document: dict[str, Any], words: list[str], repair: str) -> None:
    """In words, with the least change that helps."""
    found = explain(document)
    judged(document, found)
    assert said(found) == words
    assert repair in [change for each in found.repairs for change in each.changes]


def test_nodes_and_maintenance() -> None:
    """Too few nodes while one pool is closed: more nodes or no maintenance would do."""
    document = day(
        task("a", 8, 4, "rented", deadline="2026-01-05T05:00:00Z"),
        pools=[
            {
                "id": "rented",
                "nodes": {"size": {"gpu": 4}, "count": 2, "price": 2},
                "maintenance": [{"from": "2026-01-05T02:00:00Z", "to": "2026-01-05T03:00:00Z"}],
            }
        ],
    )
    found = explain(document)
    judged(document, found)
    assert {each.kind for each in found.conflicts[0].demands} == {"deadline", "maintenance"}


def test_quotas_of_what_is_left_out_do_not_stand_in_the_way() -> None:
    """A team, tasks or an amount of which nothing is left: the question is asked without them, and the answer is sure."""
    document = day(
        task("a", 6, 2, team="red"),
        {**task("b", 1, 2, team="blue"), "optional": True, "value": 0},
        quotas=[
            {"id": "teams", "of": "gpu", "limit": 40, "teams": ["blue"]},
            {"id": "both", "of": "gpu", "limit": 40, "teams": ["blue", "red"]},
            {"id": "tasks", "of": "energy", "limit": 40, "tasks": ["b"]},
            {"id": "licences", "of": "licence", "limit": 3},
        ],
    )
    document["tasks"][1]["options"][0]["consumes"] = {"licence": 1}
    found = explain(document)
    judged(document, found)
    assert found.conflicts[0].tasks == ("a",)
    assert said(found) == ["pool 'own' offers 4 gpu"]
    assert found.repairs[0].changes == ("2 more gpu in pool 'own'",)


@pytest.mark.parametrize(
    ("key", "pools", "words", "change"),
    [
        ("together", ("own", "cloud"), "'a', 'b' share a pool", "'a', 'b' on pools of their own choice"),
        ("apart", ("own", "own"), "'a', 'b' are on different pools", "'a', 'b' on any pools"),
    ],
)
def test_a_conflict_about_a_part_of_a_set(key: str, pools: tuple[str, str], words: str, change: str) -> None:
    """It names those that cannot; the repair frees them and leaves the others of the set as they are."""
    many = [{"pool": pool, "uses": {"gpu": 1}, "duration": "1h"} for pool in ("own", "cloud")]
    others = [{"id": id, "options": many} for id in (("c", "d") if key == "together" else ("c",))]
    first, second = pools
    document = day(task("a", 2, 5, first), task("b", 2, 5, second), *others)
    document[key] = [["a", "b", *(each["id"] for each in others)]]
    found = explain(document)
    judged(document, found)
    assert [(conflict.tasks, said(found)) for conflict in found.conflicts] == [(("a", "b"), [words])]
    repair = next(repair for repair in found.repairs if not repair.left_out)
    assert repair.changes == (change,)
    rest = [["c", "d"]] if key == "together" else []
    assert repair.instance.get(key, []) == rest


def rented(size: int, count: int, **more: Any) -> list[dict[str, Any]]:
    """A pool of nodes."""
    return [{"id": "rented", "nodes": {"size": {"gpu": size}, "count": count, "price": 2, **more}}]


def small_pools(many: int) -> dict[str, Any]:
    """So many pools that take one task each, and where their tasks can run."""
    pools = [{"id": f"p{at}", "capacity": {"gpu": 1}} for at in range(many)]
    return {"pools": pools, "ways": [{"pools": [pool["id"] for pool in pools], "uses": {"gpu": 1}, "duration": "1h"}]}


PLACES = small_pools(12)
MORNING = {"from": "2026-01-05T02:00:00Z", "to": "2026-01-05T03:00:00Z"}
WORK = {"hours": 4, "speed": {"own": 1}, "device": "gpu", "memory": 100}
RULES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "two copies of one task apart on one pool": (
        day(task("a", 1, 1, copies=2), apart=[["a"]]),
        ["apart[0]"],
    ),
    "two copies apart on one pool of nodes": (
        day(task("a", 1, 1, "rented", copies=2, placement="one-node"), apart=[["a"]], pools=rented(8, 4)),
        ["apart[0]"],
    ),
    "3 tasks apart on 2 nodes": (
        day(
            *(task(f"t{at}", 1, 1, "rented", placement="one-node") for at in range(3)),
            apart=[{"tasks": ["t0", "t1", "t2"], "by": "node"}],
            pools=rented(8, 2),
            time=DAY["time"] | {"horizon": "1h"},
        ),
        ["apart[0]", "pools[0].nodes.count", "time.horizon"],
    ),
    "2 copies apart on 1 zone": (
        day(
            task("a", 1, 1, copies=2),
            apart=[{"tasks": ["a"], "by": "zone:"}],
            pools=[{"id": "own", "capacity": {"gpu": 4}, "labels": ["zone:1"]}],
        ),
        ["apart[0]"],
    ),
    "the same set twice": (
        day(task("a", 1, 1), task("b", 1, 1), apart=[["a", "b"], ["b", "a"]]),
        ["apart[1]", "apart[0]"],  # either is in the way: two conflicts
    ),
    "13 copies apart on 12 pools": (
        {**day({"id": "a", "copies": 13, "options": PLACES["ways"]}, apart=[["a"]]), "pools": PLACES["pools"]},
        ["apart[0]"],
    ),
    "13 tasks apart on 12 pools": (
        {
            **day(*({"id": f"t{at}", "options": PLACES["ways"]} for at in range(13))),
            "apart": [[f"t{at}" for at in range(13)]],
            "pools": PLACES["pools"],
        },
        ["apart[0]"],
    ),
    "25 hours of a quota of 24": (
        day(*(task(f"t{at}", 1, 5) for at in range(5)), quotas=[{"id": "hours", "of": "gpu", "limit": 24}]),
        ["quotas[0]"],
    ),
    "a quota per day": (
        day(task("a", 1, 5), quotas=[{"id": "daily", "of": "gpu", "limit": 4, "per": "day"}]),
        ["quotas[0]", "time.horizon"],
    ),
    "a quota at any moment": (
        day(task("a", 2, 5), quotas=[{"id": "now", "of": "gpu", "limit": 1, "per": "moment", "tasks": ["a"]}]),
        ["quotas[0]"],
    ),
    "one-node copies that share no node": (
        day(task("a", 5, 24, "rented", copies=3, placement="one-node"), pools=rented(8, 2)),
        ["tasks[0].placement", "pools[0].nodes.count", "time.horizon"],
    ),
    "larger than a node": (
        day(task("a", 12, 1, "rented", placement="one-node"), pools=rented(8, 2)),
        ["tasks[0].placement"],
    ),
    "no price on demand": (
        day(
            task("a", 8, 24, "rented", copies=2),
            pools=[{"id": "rented", "nodes": {"size": {"gpu": 8}, "count": 4, "reserved": 1}}],
        ),
        ["pools[0].nodes", "time.horizon"],
    ),
    "booting": (
        day(task("a", 1, 24, "rented"), pools=rented(8, 1, boot="1h")),
        ["pools[0].nodes.boot", "time.horizon"],
    ),
    "a minimum time before maintenance": (
        day(
            task("a", 1, 1, "rented", deadline="2026-01-05T02:00:00Z"),
            pools=[{**rented(8, 1, minimum="5h")[0], "maintenance": [MORNING]}],
        ),
        ["tasks[0].deadline", "pools[0].maintenance[0]", "pools[0].nodes.minimum"],
    ),
    "two maintenance windows that begin together": (
        day(
            task("a", 1, 23),
            pools=[
                {"id": "own", "capacity": {"gpu": 1}, "maintenance": [MORNING, {**MORNING, "to": "2026-01-05T02:30Z"}]}
            ],
        ),
        ["pools[0].maintenance[1]", "time.horizon"],
    ),
    "capacity that a window leaves": (
        day(
            task("a", 3, 24),
            pools=[{"id": "own", "capacity": {"gpu": 4}, "maintenance": [{**MORNING, "capacity": {"gpu": 2}}]}],
        ),
        ["pools[0].maintenance[0]", "time.horizon"],
    ),
    "a step of capacity": (
        day(
            task("a", 3, 24),
            pools=[{"id": "own", "capacity": {"gpu": {"steps": {"2026-01-05T00:00Z": 4, "2026-01-05T09:00Z": 2}}}}],
        ),
        ["pools[0].capacity.gpu"],
    ),
    "device memory": (
        day({"id": "a", "work": WORK}, pools=[{"id": "own", "capacity": {"gpu": 4}, "device_memory": 40}]),
        ["tasks[0].work"],
    ),
    "confidential": (day(task("a", 1, 1, confidential=True)), ["tasks[0].confidential"]),
    "one of two needs": (
        day(task("a", 1, 1, needs={"labels": ["cloud"], "quality": 0.5})),
        ["tasks[0].needs.labels[0]"],
    ),
    "one of two waits for the same task": (
        day(task("a", 1, 5), task("b", 1, 5, after=["a", {"task": "a", "lag": "16h"}])),
        ["tasks[1].after[1]", "time.horizon"],
    ),
    "on time on a pool with interruptions": (
        day(
            task(
                "a", 1, 12, deadline="2026-01-05T18:00:00Z", on_time=0.99, checkpoint={"every": "2h", "restart": "1h"}
            ),
            pools=[{"id": "own", "capacity": {"gpu": 4}, "interruptions": 0.1}],
        ),
        ["tasks[0].deadline", "tasks[0].on_time"],
    ),
}


@pytest.mark.parametrize("name", first(18, RULES, ci=28))
def test_every_rule_of_the_format_can_be_a_line(name: str) -> None:
    """A conflict names the entry of the file that is in the way, exactly, and nothing else."""
    document, places = RULES[name]
    found = explain(document)
    judged(document, found)
    assert sorted(dotted(each.place) for conflict in found.conflicts for each in conflict.demands) == sorted(places)
    assert len(found.conflicts) == (2 if name == "the same set twice" else 1)


def test_what_a_task_earns_for_a_budget_is_not_forgotten() -> None:
    """Where one task pays for another, the conflict does not say that the other alone is too dear."""
    document = day(
        {"id": "earns", "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h", "cost": -5}]},
        {"id": "costs", "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h", "cost": 4}]},
        task("a", 6, 1),
        quotas=[{"id": "budget", "of": "money", "limit": 1}],
    )
    found = explain(document)
    judged(document, found)
    assert {conflict.tasks for conflict in found.conflicts} == {("a",)}


def test_a_larger_raise_of_a_quota_is_offered_where_its_plan_costs_less() -> None:
    """The least raise makes the task late; a larger one pays for the fast way, and is cheaper in all."""
    slow = {"pool": "own", "uses": {"gpu": 1}, "duration": "8h"}
    fast = {"pool": "cloud", "uses": {"gpu": 2}, "duration": "2h"}
    document = day(
        {"id": "a", "options": [slow, fast], "due": "2026-01-05T02:00:00Z", "late_cost": 2},
        quotas=[{"id": "budget", "of": "money", "limit": 7}],
    )
    found = explain(document)
    judged(document, found)
    raised = {each.changes[0]: float(each.cost) for each in found.repairs if "raised" in each.changes[0]}
    assert raised == {"the quota 'budget' raised by 1 to 8": 20, "the quota 'budget' raised by 5 to 12": 12}


def test_proofs_without_search_are_exact() -> None:
    """13 copies on 12 pools are proven at once; what fits is not."""
    for copies, none in ((13, True), (12, False)):
        document = {
            **day({"id": "a", "copies": copies, "options": PLACES["ways"]}, apart=[["a"]]),
            "pools": PLACES["pools"],
        }
        found = prove_infeasible(compile_instance(validate(document)).problem, 10.0)
        assert (found is not None) == none


def test_a_one_node_task_is_told_the_size_of_the_node() -> None:
    """The reason names what it takes and what a node holds."""
    document = day(task("a", 12, 1, "rented", placement="one-node"), pools=rented(8, 2))
    assert "one-node with 12 gpu; a node holds 8" in explain(document).reasons[0]


def test_two_conflicts_are_repaired_together() -> None:
    """Neither repair alone makes a plan; both do."""
    document = day(task("a", 6, 2), task("b", 1, 30, "cloud"))
    found = explain(document)
    judged(document, found)
    assert len(found.conflicts) == 2
    assert [len(repair.changes) for repair in found.repairs] == [2]


def test_a_time_limit_is_called_one() -> None:
    """Nothing is claimed that was not proven in time."""
    rng = random.Random(3)
    tasks = [
        task(f"t{at}", rng.randint(1, 3), rng.randint(1, 6), deadline=f"2026-01-05T{rng.randint(12, 23)}:00:00Z")
        for at in range(60)
    ]
    found = explain(validate(day(*tasks)), time_limit=0.05)
    assert found.status in ("unknown", "infeasible")
    if found.status == "unknown":
        assert "time limit" in found.notes[0]


def impossible(seed: int) -> dict[str, Any]:
    """A random instance with tasks added of which too many want one pool before their deadline."""
    rng = random.Random(seed)
    document = random_instance(seed, tasks=3, whole_bill=bool(seed % 2))
    document["pools"].append({"id": "crowded", "capacity": {"gpu": 2}, "price": {"gpu": 1}})
    many = rng.randint(3, 5)
    for at in range(many):
        document["tasks"].append(
            {"id": f"extra-{at}", "options": [{"pool": "crowded", "uses": {"gpu": 2}, "duration": "2h"}]}
        )
    document["time"] = document["time"] | {"horizon": "6h" if many > 3 else "5h"}
    return document


DRAWS: tuple[Callable[[int], dict[str, Any]], ...] = (
    everything,
    *(GENERATORS[name] for name in ("anything", "services", "segments", "data", "meters", "mixed", "nodes")),
)


def drawn(seed: int) -> dict[str, Any]:
    """A tiny random instance by one of the generators, which together draw all features; half of them tightened.

    What the format does not allow is drawn again.
    """
    draw, is_tight = DRAWS[seed % len(DRAWS)], seed // len(DRAWS) % 2
    for again in count(seed, 10**6):
        document = tightened(again, draw) if is_tight else draw(again)
        with suppress(InstanceError):
            compile_instance(validate(copy.deepcopy(document)))
            return document
    raise AssertionError


def tightened(seed: int, draw: Callable[[int], dict[str, Any]] = everything) -> dict[str, Any]:
    """A tiny random instance of every feature with some of its rules made hard to keep."""
    document, rng = draw(seed), random.Random(f"tight {seed}")
    tasks, pools = document.get("tasks", []), document["pools"]
    for task in tasks:
        if rng.random() < 0.7:
            task.pop("optional", None)
        if rng.random() < 0.2:
            task["copies"] = task.get("copies", 1) + rng.randint(1, 2)
    match rng.randrange(6):
        case 0:
            document["apart"] = [[task["id"] for task in tasks]]
        case 1:
            document.setdefault("quotas", []).append({"id": "tight", "of": "gpu", "limit": rng.randint(0, 2)})
        case 2:
            document.setdefault("quotas", []).append({"id": "budget", "of": "money", "limit": rng.randint(0, 2)})
        case 3:
            document["together"] = [[task["id"] for task in tasks]]
        case 4:
            for pool in pools:
                if "gpu" in pool.get("capacity", {}):
                    pool["capacity"]["gpu"] = 1
        case 5:
            for pool in pools:
                for kind in [pool["nodes"]] if isinstance(pool.get("nodes"), dict) else pool.get("nodes", ()):
                    kind["count"] = rng.randint(0, 1)
    return document


def check(seed: int, draw: Callable[[int], dict[str, Any]] = drawn) -> str:
    """Judge what is said of one random instance; its status, `refused`, or `undecided` by those who judge."""
    try:
        found = explain(document := draw(seed), time_limit=60)
    except leptonopt.LeptonoptError:
        return "refused"
    try:
        judged(document, found)
    except Undecided:
        return "undecided"
    return found.status


@pytest.mark.parametrize("part", first(1, range(6), ci=2))
def test_conflicts_of_random_instances_are_exact(part: int) -> None:
    """Each alone is infeasible, and feasible without any one of its lines, whatever rules of the format meet."""
    assert [check(seed) for seed in range(7000 + 8 * part, 7008 + 8 * part)].count("infeasible") >= 2


@pytest.mark.parametrize("part", first(0, range(125), ci=1))
def test_conflicts_of_a_thousand_random_instances_are_exact(part: int) -> None:
    """The same at length."""
    assert "infeasible" in [check(seed) for seed in range(8000 + 8 * part, 8008 + 8 * part)]


def check_both(seed: int) -> None:
    """Judge one instance that may have a plan, and one that cannot."""
    judged(made := random_instance(seed, whole_bill=bool(seed % 3)), explain(made, time_limit=60))
    try:
        validate(made := impossible(seed))
    except leptonopt.LeptonoptError:
        return  # moments of the random part lie beyond the shorter horizon
    found = explain(made, time_limit=60)
    assert found.status == "infeasible"
    judged(made, found)


@pytest.mark.parametrize("seed", range(3))
def test_no_wrong_word_on_random_instances(seed: int) -> None:
    """Feasible ones are called so, infeasible ones have true conflicts and working repairs."""
    check_both(5000 + seed)


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_no_wrong_word_on_five_hundred(part: int) -> None:
    """The same at length."""
    for seed in range(6000 + 50 * part, 6050 + 50 * part):
        check_both(seed)


def test_the_command_line_explains(tmp_path: Path) -> None:
    """Words on standard output, exit code 4, and the repaired instance in a file that has a plan."""
    file, repaired = tmp_path / "day.json", tmp_path / "repaired.yaml"
    file.write_text(json.dumps(day(task("a", 6, 5))))
    code, out, _ = called("explain", file, "-o", repaired, "-q")
    assert code == 4
    assert "pool 'own' offers 4 gpu" in out
    assert "2 more gpu in pool 'own': feasible at 30.00 USD, the least there is" in out
    assert leptonopt.solve(repaired, time_limit=10).status == "optimal"
    assert json.loads(called("explain", file, "--json", "-q")[1])["status"] == "infeasible"
