"""Nodes on the second model: a least load, a time off."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.tiny_instances import document, task


def rented(**kind: Any) -> list[dict[str, Any]]:
    """Return a pool with one node of two GPUs at 1 per hour."""
    return [{"id": "a", "nodes": {"size": {"gpu": 2}, "count": 1, "price": 1, **kind}}]


def cost(*tasks: dict[str, Any], least: int | None, **kind: Any) -> bool | None:
    """Return whether the second model agrees with a least cost."""
    stated = document(*tasks, pools=rented(**kind))
    return confirm(Question(stated, None if least is None else Fraction(least)), Limits(10.0)).agrees


@pytest.mark.parametrize(("load", "least"), [({}, 1), ({"gpu": 1}, 1), ({"gpu": 2}, None)])
def test_a_least_load(load: dict[str, int], least: int | None) -> None:
    """A node with less in use is off."""
    assert cost(task(gpu=1, duration="1h"), least=least, minimum_load=load) is True


@pytest.mark.parametrize(("off", "least"), [("0s", 2), ("1h", 2), ("2h", 3)])
def test_a_time_off(off: str, least: int) -> None:
    """A node stays on between two tasks where it could not be on again in time."""
    late = task("y", gpu=1, duration="1h", release="2026-01-05T02:00Z", deadline="2026-01-05T03:00Z")
    early = task("x", gpu=1, duration="1h", deadline="2026-01-05T01:00Z")
    assert cost(early, late, least=least, minimum_off=off) is True


@pytest.mark.parametrize(
    ("since", "least"), [("2026-01-05T00:00Z", 3), ("2026-01-04T22:30Z", 2), ("2026-01-04T21:00Z", 1)]
)
def test_a_minimum_time_that_is_not_over(since: str, least: int) -> None:
    """A node that was switched on before the horizon stays on."""
    assert cost(task(gpu=1, duration="1h"), least=least, running=1, minimum="3h", since=[since]) is True
