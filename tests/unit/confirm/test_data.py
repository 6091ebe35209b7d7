"""Data on the second model: it proves what the first does, and says what it cannot."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.confirm.model import Model
from leptonopt.confirm.question import Question, TooLarge
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from leptonopt.verify.instance_reader import StatedInstance
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


def test_budgets_are_left_to_others() -> None:
    """What is passed on counts for a quota of money in the slot of the start."""
    stated = chain(1) | {"quotas": [{"id": "q", "of": "money", "limit": 9}]}
    with pytest.raises(TooLarge, match="data that counts for a quota of money"):
        Model(StatedInstance(stated))
