"""The instance of what is left, in the words of the format."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import validate
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import Replanned, old_placements, remaining_instance
from leptonopt.replanning.state import read_state
from leptonopt.verify import verify
from tests.unit.replanning.worlds import DOCUMENT, FOUR, PLAN, RUNNING, world


def rest(state: dict[str, Any] | None = None, frozen: int = 0, changes: int | None = None, **more: Any) -> Replanned:
    """Return what is left at four, where `a` and `b` run."""
    instance = world(**more)
    said = read_state({"now": FOUR, "running": RUNNING, **(state or {})}, instance)
    return remaining_instance(instance, PLAN, said, frozen, changes)


def tasks(found: Replanned) -> dict[str, Any]:
    """Return the new tasks by id; the document must be valid."""
    validate(found.document)
    return {task["id"]: task for task in found.document["tasks"]}


def test_the_rest_of_the_horizon() -> None:
    """It begins at the next whole slot and ends where it ended."""
    assert rest({"now": "2026-11-30T03:20Z"}).document["time"]["start"] == FOUR
    time = rest().document["time"]
    assert (time["start"], time["horizon"]) == (FOUR, "1d20h")
    with pytest.raises(UsageError, match="nothing is left of the horizon"):
        rest({"now": "2026-12-02T00:00Z"})


def test_what_runs_stays() -> None:
    """One option, for what is left of its work, at the new start, its fixed cost paid."""
    (option,) = tasks(rest())["a"]["options"]
    assert option == {
        "id": "own (stays)", "pool": "own", "uses": {"gpu": 4}, "duration": "4h", "cost": 0, "quality": 1, "not_after": FOUR
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"progress": Decimal("0.75")}, "2h"),
        ({"started": "2026-11-30T02:00Z"}, "6h"),
        ({"ends": "2026-11-30T04:30Z"}, "30m"),
        ({"progress": 1}, "1s"),
        ({"option": "cloud"}, "2h"),
        ({"pool": "cloud"}, "2h"),
    ],
)
def test_what_is_left_of_it(said: dict[str, Any], left: str) -> None:
    """By progress, by the time it has run, or by the end that is said; in the option that is said."""
    run = {"task": "a", "started": "2026-11-30T00:00Z", **said}
    assert tasks(rest({"running": [run]}))["a"]["options"][0]["duration"] == left


def test_what_ends_within_the_slot_is_done() -> None:
    """It holds nothing of the rest, and what follows it may begin with that; one that should have ended by now runs on."""
    for ends, runs in (("2026-11-30T04:00Z", False), ("2026-11-30T04:30Z", True), ("2026-11-30T03:00Z", True)):
        run = {"task": "a", "started": "2026-11-30T00:00Z", "ends": ends}
        found = rest({"now": "2026-11-30T03:20Z", "running": [run]})
        assert ("a" in tasks(found)) == runs


def test_what_runs_moves_at_a_price() -> None:
    """To every option, with the restart, what is not saved, and the cost; each is a change."""
    move = {"cost": 5, "restart": "30m"}
    options = tasks(
        rest({"running": [{"task": "a", "started": "2026-11-30T00:00Z", "saved": Decimal("0.5"), "move": move}]})
    )["a"]["options"]
    assert [(each["id"], each["duration"], each["cost"]) for each in options] == [
        ("own (stays)", "4h", 0), ("own", "4h30m", 5), ("cloud", "3h30m", 6)
    ]  # fmt: skip
    assert [each.get("consumes") for each in options] == [None, {"changes": 1}, {"changes": 1}]


def test_moves_are_paid_once() -> None:
    """In the rest of a rest, options to move to keep their price; where none are stated, what runs stays."""
    run = {"task": "a", "pool": "own", "started": "2026-11-30T00:00Z", "ends": "2026-11-30T08:00Z"}
    move = {"cost": 5, "restart": "30m"}
    for said in (move, None):
        first = rest({"running": [run], "move": said})
        instance = validate(first.document)
        state = read_state({"now": "2026-11-30T06:00Z", "running": [run], "move": move}, instance)
        options = tasks(remaining_instance(instance, {"tasks": []}, state))["a"]["options"]
        before = tasks(first)["a"]["options"]
        assert options[0]["duration"] == "2h"
        assert [(each["id"], each["duration"], each["cost"]) for each in options[1:]] == [
            (each["id"], each["duration"], each["cost"]) for each in before[1:]
        ]
        assert len(options) == (3 if said else 1)
        stopped = read_state({"now": "2026-11-30T06:00Z", "failed": [{"task": "a"}]}, instance)
        notes = remaining_instance(instance, {"tasks": []}, stopped).notes
        assert any("'a' does not run any more" in note for note in notes) == (said is None)


def test_what_waits_is_kept_or_changes() -> None:
    """The planned option at the planned start changes nothing; all options at any start do."""
    options = tasks(rest())["c"]["options"]
    assert [each.get("id", each["pool"]) for each in options] == ["own (kept)", "own", "cloud"]
    assert [each.get("consumes") for each in options] == [None, {"changes": 1}, {"changes": 1}]
    assert options[0]["not_before"] == options[0]["not_after"] == "2026-11-30T08:00:00Z"
    assert rest().document["objective"]["ties"] == ["changes"]


def test_frozen_and_fixed() -> None:
    """Starts within the frozen time, and fixed tasks, have the planned option alone."""
    assert len(tasks(rest(frozen=3 * 3600))["c"]["options"]) == 3
    assert len(tasks(rest(frozen=5 * 3600))["c"]["options"]) == 1
    assert len(tasks(rest({"fixed": ["c"]}))["c"]["options"]) == 1


def test_what_is_done_is_gone() -> None:
    """Its successors wait no more, but for a lag; copies are told apart by number."""
    found = tasks(rest({"done": ["a", {"task": "sweep", "copy": 2}], "running": []}))
    assert set(found) == {"b", "c", "sweep#1", "sweep#3"}
    assert "after" not in found["c"]
    later = [dict(task) for task in world().document()["tasks"]]
    later[2]["after"] = [{"task": "a", "lag": "6h"}]
    done = [{"task": "a", "ended": FOUR}]
    assert tasks(rest({"done": done, "running": []}, tasks=later))["c"]["release"] == "2026-11-30T10:00:00Z"


def test_used_quotas_committed_nodes_and_limits_of_changes() -> None:
    """Limits are what is left of them; committed nodes are reserved; changes are a quota."""
    nodes = {"size": {"cpu": 8}, "count": 4, "price": 1, "commit": {"price": 1, "max": 3}}
    pools = [*world().document()["pools"], {"id": "n", "nodes": [nodes]}]
    found = rest(
        {"used": {"q": 7}, "nodes": [{"pool": "n", "committed": 2}]}, changes=2, pools=pools,
        quotas=[{"id": "q", "of": "money", "limit": 10}],
    )  # fmt: skip
    validate(found.document)
    limits = [(quota["id"], quota["limit"], quota.get("used")) for quota in found.document["quotas"]]
    assert limits == [("q", 10, 7), ("changes", 2, None)]
    kind = found.document["pools"][2]["nodes"][0]
    assert (kind["reserved"], kind["commit"]["max"]) == (2, 1)


def test_a_deadline_that_is_lost() -> None:
    """What runs past its deadline and cannot move is planned without it, with a note."""
    late = [dict(task) for task in world().document()["tasks"]]
    late[0]["deadline"] = "2026-11-30T06:00:00Z"
    found = rest(tasks=late)
    assert "deadline" not in tasks(found)["a"]
    assert found.notes == ["'a' runs 2h past its deadline, which it cannot meet any more"]


def test_plans_of_replanning_are_old_plans() -> None:
    """Names of options and of copies lose what replanning added."""
    found = old_placements({"tasks": [{**PLAN["tasks"][0], "id": "sweep#2", "option": "own (kept)"}]})
    assert found["sweep", 2].option == "own"


def test_nothing_changes_without_need() -> None:
    """In an unchanged world the plan goes on; the checker confirms it on the instance of what is left."""
    found = rest()
    result = solve(found.document, time_limit=10, warm_start=found.warm_start)
    assert verify(found.document, result.document).ok
    changes = changes_of(found, result.document)
    assert [change.what for change in changes] == ["stays", "stays", "kept", "kept", "kept", "kept"]


def test_the_fewest_changes_of_equal_cost() -> None:
    """Two of eight GPUs are lost from six to nine: only what must moves, and not more."""
    steps = {"2026-11-30T00:00:00Z": 8, "2026-11-30T08:00:00Z": 6, "2026-11-30T12:00:00Z": 8}
    pools = [{"id": "own", "capacity": {"gpu": {"steps": steps}}}, *world().document()["pools"][1:]]
    found = rest(pools=pools)
    result = solve(found.document, time_limit=20, warm_start=found.warm_start)
    assert result.status == "optimal"
    assert counted(changes_of(found, result.document)) >= 1
    fewer = rest(pools=pools, changes=counted(changes_of(found, result.document)) - 1)
    cheaper = solve(fewer.document, time_limit=20)
    assert cheaper.plan is None or cheaper.cost > result.cost


def test_jobs_of_others_do_not_move() -> None:
    """Nobody moves a running job of somebody else, whatever moving costs."""
    document = copy.deepcopy(DOCUMENT["tasks"])
    document[0] = {**document[0], "job": {"slurm": "15"}}
    found = tasks(rest({"move": {"cost": 1}}, tasks=document))
    assert [option["id"] for option in found["a"]["options"]] == ["own (stays)"]
    assert len(found["b"]["options"]) > 1
    assert found["a"]["job"] == {"slurm": "15"}


def test_nodes_that_are_on() -> None:
    """The new horizon begins with them, at most as many as there are; what was on before the old one is forgotten."""
    common = {"size": {"cpu": 8}, "price": 1}
    kinds = [{"id": "a", "count": 4, "running": 1, **common}, {"id": "b", "count": 2, **common}]
    pools = [*world().document()["pools"], {"id": "n", "nodes": kinds}, {"id": "m", "nodes": {**kinds[0], "id": None}}]
    state = {"nodes": [{"pool": "n", "kind": "b", "on": 7}, {"pool": "m", "kind": "m", "on": 3}]}
    found = rest(state, pools=pools).document["pools"]
    assert [kind.get("running") for pool in found[2:] for kind in pool["nodes"]] == [None, 2, 3]


def test_greatest_lags_are_kept() -> None:
    """Keep `most` behind a task that is not done; behind a done one start in time."""
    after = [{"task": "a", "lag": "1h", "most": "3h"}]
    follow = {"id": "follow", "after": after, "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}]}
    document = {**DOCUMENT, "tasks": [*DOCUMENT["tasks"], follow]}
    instance = validate(document)
    waits = remaining_instance(instance, PLAN, read_state({"now": FOUR, "running": RUNNING}, instance))
    assert tasks(waits)["follow"]["after"] == after
    done = [{"task": "a", "ended": "2026-11-30T03:00Z"}]
    said = read_state({"now": FOUR, "done": done, "running": RUNNING[1:]}, instance)
    left = tasks(remaining_instance(instance, PLAN, said))["follow"]
    assert "after" not in left
    assert [option["not_after"] for option in left["options"]] == ["2026-11-30T06:00:00Z"]


def test_what_runs_outside_of_the_pools_holds_nothing() -> None:
    """It stays, whatever a move costs, and leaves what the pools have to others."""
    run = {"task": "a", "started": "2026-11-30T00:00Z", "place": "n1", "outside": True}
    (option,) = tasks(rest({"running": [run], "move": {}}))["a"]["options"]
    assert (option["id"], option["uses"], option["duration"]) == ("own (stays)", {}, "4h")


def test_odd_states_are_noted() -> None:
    """Names that nobody knows, options that are gone, starts after now, and more nodes than there are."""
    later = {"task": "b", "started": "2026-11-30T06:00Z", "option": "gone", "pool": "own"}
    nodes = [{"id": "n", "nodes": [{"size": {"gpu": 8}, "count": 2, "price": 1}]}]
    state = {"done": ["nobody"], "running": [RUNNING[0], later], "nodes": [{"pool": "n", "on": 3}]}
    assert rest(state, pools=[*DOCUMENT["pools"], *nodes]).notes == [
        "state: 'b': 'gone' is none of its options; it is taken as 'own'",
        "state: 'nobody' is a task neither of the instance nor of the old plan",
        "state: 'b' runs, and has started after now",
        "state: 3 nodes of 'n' are on; at most 2 are counted",
    ]


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"rrunning": []}, "rrunning: is not a key that is known here; did you mean 'running'?"),
        ({"nodes": [{"pol": "own"}]}, "nodes[0].pol: is not a key that is known here; did you mean 'pool'?"),
        (
            {"done": [{"task": "a", "x": 1}]},
            "done[0].x: is not a key that is known here; allowed are task, copy, option",
        ),
    ],
)
def test_unknown_keys_of_a_state(state: dict[str, Any], message: str) -> None:
    """What is allowed is what a state has at that place, and not an instance."""
    with pytest.raises(InstanceError) as error:
        rest(state)
    assert message in str(error.value)
