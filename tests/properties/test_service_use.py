"""Test that what is shown of services agrees with the plan: replicas are not used beyond what is usable, and costs add up."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.plan.service_use import service_uses
from tests.second_reading.service_documents import service_document


@pytest.mark.parametrize("seed", range(0, 60, 5))
def test_use_and_cost_agree_with_the_plan(seed: int) -> None:
    """Requests and batches take usable replicas only; without tasks the services' costs are the bill."""
    document = service_document(seed)
    try:
        instance = validate(document)
    except InstanceError:
        return
    result = leptonopt.solve(document, method="highs", time_limit=10, isolate=False)
    if result.plan is None:
        return
    uses = service_uses(result.document, instance)
    for way in (way for use in uses for way in use.ways):
        assert (way.served + way.offline <= way.usable + 1e-6).all()
    if not result.document["tasks"]:
        bill = result.document["bill"]
        paid = bill["running"] + bill["fixed"] + bill["nodes"] + bill.get("missed", 0)
        assert sum(float(use.cost.sum()) for use in uses) == pytest.approx(paid, abs=1e-4)
