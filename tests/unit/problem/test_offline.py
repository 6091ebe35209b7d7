"""Tests of batches: headroom and idle replicas do them, inside their windows."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from leptonopt.problem.offline import Offline, SlotRoom, divided
from tests.helpers import service_problems as made

HALF = [Fraction(1, 2)]


def work(on: list[int], batches: tuple[dict[str, Any], ...], **more: Any) -> dict[Any, Fraction] | None:
    """Return what one way of rate 4, with a planned rate of 2 and a demand of 2, does of batches."""
    of = made.services(made.service([[4]], [[2] * len(on)], holds=[{0: 1}], share=HALF, **more), batches=batches)
    usable, money = np.array([on]), np.zeros(len(on), np.int64)
    return Offline.of(of, 0).work(usable, money, np.ones(len(batches), bool))


def test_a_batch_fills_the_headroom() -> None:
    assert work([1, 1], (made.batch(0, [4], 0, 1),)) == {(0, 0, 0): 2, (0, 0, 1): 2}
    assert work([1, 1], (made.batch(0, [5], 0, 1),)) is None


def test_the_headroom_may_be_kept_free() -> None:
    assert work([1, 1], (made.batch(0, [1], 0, 1),), fill=False) is None
    assert work([2, 1], (made.batch(0, [4], 0, 1),), fill=False) == {(0, 0, 0): 4}


def test_a_batch_is_done_in_its_window() -> None:
    assert work([3, 1, 1], (made.batch(0, [3], 1, 1),)) is None


def test_the_earliest_deadline_comes_first() -> None:
    batches = (made.batch(0, [2], 0, 1), made.batch(0, [2], 0, 0))
    assert work([1, 1], batches) == {(1, 0, 0): 2, (0, 0, 1): 2}


@pytest.mark.parametrize(("amount", "fits"), [([10, 10], True), ([10, 11], False), ([15, 5], True), ([16, 5], False)])
def test_classes_are_divided_among_slots(amount: list[int], fits: bool) -> None:
    """The way of slot 0 does both classes alike, that of slot 1 mostly the first: filling in order would not do."""
    ways = made.service([[10, 10], [10, 1]], [[0, 0], [0, 0]], holds=[{0: 1}, {0: 1}])
    services = made.services(ways, batches=(made.batch(0, amount, 0, 1),))
    usable, done = np.array([[1, 0], [0, 1]]), np.array([True])
    found = Offline.of(services, 0).work(usable, np.zeros(2, int), done)
    assert (found is not None) == fits
    if found is not None:
        assert [sum(value for (_, c, _), value in found.items() if c == b) for b in (0, 1)] == amount


def test_kinds_take_the_room_that_suits_them() -> None:
    """Slot 0 takes two of a or one of b, slot 1 the other way round: two of each fit, three of one do not."""
    slots = [SlotRoom((0, 1), ((1, 2),), (2,)), SlotRoom((0, 1), ((2, 1),), (2,))]
    assert divided({"a": Fraction(2), "b": Fraction(2)}, slots) == [{"a": 2, "b": 0}, {"a": 0, "b": 2}]
    assert divided({"a": Fraction(3), "b": Fraction(1, 9)}, slots) is None


def test_kinds_have_windows() -> None:
    slots = [SlotRoom((0,), ((1,),), (3,)), SlotRoom((), (), ()), SlotRoom((0, 1), ((1, 1),), (3,))]
    assert divided({"a": Fraction(4), "b": Fraction(2)}, slots) == [
        {"a": 3, "b": 0},
        {"a": 0, "b": 0},
        {"a": 1, "b": 2},
    ]
    assert divided({"a": Fraction(4), "b": Fraction(5, 2)}, slots) is None


def random_slots(rng: random.Random, kinds: int) -> list[SlotRoom]:
    """Return slots with up to three cuts, of which one limits all kinds."""
    found = []
    for _ in range(rng.randint(1, 4)):
        open_ = tuple(kind for kind in range(kinds) if rng.random() < 0.8)
        cuts = [tuple(rng.randint(1, 4) for _ in open_)]
        cuts += [tuple(rng.randint(0, 4) for _ in open_) for _ in range(rng.randint(0, 2))]
        found.append(SlotRoom(open_, tuple(cuts), tuple(rng.randint(0, 6) for _ in cuts)))
    return found


def fits(amounts: list[Fraction], slots: list[SlotRoom]) -> float:
    """Return the greatest part of all amounts that fits, by a linear program in floating point."""
    columns = [(t, kind) for t, slot in enumerate(slots) for kind in slot.kinds]
    need, room = [], []
    for t, slot in enumerate(slots):
        for line, most in zip(slot.need, slot.room, strict=True):
            need.append([line[slot.kinds.index(k)] if at == t else 0 for at, k in columns] + [0])
            room.append(most)
    sums = [[-(k == kind) for _, k in columns] + [float(amount)] for kind, amount in enumerate(amounts)]
    found = linprog([0] * len(columns) + [-1], np.array(need + sums, float), room + [0] * len(amounts))
    return -found.fun


@pytest.mark.parametrize("seed", range(30))
def test_what_fits_is_divided(seed: int) -> None:
    """Exactly: the amounts in all, within the room of every slot; what just fits, and what just does not."""
    rng = random.Random(seed)
    amounts = [Fraction(rng.randint(1, 9), rng.randint(1, 3)) for _ in range(rng.randint(1, 3))]
    slots = random_slots(rng, len(amounts))
    part = fits(amounts, slots)
    for factor in (Fraction(1), Fraction(part).limit_denominator(10**4)):
        wanted = {kind: amount * factor for kind, amount in enumerate(amounts)}
        if not factor:
            continue
        found = divided(wanted, slots)
        if float(factor) > part * (1 + 1e-9):
            assert found is None
        if float(factor) < part * (1 - 1e-9):
            assert found is not None
        if found is None:
            continue
        for kind, amount in wanted.items():
            assert sum(line.get(kind, Fraction(0)) for line in found) == amount
        for slot, line in zip(slots, found, strict=True):
            assert {kind for kind, value in line.items() if value} <= set(slot.kinds)
            for need, room in zip(slot.need, slot.room, strict=True):
                assert sum(n * line[kind] for n, kind in zip(need, slot.kinds, strict=True)) <= room
