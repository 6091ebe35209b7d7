"""Grids, series and overlays of imports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leptonopt.errors import UsageError
from leptonopt.integrations.imported import Grid, aligned_start, listed, step_series

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
