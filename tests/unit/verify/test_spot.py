"""Durations on interruptible capacity: the checker's code against that of the compiler."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.spot import CheckpointPlan, InterruptionRates, SpotRuns
from leptonopt.instance import Checkpoint
from leptonopt.verify.spot import Spot

HOUR = Fraction(3600)


@pytest.mark.parametrize("seed", range(12))
def test_two_codes_agree(seed: int) -> None:
    """On durations by start, and on what meets a deadline with a probability."""
    rng = random.Random(seed)
    slots = 10
    rates = [Fraction(rng.choice([0, 1, 5, 20]), 10) for _ in range(slots)]
    stated: dict[str, Any] | None = rng.choice(
        [None, {"cost": "2m", "restart": "5m"}, {"every": "20m", "cost": "1m"}, {}]
    )
    work = HOUR * rng.randint(1, 4) / 2
    ours = SpotRuns(
        CheckpointPlan.of(work, None if stated is None else Checkpoint.model_validate(stated)),
        InterruptionRates(rates),
        3600,
    )
    theirs = Spot(work, stated, rates, 3600)
    lengths = ours.durations()
    assert lengths == [theirs.slots(start) for start in range(slots)]
    chance = Fraction(rng.choice([50, 90, 99]), 100)
    for start, length in enumerate(lengths):
        if length is not None:
            kept = any(theirs.chance_kept(start, many, chance) for many in range(length, slots - start + 1))
            assert bool(ours.on_time([start], length, slots, chance)) is kept


def test_by_hand() -> None:
    """Without interruptions, with checkpoints, and where there is no progress."""
    assert Spot(HOUR, None, [Fraction(0)] * 3, 3600).slots(0) == 1
    assert Spot(HOUR, {"every": "10m", "cost": "1m"}, [Fraction(0)] * 3, 3600).slots(0) == 2
    assert Spot(HOUR, None, [Fraction(0)] * 3, 3600).slots(3) is None
    assert Spot(HOUR, None, [Fraction(60)] * 3, 3600).slots(0) is None
    assert not Spot(HOUR, None, [Fraction(1)] * 3, 3600).chance_kept(0, 1, Fraction(1, 2))
