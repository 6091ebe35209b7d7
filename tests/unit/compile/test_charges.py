"""Charges for nodes that all share."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.compile.charges import charge_by_slot
from tests.helpers.tiny_instances import instance, task

KIND = {"id": "k", "size": {"gpu": 4, "ram": 2}, "count": 1}
DAILY = {"daily": {"00:00": 8, "02:00": 12}}


@pytest.mark.parametrize(
    ("more", "kinds", "rates"),
    [
        ({}, [{**KIND, "price": DAILY}], [2, 2, 3, 3]),
        ({"charge": {"gpu": DAILY}}, [{**KIND, "price": 1}], [8, 8, 12, 12]),
        ({"charge": {}}, [{**KIND, "price": 1}], [0, 0, 0, 0]),
        ({}, [{**KIND, "reserved": 1}], [0, 0, 0, 0]),
        ({}, [{**KIND, "commit": {"total": 32}}], [2, 2, 2, 2]),
        ({}, [{**KIND, "commit": 6}], [1.5] * 4),
        ({}, [{**KIND, "price": DAILY}, {"id": "l", "size": {"gpu": 2}, "count": 1, "price": 5}], [2, 2, 2.5, 2.5]),
        ({}, [{**KIND, "reserved": 1}, {"id": "l", "size": {"cpu": 2}, "count": 1, "price": 5}], [0, 0, 0, 0]),
    ],
)
def test_the_charge_of_a_unit(more: dict[str, Any], kinds: list[dict[str, Any]], rates: list[float]) -> None:
    """As stated, or the least price per GPU of the kinds that have one."""
    made = instance(task(pool="n"), pools=[{"id": "n", "nodes": kinds, **more}])
    assert charge_by_slot(made.pools[0], "gpu", made.time) == rates


def test_who_is_charged_for_what() -> None:
    """GPUs where there are some, else the only resource; a pool whose priced nodes hold neither is unclear."""
    priced = {**KIND, "price": 1}
    for size, charged, unclear in (
        ({"gpu": 4, "ram": 2}, ("gpu",), False),
        ({"ram": 2}, ("ram",), False),
        ({"cpu": 2, "ram": 2}, (), True),
    ):
        own = {"id": "n", "nodes": {**priced, "size": size}}
        pool = instance(pools=[own, {"id": "a", "capacity": {"gpu": 9}}]).pools[0]
        assert (pool.charged, pool.uncharged) == (charged, unclear)
