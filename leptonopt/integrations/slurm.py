"""Read a Slurm cluster: nodes as pools, reservations as fewer nodes, jobs as tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leptonopt.errors import InputError
from leptonopt.integrations import slurm_values as values
from leptonopt.integrations.imported import Document, Grid, Imported, listed, named_groups, node_kinds, step_series
from leptonopt.integrations.slurm_cluster import Cluster, Node, Places, add_file
from leptonopt.integrations.slurm_jobs import add_jobs

COMMANDS = (
    ("sinfo", "--json"),
    ("squeue", "--json"),
    ("scontrol", "-o", "show", "res"),
    ("scontrol", "-o", "show", "lic"),
)


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return the pools and tasks of a cluster.

    Parameters
    ----------
    texts : name and content of each file.
    params : `default_duration`, a duration for pending jobs without a time limit; `project`, the name of an instance
        whose jobs are left out, since its tasks are at hand.

    Raises
    ------
    InputError
        When a file is none of Slurm's, or no nodes are found.
    """
    cluster = Cluster()
    for name, text in texts:
        add_file(cluster, name, text)
    if not cluster.nodes:
        raise InputError("no nodes are found; give the answer of `sinfo --json` or of `scontrol -o show node`")
    found = Imported()
    places = add_pools(cluster, found, grid)
    add_jobs(cluster, places, found, grid, params)
    return found


def add_pools(cluster: Cluster, found: Imported, grid: Grid) -> Places:
    """Add one pool for all usable nodes of equal partitions, features and GPU types."""
    usable = [node for node in cluster.nodes.values() if node.usable]
    pools = named_groups(usable, _group, lambda key: "-".join([*key[0][:2], *filter(None, [key[1]])]))
    found.unusable = [node.name for node in cluster.nodes.values() if not node.usable]
    if left := found.unusable:
        found.notes.append(f"{len(left)} of {len(cluster.nodes)} nodes take no new work: {listed(left)}")
    if mixed := [node.name for node in usable if len(node.gpus) > 1]:
        found.notes.append(f"GPUs of several types in a node are counted together: {listed(mixed)}")
    for name, nodes in pools.items():
        found.pools.append(_pool(name, nodes, cluster.reservations, grid))
    return Places(pools)


def _group(node: Node) -> tuple[Any, ...]:
    """Return what nodes of one pool have in common: partitions, GPU type and features."""
    return node.partitions, node.gpu_type, tuple(sorted(node.features))


def _pool(name: str, nodes: Sequence[Node], reservations: Sequence[Document], grid: Grid) -> Document:
    first = nodes[0]
    kinds = []
    for kind, alike in node_kinds(nodes, lambda node: node.size):
        kinds.append({**kind, "count": _counts([node.name for node in alike], reservations, grid)})
    labels = sorted({*first.features, *first.partitions, *filter(None, [first.gpu_type])})
    target = {"partition": first.partitions[0]} if first.partitions else {}
    target |= {"constraint": "&".join(first.features)} if first.features else {}
    target |= {"gpu": first.gpu_type} if len(first.gpus) == 1 and first.gpu_type != "gpu" else {}
    return {"id": name, "nodes": kinds, "labels": labels, **({"target": {"slurm": target}} if target else {})}


def _counts(members: Sequence[str], reservations: Sequence[Document], grid: Grid) -> Any:
    """Return how many of some nodes are not reserved for others, over time."""
    start, mine = int(grid.start.timestamp()), set(members)
    free = [len(members)] * grid.slots
    taken: list[set[str]] = [set() for _ in range(grid.slots)]
    for record in reservations:
        begin, end = values.moment(record.get("start_time")), values.moment(record.get("end_time"))
        held = mine & set(values.node_names(record.get("node_list")))
        if begin is None or not held:
            continue
        first = max(0, (begin - start) // grid.slot)
        last = grid.slots if end is None else min(grid.slots, grid.slots_until(end - start))
        for slot in range(first, last):
            taken[slot] |= held
    return step_series([count - len(gone) for count, gone in zip(free, taken, strict=True)], grid)
