"""Documents whose setups, routes and sets apart are rewritten, with parts that are malformed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.instance.rewriting import malformed
from tests.helpers.feature_instances import GANGS
from tests.helpers.tiny_instances import document, pool, task


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": ["s"]}, "tasks[0].id: ['s'] is not a name; names are texts, put it in quotes"),
        ({"options": 5}, "tasks[0].options: 5 is not a list"),
        ({"options": [{"pool": "a", "uses": 5, "duration": "1h"}]}, "tasks[0].options[0].uses: 5 is not a mapping"),
        ({"needs": {"labels": 5}}, "tasks[0].needs.labels: 5 is not a list"),
    ],
)
def test_parts_of_routes_are_named(change: dict[str, Any], said: str) -> None:
    """In the words of the validation."""
    stated = document(task("s"), task("t"), routes=[[["s"], ["t"]]])
    stated["tasks"][0] |= change
    with pytest.raises(InstanceError) as refused:
        validate(stated)
    assert str(refused.value).startswith(said)


def test_tasks_behind_one_that_repeats_are_named_where_they_stand() -> None:
    """A task a day stands for the first; the place of the others is that of the file."""
    daily = task("daily") | {"repeat": {"from": "01:00", "to": "03:00"}}
    stated = document(daily, task("s"), task("t"), task("u", after=["s", {"task": "t", "lag": "1h"}]))
    stated |= {"time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3d"}, "routes": [[["s"], ["t"]]]}
    with pytest.raises(InstanceError, match=r"^tasks\[3\]\.after\[1\]: an edge to or from a task of a route"):
        validate(stated)


def test_what_is_well_formed_has_no_findings() -> None:
    """With setups and sets apart by node as well."""
    assert not malformed(document(task("s"), pools=[pool("a")]))
    assert not malformed(copy.deepcopy(GANGS) | {"pools": [{**GANGS["pools"][0]}, *GANGS["pools"][2:]]})
