"""The instance, read for checking: numbers by slot, nodes, and the ways in which tasks may run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import Any

from leptonopt.verify.data import DataReader, Moved
from leptonopt.verify.exact import Malformed, duration, exact
from leptonopt.verify.notation import plain
from leptonopt.verify.offers import kinds_of
from leptonopt.verify.segments import Cut, cut_of, is_cut
from leptonopt.verify.spot import Spot
from leptonopt.verify.stated_options import MakeOption, StatedOption, named_options, pools_of
from leptonopt.verify.timeline import NOTHING, Timeline, stated_numbers

POWER = "power"

__all__ = ["NOTHING", "POWER", "Kind", "StatedInstance", "StatedOption"]


@dataclass(frozen=True)
class Kind:
    """A kind of nodes, or nodes `node` to `last` of it where they are told apart; slots and money exact."""

    pool: str
    name: str
    node: int | None
    last: int | None
    size: dict[str, Fraction]
    count: list[int]
    price: list[Fraction] | None
    startup: Fraction
    shutdown: Fraction
    boot: int
    minimum: int
    power: Fraction
    commit: Fraction
    commit_max: int
    reserved: int
    before: int = 0  # on when the horizon begins
    off: int = 0
    held: tuple[int, ...] = ()
    load: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Return the name of a node in the lines of a plan."""
        return f"{self.name}/{self.node}"

    @property
    def single(self) -> bool:
        """Return whether this is one node that is told from others."""
        return self.node is not None and self.node == self.last


