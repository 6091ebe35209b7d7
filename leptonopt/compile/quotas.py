"""Compile quotas: the use of each by columns and nodes, in whole units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import floor, gcd, lcm

import numpy as np

from leptonopt.compile.calendar import PERIODS, calendar_windows, mean_by_slot, zero_series
from leptonopt.compile.charges import charge_by_slot
from leptonopt.compile.money import NodeRates, node_rates
from leptonopt.compile.pool_options import Columns
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.services import CompiledServices
from leptonopt.errors import Finding, InstanceError, Path
from leptonopt.instance import Instance, Measure, Meter, Pool, Quota, Time
from leptonopt.instance.quotas import NODE_HOURS
from leptonopt.problem.problem import Quota as Limit
from leptonopt.runtime.clock import check_time_each

Groups = Sequence[tuple[int, Columns]]  # copies and columns of each group
MAX_USE = 2**50
MAX_SUM = 2**60
MAX_LIMIT = 2**61  # more than can be used


@dataclass(frozen=True)
class Window:
    """First and last slot for which a quota or a meter adds up."""

    quota: Measure
    first: int
    last: int

    @property
    def spent(self) -> Fraction:
        """Return what was used before the horizon; the first window counts it."""
        return Fraction(0 if self.first else self.quota.used)


@dataclass(frozen=True)
class QuotaWindow(Window):
    """First and last slot for which a limit of a quota holds."""

    quota: Quota

    @property
    def limit(self) -> Fraction:
        """Return how much the plan may use."""
        return Fraction(self.quota.limit) - self.spent


@dataclass(frozen=True)
class MeterWindow(Window):
    """First and last slot for which a meter adds up."""

    quota: Meter

    @property
    def tiers(self) -> list[tuple[Fraction, Fraction]]:
        """Return where each tier begins within what the plan uses, from 0 on, and its price [money per unit]."""
        stated = [
            (max(Fraction(0), Fraction(tier.from_) - self.spent), Fraction(tier.price)) for tier in self.quota.tiers
        ]
        return [tier for tier, after in zip(stated, [*stated[1:], None], strict=True) if after is None or after[0]]

    @property
    def least(self) -> Fraction:
        """Return what the plan pays at least [money]: the minimum, less what was paid before the horizon."""
        return max(Fraction(0), Fraction(self.quota.minimum) - self.quota.cost(self.spent))

    def cost(self, used: Fraction) -> Fraction:
        """Return what the plan pays where so much is used, before the horizon included [money]."""
        return max(self.least, self.quota.cost(used) - self.quota.cost(self.spent))


def quota_windows(instance: Instance) -> list[QuotaWindow]:
    """Return the windows of quotas that add up over time.

    Raises `InstanceError` when a calendar period starts within a slot.
    """
    each = ((quota, _spans(instance, quota, ("quotas", at, "per"))) for at, quota in enumerate(instance.quotas))
    return [QuotaWindow(quota, first, last) for quota, spans in each for first, last in spans]


def meter_windows(instance: Instance) -> list[MeterWindow]:
    """Return the windows of meters; raises `InstanceError` when a calendar period starts within a slot."""
    each = ((meter, _spans(instance, meter, ("meters", at, "per"))) for at, meter in enumerate(instance.meters))
    return [MeterWindow(meter, first, last) for meter, spans in each for first, last in spans]


def _spans(instance: Instance, measure: Measure, path: Path) -> list[tuple[int, int]]:
    """Return first and last slot of each window; none for a quota at every moment."""
    if measure.per == "slot":
        return [(slot, slot) for slot in range(instance.time.slots)]
    if measure.per not in PERIODS:
        return [(0, instance.time.slots - 1)] if measure.per == "horizon" else []
    try:
        return calendar_windows(instance.time, measure.per)
    except ValueError as error:
        text = f"a {str(path[0])[:-1]} per {measure.per}, but {error}"
        raise InstanceError([Finding(text, path)]) from None


def compile_quotas(
    instance: Instance,
    rows: RowBuilder,
    groups: Groups,
    services: CompiledServices,
) -> list[tuple[Limit, Fraction]]:
    """Return the problem's quotas, one per window, with units; `groups` holds copies and columns."""
    if not (windows := quota_windows(instance)):
        return []
    runs = sum(copies for copies, _ in groups)
    unit_slots = sum(copies * max((c.slots * sum(c.amounts) for c in columns), default=0) for copies, columns in groups)
    unit_slots += sum(way.greatest * sum(way.amounts) for way in services.ways) * instance.time.slots
    most = runs, unit_slots
    return [_compile_window(instance, rows, groups, services, window, most) for window in check_time_each(windows)]


