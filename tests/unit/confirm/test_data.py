"""Data on the second model: it proves what the first does, and says what it cannot."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.feasibility import least_cost
from tests.helpers.regions import LINK, chain


@pytest.mark.parametrize(("cost", "agrees"), [("7/2", True), ("18/5", False)])
def test_the_cost_of_moving_counts(cost: str, agrees: bool) -> None:
    """The least is 2 in the east, 1 in the west and a half on the way."""
    assert confirm(Question(chain(1), Fraction(cost)), Limits(10.0)).agrees is agrees


def test_the_time_on_the_way_counts() -> None:
    """7,200 GiB take two hours, which leaves no plan for a second task in the west by the third hour."""
    stated = chain(7200, links=({**LINK, "price": 0},))
    stated["tasks"][1] |= {"deadline": "2026-01-05T03:00Z", "options": [{"pool": "west", "duration": "1h"}]}
    assert confirm(Question(stated, None), Limits(10.0)).agrees is True


@pytest.mark.parametrize(
    "quota",
    [
        {"limit": 9},
        {"limit": "3.4"},
        {"limit": "0.4", "tasks": ["second"]},
        {"limit": "1.5", "tasks": ["second"]},
        {"limit": "1.4", "tasks": ["second"]},
        {"limit": "1.2", "per": "slot", "tasks": ["second"]},
    ],
)
def test_what_moving_costs_counts_for_budgets(quota: dict[str, Any]) -> None:
    """In the slot in which the task that takes the data starts, as trying everything finds it."""
    budget = {"id": "q", "of": "money", **quota, "limit": Decimal(quota["limit"])}
    stated = chain(1) | {"quotas": [budget]}
    least = least_cost(stated)
    assert confirm(Question(stated, least), Limits(10.0)).agrees is True
    if least is not None:
        assert confirm(Question(stated, least + 1), Limits(10.0)).agrees is False


@pytest.mark.parametrize(
    ("counted", "least"), [({}, "77/20"), ({"tasks": ["second"]}, "73/20"), ({"pools": ["east"]}, "37/10")]
)
def test_what_moving_costs_counts_for_fees(counted: dict[str, Any], least: str) -> None:
    """A tenth of 2 in the east, of 1 in the west, and of a half on the way; a second task in the east would cost 4."""
    fee = {"id": "fee", "of": "money", "tiers": [{"price": Decimal("0.1")}], **counted}
    stated = chain(1) | {"meters": [fee]}
    assert confirm(Question(stated, Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(least) + 1), Limits(10.0)).agrees is False
