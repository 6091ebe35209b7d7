"""One more of something: the instance that has it, and what that saves, never more than the price book says."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from leptonopt import WhyNot, ask, solve
from leptonopt.decisions.one_more import OneMore, deadline_worths, is_number, least_difference, more_of
from leptonopt.decisions.price_book import Worth, price_book
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from tests.unit.decisions.test_answer import instance


def worth(place: tuple[str, ...], start: int | None = None, end: int | None = None) -> Worth:
    first, last = (None if hour is None else datetime(2026, 1, 5, hour, tzinfo=UTC) for hour in (start, end))
    return Worth("x", first, last, Fraction(1), "per unit", place)


def test_capacity_has_one_more_in_its_time_alone() -> None:
    """Raise a series whatever its notation."""
    stated = {**instance(2), "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"}}
    changed = OneMore(worth(("pools", "own", "gpu"), 1, 3)).changed(stated)
    steps = next(pool for pool in changed["pools"] if pool["id"] == "own")["capacity"]["gpu"]["steps"]
    assert [(at[11:13], int(value)) for at, value in steps.items()] == [("00", 2), ("01", 3), ("03", 2)]


def test_quotas_and_deadlines_have_one_more() -> None:
    stated = instance(2)
    stated["quotas"] = [{"id": "q", "of": "gpu", "limit": 4}]
    stated["time"] = {"start": "2026-01-05T00:00Z", "slot": "30m", "horizon": "6h"}
    stated["tasks"][0]["deadline"] = "2026-01-05T02:00Z"
    assert OneMore(worth(("quotas", "q"))).changed(stated)["quotas"][0]["limit"] == 5
    changed = OneMore(worth(("tasks", stated["tasks"][0]["id"]))).changed(stated)
    assert changed["tasks"][0]["deadline"] == "2026-01-05T02:30:00Z"


def test_what_is_no_number_is_refused() -> None:
    """Nodes are counted by kinds, and a node of its own is none."""
    stated = validate(instance(2))
    places: list[tuple[tuple[str, ...], bool]] = [
        (("pools", "own", "gpu"), True), (("pools", "own", "cpu"), False), (("quotas", "q"), True), ((), False)
    ]  # fmt: skip
    assert all(is_number(worth(place), stated) == known for place, known in places)
    endless = instance(2)
    endless["pools"][0]["capacity"]["gpu"] = "unlimited"
    assert not is_number(worth(("pools", endless["pools"][0]["id"], "gpu")), validate(endless))
    with pytest.raises(UsageError, match="with a limited capacity of 'gpu'"):
        more_of(f"{endless['pools'][0]['id']}:gpu", validate(endless))
    with pytest.raises(UsageError, match="allowed are capacity and limits"):
        OneMore(worth(())).changed(instance(2))


def test_one_more_saves_at_most_its_price() -> None:
    """And here exactly that; a later deadline saves as much, as a task then waits for the free device."""
    tight = instance(2)
    tight["time"] = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2h"}
    for task in tight["tasks"]:
        task["deadline"] = "2026-01-05T01:00Z"
    result = solve(tight, threads=1, time_limit=10, certify=True)
    assert result.certificate is not None
    stated = validate(tight)
    book = [*price_book(stated, result.certificate), *deadline_worths(stated, result.certificate)]
    assert {each.place[0] for each in book} == {"pools", "tasks"}
    for each in (book[0], book[-1]):
        answer = ask(tight, OneMore(each), result.document, threads=1, time_limit=10)
        assert answer.difference.exact
        assert answer.difference.high == each.total == 5


def test_prices_say_at_once_what_an_answer_is_at_least() -> None:
    """Here they say all: the tasks are alike, and change places."""
    tight = instance(2)
    result = solve(tight, threads=1, time_limit=10, certify=True)
    assert result.certificate is not None
    assert result.cost is not None
    moved = next(line["id"] for line in result.require_plan().tasks if line["pool"] == "own")
    question = WhyNot(moved, pool="rent")
    least = least_difference(tight, question, result.certificate, result.cost)
    answer = ask(tight, question, result.document, threads=1, time_limit=10)
    assert least is not None
    assert answer.difference.low is not None
    assert least <= answer.difference.low
    assert least == 0
