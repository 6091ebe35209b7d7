"""Options of a task that differ in their pool alone, kept once for all their pools.

A day of servers (ICON challenge) has half a million options of 5,000 tasks on 100 servers, each of which would be an
object in every step of compiling. Both sequences here make an option when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, SupportsIndex, TypeVar, overload

import numpy as np

from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import POWER, Instance, Pool, Task
from leptonopt.problem.arrays import Ints

Item = TypeVar("Item")
MAX_DEMAND = 2**36  # a demand in units of its row (the finest amount used on it); sums stay far inside int64


class CompiledOption(NamedTuple):
    """An option in slots and demand units, with the starts at which it fits the pools when alone."""

    way: ConcreteOption
    slots: int
    rows: tuple[int, ...]
    amounts: tuple[int, ...]
    starts: Ints
    once: tuple[tuple[int, Fraction], ...] = ()
    special: bool = False  # its starts depend on more than its rows and the task's window


class _OnPools(Sequence[Item]):
    """Sequence of what differs in the pool alone."""

    def at(self, place: int) -> Item:
        """Return the item of a pool by its place."""
        raise NotImplementedError

    @overload
    def __getitem__(self, place: SupportsIndex) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item]: ...
    def __getitem__(self, place: SupportsIndex | slice) -> Item | list[Item]:
        which = range(len(self))[place]
        return self.at(which) if isinstance(which, int) else [self.at(each) for each in which]


class OptionsOnPools(_OnPools[ConcreteOption]):
    """Options of a task that differ in the pool alone, and the ids of their pools."""

    def __init__(self, name: str, pools: tuple[str, ...], uses: ConcreteOption) -> None:
        self._name, self.pools, self._any = name, pools, uses
        self.first = self.at(0)

    def at(self, place: int) -> ConcreteOption:
        """Return the option on a pool by its place."""
        pool = self.pools[place]
        return self._any._replace(id=f"{self._name}{pool}", pool=pool)

    def __len__(self) -> int:
        return len(self.pools)


@dataclass(frozen=True, eq=False)
class PoolRows:
    """Rows of the same resources on each of several pools.

    Attributes
    ----------
    each : by pool, the rows ascending
    table : int64, shape (n, R), the same
    pool : int64, shape (n,), the numbers of the pools
    order : places of the resources in the order of the rows, the same for all pools
    scale : by place in the order of the rows, demand units in one unit of the resource, the same for all pools
    always : by place in the order of the rows, the least capacity of any slot of any pool [demand units]
    """

    each: tuple[tuple[int, ...], ...]
    table: Ints
    pool: Ints
    order: tuple[int, ...]
    scale: tuple[int, ...]
    always: tuple[int, ...]

    def places_by(self, values: Sequence[int]) -> list[int]:
        """Return the places of the first pools with each tuple of values of their rows; `values` are by row."""
        first: dict[tuple[int, ...], int] = {}
        for place, rows in enumerate(self.each):
            first.setdefault(tuple(values[row] for row in rows), place)
        return list(first.values())


class ColumnsOnPools(_OnPools[CompiledOption]):
    """Columns of a task that differ in the pool alone."""

    def __init__(
        self, ways: OptionsOnPools, rows: PoolRows, amounts: tuple[int, ...], slots: int, starts: Ints
    ) -> None:
        self.ways, self.rows, self.amounts, self.slots, self.starts = ways, rows, amounts, slots, starts
        self.first = self.at(0)

    def at(self, place: int) -> CompiledOption:
        """Return the column on a pool by its place."""
        return CompiledOption(self.ways[place], self.slots, self.rows.each[place], self.amounts, self.starts)

    def __len__(self) -> int:
        return len(self.ways)


Columns = Sequence[CompiledOption]


def used_rows(tasks: Iterable[Columns]) -> set[int]:
    """Return the rows that columns of tasks hold."""
    shared, found = set[PoolRows](), set[int]()
    for columns in tasks:
        if isinstance(columns, ColumnsOnPools):
            shared.add(columns.rows)
        else:
            found.update(row for column in columns for row in column.rows)
    return found.union(*(rows for on in shared for rows in on.each))


def representatives(columns: Columns) -> Sequence[CompiledOption]:
    """Return the columns of a task, of those that differ in the pool alone the first."""
    return (columns.first,) if isinstance(columns, ColumnsOnPools) else columns


def options_of(columns: Columns) -> Sequence[ConcreteOption]:
    """Return the options of the columns of a task."""
    return columns.ways if isinstance(columns, ColumnsOnPools) else tuple(column.way for column in columns)


def fine_uses(options: OptionsOnPools, known: set[object]) -> Iterator[tuple[str, int]]:
    """Yield the resources of which options use parts, with the denominator, but for known ones."""
    for name, count in options.first.uses.items():
        denominator = count.as_integer_ratio()[1]
        key = options.pools, name, denominator
        if denominator > 1 and key not in known:
            known.add(key)
            yield name, denominator


class ColumnsMaker:
    """Maker of columns on several pools, where these have equal scales and room at any time."""

    def __init__(
        self,
        index: Mapping[tuple[str, str], int],
        scale: Sequence[int],
        always: Sequence[int],
        number: Mapping[str, int],
        shape: Callable[[ConcreteOption], tuple[int, Ints]],
    ) -> None:
        self._index, self._scale, self._always, self._number, self._shape = index, scale, always, number, shape
        self._known: dict[object, PoolRows | None] = {}

    def columns(self, options: OptionsOnPools) -> ColumnsOnPools | None:
        """Return the columns of options; None where they differ in more than the pool."""
        held = [(name, count) for name, count in options.first.uses.items() if count]
        names = tuple(name for name, _ in held)
        key = options.pools, names
        if key not in self._known:
            self._known[key] = self._rows(options.pools, names)
        if (rows := self._known[key]) is None:
            return None
        amounts = []
        for at, scale in zip(rows.order, rows.scale, strict=True):
            numerator, denominator = held[at][1].as_integer_ratio()
            amounts.append(numerator * scale // denominator)
        if any(amount > min(most, MAX_DEMAND) for amount, most in zip(amounts, rows.always, strict=True)):
            return None
        return ColumnsOnPools(options, rows, tuple(amounts), *self._shape(options.first))

    def _rows(self, pools: tuple[str, ...], names: tuple[str, ...]) -> PoolRows | None:
        """Return the rows of resources on pools; None where pools order or scale them differently."""
        found = [sorted((self._index[pool, name], at) for at, name in enumerate(names)) for pool in pools]
        orders = {tuple(at for _, at in each) for each in found}
        scales = {tuple(self._scale[row] for row, _ in each) for each in found}
        if len(orders) > 1 or len(scales) > 1:
            return None
        each = tuple(tuple(row for row, _ in rows) for rows in found)
        always = tuple(min(self._always[rows[at]] for rows in each) for at in range(len(names)))
        pool = np.array([self._number[pool] for pool in pools], np.int64)
        table = np.array(each, np.int64).reshape(len(pools), len(names))
        return PoolRows(each, table, pool, orders.pop(), scales.pop(), always)


def plain_pools(instance: Instance) -> Mapping[str, Pool]:
    """Return the pools on which options that are stated alike stay alike, by id."""
    return {pool.id: pool for pool in instance.pools if pool.billing is None and pool.interruptions is None}


def options_on_pools(task: Task, plain: Mapping[str, Pool]) -> OptionsOnPools | None:
    """Return the options of a task that states one for several pools; None where they may differ in more."""
    if len(task.options) != 1 or len(task.options[0].pools) < 2 or task.work is not None:
        return None
    option, needs = task.options[0], task.needs
    simple = option.nodes is None and task.placement == "span" and not (task.is_cut or task.inputs or task.results)
    bounded = option.not_before is not None or option.not_after is not None or not option.duration
    barred = needs.labels or needs.without or task.confidential or option.quality < needs.quality
    if not simple or bounded or barred or not all(pool in plain for pool in option.pools):
        return None
    if POWER not in option.uses and any(plain[pool].powered for pool in option.pools):
        return None
    way = ConcreteOption(
        id="",
        pool="",
        uses=option.uses,
        duration=Fraction(option.duration),
        cost=option.cost,
        variant=option.variant,
        quality=option.quality,
        consumes=option.consumes,
    )
    return OptionsOnPools("" if option.id is None else f"{option.id} ", option.pools, way)
