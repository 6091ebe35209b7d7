"""Findings between the parts of an instance: names, references, circles."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.instance.cross_checks import MAX_FINDINGS, cross_findings
from tests.helpers.tiny_instances import document, instance, pool, task

NODES = {"id": "n", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 3}}
UNCLEAR = {"id": "n", "capacity": {"gpu": 9}, "nodes": {"size": {"cpu": 8, "ram": 1}, "count": 2, "price": 3}}
WORK = {"id": "w", "work": {"hours": 1, "speed": {"a": 1}}}


@pytest.mark.parametrize(
    ("stated", "place", "said"),
    [
        (document(task("x"), task("x")), "tasks[1].id", "the id 'x' stands already at tasks[0]"),
        (document(pools=[pool(), pool()]), "pools[1].id", "the id 'a' stands already at pools[0]"),
        (document(task(pool="b")), "tasks[0].options[0].pool", "there is no pool 'b'; known are 'a'"),
        (document(task(pool="alpha1"), pools=[pool("alpha")]), "tasks[0].options[0].pool", "did you mean 'alpha'?"),
        (document(task(after=["u"])), "tasks[0].after[0]", "there is no task 'u'"),
        (document(task(after=["t"])), "tasks[0].after", "in a circle: t after t"),
        (document(task("x", after=["y"]), task("y", after=["x"])), "tasks[0].after", "x after y after x"),
        (document({"id": "t", "options": [{"pool": "a", "uses": {"cpu": 1}, "duration": "1h"}]}), "tasks[0].options[0].uses.cpu", "there is no resource 'cpu'"),
        (document({"id": "t", "options": [{"id": "o", "pool": "a", "duration": "1h"}] * 2}), "tasks[0].options[1].id", "'o' stands twice"),
        (document(pools=[pool(price={"cpu": 1})]), "pools[0].price.cpu", "there is no resource 'cpu'"),
        (document(pools=[pool(power={"power": 1})]), "pools[0].power.power", "power itself draws no power"),
        (document(pools=[pool(capacity={"gpu": {"steps": {"2026-01-05T01:00Z": 4}}})]), "pools[0].capacity.gpu.steps", "the first step is after the start"),
        (document(task(pool="n"), pools=[{"id": "n", "nodes": {"size": {"gpu": 8}, "count": 2}}]), "pools[0].nodes", "no such node can be had"),
        (document({"id": "t", "options": [{"pool": "a", "nodes": 1, "duration": "1h"}]}), "tasks[0].options[0].nodes", "which has 0 kinds of nodes"),
        (document({"id": "t", "options": [{"pool": "n", "nodes": 1, "uses": {"gpu": 1}, "duration": "1h"}]}, pools=[NODES]), "tasks[0].options[0].uses.gpu", "whole nodes hold all of 'gpu'"),
        (document({**WORK, "work": {"hours": 1, "profile": "p"}}), "tasks[0].work.profile", "there is no profile 'p'"),
        (document({**WORK, "work": {"hours": 1}}), "tasks[0].work.speed", "no speed; say per pool"),
        (document({**WORK, "work": {"hours": 1, "speed": {"a": 1}, "device": "tpu"}}), "tasks[0].work", "pool 'a' has no resource 'tpu'"),
        (document(quotas=[{"id": "q", "of": "tpu", "limit": 1}]), "quotas[0].of", "there is no resource 'tpu'"),
        (document(quotas=[{"id": "q", "of": "gpu", "limit": 1, "tasks": ["u"]}]), "quotas[0].tasks[0]", "there is no task 'u'"),
        (document(quotas=[{"id": "q", "of": "money", "limit": 1, "per": "moment"}]), "quotas[0].per", "'money' is not a resource"),
        (document(task(pool="n"), pools=[UNCLEAR], quotas=[{"id": "q", "of": "money", "limit": 1, "tasks": ["t"]}]), "quotas[0].of", "whose nodes all tasks share"),
        (document(task(pool="n"), pools=[{**UNCLEAR, "charge": {"gpu": 1}}]), "pools[0].charge.gpu", "there is no resource of nodes 'gpu'"),
        (document(together=[["t", "u"]]), "together[0][1]", "there is no task 'u'"),
    ],
)  # fmt: skip
def test_each_finding_has_its_place(stated: dict[str, Any], place: str, said: str) -> None:
    """What is wrong, where, and what is known."""
    with pytest.raises(InstanceError) as error:
        validate(stated)
    found = [str(finding) for finding in error.value.findings]
    assert len(found) == 1
    assert found[0].startswith(f"{place}: ")
    assert said in found[0]


def test_parts_that_are_invalid_are_skipped() -> None:
    """What refers to them is not reported; the rest is."""
    good = instance(task("x"), task("x2", pool="a"))
    found = cross_findings(None, [None], {}, [*good.tasks, good.tasks[0]])
    assert [str(each) for each in found] == ["tasks[2].id: the id 'x' stands already at tasks[0]; ids are unique"]
    assert cross_findings(good.time, good.pools, {}, [*good.tasks, None]) == []


def test_no_more_findings_than_one_above_those_shown() -> None:
    """However many there are."""
    good = instance()
    found = cross_findings(good.time, [], {}, list(good.tasks) * 500)
    assert len(found) == MAX_FINDINGS + 1


def test_long_circles_are_cut() -> None:
    """Beginning and end are shown."""
    tasks = [task(f"t{at}", after=[f"t{(at + 1) % 20}"]) for at in range(20)]
    with pytest.raises(InstanceError, match="t0 after t1 after t2 after t3 after … after"):
        instance(*tasks)
