"""Instants beside an instance, on its clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leptonopt.instance.local_time import stated_instant
from tests.helpers.tiny_instances import TIME, instance


def test_the_clock_of_the_instance() -> None:
    """Without an offset it is that of the zone; without a zone an offset is needed."""
    berlin = instance(time={**TIME, "zone": "Europe/Berlin"})
    assert stated_instant("2026-01-05T02:00", berlin) == datetime(2026, 1, 5, 1, tzinfo=UTC)
    assert stated_instant("2026-01-05T02:00Z", berlin) == datetime(2026, 1, 5, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="skipped"):
        stated_instant("2026-03-29T02:30", berlin)
    for text in ("2026-01-05T02:00", "noon"):
        with pytest.raises(ValueError, match=r"is not an instant|has no offset"):
            stated_instant(text, instance())
