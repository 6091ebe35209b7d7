"""Bounds with another deadline of one task are those of the changed instance."""

from __future__ import annotations

import copy

import leptonopt
from leptonopt.verify import proven
from leptonopt.verify.later_bound import later_bounds
from tests.helpers.traces import crowded


def test_later_bounds_are_those_of_the_changed_instance() -> None:
    """Prices bound the instance with a later deadline as well; each task changes alone."""
    week = crowded()
    for at, task in enumerate(week["tasks"]):
        task["deadline"] = f"2026-01-05T{6 + at % 5:02}:00:00Z"
    week["tasks"][1]["after"] = ["t0"]
    certificate = leptonopt.solve(week, time_limit=4, threads=1, certify=True, isolate=False).certificate
    assert certificate is not None
    prices = {name: value for name, value in certificate.items() if name not in ("bound", "instance")}
    bound, later = later_bounds(week, prices, {f"t{at}": "2026-01-05T12:00:00Z" for at in range(4)})
    assert bound == proven(week, prices).bound
    for at in range(4):
        changed = copy.deepcopy(week)
        changed["tasks"][at]["deadline"] = "2026-01-05T12:00:00Z"
        assert later[f"t{at}"] == proven(changed, prices).bound
