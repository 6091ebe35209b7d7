"""Read what Slurm's programs say of nodes, jobs, reservations and licences.

The input is what `sinfo --json`, `squeue --json` and slurmrestd answer (plain numbers before Slurm 23.02, objects
since), or `scontrol -o show node`, `show res` and `show lic` print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from leptonopt.errors import InputError
from leptonopt.integrations import slurm_values as values
from leptonopt.integrations.imported import Document, json_of

# States in which a node takes no new work; one that saves power (`powered_down`) is switched on for it.
UNUSABLE = {"down", "drain", "drained", "draining", "fail", "failing", "maint", "unknown", "future", "error",
            "not_responding", "powering_down", "reboot", "invalid_reg", "inval", "blocked"}  # fmt: skip


@dataclass(frozen=True)
class Node:
    """A node: GPUs by type, CPUs, MiB of memory, features, partitions, whether it takes new work."""

    name: str
    gpus: Mapping[str, int]
    cpu: int
    memory: int
    features: tuple[str, ...]
    partitions: tuple[str, ...]
    usable: bool

    @property
    def gpu_type(self) -> str:
        """The types of its GPUs, joined; empty without any."""
        return "+".join(sorted(kind or "gpu" for kind in self.gpus))

    @property
    def size(self) -> Document:
        """The resources of the node, in the words of an instance."""
        found = {"gpu": sum(self.gpus.values()), "cpu": self.cpu, "memory_mib": self.memory}
        return {name: amount for name, amount in found.items() if amount}


@dataclass
class Cluster:
    """The state of a cluster, read from any number of files; jobs and the rest as raw records."""

    nodes: dict[str, Node] = field(default_factory=dict)
    jobs: dict[int, Document] = field(default_factory=dict)
    reservations: list[Document] = field(default_factory=list)
    licences: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """The pools of a cluster by id: the nodes of each, all alike but for their size."""

    pools: Mapping[str, Sequence[Node]]


def add_file(cluster: Cluster, name: str, text: str) -> None:
    """Add the records of one file."""
    if not text.lstrip().startswith("{"):
        _add_text(cluster, name, text)
        return
    document = json_of(name, text)
    known = {"nodes", "sinfo", "jobs", "reservations", "licenses", "partitions"}
    if not isinstance(document, dict) or not known & set(document):
        raise InputError(f"{name}: has none of Slurm's lists; allowed are {', '.join(sorted(known))}")
    for record in document.get("nodes", ()) or ():
        _add_node(cluster, record)
    for record in document.get("sinfo", ()) or ():
        for entry in _summary_nodes(record):
            _add_node(cluster, entry)
    for record in document.get("jobs", ()) or ():
        if isinstance(record.get("time"), dict):  # of sacct: what has ended, told from the queue's own record
            record = {"job_id": record["job_id"], "job_state": record["state"]["current"], "name": record.get("name")}
            cluster.jobs.setdefault(int(record["job_id"]), record)
        else:
            cluster.jobs[int(record["job_id"])] = record
    cluster.reservations += document.get("reservations", ()) or ()
    for record in document.get("licenses", ()) or ():
        cluster.licences[str(record["LicenseName"])] = int(values.number(record["Total"]) or 0)


def _add_text(cluster: Cluster, name: str, text: str) -> None:
    """Add what `scontrol -o show` printed."""
    known = False
    for record in values.records(" ".join(text.split()) if text.startswith("LicenseName") else text):
        if "NodeName" in record:
            known = True
            _add_node(cluster, _scontrol_node(record))
        elif "ReservationName" in record:
            known = True
            keys = {"StartTime": "start_time", "EndTime": "end_time", "Nodes": "node_list", "ReservationName": "name"}
            cluster.reservations.append({new: record.get(old) for old, new in keys.items()})
        elif "LicenseName" in record:
            known = True
            cluster.licences[record["LicenseName"]] = int(record.get("Total", 0))
    if not known and text.strip() and not text.startswith("No reservations"):
        raise InputError(f"{name}: is neither JSON of Slurm nor the output of `scontrol -o show`")


def _summary_nodes(record: Document) -> list[Document]:
    """Return the nodes of a line of `sinfo --json` since Slurm 23.02, all of one partition and state."""
    shared = {
        "cpus": record["cpus"]["maximum"],
        "real_memory": record["memory"]["maximum"],
        "gres": record["gres"]["total"],
        "state": record["node"]["state"],
        "active_features": record["features"]["active"] or record["features"]["total"],
        "partitions": record["partition"]["name"],
    }
    return [{"name": name, **shared} for word in record["nodes"]["nodes"] for name in values.node_names(word)]


def _scontrol_node(record: Mapping[str, str]) -> Document:
    keys = {"NodeName": "name", "CPUTot": "cpus", "RealMemory": "real_memory", "Gres": "gres", "State": "state"}
    keys |= {"ActiveFeatures": "active_features", "Partitions": "partitions"}
    return {new: record.get(old, "") for old, new in keys.items()}


def _add_node(cluster: Cluster, record: Document) -> None:
    state = {*values.words(record.get("state")), *values.words(record.get("state_flags"))}
    node = Node(
        str(record["name"]),
        values.gpus(record.get("gres")),
        int(values.number(record.get("cpus")) or 0),
        int(values.number(record.get("real_memory")) or 0),
        tuple(values.names(record.get("active_features") or record.get("features"))),
        tuple(values.names(record.get("partitions"))),
        not state & UNUSABLE,
    )
    if (other := cluster.nodes.get(node.name)) is not None:  # of another partition, or of another file
        node = replace(node, partitions=tuple(dict.fromkeys(other.partitions + node.partitions)))
    cluster.nodes[node.name] = node
