"""Separation of replicas that do not serve: money as by all cuts, and cuts that hold wherever a routing exists."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np

from leptonopt.problem.separation import Separator, smallest
from leptonopt.problem.serving import demand_cuts


def test_answers_are_those_of_all_cuts() -> None:
    """The least money, and a cut that proves it and that no replicas with a routing violate."""
    for seed in range(60):
        rng = random.Random(seed)
        ways, classes = rng.randint(1, 4), rng.randint(1, 4)
        rates = tuple(tuple(Fraction(rng.choice([0, 1, 2, 3, 5])) for _ in range(classes)) for _ in range(ways))
        missed = tuple(rng.choice([None, None, Fraction(0), Fraction(3, 2), Fraction(7)]) for _ in range(classes))
        every, separator = demand_cuts(rates, missed), Separator(rates, missed)
        cuts, points = [], []
        for _ in range(8):
            usable, demand = [rng.randint(0, 3) for _ in range(ways)], [rng.randint(0, 9) for _ in range(classes)]
            short = every.required(np.array([demand])) - every.supply(np.array([usable]))
            least, (money, cut) = int(every.least_money(short)[0]), separator.answer(usable, demand)
            assert money == least, seed
            points.append((usable, money, demand))
            if cut is not None:
                assert slack(cut, usable, max(0, money - 1), demand) < 0
                cuts.append(cut)
        assert all(slack(cut, *point) >= 0 for cut in cuts for point in points if point[1] >= 0)


def slack(cut: tuple[int, ...], usable: list[int], money: int, demand: list[int]) -> int:
    """Return by how much a cut is kept."""
    ways = len(usable)
    left = sum(weight * count for weight, count in zip(cut, [*usable, money], strict=False))
    return left - sum(need * each for need, each in zip(cut[ways + 1 :], demand, strict=True))


def test_smallest_whole_numbers() -> None:
    assert smallest([Fraction(1, 2), Fraction(3, 4), Fraction(0)]) == (2, 3, 0)
