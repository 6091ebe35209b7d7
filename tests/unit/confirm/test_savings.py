"""Savings plans on the second model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.saved import saved


@pytest.mark.parametrize(
    ("plan", "least"),
    [
        ({"committed": 2}, "20"),
        ({"commit": {"max": 4.7, "step": 4.7}}, "94/5"),
        ({"commit": {"max": 5}}, "172/9"),
        ({"commit": {"max": 4, "step": 2, "term": "2h", "start": ["2026-01-05T02:00Z"]}}, "20"),
    ],
)
def test_the_least_is_proven(plan: dict[str, Any], least: str) -> None:
    """A commitment that is given, one that fits, and one in steps that do not."""
    stated = saved(**plan)
    assert confirm(Question(stated, Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(least) + Fraction(1, 8)), Limits(10.0)).agrees is False