def _compile_window(
    instance: Instance,
    rows: RowBuilder,
    groups: Groups,
    services: CompiledServices,
    window: QuotaWindow,
    most: tuple[int, int],
) -> tuple[Limit, Fraction]:
    """Return the limit of one window and its unit; `most` bounds runs, and demand units times slots."""
    used = Use.of(instance, rows, groups, services, window)
    unit = unit_of(window.quota, used.numbers(), window.limit)
    steepest, dearest = (max(map(abs, each), default=Fraction(0)) for each in (used.rates, used.once.values()))
    if used.nodes or any(used.starts) or dearest * most[0] + steepest * most[1] > MAX_SUM * unit:
        countable(used, unit, groups, rows, services)
    return used.limit(unit, max(-MAX_LIMIT, min(MAX_LIMIT, floor(window.limit / unit))), services), unit


@dataclass(frozen=True)
class Use:
    """The use of a window by demand units of rows, starts of options, nodes, and starts of replicas."""

    window: Window
    slots: int
    rows: dict[int, list[Fraction]]
    once: dict[int, Fraction]
    nodes: NodeRates | None
    starts: Sequence[Fraction]

    @classmethod
    def of(
        cls,
        instance: Instance,
        rows: RowBuilder,
        groups: Groups,
        services: CompiledServices,
        window: Window,
    ) -> Use:
        """Return the use of a window; `groups` holds copies and columns."""
        use, starts = _use(instance, rows, window), services.start_use(window.quota)
        found = cls(window, instance.time.slots, use, {}, _node_use(instance, rows, window), starts)
        return found.with_options(instance, groups)

    def with_options(self, instance: Instance, groups: Groups) -> Use:
        """Return the use with what these options use once."""
        number = next(at for at, each in enumerate(instance.measures) if each.id == self.window.quota.id)
        options = enumerate(column for _, columns in groups for column in columns)
        return replace(self, once={at: amount for at, column in options if (amount := dict(column.once).get(number))})

    @property
    def rates(self) -> list[Fraction]:
        """Return the use by demand units of rows."""
        return [value for line in self.rows.values() for value in set(line)]

    def numbers(self) -> list[Fraction]:
        """Return all amounts of use."""
        return [*self.once.values(), *self.rates, *self.starts, *(self.nodes.numbers() if self.nodes else ())]

    def limit(self, unit: Fraction, limit: int, services: CompiledServices) -> Limit:
        """Return the limit on this use, in whole units."""
        whole, window = partial(_whole, unit), self.window
        rate = np.array([[whole(value) for value in line] for line in self.rows.values()], np.int64)
        starts = list(map(whole, self.starts))
        return Limit(
            limit=limit,
            rows=np.array(list(self.rows), np.int64),
            rate=rate.reshape(len(self.rows), self.slots),
            options=np.array(list(self.once), np.int64),
            once=np.array([whole(amount) for amount in self.once.values()], np.int64),
            first=window.first,
            last=window.last,
            nodes=self.nodes.whole(whole) if self.nodes else None,
            replicas=services.starts(starts, window.first, window.last) if any(starts) else None,
        )


def _use(instance: Instance, rows: RowBuilder, window: Window) -> dict[int, list[Fraction]]:
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


