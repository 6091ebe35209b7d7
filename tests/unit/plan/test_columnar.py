"""Plans and certificates in columns: written as they are meant, and what any prices prove, by plain loops."""

from __future__ import annotations

import hashlib
import json
import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.errors import UsageError
from leptonopt.io.columnar import load
from leptonopt.plan.columnar import certificate as certificate_of
from leptonopt.plan.columnar import runs, schedule_of, write_certificate, write_plan
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.verify.columnar_bound import proven_columns
from leptonopt.verify.columnar_checker import verify_columns
from leptonopt.verify.columnar_reader import read_npz
from tests.helpers import bruteforce
from tests.helpers.columnar_files import saved, tiny
from tests.helpers.columns_stated import (
    HOURS,
    NAMES,
    SLOTS,
    Stated,
    built_of,
    kept_of,
    late_of,
    rows_of,
    stated,
    stated_rows,
)


def placed(of: Stated, problem: Problem) -> Schedule:
    """Every task's last option at its last start, in no order."""
    entries = [
        (int(problem.option_ptr[group + 1]) - 1, of.task["copies"][group])
        for group in range(problem.groups)
        if problem.option_ptr[group + 1] > problem.option_ptr[group]
    ]
    entries.reverse()
    options = [option for option, _ in entries]
    return Schedule.of(options, [int(problem.last[option]) for option in options], [count for _, count in entries])


@pytest.mark.parametrize("seed", range(4))
def test_a_plan_is_written_by_task_and_start(tmp_path: Path, seed: int) -> None:
    """Options by their numbers in the file, in `.npz` as in CSV with the summary beside it."""
    of = stated(seed)
    built = built_of(tmp_path, of)
    schedule = placed(of, built.problem)
    columns = runs(built, schedule)
    kept = kept_of(of)
    wanted = []
    for option, start, count in schedule:
        at = kept[option]
        wanted.append((of.owner[at], at, start, count))
    lines = list(zip(*(columns[name].tolist() for name in ("task", "option", "start", "count")), strict=True))
    assert lines == sorted(wanted, key=lambda line: (line[0], line[2]))
    assert {column.dtype for column in columns.values()} == {np.dtype(np.int32)}
    summary = {"leptonopt_plan_columns": 1, "name": "Zürich"}
    assert write_plan(tmp_path / "plan.npz", summary, columns) == [tmp_path / "plan.npz"]
    back = read_npz(tmp_path / "plan.npz")
    assert {name: back[name].values.tolist() for name in columns} == {n: c.tolist() for n, c in columns.items()}
    with np.load(tmp_path / "plan.npz") as arrays:
        assert json.loads(arrays["summary"].tobytes()) == summary
    written = write_plan(tmp_path / "plan.CSV", summary, columns)
    assert written == [tmp_path / "plan.CSV", tmp_path / "plan.json"]
    said = '{\n "leptonopt_plan_columns": 1,\n "name": "Zürich"\n}\n'
    assert (tmp_path / "plan.json").read_text(encoding="utf-8") == said
    text = (tmp_path / "plan.CSV").read_text()
    assert text == "task,option,start,count\n" + "".join(",".join(map(str, line)) + "\n" for line in lines)
    with pytest.raises(UsageError, match=r"plan\.txt: a plan in columns is written as \.npz, \.csv; choose"):
        write_plan(tmp_path / "plan.txt", summary, columns)


def test_two_runs_of_a_task_are_written_by_start(tmp_path: Path) -> None:
    """Whatever their order in the schedule."""
    of = stated(0)
    of.task |= {"release": [0] * 5, "deadline": [SLOTS] * 5, "copies": [3] * 5}
    built = built_of(tmp_path, of)
    option = int(built.problem.option_ptr[1]) - 1
    columns = runs(built, Schedule.of([option, option], [1, 0], [1, 2]))
    assert (columns["start"].tolist(), columns["count"].tolist()) == ([0, 1], [2, 1])


def test_a_certificate_says_what_its_prices_are_of(tmp_path: Path) -> None:
    """Prices as whole numbers, the money of one, the bound, and of which file; the checker takes it at its word."""
    of = stated(2)
    file = saved(tmp_path, of.arrays())
    built = compile_columnar(load(file))
    price = np.arange(built.problem.capacity.size, dtype=np.int64).reshape(built.problem.capacity.shape) % 3
    price[built.problem.capacity == UNLIMITED] = 0
    for bound in (None, Fraction(-7, 3)):
        write_certificate(tmp_path / "proof.npz", certificate_of(built, price, 4, bound))
        with np.load(tmp_path / "proof.npz") as arrays:
            head = json.loads(arrays["head"].tobytes())
            wanted = [row for row in stated_rows(of) if row in rows_of(of)]
            assert arrays["price"].tolist() == [price[rows_of(of).index(row)].tolist() for row in wanted]
        assert head == {
            "leptonopt_certificate_columns": 1,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "unit": str(built.unit / 4),
            "bound": None if bound is None else str(bound),
        }
        assert proven_columns(file, tmp_path / "proof.npz").bound is not None
    assert not verify_columns(file, tmp_path / "proof.npz").ok


