"""Quotas: what columns and nodes use of them, in whole units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import gcd, lcm

import numpy as np

from leptonopt.calendar import days, mean_by_slot
from leptonopt.clock import looking
from leptonopt.compile.money import Rates, rates
from leptonopt.compile.rows import Column, Rows
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance, Pool, Quota
from leptonopt.problem import Quota as Limit

MAX_USE = 2**50


@dataclass(frozen=True)
class Window:
    """First and last slot for which a limit of a quota holds."""

    quota: Quota
    first: int
    last: int


def windows(instance: Instance) -> list[Window]:
    """Where quotas that add up over time hold; raises `InstanceError` when a day begins within a slot."""
    found = []
    for at, quota in enumerate(instance.quotas):
        if quota.per == "horizon":
            found.append(Window(quota, 0, instance.time.slots - 1))
        elif quota.per == "day":
            try:
                found += [Window(quota, first, last) for first, last in days(instance.time)]
            except ValueError as error:
                raise InstanceError([Finding(f"a quota per day, but {error}", ("quotas", at, "per"))]) from None
    return found


def limits(instance: Instance, rows: Rows, options: Sequence[Column]) -> list[tuple[Limit, Fraction]]:
    """The problem's quotas, one per window, each with its unit; `options` are the columns in the problem's order."""
    counters = {quota.id: own for quota, own in rows.counting}
    number = {quota.id: at for at, quota in enumerate(instance.quotas)}
    kinds = {"money": (1, 0, 0), "energy": (0, 1, 0), "carbon": (0, 0, 1)}
    found = []
    for window in looking(windows(instance)):
        quota = window.quota
        use: dict[int, list[Fraction]] = {}
        for pool in rows.covered(quota):
            for name in looking(rows.counted(quota, pool)):
                row = counters[quota.id].get((pool.id, name), rows.index[pool.id, name])
                hours = Fraction(instance.time.slot, 3600 * rows.scale[row])
                use[row] = [
                    weight * hours if window.first <= slot <= window.last else Fraction(0)
                    for slot, weight in enumerate(_weights(instance, quota, pool, name))
                ]
        once = [(at, dict(column.once).get(number[quota.id], Fraction(0))) for at, column in enumerate(options)]
        once = [(at, amount) for at, amount in once if amount]
        shared: Rates | None = None
        if quota.whole and quota.of in kinds:
            shared = rates(instance, rows.kinds, *map(Fraction, kinds[quota.of]))
            covered = {pool.id for pool in rows.covered(quota)}
            shared = _only(shared, [kind.pool.id in covered for kind in rows.kinds]).within(window.first, window.last)
        amounts = [Fraction(quota.limit), *(amount for _, amount in once)]
        amounts += [value for line in use.values() for value in set(line)]
        amounts += list(shared.numbers()) if shared else []
        unit = _unit(quota, amounts)
        whole = partial(_whole, unit)
        found.append(
            (
                Limit(
                    limit=whole(Fraction(quota.limit)),
                    rows=np.array(list(use), np.int64),
                    rate=np.array([[whole(value) for value in line] for line in use.values()], np.int64).reshape(
                        len(use), instance.time.slots
                    ),
                    options=np.array([at for at, _ in once], np.int64),
                    once=np.array([whole(amount) for _, amount in once], np.int64),
                    first=window.first,
                    last=window.last,
                    nodes=shared.whole(whole) if shared else None,
                ),
                unit,
            )
        )
    return found


def _weights(instance: Instance, quota: Quota, pool: Pool, name: str) -> list[Fraction]:
    """What a unit-hour of a resource uses of a quota, by slot."""
    if quota.of == "money":
        return mean_by_slot(pool.price[name], instance.time)
    if quota.of == "carbon" and pool.carbon is not None:
        return [grams / 1000 for grams in mean_by_slot(pool.carbon, instance.time)]
    return [Fraction(1)] * instance.time.slots


def _only(found: Rates, keep: Sequence[bool]) -> Rates:
    """Nothing of the kinds that do not count."""

    def cut(grid: list[list[Fraction]]) -> list[list[Fraction]]:
        return [line if kept else [Fraction(0)] * len(line) for line, kept in zip(grid, keep, strict=True)]

    commit = [value if kept else Fraction(0) for value, kept in zip(found.commit, keep, strict=True)]
    return Rates(cut(found.on_demand), cut(found.on), cut(found.start), cut(found.stop), commit)


def _unit(quota: Quota, amounts: Iterable[Fraction]) -> Fraction:
    """The largest unit in which all amounts are whole."""
    values = set(amounts)
    denominator = lcm(*(value.denominator for value in values))
    divisor = gcd(*(int(value * denominator) for value in values)) or 1
    if max(abs(value) for value in values) * denominator > MAX_USE * divisor:
        raise InstanceError(
            [Finding(f"quota {quota.id!r}: amounts are too fine against its limit to be exact", ("quotas",))]
        )
    return Fraction(divisor, denominator)


def _whole(unit: Fraction, value: Fraction) -> int:
    return int(value / unit)
