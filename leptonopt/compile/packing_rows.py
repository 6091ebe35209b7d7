"""Make packing rows: limits on the one-node tasks of counted nodes.

Where the nodes of a pool are counted, the capacity of the pool alone lets a task be split over nodes. A packing row
gives every option a weight and every kind of nodes a supply, with

    supply of a kind = the greatest total weight of one-node tasks that one of its nodes can hold at a time.

So the sum of weights of what runs is at most the sum of supplies of the usable nodes, in every slot and every plan:
add up over the nodes. That is the whole proof, whatever the weights are and however the sizes of nodes are mixed.
An option of whole nodes weighs the supply of each of them, because nothing with a weight is beside it; an option
that may span nodes weighs nothing. The supply is a knapsack of one resource, which leaves the other resources of a
node out and takes as many copies of a task as fit: that only makes it larger.

Two families of weights, for an option that uses d of a resource:

    kinds     d itself, for options that only some kinds of nodes can hold; only these kinds supply the row
    dual feasible functions u^(k) of a size B, k = 1, 2, 3, in 1/(k (k+1)) of a node: with x = d / B
                  k (k+1) x        where (k+1) x is whole
                  (k+1) floor((k+1) x)   elsewhere
              A node of size B then supplies at most k (k+1). With k = 1 a task of more than half a node weighs 2.

The functions are those of Fekete and Schepers, New classes of fast lower bounds for bin packing problems,
Mathematical Programming 91 (2001), https://doi.org/10.1007/s101070100243.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Pool

Held = tuple[tuple[str, Decimal], ...]  # resources of nodes that a one-node option uses, and how much


@dataclass(frozen=True)
class PackingTuning:
    """Tuning constants.

    Attributes
    ----------
    functions : the dual feasible functions u^(k) that are tried; from k = 4 on no row of the cases measured was
        violated by the relaxation with those before
    max_ratio : times that the largest node may hold the size of the function; the knapsack grows with it
    least_gain : relative gain in the share of a node that some option takes, for which a row is kept. Each row costs
        every method time: twelve rows for two sizes of nodes made three times the nonzeros
    """

    functions: tuple[int, ...] = (1, 2, 3)
    max_ratio: int = 64
    least_gain: float = 0.02


TUNING = PackingTuning()


@dataclass(frozen=True)
class PackingRow:
    """A packing row of a resource of a pool.

    Attributes
    ----------
    kinds : names of the kinds that supply it, where it is of the first family; empty otherwise
    size, function : the size B and the number k of the dual feasible function; 0 in the first family
    weights : by what a one-node option uses of nodes
    supply : by name of a kind
    """

    pool: str
    resource: str
    kinds: tuple[str, ...]
    size: Decimal
    function: int
    weights: Mapping[Held, Decimal]
    supply: Mapping[str, Decimal]

    def weight(self, way: ConcreteOption, of_nodes: Iterable[str]) -> Decimal:
        """Return the weight of an option of the pool, 0 for one that may span nodes."""
        if way.one_node:
            return self.weights.get(held_of(way, of_nodes), Decimal(0))
        return way.whole * max(self.supply.values()) if way.whole else Decimal(0)

    def share(self, held: Held, kind: str) -> Fraction:
        """Return the share of what a node of a kind supplies that a one-node option takes."""
        if not (weight := self.weights.get(held)):
            return Fraction(0)
        supply = self.supply.get(kind)
        return Fraction(weight) / Fraction(supply) if supply else Fraction(0)


def held_of(way: ConcreteOption, of_nodes: Iterable[str]) -> Held:
    """Return what an option uses of resources of nodes."""
    return tuple((name, way.uses[name]) for name in sorted(set(of_nodes)) if way.uses.get(name))


def packing_rows(pool: Pool, ways: Iterable[ConcreteOption]) -> list[PackingRow]:
    """Return the packing rows of a pool for the options on it, without those that add nothing to others."""
    fitting = (way for way in ways if way.one_node and way.duration and way.refused is None)
    held = sorted({held_of(way, pool.of_nodes) for way in fitting})
    fits = {each: _kinds_that_hold(pool, each) for each in held}
    fits = {each: kinds for each, kinds in fits.items() if each and kinds}
    whole, kept = list[PackingRow](), list[PackingRow]()
    for resource in sorted({name for each in fits for name, _ in each}):
        uses = {each: amount for each in fits for name, amount in each if name == resource}
        sizes = {name: kind.size[resource] for name, kind in pool.kinds if kind.size.get(resource)}
        whole.append(PackingRow(pool.id, resource, tuple(sizes), Decimal(0), 0, uses, sizes))
    for capacity in whole:  # of the pool itself, a row that there is
        for row in _by_kinds(capacity, fits):
            if not any(_implies(other, row) for other in (*whole, *kept)):
                kept.append(row)
    functions = [row for capacity in whole for row in _by_functions(capacity, fits)]
    for row in sorted(functions, key=lambda row: row.function):
        if _adds(row, (*whole, *kept), pool, fits):
            kept.append(row)
    return kept


def _kinds_that_hold(pool: Pool, held: Held) -> tuple[str, ...]:
    return tuple(name for name, kind in pool.kinds if all(kind.size.get(each, 0) >= amount for each, amount in held))


def _by_kinds(whole: PackingRow, fits: Mapping[Held, tuple[str, ...]]) -> Iterator[PackingRow]:
    """Yield a row for every set of kinds that alone can hold some option."""
    for kinds in sorted({fits[each] for each in whole.weights}, key=lambda kinds: (len(kinds), kinds)):
        weights = {each: amount for each, amount in whole.weights.items() if set(fits[each]) <= set(kinds)}
        supply = {name: whole.supply[name] for name in kinds}
        yield PackingRow(whole.pool, whole.resource, kinds, Decimal(0), 0, weights, supply)


def _by_functions(whole: PackingRow, fits: Mapping[Held, tuple[str, ...]]) -> Iterator[PackingRow]:
    """Yield a row for every size of nodes and every dual feasible function."""
    for size in sorted(set(whole.supply.values()), reverse=True):
        if max(whole.supply.values()) > TUNING.max_ratio * size:
            continue
        for function in TUNING.functions:
            weights = {each: dual_feasible_weight(amount, size, function) for each, amount in whole.weights.items()}
            supply = {}
            for name, capacity in whole.supply.items():
                mine = [(whole.weights[each], weights[each]) for each in weights if name in fits[each]]
                supply[name] = Decimal(greatest_weight(mine, capacity))
            named = {each: Decimal(weight) for each, weight in weights.items() if weight}
            yield PackingRow(whole.pool, whole.resource, (), size, function, named, supply)


def dual_feasible_weight(amount: Decimal, size: Decimal, function: int) -> int:
    """Return the weight of an amount by u^(k) of a size, in 1/(k (k+1)) of a node of that size."""
    steps = Fraction(amount) / Fraction(size) * (function + 1)
    return int(steps) * function if steps.denominator == 1 else int(steps) * (function + 1)


def greatest_weight(items: Sequence[tuple[Decimal, int]], capacity: Decimal) -> int:
    """Return the greatest total weight of items (amount, weight) within a capacity.

    Amounts are above 0, and each item is taken as often as wanted. It is a knapsack over weights: the least amount
    with which each total weight is reached.
    """
    lightest, room = dict[int, Fraction](), Fraction(capacity)
    for amount, weight in items:
        if weight and amount <= capacity:
            lightest[weight] = min(Fraction(amount), lightest.get(weight, Fraction(amount)))
    least, total = [Fraction(0)], 0
    longest = max(lightest, default=0)
    while len(least) - total <= longest:  # beyond so many weights out of reach, all are
        reached = len(least)
        amounts = [least[reached - weight] + each for weight, each in lightest.items() if weight <= reached]
        fitting = [amount for amount in amounts if amount <= room]
        least.append(min(fitting, default=room + 1))
        total = reached if fitting else total
    return total


def _adds(row: PackingRow, others: Iterable[PackingRow], pool: Pool, fits: Mapping[Held, tuple[str, ...]]) -> bool:
    """Return whether some option takes a greater share of a node of the row's size than in all other rows."""
    kinds = [name for name, kind in pool.kinds if kind.size.get(row.resource) == row.size]
    return any(
        row.share(each, kind) > Fraction(1 + TUNING.least_gain) * max(other.share(each, kind) for other in others)
        for kind in kinds
        for each in row.weights
        if kind in fits[each]
    )


def _implies(one: PackingRow, other: PackingRow) -> bool:
    """Return whether a row, times some number, is at least as strict as another."""
    times = Fraction(0)
    for each, weight in other.weights.items():
        if not (mine := one.weights.get(each)):
            return False
        times = max(times, Fraction(weight) / Fraction(mine))
    names = {*one.supply, *other.supply}
    return all(
        Fraction(other.supply.get(name, Decimal(0))) >= times * Fraction(one.supply.get(name, Decimal(0)))
        for name in names
    )
