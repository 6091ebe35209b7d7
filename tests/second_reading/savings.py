"""Read savings plans by `docs/reference/format.md`, and compute what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise, product
from typing import TYPE_CHECKING, Any

from .documents import Clock, Refused, Series, duration, get, instant, number, whole

if TYPE_CHECKING:
    from .reading import Instance, Pool, Run

Thing = tuple[str, str | None, str | None]
ZERO = Fraction(0)


@dataclass
class Rate:
    """A use that a plan pays for: the price under the plan, and the list price."""

    pool: Pool
    resource: str | None
    kind: str | None
    price: Fraction
    listed: Fraction

    @property
    def thing(self) -> Thing:
        """Return what it is of."""
        return self.pool.id, self.resource, self.kind

    @property
    def what(self) -> str:
        """Return a name for the hours of its nodes."""
        return f"\0{self.kind}"

    def covers_pool(self, pool: Pool) -> bool:
        """Tell whether nodes of a pool count."""
        return pool is self.pool

    def of(self, run: Run, slot: int) -> Fraction:
        """Return the units that a run holds in a slot."""
        mine = self.resource is not None and run.option.pool is self.pool and run.holds(slot)
        return run.option.uses.get(self.resource, ZERO) if mine else ZERO


class SavingsPlan:
    """A savings plan, its windows in slots, and the money committed already in each.

    `spans` are first slots and ends of the terms in which money can be committed.
    """

    def __init__(self, tree: dict[str, Any], instance: Instance):
        clock = instance.clock
        self.id, self.hours = tree["id"], clock.hours
        self.order = whole(get(tree, "order", 1))
        self.given = Series.of(get(tree, "committed", 0), clock).mean
        self.commits = get(tree, "commit") is not None
        commit = get(tree, "commit") or {"max": 0}
        self.step = number(get(commit, "step", 1))
        if self.step <= 0 or number(commit["max"]) < 0 or number(commit["max"]) % self.step or self.order < 1:
            raise Refused("a largest commitment that is no whole number of steps, or an order below 1")
        self.steps = range(int(number(commit["max"]) / self.step) + 1)
        self.rates = [_rate(each, instance) for each in tree["rates"]]
        if (
            (clock.start % 3600 or clock.slot % 3600)
            if clock.slot >= 3600
            else (3600 % clock.slot or clock.start % clock.slot)
        ):
            raise Refused("slots that do not lie on clock hours")
        self.starts = [instant(each) for each in get(commit, "start", [])]
        self.spans = [(0, clock.slots)]
        if self.starts or get(commit, "term") is not None:
            self.spans = _terms(self.starts, duration(commit["term"]), clock)
        hours = [clock.begin(slot) // 3600 for slot in range(clock.slots)]
        self.windows = [[slot for slot, at in enumerate(hours) if at == hour] for hour in sorted(set(hours))]

    def paid(self, window: list[int], more: Sequence[Fraction]) -> Fraction:
        """Return the money committed for a window, with so much more an hour at each start."""
        bought = zip(self.spans, more, strict=True)
        active = [(low, end, money) for (low, end), money in bought]
        return self.hours * sum(
            (
                self.given[slot] + sum((money for low, end, money in active if low <= slot < end), ZERO)
                for slot in window
            ),
            ZERO,
        )

    def least(self) -> Fraction:
        """Return a number that no plan falls below."""
        worth = max(rate.listed / rate.price for rate in self.rates)
        most = [self.step * self.steps[-1]] * len(self.spans)
        return sum((self.paid(window, most) * (1 - worth) for window in self.windows), ZERO)


class Filling:
    """Plans that cover the same things, also by way of others, and how they are filled."""

    def __init__(self, plans: list[SavingsPlan]):
        self.plans, self.windows = plans, plans[0].windows
        entries = [(plan, rate) for plan in plans for rate in plan.rates]
        self.entries = sorted(entries, key=lambda entry: (entry[0].order, entry[1].price / entry[1].listed))
        self.things = {rate.thing: rate for _, rate in entries}
        if sum(plan.commits for plan in plans) > 1:
            raise Refused("two plans with something to commit over the same things")
        if not self._never_costs_more():
            raise Refused("an order of filling that another one may beat")

    def _never_costs_more(self) -> bool:
        """Tell whether the order of filling never costs more than another."""
        places = {(plan.id, rate.thing): at for at, (plan, rate) in enumerate(self.entries)}
        price = {(plan.id, rate.thing): rate.price for plan, rate in self.entries}
        for (p, k), (q, m), (r, n) in product(places, repeat=3):
            if p == r and k == m and p != q and k != n and places[p, k] < min(places[q, k], places[p, n]):
                if (q, n) not in places:
                    return False
                if places[q, n] > places[p, k] and price[q, k] * price[p, n] < price[p, k] * price[q, n]:
                    return False
        return True

    def choices(self) -> Iterator[list[list[Fraction]]]:
        """Yield what each plan may commit at each of its starts."""
        each = [[[plan.step * n for n in plan.steps]] * len(plan.spans) for plan in self.plans]
        for chosen in product(*(product(*own) for own in each)):
            yield [list(own) for own in chosen]

    def filled(self, money: list[Fraction], uses: dict[Thing, Fraction]) -> list[Fraction]:
        """Return what of its thing each entry pays for."""
        found, left, use = [], dict(zip((plan.id for plan in self.plans), money, strict=True)), dict(uses)
        for plan, rate in self.entries:
            found.append(min(use[rate.thing], left[plan.id] / rate.price))
            use[rate.thing] -= found[-1]
            left[plan.id] -= found[-1] * rate.price
        return found

    def cost(self, window: list[int], uses: dict[Thing, Fraction], more: list[list[Fraction]]) -> Fraction:
        """Return the commitments less what they pay for at list prices."""
        money = [plan.paid(window, own) for plan, own in zip(self.plans, more, strict=True)]
        pairs = zip(self.entries, self.filled(money, uses), strict=True)
        return sum(money, ZERO) - sum((rate.listed * each for (_, rate), each in pairs), ZERO)


def read_savings(tree: dict[str, Any], instance: Instance) -> list[Filling]:
    """Return all savings plans, those together that cover the same things."""
    plans = [SavingsPlan(each, instance) for each in get(tree, "savings", [])]
    twice = any(len({rate.thing for rate in plan.rates}) < len(plan.rates) for plan in plans)
    if twice or len({plan.id for plan in plans}) < len(plans):
        raise Refused("two rates of one plan for one thing, or two plans of one id")
    groups: list[list[SavingsPlan]] = []
    for plan in plans:
        things = {rate.thing for rate in plan.rates}
        near = [own for own in groups if any(rate.thing in things for each in own for rate in each.rates)]
        groups = [own for own in groups if own not in near] + [[*chain(*near), plan]]
    return [Filling(sorted(own, key=plans.index)) for own in sorted(groups, key=lambda own: min(map(plans.index, own)))]


def _terms(starts: list[Fraction], term: Fraction, clock: Clock) -> list[tuple[int, int]]:
    """Return first slot and end of the term from each start on."""
    if not 1 <= len(starts) <= 6 or any(b <= a for a, b in pairwise(starts)):
        raise Refused("no starts, too many, or some that do not ascend")
    found = []
    for start in starts:
        if not clock.start <= start < clock.begin(clock.slots):
            raise Refused("a start outside the horizon")
        for at in (start, start + term):
            if at % 3600 or (clock.slot > 3600 and (at - clock.start) % clock.slot):
                raise Refused("a term that does not lie on clock hours and slots")
        found.append((int((start - clock.start) / clock.slot), int((start + term - clock.start) / clock.slot)))
    return found


def _rate(tree: dict[str, Any], instance: Instance) -> Rate:
    """Read a rate."""
    pool, resource, kind = instance.pools[tree["pool"]], get(tree, "resource"), get(tree, "kind")
    if resource is not None and (resource not in pool.capacity or pool.billing):
        raise Refused("a rate of no resource, or on a pool with billing")
    names = [each.id or pool.id for each in pool.kinds]
    prices = pool.price.get(resource) if kind is None else pool.kinds[names.index(kind)].price
    price = number(tree["price"])
    if prices is None or len(set(prices)) > 1 or not 0 < price <= prices[0]:
        raise Refused("a rate without a list price, or above it")
    return Rate(pool, resource, kind, price, prices[0])
