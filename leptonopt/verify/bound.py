"""The lower bound of a certificate, computed anew: no plan can cost less.

A certificate is a set of prices, none below zero: on what pools offer in each slot, on quotas, on waiting, on
sharing a pool with what is kept apart. Whatever the prices are, charging them to what runs and paying them back
for what is on offer cannot raise the cost of a plan that keeps the rules; so that

    sum of copies * the cheapest way and start of a task at these prices
    + what nodes do best that cost what they cost and earn what they offer
    + what services do best that are paid for their demand, and for what their replicas hold
    - price * capacity - price * quota + price * lag - price * 1

is at most the cost of every plan. Capacity counts in multiples of the common divisor of what tasks use of it.
`models/README.md` has the derivation. Nothing here is searched: it is one minimum per task and one per node, in
integers, and it does not matter how the prices were found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, chain
from math import ceil, lcm
from operator import add, sub
from typing import Any

from leptonopt.verify.certificate_reader import Prices
from leptonopt.verify.exact import Malformed, exact
from leptonopt.verify.instance_reader import NOTHING, POWER, Kind, StatedInstance, StatedOption
from leptonopt.verify.multiples import common_parts, used_up
from leptonopt.verify.node_bound import best_of_nodes
from leptonopt.verify.quotas import covers
from leptonopt.verify.service_bound import Charges, ServiceBound, check_names
from leptonopt.verify.spot import Spot
from leptonopt.verify.stated_services import StatedService, stated_batches, stated_services
from leptonopt.verify.windows import Fit, Span, Windows, slot_of

ONE_BY_ONE = 64  # nodes of a kind
Line = list[int]


class Bound:
    """The bound that prices prove for an instance."""

    def __init__(self, stated: StatedInstance, certificate: Mapping[str, Any]) -> None:
        self.stated, self.prices = stated, Prices(stated, certificate)
        self.services, self.batches = stated_services(stated), stated_batches(stated)
        check_names(self.prices, self.services, self.batches)
        self.kinds = stated.kinds(self._cuts())
        self.apart = stated.told_apart()
        self._offered = self._on_offer()
        self._blocked: dict[tuple[Any, ...], Line] = {}
        self._lines: dict[tuple[Any, ...], tuple[Line, int]] = {}
        self._spots: dict[tuple[Any, ...], Spot] = {}
        self._least: dict[tuple[Any, ...], dict[str, Fraction]] = {}
        self._set_of = {
            id: number for number, ids in reversed([*enumerate(stated.document.get("together") or ())]) for id in ids
        }

    def _cuts(self) -> Mapping[tuple[str, str], Iterable[int]]:
        """Nodes that are looked at one by one: the first of each kind, and those that have prices."""
        cuts: dict[tuple[str, str], set[int]] = defaultdict(set)
        for kind in self.stated.kinds():
            cuts[kind.pool, kind.name] |= set(range(ONE_BY_ONE + 1))
        for pool, _, node in self.prices.capacity:
            name, _, number = str(node or "").rpartition("/")
            if number.isdecimal():
                cuts[pool, name] |= {int(number) - 1, int(number)}
        return cuts

    def value(self) -> Fraction | None:
        """Return the bound; None when a task that must run has no option and no start, so that no plan exists."""
        stated, total = self.stated, self.prices.constant()
        windows = self.windows()
        if windows.impossible:
            return None
        shared: dict[int, list[tuple[int, Fraction | None, dict[str, Fraction]]]] = defaultdict(list)
        for id, task in stated.tasks.items():
            copies, out = int(task.get("copies", 1)), None
            if id in windows.may_miss:
                out = stated.weight * exact(task.get("value") or 0) + self.prices.left_out(id)
            least = self._cheapest(id, windows)
            if (number := self._set_of.get(id)) is not None:
                shared[number].append((copies, out, least))
                continue
            costs = [*least.values(), *([] if out is None else [out])]
            if not costs:
                return None
            total += copies * min(costs)
        for members in shared.values():
            together = _on_one_pool(members)
            if together is None:
                return None
            total += together
        return total + self._best_of_supply - self._paid_back(windows)

    def windows(self) -> Windows:
        """Return the windows of all tasks, with the ways and starts at which each fits alone."""
        return Windows(self.stated, {id: self.fits(id) for id in self.stated.tasks}, self.prices.edges)

    @cached_property
    def _best_of_supply(self) -> Fraction:
        """Return the least that nodes and services can cost at these prices."""
        services = sum((self._best_of_service(service) for service in self.services.values()), NOTHING)
        return sum((best_of_nodes(self.stated, kind, self.prices) for kind in self.kinds), services)

    def _paid_back(self, windows: Windows) -> Fraction:
        """The prices of what pools offer without nodes, as far as it can be used up."""
        steps, total = self.amounts(windows), NOTHING
        for (pool, name, node), price in self.prices.capacity.items():
            if node is not None:
                if not any(kind.pool == pool and kind.single and kind.label == node for kind in self.kinds):
                    raise Malformed(f"capacity: {node!r} is no node of pool {pool!r} that is told apart")
            elif (pool, name) not in self._offered:
                for each, most in zip(price, self.offered(pool, name), strict=True):
                    if each and most is None:
                        raise Malformed(f"capacity: nothing limits {name} of pool {pool!r}; it can have no price")
                    total += each * used_up(most or NOTHING, steps.get((pool, name), NOTHING))
        return total

    def amounts(self, windows: Windows) -> dict[tuple[str, str], Fraction]:
        """Return by pool and resource the greatest amount of which all that uses it takes multiples."""
        replicas = (way.option for service in self.services.values() for way in service.ways.values())
        return common_parts(chain((fit.way for fits in windows.fits.values() for fit in fits), replicas))

    # --- one service ---

    def _best_of_service(self, service: StatedService) -> Fraction:
        """Return the least that a service can cost at these prices."""
        batches = [batch for batch in self.batches.values() if batch.service == service.id]
        charges = Charges(self.stated, self.prices, self._price, self.offered)
        ways = {name: charges.of(service, way) for name, way in service.ways.items()}
        return ServiceBound(self.stated, service, batches, self.prices, ways).value()

    # --- one task ---

    def _cheapest(self, id: str, windows: Windows) -> dict[str, Fraction]:
        """The least cost of a copy at these prices, by pool."""
        task = self.stated.tasks[id]
        key = (
            repr(
                sorted(
                    (name, value)
                    for name, value in task.items()
                    if name not in ("id", "copies", "optional", "value", "after")
                )
            ),
            windows.release[id],
            windows.deadline[id],
            self.prices.key(id),
        )
        if key not in self._least:
            found: dict[str, Fraction] = {}
            for fit in windows.fits[id]:
                cost = self._least_of(id, task, fit, windows.release[id], windows.deadline[id])
                pool = fit.way.pool
                if cost is not None and (pool not in found or cost < found[pool]):
                    found[pool] = cost
            self._least[key] = found
        return self._least[key]

    def _least_of(self, id: str, task: Mapping[str, Any], fit: Fit, release: int, deadline: int) -> Fraction | None:
        """The least cost of a way over its starts."""
        way, best = fit.way, None
        line, whole = self._line(id, way)
        ends, end_whole = self._by_end(id, task)
        once = self._once(id, way)
        constant = self.stated.weight * way.cost + self.prices.kept_apart(id, way.pool)
        parts = lcm(whole, end_whole, *(amount.denominator for amount in once))
        for length, (low, high) in fit.spans:
            low, high = max(low, release), min(high, deadline - length)
            if low > high:
                continue
            costs: Iterable[int] = map(sub, line[low + length : high + length + 1], line[low : high + 1])
            if parts != whole:
                costs = [cost * (parts // whole) for cost in costs]
            if any(ends):
                factor = parts // end_whole
                costs = map(add, costs, [cost * factor for cost in ends[low + length : high + length + 1]])
            if any(once):
                costs = map(add, costs, [int(amount * parts) for amount in once[low : high + 1]])
            if not way.milestone and way.pool in self.apart and (way.one_node or way.whole):
                found = self._on_nodes(way, length, low, high, list(costs), parts)
            else:
                found = Fraction(min(costs), parts)
            if found is not None and (best is None or found < best):
                best = found
        return None if best is None else best + constant

    def _on_nodes(
        self, way: StatedOption, length: int, low: int, high: int, costs: Line, parts: int
    ) -> Fraction | None:
        """Return the cost with the extra cost of the cheapest nodes that can hold it.

        For nodes that are told apart.
        """
        needed, best = max(1, way.whole), None
        held = {name: count / needed for name, count in way.uses.items() if (way.pool, name) in self._offered}
        held = {name: count for name, count in held.items() if count}
        if not held:
            return Fraction(min(costs), parts)
        lines = self._node_lines(way.pool, held, needed)
        for start in range(low, high + 1):
            end = start + length
            offers = sorted(more[end] - more[start] for more, gone in lines if gone[end] == gone[start])
            if len(offers) >= needed:
                cost = Fraction(costs[start - low], parts) + sum(offers[:needed], NOTHING)
                best = cost if best is None or cost < best else best
        return best

    def _node_lines(self, pool: str, held: Mapping[str, Fraction], needed: int) -> list[tuple[list[Fraction], Line]]:
        """Return the nodes of a pool that can hold an amount.

        For each: the extra cost, and where the node is not usable. Of nodes without prices that are usable in the same
        slots, as many as are needed stand for all.
        """
        lines, alike = [], dict[tuple[int, ...], int]()
        for kind in self.kinds:
            if kind.pool != pool or any(count > kind.size.get(name, NOTHING) for name, count in held.items()):
                continue
            many, gone = min(needed, (kind.last or 1) - (kind.node or 1) + 1), self._gone(kind)
            if not kind.single or not any((pool, name, kind.label) in self.prices.capacity for name in held):
                key = tuple(gone)
                many = min(many, needed - alike.get(key, 0))
                alike[key] = alike.get(key, 0) + many
            lines += [(self._node_line(kind, held), gone)] * many if many else []
        return lines

    def _node_line(self, kind: Kind, held: Mapping[str, Fraction]) -> list[Fraction]:
        """Return the extra cost of an amount on a node, from the horizon's start to each slot's beginning."""
        per_slot = [NOTHING] * self.stated.slots
        for name, count in held.items():
            price = self.prices.capacity.get((kind.pool, name, kind.label)) if kind.single else None
            if price is not None:
                per_slot = [known + count * own for known, own in zip(per_slot, price, strict=True)]
        return list(accumulate(per_slot, initial=NOTHING))

    def _gone(self, kind: Kind) -> Line:
        usable = _most(kind)
        return list(accumulate((int(not count) for count in usable), initial=0))

    def _line(self, id: str, way: StatedOption) -> tuple[Line, int]:
        """Return the cost of an option from slot 0 to each slot's beginning, in 1/n of money; and n."""
        covering = self.prices.covering(id, way)
        key = way.pool, tuple(way.uses.items()), covering, way.one_node, way.whole
        if key not in self._lines:
            per_slot = [NOTHING] * self.stated.slots
            for name, count in way.uses.items():
                if count:
                    price = self._price(way.pool, name, covering)
                    per_slot = [known + count * own for known, own in zip(per_slot, price, strict=True)]
            for packing in self.prices.packing:
                if packing.pool == way.pool and (weight := packing.weight(way)):
                    per_slot = [known + weight * own for known, own in zip(per_slot, packing.price, strict=True)]
            whole = lcm(*(value.denominator for value in set(per_slot)))
            self._lines[key] = list(accumulate((int(value * whole) for value in per_slot), initial=0)), whole
        return self._lines[key]

    def _price(self, pool: str, name: str, covering: tuple[int, ...]) -> list[Fraction]:
        """Return the cost of a unit held for a slot at these prices."""
        stated, slots = self.stated, range(self.stated.slots)
        money, power = stated.price_sum(pool, name), name == POWER
        carbon = stated.carbon_sum(pool) if power else None
        own = self.prices.capacity.get((pool, name, None))
        total = [stated.weight * (money[t + 1] - money[t]) + (own[t] if own else 0) for t in slots]
        if carbon is not None and stated.carbon_weight:
            total = [cost + stated.carbon_weight * (carbon[t + 1] - carbon[t]) for t, cost in enumerate(total)]
        for number in covering:
            priced = self.prices.quotas[number]
            if priced.moment:  # of a resource, also of one that is named money, carbon or energy
                if priced.of != name:
                    continue
                used = [Fraction(1)] * len(slots)
            elif priced.of == "money":
                sums = stated.quota_sum(priced.quota, pool, name)
                used = [sums[t + 1] - sums[t] for t in slots]
            elif priced.of == "carbon":
                used = [carbon[t + 1] - carbon[t] for t in slots] if carbon is not None else [NOTHING] * len(slots)
            elif priced.of == name or (priced.of == "energy" and power):
                used = [stated.hours] * len(slots)
            else:
                continue
            total = [cost + price * use for cost, price, use in zip(total, priced.by_slot, used, strict=True)]
        return total

    def _once(self, id: str, way: StatedOption) -> list[Fraction]:
        """Return the extra cost by start: one-time use of quotas, and the price of waiting."""
        total: list[Fraction] = []
        if waiting := self.prices.waiting_start(id):
            total = [waiting * start for start in range(self.stated.slots + 1)]
        for number in self.prices.covering(id, way):
            priced = self.prices.quotas[number]
            amount = way.cost if priced.of == "money" else exact(way.consumes.get(priced.of, 0))
            if amount and not priced.moment:
                by_start = [*priced.by_slot, priced.by_slot[-1]]  # what starts at the end counts for the last slot
                total = [
                    known + amount * price
                    for known, price in zip(total or [NOTHING] * len(by_start), by_start, strict=True)
                ]
        return total

    def _by_end(self, id: str, task: Mapping[str, Any]) -> tuple[Line, int]:
        """Return lateness, earliness and the price of waiting by the slot of its end, in 1/n of money; and n."""
        stated, waiting = self.stated, self.prices.waiting_end(id)
        if task.get("due") is None and not waiting:
            return [], 1
        due, rate, penalty, hasty = None, NOTHING, NOTHING, NOTHING
        if task.get("due") is not None:
            due = stated.second(task["due"])
            rate = stated.weight * exact(task.get("late_cost") or 0) / 3600
            penalty = stated.weight * exact(task.get("late_penalty") or 0)
            hasty = stated.weight * exact(task.get("early_cost") or 0) / 3600
        whole = lcm(rate.denominator, penalty.denominator, hasty.denominator, waiting.denominator)
        costs = []
        for end in range(stated.slots + 1):
            late = 0 if due is None else max(0, end * stated.slot - due)
            early = 0 if due is None else max(0, due - end * stated.slot)
            costs.append(int((rate * late + (penalty if late else 0) + hasty * early + waiting * end) * whole))
        return costs, whole

    # --- where it fits ---

    def _on_offer(self) -> dict[tuple[str, str], list[Fraction | None]]:
        """The most there can be of what nodes offer."""
        found: dict[tuple[str, str], list[Fraction | None]] = {
            key: [NOTHING] * self.stated.slots for key in self.stated.of_nodes()
        }
        for kind in self.kinds:
            most = _most(kind)
            for name, size in kind.size.items():
                known = found[kind.pool, name]
                found[kind.pool, name] = [
                    (old or NOTHING) + size * count for old, count in zip(known, most, strict=True)
                ]
        return found

    def offered(self, pool: str, name: str) -> list[Fraction | None]:
        """The most a pool offers in each slot; None where nothing limits it."""
        return self._offered[pool, name] if (pool, name) in self._offered else self.stated.least(pool, name)

    def fits(self, id: str) -> list[Fit]:
        """The ways of a task, each with the starts at which it fits alone."""
        task, found = self.stated.tasks[id], []
        for way in self.stated.ways(id).values():
            if not way.milestone and ((way.one_node and way.whole > 1) or self._beyond_quota(id, way)):
                continue
            spans = tuple(self._spans(task, way))
            if spans:
                found.append(Fit(way, spans))
        return found

    def _beyond_quota(self, id: str, way: StatedOption) -> bool:
        """Return whether an option alone takes more than some quota allows at any moment."""
        return any(
            way.uses.get(quota["of"], NOTHING) > self.limit_of(quota)
            for quota in self.stated.quotas
            if quota.get("per") == "moment" and covers(self.stated, quota, id, way.pool)
        )

    def limit_of(self, quota: Mapping[str, Any]) -> Fraction:
        """Return the limit of a quota."""
        return exact(quota["limit"])

    def _spans(self, task: Mapping[str, Any], way: StatedOption) -> Iterable[tuple[int, Span]]:
        stated, blocked = self.stated, self._blocked_sum(way)
        rates = stated.pools[way.pool].get("interruptions")
        lengths: list[int | None]
        if way.milestone:  # it holds nothing, and may stand at the end of the horizon
            lengths, blocked = [0] * (stated.slots + 1), [0] * (stated.slots + 1)
        elif rates is None:
            length = ceil(way.seconds / stated.slot)
            lengths = [length] * max(0, stated.slots - length + 1)
        else:
            lengths = self._interrupted(task, way, rates)
        first, last = 0, -1
        current: int | None = None
        for start, length_here in enumerate(lengths):
            fits = length_here is not None and start + length_here <= stated.slots
            fits = fits and blocked[start + (length_here or 0)] == blocked[start]
            fits = fits and not any(stated.out_of_window(way, start * stated.slot))
            now = length_here if fits else None
            if now != current:
                if current is not None:
                    yield current, (first, last)
                first, current = start, now
            last = start
        if current is not None:
            yield current, (first, last)

    def _interrupted(self, task: Mapping[str, Any], way: StatedOption, rates: Any) -> list[int | None]:
        """The expected duration by start; None where it cannot start or is late too likely."""
        stated = self.stated
        key = way.seconds, way.pool, repr(task.get("checkpoint"))
        if key not in self._spots:
            self._spots[key] = Spot(way.seconds, task.get("checkpoint"), stated.means(rates), stated.slot)
        spot = self._spots[key]
        first = slot_of(stated, task.get("release"), 0, up=True)
        ends = slot_of(stated, task.get("deadline"), stated.slots)
        lengths = [spot.slots(start) if first <= start < ends else None for start in range(stated.slots)]
        if task.get("on_time") is None:
            return lengths
        chance = exact(task["on_time"])
        return [
            length
            if length is not None
            and any(spot.chance_kept(start, long, chance) for long in range(length, ends - start + 1))
            else None
            for start, length in enumerate(lengths)
        ]

    def _blocked_sum(self, way: StatedOption) -> Line:
        """Count the slots up to each slot's beginning that offer too little for the option alone."""
        key = way.pool, tuple(way.uses.items())
        if key not in self._blocked:
            short = [0] * self.stated.slots
            for name, count in way.uses.items():
                for slot, most in enumerate(self.offered(way.pool, name) if count else ()):
                    if most is not None and count > most:
                        short[slot] = 1
            self._blocked[key] = list(accumulate(short, initial=0))
        return self._blocked[key]


def _most(kind: Kind) -> Line:
    """Nodes of a kind that can be usable in each slot."""
    own = None if kind.price is not None else kind.reserved + kind.commit_max
    most = [count if own is None else min(count, own) for count in kind.count]
    return [min(count, kind.before) for count in most[: kind.boot]] + most[kind.boot :]


def _on_one_pool(members: Sequence[tuple[int, Fraction | None, Mapping[str, Fraction]]]) -> Fraction | None:
    """Return the least cost of tasks that belong on one pool.

    The result has (copies, cost when left out, cost by pool) of each.
    """
    pools = {pool for _, _, least in members for pool in least}
    sums: list[Fraction] = []
    for pool in [*sorted(pools), None]:
        total: Fraction | None = NOTHING
        for copies, out, least in members:
            costs = [cost for cost in (out, least.get(pool) if pool is not None else None) if cost is not None]
            total = None if total is None or not costs else total + copies * min(costs)
        if total is not None:
            sums.append(total)
    return min(sums, default=None)