class StatedInstance(Timeline):
    """The instance, read for checking."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        document = plain(document)
        super().__init__(document["time"])
        self.document = document
        self.pools = {pool["id"]: pool for pool in document["pools"]}
        self.tasks = {task["id"]: task for task in document.get("tasks") or ()}
        self.profiles = document.get("profiles") or {}
        self.quotas = document.get("quotas") or []
        self.data = DataReader(document)
        weights = document.get("objective") or {}
        self.weight, self.carbon_weight = exact(weights.get("cost", 1)), exact(weights.get("carbon_kg", 0))
        self.resources = {name: self._resources(pool) for name, pool in self.pools.items()}
        self._named: dict[str, dict[str, MakeOption]] = {}
        self._sums: dict[tuple[str, str], list[Fraction]] = {}
        self._grams: dict[str, list[Fraction]] = {}
        self._charges: dict[tuple[str, str], list[Fraction]] = {}
        self._paid: dict[tuple[str, str], list[Fraction]] = {}
        self._rates: dict[str, dict[str, list[Fraction]]] = {}
        self._least: dict[tuple[str, str], list[Fraction | None]] = {}

    @property
    def metered(self) -> bool:
        """Return whether meters or savings plans price what is used in sum."""
        return bool(self.document.get("meters") or self.document.get("savings"))

    # --- prices and carbon ---

    def price_sum(self, pool: str, resource: str) -> list[Fraction]:
        """Money for one unit held from the start of the horizon to each slot's beginning."""
        if (pool, resource) not in self._sums:
            per_hour = self.means((self.pools[pool].get("price") or {}).get(resource, 0))
            self._sums[pool, resource] = list(accumulate((value * self.hours for value in per_hour), initial=NOTHING))
        return self._sums[pool, resource]

    def charge_sum(self, pool: str, resource: str) -> list[Fraction]:
        """Charge for one unit of nodes held from the start of the horizon to each slot's beginning."""
        if (pool, resource) not in self._charges:
            per_hour = self.charges(pool).get(resource, [NOTHING] * self.slots)
            self._charges[pool, resource] = list(accumulate((rate * self.hours for rate in per_hour), initial=NOTHING))
        return self._charges[pool, resource]

    def charges(self, pool: str) -> dict[str, list[Fraction]]:
        """Charge per unit and hour in each slot, by the resource of nodes that is charged."""
        if pool not in self._rates:
            self._rates[pool] = charges(self, self.pools[pool])
        return self._rates[pool]

    def quota_sum(self, quota: Mapping[str, Any], pool: str, resource: str) -> list[Fraction]:
        """Money that counts for a quota, for one unit held from the start to each slot's beginning."""
        sums = self.price_sum(pool, resource)
        if quota.get("tasks") is None and quota.get("teams") is None:
            return sums
        if (pool, resource) not in self._paid:
            pairs = zip(sums, self.charge_sum(pool, resource), strict=True)
            self._paid[pool, resource] = [paid + charged for paid, charged in pairs]
        return self._paid[pool, resource]

    def carbon_sum(self, pool: str) -> list[Fraction]:
        """Kilograms of CO2 for one kW drawn from the start of the horizon to each slot's beginning."""
        if pool not in self._grams:
            grams = self.means(self.pools[pool].get("carbon") or 0)
            self._grams[pool] = list(accumulate((value * self.hours / 1000 for value in grams), initial=NOTHING))
        return self._grams[pool]

    def _resources(self, pool: Mapping[str, Any]) -> list[str]:
        """All resources of a pool, in the order of its bill."""
        kinds = kinds_of(pool)
        names = dict.fromkeys([*(pool.get("capacity") or {}), *(name for kind in kinds for name in kind["size"])])
        stated = POWER in (pool.get("price") or {}) or pool.get("power") or pool.get("carbon") is not None
        if stated or any(exact(kind.get("power", 0)) for kind in kinds):
            names.setdefault(POWER)
        return list(names)

    # --- nodes ---

    def of_nodes(self) -> set[tuple[str, str]]:
        """Pools and their resources that are there only as far as there are nodes."""
        return {
            (name, resource)
            for name, pool in self.pools.items()
            for nodes in kinds_of(pool)
            for resource in nodes["size"]
        }

    def told_apart(self) -> set[str]:
        """Pools on which some task has to fit within one node, or on whole ones."""
        found = set[str]()
        for task in self.tasks.values():
            if task.get("placement") in ("one-node", "packed"):
                found |= pools_of(task, self.profiles)
        return {name for name in found if kinds_of(self.pools[name])}

    def stated_kinds(self) -> Iterator[tuple[Kind, Mapping[str, Any]]]:
        """Yield each kind of nodes as a whole, in the order of the file, with what is stated of it."""
        for name, pool in self.pools.items():
            stated = kinds_of(pool)
            for number, nodes in enumerate(stated, 1):
                yield self._kind(name, pool, nodes, name if len(stated) == 1 else f"{name}-{number}"), nodes

    def kinds(self, cuts: Mapping[tuple[str, str], Iterable[int]] | None = None) -> list[Kind]:
        """All kinds of nodes, in the order of the file; where they are told apart, by numbers of nodes.

        Nodes that are alike, always there together and paid in the same way, are then one entry, unless `cuts` of their
        pool and kind say after which numbers another begins.
        """
        apart, found = self.told_apart(), []
        for kind, nodes in self.stated_kinds():
            if kind.pool not in apart:
                found.append(kind)
                continue
            most = max(int(value) for value in stated_numbers(nodes["count"]))
            top = kind.reserved + kind.commit_max
            among = {0, most, kind.reserved, top, kind.before, *kind.count}
            among |= set((cuts or {}).get((kind.pool, kind.name)) or ())
            if kind.commit_max and kind.price is not None and kind.minimum > 1:
                among |= set(range(kind.reserved, top + 1))  # committed ones and others must not change places
            for low, high in pairwise(sorted(cut for cut in among if 0 <= cut <= most)):
                size, own = high - low, low < kind.reserved
                found.append(
                    replace(
                        kind,
                        node=low + 1,
                        last=high,
                        count=[size * (count >= high) for count in kind.count],
                        reserved=size * own,
                        commit_max=size * (not own and low < top),
                        before=size * (low < kind.before),
                    )
                )
        return found

    def _kind(self, name: str, pool: Mapping[str, Any], nodes: Mapping[str, Any], called: str) -> Kind:
        closed = [
            {"from": window["from"], "to": window["to"]}
            for window in pool.get("maintenance") or ()
            if window.get("capacity") is None
        ]
        count = [int(value or 0) for value in self.lowest(nodes["count"], closed, "")]
        commit = nodes.get("commit")
        if commit is not None and not isinstance(commit, Mapping):
            commit = {"price": commit}
        boot = ceil(duration(nodes.get("boot", "0s")) / self.slot)
        total, most = NOTHING, 0
        if commit is not None:
            each = commit.get("total")
            total = exact(commit["price"]) * Fraction(self.horizon, 3600) if each is None else exact(each)
            most = max(int(value) for value in stated_numbers(nodes["count"]))
            most = most if commit.get("max") is None else int(commit["max"])
        return Kind(
            pool=name,
            name=nodes.get("id") or called,
            node=None,
            last=None,
            size={resource: exact(size) for resource, size in nodes["size"].items()},
            count=count,
            price=None if nodes.get("price") is None else self.means(nodes["price"]),
            startup=exact(nodes.get("startup", 0)),
            shutdown=exact(nodes.get("shutdown", 0)),
            boot=boot,
            minimum=max(boot, ceil(duration(nodes.get("minimum", "0s")) / self.slot)),
            power=exact(nodes.get("power", 0)),
            commit=total,
            commit_max=most,
            reserved=int(nodes.get("reserved", 0)),
            before=int(nodes.get("running", 0)),
            off=ceil(duration(nodes.get("minimum_off", "0s")) / self.slot),
            held=self._held(nodes),
            load={name: exact(amount) for name, amount in (nodes.get("minimum_load") or {}).items()},
        )

    def _held(self, nodes: Mapping[str, Any]) -> tuple[int, ...]:
        """Return how many nodes of a kind are still within their minimum time, by slot; nothing without any."""
        least = max(duration(nodes.get("boot", "0s")), duration(nodes.get("minimum", "0s")))
        ends = [self.second(since) + least for since in nodes.get("since") or ()]
        return tuple(sum(end > slot * self.slot for end in ends) for slot in range(self.slots if ends else 0))

    def least(self, pool: str, resource: str) -> list[Fraction | None]:
        """The least a pool offers in each slot; None where nothing limits it."""
        if (pool, resource) not in self._least:
            series = (self.pools[pool].get("capacity") or {}).get(resource, "unlimited")
            if resource in (self.pools[pool].get("capacity") or {}):
                found = self.lowest(series, self.pools[pool].get("maintenance") or (), resource)
            else:
                found = [None] * self.slots
            self._least[pool, resource] = found
        return self._least[pool, resource]

    # --- ways to run a task ---

    def _named_ways(self, task: str) -> dict[str, MakeOption]:
        """Return the makers of options by the names in plans; None for one that does not fit its devices."""
        if task not in self._named:
            self._named[task] = named_options(self.tasks[task], self.profiles, self.pools)
        return self._named[task]

    def cut(self, task: str) -> Cut | None:
        """Return how a task may be cut; None where each copy runs as a whole."""
        return cut_of(self.tasks[task], self.slot, lambda name: self._way(task, name))

    def _way(self, task: str, name: Any) -> StatedOption | None:
        """Return the way of that name, allowed or not."""
        way = self._made(task, name)
        return None if way is None else self.placed(self.tasks[task], way)

    def _made(self, task: str, name: Any) -> StatedOption | None:
        """Return the option of that name as it is stated; None where there is none."""
        made = self._named_ways(task).get(name)
        return None if made is None else made()

    def way(self, task: str, name: Any) -> StatedOption | None:
        """The way of that name; None where there is none, or it is not allowed."""
        if (way := self._made(task, name)) is None or not self.allows(self.tasks[task], way):
            return None
        if (moves := self.data.of_task(self.tasks[task], way.pool)) is None:
            return None
        placed = self.placed(self.tasks[task], way)
        if placed is None:
            return None
        placed = self._with_data(placed, moves) if moves else placed
        return replace(placed, cost=placed.cost + billed_beyond_slots(self, self.pools[placed.pool], placed))

    def ways(self, task: str) -> dict[str, StatedOption]:
        """The ways a task may run, by the names that plans call them."""
        return {name: way for name in self._named_ways(task) if (way := self.way(task, name)) is not None}

    def placed(self, task: Mapping[str, Any], way: StatedOption) -> StatedOption | None:
        """The way with whole nodes, what it draws, and whether it has to fit within one node; None for no way."""
        pool, uses = self.pools[way.pool], dict(way.uses)
        kinds, alone = kinds_of(pool), task.get("placement") == "one-node"
        if task.get("placement") == "packed" and not way.whole and not way.milestone:
            number = _nodes_for(uses, kinds)
            if number is None:
                return None
            way, alone = replace(way, whole=number if number > 1 else 0), number == 1
        if way.whole:
            uses |= {name: exact(size) * way.whole for name, size in kinds[0]["size"].items()}
        if POWER in self.resources[way.pool] and POWER not in uses:
            draws = pool.get("power") or {}
            drawn = sum((exact(draws.get(name, 0)) * count for name, count in uses.items()), NOTHING)
            if drawn:
                uses[POWER] = drawn
        return self._interrupted(task, replace(way, uses=uses, one_node=bool(kinds) and alone))

    def _interrupted(self, task: Mapping[str, Any], way: StatedOption) -> StatedOption | None:
        """The way of a task that may be cut at its pace under interruptions; None without progress."""
        rate = self.pools[way.pool].get("interruptions")
        if rate is None or not is_cut(task):
            return way
        pace = Spot(way.seconds, task.get("checkpoint"), (), self.slot).of(exact(rate))[1]
        return replace(way, seconds=way.seconds / Fraction(whole, 10**6)) if (whole := int(pace * 10**6)) else None

    @staticmethod
    def _with_data(way: StatedOption, moves: tuple[Moved, ...]) -> StatedOption:
        """The way that fetches its inputs and writes its results."""
        cost = way.cost + sum((move.money for move in moves), NOTHING)
        return replace(way, cost=cost, seconds=way.seconds + sum((move.seconds for move in moves), NOTHING), data=moves)

    def allows(self, task: Mapping[str, Any], way: StatedOption) -> bool:
        """Return whether the needs of a task, or of a service, allow a way."""
        needs = task.get("needs") or {}
        labels = set(self.pools[way.pool].get("labels") or ())
        if set(needs.get("without") or ()) & labels or (task.get("confidential") and "confidential" not in labels):
            return False
        return set(needs.get("labels") or ()) <= labels and way.quality >= exact(needs.get("quality", 0))


