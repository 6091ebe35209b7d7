"""Grids, series and overlays of imports."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leptonopt.errors import UsageError
from leptonopt.integrations.imported import (
    Grid,
    aligned_start,
    default_duration,
    listed,
    named_groups,
    node_kinds,
    plain_number,
    step_series,
)

GRID = Grid(datetime(2026, 1, 5, tzinfo=UTC), 3600, 4 * 3600)


def test_grid() -> None:
    """Slots, instants and the mapping `time`; a horizon in parts of slots is refused."""
    assert GRID.slots == 4
    assert GRID.instant(2) == "2026-01-05T02:00:00Z"
    assert [GRID.slots_until(seconds) for seconds in (0, 1, 3600, 3601)] == [0, 1, 1, 2]
    assert GRID.document() == {"start": "2026-01-05T00:00:00Z", "slot": "1h", "horizon": "4h"}
    with pytest.raises(UsageError, match="whole number of slots"):
        Grid(GRID.start, 3600, 5400)


def test_aligned_start() -> None:
    """The start is a whole slot since midnight."""
    moment = datetime(2026, 1, 5, 13, 47, 5, tzinfo=UTC)
    assert aligned_start(moment, 900) == datetime(2026, 1, 5, 13, 45, tzinfo=UTC)


def test_series() -> None:
    """Constant values are a number, others steps where they change."""
    assert step_series([3, 3, 3, 3], GRID) == 3
    assert step_series([3, 3, 2, 2], GRID) == {"steps": {GRID.instant(0): 3, GRID.instant(2): 2}}


def test_listed() -> None:
    """Names in order, the first five of many."""
    assert listed("cba") == "a, b, c"
    assert listed("gfedcba") == "a, b, c, d, e and 2 more"


def test_groups_of_nodes() -> None:
    """Nodes alike are a pool; pools of one name are numbered, one without a name is `nodes`."""
    found = named_groups(["a1", "b2", "a3", "-4", "a1"], tuple, lambda key: key[0].strip("-"))
    assert found == {"nodes": ["-4"], "a-1": ["a1", "a1"], "a-2": ["a3"], "b": ["b2"]}


def test_kinds_of_nodes() -> None:
    """A kind for each size, the most frequent first; its id is its size."""
    sizes = {"x": {"gpu": 8, "memory_mib": 5}, "y": {"cpu": 2}, "z": {"cpu": 2}, "none": {}}
    assert [(kind["id"], kind["count"], nodes) for kind, nodes in node_kinds(sizes, lambda name: sizes[name])] == [
        ("2cpu", 2, ["y", "z"]), ("8gpu-5mib", 1, ["x"]), ("empty", 1, ["none"]),
    ]  # fmt: skip


def test_numbers_and_durations() -> None:
    """Numbers as written in an instance; a duration that is none names its parameter."""
    assert [str(plain_number(Decimal(text))) for text in ("2.0", "2.50")] == ["2", "2.5"]
    assert (default_duration({}), default_duration({"default_duration": "4h"})) == (None, 14400)
    with pytest.raises(UsageError, match="--param default_duration"):
        default_duration({"default_duration": "soon"})
