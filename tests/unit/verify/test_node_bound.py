"""The part of nodes in the bound of a certificate, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.verify.certificate_reader import Prices
from leptonopt.verify.node_bound import best_of_nodes
from tests.helpers.stated import stated
from tests.helpers.tiny_instances import task


def best(prices: list[list[int]], **more: Any) -> int:
    """Return what nodes of 4 GPUs at 3 per hour do best at prices of GPUs."""
    nodes = {"id": "k", "size": {"gpu": 4}, "count": 2, "price": 3, **more}
    made = stated(task(pool="n"), pools=[{"id": "n", "nodes": nodes}])
    certificate = {
        "leptonopt_certificate": 1,
        "unit": "1",
        "capacity": [{"pool": "n", "resource": "gpu", "price": prices}],
    }
    (kind,) = made.kinds()
    found = best_of_nodes(made, kind, Prices(made, certificate))
    assert found.denominator == 1
    return int(found)


@pytest.mark.parametrize(
    ("prices", "more", "least"),
    [
        ([[0, 0]], {}, 0),  # nothing is earned: all stay off
        ([[0, 1]], {}, -2 * 4 * (4 - 3)),
        ([[0, 1], [1, 0]], {}, -2 * (4 - 3)),
        ([[0, 1], [1, 0]], {"startup": 1}, 0),
        ([[0, 1]], {"startup": 2}, -2 * (4 * 1 - 2)),
        ([[0, 1], [1, 0], [2, 1], [3, 0]], {"startup": 1}, 0),  # neither apart nor across the gap does it pay
        ([[0, 1]], {"boot": "1h"}, -2 * (3 * 4 - 4 * 3)),
        ([[0, 1]], {"reserved": 1}, -(4 * 4) - 4),
        ([[0, 1]], {"commit": {"total": 5, "max": 1}}, -(16 - 5) - 4),
        ([[0, 2], [1, 0]], {"minimum": "2h"}, -2 * (8 - 6)),
    ],
)
def test_levels_of_nodes(prices: list[list[int]], more: dict[str, Any], least: int) -> None:
    """On demand, reserved, committed; switching, booting and minimum times."""
    assert best(prices, **more) == least