def least_of(of: Stated, task: int, more: dict[tuple[int, int], Fraction]) -> Fraction | None:
    """The least that a copy of a task costs, with `more` to pay per row and slot; None where it cannot run."""
    rows, costs = rows_of(of), []
    for at in [at for at, owner in enumerate(of.owner) if owner == task]:
        pool, slots = of.option["pool"][at], of.option["slots"][at]
        if any(use and name not in of.capacity[pool] for name, use in zip(NAMES, of.uses[at], strict=True)):
            continue
        for start in range(max(0, of.task["release"][task]), min(SLOTS, of.task["deadline"][task]) - slots + 1):
            cost, fits = Fraction(of.option["cost"][at], 100), True
            for name, use in zip(NAMES, of.uses[at], strict=True):
                for slot in range(start, start + slots) if use else ():
                    offered = of.capacity[pool][name][slot]
                    fits = fits and (offered is None or use <= offered)
                    price = of.price[pool].get(name, [Fraction(0)] * SLOTS)[slot] * HOURS
                    cost += use * (price + more[rows.index((pool, name)), slot])
            if (due := of.task["due"][task]) >= 0:
                cost += max(0, start + slots - due) * late_of(of, task)
            costs += [cost] if fits else []
    value = of.task["value"][task]
    return min([*costs, *([Fraction(value, 100)] if value >= 0 else [])], default=None)


def step_of(of: Stated, pool: int, name: str) -> int:
    """The greatest amount of which all that options of a pool use of a resource are multiples."""
    at = ("gpu", "cpu", "ram").index(name)
    return max(
        1, math.gcd(*(uses[at] for uses, where in zip(of.uses, of.option["pool"], strict=True) if where == pool))
    )


def proof_of(of: Stated, price: Any, unit: Fraction) -> Fraction | None:
    """What prices prove, by plain loops: what all tasks cost at least with them, less what is offered at them."""
    rows = rows_of(of)
    more = {(row, slot): int(price[row, slot]) * unit for row in range(len(rows)) for slot in range(SLOTS)}
    least = [least_of(of, task, more) for task in range(len(of.task["release"]))]
    if any(each is None and copies for copies, each in zip(of.task["copies"], least, strict=True)):
        return None
    back = Fraction(0)
    for (row, slot), money in more.items():
        pool, name = rows[row]
        step = step_of(of, pool, name)
        back += money * ((of.capacity[pool][name][slot] or 0) // step * step)
    return sum((copies * (each or 0) for copies, each in zip(of.task["copies"], least, strict=True)), -back)


def certificate(folder: Path, price: Any, **said: Any) -> Path:
    head = {"leptonopt_certificate_columns": 1, "sha256": None, "unit": "1", "bound": None} | said
    arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8), "price": price}
    return saved(folder, {name: each for name, each in arrays.items() if each is not None}, "proof.npz")


@pytest.mark.parametrize("seed", range(24))
def test_what_any_prices_prove(tmp_path: Path, seed: int) -> None:
    """The checker's bound is that of plain loops; it may be stated, and nothing above it."""
    of, dice = stated(seed), random.Random(seed)
    if seed % 4 == 0:
        of.uses = [[max(1, uses[0]), 0, 0] for uses in of.uses]
        for own in of.capacity:
            own.setdefault("gpu", [2, 3, 2, 4, 3, 1])
            for name in ("cpu", "ram"):
                own.pop(name, None)
        for paid in of.price:
            for name in ("cpu", "ram"):
                paid.pop(name, None)
        if seed % 8:  # a pool without what all options use
            of.capacity[seed % 3] = {"cpu": [2] * SLOTS}
            of.price[seed % 3] = {}
    elif seed % 2:
        of.task["value"] = [max(0, value) for value in of.task["value"]]
    else:  # the checker need not have been told that columns are within their ranges
        of.task["copies"][seed % 5] = 0
        of.task["release"][0], of.task["deadline"][1] = -2, SLOTS + 3
    arrays = of.arrays()
    if seed % 4 == 0:
        arrays["option_uses"] = arrays["option_uses"][:, :1]
        head = of.head() | {"resources": ["gpu"]}
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    file, rows, unit = saved(tmp_path, arrays), rows_of(of), Fraction(dice.randint(1, 9), 160)
    known = json.loads(arrays["head"].tobytes())["resources"]
    order = [rows.index(row) for row in stated_rows(of) if row in rows and row[1] in known]
    for _ in range(3):
        price = np.zeros((len(rows), SLOTS), np.int64)
        for row, (pool, name) in enumerate(rows):
            for slot in range(SLOTS):
                if of.capacity[pool][name][slot] is not None and name in known:
                    price[row, slot] = dice.choice([0, 0, dice.randint(0, 40)])
        bound = proof_of(of, price, unit)
        for stated_bound, ok in ((None, True), (bound, True), (bound, False)):
            said = None if stated_bound is None else stated_bound + (0 if ok else Fraction(1, 10**6))
            made = certificate(tmp_path, price[order], unit=str(unit), bound=None if said is None else str(said))
            proof = proven_columns(file, made)
            assert proof.bound == bound
            if bound is None:
                assert (proof.ok, proof.why) == (True, "a task that must run has no option that fits")
            elif ok:
                assert (proof.ok, proof.why) == (True, "")
            else:
                why = f"the certificate states the bound {said}; its prices prove {bound}"
                assert (proof.ok, proof.why) == (False, why)
    if bound is None:
        claimed = proven_columns(file, certificate(tmp_path, price[order], unit=str(unit), bound="1"))
        assert (claimed.ok, claimed.bound) == (False, None)


