"""`ask`: questions from Python."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt import CostOf, WhatIf, WhyNot
from leptonopt.errors import UsageError
from tests.unit.decisions.test_answer import instance


def test_answers() -> None:
    """With and without a plan at hand, the answers are exact where both are proven."""
    plan = leptonopt.solve(instance(2), time_limit=10, threads=1).document
    answer = leptonopt.ask(instance(2), WhatIf(losses=["own.gpu=1"]), plan, time_limit=10, threads=1)
    assert (answer.difference.low, answer.difference.high, len(answer.moved)) == (5, 5, 1)
    assert answer.as_document()["difference"] == ["5", "5"]
    assert leptonopt.ask(instance(2), CostOf("x"), time_limit=10, threads=1).difference.low == 5
    assert leptonopt.ask(instance(3), WhyNot("x", pool="rent"), time_limit=10, threads=1).difference.high == 5


def test_without_a_plan() -> None:
    """There is nothing to compare with."""
    document = instance(0)
    document["pools"][1]["capacity"]["gpu"] = 0
    with pytest.raises(UsageError, match="no plan of the instance as it is"):
        leptonopt.ask(document, WhatIf(losses=["own.gpu=0"]), time_limit=10, threads=1)
