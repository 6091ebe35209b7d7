"""Windows of savings plans: clock hours, order of discounts, and linear functions that say the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.savings import SavingsWindow, savings_windows
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers.saved import RATES, saved


def windows(time: dict[str, Any] | None = None, **plan: Any) -> list[SavingsWindow]:
    """Return the windows of a plan."""
    stated = saved(**plan)
    stated["time"] |= time or {}
    return savings_windows(validate(stated))[0]


def test_windows_are_clock_hours() -> None:
    """A horizon from 00:40 on in slots of 20 minutes: the first hour has one slot, and a third of the money."""
    found = windows({"start": "2026-01-05T00:40Z", "slot": "20m", "horizon": "6h"}, committed=6)
    assert [(each.first, each.last, each.given) for each in found[:2]] == [(0, 0, (2,)), (1, 3, (6,))]
    assert [each.paid([]) for each in windows({"slot": "2h"}, committed=6)] == [[12], [12]]


def test_money_changes_over_time() -> None:
    """A plan that ends after an hour and a half."""
    steps = {"2026-01-05T00:00Z": 4, "2026-01-05T01:30Z": 0}
    assert [each.given for each in windows(committed={"steps": steps})] == [(4,), (2,), (0,), (0,)]


def test_money_for_a_term() -> None:
    """Three hours from the first or the second hour on, of which the horizon has all but none."""
    commit = {"max": 2, "step": 0.5, "term": "3h", "start": ["2026-01-05T00:00Z", "2026-01-05T03:00Z"]}
    found = windows(committed=1, commit=commit)
    assert [each.most for each in found] == [(4, 4)] * 4
    assert [each.paid([2, 4]) for each in found] == [[2], [2], [2], [3]]


@pytest.mark.parametrize("used", [(0, 0), (2, 1), (1, 3), (Fraction(1, 3), 5)])
@pytest.mark.parametrize("steps", range(4))
def test_the_lines_say_what_filling_costs(used: tuple[Fraction, Fraction], steps: int) -> None:
    """The largest of the lines is the cost of filling by discount, beyond lower prices instead of list prices."""
    window = windows(committed=1, commit={"max": 6, "step": 2})[0]
    beyond = [
        sum(price * use for price, use in zip(prices, used, strict=True)) + per_money[0] * window.paid([steps])[0]
        for prices, per_money in window.lines()
    ]
    less = sum(Fraction(each.listed - each.saved) * use for each, use in zip(window.filling, used, strict=True))
    assert max(beyond) == window.cost(list(map(Fraction, used)), [steps]) + less


@pytest.mark.parametrize(("narrow", "order"), [(1.5, 1), (1, 2)])
@pytest.mark.parametrize("used", [(0, 0), (2, 1), (1, 3), (3, Fraction(1, 3)), (Fraction(1, 3), 5)])
def test_the_lines_say_what_filling_plans_one_after_the_other_costs(
    narrow: float, order: int, used: tuple[Fraction, Fraction]
) -> None:
    """A narrow plan before a wide one, by its order or by its discount; both may run out."""
    stated = saved(order=order)
    stated["savings"].append({"id": "a", "rates": [RATES[0] | {"price": narrow}]})
    window = savings_windows(validate(stated))[0][0]
    use = list(map(Fraction, used))
    for wide, own in product((0, 1, 3, Fraction(20, 3)), repeat=2):
        given = replace(window, given=(Fraction(wide), Fraction(own)))
        beyond = [
            sum(price * each for price, each in zip(prices, use, strict=True)) + money[0] * wide + money[1] * own
            for prices, money in given.lines()
        ]
        less = (4 - Fraction(narrow)) * use[0] + (3 - Fraction("2.7")) * use[1]
        assert max(beyond) == given.cost(use, []) + less


def test_a_problem_counts_the_same() -> None:
    """Both s on a, t on b, and 2.7 committed besides 2: 2 + 3 - 3 for four hours, and 2 lost in none of the first."""
    made = compile_instance(validate(saved(committed=2, commit={"max": 2.7, "step": 2.7})))
    option = {(each.pool, task): at for task, own in enumerate(made.kept) for at, each in enumerate(own)}
    own = [option["a", 0], made.problem.option_ptr[1] + option["b", 1]]
    one_by_one = Schedule.of([own[0], own[0], own[1]], [0, 2, 0])
    assert objective(made.problem, one_by_one) * made.unit == 4 * Fraction("4.7")
    together = Schedule.of(
        [own[0], own[1]], [0, 0], [2, 1]
    )  # 8 + 3 at list prices: both lots cover 4 of 8, then 2.7 of 3
    assert objective(made.problem, together) * made.unit <= 2 * (Fraction("4.7") + 3) + 2 * (2 + 3)
