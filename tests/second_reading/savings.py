"""Read savings plans by `docs/reference/format.md`, and compute what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from .documents import Refused, Series, get, number

if TYPE_CHECKING:
    from .reading import Instance, Pool, Run

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
    """A savings plan, its windows in slots, and the money committed already in each."""

    def __init__(self, tree: dict[str, Any], instance: Instance):
        clock = instance.clock
        self.id, self.hours = tree["id"], clock.hours
        self.given = Series.of(get(tree, "committed", 0), clock).mean
        commit = get(tree, "commit") or {"max": 0}
        self.step = number(get(commit, "step", 1))
        if self.step <= 0 or number(commit["max"]) < 0 or number(commit["max"]) % self.step:
            raise Refused("a largest commitment that is no whole number of steps")
        self.steps = range(int(number(commit["max"]) / self.step) + 1)
        self.rates = sorted(
            (_rate(each, instance) for each in tree["rates"]), key=lambda rate: rate.price / rate.listed
        )
        if (
            (clock.start % 3600 or clock.slot % 3600)
            if clock.slot >= 3600
            else (3600 % clock.slot or clock.start % clock.slot)
        ):
            raise Refused("slots that do not lie on clock hours")
        hours = [clock.begin(slot) // 3600 for slot in range(clock.slots)]
        self.windows = [[slot for slot, at in enumerate(hours) if at == hour] for hour in sorted(set(hours))]

    def paid(self, window: list[int], more: Fraction) -> Fraction:
        """Return the money committed for a window, with so much more an hour."""
        return sum((self.given[slot] + more for slot in window), ZERO) * self.hours

    def filled(self, money: Fraction, uses: list[Fraction]) -> list[Fraction]:
        """Return what of each use the money pays for, the largest discount first."""
        found = []
        for rate, use in zip(self.rates, uses, strict=True):
            found.append(min(use, money / rate.price))
            money -= found[-1] * rate.price
        return found

    def cost(self, window: list[int], uses: list[Fraction], more: Fraction) -> Fraction:
        """Return the commitment less what it pays for at list prices."""
        money = self.paid(window, more)
        filled = self.filled(money, uses)
        return money - sum((rate.listed * each for rate, each in zip(self.rates, filled, strict=True)), ZERO)

    def least(self) -> Fraction:
        """Return a number that no plan falls below."""
        worth = max(rate.listed / rate.price for rate in self.rates)
        most = self.step * self.steps[-1]
        return sum((self.paid(window, most) * (1 - worth) for window in self.windows), ZERO)


def read_savings(tree: dict[str, Any], instance: Instance) -> list[SavingsPlan]:
    """Return all savings plans."""
    plans = [SavingsPlan(each, instance) for each in get(tree, "savings", [])]
    things = [(rate.pool.id, rate.resource, rate.kind) for plan in plans for rate in plan.rates]
    if len(set(things)) < len(things) or len({plan.id for plan in plans}) < len(plans):
        raise Refused("two rates of one thing, or two plans of one id")
    return plans


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