def _nodes_for(uses: Mapping[str, Fraction], kinds: list[Mapping[str, Any]]) -> int | None:
    """Return the nodes of a packed way; 0 where it uses none, None where no number will do."""
    there = {name for kind in kinds for name in kind["size"]}
    held = {name: count for name, count in uses.items() if count and name in there}
    if not held:
        return 0
    least = [
        max(ceil(count / exact(kind["size"][name])) for name, count in held.items())
        for kind in kinds
        if held.keys() <= kind["size"].keys()
    ]
    if 1 in least:
        return 1
    return least[0] if len(kinds) == 1 and least else None


def charges(time: Timeline, pool: Mapping[str, Any]) -> dict[str, list[Fraction]]:
    """Return the charge per unit and hour in each slot, by the resource of nodes that is charged."""
    stated = pool.get("charge")
    if stated is not None:
        return {name: time.means(series) for name, series in stated.items()}
    found: dict[str, dict[int, Fraction]] = {}
    nodes = pool.get("nodes") or ()
    kinds = [nodes] if isinstance(nodes, Mapping) else nodes
    names = {name for kind in kinds for name in kind["size"] if not name.startswith("apart:")}
    for kind in kinds:
        if (hourly := _hourly(time, kind)) is None:
            continue
        for name, size in kind["size"].items():
            if name == "gpu" or {name} == names:
                rates = found.setdefault(name, {})
                for slot, money in hourly.items():
                    rates[slot] = min(money / exact(size), rates.get(slot, money / exact(size)))
    return {name: [rates.get(slot, NOTHING) for slot in range(time.slots)] for name, rates in found.items()}


