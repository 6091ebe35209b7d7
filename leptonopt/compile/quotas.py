"""Compile quotas: the use of each by columns and nodes, in whole units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import floor, gcd, lcm

import numpy as np

from leptonopt.compile.calendar import PERIODS, calendar_windows, mean_by_slot, zero_series
from leptonopt.compile.charges import charge_by_slot
from leptonopt.compile.money import NodeRates, node_rates
from leptonopt.compile.rows import CompiledOption, RowBuilder
from leptonopt.compile.services import CompiledServices
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance, Pool, Quota
from leptonopt.problem.problem import Quota as Limit
from leptonopt.runtime.clock import check_time_each

MAX_USE = 2**50
MAX_SUM = 2**60
MAX_LIMIT = 2**61  # more than can be used


@dataclass(frozen=True)
class QuotaWindow:
    """First and last slot for which a limit of a quota holds."""

    quota: Quota
    first: int
    last: int

    @property
    def spent(self) -> Fraction:
        """Return what was used before the horizon; the first window counts it."""
        return Fraction(0 if self.first else self.quota.used)

    @property
    def limit(self) -> Fraction:
        """Return how much the plan may use."""
        return Fraction(self.quota.limit) - self.spent


def quota_windows(instance: Instance) -> list[QuotaWindow]:
    """Return the windows of quotas that add up over time.

    Raises `InstanceError` when a calendar period starts within a slot.
    """
    found = []
    for at, quota in enumerate(instance.quotas):
        if quota.per == "horizon":
            found.append(QuotaWindow(quota, 0, instance.time.slots - 1))
        elif quota.per in PERIODS:
            try:
                spans = calendar_windows(instance.time, quota.per)
            except ValueError as error:
                text = f"a quota per {quota.per}, but {error}"
                raise InstanceError([Finding(text, ("quotas", at, "per"))]) from None
            found += [QuotaWindow(quota, first, last) for first, last in spans]
    return found


def compile_quotas(
    instance: Instance,
    rows: RowBuilder,
    groups: Sequence[tuple[int, Sequence[CompiledOption]]],
    services: CompiledServices,
) -> list[tuple[Limit, Fraction]]:
    """Return the problem's quotas, one per window, with units; `groups` holds copies and columns."""
    runs = sum(copies for copies, _ in groups)
    unit_slots = sum(copies * max((c.slots * sum(c.amounts) for c in columns), default=0) for copies, columns in groups)
    unit_slots += sum(way.greatest * sum(way.amounts) for way in services.ways) * instance.time.slots
    windows = check_time_each(quota_windows(instance))
    return [_compile_window(instance, rows, groups, services, window, (runs, unit_slots)) for window in windows]


def _compile_window(
    instance: Instance,
    rows: RowBuilder,
    groups: Sequence[tuple[int, Sequence[CompiledOption]]],
    services: CompiledServices,
    window: QuotaWindow,
    most: tuple[int, int],
) -> tuple[Limit, Fraction]:
    """Return the limit of one window and its unit; `most` bounds runs, and demand units times slots."""
    quota = window.quota
    use = _use(instance, rows, window)
    number = next(at for at, each in enumerate(instance.quotas) if each.id == quota.id)
    options = enumerate(column for _, columns in groups for column in columns)
    once = {at: amount for at, column in options if (amount := dict(column.once).get(number))}
    shared = _node_use(instance, rows, window)
    starts = services.start_use(quota)
    rates = [value for line in use.values() for value in set(line)]
    unit = _unit(window, [*once.values(), *rates, *starts, *(shared.numbers() if shared else ())])
    steepest, dearest = (max(map(abs, each), default=Fraction(0)) for each in (rates, once.values()))
    if shared or any(starts) or dearest * most[0] + steepest * most[1] > MAX_SUM * unit:
        _countable(quota, unit, groups, use, once, shared, rows, services, starts)
    whole = partial(_whole, unit)
    rate = np.array([[whole(value) for value in line] for line in use.values()], np.int64)
    limit = Limit(
        limit=max(-MAX_LIMIT, min(MAX_LIMIT, floor(window.limit / unit))),
        rows=np.array(list(use), np.int64),
        rate=rate.reshape(len(use), instance.time.slots),
        options=np.array(list(once), np.int64),
        once=np.array([whole(amount) for amount in once.values()], np.int64),
        first=window.first,
        last=window.last,
        nodes=shared.whole(whole) if shared else None,
        replicas=services.starts(list(map(whole, starts)), window.first, window.last) if any(starts) else None,
    )
    return limit, unit


def _use(instance: Instance, rows: RowBuilder, window: QuotaWindow) -> dict[int, list[Fraction]]:
    """Return the use of a quota by a demand unit and slot, by row; rows that no option uses are left out."""
    quota, counters = window.quota, {quota.id: own for quota, own in rows.counting}
    use = {}
    for pool in rows.covered(quota):
        for name in check_time_each(rows.counted(quota, pool)):
            row = counters[quota.id].get((pool.id, name), rows.index[pool.id, name])
            if row in rows.used:
                hours = Fraction(instance.time.slot, 3600 * rows.scale[row])
                use[row] = [
                    weight * hours if window.first <= slot <= window.last else Fraction(0)
                    for slot, weight in enumerate(_weights(instance, quota, pool, name))
                ]
    return use


