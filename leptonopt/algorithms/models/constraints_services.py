"""The rules of the model for services: counts of replicas, cuts that serve the demand, and batches.

The cuts of `leptonopt.problem.serving` state in replicas and money when a routing exists. For whole numbers of replicas
each cut implies others, divided by the weight of a way and rounded up, which are tighter. Where cuts are too many,
some of them stand beside variables of a routing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

import numpy as np

from leptonopt.algorithms.models.rows import Rows, RowTable, Variables
from leptonopt.problem.arrays import Ints
from leptonopt.problem.serving import Cuts, Family

CLASS, TIME, MONEY = range(3)  # kinds of rows of a routing
HELD = 2**59  # coefficient of a cut, at most
Terms = list[tuple[Ints, Ints, Ints]]  # rows, variables, coefficients


class _Lines:
    """Rows of one rule, collected in blocks: each at most `upper`."""

    def __init__(self, name: str) -> None:
        self.name, self.table, self.upper, self.label = name, RowTable(), list[Ints](), list[Ints]()
        self.size = 0

    def block(self, count: int, upper: Ints | int, *label: Ints | int) -> Ints:
        """Return the keys of new rows."""
        rows = self.size + np.arange(count)
        self.size += count
        self.upper.append(np.broadcast_to(np.asarray(upper, np.int64), count))
        self.label.append(np.stack([np.broadcast_to(np.asarray(part, np.int64), count) for part in label], axis=1))
        return rows

    def add(self, rows: Ints, variables: Ints, coefficient: Ints | int) -> None:
        """Add entries; those of row -1, which was not made, are left out."""
        kept, entries = rows >= 0, np.broadcast_to(np.asarray(coefficient, np.int64), len(rows))
        self.table.add(rows[kept], variables[kept], entries[kept])

    def rows(self) -> Rows:
        """Return the rows."""
        width = max((part.shape[1] for part in self.label), default=1)
        label = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=-1) for part in self.label]
        none = [np.zeros(0, np.int64)]
        labels = np.concatenate([np.zeros((0, width), np.int64), *label])
        return self.table.rows(self.name, np.arange(self.size), np.concatenate([*none, *self.upper]), labels)


def held_entries(variables: Variables) -> Iterator[tuple[int, Ints, int]]:
    """Yield (row, variables by slot, amount) of all that replicas hold."""
    services = variables.problem.services
    for way in range(len(services.pool)):
        for at in range(services.hold_ptr[way], services.hold_ptr[way + 1]):
            yield int(services.hold_row[at]), variables.services["h", way], int(services.hold[at])


def usable(variables: Variables, way: int) -> Terms:
    """Return (slots, variables, coefficients) of the usable replicas of a way, less what is in `booted`."""
    services, slots = variables.problem.services, np.arange(variables.problem.slots)
    terms = [(slots, variables.services["h", way], np.ones(len(slots), np.int64))]
    for back in range(int(services.boot[way])):
        started = variables.services["s", way][: len(slots) - back]
        terms.append((slots[back:], started, np.full(len(started), -1)))
    return terms


def replicas(variables: Variables) -> Rows:
    """Return rule `replicas`: switching, minimum time, limits, least counts, and one way."""
    lines, services = _Lines("replicas"), variables.problem.services
    for way in range(len(services.pool)):
        _switched(lines, variables, way)
        _minimum(lines, variables, way)
        if services.least[way]:
            _at_least(lines, variables, [way], int(services.least[way]))
    for service in range(len(services)):
        ways = list(range(services.way_ptr[service], services.way_ptr[service + 1]))
        if services.service_least[service]:
            _at_least(lines, variables, ways, int(services.service_least[service]))
        _limit(lines, variables, service, ways)
        if services.one_way[service]:
            _one_way(lines, variables, service, ways)
    return lines.rows()


def _switched(lines: _Lines, variables: Variables, way: int) -> None:
    """State u >= h[t] - h[t-1] and v >= h[t] - h[t+1].

    h is `running` before the first slot, and 0 after the last.
    """
    on, slots = variables.services["h", way], np.arange(variables.problem.slots)
    for letter, neighbour, mine in (("s", slots[:-1], slots[1:]), ("d", slots[1:], slots[:-1])):
        if (letter, way) not in variables.services or not len(slots):
            continue
        upper = np.zeros(len(slots), np.int64)
        if letter == "s":
            upper[0] = variables.problem.services.running[way]
        rows = lines.block(len(slots), upper, 0 if letter == "s" else 1, way, slots)
        lines.add(rows, on, 1)
        lines.add(rows, variables.services[letter, way], -1)
        lines.add(rows[mine], on[neighbour], -1)


def _minimum(lines: _Lines, variables: Variables, way: int) -> None:
    """State that replicas switched on in the last `minimum` slots are on."""
    minimum, slots = int(variables.problem.services.minimum[way]), np.arange(variables.problem.slots)
    if minimum > 1 and len(slots):
        rows = lines.block(len(slots), 0, 2, way, slots)
        lines.add(rows, variables.services["h", way], -1)
        for back in range(min(minimum, len(slots))):
            lines.add(rows[back:], variables.services["s", way][: len(slots) - back], 1)


def _at_least(lines: _Lines, variables: Variables, ways: list[int], least: int) -> None:
    """State that usable replicas of ways are at least so many."""
    rows = lines.block(variables.problem.slots, -least, 3, ways[0], np.arange(variables.problem.slots))
    for way in ways:
        for slots, at, factor in usable(variables, way):
            lines.add(rows[slots], at, -factor)


def _limit(lines: _Lines, variables: Variables, service: int, ways: list[int]) -> None:
    """State that replicas of a service are at most its limit, where they can be more."""
    limit = variables.problem.services.limit[service]
    most = sum(variables.replicas_most[way] for way in ways)
    slots = np.flatnonzero(most > limit)
    rows = lines.block(len(slots), limit[slots], 4, service, slots)
    for way in ways:
        lines.add(rows, variables.services["h", way][slots], 1)


def _one_way(lines: _Lines, variables: Variables, service: int, ways: list[int]) -> None:
    """State that only the replicas of the chosen way are ever on."""
    chosen, slots = variables.services["o", service], np.arange(variables.problem.slots)
    rows = lines.block(1, 1, 5, service)
    lines.add(np.repeat(rows, len(ways)), chosen, 1)
    for at, way in enumerate(ways):
        rows = lines.block(len(slots), 0, 6, way, slots)
        lines.add(rows, variables.services["h", way], 1)
        lines.add(rows, np.repeat(chosen[at], len(slots)), -np.max(variables.replicas_most[way], initial=0))


def serve(variables: Variables) -> Rows:
    """Return rule `serve`: the cuts of every service and slot, and those rounded for whole numbers."""
    lines, problem = _Lines("serve"), variables.problem
    for service, serving in enumerate(problem.serving):
        demand = problem.services.demand[problem.services.classes(service)]
        _left_by_failures(lines, variables, service)
        for number, lost in enumerate(serving.losses):
            routed = variables.routed(service, number)
            family = (serving.stated if routed else serving.cuts)[number]
            chosen = variables.services.get(("k", service, number))
            for mode, cuts in enumerate(family):
                at = None if chosen is None else chosen[mode * problem.slots : (mode + 1) * problem.slots]
                _cut_rows(lines, variables, service, cuts, demand, at, lost)
            if chosen is not None:
                _one_mode(lines, service, chosen, len(family))
    return lines.rows()


def mixed(variables: Variables) -> Rows:
    """Return cuts with money, rounded for whole replicas.

    Of a cut sum of weight usable + paid money >= need, and a divisor d with the rest r > 0 of need, holds as well

        sum of ((weight // d) r + min(r, weight % d)) usable + paid money >= ceil(need / d) r

    (mixed integer rounding; Marchand and Wolsey 2001, doi:10.1287/opre.49.3.363.11211). Engines find such rows in
    integer programs; a linear relaxation needs them to have prices that are of use.
    """
    lines, problem = _Lines("serve.mixed"), variables.problem
    for service, serving in enumerate(problem.serving):
        if ("p", service) in variables.services and len(serving.all_families[0]) == 1:
            demand = problem.services.demand[problem.services.classes(service)]
            _mixed_rows(lines, variables, service, serving.stated[0][0], demand)
    return lines.rows()


def _mixed_rows(lines: _Lines, variables: Variables, service: int, cuts: Cuts, demand: Ints) -> None:
    """State the rounded rows of each cut with money, by the weight of each way."""
    required = np.maximum(0, cuts.required(demand.T))
    for number in np.flatnonzero(cuts.paid).tolist():
        money, spared = _money(variables, service, cuts, number)
        weights, paid, need = next(rounded(cuts.weight[number].tolist(), money, required[:, number] - spared))
        weight = np.array(weights)
        for divisor in sorted({each for each in weights if each}):
            rest = np.maximum(0, need) % divisor
            slots = np.flatnonzero(rest)
            right = -(-need // divisor) * rest
            rows = np.full(len(need), -1)
            rows[slots] = lines.block(len(slots), -right[slots], service, number, divisor, slots)
            each = (weight // divisor)[:, None] * rest + np.minimum(rest, (weight % divisor)[:, None])
            _usable_entries(lines, variables, service, rows, each)
            lines.add(rows, variables.services["p", service], -paid)


def routing(variables: Variables) -> Rows:
    """Return rule `serve` where cuts are too many: replicas give their time to classes, or miss requests.

    Labels are (service, family, kind, number, slot): kind CLASS of a class, TIME of a way, and MONEY.
    """
    lines = _Lines("serve.routing")
    for service, serving in enumerate(variables.problem.serving):
        for number, lost in enumerate(serving.losses):
            if variables.routed(service, number):
                family = serving.all_families[number][0]
                _class_rows(lines, variables, service, number, family)
                _time_rows(lines, variables, service, number, np.broadcast_to(lost, len(family.rates)).tolist())
                _money_rows(lines, variables, service, number, family)
    return lines.rows()


def _class_rows(lines: _Lines, variables: Variables, service: int, number: int, family: Family) -> None:
    """State that each class is served or missed."""
    services, slots = variables.problem.services, np.arange(variables.problem.slots)
    begin, own = int(services.way_ptr[service]), services.classes(service)
    for b, demand in enumerate(services.demand[own]):
        if demand.any():
            rows = lines.block(len(slots), -demand, service, number, CLASS, b, slots)
            for at, line in enumerate(family.rates):
                if line[b]:
                    lines.add(rows, variables.services["x", service, number, begin + at, b], -int(line[b]))
            if family.missed[b] is not None:
                lines.add(rows, variables.services["m", service, b], -1)


def _time_rows(lines: _Lines, variables: Variables, service: int, number: int, lost: list[int]) -> None:
    """State that usable replicas, less those lost, have the time."""
    slots, begin = np.arange(variables.problem.slots), int(variables.problem.services.way_ptr[service])
    for at, gone in enumerate(lost):
        mine = [name for name in variables.services if name[:4] == ("x", service, number, begin + at)]
        if mine:
            rows = lines.block(len(slots), 0, service, number, TIME, at, slots)
            for name in mine:
                lines.add(rows, variables.services[name], 1)
            for place, variable, factor in (
                _left(variables, begin + at, gone) if gone else usable(variables, begin + at)
            ):
                lines.add(rows[place], variable, -factor)


def _money_rows(lines: _Lines, variables: Variables, service: int, number: int, family: Family) -> None:
    """State that what is missed is paid for."""
    services, slots = variables.problem.services, np.arange(variables.problem.slots)
    priced = {b: Fraction(cost) for b, cost in enumerate(family.missed) if cost}
    if not priced or ("p", service) not in variables.services:
        return
    units = variables.missed_units(service)
    whole = lcm(*(cost.denominator for cost in priced.values()))
    step = services.missed_step * units * whole
    coarse = -(-max(step, *(int(cost * whole) for cost in priced.values())) // HELD)
    spared = -(-services.missed_step * (units - 1) * whole // coarse)
    rows = lines.block(len(slots), spared, service, number, MONEY, 0, slots)
    for b, cost in priced.items():
        lines.add(rows, variables.services["m", service, b], int(cost * whole) // coarse)
    lines.add(rows, variables.services["p", service], -step // coarse)


def _one_mode(lines: _Lines, service: int, chosen: Ints, modes: int) -> None:
    """State that at least one family of cuts holds in each slot."""
    slots = len(chosen) // modes
    rows = lines.block(slots, -1, service, -1, np.arange(slots))
    for mode in range(modes):
        lines.add(rows, chosen[mode * slots : (mode + 1) * slots], -1)


def _left_by_failures(lines: _Lines, variables: Variables, service: int) -> None:
    """State q <= max(0, usable - n) for each number n that may fail; e tells whether n are there."""
    ways, slots = variables.problem.services.ways(service), np.arange(variables.problem.slots)
    for way in range(ways.start, ways.stop):
        for failed in range(1, int(variables.problem.services.spare[service]) + 1):
            left, there = variables.services["q", way, failed], variables.services["e", way, failed]
            most = int(variables.most[left].max(initial=0))
            for amount, counted in ((failed, usable(variables, way)), (-max(0, most), [])):
                rows = lines.block(len(slots), 0, way, failed, slots)
                lines.add(rows, left, 1)
                lines.add(rows, there, amount)
                for at, variable, factor in counted:
                    lines.add(rows[at], variable, -factor)


def _cut_rows(
    lines: _Lines, variables: Variables, service: int, cuts: Cuts, demand: Ints, chosen: Ints | None, lost: Ints | int
) -> None:
    """State each cut in each slot, with `lost` replicas gone; with `chosen`, where its variable is 1."""
    required = np.maximum(0, cuts.required(demand.T))
    for number in range(len(cuts.paid)):
        money, spared = _money(variables, service, cuts, number)
        weight, need = cuts.weight[number].tolist(), np.maximum(0, required[:, number] - spared)
        for each, paid, right in rounded(weight, money, need, cuts.few):
            rows = lines.block(len(right), 0 if chosen is not None else -right, service, number, np.arange(len(right)))
            _usable_entries(lines, variables, service, rows, each, lost)
            if paid and ("p", service) in variables.services:  # without a demand nothing is missed
                lines.add(rows, variables.services["p", service], -paid)
            if chosen is not None:
                lines.add(rows, chosen, right)


def _left(variables: Variables, way: int, failed: int) -> Terms:
    """Return (slots, variables, coefficients) of the usable replicas that are left when some fail."""
    slots = np.arange(variables.problem.slots)
    return [(slots, variables.services["q", way, failed], np.ones(len(slots), np.int64))]


def _money(variables: Variables, service: int, cuts: Cuts, number: int) -> tuple[int, int]:
    """Return what a unit of `p` adds to a cut, and what less than a unit adds at most."""
    step = int(cuts.paid[number]) * variables.problem.services.missed_step
    units = variables.missed_units(service) if step else 1
    return step * units, step * (units - 1)


def _usable_entries(
    lines: _Lines, variables: Variables, service: int, rows: Ints, weight: Sequence[int] | Ints, lost: Ints | int = 0
) -> None:
    """Add usable replicas, less those lost, by their weight, or by their weight and slot."""
    begin = int(variables.problem.services.way_ptr[service])
    lines_of = np.broadcast_to(np.array(weight).reshape(len(weight), -1), (len(weight), len(rows)))
    for at, (amount, gone) in enumerate(zip(lines_of, np.broadcast_to(lost, len(weight)).tolist(), strict=True)):
        if amount.any():
            for slots, variable, factor in (
                _left(variables, begin + at, gone) if gone else usable(variables, begin + at)
            ):
                lines.add(rows[slots], variable, -amount[slots] * factor)


def rounded(weight: list[int], money: int, need: Ints, divided: bool = True) -> Iterator[tuple[list[int], int, Ints]]:
    """Yield a cut in its smallest numbers, and what it implies for whole replicas.

    This is, without money and where `divided`, the cut divided by each weight and rounded up.
    """
    common = int(np.gcd.reduce([*weight, money])) or 1
    weight, money, need = [each // common for each in weight], money // common, -(-need // common)
    unit = _coarse_unit(weight, money, need)
    weight, money, need = [-(-each // unit) for each in weight], -(-money // unit), need // unit
    yield weight, money, need.astype(np.int64)
    if divided and not money:
        for divisor in sorted({each for each in weight if each > 1}):
            yield [-(-each // divisor) for each in weight], 0, (-(-need // divisor)).astype(np.int64)


def _coarse_unit(weight: list[int], money: int, need: Ints) -> int:
    """Return by what a cut is divided so that int64 holds it; 1 where it does already.

    With the left side rounded up and the right side rounded down it is a relaxation, whose
    error is about one in 2**59.
    """
    return -(-max(1, money, int(need.max(initial=0)), *weight) // HELD)


def batches(variables: Variables) -> Rows:
    """Return rule `batches`: their work fits beside the demand, and they are done or left out."""
    lines, problem = _Lines("batches"), variables.problem
    of = problem.services.batches
    for service, offline in problem.offline.items():
        own, begin = problem.services.classes(service), problem.services.classes(service).start
        mine = np.flatnonzero(of.service == service).tolist()
        demand = np.vstack([problem.services.demand[own], np.zeros((len(offline.classes), problem.slots), np.int64)])
        for mode, cuts in enumerate(offline.modes):
            chosen = variables.services.get(("k", service, 0))
            at = None if chosen is None else chosen[mode * problem.slots : (mode + 1) * problem.slots]
            required = np.maximum(0, cuts.required(demand.T))
            for number in range(len(cuts.paid)):
                _offline_rows(lines, variables, service, cuts, number, required[:, number], at)
        for j in mine:
            for b in offline.classes:
                _done(lines, variables, j, begin + b)
    return lines.rows()


def _offline_rows(
    lines: _Lines, variables: Variables, service: int, cuts: Cuts, number: int, need: Ints, chosen: Ints | None
) -> None:
    """State one cut of demand and batches in each slot of the batches' windows.

    With `chosen` it holds where its variable is 1. Elsewhere rule `serve` says as much.
    """
    problem, offline = variables.problem, variables.problem.offline[service]
    prices = cuts.need[number, -len(offline.classes) :].tolist() if offline.classes else []
    if not any(prices):
        return
    slots, begin = _windows(variables, service), problem.services.classes(service).start
    most = sum(
        price * int(problem.services.batches.amount[problem.services.batches.service == service, begin + b].sum())
        for price, b in zip(prices, offline.classes, strict=True)
    )
    paid, spared = _money(variables, service, cuts, number)
    need, weight = need - spared, cuts.weight[number].tolist()
    unit = _coarse_unit(weight, paid, np.maximum(need, most))
    weight, paid, need, most = [-(-each // unit) for each in weight], -(-paid // unit), need // unit, -(-most // unit)
    prices = [price // unit for price in prices]
    upper = -need.astype(np.int64) if chosen is None else np.full(len(need), most)
    rows = np.full(problem.slots, -1)
    rows[slots] = lines.block(len(slots), upper[slots], service, number, slots)
    _usable_entries(lines, variables, service, rows, weight)
    if paid and ("p", service) in variables.services:
        lines.add(rows, variables.services["p", service], -paid)
    if chosen is not None:
        lines.add(rows, chosen, need.astype(np.int64) + most)
    for price, b in zip(prices, offline.classes, strict=True):
        for j in np.flatnonzero(problem.services.batches.service == service).tolist():
            at = variables.services.get(("z", j, begin + b))
            if price and at is not None:
                first = int(problem.services.batches.first[j])
                lines.add(rows[first : first + len(at)], at, price)


def _windows(variables: Variables, service: int) -> Ints:
    """Return the slots in which batches of a service can be done."""
    batches, inside = variables.problem.services.batches, np.zeros(variables.problem.slots, bool)
    for j in np.flatnonzero(batches.service == service).tolist():
        inside[batches.first[j] : batches.last[j] + 1] = True
    return np.flatnonzero(inside)


def _done(lines: _Lines, variables: Variables, j: int, b: int) -> None:
    """State that a class of a batch is done, or that the batch is left out."""
    amount = int(variables.problem.services.batches.amount[j, b])
    if amount:
        rows = lines.block(1, -amount, j, b, -1)
        at = variables.services["z", j, b]
        lines.add(np.repeat(rows, len(at)), at, -1)
        if ("l", j) in variables.services:
            lines.add(rows, variables.services["l", j], -amount)


def replica_costs(variables: Variables, costs: Ints) -> None:
    """Write what replicas, missed requests and batches left out cost into `costs`, shape (V,)."""
    problem, services = variables.problem, variables.problem.services
    for at, factors in variables.spent_by_replicas(services.costs):
        costs[at] = factors
    for row, at, amount in held_entries(variables):
        costs[at] += amount * problem.price[row]
    for name, at in variables.services.items():
        if name[0] == "p":
            costs[at] = services.missed_step * variables.missed_units(name[1])
        elif name[0] == "l":
            costs[at] = services.batches.value[name[1]]


RULES = (("replicas", replicas), ("serve", serve), ("serve", routing), ("batches", batches))
