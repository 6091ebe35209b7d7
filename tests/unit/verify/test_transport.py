"""The exact transport: by hand at the border of what fits, and against a linear program and all assignments."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest
from scipy.optimize import linprog

from leptonopt.verify.transport import can_serve

MELANGE = [
    {"s-s": Fraction(2), "s-l": Fraction(1), "l-s": Fraction(5), "l-l": Fraction(2)},
    {"s-s": Fraction(20), "s-l": Fraction(20), "l-s": Fraction(40), "l-l": Fraction(20)},
]
ASKED = {"s-s": Fraction(6), "s-l": Fraction(3), "l-s": Fraction(15), "l-l": Fraction(6)}


@pytest.mark.parametrize(
    ("replicas", "split", "whole"),
    [((1, 1), True, False), ((0, 1), False, False), ((0, 2), True, True), ((3, 1), True, True), ((12, 0), True, True)],
)
def test_melange(replicas: tuple[int, int], split: bool, whole: bool) -> None:
    """The published example: split, one GPU of each suffices; whole, it does not."""
    room = [Fraction(count) for count in replicas]
    assert can_serve(ASKED, MELANGE, room, whole=False) == split
    assert can_serve(ASKED, MELANGE, room, whole=True) == whole


def test_no_tolerance() -> None:
    """A third of a replica serves a third of its rate, and nothing more."""
    rates, little = [{"a": Fraction(1)}], Fraction(1, 10**30)
    for whole in (False, True):
        assert can_serve({"a": Fraction(1, 3)}, rates, [Fraction(1, 3)], whole)
        assert not can_serve({"a": Fraction(1, 3) + little}, rates, [Fraction(1, 3)], whole)
    assert can_serve({}, [], [], whole=False)
    assert can_serve({"a": Fraction(0)}, [], [], whole=True)
    assert not can_serve({"a": Fraction(1)}, [{"b": Fraction(9)}], [Fraction(9)], whole=False)


def drawn(seed: int) -> tuple[dict[str, Fraction], list[dict[str, Fraction]], list[Fraction]]:
    """Draw classes, ways and their room."""
    rng = Random(f"transport {seed}")
    classes = [f"c{n}" for n in range(rng.randint(1, 4))]
    rates = [
        {name: Fraction(rng.choice([0, 1, 2, 3, 5, 8]), rng.choice([1, 2, 3])) for name in classes}
        for _ in range(rng.randint(1, 4))
    ]
    demand = {name: Fraction(rng.randint(0, 12), rng.choice([1, 2, 7])) for name in classes}
    return demand, rates, [Fraction(rng.randint(0, 4)) for _ in rates]


@pytest.mark.parametrize("block", range(4))
def test_against_a_linear_program_and_all_assignments(block: int) -> None:
    """Random cases; the linear program decides where the missed share is clear of rounding."""
    answers = {True: 0, False: 0}
    for seed in range(block * 50, block * 50 + 50):
        demand, rates, room = drawn(seed)
        names, count = list(demand), len(rates)
        least = linprog(
            np.concatenate([np.zeros(count * len(names)), np.ones(len(names))]),
            A_ub=np.hstack([np.kron(np.eye(count), np.ones(len(names))), np.zeros((count, len(names)))]),
            b_ub=[float(each) for each in room],
            A_eq=np.hstack(
                [np.hstack([np.diag([float(rate[name]) for name in names]) for rate in rates]), np.eye(len(names))]
            ),
            b_eq=[float(demand[name]) for name in names],
        ).fun
        found = can_serve(demand, rates, room, whole=False)
        assert found == (least < 1e-9), seed
        answers[found] += 1
        assert can_serve(demand, rates, room, whole=True) == _assignable(demand, rates, room), seed
    assert min(answers.values()) > 5


def _assignable(demand: dict[str, Fraction], rates: list[dict[str, Fraction]], room: list[Fraction]) -> bool:
    """Tell whether some way for each class fits, by trying all."""
    asked = [name for name in demand if demand[name]]
    for ways in product(range(len(rates)), repeat=len(asked)):
        held = [Fraction(0)] * len(rates)
        for name, way in zip(asked, ways, strict=True):
            if not rates[way][name]:
                break
            held[way] += demand[name] / rates[way][name]
        else:
            if all(used <= there for used, there in zip(held, room, strict=True)):
                return True
    return False