def _node_use(instance: Instance, rows: RowBuilder, window: QuotaWindow) -> NodeRates | None:
    """Return the use of a quota by nodes; None where nodes do not count."""
    quota, weights = window.quota, {"money": (1, 0, 0), "energy": (0, 1, 0), "carbon": (0, 0, 1)}
    if not quota.whole or quota.of not in weights:
        return None
    covered = {pool.id for pool in rows.covered(quota)}
    rates = node_rates(instance, rows.kinds, *map(Fraction, weights[quota.of]))
    return _only(rates, [kind.pool.id in covered for kind in rows.kinds]).within(window.first, window.last)


def _weights(instance: Instance, quota: Quota, pool: Pool, name: str) -> list[Fraction]:
    """Return the use of a quota by a unit-hour of a resource, by slot."""
    if quota.of == "money":
        price = mean_by_slot(pool.price[name], instance.time) if name in pool.price else zero_series(instance.time)
        if quota.whole:
            return price
        charge = charge_by_slot(pool, name, instance.time)
        return [paid + charged for paid, charged in zip(price, charge, strict=True)]
    if quota.of == "carbon" and pool.carbon is not None:
        return [grams / 1000 for grams in mean_by_slot(pool.carbon, instance.time)]
    return [Fraction(1)] * instance.time.slots


def _only(found: NodeRates, keep: Sequence[bool]) -> NodeRates:
    """Return rates with zero for kinds that do not count."""

    def cut(grid: list[list[Fraction]]) -> list[list[Fraction]]:
        return [line if kept else [Fraction(0)] * len(line) for line, kept in zip(grid, keep, strict=True)]

    commit = [value if kept else Fraction(0) for value, kept in zip(found.commit, keep, strict=True)]
    return NodeRates(cut(found.on_demand), cut(found.on), cut(found.start), cut(found.stop), commit)


def _unit(window: QuotaWindow, amounts: Iterable[Fraction]) -> Fraction:
    """Return the largest unit in which all amounts are whole, if possible also the limit."""
    used = set(amounts)
    for values in (used | {window.limit}, used):  # of whole amounts the whole part of a limit is enough
        denominator = lcm(*(value.denominator for value in values))
        divisor = gcd(*(int(value * denominator) for value in values)) or 1
        largest, unit = max(map(abs, values), default=Fraction(0)), Fraction(divisor, denominator)
        if largest <= MAX_USE * unit:
            return unit
    raise InstanceError([_too_fine(window.quota, unit, largest, "2^50")])


def _too_fine(quota: Quota, unit: Fraction, largest: Fraction, most: str) -> Finding:
    text = f"amounts of up to {float(largest):.6g}, in steps of {float(unit):.6g}"
    return Finding(f"quota {quota.id!r}: {text}; at most {most} steps can be counted", ("quotas",))


def _countable(
    quota: Quota,
    unit: Fraction,
    groups: Sequence[tuple[int, Sequence[CompiledOption]]],
    use: dict[int, list[Fraction]],
    once: dict[int, Fraction],
    shared: NodeRates | None,
    rows: RowBuilder,
    services: CompiledServices,
    starts: Sequence[Fraction],
) -> None:
    """Refuse a quota whose possible use int64 cannot hold."""
    steepest = {row: int(max(map(abs, line), default=Fraction(0)) / unit) for row, line in use.items()}
    total, at = Fraction(0), 0
    for copies, columns in groups:
        most = 0
        for column in columns:
            held = sum(
                steepest[row] * amount
                for row, amount in zip(column.rows, column.amounts, strict=True)
                if row in steepest
            )
            most = max(most, column.slots * held + int(abs(once.get(at, Fraction(0))) / unit))
            at += 1
        total += copies * most
    for way in services.ways:
        held = sum(steepest.get(row, 0) * amount for row, amount in zip(way.rows, way.amounts, strict=True))
        total += way.greatest * held * rows.time.slots
    for way, cost in zip(services.ways, starts, strict=True):
        total += way.greatest * rows.time.slots * cost / unit
    for kind, own in enumerate(rows.kinds if shared else ()):
        assert shared is not None
        grids = (shared.on_demand, shared.on, shared.start, shared.stop)
        total += max(own.count, default=0) * sum(sum(map(abs, grid[kind])) for grid in grids) / unit
        total += own.commit_max * abs(shared.commit[kind]) / unit
    if total > MAX_SUM:
        raise InstanceError([_too_fine(quota, unit, total * unit, "2^60")])


def _whole(unit: Fraction, value: Fraction) -> int:
    return int(value / unit)
