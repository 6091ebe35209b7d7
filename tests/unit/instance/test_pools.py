"""The time grid, pools and their nodes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leptonopt.instance import Commit, Maintenance, NodeKind, Pool, Time

START = "2026-01-05T00:00Z"


def test_the_time_grid() -> None:
    """A horizon of whole slots."""
    time = Time.model_validate({"start": START, "slot": "30m", "horizon": "1d"})
    assert (time.slots, time.zone) == (48, "UTC")


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"start": START, "slot": "7m", "horizon": "1h"}, "the horizon of 1h is not a whole number of slots of 7m"),
        ({"start": START, "slot": "1s", "horizon": "7d"}, "604,800 slots; at most 200,000"),
        ({"start": "9500-01-01T00:00Z", "horizon": "1h"}, "a start in the year 9500; at most 9000"),
    ],
)
def test_grids_that_are_refused(stated: dict[str, Any], said: str) -> None:
    """Parts of slots, too many slots, dates without end."""
    with pytest.raises(ValidationError, match=said):
        Time.model_validate(stated)


def test_commitments() -> None:
    """A number is a price; exactly one of price and total."""
    assert Commit.model_validate(2).price == 2
    assert Commit.model_validate({"total": 9, "max": 3}).max == 3
    for stated in ({}, {"price": 1, "total": 2}):
        with pytest.raises(ValidationError, match="either a price"):
            Commit.model_validate(stated)


@pytest.mark.parametrize(
    ("commit", "most"), [(None, 0), (2, 8), ({"price": 2, "max": 3}, 3), ({"price": 2, "max": 0}, 0)]
)
def test_how_many_can_be_committed(commit: Any, most: int) -> None:
    """As many as there are at any time, unless it is stated."""
    kind = NodeKind.model_validate({"size": {"gpu": 8}, "count": {"daily": {"00:00": 2, "08:00": 8}}, "commit": commit})
    assert (kind.most, kind.commit_max) == (8, most)


def test_maintenance_has_an_end_after_its_start() -> None:
    """A window of no time is refused."""
    with pytest.raises(ValidationError, match="'to' is not after 'from'"):
        Maintenance.model_validate({"from": START, "to": START})


def test_resources_of_a_pool() -> None:
    """Of capacity, of nodes, then power where it counts; one kind of nodes needs no list."""
    node = {"size": {"gpu": 8, "cpu": 64}, "count": 2, "price": 1}
    pool = Pool.model_validate({"id": "p", "capacity": {"disk": 9}, "nodes": node, "carbon": 400})
    assert (pool.resources, pool.of_nodes, pool.powered) == (("disk", "gpu", "cpu", "power"), ("gpu", "cpu"), True)
    assert [name for name, _ in pool.kinds] == ["p"]
    two = Pool.model_validate({"id": "p", "nodes": [node, {**node, "id": "big"}]})
    assert ([name for name, _ in two.kinds], two.powered) == (["p-1", "big"], False)


@pytest.mark.parametrize(
    "more", [{"price": {"power": 1}}, {"power": {"gpu": 0.4}}, {"nodes": {"size": {"x": 1}, "count": 1, "power": 2}}]
)
def test_power_counts_where_it_is_stated(more: dict[str, Any]) -> None:
    """By a price, by what resources draw, or by what nodes draw."""
    assert Pool.model_validate({"id": "p", "capacity": {"gpu": 1}, **more}).powered


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"id": "p"}, "a pool without resources"),
        (
            {"id": "p", "capacity": {"gpu": 1}, "nodes": {"size": {"gpu": 1}, "count": 1}},
            "'gpu' stands in capacity and in the size",
        ),
        (
            {"id": "p", "nodes": [{"id": "n", "size": {"gpu": 1}, "count": 1}] * 2},
            "two kinds of nodes have the same id",
        ),
    ],
)
def test_pools_that_are_refused(stated: dict[str, Any], said: str) -> None:
    """Nothing in them, a resource twice, one name for two kinds."""
    with pytest.raises(ValidationError, match=said):
        Pool.model_validate(stated)
