"""Write native documents whose time unit becomes an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from leptonopt.instance.units import instant, instant_text
from leptonopt.io.literature.number_stream import START

_START = instant(START)


def at_hour(hour: int) -> str:
    """Return the instant some hours after the start, such as `2000-01-01T05:00:00Z` for 5."""
    return instant_text(_START + timedelta(hours=hour))


def steps(values: Sequence[Any]) -> dict[str, Any]:
    """Return values by hour as a series of steps."""
    kept = (hour for hour, value in enumerate(values) if not hour or value != values[hour - 1])
    return {"steps": {at_hour(hour): values[hour] for hour in kept}}


def hourly_document(
    name: str, hours: int, pools: Sequence[Any], tasks: Sequence[Any], currency: str = "cost", **more: Any
) -> dict[str, Any]:
    """Return the native document of a horizon of some hours; `more` are its other keys."""
    return {
        "leptonopt": 1,
        "name": name,
        "currency": currency,
        "time": {"start": START, "slot": "1h", "horizon": f"{hours}h"},
        "pools": pools,
        "tasks": tasks,
        **more,
    }
