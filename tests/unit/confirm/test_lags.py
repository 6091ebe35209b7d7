"""Greatest lags on the second model: it proves what the first does."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.confirm.lags import off_due
from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.tiny_instances import document, pool, task


@pytest.mark.parametrize(("most", "copies", "least"), [("2h", 1, 2), ("119m", 1, 6), ("90m", 2, 11), ("0s", 2, None)])
def test_a_task_follows_in_time(most: str, copies: int, least: int | None) -> None:
    """The first and the last hour are cheap; copies run one after the other, each in time."""
    hours = ("00:00", "01:00", "02:00", "03:00")
    price = {"steps": {f"2026-01-05T{hour}Z": cost for hour, cost in zip(hours, (1, 5, 5, 1), strict=True)}}
    stated = document(
        task("x", gpu=1), task("y", gpu=1, copies=copies, after=[{"task": "x", "most": most}]),
        pools=[pool(capacity={"gpu": 1}, price={"gpu": price})],
    )  # fmt: skip
    assert confirm(Question(stated, None if least is None else Fraction(least)), Limits(10.0)).agrees is True
    assert confirm(Question(stated, Fraction(3)), Limits(10.0)).agrees is False


@pytest.mark.parametrize(("seconds", "money"), [(1800, 9), (0, 0), (-5400, 6)])
def test_money_off_the_due_date(seconds: int, money: int) -> None:
    task = {"late_cost": 4, "late_penalty": 7, "early_cost": 4}
    assert off_due(task, seconds) == money
    assert off_due({}, seconds) == 0
