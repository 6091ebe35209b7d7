"""Tasks in segments on the second model: the least cost of each rule, and of random instances by trying everything."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.confirm.question import Question
from leptonopt.confirm.solve import confirm
from leptonopt.problem.protocol import Limits
from tests.helpers.feasibility import least_cost
from tests.helpers.marks import first
from tests.helpers.tiny_instances import document, pool
from tests.second_reading.brute import TooLarge
from tests.second_reading.cut_documents import cut_document

DEAR = {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T01:00Z": 9, "2026-01-05T02:00Z": 1}}


def paused(segments: Any, **more: Any) -> dict[str, Any]:
    """Return a task of two hours that may pause in a dear one, the second of four."""
    options = [{"pool": name, "uses": {"gpu": 1}, "duration": "2h"} for name in "ab"]
    pools = [pool("a", 1, price={"gpu": DEAR}), pool("b", 1, price={"gpu": 5})]
    return document({"id": "t", "segments": segments, "options": options} | more, pools=pools)


@pytest.mark.parametrize(
    ("given", "least"),
    [
        ({"segments": True}, 2),
        ({"segments": True, "deadline": "2026-01-05T03:00Z"}, 2),
        ({"segments": {"most": 2, "cost": 20}, "deadline": "2026-01-05T03:00Z"}, 10),
        ({"segments": {"restart": "1h"}, "deadline": "2026-01-05T03:00Z"}, 10),
        ({"segments": {"shortest": "2h"}, "deadline": "2026-01-05T03:00Z"}, 10),
        ({"segments": {"move": True}, "deadline": "2026-01-05T02:00Z"}, 6),
        ({"segments": {"most": 2}, "deadline": "2026-01-05T01:00Z"}, None),
        ({"segments": {"begun": {"option": "t1", "left": "1h"}}, "deadline": "2026-01-05T02:00Z"}, 1),
    ],
)
def test_the_least_cost_of_a_rule(given: dict[str, Any], least: int | None) -> None:
    """Of a task that may pause; nothing less is agreed to, and nothing more."""
    stated = paused(**given)
    for number, option in enumerate(stated["tasks"][0]["options"], 1):
        option["id"] = f"t{number}"
    cost = None if least is None else Fraction(least)
    assert least_cost(stated) == cost
    assert confirm(Question(stated, cost), Limits(10.0)).agrees is True
    if cost is not None:
        assert confirm(Question(stated, cost + 1), Limits(10.0)).agrees is False
        assert confirm(Question(stated, cost - 1), Limits(10.0)).agrees is False


@pytest.mark.parametrize("part", first(0, range(20), ci=3))
def test_the_least_cost_of_random_instances(part: int) -> None:
    """As the second reading finds by trying everything, of 8 a part."""
    seen = 0
    for seed in range(8 * part, 8 * part + 8):
        stated = cut_document(seed)
        try:
            least = least_cost(stated, 20_000)
        except (TooLarge, leptonopt.LeptonoptError):
            continue
        answer = confirm(Question(stated, least), Limits(20.0))
        assert answer.agrees, (seed, answer.note)
        seen += 1
    assert seen >= 3


def test_a_solve_is_confirmed_on_the_second_model() -> None:
    """And says so."""
    result = leptonopt.solve(paused(True), method="cpsat", time_limit=20, isolate=False, confirm=True)
    assert (result.cost, result.document["proof"]["confirmation"]) == (2, "second model")
