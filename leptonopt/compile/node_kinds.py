"""List the kinds of nodes of an instance, with single nodes where a task must fit within one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from leptonopt.compile.calendar import least_by_slot
from leptonopt.compile.node_form import TOLD_APART, NodeForm
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance, NodeKind, Pool
from leptonopt.problem.arrays import Ints
from leptonopt.runtime.clock import check_time_each

SMALL = 64  # nodes of a kind that are distinguished without counting how many can be needed
MAX_DISTINGUISHED = 1000  # single nodes of a kind


@dataclass(frozen=True, slots=True)
class NodeKindInfo:
    """A kind of nodes of the problem; in a pool of distinguished nodes a single node or a rest.

    `node` is the number of the first node, None in a pool without distinguished nodes; `last` is that of the last.
    `before` of them are on when the horizon begins, which are the first ones.
    """

    pool: Pool
    name: str
    stated: NodeKind
    node: int | None
    reserved: int
    commit_max: int
    count: tuple[int, ...]
    last: int | None = None
    before: int = 0

    @property
    def label(self) -> str:
        """Return the name of the node in a plan."""
        return f"{self.name}/{self.node}"

    @property
    def single(self) -> bool:
        """Return True for one node that is distinguished from others."""
        return self.node is not None and self.node == self.last

    def usable(self, slot: int) -> Ints:
        """Return the most nodes that can be usable, int64, shape (T,); `slot` in seconds."""
        there = np.array(self.count, np.int64)
        if self.stated.price is None:
            there = np.minimum(there, self.reserved + self.commit_max)
        booting = there[: -(-self.stated.boot // slot)]
        np.minimum(booting, self.before, out=booting)
        return there


def node_kinds(
    instance: Instance,
    all_ways: Sequence[Sequence[ConcreteOption]],
    distinguished: Collection[str],
    form: NodeForm = TOLD_APART,
) -> list[NodeKindInfo]:
    """Return the kinds of nodes of all pools; single nodes in the distinguished pools, given by id.

    In a form with placements these are the nodes that the placements name.
    """
    needed = _most_needed(instance, all_ways) if distinguished else Counter[str]()
    named = _named_nodes(instance, all_ways, form)
    return [
        kind
        for pool in instance.pools
        for kind in _kinds_of_pool(
            instance,
            pool,
            needed[pool.id] if pool.id in distinguished else None,
            None if named is None else named[pool.id],
        )
    ]


def _named_nodes(
    instance: Instance, all_ways: Sequence[Sequence[ConcreteOption]], form: NodeForm
) -> Mapping[str, set[str]] | None:
    """Return the labels that the placements of a form name, by pool; None for a form without placements."""
    if form.placements is None:
        return None
    found = defaultdict[str, set[str]](set)
    for task, ways in zip(instance.tasks, all_ways, strict=True):
        for way in ways:
            for nodes in form.placements.get((task.id, way.id), ()):
                found[way.pool].update(nodes)
    return found


def _kinds_of_pool(
    instance: Instance, pool: Pool, needed: int | None, named: Collection[str] | None
) -> Iterator[NodeKindInfo]:
    """Yield the kinds of nodes of a pool; up to `needed` alike nodes one by one, or those named."""
    windows = [window for window in pool.maintenance if window.capacity is None]
    for name, kind in check_time_each(pool.kinds):
        count = [int(least or 0) for least in least_by_slot(kind.count, windows, "", instance.time)]
        if needed is None:
            paid = kind.reserved, kind.commit_max
            yield NodeKindInfo(pool, name, kind, None, *paid, tuple(count), before=kind.running)
            continue
        if named is None:
            ranges = _single_nodes(instance, pool, name, kind, count, needed)
        else:
            ranges = _ranges_around(kind, count, instance.time.slot, _numbers(named, name))
        for low, high in ranges:
            size = high - low
            there = tuple(size * (least >= high) for least in count)
            own, committable = low < kind.reserved, kind.reserved <= low < kind.reserved + kind.commit_max
            before = size * (low < kind.running)
            yield NodeKindInfo(pool, name, kind, low + 1, size * own, size * committable, there, high, before)


def _numbers(labels: Collection[str], kind: str) -> list[int]:
    """Return the numbers of the labels that are nodes of a kind."""
    parts = [label.rpartition("/") for label in labels]
    return sorted(int(number) for name, _, number in parts if name == kind)


def _ranges_around(kind: NodeKind, count: Sequence[int], slot: int, singles: Iterable[int]) -> list[tuple[int, int]]:
    """Return node numbers (low, high]: single nodes, and ranges of alike nodes between them."""
    top = kind.reserved + kind.commit_max
    cuts = {0, kind.most, *(cut for cut in (kind.reserved, top, kind.running, *count) if cut < kind.most)}
    for number in singles:
        cuts |= {number - 1, number}
    if kind.commit_max and kind.price is not None and max(kind.minimum, kind.boot) > slot:
        cuts |= set(range(kind.reserved, min(top, kind.most) + 1))
    return list(pairwise(sorted(cuts)))


def _most_needed(instance: Instance, all_ways: Sequence[Sequence[ConcreteOption]]) -> Counter[str]:
    """Return, by pool, the most nodes that can hold tasks which must fit one node or take whole nodes."""
    needed = Counter[str]()
    for task, found in zip(instance.tasks, all_ways, strict=True):
        most = Counter[str]()
        for way in found:
            if way.refused is None and (way.one_node or way.whole):
                most[way.pool] = max(most[way.pool], way.whole, 1)
        for pool, nodes in most.items():
            needed[pool] += task.copies * nodes
    return needed


def _single_nodes(
    instance: Instance, pool: Pool, name: str, kind: NodeKind, count: Sequence[int], needed: int
) -> list[tuple[int, int]]:
    """Return node numbers (low, high]: single nodes, and the rest of alike nodes that tasks cannot need.

    Among alike nodes, always available together and paid in the same way, it does not matter which one holds a task.
    So only as many of them are distinguished as tasks can need. The others are counted, as in a pool without
    distinguished nodes: the node switched on first goes off first, each after its minimum time. Where only some of
    them may be committed, counting would let them change places: those with a minimum time stay distinguished.
    """
    if kind.most <= SMALL:
        return [(number, number + 1) for number in range(kind.most)]
    top = kind.reserved + kind.commit_max
    cuts = sorted({0, *(cut for cut in (kind.reserved, top, kind.running, *count) if cut < kind.most), kind.most})
    found: list[tuple[int, int]] = []
    for low, high in pairwise(cuts):
        mixed = kind.reserved <= low < top and kind.price is not None
        many = high - low
        if not mixed or max(kind.minimum, kind.boot) <= instance.time.slot:
            many = min(many, needed)
        found += [(number, number + 1) for number in range(low, low + min(many, MAX_DISTINGUISHED + 1))]
        found += [(low + many, high)] if low + many < high else []
        if sum(after - before == 1 for before, after in found) > MAX_DISTINGUISHED:
            text = f"pool {pool.id!r}: tasks with placement one-node or whole nodes can be on more than"
            text += f" {MAX_DISTINGUISHED:,} nodes of {name!r}; at most so many can be told apart"
            at = next(at for at, task in enumerate(instance.tasks) if task.placement == "one-node")
            raise InstanceError([Finding(text, ("tasks", at, "placement"))])
    return found
