"""Meters on the second model."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.metered import moved


@pytest.mark.parametrize(("used", "least"), [(0, "6"), (4, "13/2"), (12, "3/2")])
def test_the_least_is_proven(used: int, least: str) -> None:
    """Of 6 free units and then 1 each, from the 13th on 1/8, what was used before the horizon counts."""
    tiers = [{"price": 0}, {"from": 6, "price": 1}, {"from": 12, "price": 0.125}]
    stated = moved(4, 4, 4, tiers=tiers, used=used)
    assert confirm(Question(stated, Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(least) + Fraction(1, 8)), Limits(10.0)).agrees is False
