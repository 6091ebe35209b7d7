"""Quotas on the second model: replicas of a team count, and starts once."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.stated_services import instance


@pytest.mark.parametrize(
    ("quota", "exists"),
    [
        ({"of": "gpu", "limit": 3, "per": "moment"}, True),
        ({"of": "gpu", "limit": 2, "per": "moment"}, True),
        ({"of": "gpu", "limit": 1, "per": "moment"}, False),
        ({"of": "gpu", "limit": 4, "teams": ["red"]}, True),
        ({"of": "gpu", "limit": 3, "teams": ["red"]}, False),
        ({"of": "gpu", "limit": 0, "teams": ["red"], "pools": ["p"]}, True),
        ({"of": "money", "limit": 9}, True),
        ({"of": "money", "limit": 8}, False),
    ],
)
def test_replicas_count(quota: dict[str, Any], exists: bool) -> None:
    """A demand of two slots: one replica in q of two GPUs, or four in p of one; a start costs 1."""
    stated = instance(2, team="red", start={"cost": 1}) | {"quotas": [{"id": "q", **quota}]}
    stated["services"][0]["replicas"] = stated["services"][0]["replicas"][1:]
    cost = Fraction(9) if exists else None
    assert confirm(Question(stated, cost), Limits(10.0)).agrees is True