def _hourly(time: Timeline, kind: Mapping[str, Any]) -> dict[int, Fraction] | None:
    """Return what a node costs an hour in the slots in which there is one; None without any price."""
    there = [slot for slot, count in enumerate(time.lowest(kind["count"], (), "")) if count]
    if kind.get("price") is not None:
        means = time.means(kind["price"])
        return {slot: means[slot] for slot in there}
    commit = kind.get("commit")
    if commit is None:
        return None
    terms = commit if isinstance(commit, Mapping) else {"price": commit}
    if terms.get("total") is not None and there:
        return dict.fromkeys(there, exact(terms["total"]) / (len(there) * Fraction(time.slot, 3600)))
    return dict.fromkeys(there, exact(terms.get("price") or 0))


def billed_beyond_slots(time: Timeline, pool: Mapping[str, Any], way: StatedOption) -> Fraction:
    """Return what a way pays beyond its slots on a pool that bills started units; below 0 where less."""
    billing = pool.get("billing")
    if billing is None or way.milestone:
        return Fraction(0)
    unit, least = duration(billing.get("unit", "1s")), duration(billing.get("minimum", "0s"))
    paid = max(least, -(-way.seconds // unit) * unit)
    held = -(-way.seconds // time.slot) * time.slot
    total = Fraction(0)
    for name, count in way.uses.items():
        price = (pool.get("price") or {}).get(name)
        if isinstance(price, Mapping) and name != "power":
            raise Malformed(f"pool {pool['id']!r} has billing, and a price of {name!r} that changes over time")
        if price is not None and name != "power":
            total += count * exact(price) * (paid - held) / 3600
    return total
