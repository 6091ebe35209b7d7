"""Read services and batches by `docs/reference/format.md`, and tell what replicas can serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations, product
from math import ceil
from typing import TYPE_CHECKING, Any

from .documents import Clock, Refused, Series, duration, get, instant, number, pieces, truth, values, whole
from .linear import Row, least

if TYPE_CHECKING:
    from .reading import Instance, Option, Pool, Run

MOST = 100_000  # replicas of a way
MILLION = 10**6


class NotTried(Exception):
    """Raised where not all that a service can do is tried: batches beside missed requests, or beside whole routing."""


@dataclass
class Way:
    """A way to run a replica; times in slots, `keep` the share of its rates that is planned."""

    name: str
    option: Option  # what it holds; its cost is that of a start
    allowed: bool
    zone: str | None
    rate: dict[str, Fraction]
    offline: dict[str, Fraction]
    keep: Fraction
    takes: int
    stay: int
    limit: list[int]
    minimum: int
    running: int | None

    def before(self, on: tuple[int, ...]) -> int:
        """Return how many are on before the horizon."""
        return on[0] if self.running is None else self.running

    def started(self, on: tuple[int, ...]) -> list[int]:
        """Return how many are switched on by slot."""
        return [max(0, now - was) for was, now in zip((self.before(on), *on), on, strict=False)]

    def paid_starts(self, on: tuple[int, ...]) -> list[int]:
        """Return how many starts are paid by slot."""
        found = self.started(on)
        found[0] += on[0] if self.running is None else 0
        return found

    def usable(self, on: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many are on and have started, by slot."""
        started = self.started(on)
        return tuple(n - sum(started[max(0, t - self.takes + 1) : t + 1]) for t, n in enumerate(on))

    def stays(self, on: tuple[int, ...]) -> bool:
        """Tell whether what is switched on stays on long enough."""
        started, long = self.started(on), max(self.stay, self.takes)
        return all(n >= sum(started[max(0, t - long + 1) : t + 1]) for t, n in enumerate(on))


@dataclass
class Service:
    """A demand by class and slot, and the ways to serve it; `missed` is the price of a request."""

    id: str
    team: str | None
    demand: dict[str, list[Fraction]]
    ways: list[Way]
    routing: str
    minimum: int
    limit: list[int] | None
    zones: list[frozenset[str]]  # that may be gone together
    failures: list[dict[str, int]]  # replicas by way that may fail together
    missed: Fraction | None
    fill: bool
    batches: list[Batch] = field(default_factory=list)


@dataclass
class Batch:
    """Offline requests by class, and the slots in which they may be done."""

    id: str
    amount: dict[str, Fraction]
    slots: list[int]
    optional: bool
    value: Fraction


def read_services(tree: dict[str, Any], instance: Instance) -> list[Service]:
    """Return the services of an instance, each with its batches."""
    found = [_service(each, instance) for each in get(tree, "services", [])]
    by_id = {service.id: service for service in found}
    for each in get(tree, "batches", []):
        service = by_id[each["service"]]
        batch = _batch(each, instance.clock)
        service.batches.append(batch)
        for name, amount in batch.amount.items():
            if amount and not any(way.offline.get(name) for way in service.ways):
                raise Refused(f"nothing can do {name} of {batch.id}")
    if len(by_id) < len(found):
        raise Refused("two services of one id")
    return found


def _service(tree: dict[str, Any], instance: Instance) -> Service:
    clock, spread = instance.clock, get(tree, "spread")
    if not tree["demand"] or not tree["replicas"]:
        raise Refused("a service without demand or replicas")
    demand = _demand(tree["demand"], clock)
    ways = list(_ways(tree, instance, None if spread is None else spread["label"]))
    for name, stated in _by_class(tree["demand"]):
        if get(tree, "missed") is None and any(values(stated)) and not any(way.rate.get(name) for way in ways):
            raise Refused(f"nothing serves {name}")
    zones = sorted({way.zone for way in ways if way.zone is not None})
    gone = [] if spread is None else list(combinations(zones, whole(get(spread, "survive", 1))))
    if spread is not None and whole(get(spread, "survive", 1)) >= len(zones):
        raise Refused("no zone is left")
    missed = get(tree, "missed")
    return Service(
        tree["id"],
        get(tree, "team"),
        demand,
        ways,
        get(tree, "routing", "split"),
        whole(get(tree, "minimum", 0)),
        _limit(tree, clock),
        [frozenset(each) for each in gone],
        list(_failures([way.name for way in ways], whole(get(tree, "spare", 0)))),
        None if missed is None else number(missed["cost"]),
        truth(get(tree, "fill", True)),
    )


