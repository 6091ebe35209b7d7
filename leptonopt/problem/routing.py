"""Route the requests of services to their replicas, in exact fractions.

In every slot a small linear program: the time x of replicas that ways give to classes, the requests s missed at the
least cost, and the time z for batches.

    sum over w of planned[w, b] x[w, b] + s[b]  >=  demand[b]                     for every class b
    sum over w of offline[w, b] z[w, b]         >=  work[b]
    sum over b of x[w, b]                       <=  usable[w]                     for every way w
    share[w] sum over b of x[w, b] + sum over b of z[w, b]  <=  usable[w]       share = planned / rate, or 1

The right side changes from slot to slot, and the shares of the slot before are kept while they fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice, product
from math import ceil, gcd, lcm

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.dual_simplex import DualSimplex
from leptonopt.problem.offline import planned_share
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule, Services

MAX_MODES = 1_000  # assignments of classes to ways that are tried in a slot, where one way serves a class
Flows = dict[tuple[int, int], Fraction]  # by class and way of a service [demand units]
Mode = tuple[int, ...] | None  # the way that serves each class, -1 for none; None where classes may be split


@dataclass(frozen=True)
class SlotRouting:
    """Requests of a service that are served, missed, and done of batches in a slot [demand units]."""

    served: Flows
    missed: dict[int, Fraction] = field(default_factory=dict)
    done: Flows = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceRouting:
    """The routing of a service over all slots.

    `survivals` has one for each loss of zones or replicas, in the order of the problem; `batches` says what is done of
    each (batch, class, way, slot) [demand units].
    """

    slots: list[SlotRouting]
    survivals: list[list[SlotRouting]]
    batches: dict[tuple[int, int, int, int], Fraction]


@dataclass(frozen=True)
class _Rates:
    """Rates of a service by way and class, the ways to route to, and the classes of batches."""

    planned: list[list[int]]
    offline: list[list[int]]
    share: list[Fraction]
    prices: list[Fraction | None]
    ways: list[int]
    batch_classes: list[int]


class _Program:
    """The linear program of a mode; columns are served and done by (class, way), then missed classes."""

    def __init__(self, rates: _Rates, mode: Mode) -> None:
        self._rates, classes = rates, range(len(rates.prices))
        may = [(b, w) for b in classes for w in rates.ways if rates.planned[w][b]]
        self._served = [(b, w) for b, w in may if mode is None or mode[b] == w]
        self._done = [(b, w) for b in rates.batch_classes for w in rates.ways if rates.offline[w][b]]
        self._missed = [b for b in classes if rates.prices[b] is not None]
        self._part = [gcd(*(line[b] for line in rates.planned)) or 1 for b in classes]
        self._offline_part = [gcd(*(line[b] for line in rates.offline)) or 1 for b in classes]
        costs = [(rates.prices[b] or Fraction(0)) * self._part[b] for b in self._missed]
        whole = lcm(*(cost.denominator for cost in costs))
        free = [0] * (len(self._served) + len(self._done))
        self._simplex = DualSimplex(list(self._matrix()), [*free, *(int(cost * whole) for cost in costs)])

    def _matrix(self) -> Iterator[list[int]]:
        """Yield the rows, each divided by what its numbers have in common."""
        rates, some = self._rates, [0] * len(self._missed)
        for b in range(len(rates.prices)):
            served = [-(rates.planned[w][b] // self._part[b]) if c == b else 0 for c, w in self._served]
            yield [*served, *(0 for _ in self._done), *(-(c == b) for c in self._missed)]
        for b in rates.batch_classes:
            done = [-(rates.offline[w][b] // self._offline_part[b]) if c == b else 0 for c, w in self._done]
            yield [*(0 for _ in self._served), *done, *some]
        for way in rates.ways:
            yield [*(int(w == way) for _, w in self._served), *(0 for _ in self._done), *some]
        for way in rates.ways if self._done else ():
            used, whole = rates.share[way].as_integer_ratio()
            served = [used if w == way else 0 for _, w in self._served]
            yield [*served, *(whole if w == way else 0 for _, w in self._done), *some]

    def route(self, usable: Sequence[int], demand: Sequence[int], work: Mapping[int, Fraction]) -> SlotRouting | None:
        """Return the routing that misses at the least cost; None where there is none."""
        rates = self._rates
        right = [Fraction(-value, part) for value, part in zip(demand, self._part, strict=True)]
        right += [-work.get(b, Fraction(0)) / self._offline_part[b] for b in rates.batch_classes]
        right += [Fraction(usable[way]) for way in rates.ways]
        right += [Fraction(usable[way] * rates.share[way].denominator) for way in rates.ways if self._done]
        if (point := self._simplex.solve(right)) is None:
            return None
        values = iter(point)
        served = {(b, w): x * rates.planned[w][b] for (b, w), x in zip(self._served, values, strict=False)}
        done = {(b, w): z * rates.offline[w][b] for (b, w), z in zip(self._done, values, strict=False)}
        missed = {(b, -1): s * self._part[b] for b, s in zip(self._missed, values, strict=True)}
        # More may be missed or served than there is, where it costs nothing.
        asked = dict(enumerate(map(Fraction, demand)))
        kept = _trimmed({**served, **missed}, asked)
        return SlotRouting(
            served={key: value for key, value in kept.items() if key[1] >= 0},
            missed={b: value for (b, w), value in kept.items() if w < 0},
            done=_trimmed(done, work),
        )


def _trimmed(flows: Flows, wanted: Mapping[int, Fraction]) -> Flows:
    """Return flows above zero that sum to what is wanted of each class."""
    left, found = dict(wanted), {}
    for (b, way), value in flows.items():
        if (part := min(value, left.get(b, Fraction(0)))) > 0:
            found[b, way] = part
            left[b] -= part
    return found


class Router:
    """Routings of one service by some of its ways, slot by slot."""

    def __init__(
        self, services: Services, service: int, ways: Sequence[int], batch_classes: Sequence[int] = ()
    ) -> None:
        """Prepare routings by `ways`, of batches in `batch_classes`, both counted within the service."""
        own = services.ways(service), services.classes(service)
        shares = planned_share(services, service)
        self._whole = bool(services.whole[service])
        self._rates = _Rates(
            planned=services.planned[own].tolist(),
            offline=services.offline[own].tolist(),
            share=[share if services.fill[service] else Fraction(1) for share in shares],
            prices=list(services.missed[services.classes(service)]),
            ways=list(ways),
            batch_classes=list(batch_classes),
        )
        self._programs: dict[Mode, _Program] = {}
        self._shares: Flows = {}
        self._mode: Mode = None

    def route(
        self, usable: Sequence[int], demand: Sequence[int], money: int, work: Mapping[int, Fraction]
    ) -> SlotRouting | None:
        """Return a routing whose missed requests cost `money` at most; None where none is found.

        `usable` and `demand` are by way and class, `work` by class; what is missed costs as little as it can.
        """
        if not work and (kept := self._kept(usable, demand)) is not None:
            return kept
        for mode in self._modes(demand):
            if mode not in self._programs:
                self._programs[mode] = _Program(self._rates, mode)
            found = self._programs[mode].route(usable, demand, work)
            if found is not None and self._cost(found) <= money:
                self._mode = mode
                self._shares = {(b, w): value / demand[b] for (b, w), value in found.served.items()}
                return found
        return None

    def _cost(self, found: SlotRouting) -> Fraction:
        return sum(((self._rates.prices[b] or 0) * value for b, value in found.missed.items()), Fraction(0))

    def _kept(self, usable: Sequence[int], demand: Sequence[int]) -> SlotRouting | None:
        """Return the routing with the shares of the last slot; None where it does not fit, or misses requests."""
        left = {way: Fraction(usable[way]) for way in self._rates.ways}
        total = dict.fromkeys((b for b, value in enumerate(demand) if value), Fraction(0))
        for (b, way), share in self._shares.items():
            left[way] -= share * demand[b] / self._rates.planned[way][b]
            total[b] = total.get(b, Fraction(0)) + share
        if min(left.values(), default=Fraction(0)) < 0 or any(total[b] != 1 for b, value in enumerate(demand) if value):
            return None
        return SlotRouting({(b, way): share * demand[b] for (b, way), share in self._shares.items() if demand[b]})

    def _modes(self, demand: Sequence[int]) -> Iterator[Mode]:
        """Yield the modes to try, that of the last slot first."""
        if not self._whole:
            yield None
            return
        asked = [b for b, value in enumerate(demand) if value]
        choices = [[w for w in self._rates.ways if self._rates.planned[w][b]] or [-1] for b in asked]
        if self._mode is not None and all(self._mode[b] >= 0 for b in asked):
            yield self._mode
        for chosen in islice(product(*choices), MAX_MODES):
            ways = dict(zip(asked, chosen, strict=True))
            yield tuple(ways.get(b, -1) for b in range(len(demand)))


def route_service(
    problem: Problem, replicas: ReplicaSchedule, service: int, slots: int | None = None
) -> ServiceRouting:
    """Return the routing of a service over its first `slots`, all when None.

    Raises `ValueError` where its replicas do not serve what they have to.
    """
    services = problem.services
    usable = services.usable(replicas.on)[services.ways(service)]
    work = _work(problem, replicas, service)
    demand, paid = services.demand[services.classes(service)].T.tolist(), replicas.missed[service].tolist()
    batch_classes = sorted({b for _, b, _ in work})
    by_slot: list[dict[int, Fraction]] = [{} for _ in demand]
    for (_, b, slot), amount in work.items():
        by_slot[slot][b] = by_slot[slot].get(b, Fraction(0)) + amount
    router = Router(services, service, range(len(usable)), batch_classes)
    routed = _routed(router, usable.T.tolist(), demand, paid, by_slot)
    begin, nothing = services.ways(service).start, [0] * len(demand)
    none = list[dict[int, Fraction]]({} for _ in demand)
    survivals = list[list[SlotRouting]]()
    for loss in (loss for loss in services.survivals if loss.service == service):
        left, kept = usable.copy(), loss.kept - begin
        left[kept] = np.maximum(0, left[kept] - loss.lost[:, None])
        alone = Router(services, service, kept.tolist())
        survivals.append(_routed(alone, left.T.tolist(), demand, nothing, none)[:slots])
    return ServiceRouting(routed[:slots], survivals, _divided(work, by_slot, routed))


def money_missed(problem: Problem, replicas: ReplicaSchedule, service: int) -> Ints:
    """Return the cost of the requests that a service misses, int64, shape (T,); at most what is paid.

    Raises `ValueError` as `route_service` does.
    """
    services = problem.services
    prices = services.missed[services.classes(service)]
    costs = [
        sum(((prices[b] or 0) * value for b, value in slot.missed.items()), Fraction(0))
        for slot in route_service(problem, replicas, service).slots
    ]
    return np.array([ceil(cost / services.missed_step) * services.missed_step for cost in costs], np.int64)


def without_overpay(problem: Problem, schedule: Schedule) -> Schedule:
    """Return the schedule in which services pay no more for requests missed than their routing misses.

    Money that is left may divide batches otherwise, so that less is missed still: until nothing changes.
    """
    while (replicas := schedule.replicas) is not None and replicas.missed.any():
        missed = replicas.missed.copy()
        for service in np.flatnonzero(missed.any(axis=1)).tolist():
            missed[service] = money_missed(problem, replicas, service)
        if missed.sum() >= replicas.missed.sum():
            break
        schedule = replace(schedule, replicas=replace(replicas, missed=missed))
    return schedule


def _work(problem: Problem, replicas: ReplicaSchedule, service: int) -> dict[tuple[int, int, int], Fraction]:
    """Return what is done of each batch, class of the service and slot [demand units]."""
    services = problem.services
    if not np.any(services.batches.service[replicas.done] == service):
        return {}
    ways, begin = services.ways(service), services.classes(service).start
    usable = services.usable(replicas.on)[ways]
    found = problem.offline[service].work(usable, replicas.missed[service], replicas.done)
    if found is None:
        raise ValueError("the batches of a service do not fit")
    return {(j, b - begin, slot): amount for (j, b, slot), amount in found.items()}


def _routed(
    router: Router,
    usable: Sequence[Sequence[int]],
    demand: Sequence[Sequence[int]],
    money: Sequence[int],
    work: Sequence[Mapping[int, Fraction]],
) -> list[SlotRouting]:
    """Return the routing of every slot; raises `ValueError` where there is none."""
    found = []
    for slot in zip(usable, demand, money, work, strict=True):
        if (routing := router.route(*slot)) is None:
            raise ValueError("the replicas of a service do not serve its demand")
        found.append(routing)
    return found


def _divided(
    work: Mapping[tuple[int, int, int], Fraction],
    total: Sequence[Mapping[int, Fraction]],
    slots: Sequence[SlotRouting],
) -> dict[tuple[int, int, int, int], Fraction]:
    """Return what each way does of each batch: an equal part of its work in the class and slot."""
    return {
        (j, b, way, slot): value * amount / total[slot][b]
        for (j, b, slot), amount in work.items()
        for (c, way), value in slots[slot].done.items()
        if c == b
    }
