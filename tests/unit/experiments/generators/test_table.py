"""Generated instances as tables of numbers."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.table import Profile, decimal, duration, instant, slots_of
from leptonopt.instance import validate


@pytest.mark.parametrize(
    ("value", "places", "text"), [(123_456, 4, "12.3456"), (120_000, 4, "12"), (5, 4, "0.0005"), (7, 0, "7")]
)
def test_decimals(value: int, places: int, text: str) -> None:
    """Without zeros at the end."""
    assert decimal(value, places) == Decimal(text)


def test_times() -> None:
    """Seconds from the first Monday of 2026, and durations."""
    assert (instant(0), instant(90_000)) == ("2026-01-05T00:00Z", "2026-01-06T01:00Z")
    assert (duration(5400), duration(7200)) == ("90m", "2h")


def test_slots_are_rounded_up() -> None:
    """One hour at double speed takes half an hour; a little more, another slot."""
    assert slots_of(np.array([10_000, 10_001]), 20_000, 1800).tolist() == [1, 2]


def test_profiles_as_documents() -> None:
    """Speeds with four decimals."""
    made = Profile("p", {"a": {1: 10_000, 2: 18_500}}, {"cpu": 8})
    assert made.document() == {"speed": {"a": {1: 1, 2: Decimal("1.85")}}, "per_device": {"cpu": 8}}
    assert "per_device" not in Profile("p", {}, {}).document()


def test_the_table_of_an_instance() -> None:
    """Its options are rows; its document is valid and has the same tasks."""
    made = table("gavel", tasks=20, seed=2)
    options = made.options
    assert options.ptr[-1] == len(options.pool) == len(options.uses) == len(options.slots)
    assert np.all(options.slots > 0)
    assert options.pool.max() < len(made.pools)
    document = made.document()
    assert sum(task.copies for task in validate(document).tasks) == 20
    assert len(list(made.tasks())) == len(document["tasks"])
