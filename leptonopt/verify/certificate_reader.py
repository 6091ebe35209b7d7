"""The prices of a certificate, read and laid out by slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.verify.exact import Malformed, duration, fraction
from leptonopt.verify.instance_reader import NOTHING, StatedInstance, StatedOption
from leptonopt.verify.packing_bound import PackingPrice
from leptonopt.verify.quotas import covers, left_of, windows_of

Row = tuple[str, str, str | None]  # pool, resource, and the node where it is one of its own


@dataclass(frozen=True)
class PricedQuota:
    """Worth of one more unit of a quota's limit: in each slot, 0 outside its window."""

    quota: Mapping[str, Any]
    by_slot: list[Fraction]
    limit: Fraction

    @property
    def of(self) -> str:
        """Return the quantity that the quota limits."""
        return str(self.quota["of"])

    @property
    def moment(self) -> bool:
        """Return whether the quota holds at every moment rather than over a window."""
        return self.quota.get("per") == "moment"

    @property
    def whole(self) -> bool:
        """Return whether the quota holds for all tasks, and so for nodes as well."""
        return self.quota.get("tasks") is None and self.quota.get("teams") is None

    def on(self, pool: str) -> bool:
        """Return whether use on a pool counts."""
        return self.quota.get("pools") is None or pool in self.quota["pools"]


@dataclass(frozen=True)
class PricedCut:
    """A price by slot on a rounded cut, at `worth` of a request per second by class.

    Usable replicas are together worth as much as the demand. Both are divided by `divisor` and rounded up, as replicas
    are whole.
    """

    gone: frozenset[str]  # zones, whose ways do not count
    worth: dict[str, Fraction]
    divisor: Fraction
    price: list[Fraction]


@dataclass(frozen=True)
class ServicePrices:
    """Prices of a service, by slot.

    Attributes
    ----------
    demand : by zones that are gone (none: always) and class, of a request per second for a slot
    minimum : by way ("" for all ways), of a usable replica for a slot
    cuts : of usable replicas that serve a demand
    states : whether its numbers of replicas are tried, at prices for what they hold alone
    """

    demand: dict[tuple[frozenset[str], str], list[Fraction]]
    minimum: dict[str, list[Fraction]]
    cuts: tuple[PricedCut, ...] = ()
    states: bool = False


