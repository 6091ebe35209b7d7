"""The integer program of regions, against trying everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from leptonopt.algorithms.models.regions import RegionChoice


def drawn(seed: int) -> RegionChoice:
    """Return four tasks with an option in each of two regions, and random edges."""
    rng = np.random.default_rng(seed)
    edges = [(a, b) for a in range(4) for b in range(a + 1, 4) if rng.random() < 0.6] or [(0, 1)]
    options = [(task, region) for task in range(4) for region in range(2)]
    moved = rng.integers(-1, 8, (len(edges), 2, 2))
    moved[:, [0, 1], [0, 1]] = 0
    first = rng.integers(0, 3, 8)
    return RegionChoice(
        task=np.array([task for task, _ in options]),
        region=np.array([region for _, region in options]),
        cost=rng.integers(-3, 10, 8),
        duration=rng.integers(1, 4, 8),
        first=first,
        last=first + rng.integers(0, 6, 8),
        optional=rng.random(4) < 0.3,
        value=rng.integers(0, 12, 4),
        before=np.array([before for before, _ in edges]),
        after=np.array([after for _, after in edges]),
        delay=rng.integers(0, 3, (len(edges), 2, 2)),
        moved=moved,
        rows=[(np.arange(8), rng.integers(1, 5, 8), 12)],
        slots=12,
    )


def least(choice: RegionChoice, excluded: tuple[int, ...] | None = None) -> int | None:
    """Return the least cost over all options, and leaving out what may be, by enumeration."""
    found: list[int] = []
    ways = [[0, 1, None] if optional else [0, 1] for optional in choice.optional.tolist()]
    for regions in product(*ways):
        same = excluded is not None and all(r is None or r == e for r, e in zip(regions, excluded, strict=True))
        if not same and (cost := cost_of(choice, regions)) is not None:
            found.append(cost)
    return min(found, default=None)


def cost_of(choice: RegionChoice, regions: tuple[int | None, ...]) -> int | None:
    """Return the cost of tasks in regions, None left out; None where they break a rule."""
    option = [None if region is None else 2 * task + region for task, region in enumerate(regions)]
    chosen = [each for each in option if each is not None]
    _, amount, limit = choice.rows[0]
    if amount[chosen].sum() > limit:
        return None
    total = int(choice.cost[chosen].sum())
    total += sum(int(value) for value, each in zip(choice.value, option, strict=True) if each is None)
    start = [0 if each is None else int(choice.first[each]) for each in option]
    for edge, (before, after) in enumerate(zip(choice.before.tolist(), choice.after.tolist(), strict=True)):
        one, other = option[before], option[after]
        if other is None:
            continue
        if one is None or (money := int(choice.moved[edge, regions[before], regions[after]])) < 0:
            return None
        total += money
        ready = start[before] + int(choice.duration[one] + choice.delay[edge, regions[before], regions[after]])
        start[after] = max(start[after], ready)
        if start[before] > choice.last[one] or start[after] > choice.last[other]:
            return None
    return total


@pytest.mark.parametrize("seed", range(60))
def test_the_optimum_is_that_of_trying_everything(seed: int) -> None:
    """Also once its regions are excluded; the bound is the optimum."""
    choice = drawn(seed)
    answer, best = choice.best([], 10.0), least(choice)
    assert answer.infeasible is (best is None)
    if best is None:
        return
    assert answer.bound == best
    assert answer.regions is not None
    again, second = choice.best([answer.regions], 10.0), least(choice, tuple(answer.regions.tolist()))
    assert again.bound == second
    assert again.infeasible is (second is None)


def test_money_beyond_the_range_of_doubles_still_gives_a_bound() -> None:
    """In coarser units, rounded down."""
    choice = next(each for each in map(drawn, range(60)) if least(each) is not None)
    large = RegionChoice(**{**vars(choice), "cost": choice.cost * 10**12 + 1})
    answer = large.best([], 10.0)
    assert answer.bound is not None
    assert answer.bound <= least(large)  # type: ignore[operator]
