"""Tests of the cuts that decide whether replicas serve a demand: against linear programs, and counts."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.optimize import linprog

from leptonopt.problem.serving import Cuts, Family, demand_cuts, exact_product
from leptonopt.problem.tied_prices import TooManyCuts


def table(rates: list[list[int]]) -> tuple[tuple[Fraction, ...], ...]:
    """Return rates as fractions."""
    return tuple(tuple(map(Fraction, row)) for row in rates)


def money(cuts: Cuts, usable: list[int], demand: list[int]) -> int:
    """Return the least money for one slot."""
    short = cuts.required(np.array([demand])) - cuts.supply(np.array([usable]))
    return int(cuts.least_money(short)[0])


def cost_of_missing(rates: list[list[int]], missed: list[Fraction | None], usable: list[int], demand: list[int]) -> int:
    """Return the least cost by a linear program, rounded up; -1 without a routing."""
    ways, classes = len(rates), len(demand)
    served = np.hstack([np.tile(np.eye(classes), ways), np.eye(classes)])
    work = np.zeros((ways, (ways + 1) * classes))
    for way, row in enumerate(rates):
        work[way, way * classes : (way + 1) * classes] = [1 / rate if rate else 0 for rate in row]
    bounds = [(0, None if rate else 0) for row in rates for rate in row]
    bounds += [(0, 0 if cost is None else None) for cost in missed]
    costs = [0.0] * (ways * classes) + [float(cost or 0) for cost in missed]
    found = linprog(costs, work, usable, served, demand, bounds)
    return -1 if found.status == 2 else int(np.ceil(found.fun - 1e-7))


def test_cuts_decide_as_linear_programs_do() -> None:
    for seed in range(120):
        rng = random.Random(seed)
        ways, classes = rng.randint(1, 4), rng.randint(1, 4)
        rates = [[rng.choice([0, 1, 2, 3, 5, 7]) for _ in range(classes)] for _ in range(ways)]
        missed = [rng.choice([None, None, Fraction(0), Fraction(3, 2), Fraction(7)]) for _ in range(classes)]
        usable, demand = [rng.randint(0, 3) for _ in range(ways)], [rng.randint(0, 9) for _ in range(classes)]
        found = money(demand_cuts(table(rates), tuple(missed)), usable, demand)
        assert found == cost_of_missing(rates, missed, usable, demand), seed


def test_one_class_has_one_cut() -> None:
    cuts = demand_cuts(table([[rate] for rate in range(1, 19)]), (None,))
    assert cuts.weight.tolist() == [list(range(1, 19))]
    assert cuts.need.tolist() == [[1]]


def test_a_class_that_no_way_serves_cannot_be_served() -> None:
    assert money(demand_cuts(table([[2, 0]]), (None, None)), [9], [1, 1]) == -1
    assert money(demand_cuts(table([[2, 0]]), (None, None)), [9], [1, 0]) == 0


def test_too_many_cuts_are_refused() -> None:
    rng = random.Random(1)
    with pytest.raises(TooManyCuts):
        demand_cuts(table([[rng.randint(1, 10**6) for _ in range(20)] for _ in range(6)]), (None,) * 20, 1_000)


def test_a_family_of_too_many_cuts_learns_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its answers are exact, and what it knows after them denies the same replicas."""
    rng = random.Random(3)
    rates = table([[rng.randint(1, 50) for _ in range(6)] for _ in range(3)])
    every = demand_cuts(rates, (None,) * 6)
    monkeypatch.setattr("leptonopt.problem.serving.MAX_CUTS", 3)
    demand_cuts.cache_clear()
    family = Family(rates, (None,) * 6)
    demand_cuts.cache_clear()
    assert not family.complete
    usable, demand = (
        np.array([[rng.randint(0, most) for _ in range(n)] for _ in range(40)]) for most, n in ((9, 3), (30, 6))
    )
    found = family.exact_money(usable, demand)
    for cuts in (every, family.cuts):
        short = cuts.required(demand) - cuts.supply(usable)
        assert ((short > 0).any(axis=1) == (found < 0)).all()


@pytest.mark.parametrize(("ways", "classes"), [(2, 12), (3, 6), (4, 4), (6, 3), (12, 2)])
def test_rates_in_no_proportion_have_as_many_cuts_as_a_tropical_arrangement_has_vertices(
    ways: int, classes: int
) -> None:
    rng = random.Random(2)
    rates = table([[rng.randint(1, 10**6) for _ in range(classes)] for _ in range(ways)])
    assert len(demand_cuts(rates, (None,) * classes).paid) == comb(ways + classes - 2, ways - 1)


def test_products_do_not_overflow() -> None:
    large = np.array([[2**40, 1]])
    assert exact_product(large, large).tolist() == [[2**80 + 1]]
    assert exact_product(np.array([[0, 3]]), np.array([[2**70, 5]], object)).tolist() == [[15]]
