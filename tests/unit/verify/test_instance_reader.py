"""The checker's reading of an instance: resources, prices, nodes, options."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify.instance_reader import charges
from leptonopt.verify.timeline import Timeline
from tests.helpers.stated import stated
from tests.helpers.tiny_instances import TIME, pool, task

NODES = {
    "id": "n",
    "nodes": {"id": "k", "size": {"gpu": 4}, "count": 3, "price": 2, "reserved": 1, "commit": {"total": 6, "max": 1}},
}


def test_resources_and_prices() -> None:
    """Sums over slots of money per unit and of kilograms per kW."""
    made = stated(pools=[pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 3}}}, power={"gpu": 0.5}, carbon=500)])
    assert set(made.resources["a"]) == {"gpu", "power"}
    assert made.price_sum("a", "gpu") == [0, 1, 2, 5, 8]
    assert made.carbon_sum("a") == [Fraction(at, 2) for at in range(5)]
    assert made.least("a", "gpu") == [4] * 4


def test_options_with_what_they_draw() -> None:
    """Power counts where the pool counts it; unknown options are none."""
    made = stated(task("x"), pools=[pool(power={"gpu": 0.5})])
    way = made.way("x", "a")
    assert way is not None
    assert (way.uses, way.seconds) == ({"gpu": 2, "power": 1}, 3600)
    assert made.way("x", "b") is None
    assert list(made.ways("x")) == ["a"]


def test_options_that_are_not_allowed_are_none() -> None:
    """For want of a label, or on a pool that does not exist."""
    assert list(stated(task(needs={"labels": ["eu"]})).ways("t")) == []


def test_kinds_of_nodes() -> None:
    """Alike ones are one kind; single ones where a task must fit within one."""
    (kind,) = stated(task(pool="n"), pools=[NODES]).kinds()
    assert (kind.pool, kind.name, kind.node, kind.reserved, kind.commit_max, kind.commit) == ("n", "k", None, 1, 1, 6)
    assert kind.count == [3] * 4
    apart = stated(task(pool="n", placement="one-node"), pools=[NODES])
    assert apart.told_apart() == {"n"}
    assert [each.label for each in apart.kinds()] == ["k/1", "k/2", "k/3"]
    assert apart.of_nodes() == {("n", "gpu")}


KIND = {"id": "k", "size": {"gpu": 4, "ram": 2}, "count": 1}


@pytest.mark.parametrize(
    ("pool", "rates"),
    [
        ({"capacity": {"gpu": 1}}, {}),
        ({"charge": {"ram": 3}, "nodes": {**KIND, "price": 8}}, {"ram": [3] * 4}),
        ({"charge": {}, "nodes": {**KIND, "price": 8}}, {}),
        ({"nodes": {**KIND, "price": 8}}, {"gpu": [2] * 4}),
        ({"nodes": [{**KIND, "price": 8}, {**KIND, "id": "l", "commit": 4}]}, {"gpu": [1] * 4}),
        ({"nodes": [{**KIND, "reserved": 1}]}, {}),
        ({"nodes": {**KIND, "size": {"ram": 2}, "commit": {"total": 16}}}, {"ram": [2] * 4}),
        ({"nodes": {**KIND, "size": {"cpu": 4, "ram": 2}, "price": 1}}, {}),
        ({"nodes": {**KIND, "count": 0, "commit": 4}}, {"gpu": [0] * 4}),
        ({"nodes": {**KIND, "count": {"daily": {"00:00": 1, "02:00": 0}}, "commit": {"total": 16}}},
         {"gpu": [2, 2, 0, 0]}),
    ],
)  # fmt: skip
def test_rates(pool: dict[str, Any], rates: dict[str, list[int]]) -> None:
    """As stated, or of GPUs, or of the only resource, where a kind has a price."""
    assert charges(Timeline(TIME), pool) == rates
