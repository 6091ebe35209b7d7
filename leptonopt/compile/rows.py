"""Build the rows of capacity and price, the supply of nodes, and options as columns on the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import comb, floor, lcm

import numpy as np

from leptonopt.compile.calendar import least_by_slot, mean_by_slot, zero_series
from leptonopt.compile.data_moves import EXACT
from leptonopt.compile.node_form import TOLD_APART, NodeForm
from leptonopt.compile.node_kinds import node_kinds
from leptonopt.compile.packing_rows import PackingRow, packing_rows
from leptonopt.compile.pool_options import (
    MAX_DEMAND,
    Columns,
    ColumnsMaker,
    ColumnsOnPools,
    CompiledOption,
    OptionsOnPools,
    fine_uses,
)
from leptonopt.compile.row_prices import RowPrices
from leptonopt.compile.spot import CheckpointPlan, InterruptionRates, SpotRuns, contiguous
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import POWER, Instance, Measure, Pool, Quota, Service, Task
from leptonopt.instance.units import seconds
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED
from leptonopt.runtime.clock import check_time, check_time_each

MAX_LOAD = 2**60  # demand units on a row: the sum of all that can be used at once
AMPLE = 2**61  # demand units of a resource: more than can be used
MAX_PLACED = 200_000  # options on distinguished nodes
OFTEN = 1000  # slots between two checks of the time limit
SOME = 16  # options between two checks
MAX_CHOICES = 256  # choices of whole distinguished nodes for one option
Ways = Sequence[Sequence[ConcreteOption]]  # by task, or by service
Demands = tuple[tuple[int, ...], tuple[int, ...]]  # rows ascending, and the amount of each


@dataclass(frozen=True, slots=True)
class Row:
    """The meaning of a capacity row, and its demand units per unit of the resource.

    A row is a resource of a pool, or of one distinguished node, or a counter of a quota. For a counter `pool` is
    empty and the resource is the quota's id, with a suffix where the quota adds up over time. A packing row says how
    many one-node tasks the nodes of a pool can hold, in 1/scale of its weights.
    """

    pool: str
    resource: str
    node: str | None
    scale: int
    packing: PackingRow | None = None


class RowBuilder:
    """Builder of rows and of columns on them.

    Attributes
    ----------
    names : (pool id, resource, node) of a pool's resources; ("", quota id, None) of rows that only count for a quota
    kinds : nodes, in the order of the problem
    supply : (kind, row, amount in the user's units)
    packing : packing rows by their number
    alike : pools with nodes that plans tell apart and these rows do not
    """

    def __init__(self, instance: Instance, all_ways: Ways, form: NodeForm = TOLD_APART, replicas: Ways = ()) -> None:
        self.instance, self.time = instance, instance.time
        self.pools = {pool.id: pool for pool in instance.pools}
        self.pool = {pool.id: at for at, pool in enumerate(instance.pools)}
        self.names: list[tuple[str, str, str | None]] = []
        self.scale: list[int] = []
        self.counting: list[tuple[Measure, dict[tuple[str, str], int]]] = []
        self.index = {(pool.id, name): self._row(pool.id, name) for pool in instance.pools for name in pool.resources}
        told_apart = self._told_apart(all_ways)
        self.apart, self.alike = (set[str](), told_apart) if form.alike else (told_apart, set[str]())
        self._chosen, self._form = 0, form
        self.kinds = node_kinds(instance, all_ways, self.apart, form)
        self.of_node: dict[tuple[str, str, str], int] = {}  # by pool, node and resource
        self.supply: list[tuple[int, int, Decimal]] = []
        for at, kind in enumerate(self.kinds):
            for name, size in kind.stated.size.items():
                self.supply.append((at, self.index[kind.pool.id, name], size))
                if kind.single:
                    row = self.of_node[kind.pool.id, kind.label, name] = self._row(kind.pool.id, name, kind.label)
                    self.supply.append((at, row, size))
        self.packing = dict(self._packing_rows(all_ways))
        for quota in instance.measures:
            self.counting.append((quota, dict(self._counters(quota))))
        self._scales([*zip(instance.tasks, all_ways, strict=True), *zip(instance.services, replicas, strict=True)])
        self.capacity = np.full((len(self.names), self.time.slots), UNLIMITED, np.int64)
        self.prices: list[list[Fraction]] = [zero_series(self.time)] * len(self.names)
        self._fill()
        self._always: list[int] = self.capacity.min(axis=1).tolist()
        self._anywhere = np.arange(self.time.slots + 1)
        self.used: set[int] = set()
        self._starts: dict[tuple[tuple[int, ...], tuple[int, ...], int], Ints] = {}
        self._demands: dict[tuple[object, ...], Demands] = {}
        self._ratios: dict[int, tuple[dict[str, Decimal], tuple[str, ...], list[tuple[str, int, int]]]] = {}
        self._row_order: dict[tuple[str, tuple[str, ...]], tuple[tuple[int, ...], list[tuple[int, int]]]] = {}
        self._whole: dict[int, Ints] = {}
        self._rates: dict[str, InterruptionRates] = {}
        self._on_pools = ColumnsMaker(self.index, self.scale, self._always, self.pool, self._shape)

    def _told_apart(self, all_ways: Sequence[Sequence[ConcreteOption]]) -> set[str]:
        """Return the pools with nodes on which some task has to fit within one, or on whole ones."""
        placed = zip(self.instance.tasks, all_ways, strict=True)
        return {
            way.pool for task, ways in placed if task.placement != "span" for way in ways if self.pools[way.pool].nodes
        }

    def _row(self, pool: str, name: str, node: str | None = None) -> int:
        self.names.append((pool, name, node))
        self.scale.append(1)
        return len(self.names) - 1

    def described(self) -> Iterator[Row]:
        """Yield the meaning of each row."""
        for at, ((pool, name, node), scale) in enumerate(zip(self.names, self.scale, strict=True)):
            yield Row(pool, name, node, scale, self.packing.get(at))

    def _packing_rows(self, all_ways: Sequence[Sequence[ConcreteOption]]) -> Iterator[tuple[int, PackingRow]]:
        """Yield the packing rows of nodes that are counted, and have kinds supply them."""
        for pool in self.instance.pools:
            if pool.id not in self.alike:
                continue
            for packing in packing_rows(pool, (way for found in all_ways for way in found if way.pool == pool.id)):
                row = self._row(pool.id, packing.resource)
                for at, kind in enumerate(self.kinds):
                    if kind.pool.id == pool.id and packing.supply.get(kind.name):
                        self.supply.append((at, row, packing.supply[kind.name]))
                yield row, packing

    def _counters(self, quota: Measure) -> Iterator[tuple[tuple[str, str], int]]:
        """Yield extra rows for a quota by pool and resource; none where the pool's own row suffices."""
        if quota.whole and quota.per != "moment":
            return
        if quota.per == "moment":
            row = self._row("", quota.id)
            yield from (((pool.id, quota.of), row) for pool in self.covered(quota) if quota.of in pool.resources)
            return
        for pool in self.covered(quota):
            for name in self.counted(quota, pool):
                yield (pool.id, name), self._row("", f"{quota.id}: {name} of {pool.id}")

    def covered(self, quota: Measure) -> list[Pool]:
        """Return the pools that count for a quota."""
        return [pool for pool in self.instance.pools if quota.pools is None or pool.id in quota.pools]

    def counted(self, quota: Measure, pool: Pool) -> list[str]:
        """Return the resources of a pool whose use counts for a quota."""
        if quota.of == "money":
            charged = () if quota.whole else pool.charged
            return [name for name in pool.resources if name in pool.price or name in charged]
        wanted = POWER if quota.of in ("energy", "carbon") else quota.of
        if quota.of == "carbon" and pool.carbon is None:
            return []
        return [wanted] if wanted in pool.resources else []

    def _scales(self, holders: Iterable[tuple[Task | Service, Sequence[ConcreteOption]]]) -> None:
        parts: dict[int, list[tuple[str, int]]] = {}  # by the identity of uses, which options keep alive
        known: set[object] = set()

        def finer(row: int, denominator: int) -> None:
            if self.scale[row] % denominator:
                self.scale[row] = lcm(self.scale[row], denominator)

        for holder, found in check_time_each(list(holders)):
            if isinstance(found, OptionsOnPools) and not self.counting:
                for name, denominator in fine_uses(found, known):
                    for pool in found.pools:
                        finer(self.index[pool, name], denominator)
                continue
            for way in found:
                if (fine := parts.get(id(way.uses))) is None:
                    ratios = ((name, count.as_integer_ratio()[1]) for name, count in way.uses.items())
                    fine = parts[id(way.uses)] = [each for each in ratios if each[1] > 1]
                for name, denominator in fine:
                    finer(self.index[way.pool, name], denominator)
                    for quota, rows in self.counting:
                        if (way.pool, name) in rows and quota.covers(holder):
                            finer(rows[way.pool, name], denominator)
        for kind, row, size in self.supply:
            least = self.kinds[kind].stated.minimum_load.get(self.names[row][1], size)
            for amount in (size, least):
                finer(row, amount.as_integer_ratio()[1])
        for row, packing in self.packing.items():
            for weight in packing.weights.values():
                finer(row, weight.as_integer_ratio()[1])
        for (pool, _, name), row in self.of_node.items():
            self.scale[row] = lcm(self.scale[row], self.scale[self.index[pool, name]])

    def _fill(self) -> None:
        prices = RowPrices(self.instance)
        for pool in self.instance.pools:
            for name in check_time_each(pool.resources):
                row = self.index[pool.id, name]
                if name in pool.capacity:
                    self._offer(row, least_by_slot(pool.capacity[name], pool.maintenance, name, self.time))
                self.prices[row] = prices.of(pool, name, self.scale[row], self.prices[row])
        # A resource of nodes is limited by the nodes, also where the count is zero.
        nothing = np.zeros(self.time.slots, np.int64)
        offered: dict[int, Ints] = {
            self.index[pool.id, name]: nothing for pool in self.pools.values() for name in pool.of_nodes
        }
        offered |= dict.fromkeys(self.packing, nothing)
        for at, row, size in check_time_each(self.supply):
            unit = self.units(row, size)
            levels, level = np.unique(self.kinds[at].usable(self.time.slot), return_inverse=True)
            most = np.array([min(AMPLE, unit * count) for count in levels.tolist()], np.int64)[level]
            offered[row] = np.minimum(AMPLE, offered.get(row, nothing) + most)
        for row, most in offered.items():
            self.capacity[row] = np.where(most < AMPLE, most, UNLIMITED)
        for quota, rows in self.counting:
            if isinstance(quota, Quota) and quota.per == "moment":
                for row in set(rows.values()):
                    self._offer(row, [quota.limit] * self.time.slots)

    def _offer(self, row: int, least: Iterable[Decimal | None]) -> None:
        for slot, value in enumerate(check_time_each(least, OFTEN)):
            if value is not None:
                self.capacity[row, slot] = min(UNLIMITED, floor(value * self.scale[row]))

    def columns(self, task: Task, found: Sequence[ConcreteOption]) -> Columns:
        """Return the columns of a task's options; several per option for nodes or varying duration."""
        if isinstance(found, OptionsOnPools) and (alike := self._alike_columns(found)) is not None:
            return alike
        made: list[CompiledOption] = []
        for way in check_time_each(found, SOME):
            if way.refused is None and self._form.offers(task.id, way.id):
                for placed in self._placed(task, way):
                    made += self._timed(task, placed)
        return made

    def _alike_columns(self, found: OptionsOnPools) -> ColumnsOnPools | None:
        """Return the columns of options on several pools; None where they differ in more than the pool."""
        check_time()
        if self.counting or self._form.offered is not None or not self.alike.isdisjoint(found.pools):
            return None
        return self._on_pools.columns(found)

    def _placed(self, task: Task, way: ConcreteOption) -> list[ConcreteOption]:
        """Return the option on each choice of nodes, where nodes are distinguished and it matters."""
        if not way.duration:
            return [way]
        if way.one_node and way.whole > 1:
            return []
        if way.pool not in self.apart or not (way.one_node or way.whole):
            return [way]
        if self._form.placements is not None:
            return [way._replace(on_nodes=nodes) for nodes in self._form.placements.get((task.id, way.id), ())]
        held = {name for name, count in way.uses.items() if count and name in self.pools[way.pool].of_nodes}
        if not held:
            return [way]
        labels = [
            kind.label
            for kind in self.kinds
            if kind.pool.id == way.pool and kind.single and held <= set(kind.stated.size) and any(kind.count)
        ]
        many = max(1, way.whole)
        if many > 1 and comb(len(labels), many) > MAX_CHOICES:
            raise InstanceError(
                [
                    Finding(
                        f"option {way.id!r}: {many} of {len(labels)} nodes that are told apart can be chosen in more "
                        f"than {MAX_CHOICES} ways",
                        ("tasks",),
                    )
                ]
            )
        self._chosen += comb(len(labels), many)
        if self._chosen > MAX_PLACED:
            text = (
                f"pool {way.pool!r}: tasks that are told their nodes could be on them in more than {MAX_PLACED:,} ways"
            )
            raise InstanceError([Finding(f"{text}; at most so many are allowed", ("tasks",))])
        return [way._replace(on_nodes=chosen) for chosen in combinations(labels, many)]

    def _timed(self, task: Task, way: ConcreteOption) -> Iterator[CompiledOption]:
        if not way.duration:  # a milestone holds nothing, and may stand at the end of the horizon
            starts, special = self._within(way, self.starts((), (), 0))
            yield CompiledOption(way, 0, (), (), starts, self._once(task, way), special)
            return
        rows, amounts = self.held(task, way)
        self.used.update(rows)
        pool = self.pools[way.pool]
        if pool.interruptions is None or way.segment:
            slots, _ = self._shape(way)
            starts, special = self._within(way, self.starts(rows, amounts, slots))
            yield CompiledOption(way, slots, rows, amounts, starts, self._once(task, way), special)
            return
        if way.pool not in self._rates:
            self._rates[way.pool] = InterruptionRates(mean_by_slot(pool.interruptions, self.time))
        rates = self._rates[way.pool]
        runs = SpotRuns(CheckpointPlan.of(way.duration, task.checkpoint), rates, self.time.slot)
        by_start = runs.durations()
        lengths = np.array([length or 0 for length in by_start])
        for length in check_time_each(sorted({length for length in by_start if length})):
            fits, _ = self._within(way, self.starts(rows, amounts, length))
            fits = fits[lengths[fits] == length]
            if task.on_time is not None and task.deadline is not None:
                ends = min(self.time.slots, seconds(task.deadline, self.time.start) // self.time.slot)
                chance = Fraction(task.on_time)
                fits = np.array(runs.on_time(fits.tolist(), length, ends, chance), np.int64)
            for run in contiguous(fits):
                yield CompiledOption(way, length, rows, amounts, run, self._once(task, way), special=True)

    def _shape(self, way: ConcreteOption) -> tuple[int, Ints]:
        """Return the slots of an option, and its starts where it fits everywhere."""
        whole, part = way.duration.numerator, way.duration.denominator
        slots = max(1, min(-(-whole // (part * self.time.slot)), self.time.slots + 1))  # one more where it is longer
        return slots, self.starts((), (), slots)

    def held(self, task: Task | Service, way: ConcreteOption) -> Demands:
        """Return rows and amounts that an option holds, cached where no nodes or quotas differ."""
        if way.on_nodes or self.counting or way.pool in self.alike:
            return self._holding(task, way)
        key = (way.pool, *way.uses.items())
        if (known := self._demands.get(key)) is None:
            known = self._demands[key] = self._of_pool(task, way)
        return known

    def _of_pool(self, task: Task | Service, way: ConcreteOption) -> Demands:
        """Return the result of `_holding` for the pool alone, in a third of the time.

        Amounts are counted once for all pools of an option, which share its `uses`.
        """
        known = self._ratios.get(id(way.uses))
        if known is None or known[0] is not way.uses:
            found = [(name, *count.as_integer_ratio()) for name, count in way.uses.items() if count]
            known = self._ratios[id(way.uses)] = way.uses, tuple(name for name, _, _ in found), found
        _, names, ratios = known
        if (order := self._row_order.get((way.pool, names))) is None:
            rows = [self.index[way.pool, name] for name in names]
            by_row = sorted(range(len(rows)), key=rows.__getitem__)
            order = self._row_order[way.pool, names] = tuple(sorted(rows)), [(at, rows[at]) for at in by_row]
        scale, amounts = self.scale, []
        for at, row in order[1]:
            _, numerator, denominator = ratios[at]
            amounts.append(numerator * scale[row] // denominator)
        if amounts and max(amounts) > MAX_DEMAND:
            return self._holding(task, way)  # refuses it
        return order[0], tuple(amounts)

    def _holding(self, task: Task | Service, way: ConcreteOption) -> Demands:
        """Return rows and amounts: of the pool, of the option's nodes, and of quotas."""
        held: dict[int, Decimal] = {}
        for name, count in way.uses.items():
            if count:
                row = self.index[way.pool, name]
                held[row] = count
                for label in way.on_nodes:
                    if (way.pool, label, name) in self.of_node:
                        held[self.of_node[way.pool, label, name]] = EXACT.divide(count, Decimal(len(way.on_nodes)))
                for quota, rows in self.counting:
                    if (counter := rows.get((way.pool, name))) is not None and quota.covers(task):
                        held[counter] = EXACT.add(held.get(counter, Decimal(0)), count)
        for row, packing in self.packing.items():
            if packing.pool == way.pool and (weight := packing.weight(way, self.pools[way.pool].of_nodes)):
                held[row] = weight
        pairs = sorted((row, self.units(row, count)) for row, count in held.items())
        if max((amount for _, amount in pairs), default=0) > MAX_DEMAND:
            place = ("tasks", self.instance.tasks.index(task)) if isinstance(task, Task) else ("services",)
            raise InstanceError([Finding(self._too_fine(way, pairs), place)])
        return tuple(row for row, _ in pairs), tuple(amount for _, amount in pairs)

    def units(self, row: int, amount: Decimal) -> int:
        """Return an amount in demand units of a row, exactly."""
        numerator, denominator = amount.as_integer_ratio()
        return numerator * self.scale[row] // denominator

    def least_loads(self) -> Ints:
        """Return what must be in use of a usable node of each supply, int64, shape (N, T) [demand units]."""
        found = np.zeros((len(self.supply), self.time.slots), np.int64)
        for at, (kind, row, _) in enumerate(self.supply):
            if (least := self.kinds[kind].stated.minimum_load.get(self.names[row][1])) is not None:
                found[at] = self.units(row, least)
        return found if found.any() else found[:0]

    def refuse_overflow(self, loads: Sequence[int]) -> None:
        """Raise `InstanceError` where int64 cannot hold the greatest sum of demands on a row."""
        for row, load in enumerate(loads):
            if load > MAX_LOAD:
                pool, name, _ = self.names[row]
                step, most_used = Fraction(1, self.scale[row]), Fraction(load, self.scale[row])
                text = f"{float(most_used):.6g} of {name!r} may be used at once, in steps of {float(step):.6g}"
                where = f"pool {pool!r}: " if pool else ""
                raise InstanceError([Finding(f"{where}{text}; at most 2^60 steps can be counted", ("tasks",))])

    def _too_fine(self, way: ConcreteOption, pairs: Sequence[tuple[int, int]]) -> str:
        """Return the message for an amount too large against the finest step of its resource."""
        row, amount = max(pairs, key=lambda pair: pair[1])
        _, name, _ = self.names[row]
        shown, step = float(Fraction(amount, self.scale[row])), 1 / self.scale[row]
        text = f"{shown:.10g} of {name!r}, of which others use, or nodes hold, steps of {step:.10g}"
        return f"option {way.id!r}: {text}; at most {MAX_DEMAND:,} steps can be counted"

    def _once(self, task: Task, way: ConcreteOption) -> tuple[tuple[int, Fraction], ...]:
        """Return the one-time use of an option, by quota and meter."""
        if not self.instance.measures:
            return ()
        found = []
        for at, quota in enumerate(self.instance.measures):
            if quota.covers(task) and (quota.pools is None or way.pool in quota.pools):
                amount = way.fixed if quota.of == "money" else Fraction(way.consumes.get(quota.of, 0))
                if amount and quota.per != "moment":
                    found.append((at, amount))
        return tuple(found)

    def _within(self, way: ConcreteOption, starts: Ints) -> tuple[Ints, bool]:
        """Return the starts between `not_before` and `not_after` of an option, and whether it has either."""
        if way.not_before is None and way.not_after is None:
            return starts, False
        slot, begun = self.time.slot, self.time.start
        least = 0 if way.not_before is None else -(-seconds(way.not_before, begun) // slot)
        most = self.time.slots if way.not_after is None else seconds(way.not_after, begun) // slot
        return starts[(starts >= least) & (starts <= most)], True

    def starts(self, rows: tuple[int, ...], amounts: tuple[int, ...], slots: int) -> Ints:
        """Return the slots at which the demands alone fit the capacity for the whole duration."""
        always = self._always
        for row, amount in zip(rows, amounts, strict=True):
            if amount > always[row]:
                break
        else:
            if (everywhere := self._whole.get(slots)) is None:
                everywhere = self._whole[slots] = self._anywhere[: max(0, self.time.slots - slots + 1)]
            return everywhere
        key = (rows, amounts, slots)
        if key not in self._starts:
            if slots > self.time.slots:
                self._starts[key] = np.zeros(0, np.int64)
            else:
                blocked = (self.capacity[list(rows)] < np.array(amounts, np.int64)[:, None]).any(axis=0)
                total = np.concatenate([[0], np.cumsum(blocked)])
                self._starts[key] = np.flatnonzero(total[slots:] == total[:-slots])
        return self._starts[key]
