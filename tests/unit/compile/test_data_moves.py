"""What moving data costs, and how long it takes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.data_moves import Links
from leptonopt.instance import validate
from tests.helpers.regions import places
from tests.helpers.tiny_instances import document, task

LINKS = [
    {"from": "*", "to": "*", "price": 1},
    {"from": "*", "to": "west", "price": 2},
    {"from": "east", "to": "*", "price": 3},
    {"from": "east", "to": "west", "price": 4},
    {"from": "east", "to": "west", "price": 5},
]


def links(*stated: dict[str, Any]) -> Links:
    """Return the links of an instance of two regions."""
    return Links.of(validate(document(task(pool="east"), pools=places(), links=list(stated))))


@pytest.mark.parametrize(
    ("origin", "to", "price"),
    [("east", "west", 4), ("east", "north", 3), ("north", "west", 2), ("west", "east", 1), ("west", "west", 0)],
)
def test_the_link_that_names_most_counts(origin: str, to: str, price: int) -> None:
    """Both regions, then the origin, then the destination; the first of equals; nothing within a region."""
    move = links(*LINKS).move("task", "t", origin, to, Decimal(10))
    assert move is not None
    assert move.cost == 10 * price


def test_the_time_is_the_setup_and_the_amount_over_the_bandwidth() -> None:
    """A GiB has 2^30 bytes, and a gbit 10^9 bits."""
    move = links({"from": "*", "to": "*", "gbit": 2, "setup": "30s"}).move("task", "t", "a", "b", Decimal(5))
    assert move is not None
    assert move.seconds == 30 + Fraction(5 * 2**30 * 8, 2 * 10**9)


def test_without_a_link_nothing_moves_but_nothing() -> None:
    """An amount of 0 moves at once and for nothing."""
    assert links().move("task", "t", "a", "b", Decimal(1)) is None
    nothing = links().move("task", "t", "a", "b", Decimal(0))
    assert nothing is not None
    assert (nothing.cost, nothing.seconds) == (0, 0)


def test_inputs_come_from_where_they_cost_least() -> None:
    """Of equal costs the quickest."""
    made = validate(
        document(
            task("t", "west", inputs=["d"], results={"gib": 2, "to": "east"}),
            pools=places(),
            datasets=[{"id": "d", "gib": 1, "at": ["far", "slow", "quick"]}],
            links=[
                {"from": "far", "to": "*", "price": 9},
                {"from": "slow", "to": "*", "price": 1, "setup": "1h"},
                {"from": "quick", "to": "*", "price": 1, "setup": "1m"},
                {"from": "west", "to": "east", "price": 7},
            ],
        )
    )
    moves = [move for move in Links.of(made).fixed_moves(made.tasks[0], "west") if move]
    assert [(move.what, move.origin, move.cost) for move in moves] == [("input", "quick", 1), ("results", "west", 14)]
