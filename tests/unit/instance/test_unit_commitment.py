"""A least load and a time off of nodes: where they do not go, with the place."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.tiny_instances import document, service, task


def rack(**more: Any) -> dict[str, Any]:
    """Return a pool of nodes."""
    return {"id": "a", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 1} | more}


@pytest.mark.parametrize(
    ("nodes", "stated", "error"),
    [
        ({"minimum_load": {"gpu": 9}}, {}, "minimum_load of 'gpu' is 9; at most what a node holds of it"),
        ({"minimum_load": {"cpu": 1}}, {}, "minimum_load of 'cpu' is 1; at most what a node holds of it"),
        ({"minimum_load": {"gpu": 1}, "boot": "1h"}, {}, "minimum_load with boot is not supported"),
        ({"minimum_off": "2h"}, {"placement": "packed"}, "not supported where tasks tell nodes of 'a' apart"),
        ({"minimum_off": "2h"}, {"segments": True}, "not supported beside tasks with segments"),
    ],
)
def test_what_does_not_go_together(nodes: dict[str, Any], stated: dict[str, Any], error: str) -> None:
    """Each with one line."""
    with pytest.raises(InstanceError, match=error):
        validate(document(task(**stated), pools=[rack(**nodes)]))


def test_services_are_refused_beside_them() -> None:
    """Their replicas would hold nodes on."""
    with pytest.raises(
        InstanceError, match=r"pools\[0\].nodes: minimum_load, minimum_off and since .* beside services"
    ):
        validate(document(task(), services=[service()], pools=[rack(minimum_off="1h")]))


def test_nothing_asked_is_nothing() -> None:
    """Zeros go with everything."""
    validate(document(task(placement="packed"), pools=[rack(minimum_off="0s", minimum_load={"gpu": 0}, boot="1h")]))
