"""Services on the second model: the least cost of each rule by hand, and of random instances by trying everything."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.confirm import services
from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.feasibility import least_cost
from tests.helpers.marks import first
from tests.helpers.stated_services import instance
from tests.second_reading.brute import TooLarge
from tests.second_reading.service_documents import service_document


@pytest.mark.parametrize(
    ("rule", "least"),
    [
        ({}, 4),  # one replica in q, of two GPUs at 2
        ({"headroom": 0.5}, 8),
        ({"minimum": 2}, 4),
        ({"limit": 0}, None),
        ({"spare": 1}, 5),
        ({"spread": {"label": "zone:"}}, 8),
        ({"routing": "one-way"}, 4),
        ({"demand": {"a": 8, "b": 2}, "routing": "whole"}, 6),
        ({"demand": {"a": 9, "b": 0}, "routing": "one-way"}, 5),
        ({"start": {"cost": 3}}, 7),
        ({"start": {"takes": "1h"}}, None),
        ({"missed": {"cost": Decimal("0.0001")}}, "54/25"),
        ({"demand": {"a": 9, "b": 0}, "missed": {"cost": Decimal("0.0001")}}, "81/25"),
    ],
)
def test_the_least_cost_of_a_rule(rule: dict[str, Any], least: int | str | None) -> None:
    """Of one slot; nothing less is agreed to."""
    stated = instance(1, **rule)
    cost = None if least is None else Fraction(least)
    assert confirm(Question(stated, cost), Limits(10.0)).agrees is True
    if cost is not None:
        assert confirm(Question(stated, cost + 1), Limits(10.0)).agrees is False
        assert confirm(Question(stated, None), Limits(10.0)).agrees is False


@pytest.mark.parametrize("part", first(0, range(20), ci=3))
def test_the_least_cost_of_random_instances(part: int) -> None:
    """As the second reading finds by trying everything, of 20 a part."""
    seen = 0
    for seed in range(20 * part, 20 * part + 20):
        document = service_document(seed)
        try:
            least = least_cost(document, 20_000)
        except (TooLarge, leptonopt.LeptonoptError):
            continue
        answer = confirm(Question(document, least), Limits(20.0))
        assert answer.agrees, (seed, answer.note)
        seen += 1
    assert seen >= 5


def test_what_is_not_tried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many numbers of replicas."""
    monkeypatch.setattr(services, "MOST_NUMBERS", 4)
    assert "more than 4 numbers of replicas" in confirm(Question(instance(), Fraction(4)), Limits(10.0)).note


def test_a_solve_with_services_is_confirmed_on_the_second_model() -> None:
    """And says so."""
    result = leptonopt.solve(instance(2), method="cpsat", time_limit=20, isolate=False, confirm=True)
    assert (result.cost, result.document["proof"]["confirmation"]) == (8, "second model")
