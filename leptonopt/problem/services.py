"""Define services: replicas that follow a demand, their costs and rules, and batches.

A replica of way w is on or off, as a node is. While it is on it holds demand of capacity rows; once it has booted it
is usable. The replicas on, h, determine all other quantities of a way:

    switched on  u[t] = max(0, h[t] - h[t-1]),  off after slot t  v[t] = max(0, h[t] - h[t+1])
                 h = running before the first slot, 0 after the last
    usable       a[t] = h[t] - sum of u over the last `boot` slots, t among them

Rules of their own, beside `capacity`, `nodes` and `quota`, which count what replicas hold:

    replicas  0 <= h <= most; h of a service <= limit; h >= sum of u over the last `minimum` slots;
              a >= least; a of a service >= least of the service; with `one_way` one way of the service is ever on
    serve     in every slot there are y >= 0 [demand units] and s >= 0 with
                  sum of y[w, b] over ways + s[b] = demand[b]                for every class b
                  sum of y[w, b] / planned[w, b] over classes <= a[w]        for every way w
              where y[w, b] = 0 if the rate is 0, s = 0 without a price of missing, and the cost of s, rounded up to
              `missed_step`, is at most what the schedule pays; with `whole` y[w, b] > 0 for one way of a class at most;
              the same without a price of missing for the ways that are left when a zone is gone, and for what is
              left when replicas fail (`survivals`)
    batches   the requests of a batch that runs are done in its window by what usable replicas have left:
                  sum of y[w, b] / rate[w, b] + sum of z[w, b] / offline[w, b] <= a[w]
              with `planned` instead of `rate` where the service says so (`fill` False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from leptonopt.problem.arrays import Bools, Ints, pointers, positions
from leptonopt.problem.nodes import recent_sum, switched


@dataclass(frozen=True, eq=False)
class ReplicaCosts:
    """Costs of replicas beyond the prices of what they hold, in money or in units of a quota.

    Attributes
    ----------
    on, start, stop : int64, shape (W, T): per replica on in a slot, switched on at its begin, off at its end
    """

    on: Ints
    start: Ints
    stop: Ints

    def of(self, on: Ints, running: Ints) -> int:
        """Return the exact cost of replicas on, int64, shape (W, T); `running` of them before the first slot."""
        started, stopped = replicas_switched(on, running)
        parts = ((on, self.on), (started, self.start), (stopped, self.stop))
        return sum(int(count @ price) for counts, prices in parts for count, price in zip(counts, prices, strict=True))


@dataclass(frozen=True, eq=False)
class Batches:
    """J batches of offline requests.

    Attributes
    ----------
    service : int64, shape (J,)
    first, last : int64, shape (J,): slots in which requests may be done, inclusive
    amount : int64, shape (J, B) [demand units times slots]; 0 for classes of other services
    optional : bool, shape (J,)
    value : int64, shape (J,) [money units]: cost of leaving a batch out; 0 for batches that must be done
    """

    service: Ints
    first: Ints
    last: Ints
    amount: Ints
    optional: Bools
    value: Ints

    def __len__(self) -> int:
        return len(self.service)


@dataclass(frozen=True, eq=False)
class Survival:
    """A demand of a service that the ways `kept` alone must serve, int64 indices of ways.

    `lost` of their usable replicas are gone, as far as there are so many: int64, in the order of `kept`.
    """

    service: int
    kept: Ints
    lost: Ints

    @classmethod
    def of(cls, service: int, kept: Ints, lost: Mapping[int, int] | None = None) -> Survival:
        """Return what is left of ways, of which some lose replicas."""
        gone = lost or {}
        return cls(service, kept, np.array([gone.get(way, 0) for way in kept.tolist()], np.int64))


@dataclass(frozen=True, eq=False)
class Services:
    """V services, W ways to run a replica, B classes of requests; all numbers integers.

    Attributes
    ----------
    way_ptr, class_ptr : int64, shapes (V + 1,): the ways and classes of service v are `ptr[v] .. ptr[v + 1] - 1`
    pool : int64, shape (W,)
    hold_ptr, hold_row, hold : int64, shapes (W + 1,), (N,), (N,) [-, -, demand units of the row]
        A replica of way w that is on holds hold[i] of row hold_row[i] for i in hold_ptr[w] .. hold_ptr[w + 1] - 1;
        rows ascend and amounts are above zero.
    most : int64, shape (W, T): replicas that can be on
    limit : int64, shape (V, T): replicas of a service that can be on, over its ways
    running : int64, shape (W,): replicas on, and usable, before the first slot
    boot, minimum : int64, shape (W,) [slots]; `minimum` is at least `boot`
    least : int64, shape (W,): usable replicas of a way at any time
    service_least : int64, shape (V,): usable replicas of a service at any time, over its ways
    costs : in money units
    demand : int64, shape (B, T) [units of the service: 1/scale requests per second]
    rate, planned, offline : int64, shape (W, B) [the same units]; 0 where the way does not serve the class
        What a replica serves of a class alone: at most, with headroom, and for batches.
    missed : per class the cost of missing one unit of demand for one slot [money units]; None where all must be served
    missed_step : the cost of missing, by service and slot, is rounded up to multiples of this [money units]
    whole, one_way, fill : bool, shape (V,)
    survivals : what is left when zones, or replicas, are gone
    spare : int64, shape (V,): replicas that fail at once, as `survivals` has them
    batches : offline requests
    """

    way_ptr: Ints
    class_ptr: Ints
    pool: Ints
    hold_ptr: Ints
    hold_row: Ints
    hold: Ints
    most: Ints
    limit: Ints
    running: Ints
    boot: Ints
    minimum: Ints
    least: Ints
    service_least: Ints
    costs: ReplicaCosts
    demand: Ints
    rate: Ints
    planned: Ints
    offline: Ints
    missed: tuple[Fraction | None, ...]
    missed_step: int
    whole: Bools
    one_way: Bools
    fill: Bools
    survivals: tuple[Survival, ...]
    spare: Ints
    batches: Batches

    def __len__(self) -> int:
        return len(self.way_ptr) - 1

    def ways(self, service: int) -> slice:
        """Return the ways of a service."""
        return slice(int(self.way_ptr[service]), int(self.way_ptr[service + 1]))

    def classes(self, service: int) -> slice:
        """Return the classes of a service."""
        return slice(int(self.class_ptr[service]), int(self.class_ptr[service + 1]))

    def usable(self, on: Ints) -> Ints:
        """Return the replicas that have booted, int64, shape (W, T)."""
        return on - recent_sum(self.switched(on)[0], self.boot)

    def switched(self, on: Ints) -> tuple[Ints, Ints]:
        """Return the replicas switched on at the start, and off at the end, of each slot; shapes (W, T)."""
        return replicas_switched(on, self.running)

    def load(self, on: Ints, rows: int) -> Ints:
        """Return what replicas hold of every row, int64, shape (rows, T)."""
        total = np.zeros((rows, on.shape[1]), np.int64)
        way = np.repeat(np.arange(len(self.pool)), np.diff(self.hold_ptr))
        np.add.at(total, self.hold_row, self.hold[:, None] * on[way])
        return total

    def holds(self, ways: Ints) -> tuple[Ints, Ints]:
        """Return the positions in `hold` of some ways, and for each its place among them."""
        begin, end = self.hold_ptr[ways], self.hold_ptr[ways + 1]
        return positions(begin, end), np.repeat(np.arange(len(ways)), end - begin)


@dataclass(frozen=True, eq=False)
class ReplicaSchedule:
    """Replicas on, batches done, and what is paid for requests missed.

    Attributes
    ----------
    on : int64, shape (W, T)
    done : bool, shape (J,)
    missed : int64, shape (V, T) [money units]; multiples of `missed_step`
    """

    on: Ints
    done: Bools
    missed: Ints

    def cost(self, services: Services) -> int:
        """Return the exact cost beyond the prices of what replicas hold, with the value of batches left out."""
        left_out = int(services.batches.value[~self.done].sum())
        return services.costs.of(self.on, services.running) + int(self.missed.sum()) + left_out


def replicas_switched(on: Ints, running: Ints) -> tuple[Ints, Ints]:
    """Return the replicas switched on at the start, and off at the end, of each slot; shapes (W, T).

    `running` of them are on before the first slot.
    """
    started, stopped = switched(np.concatenate([running[:, None], on], axis=1))
    return started[:, 1:], stopped[:, 1:]


def no_services(slots: int) -> Services:
    """Return services of no kind."""
    line, grid, yes = np.zeros(0, np.int64), np.zeros((0, slots), np.int64), np.zeros(0, bool)
    square = np.zeros((0, 0), np.int64)
    return Services(
        way_ptr=pointers([]), class_ptr=pointers([]), pool=line, hold_ptr=pointers([]), hold_row=line, hold=line,
        most=grid, limit=grid, running=line, boot=line, minimum=line, least=line, service_least=line,
        costs=ReplicaCosts(grid, grid, grid), demand=grid, rate=square, planned=square, offline=square,
        missed=(), missed_step=1, whole=yes, one_way=yes, fill=yes, survivals=(), spare=line,
        batches=Batches(line, line, line, square, yes, line),
    )  # fmt: skip