def _node_use(instance: Instance, rows: RowBuilder, window: Window) -> NodeRates | None:
    """Return the use of a quota by nodes; None where nodes do not count."""
    quota, weights = window.quota, {"money": (1, 0, 0), "energy": (0, 1, 0), "carbon": (0, 0, 1)}
    if not quota.whole or quota.of not in {*weights, NODE_HOURS}:
        return None
    covered = {pool.id for pool in rows.covered(quota)}
    if quota.of == NODE_HOURS:
        return node_hours(instance, window, [kind.pool.id in covered for kind in rows.kinds])
    rates = node_rates(instance, rows.kinds, *map(Fraction, weights[quota.of]))
    return _only(rates, [kind.pool.id in covered for kind in rows.kinds]).within(window.first, window.last)


def in_window(window: Window, time: Time, value: Fraction) -> list[Fraction]:
    """Return a value for each slot of a window, and 0 for the others."""
    return [value if window.first <= slot <= window.last else Fraction(0) for slot in range(time.slots)]


def node_hours(instance: Instance, window: Window, counted: Sequence[bool], on_demand: bool = False) -> NodeRates:
    """Return the hours of nodes of some kinds in a window: of all that are on, or of those on demand.

    Lines that are equal are one object.
    """
    time = instance.time
    none, own = zero_series(time), in_window(window, time, Fraction(time.slot, 3600))
    nothing, hours = [none] * len(counted), [own if each else none for each in counted]
    grids = (hours, nothing) if on_demand else (nothing, hours)
    return NodeRates(*grids, nothing, nothing, [Fraction(0)] * len(counted))


def _weights(instance: Instance, quota: Measure, pool: Pool, name: str) -> list[Fraction]:
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
        none = [Fraction(0)] * max(map(len, grid), default=0)
        return [line if kept else none for line, kept in zip(grid, keep, strict=True)]

    commit = [value if kept else Fraction(0) for value, kept in zip(found.commit, keep, strict=True)]
    return NodeRates(cut(found.on_demand), cut(found.on), cut(found.start), cut(found.stop), commit)


def unit_of(quota: Measure, amounts: Iterable[Fraction], limit: Fraction = Fraction(0)) -> Fraction:
    """Return the largest unit in which all amounts are whole, if possible also the limit."""
    used = set(amounts)
    for values in (used | {limit}, used):  # of whole amounts the whole part of a limit is enough
        denominator = lcm(*(value.denominator for value in values))
        divisor = gcd(*(int(value * denominator) for value in values)) or 1
        largest, unit = max(map(abs, values), default=Fraction(0)), Fraction(divisor, denominator)
        if largest <= MAX_USE * unit:
            return unit
    raise InstanceError([_too_fine(quota, unit, largest, "2^50")])


def _too_fine(quota: Measure, unit: Fraction, largest: Fraction, most: str) -> Finding:
    text, kind = f"amounts of up to {float(largest):.6g}, in steps of {float(unit):.6g}", type(quota).__name__.lower()
    return Finding(f"{kind} {quota.id!r}: {text}; at most {most} steps can be counted", (f"{kind}s",))


def countable(
    used: Use,
    unit: Fraction,
    groups: Groups,
    rows: RowBuilder,
    services: CompiledServices,
) -> Fraction:
    """Return the most that can be used [units]; refuse what int64 cannot hold."""
    use, once, shared, starts = used.rows, used.once, used.nodes, used.starts
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
    if shared is not None:
        for own, commit, size in zip(rows.kinds, shared.commit, shared.sizes(), strict=True):
            total += (max(own.count, default=0) * size + own.commit_max * abs(commit)) / unit
    if total > MAX_SUM:
        raise InstanceError([_too_fine(used.window.quota, unit, total * unit, "2^60")])
    return total


def _whole(unit: Fraction, value: Fraction) -> int:
    return int(value / unit)
