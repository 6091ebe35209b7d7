"""Prices of a certificate, by slot, and what each task is charged."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify.certificate_reader import Prices
from leptonopt.verify.exact import Malformed
from tests.helpers.stated import stated
from tests.helpers.tiny_instances import pool, task

MADE = stated(
    task("x"), task("y", after=[{"task": "x", "lag": "1h"}], copies=2), pools=[pool(), pool("b")], apart=[["x", "y"]],
    quotas=[{"id": "q", "of": "gpu", "limit": 3}, {"id": "m", "of": "gpu", "limit": 2, "per": "moment", "tasks": ["x"]}],
)  # fmt: skip


def prices(**more: Any) -> Prices:
    """Return the prices of a certificate in units of a half."""
    return Prices(MADE, {"leptonopt_certificate": 1, "unit": "1/2", **more})


def test_prices_of_capacity() -> None:
    """Each holds until the next step."""
    made = prices(capacity=[{"pool": "a", "resource": "gpu", "price": [[1, 4], [3, 0]]}])
    assert made.capacity == {("a", "gpu", None): [0, 2, 2, 0]}
    assert made.constant() == 0


def test_prices_of_quotas() -> None:
    """Over a window, or by slot; the limit is paid back."""
    made = prices(quotas=[{"id": "q", "slot": 0, "price": 4}, {"id": "m", "price": [[2, 6]]}])
    whole, moment = made.quotas
    assert (whole.by_slot, whole.limit, whole.whole, whole.moment) == ([2] * 4, 6, True, False)
    assert (moment.by_slot, moment.limit, moment.whole, moment.moment) == ([0, 0, 3, 3], 12, False, True)
    assert made.constant() == -18
    way = MADE.way("x", "a")
    assert way is not None
    assert (made.covering("x", way), made.covering("y", way)) == ((0, 1), (0,))


def test_prices_of_waiting() -> None:
    """Starting later earns, ending later costs, leaving out costs as if it came last."""
    made = prices(waiting=[{"task": "y", "after": "x", "price": 2}])
    assert (made.waiting_start("y"), made.waiting_end("x"), made.left_out("y")) == (-1, 2, -5)
    assert made.constant() == 2


def test_prices_of_sets() -> None:
    """For each task of a set on a pool."""
    made = prices(apart=[{"set": 0, "pool": "b", "price": 5}])
    assert (made.kept_apart("x", "b"), made.kept_apart("x", "a")) == (Fraction(5, 2), 0)
    assert made.constant() == Fraction(-5, 2)


@pytest.mark.parametrize(
    "more",
    [
        {"leptonopt_certificate": 2},
        {"unit": "0"},
        {"unit": 1},
        {"capacity": {"a": 1}},
        {"capacity": [{"pool": "z", "resource": "gpu", "price": []}]},
        {"capacity": [{"pool": "a", "resource": "gpu", "price": [[0, -1]]}]},
        {"capacity": [{"pool": "a", "resource": "gpu", "price": [[0, 1.5]]}]},
        {"capacity": [{"pool": "a", "resource": "gpu", "price": [[2, 1], [1, 1]]}]},
        {"capacity": [{"pool": "a", "resource": "gpu", "price": [[9, 1]]}]},
        {"quotas": [{"id": "z", "slot": 0, "price": 1}]},
        {"quotas": [{"id": "q", "slot": 2, "price": 1}]},
        {"waiting": [{"task": "x", "after": "y", "price": 1}]},
        {"apart": [{"set": 1, "pool": "a", "price": 1}]},
        {"apart": [{"set": 0, "pool": "z", "price": 1}]},
    ],
)
def test_what_is_malformed(more: dict[str, Any]) -> None:
    """Versions, units, prices below zero, and places that do not exist."""
    with pytest.raises(Malformed):
        prices(**more)
