"""Tests of ways that no schedule needs."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from leptonopt.problem.dominated_ways import dominated_ways
from leptonopt.problem.problem import Problem
from tests.helpers import service_problems as made
from tests.helpers.small_problems import problem


def two_ways(rate: list[list[int]], holds: list[dict[int, int]], **more: Any) -> Problem:
    """Return a problem with one service of two ways."""
    each = made.service(rate, [[4] * 2] * len(rate[0]), holds=holds, most=9, **more)
    return dataclasses.replace(problem(capacity=[[9] * 2] * 2), services=made.services(each))


@pytest.mark.parametrize(
    ("rate", "holds", "more", "expected"),
    [
        ([[2], [3]], [{0: 1}, {0: 1}], {}, [True, False]),
        ([[2], [2]], [{0: 1}, {0: 1}], {}, [False, True]),  # of equal ways the first stays
        ([[2], [3]], [{0: 1}, {0: 2}], {}, [False, True]),  # two of the first serve more
        ([[2], [5]], [{0: 1}, {0: 2}], {}, [False, False]),
        ([[2], [3]], [{0: 1}, {0: 2}], {"limit": 3}, [False, False]),
        ([[2], [3]], [{0: 1}, {1: 2}], {}, [False, False]),
        ([[2, 1], [3, 0]], [{0: 1}, {0: 1}], {}, [False, False]),
        ([[2], [3]], [{0: 1}, {0: 1}], {"on": [0, 1]}, [False, False]),
        ([[2], [3]], [{0: 1}, {0: 1}], {"boot": [0, 1]}, [False, False]),
        ([[2], [3]], [{0: 1}, {0: 1}], {"least": [1, 0]}, [False, False]),
        ([[2], [3]], [{0: 1}, {0: 1}], {"survivals": [[0]]}, [False, False]),
    ],
)
def test_a_way_is_dominated(
    rate: list[list[int]], holds: list[dict[int, int]], more: dict[str, Any], expected: list[bool]
) -> None:
    assert dominated_ways(two_ways(rate, holds, **more)).tolist() == expected