def _failures(ways: list[str], spare: int) -> Iterator[dict[str, int]]:
    """Yield every choice of numbers of replicas that fail and sum to `spare`, without zeros."""
    for numbers in product(range(spare + 1), repeat=len(ways)):
        if spare and sum(numbers) == spare:
            yield {way: number for way, number in zip(ways, numbers, strict=True) if number}


def _limit(tree: dict[str, Any], clock: Clock) -> list[int] | None:
    return None if get(tree, "limit") is None else [int(least) for least in Series.of(tree["limit"], clock).least]


def _by_class(tree: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each class with a series of its own, of samples each of theirs."""
    for sample in tree.get("samples", ()):
        yield from _by_class(sample)
    if "samples" not in tree:
        yield from tree.get("mix", tree).items()


def _demand(tree: dict[str, Any], clock: Clock) -> dict[str, list[Fraction]]:
    """Return the greatest demand of each class in each slot; of samples their quantile."""
    if "samples" in tree:
        samples = [_demand(sample, clock) for sample in tree["samples"]]
        exceeding = int((1 - Fraction(str(tree["quantile"]))) * len(samples))  # so many samples may be above
        slots = range(len(next(iter(samples[0].values()))))
        return {
            name: [
                sorted((each[name][t] if name in each else Fraction(0) for each in samples), reverse=True)[exceeding]
                for t in slots
            ]
            for name in dict.fromkeys(name for each in samples for name in each)
        }
    if "mix" not in tree:
        return {name: [max(at for _, at in slot) for slot in pieces(value, clock)] for name, value in tree.items()}
    found = {}
    for name, share in tree["mix"].items():
        both = zip(pieces(tree["rate"], clock), pieces(share, clock), strict=True)
        found[name] = [max(_products(rates, shares)) for rates, shares in both]
    return found


def _products(rates: list[tuple[Fraction, Fraction]], shares: list[tuple[Fraction, Fraction]]) -> Iterator[Fraction]:
    """Yield the product of two numbers that change within a slot, at every instant."""
    rates, shares = list(rates), list(shares)
    while rates:
        (long, rate), (other, share) = rates[0], shares[0]
        yield rate * share
        for line, seconds in ((rates, long), (shares, other)):
            line[0] = (seconds - min(long, other), line[0][1])
            if not line[0][0]:
                line.pop(0)


def _ways(tree: dict[str, Any], instance: Instance, label: str | None) -> Iterator[Way]:
    from .reading import Option, with_power

    clock, taken = instance.clock, [each["id"] for each in tree["replicas"] if get(each, "id") is not None]
    needs = get(tree, "needs", {})
    labels, without = set(get(needs, "labels", [])), set(get(needs, "without", []))
    if truth(get(tree, "confidential", False)):
        labels.add("confidential")
    for each in tree["replicas"]:
        pool, name, n = instance.pools[each["pool"]], get(each, "id"), 2
        if name is None:
            name = each["pool"]
            while name in taken:
                name, n = f"{each['pool']}#{n}", n + 1
            taken.append(name)
        own = {key: get(each, key, get(tree, key)) for key in ("headroom", "start", "stay")}
        start, quality = own["start"] or {}, number(get(each, "quality", 1))
        uses = {what: number(value) for what, value in get(each, "uses", {}).items()}
        if pool.rate is not None or not uses.keys() <= pool.capacity.keys() | pool.of_nodes:
            raise Refused(f"no replicas in {pool.id}, or not with {uses.keys()}")
        takes = int(-(-duration(get(start, "takes", "0s")) // clock.slot))
        option = Option(
            pool, name, get(each, "variant"), quality, with_power(pool, uses), 0, {}, Fraction(1),
            number(get(start, "cost", 0)),
        )  # fmt: skip
        rate = {what: number(value) for what, value in each["rate"].items()}
        offline = get(each, "offline_rate")
        zones = [] if label is None else [mark for mark in pool.labels if mark.startswith(label)]
        if label is not None and len(zones) != 1:
            raise Refused(f"{len(zones)} zones of {pool.id}")
        yield Way(
            name,
            option,
            labels <= pool.labels and not without & pool.labels and quality >= number(get(needs, "quality", 0)),
            zones[0] if zones else None,
            rate,
            rate if offline is None else {what: number(value) for what, value in offline.items()},
            1 - number(own["headroom"] or 0),
            takes,
            int(-(-duration(own["stay"] or "0s") // clock.slot)),
            [min(MOST, most) for most in _limit(each, clock) or [MOST] * clock.slots],
            whole(get(each, "minimum", 0)),
            None if get(each, "running") is None else whole(each["running"]),
        )


def _batch(tree: dict[str, Any], clock: Clock) -> Batch:
    release, deadline = get(tree, "release"), get(tree, "deadline")
    if truth(get(tree, "optional", False)) and get(tree, "value") is None:
        raise Refused("an optional batch without a value")
    if release is not None and deadline is not None and instant(deadline) <= instant(release):
        raise Refused("the deadline is not after the release")
    slots = [
        slot
        for slot in range(clock.slots)
        if (release is None or clock.begin(slot) >= instant(release))
        and (deadline is None or clock.begin(slot + 1) <= instant(deadline))
    ]
    if not tree["amount"]:
        raise Refused("a batch of nothing")
    amount = {name: number(value) for name, value in tree["amount"].items()}
    return Batch(tree["id"], amount, slots, truth(get(tree, "optional", False)), number(get(tree, "value", 0)))


# --- what replicas cost and hold ---


def replica_runs(instance: Instance, service: Service, way: Way, on: tuple[int, ...]) -> Iterator[Run]:
    """Yield each replica as a run from the slot in which it is switched on: the first on are the first off."""
    from .reading import Task

    task = Task(
        id=f"\0{service.id}", copies=1, release=None, deadline=None, due=None, late_cost=Fraction(0),
        late_penalty=Fraction(0), early_cost=Fraction(0), value=Fraction(0), optional=False, after=[], takes={}, one_node=False,
        team=service.team, checkpoint=None, on_time=None,
    )  # fmt: skip
    free = Fraction(0)
    waiting = [(0, free if way.running is not None else way.option.cost)] * min(way.before(on), on[0])
    started = way.started(on)
    for slot in range(len(on) + 1):
        if slot < len(on):
            waiting += [(slot, way.option.cost)] * started[slot]
        there = on[slot] if slot < len(on) else 0
        while len(waiting) > there:
            begin, cost = waiting.pop(0)
            yield instance.held(task, replace(way.option, cost=cost), begin, slot)


# --- what replicas can serve ---


class Serving:
    """Tell what usable replicas of a service can serve, by linear programs in fractions."""

    def __init__(self, service: Service, seconds: Fraction):
        self.service, self.seconds = service, seconds
        self.memo: dict[Any, Fraction | None] = {}

    def slot(self, slot: int, usable: tuple[int, ...]) -> Fraction | None:
        """Return the least money for requests missed in a slot, None where too few are served; batches aside."""
        asked = tuple((name, values[slot]) for name, values in self.service.demand.items() if values[slot])
        key = (asked, usable)
        if key not in self.memo:
            self.memo[key] = self._slot(dict(asked), usable)
        return self.memo[key]

    def _slot(self, asked: dict[str, Fraction], usable: tuple[int, ...]) -> Fraction | None:
        service = self.service
        for gone in service.zones:
            left = [n for n, way in enumerate(service.ways) if way.zone not in gone]
            if self._least(asked, usable, left, None) is None:
                return None
        for failed in service.failures:
            left = [max(0, n - failed.get(way.name, 0)) for n, way in zip(usable, service.ways, strict=True)]
            if self._least(asked, tuple(left), list(range(len(left))), None) is None:
                return None
        price = None if service.missed is None else service.missed * self.seconds
        found = self._least(asked, usable, list(range(len(service.ways))), price)
        return None if found is None else Fraction(ceil(found * MILLION), MILLION)

    def _least(
        self, asked: dict[str, Fraction], usable: tuple[int, ...], ways: list[int], price: Fraction | None
    ) -> Fraction | None:
        """Return the least money for what is missed when some ways serve."""
        ways = [n for n in ways if usable[n]]
        able = [
            [n for n in ways if self.service.ways[n].rate.get(name)] or [None] for name in asked
        ]  # where each class can be served
        if self.service.routing != "whole":
            every = [[n for n in each if n is not None] for each in able]
            return self._program(asked, usable, every, price)
        found = [
            self._program(asked, usable, [[n] if n is not None else [] for n in chosen], price)
            for chosen in product(*able)
        ]
        return min((each for each in found if each is not None), default=None)

    def _program(
        self, asked: dict[str, Fraction], usable: tuple[int, ...], able: list[list[int]], price: Fraction | None
    ) -> Fraction | None:
        count, cost, equal = 0, {}, []
        busy: dict[int, dict[int, Fraction]] = defaultdict(dict)
        for (name, amount), ways in zip(asked.items(), able, strict=True):
            terms = {}
            for n in ways:
                terms[count] = Fraction(1)
                busy[n][count] = 1 / self.service.ways[n].rate[name]
                count += 1
            if price is not None:
                terms[count], cost[count] = Fraction(1), price
                count += 1
            equal.append((terms, amount))
        upper: list[Row] = [(terms, self.service.ways[n].keep * usable[n]) for n, terms in busy.items()]
        return least(cost, count, upper, equal)

    def with_batches(self, usable: list[tuple[int, ...]], done: list[Batch]) -> bool:
        """Tell whether batches can be done with all demand served; `usable` is by slot, a class may be split."""
        service, count = self.service, 0
        upper: list[Row] = []
        equal: list[Row] = []
        amounts: dict[tuple[str, str], dict[int, Fraction]] = {
            (batch.id, name): {} for batch in done for name, amount in batch.amount.items() if amount
        }
        for slot, there in enumerate(usable):
            served: dict[str, dict[int, Fraction]] = {
                name: {} for name, values in service.demand.items() if values[slot]
            }
            for n, way in enumerate(service.ways):
                planned: dict[int, Fraction] = {}
                filled: dict[int, Fraction] = {}
                for name, terms in served.items():
                    if way.rate.get(name):
                        terms[count], planned[count] = Fraction(1), 1 / way.rate[name]
                        count += 1
                for batch in done:
                    for name, amount in batch.amount.items():
                        if amount and way.offline.get(name) and slot in batch.slots:
                            amounts[batch.id, name][count] = self.seconds
                            filled[count] = 1 / way.offline[name]
                            count += 1
                upper.append((planned, way.keep * there[n]))
                upper.append(({**planned, **filled}, (1 if service.fill else way.keep) * Fraction(there[n])))
            equal += [(terms, service.demand[name][slot]) for name, terms in served.items()]
        for (batch, name), terms in amounts.items():
            equal.append((terms, next(each for each in done if each.id == batch).amount[name]))
        return least({}, count, upper, equal) is not None


@dataclass
class Schedule:
    """Replicas of a service by way and slot, with their runs, money for what is missed, and batches left out."""

    on: list[tuple[int, ...]]
    runs: list[Run]
    missed: Fraction
    left_out: Fraction


def schedules(instance: Instance, service: Service, spend: Any) -> Iterator[Schedule]:
    """Yield all that a service can do, by trying all numbers of replicas in every slot."""
    if service.batches and (service.missed is not None or service.routing == "whole"):
        raise NotTried
    slots, serving = range(instance.clock.slots), Serving(service, instance.clock.slot)
    allowed = [list(_counts(instance, way, spend)) for way in service.ways]
    for on in product(*allowed):
        spend()
        if service.routing == "one-way" and sum(any(each) for each in on) > 1:
            continue
        if service.limit is not None and any(sum(each[t] for each in on) > service.limit[t] for t in slots):
            continue
        ready = [way.usable(each) for way, each in zip(service.ways, on, strict=True)]
        usable = [tuple(each[t] for each in ready) for t in slots]
        if any(sum(there) < service.minimum for there in usable):
            continue
        missed = [serving.slot(t, usable[t]) for t in slots]
        if any(each is None for each in missed):
            continue
        runs = [
            run
            for way, each in zip(service.ways, on, strict=True)
            for run in replica_runs(instance, service, way, each)
        ]
        paid = sum((each for each in missed if each is not None), Fraction(0))
        for done in product(*((True, False) if batch.optional else (True,) for batch in service.batches)):
            kept = [batch for batch, yes in zip(service.batches, done, strict=True) if yes]
            if not kept or serving.with_batches(usable, kept):
                left = sum((b.value for b, yes in zip(service.batches, done, strict=True) if not yes), Fraction(0))
                yield Schedule(list(on), runs, paid, left)


def _counts(instance: Instance, way: Way, spend: Any) -> Iterator[tuple[int, ...]]:
    """Yield all numbers of replicas of a way by slot that its own rules allow."""
    most = [min(limit, _room(way.option, t)) if way.allowed else 0 for t, limit in enumerate(way.limit)]
    for on in product(*(range(n + 1) for n in most)):
        spend()
        if way.stays(on) and min(way.usable(on)) >= way.minimum:
            yield on


def _room(option: Option, slot: int) -> int:
    """Return how many replicas a pool can hold at most."""
    pool: Pool = option.pool
    found = MOST
    for what, amount in option.uses.items():
        if not amount:
            continue
        if what in pool.of_nodes:
            there = sum((kind.count[slot] * kind.size.get(what, Fraction(0)) for kind in pool.kinds), Fraction(0))
        else:
            limit = pool.capacity[what][slot]
            if limit is None:
                continue
            there = limit
        found = min(found, int(there // amount))
    return found
