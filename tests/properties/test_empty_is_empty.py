"""Zero counts and empty sets are zero and empty: in solver and checker they are no lack of a limit."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.verify import fingerprint, verify

ONE = {"uses": {"gpu": 1}, "duration": "1h"}
TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}


def document(pool: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One pool, and a task of one GPU for an hour."""
    return {"time": TIME, "pools": [pool], "tasks": [{"id": "t", "options": [{"pool": pool["id"], **ONE}]}], **more}


def status(stated: dict[str, Any]) -> str:
    """What a search says, which the checker has to agree with."""
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert verify(stated, result.document).ok
    return str(result.status)


OTHER = {"id": "u", "optional": True, "value": 1, "placement": "one-node", "options": [{"pool": "p", **ONE}]}
NODES = {"size": {"gpu": 8}, "count": 0, "price": 1}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    "nodes",
    [
        NODES,
        {**NODES, "reserved": 2},
        {**NODES, "commit": 1},
        {**NODES, "count": 4, "price": None, "commit": {"price": 1, "max": 0}},
        {**NODES, "count": {"steps": {"2026-01-05T00:00Z": 0, "2027-01-05T00:00Z": 9}}},
    ],
)
def test_no_node_holds_nothing(nodes: dict[str, Any], apart: bool) -> None:
    """Of a kind of no nodes, or none that can be paid, nothing runs; also where nodes are told apart."""
    stated = document({"id": "p", "nodes": {key: value for key, value in nodes.items() if value is not None}})
    if apart:
        stated["tasks"].append(OTHER)
    assert status(stated) == "infeasible"


def test_the_checker_sees_a_task_on_no_nodes() -> None:
    """A plan of one node that is on is no plan where there is none, told apart or not."""
    for extra in ([], [OTHER]):
        good = document({"id": "p", "nodes": {**NODES, "count": 1}})
        good["tasks"] += extra
        plan = json.loads(json.dumps(leptonopt.solve(good, method="cpsat", isolate=False).document))
        assert verify(good, plan).ok
        none = copy.deepcopy(good)
        none["pools"][0]["nodes"]["count"] = 0
        plan["instance"]["sha256"] = fingerprint(none)
        for nodes in (plan["nodes"], list[Any]()):
            rules = {found.rule for found in verify(none, {**plan, "nodes": nodes}).violations}
            assert "nodes" in rules, nodes


def test_no_capacity_and_no_quota() -> None:
    """A capacity of 0 holds nothing, a limit of 0 lets nothing count; an empty list covers nothing."""
    pool = {"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": 1}}
    assert status(document({**pool, "capacity": {"gpu": 0}})) == "infeasible"
    for of, per in (("gpu", "horizon"), ("money", "day"), ("gpu", "moment")):
        quota = {"id": "q", "of": of, "limit": 0, "per": per}
        assert status(document(pool, quotas=[quota])) == "infeasible"
        assert status(document(pool, quotas=[{**quota, "tasks": []}])) == "optimal"
        assert status(document(pool, quotas=[{**quota, "teams": []}])) == "optimal"
    assert status(document(pool, quotas=[{"id": "q", "of": "money", "limit": 0, "pools": []}])) == "optimal"


def test_maintenance_that_names_nothing_changes_nothing() -> None:
    """`capacity: {}` leaves all, no `capacity` leaves nothing."""
    window = {"from": "2026-01-05T00:00Z", "to": "2026-01-05T04:00Z"}
    for pool in ({"id": "p", "capacity": {"gpu": 1}}, {"id": "p", "nodes": {**NODES, "count": 1}}):
        assert status(document({**pool, "maintenance": [{**window, "capacity": {}}]})) == "optimal"
        assert status(document({**pool, "maintenance": [window]})) == "infeasible"


def test_an_option_may_use_nothing() -> None:
    """It takes its time all the same: what waits for it starts three hours later."""
    stated = document({"id": "p", "capacity": {"gpu": 1}})
    stated["tasks"] = [
        {"id": "wait", "options": [{"pool": "p", "duration": "3h"}]},
        {"id": "t", "after": ["wait"], "options": [{"pool": "p", **ONE}]},
    ]
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert verify(stated, result.document).ok
    assert result.require_plan().entry("t", 1)["start"] == "2026-01-05T03:00:00Z"


@pytest.mark.parametrize("key", ["speed", "devices", "variants"])
def test_an_empty_mapping_of_ways_is_refused(key: str) -> None:
    """No way at all is not the usual way."""
    stated = document({"id": "p", "capacity": {"gpu": 1}})
    stated["tasks"] = [{"id": "t", "work": {"hours": 1, "speed": {"p": 1}, key: {}}}]
    with pytest.raises(InstanceError, match=f"{key}: is empty; at least one entry"):
        validate(stated)


def test_a_duration_of_zero_holds_nothing() -> None:
    """A milestone stands where there is no capacity at all."""
    stated = document({"id": "p", "capacity": {"gpu": 0}})
    stated["tasks"][0]["options"][0] |= {"duration": "0h", "cost": 2}
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert (result.status, result.cost) == ("optimal", 2)
    assert verify(stated, result.document).ok
