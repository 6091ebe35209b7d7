"""A job on one spot device that comes and goes, and a sure one: eight hours of work, a restart of half an hour."""

from __future__ import annotations

from typing import Any

from leptonopt.instance import Instance, validate
from leptonopt.simulation.noise import Noise, read_noise


def spot_job(**more: Any) -> Instance:
    """Return the instance, with other keys of its task."""
    options = [{"pools": ["spot", "sure"], "uses": {"gpu": 1}, "duration": "8h"}]
    segments = {"most": 8, "restart": "30m", "move": True}
    task = {"id": "job", "deadline": "2026-01-05T16:00Z", "segments": segments, "options": options, **more}
    pools = [{"id": "spot", "capacity": {"gpu": 1}, "price": {"gpu": 1}}, {"id": "sure", "capacity": {"gpu": 2}}]
    pools[1]["price"] = {"gpu": 3}
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "20h"}
    return validate({"time": time, "pools": pools, "tasks": [task]})


def trace(text: str, instance: Instance | None = None) -> Noise:
    """Return the noise in which spot is there in the hours of a text with a 1."""
    spot = {"spot": {"values": [int(each) for each in text], "every": "1h"}}
    return read_noise({"spot": spot}, instance or spot_job())
