"""Requirements of pools and nodes: capacity, maintenance, number, boot and minimum times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from math import ceil, comb
from typing import Any

from leptonopt.compile.calendar import least_by_slot
from leptonopt.compile.rows import MAX_CHOICES
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import Path
from leptonopt.infeasibility.documents import Document
from leptonopt.infeasibility.requirement import (
    NotRemovable,
    Requirement,
    find_entry,
    leave_gap,
    moment_text,
    plain_text,
)
from leptonopt.infeasibility.service_requirements import nodes_for_services
from leptonopt.instance import Instance, NodeKind, Pool, Series, units

MAX_APART = 64  # nodes of a pool that may be told apart


PLENTY = 10**6  # units at most that a repair adds


def pool_requirements(instance: Instance, number: int, pool: Pool, used: set[str]) -> Iterator[Requirement]:
    place: Path = ("pools", number)
    for name, series in pool.capacity.items():
        if not series.unlimited and name in used:
            least = [value for value in least_by_slot(series, (), name, instance.time) if value is not None]
            yield Requirement(
                "capacity",
                (pool.id, name),
                f"pool {pool.id!r} offers {_range(least)} {name}",
                (*place, "capacity", name),
                partial(_unlimited, pool=pool.id, name=name),
                partial(_more_capacity, instance=instance, pool=pool, name=name),
                PLENTY,
            )
    for at, window in enumerate(pool.maintenance):
        begin, end = moment_text(instance, window.from_), moment_text(instance, window.to)
        yield Requirement(
            "maintenance",
            (pool.id, str(at)),
            f"pool {pool.id!r} is in maintenance from {begin} to {end}",
            (*place, "maintenance", at),
            partial(leave_gap, key="pools", id=pool.id, entry=("maintenance", at)),
            dropped=f"pool {pool.id!r} without its maintenance from {begin} to {end}",
        )
    for at, (name, kind) in enumerate(pool.kinds):
        if used & set(kind.size):
            yield from _of_kind(instance, (*place, "nodes"), pool, at, name, kind)


TIMES = (
    ("boot", "boot for", "on at once"),
    ("minimum", "stay on for at least", "off at any time"),
    ("minimum_off", "stay off for at least", "on again at any time"),
)


def _of_kind(instance: Instance, place: Path, pool: Pool, at: int, name: str, kind: NodeKind) -> Iterator[Requirement]:
    least = [value or Decimal(0) for value in least_by_slot(kind.count, (), "", instance.time)]
    place = (*place, at) if len(pool.nodes) > 1 else place
    nodes, count = f"nodes {name!r} of pool {pool.id!r}", _range(least)
    yield Requirement(
        "nodes",
        (pool.id, name),
        f"pool {pool.id!r} has {count} node{'s' * (count != '1')} {name!r}",
        (*place, "count"),
        partial(_many_nodes, instance=instance, pool=pool, at=at),
        partial(_more_nodes, instance=instance, pool=pool, at=at),
        1000,
    )
    if kind.price is None and kind.reserved + kind.commit_max < kind.most:
        own_nodes = [f"{kind.reserved} reserved"] if kind.reserved else []
        own_nodes += [f"{kind.commit_max} committed"] if kind.commit_max else []
        yield Requirement(
            "on_demand",
            (pool.id, name),
            f"{nodes} have no price on demand: at most {' and '.join(own_nodes) or '0'} can be on",
            place,
            lambda document: _kind(document, pool.id, at).setdefault("price", 0),
            partial(_more_reserved, pool=pool, at=at),
            kind.most - kind.reserved - kind.commit_max,
        )
    for key, text, instead in TIMES:
        if seconds := getattr(kind, key):
            yield Requirement(
                key,
                (pool.id, name),
                f"{nodes} {text} {units.duration_text(seconds)}",
                (*place, key),
                partial(_drop_node_key, pool=pool.id, at=at, key=key),
                dropped=f"{nodes} {instead}",
            )
    if any(kind.minimum_load.values()):
        yield _least_load(place, pool, at, name, kind)


def _least_load(place: Path, pool: Pool, at: int, name: str, kind: NodeKind) -> Requirement:
    nodes = f"nodes {name!r} of pool {pool.id!r}"
    least = ", ".join(f"{plain_text(amount)} {resource}" for resource, amount in kind.minimum_load.items())
    return Requirement(
        "minimum_load",
        (pool.id, name),
        f"{nodes} are off where less than {least} of each would be in use",
        (*place, "minimum_load"),
        partial(_drop_node_key, pool=pool.id, at=at, key="minimum_load"),
        dropped=f"{nodes} on at any load",
    )


def _range(values: Sequence[Decimal]) -> str:
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    return plain_text(low) if low == high else f"{plain_text(low)} to {plain_text(high)}"


def _unlimited(document: Document, pool: str, name: str) -> None:
    find_entry(document, "pools", pool)["capacity"][name] = "unlimited"


def _series_raised_by(instance: Instance, series: Series, more: int) -> Any:
    """A series with so much more in every slot, as steps."""
    start, slot = instance.time.start, instance.time.slot
    if series.constant is not None:
        return series.constant + more
    steps, last = {}, None
    for at, value in enumerate(least_by_slot(series, (), "", instance.time)):
        if value != last:
            last = value
            steps[units.instant_text(start + timedelta(seconds=at * slot))] = (value or 0) + more
    return {"steps": steps}


def _more_capacity(document: Document, steps: int, instance: Instance, pool: Pool, name: str) -> str:
    found = find_entry(document, "pools", pool.id)
    found["capacity"][name] = _series_raised_by(instance, pool.capacity[name], steps)
    return f"{steps:,} more {name} in pool {pool.id!r}"


def _many_nodes(document: Document, instance: Instance, pool: Pool, at: int) -> None:
    """As many nodes of a kind as its tasks can ever need, each copy on nodes of its own."""
    tasks_left, need, size = {task["id"]: task for task in document["tasks"]}, 0, pool.kinds[at][1].size
    for task in instance.tasks:
        if task.id in tasks_left:
            found = [option for option in concrete_options(instance, task) if option.pool == pool.id]
            need += task.copies * max((option.whole or _nodes_held(option.uses, size) for option in found), default=0)
    need += nodes_for_services(instance, pool, size, partial(_nodes_held, size=size))
    need = max(need, pool.kinds[at][1].most)
    if need > (_most_distinguished(document, pool, at) if _has_one_node_tasks(document) else 100_000):
        raise NotRemovable
    kind, stated = pool.kinds[at][1], _kind(document, pool.id, at)
    stated["count"] = need
    if kind.price is None and kind.reserved + kind.commit_max >= kind.most:  # all are paid for, and so are more
        stated["reserved"] = kind.reserved + need - kind.most


def _nodes_held(uses: Mapping[str, Decimal], size: Mapping[str, Decimal]) -> int:
    """Return as many nodes as a use can need."""
    return sum(ceil(uses.get(name, 0) / count) for name, count in size.items())


def _most_distinguished(document: Document, pool: Pool, at: int) -> int:
    """As many nodes of a kind as may be told apart where options take several of them."""
    all_options = [option for task in document["tasks"] for option in task.get("options", ())]
    many = max(
        (
            option.get("nodes") or 1
            for option in all_options
            if pool.id in (option.get("pool"), *option.get("pools", ()))
        ),
        default=1,
    )
    others = sum(kind.most for number, (_, kind) in enumerate(pool.kinds) if number != at)
    most = max((count for count in range(MAX_APART + 1) if comb(count, many) <= MAX_CHOICES), default=0)
    return max(pool.kinds[at][1].most, most - others)


def _more_nodes(document: Document, steps: int, instance: Instance, pool: Pool, at: int) -> str | None:
    name, kind = pool.kinds[at]
    if _has_one_node_tasks(document) and kind.most + steps > _most_distinguished(document, pool, at):
        return None
    found = _kind(document, pool.id, at)
    found["count"] = _series_raised_by(instance, kind.count, steps)
    more = f"{steps:,} more node{'s' if steps > 1 else ''} {name!r} in pool {pool.id!r}"
    if kind.price is None and kind.commit_max + kind.reserved < kind.most + steps:
        found["reserved"] = kind.reserved + steps
        return f"{more}, reserved"
    return more


def _more_reserved(document: Document, steps: int, pool: Pool, at: int) -> str:
    name, kind = pool.kinds[at]
    _kind(document, pool.id, at)["reserved"] = kind.reserved + steps
    return f"{kind.reserved + steps:,} nodes {name!r} of pool {pool.id!r} reserved instead of {kind.reserved:,}"


def _drop_node_key(document: Document, pool: str, at: int, key: str) -> None:
    _kind(document, pool, at).pop(key, None)


def _kind(document: Document, pool: str, at: int) -> Document:
    nodes = find_entry(document, "pools", pool)["nodes"]
    found: Document = nodes if isinstance(nodes, dict) else nodes[at]
    return found


def _has_one_node_tasks(document: Document) -> bool:
    return any(task.get("placement", "span") != "span" for task in document["tasks"])