class Prices:
    """All prices of a certificate.

    Attributes
    ----------
    capacity : by pool, resource and node, money for a unit held in each slot
    packing : prices on what nodes can hold of tasks that must fit within one
    quotas : those with a price
    services : by service, what its requests and its usable replicas are worth
    batches : by batch and class, what a request is worth
    edges : what each task waits for, and the lag in slots
    """

    def __init__(self, stated: StatedInstance, certificate: Mapping[str, Any]) -> None:
        if not isinstance(certificate, Mapping) or certificate.get("leptonopt_certificate") != 1:
            raise Malformed("not a certificate of version 1 (leptonopt_certificate: 1)")
        self.stated = stated
        self.unit = _unit(certificate)
        if self.unit <= 0:
            raise Malformed("unit: must be above 0")
        self.capacity = dict(self._capacity(line) for line in _lines(certificate, "capacity"))
        self.packing = [
            PackingPrice(stated, line, self._steps(line.get("price"), "packing"))
            for line in _lines(certificate, "packing")
        ]
        self.quotas = [self._quota(line) for line in _lines(certificate, "quotas")]
        self.services = dict(self._service(line) for line in _lines(certificate, "services"))
        self.batches = dict(self._batch(line) for line in _lines(certificate, "batches"))
        self.edges = {
            id: [_edge(after, stated) for after in task["after"]]
            for id, task in stated.tasks.items()
            if task.get("after")
        }
        self._read_waiting(certificate)
        self._read_apart(certificate)

    # --- reading ---

    def _read_waiting(self, certificate: Mapping[str, Any]) -> None:
        """Read the prices of precedence, and add up what each task is charged for its start, end and absence."""
        prices: dict[tuple[str, str], Fraction] = {}
        lags: dict[str, dict[str, int]] = {}  # the longest where a task waits for another twice
        for id, own in self.edges.items():
            longest = lags[id] = {}
            for first, lag in own:
                longest[first] = max(longest.get(first, lag), lag)
        for line in _lines(certificate, "waiting"):
            pair = str(line.get("task")), str(line.get("after"))
            if pair[1] not in lags.get(pair[0], ()):
                raise Malformed(f"waiting: {pair[0]!r} does not wait for {pair[1]!r}")
            prices[pair] = self._price(line.get("price"), "waiting")
        self._start: dict[str, Fraction] = defaultdict(Fraction)
        self._end: dict[str, Fraction] = defaultdict(Fraction)
        self._missing: dict[str, Fraction] = defaultdict(Fraction)
        self._constant = NOTHING
        for (id, first), price in prices.items():
            lag, early, late = lags[id][first], self._copies(first), self._copies(id)
            self._start[id] -= price * early
            self._end[first] += price * late
            self._missing[id] -= price * early * (self.stated.slots + lag)
            self._constant += price * lag * early * late

    def _read_apart(self, certificate: Mapping[str, Any]) -> None:
        """Read the prices of anti-affinity by set and pool, and the sets of each task."""
        self._apart: dict[tuple[int, str], Fraction] = {}
        sets = self.stated.document.get("apart") or []
        for line in _lines(certificate, "apart"):
            number, pool = line.get("set"), line.get("pool")
            if not isinstance(number, int) or not 0 <= number < len(sets) or pool not in self.stated.pools:
                raise Malformed("apart: is no set of the instance and one of its pools")
            self._apart[number, str(pool)] = self._price(line.get("price"), "apart")
        self._sets: dict[str, tuple[int, ...]] = {}
        for number, ids in enumerate(sets):
            for id in ids:
                self._sets[id] = (*self._sets.get(id, ()), number)

    def _price(self, value: Any, what: str) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Malformed(f"{what}: {value!r} is no price; prices are whole multiples of the unit, none below zero")
        return value * self.unit

    def _steps(self, steps: Any, what: str) -> list[Fraction]:
        """A price by slot from pairs (slot, price), each holding until the next."""
        found, last = [NOTHING] * self.stated.slots, -1
        if not isinstance(steps, list):
            raise Malformed(f"{what}: no list of [slot, price]")
        for step in steps:
            if (
                not isinstance(step, list)
                or len(step) != 2
                or isinstance(step[0], bool)
                or not isinstance(step[0], int)
            ):
                raise Malformed(f"{what}: {step!r} is no [slot, price]")
            if not last < step[0] < self.stated.slots:
                raise Malformed(f"{what}: slot {step[0]} is not behind slot {last} and within the horizon")
            last = step[0]
            found[last:] = [self._price(step[1], what)] * (self.stated.slots - last)
        return found

    def _capacity(self, line: Mapping[str, Any]) -> tuple[Row, list[Fraction]]:
        pool, resource, node = line.get("pool"), line.get("resource"), line.get("node")
        if pool not in self.stated.pools or resource not in self.stated.resources[str(pool)]:
            raise Malformed(f"capacity: pool {pool!r} has no resource {resource!r}")
        return (str(pool), str(resource), node), self._steps(line.get("price"), f"capacity of {pool!r} {resource}")

    def _quota(self, line: Mapping[str, Any]) -> PricedQuota:
        quota = next((quota for quota in self.stated.quotas if quota["id"] == line.get("id")), None)
        if quota is None:
            raise Malformed(f"quotas: {line.get('id')!r} is no quota of the instance")
        slots = self.stated.slots
        if quota.get("per") == "moment":
            by_slot = self._steps(line.get("price"), f"quota {quota['id']!r}")
            return PricedQuota(quota, by_slot, sum(by_slot, NOTHING) * left_of(quota, 0))
        window = next((each for each in windows_of(self.stated, quota) if each[0] == line.get("slot")), None)
        if window is None:
            raise Malformed(f"quota {quota['id']!r}: no window of it begins in slot {line.get('slot')!r}")
        price, by_slot = self._price(line.get("price"), f"quota {quota['id']!r}"), [NOTHING] * slots
        by_slot[window[0] : window[1]] = [price] * (window[1] - window[0])
        return PricedQuota(quota, by_slot, price * left_of(quota, window[0]))

    def _service(self, line: Mapping[str, Any]) -> tuple[str, ServicePrices]:
        demand: dict[tuple[frozenset[str], str], list[Fraction]] = {}
        for each in _lines(line, "demand"):
            key = frozenset(map(str, each.get("without") or ())), str(each.get("class"))
            demand[key] = self._steps(each.get("price"), f"services: demand of {line.get('id')!r}")
        minimum = {
            str(each.get("way") or ""): self._steps(each.get("price"), f"services: minimum of {line.get('id')!r}")
            for each in _lines(line, "minimum")
        }
        cuts, form = tuple(map(self._cut, _lines(line, "cuts"))), line.get("form", "levels")
        if form not in ("levels", "states") or (form == "states" and (demand or minimum or cuts)):
            raise Malformed(f"services: form: {form!r}; allowed are levels, and states without prices of its own")
        return str(line.get("id")), ServicePrices(demand, minimum, cuts, form == "states")

    def _cut(self, line: Mapping[str, Any]) -> PricedCut:
        worth = {str(name): fraction(value, "cuts: worth") for name, value in (line.get("worth") or {}).items()}
        divisor = fraction(line.get("divisor"), "cuts: divisor")
        if divisor <= 0 or min(worth.values(), default=NOTHING) < 0:
            raise Malformed("cuts: a divisor is above 0, and no worth below 0")
        gone = frozenset(map(str, line.get("without") or ()))
        return PricedCut(gone, worth, divisor, self._steps(line.get("price"), "cuts"))

    def _batch(self, line: Mapping[str, Any]) -> tuple[tuple[str, str], Fraction]:
        return (str(line.get("id")), str(line.get("class"))), self._price(line.get("price"), "batches")

    def _copies(self, id: str) -> int:
        return int(self.stated.tasks[id].get("copies", 1))

    # --- what tasks are charged ---

    def key(self, id: str) -> tuple[Any, ...]:
        """Return the key of a task's charges, which differs between tasks that are stated alike."""
        quotas = tuple(number for number, priced in enumerate(self.quotas) if id in (priced.quota.get("tasks") or ()))
        return quotas, self._sets.get(id, ()), self._start[id], self._end[id]

    def covering(self, id: str, way: StatedOption) -> tuple[int, ...]:
        """The priced quotas for which a way of a task counts."""
        return tuple(
            number for number, priced in enumerate(self.quotas) if covers(self.stated, priced.quota, id, way.pool)
        )

    def waiting_start(self, id: str) -> Fraction:
        """Return the earning of a start one slot later, as a cost below zero.

        A task that is waited for is then easier to keep.
        """
        return self._start[id]

    def waiting_end(self, id: str) -> Fraction:
        """Return the cost of an end one slot later."""
        return self._end[id]

    def left_out(self, id: str) -> Fraction:
        """Return the extra cost of leaving a task out, as if it started where nothing can be in its way."""
        return self._missing[id]

    def kept_apart(self, id: str, pool: str) -> Fraction:
        """Return the extra cost of running on a pool."""
        return sum((self._apart.get((number, pool), NOTHING) for number in self._sets.get(id, ())), NOTHING)

    def constant(self) -> Fraction:
        """Return the refund for all that does not depend on the plan, capacity that nodes offer aside."""
        total = self._constant - sum(self._apart.values(), NOTHING)
        return total - sum((priced.limit for priced in self.quotas), NOTHING)


def _unit(certificate: Mapping[str, Any]) -> Fraction:
    stated = certificate.get("unit")
    return fraction(stated if isinstance(stated, str) else f"{stated!r}, not a text", "unit")


def _lines(certificate: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    lines = certificate.get(key) or []
    if not isinstance(lines, list) or not all(isinstance(line, Mapping) for line in lines):
        raise Malformed(f"{key}: no list of mappings")
    return lines


def _edge(after: Any, stated: StatedInstance) -> tuple[str, int]:
    each = {"task": after} if isinstance(after, str) else after
    return each["task"], ceil(duration(each.get("lag") or "0s") / stated.slot)
