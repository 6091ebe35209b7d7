"""Edits of documents by path."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import edits, validate

DOCUMENT: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [
        {"id": "a.b", "capacity": {"gpu": 4, "cpu": "unlimited"}, "price": {"gpu": 1}},
        {"id": "n", "nodes": [{"id": "x", "size": {"ram": 8}, "count": {"steps": {"2026-01-05T00:00Z": 3}}, "reserved": 3}]},
    ],
    "tasks": [
        {"id": "t", "options": [{"pools": ["a.b"], "uses": {"gpu": 1}, "duration": "1h"}, {"pool": "n", "uses": {"ram": 1}, "duration": "1h"}]},
        {"id": "u", "after": ["t"], "options": [{"pool": "a.b", "duration": "1h"}]},
        {"id": "v", "after": [{"task": "t", "lag": "1h"}, "u"], "options": [{"pool": "a.b", "duration": "1h"}]},
    ],
    "quotas": [{"id": "q", "of": "money", "limit": 9, "tasks": ["t", "u"], "pools": ["a.b"]}],
    "together": [["t", "u"], ["t"]],
}  # fmt: skip


@pytest.fixture(autouse=True)
def unchanged() -> Any:
    """No edit changes what it is given."""
    before = copy.deepcopy(DOCUMENT)
    yield
    assert before == DOCUMENT


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("pools.a.b.price.gpu", "1.50", Decimal("1.50")),
        ("pools.0.price.gpu", "2", 2),
        ("tasks.t.deadline", "2026-01-05T03:00Z", "2026-01-05T03:00Z"),
        ("tasks.t.optional", "true", True),
        ("quotas.q.limit", "3", 3),
    ],
)
def test_set(path: str, text: str, found: Any) -> None:
    """Ids, numbers and keys are steps; keys with dots are found as well."""
    made = edits.with_value(DOCUMENT, path, text)
    place: Any = made
    for step in ("pools", 0, "price", "gpu") if path.startswith("pools") else ():
        place = place[step]
    if path.startswith("pools"):
        assert place == found
    elif path.startswith("tasks"):
        assert made["tasks"][0][path.rpartition(".")[2]] == found
    else:
        assert made["quotas"][0]["limit"] == found


def test_null_removes() -> None:
    """Null takes a key away; a missing one is no fault."""
    assert "price" not in edits.with_value(DOCUMENT, "pools.a.b.price", "null")["pools"][0]
    assert edits.with_value(DOCUMENT, "tasks.t.deadline", "null") == edits.plain(DOCUMENT)


def test_a_task_is_forgotten_everywhere() -> None:
    """Precedence, sets and quotas name it no more; the document stays valid."""
    made = edits.without(DOCUMENT, "tasks.t")
    validate(made)
    assert [task["id"] for task in made["tasks"]] == ["u", "v"]
    assert "after" not in made["tasks"][0]
    assert made["tasks"][1]["after"] == ["u"]
    assert made["together"] == [["u"]]
    assert made["quotas"][0]["tasks"] == ["u"]


def test_a_pool_is_forgotten_everywhere() -> None:
    """Options and quotas lose it."""
    made = edits.without(DOCUMENT, "pools.n")
    assert [len(task["options"]) for task in made["tasks"]] == [1, 1, 1]
    assert edits.without(DOCUMENT, "pools.a.b")["quotas"][0]["pools"] == []


def test_losses() -> None:
    """Units of a resource, and nodes of a kind with what is reserved of it; never below zero."""
    assert edits.with_loss(DOCUMENT, "a.b.gpu=1.5")["pools"][0]["capacity"]["gpu"] == Decimal("2.5")
    kind = edits.with_loss(DOCUMENT, "n.x=5")["pools"][1]["nodes"][0]
    assert (kind["count"], kind["reserved"]) == ({"steps": {"2026-01-05T00:00Z": 0}}, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: edits.with_value(DOCUMENT, "pools.z.price", "1"), "there is no 'z' here"),
        (lambda: edits.with_value(DOCUMENT, "pools..price", "1"), "is no path"),
        (lambda: edits.with_value(DOCUMENT, "time.slot.x", "1"), "leads into a value"),
        (lambda: edits.without(DOCUMENT, "tasks.z"), "there is no 'z' here; known are t, u, v"),
        (lambda: edits.without(DOCUMENT, "pools.n.labels"), "there is nothing to remove"),
        (lambda: edits.with_loss(DOCUMENT, "a.b.disk=1"), "has no 'disk'; it has gpu, cpu"),
        (lambda: edits.with_loss(DOCUMENT, "a.b.cpu=1"), "is unlimited"),
        (lambda: edits.with_loss(DOCUMENT, "gpu"), "write POOL.RESOURCE=NUMBER"),
        (lambda: edits.with_loss(DOCUMENT, "nopool.gpu=1"), "nopool.gpu=1: there is no pool 'nopool'; "),
    ],
)
def test_wrong_paths(call: Any, message: str) -> None:
    """One line with the place and what is known there."""
    with pytest.raises(UsageError, match=message):
        call()


def test_forced_options() -> None:
    """A task has the given options alone, and runs."""
    made = edits.forced(DOCUMENT, "u", [{"pool": "a.b", "duration": "2h"}])
    assert made["tasks"][1] == {"id": "u", "after": ["t"], "options": [{"pool": "a.b", "duration": "2h"}]}


def test_forced_options_leave_no_quota_of_nothing() -> None:
    """A quota goes where only the other options of the task consume what it counts."""
    licensed = {"id": "t", "options": [{"pool": "a", "consumes": {"licence": 1}}, {"pool": "a"}]}
    quotas = [{"id": "q", "of": "licence", "limit": 1}, {"id": "r", "of": "gpu", "limit": 1}]
    document = {"pools": [{"id": "a", "capacity": {"gpu": 1}}], "tasks": [licensed], "quotas": quotas}
    assert edits.forced(document, "t", licensed["options"][1:])["quotas"] == quotas[1:]
    assert edits.forced(document, "t", licensed["options"])["quotas"] == quotas


def test_edits_of_instances() -> None:
    """A task is added or replaced, a price changed, a part removed; the original stays, and the rest is shared."""
    stated = validate(DOCUMENT)
    first = stated.tasks[0]
    more = stated.with_task({"id": "new", "options": [{"pool": stated.pools[0].id, "duration": "1h"}]})
    assert [task.id for task in more.tasks][-1] == "new"
    assert more.tasks[0] is first
    again = more.with_task({"id": "new", "options": [{"pool": stated.pools[0].id, "duration": "2h"}]})
    assert len(again.tasks) == len(more.tasks)
    assert again.tasks[-1].options[0].duration == 7200
    pool = stated.pools[0]
    priced = stated.with_price(pool.id, "gpu", 7)
    assert priced.document()["pools"][0]["price"]["gpu"] == 7
    assert stated.pools[0] is pool
    assert first.id not in [task.id for task in more.without(f"tasks.{first.id}").tasks]
    for wrong in (lambda: stated.with_price("nowhere", "gpu", 1), lambda: stated.without("tasks.nobody")):
        with pytest.raises(UsageError):
            wrong()
    with pytest.raises(InstanceError, match="nowhere"):
        stated.with_task({"id": "new", "options": [{"pool": "nowhere", "duration": "1h"}]})


def test_short_reprs() -> None:
    """Instances are told in one line."""
    assert repr(validate(DOCUMENT)).startswith("<Instance ")
    assert len(str(validate(DOCUMENT))) < 200
