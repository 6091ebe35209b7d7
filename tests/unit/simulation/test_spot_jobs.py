"""Jobs that may run on spot capacity, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import Unsupported
from leptonopt.simulation.availability import SPOT, SURE
from leptonopt.simulation.spot_jobs import jobs_of, refuse_scarce
from tests.unit.simulation.spot_worlds import spot_job


def test_jobs() -> None:
    """Each copy is a job with its spot and its sure option, release and deadline in slots."""
    world = spot_job(copies=2, release="2026-01-05T01:30Z")
    first, second = jobs_of(world, world, ["spot"])
    assert (first.key, second.key) == (("job", 1), ("job", 2))
    assert (first.ways[SPOT].pool, first.ways[SURE].pool) == ("spot", "sure")
    assert (first.release, first.deadline, first.restart, first.most) == (2, 16, 1800, 8)
    refuse_scarce(world, [first, second])
    with pytest.raises(Unsupported, match=r"pools\.sure: has no room for all tasks at once"):
        refuse_scarce(world, [first, second, first])


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"segments": {"most": 3}}, "must have segments, with `move: true`"),
        ({"optional": True, "value": 1}, "must have no `after`, `optional`"),
        ({"options": [{"pool": "sure", "uses": {"gpu": 1}, "duration": "1h"}]}, "no option on a pool with a trace"),
    ],
)
def test_refused(more: dict[str, Any], what: str) -> None:
    """A task that cannot be carried out on spot capacity is named."""
    world = spot_job(**more)
    with pytest.raises(Unsupported, match=rf"tasks\.job: .*{what}"):
        jobs_of(world, world, ["spot"])
