"""What services cost by hour."""

from __future__ import annotations

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.plan.hourly_costs import COST_HEAD, cost_rows, tokens_by_class
from tests.helpers.service_plans import INSTANCE_DOCUMENT, service_instance, service_plan

INSTANCE, PLAN = service_instance(), service_plan()


def test_rows() -> None:
    """Cost, requests, tokens, and the cost per million of both."""
    rows = [dict(zip(COST_HEAD, row, strict=True)) for row in cost_rows(PLAN, INSTANCE, {"s": 100, "l": 1000})]
    first, second = rows[0], rows[1]
    assert (first["service"], first["from"].hour, first["to"].hour) == ("chat", 0, 1)
    assert (first["cost"], first["requests"], first["tokens"]) == ("10.6", "7200", "720000")
    assert float(first["cost_per_million_requests"]) == pytest.approx(10.6 / 7200 * 10**6)
    assert float(first["cost_per_million_tokens"]) == pytest.approx(10.6 / 0.72)
    assert second["tokens"] == str(7200 * 100 + 5400 * 1000)


def test_short_slots_add_up_to_hours() -> None:
    """Slots of half an hour: two of them are a row."""
    halves = validate({**INSTANCE_DOCUMENT, "time": {**INSTANCE_DOCUMENT["time"], "slot": "30m"}})
    assert [row[3:5] for row in cost_rows(PLAN, halves, None)][1:] == [
        row[3:5] for row in cost_rows(PLAN, INSTANCE, None)
    ][1:]


def test_without_tokens() -> None:
    """Cells of tokens are empty."""
    assert {(row[5], row[7]) for row in cost_rows(PLAN, INSTANCE, None)} == {("", "")}


@pytest.mark.parametrize("text", ["x:3", "s", "s:-1", "s:many"])
def test_wrong_tokens(text: str) -> None:
    """Classes that are not known and numbers that are none are refused."""
    with pytest.raises(UsageError, match=f"--tokens {text}"):
        tokens_by_class(text, INSTANCE)


def test_tokens_of_some_classes_are_refused() -> None:
    """The cost per million would leave out the tokens of the others."""
    with pytest.raises(UsageError, match="class 'l' has none"):
        tokens_by_class("s:384", INSTANCE)


def test_tokens() -> None:
    """Tokens by class."""
    assert tokens_by_class("s:384,l:3072", INSTANCE) == {"s": 384, "l": 3072}
