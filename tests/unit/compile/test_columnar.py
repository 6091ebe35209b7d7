"""Compiling of columns, against plain loops over the numbers they were made of."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.money import MAX_CAST, MAX_TOTAL
from leptonopt.errors import InstanceError
from leptonopt.io.columnar import load
from tests.helpers.columnar_files import saved
from tests.helpers.columns_stated import (
    HOURS,
    NAMES,
    SLOTS,
    built_of,
    check,
    kept_of,
    late_of,
    stated,
    unit_of,
    used_of,
)


@pytest.mark.parametrize("seed", range(24))
def test_every_number_of_the_problem(tmp_path: Path, seed: int) -> None:
    """Of columns of any width; where all money is whole in units that are not too many, nothing is lost."""
    of = stated(seed)
    of.types = {name: [np.int8, np.int16, np.int32, np.uint8][seed % 3] for name in ("task_due", "option_uses")}
    built = built_of(tmp_path, of)
    check(built, of, unit_of(of))
    assert built.loss == 0


@pytest.mark.parametrize("left_out", ["task_copies", "task_value", "task_due", "task_late_cost", "option_cost"])
def test_columns_that_are_absent(tmp_path: Path, left_out: str) -> None:
    """One copy that must run and is never late, and costs nothing but what it uses."""
    of = stated(5)
    usual = {"task_copies": 1, "task_value": -1, "task_due": -1, "task_late_cost": 0, "option_cost": 0}[left_out]
    kind, name = left_out.split("_", 1)
    column = getattr(of, kind)[name]
    column[:] = [usual] * len(column)
    of.left_out = (left_out,)
    check(built_of(tmp_path, of), of, unit_of(of))


def test_all_resources_everywhere(tmp_path: Path) -> None:
    """No use is nothing, and still there is more than the first resource."""
    of = stated(3)
    for pool in range(3):
        of.capacity[pool], of.price[pool] = {name: [3] * SLOTS for name in NAMES}, {}
    of.uses = [[1, 2, 3] for _ in of.owner]
    check(built_of(tmp_path, of), of, unit_of(of))


def test_a_single_option(tmp_path: Path) -> None:
    """It holds all that it uses, not only the first."""
    of = stated(3)
    of.capacity, of.price = [{name: [3] * SLOTS for name in reversed(NAMES)}], [{}]
    of.task = {name: column[:1] for name, column in of.task.items()}
    of.option, of.owner, of.uses = {"pool": [0], "slots": [1], "cost": [0]}, [0], [[3, 2, 1]]
    check(built_of(tmp_path, of), of, unit_of(of))


def test_a_single_row(tmp_path: Path) -> None:
    """One pool with one resource, where the others are only named."""
    of = stated(3)
    of.capacity, of.price = [{"cpu": [3, 3, 2, 3, 3, 3]}], [{}]
    of.option["pool"], of.uses = [0] * 12, [[0, at % 4, 0] for at in range(12)]
    check(built_of(tmp_path, of), of, unit_of(of))


@pytest.mark.parametrize("seed", range(8))
def test_one_resource_everywhere(tmp_path: Path, seed: int) -> None:
    """Options that all hold the first resource and no other are the same by the short way."""
    of = stated(seed)
    of.uses = [[max(1, uses[0]), 0, 0] for uses in of.uses]
    for own in of.capacity:
        own.setdefault("gpu", [4] * SLOTS)
    arrays = of.arrays() | {"option_uses": np.array(of.uses, np.int32)[:, :1]}
    head = of.head() | {"resources": ["gpu"]}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    check(compile_columnar(load(saved(tmp_path, arrays))), of, unit_of(of))
    of.uses[0][0] = 0
    arrays["option_uses"] = np.array(of.uses, np.int32)[:, :1]
    check(compile_columnar(load(saved(tmp_path, arrays))), of, unit_of(of))


@pytest.mark.parametrize("seed", range(16))
def test_money_that_is_too_fine_is_coarsened(tmp_path: Path, seed: int) -> None:
    """To units of which totals stay below 2^52; what that may lose is said, and what it does lose is not more."""
    of = stated(seed, dear=10 ** (9 + seed % 3))
    of.price[0].setdefault(next(iter(of.capacity[0])), [Fraction(1, 512)] * SLOTS)
    of.price[0][next(iter(of.price[0]))][2] = Fraction(2 * seed + 1, 10**9)
    if seed % 4 == 1:  # what running costs is most of it
        of.price = [{name: [10**6 * price for price in line] for name, line in own.items()} for own in of.price]
        of.task["value"], of.task["late_cost"] = [min(value, 500) for value in of.task["value"]], [0] * 5
        of.option["cost"] = [min(cost, 500) for cost in of.option["cost"]]
    elif seed % 4 == 2:
        of.task["copies"][seed % 5] = 10**7
    built, kept, fine = built_of(tmp_path, of), kept_of(of), unit_of(of)
    used, total, largest, entries = used_of(of), Fraction(0), Fraction(0), 0

    def dearest(pool: int, name: str) -> Fraction:
        """The highest price of a unit in a slot, whatever its sign."""
        return max(map(abs, of.price[pool].get(name, [Fraction(0)])), default=Fraction(0)) * HOURS

    for task, copies in enumerate(of.task["copies"]):
        own = [at for at in kept if of.owner[at] == task]
        held = [sum(of.uses[at]) * of.option["slots"][at] for at in own]
        running = [
            Fraction(of.option["cost"][at], 100)
            + of.option["slots"][at]
            * sum(
                use * dearest(of.option["pool"][at], name)
                for use, name in zip(of.uses[at], NAMES, strict=True)
                if use and (of.option["pool"][at], name) in used
            )
            for at in own
        ]
        late = late_of(of, task) * max(0, SLOTS - max(0, of.task["due"][task]))
        value = Fraction(max(0, of.task["value"][task]), 100)
        total += copies * max(value, max(running, default=Fraction(0)) + late)
        entries += copies * max(1, max((each + 4 for each in held), default=0) + (SLOTS if late_of(of, task) else 0))
        largest = max(largest, late_of(of, task) * (SLOTS + max(0, of.task["due"][task])))
    coarser = max(1, -(-total // (fine * MAX_TOTAL)), -(-largest // (fine * MAX_CAST)))
    assert built.unit == coarser * fine
    check(built, of, built.unit)
    assert built.loss == (0 if coarser == 1 else built.unit * entries)


def test_no_money_at_all(tmp_path: Path) -> None:
    """There is a unit all the same, and everything costs nothing."""
    of = stated(3)
    of.price, of.option["cost"] = [{}, {}, {}], [0] * 12
    of.task["value"], of.task["late_cost"] = [-1] * 5, [0] * 5
    built = built_of(tmp_path, of)
    check(built, of, Fraction(1))
    assert built.loss == 0


def test_a_pool_that_is_shut(tmp_path: Path) -> None:
    """Where a pool never offers anything, what uses it is dropped, and what uses nothing is kept."""
    of = stated(6)
    for line in of.capacity[1].values():
        line[:] = [0] * SLOTS
    of.uses = [[1 if name in of.capacity[pool] else 0 for name in NAMES] for pool in of.option["pool"]]
    of.uses[of.option["pool"].index(1)] = [0, 0, 0]
    check(built_of(tmp_path, of), of, unit_of(of))


def test_most_are_coarsened(tmp_path: Path) -> None:
    """The cases above are not idle: amounts are beyond, or just within, what is counted exactly."""
    of = stated(1)
    of.task["value"] = [100] * 5
    of.task["copies"] = [1] * 5
    assert built_of(tmp_path, of).unit == unit_of(of)
    of.task["value"][0] = 10**13 - 100
    of.task["copies"][0] = 10**7
    assert built_of(tmp_path, of).unit > unit_of(of)


def test_amounts_beyond_64_bits_are_scaled_exactly(tmp_path: Path) -> None:
    """A value of ten to the thirteen hundredths in units of a thousandth of a hundredth."""
    of = stated(2)
    of.price[0] = {next(iter(of.capacity[0])): [Fraction(1, 10**9)] * SLOTS}
    of.task["value"][0] = 10**13
    check(built_of(tmp_path, of), of, built_of(tmp_path, of).unit)


@pytest.mark.parametrize(("tasks", "fits"), [(53, True), (54, False)])
def test_sums_of_uses_beyond_2_to_the_60_are_refused(tmp_path: Path, tasks: int, fits: bool) -> None:
    """Each number is within its limit, and all together are not; only the largest option of a task counts."""
    head = {
        "columns": 1,
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "resources": ["gpu"],
        "pools": [{"id": "p", "capacity": {"gpu": "unlimited"}, "price": {"gpu": 1}}],
    }
    arrays = {
        "head": np.frombuffer(json.dumps(head).encode(), np.uint8),
        "task_release": np.zeros(tasks, np.int64),
        "task_deadline": np.full(tasks, 4),
        "task_copies": np.full(tasks, 10**7),
        "option_ptr": 2 * np.arange(tasks + 1),
        "option_pool": np.zeros(2 * tasks, np.int64),
        "option_slots": np.full(2 * tasks, 2),
        "option_uses": np.tile([[2**31 - 1], [5]], (tasks, 1)),
    }
    sheets = load(saved(tmp_path, arrays))
    if fits:
        compile_columnar(sheets)
        return
    with pytest.raises(InstanceError, match=r"pool 'p': 1\.\d+e\+18 of 'gpu' may be used at once"):
        compile_columnar(sheets)