def test_where_there_is_little_it_is_cheap_to_no_avail(tmp_path: Path) -> None:
    """What does not fit when it is cheapest is not counted as if it did, with one resource as with several."""
    of = stated(3)
    scarce: list[int | None] = [4, 1, 4, 1, 4, 1]
    of.capacity, of.price = [{"gpu": scarce}], [{"gpu": [Fraction(9), Fraction(1)] * 3}]
    of.task = {"release": [0], "deadline": [SLOTS], "copies": [1], "value": [-1], "due": [-1], "late_cost": [0]}
    of.option, of.owner = {"pool": [0], "slots": [1], "cost": [0]}, [0]
    for use, bound in ((1, HOURS), (2, 18 * HOURS)):
        of.uses = [[use, 0, 0]]
        several, head = of.arrays(), of.head() | {"resources": ["gpu"]}
        one = several | {"option_uses": several["option_uses"][:, :1]}
        one["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
        for arrays in (one, several):
            proof = proven_columns(saved(tmp_path, arrays), certificate(tmp_path, np.zeros((1, SLOTS), np.int64)))
            assert proof.bound == bound


def test_certificates_that_are_refused(tmp_path: Path) -> None:
    """In words: what is missing, for another state, of another shape, prices that cannot be."""
    of = stated(2)
    file, rows = saved(tmp_path, of.arrays()), [row for row in stated_rows(of) if row in rows_of(of)]
    free = np.zeros((len(rows), SLOTS), np.int64)

    def said(price: Any = free, **more: Any) -> str:
        proof = proven_columns(file, certificate(tmp_path, price, **more))
        assert not proof.ok
        assert proof.bound is None
        return proof.why

    assert said(leptonopt_certificate_columns=2) == "not a certificate in columns of version 1"
    assert said(sha256="0" * 64) == "the certificate was made for another state of this instance"
    assert proven_columns(file, certificate(tmp_path, free, sha256=load(file).sha256)).ok
    assert said(None) == "has no array 'price'"
    needed = f"{len(rows)} x {SLOTS} are needed"
    assert said(free[1:]) == f"price: {len(rows) - 1} x {SLOTS}; {needed}"
    assert said(free[:, 1:]) == f"price: {len(rows)} x {SLOTS - 1}; {needed}"
    for unit in ("0", "-1/3"):
        assert said(unit=unit) == "unit: must be above 0"
    assert proven_columns(file, certificate(tmp_path, free, unit="1/1000000")).ok
    limited = next(row for row, (pool, name) in enumerate(rows) if of.capacity[pool][name][0] is not None)
    below = free.copy()
    below[limited, 3] = -1
    assert said(below) == f"price: row {limited}, slot 3: below zero"
    endless = next(row for row, (pool, name) in enumerate(rows) if of.capacity[pool][name][0] is None)
    priced = free.copy()
    priced[endless, 2] = 1
    assert said(priced) == f"price: row {endless}, slot 2: nothing limits it; it can have no price"
    assert said(unit=None) == "'None' is not a number"
    np.savez(tmp_path / "proof.npz", price=free)
    assert proven_columns(file, tmp_path / "proof.npz").why == "has no array 'head'"


@pytest.mark.parametrize("seed", range(8))
def test_identical_tasks_keep_their_runs(tmp_path: Path, seed: int) -> None:
    """Handed out as another plan has them, every task has the runs that it had; without one, in order."""
    arrays = tiny(seed, tasks=2)
    for name in arrays:
        if name not in ("head", "option_ptr"):
            arrays[name] = np.concatenate([arrays[name]] * 2)
    last = arrays["option_ptr"][-1]
    arrays["option_ptr"] = np.concatenate([arrays["option_ptr"], arrays["option_ptr"][1:] + last])
    built = compile_columnar(load(saved(tmp_path, arrays)))
    found = bruteforce.optimum(built.problem)
    assert found is not None
    plan = runs(built, found[1])
    swapped = {**plan, "task": (plan["task"] + 2) % 4, "option": (plan["option"] + last) % (2 * last)}
    assert list(schedule_of(built, swapped)) == list(found[1])
    again = runs(built, found[1], swapped)
    order = np.lexsort((swapped["option"], swapped["start"], swapped["task"]))
    assert all((again[name] == swapped[name][order]).all() for name in plan)
    part = {name: column[::2] for name, column in swapped.items()}
    again = runs(built, found[1], part)
    assert list(schedule_of(built, again)) == list(found[1])
    copies = np.bincount(again["task"], again["count"], 4)
    assert (copies <= built.sheets.of_task("copies")).all()
