"""Confirmation on the second model: agreement, contradiction, and questions left open."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.tiny_instances import instance, pool, task

TARIFF = [pool(price={"gpu": {"daily": {"00:00": 1, "01:00": 2}}})]
TWO = instance(task("x", gpu=3), task("y", gpu=3), pools=TARIFF).document()
CROWDED = instance(task("x", gpu=3, duration="3h"), task("y", gpu=3, duration="2h")).document()


@pytest.mark.parametrize(
    ("document", "cost", "agrees"),
    [
        (TWO, Fraction(9), True),
        (TWO, Fraction(8), False),
        (TWO, Fraction(12), False),
        (TWO, None, False),
        (CROWDED, None, True),
        (CROWDED, Fraction(15), False),
    ],
)
def test_claims_about_the_least_cost(document: dict[str, object], cost: Fraction | None, agrees: bool) -> None:
    """3 at the low price and 6 at the high one; a wrong claim is contradicted."""
    found = confirm(Question(document, cost), Limits(time_limit=20, threads=1))
    assert found.agrees is agrees
    assert found.engine
