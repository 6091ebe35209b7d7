"""Batches on the second model: done in what the demand leaves, in fractions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.feasibility import least_cost
from tests.helpers.stated_services import instance

HOUR = 3600
BATCH: dict[str, Any] = {"id": "n", "service": "s"}


@pytest.mark.parametrize(
    ("slots", "batch", "rule"),
    [
        (1, {"amount": {"a": HOUR}}, {}),
        (2, {"amount": {"a": 3 * HOUR}}, {}),
        (2, {"amount": {"a": 3 * HOUR}, "deadline": "2026-01-05T01:00Z"}, {}),
        (2, {"amount": {"a": 5 * HOUR, "b": HOUR}}, {"headroom": 0.5}),
        (2, {"amount": {"a": 5 * HOUR}}, {"headroom": 0.5, "fill": False}),
        (1, {"amount": {"a": 40 * HOUR}}, {"limit": 2}),
        (1, {"amount": {"a": 9 * HOUR}, "optional": True, "value": 1}, {}),
        (2, {"amount": {"a": 7 * HOUR}}, {"routing": "one-way"}),
    ],
)
def test_the_least_cost(slots: int, batch: dict[str, Any], rule: dict[str, Any]) -> None:
    """As trying everything finds it; nothing less is agreed to, and nothing more."""
    stated = instance(slots, batches=[BATCH | batch], **rule)
    least = least_cost(stated)
    assert confirm(Question(stated, least), Limits(10.0)).agrees is True
    if least is not None:
        assert confirm(Question(stated, least + 1), Limits(10.0)).agrees is False
        assert confirm(Question(stated, least - Fraction(1, 9)), Limits(10.0)).agrees is False


CHEAP = {"cost": Decimal("0.0001")}  # 0.36 for each request per second that is missed in a slot


@pytest.mark.parametrize(
    ("slots", "batch", "rule", "least"),
    [
        (1, {"amount": {"a": HOUR}}, {"missed": CHEAP}, "14/5"),  # half a replica of p for it; 3 of a and b are missed
        (1, {"amount": {"a": 40 * HOUR}}, {"missed": {"cost": 0}}, "20"),  # five of q, and nothing else
        (2, {"amount": {"a": 12 * HOUR, "b": 3 * HOUR}}, {"routing": "whole"}, "17"),
        (2, {"amount": {"b": 7 * HOUR}}, {"routing": "whole", "missed": {"cost": Decimal("0.00005")}}, "229/25"),
    ],
)
def test_beside_missed_requests_and_whole_routing(
    slots: int, batch: dict[str, Any], rule: dict[str, Any], least: str
) -> None:
    """Requests that are missed make room for batches; their money is rounded up in each slot."""
    stated = instance(slots, batches=[BATCH | batch], **rule)
    assert confirm(Question(stated, Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(least) + 1), Limits(10.0)).agrees is False
