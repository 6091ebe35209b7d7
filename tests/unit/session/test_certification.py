"""Certification in a session: better bounds, notes, and infeasibility."""

from __future__ import annotations

import leptonopt
from leptonopt.verify import proven
from tests.helpers.tiny_instances import document, pool, task


def test_the_bound_of_a_certificate_counts() -> None:
    """A heuristic without a bound of its own becomes optimal by its prices."""
    found = leptonopt.solve(document(), method="cheapest-option", certify=True, time_limit=20)
    assert found.certificate is not None
    assert found.status == "optimal"
    assert found.document["proof"]["certified"] == "2"


def test_infeasibility_by_windows_is_certified() -> None:
    """Without any search."""
    stated = document(task(gpu=5))
    found = leptonopt.solve(stated, certify=True, time_limit=20)
    assert found.certificate is not None
    assert proven(stated, found.certificate).ok


def test_infeasibility_by_search_is_not() -> None:
    """A note names the engine on which it rests."""
    tasks = [task(name, gpu=3, duration="2h") for name in "xyz"]
    found = leptonopt.solve(document(*tasks), method="cpsat", certify=True, time_limit=20, isolate=False)
    assert (found.status, found.certificate) == ("infeasible", None)
    assert any("no certificate is written" in note and "cpsat" in note for note in found.notes)


def test_a_gap_of_the_certificate_is_noted() -> None:
    """Where the search proves more than prices can."""
    tasks = [
        task(
            name, gpu=3, duration="2h", options=[{"pool": each, "uses": {"gpu": 3}, "duration": "2h"} for each in "ab"]
        )
        for name in "xyz"
    ]
    pools = [pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 9}}}), pool("b", price={"gpu": 20})]
    found = leptonopt.solve(document(*tasks, pools=pools), method="cpsat", certify=True, time_limit=20, isolate=False)
    assert found.status == "optimal"
    assert found.certificate is not None
