"""Read a Kubernetes cluster: nodes and pods as pools and tasks, cluster queues of Kueue as quotas.

The input is what `kubectl get nodes,pods,jobs,clusterqueues,localqueues -A -o json` prints, in one file or several.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from leptonopt.errors import InputError
from leptonopt.instance import units
from leptonopt.integrations.imported import (
    Document,
    Grid,
    Imported,
    default_duration,
    json_of,
    listed,
    named_groups,
    node_kinds,
    plain_number,
)

COMMANDS = (("kubectl", "get", "nodes,pods,jobs", "-A", "-o", "json"),)
DURATION = "leptonopt/duration"  # an annotation of pods and jobs: how long they take, as in `90m`
DEADLINE = "leptonopt/deadline"
QUEUE = "kueue.x-k8s.io/queue-name"
PRODUCT = ("nvidia.com/gpu.product", "amd.com/gpu.product-name", "cloud.google.com/gke-accelerator")
INSTANCE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
ZONE = "topology.kubernetes.io/zone"
SPOT = {"karpenter.sh/capacity-type": "spot", "eks.amazonaws.com/capacityType": "SPOT",
        "cloud.google.com/gke-spot": "true", "kubernetes.azure.com/scalesetpriority": "spot"}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?")
_FACTOR = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "k": Fraction(1000)}
_FACTOR |= {unit: Fraction(1000) ** (power + 2) for power, unit in enumerate("MGTPE")}
_FACTOR |= {f"{unit}i": Fraction(1024) ** (power + 1) for power, unit in enumerate("KMGTPE")}


def quantity(text: Any, place: str = "") -> Fraction:
    """Return a quantity of Kubernetes as an exact number; `place` says where it stands.

    Raises
    ------
    InputError
        When it is none.

    >>> quantity("500Gi") == 500 * 2**30, quantity("250m")
    (True, Fraction(1, 4))
    """
    found = _QUANTITY.fullmatch(str(text).strip())
    if not found:
        raise InputError(f"{place}{str(text)[:40]!r} is no quantity; allowed are such as 8, 250m, 64Gi")
    return Fraction(found[1] + (found[2] or "")) * _FACTOR.get(found[3] or "", Fraction(1))


@dataclass(frozen=True)
class Node:
    """A node that takes new work: labels, taints by key, value and effect, and what is free on it."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[tuple[str, str, str], ...]
    free: Mapping[str, Fraction]


@dataclass
class Cluster:
    """The objects of a cluster by kind."""

    objects: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return the pools, tasks and quotas of a cluster.

    Pods that run and are to end by `activeDeadlineSeconds` or the annotation `leptonopt/duration` are tasks that start
    now; other pods that run take their room on their node over the whole horizon. Pods that wait, and suspended jobs,
    are tasks, with one of these durations or `default_duration`.

    Raises
    ------
    InputError
        When a file is no JSON of Kubernetes, or no nodes are found.
    UsageError
        When `default_duration` is no duration.
    """
    cluster = Cluster()
    for name, text in texts:
        for entry in _objects(name, text):
            cluster.objects[entry.get("kind", "")].append(entry)
    if not cluster.objects["Node"]:
        raise InputError("no nodes are found; give what `kubectl get nodes,pods -A -o json` prints")
    return _Reader(cluster, grid, default_duration(params)).read()


def _objects(name: str, text: str) -> Iterator[Document]:
    document = json_of(name, text)
    entries = document.get("items", [document]) if isinstance(document, dict) else None
    if entries is None or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(f"{name}: is no list of Kubernetes, such as `kubectl get nodes -o json` prints")
    listed_kind = str(document.get("kind", "")).removesuffix("List")
    for entry in entries:
        yield entry if entry.get("kind") else {**entry, "kind": listed_kind}


class _Reader:
    """The pods and nodes of a cluster on the way to an instance."""

    def __init__(self, cluster: Cluster, grid: Grid, default: int | None) -> None:
        self.cluster, self.grid, self.default = cluster, grid, default
        self.found = Imported()
        self.left: dict[str, list[str]] = defaultdict(list)
        self.pools: dict[str, list[Node]] = {}

    def read(self) -> Imported:
        """Return everything that is found."""
        pods = self.cluster.objects["Pod"]
        running = [pod for pod in pods if pod["spec"].get("nodeName") and _phase(pod) in ("Running", "Pending")]
        lasting = [pod for pod in running if _seconds_left(pod, self.grid) is None]
        self._add_pools(lasting)
        for pod in running:
            if (left := _seconds_left(pod, self.grid)) is not None:
                self._add_running(pod, left)
        queued = [pod for pod in pods if not pod["spec"].get("nodeName") and _phase(pod) == "Pending"]
        jobs = [job for job in self.cluster.objects["Job"] if job["spec"].get("suspend")]
        for entry in [*queued, *jobs]:
            self._add_waiting(entry)
        self._add_queues()
        if lasting:
            self.found.notes.append(f"{len(lasting)} pods run without an end, and hold their room over the horizon")
        self.found.notes += [f"{len(names)} {why}: {listed(names)}" for why, names in self.left.items()]
        return self.found

    # --- pools ---

    def _add_pools(self, lasting: Sequence[Document]) -> None:
        taken: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for pod in lasting:
            for name, amount in requests(pod["spec"]).items():
                taken[pod["spec"]["nodeName"]][name] += amount
        nodes = [self._node(entry, taken) for entry in self.cluster.objects["Node"]]
        self.pools = named_groups([node for node in nodes if node is not None], _group, lambda key: str(key[0]))
        self.found.pools += [self._pool(name, alike) for name, alike in self.pools.items()]

    def _node(self, entry: Document, taken: Mapping[str, Mapping[str, Fraction]]) -> Node | None:
        name, spec, status = entry["metadata"]["name"], entry.get("spec", {}), entry.get("status", {})
        ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions", ()))
        if spec.get("unschedulable") or not ready:
            self.left["nodes are not ready or take no new pods"].append(name)
            return None
        taints = tuple(
            (taint["key"], taint.get("value") or "", taint["effect"])
            for taint in spec.get("taints", ())
            if taint["effect"] != "PreferNoSchedule"
        )
        used = taken.get(name, {})
        free = {
            key: max(Fraction(0), quantity(value, f"node {name}: allocatable: {key}: ") - used.get(key, 0))
            for key, value in status.get("allocatable", {}).items()
        }
        return Node(name, entry["metadata"].get("labels", {}), taints, free)

    def _pool(self, name: str, nodes: Sequence[Node]) -> Document:
        kinds = [kind for kind, _ in node_kinds(nodes, lambda node: amounts(node.free, math.floor))]
        first = nodes[0]
        labels = {first.labels.get(key) for key in (*PRODUCT, *INSTANCE, ZONE)} - {None, ""}
        labels |= {"spot"} if any(first.labels.get(key) == value for key, value in SPOT.items()) else set()
        made = {"id": name, "nodes": kinds, "labels": sorted(str(label) for label in labels)}
        keys = [key for key in ("leptonopt/pool", *PRODUCT, *INSTANCE) if key in first.labels][:1]
        select = {key: first.labels[key] for key in [*keys, *([ZONE] if ZONE in first.labels else [])]}
        return {**made, **({"target": {"kubernetes": select}} if select else {})}

    # --- tasks ---

    def _add_running(self, pod: Document, left: int) -> None:
        node = pod["spec"]["nodeName"]
        pool = next((name for name, nodes in self.pools.items() if node in {each.name for each in nodes}), None)
        if pool is None:
            self.left["pods run on nodes that take no new work, and are left out"].append(pod["metadata"]["name"])
            return
        slots = min(self.grid.slots, max(1, self.grid.slots_until(left)))
        task = {"id": _id(pod), "placement": "one-node", "deadline": self.grid.instant(slots), **_team(pod)}
        uses, length = amounts(requests(pod["spec"]), math.ceil), units.duration_text(slots * self.grid.slot)
        self.found.running.append({"task": task["id"], "pool": pool, "ends": task["deadline"]})
        self.found.tasks.append({**task, **_job(pod), "options": [{"pool": pool, "uses": uses, "duration": length}]})

    def _add_waiting(self, entry: Document) -> None:
        spec = entry["spec"]["template"]["spec"] if entry["kind"] == "Job" else entry["spec"]
        seconds = _duration(entry, spec) or self.default
        name = entry["metadata"]["name"]
        if not seconds:
            why = f"wait without a duration, and are left out (annotation {DURATION}, or --param default_duration=4h)"
            self.left[why].append(name)
            return
        asked = requests(spec)
        uses, length = amounts(asked, math.ceil), units.duration_text(seconds)
        options = [
            {"pool": pool, "uses": uses, "duration": length}
            for pool, nodes in self.pools.items()
            if any(_fits(spec, asked, node) for node in nodes)
        ]
        if not options:
            self.left["fit on no node that takes new work, and are left out"].append(name)
            return
        task: Document = {"id": _id(entry), "placement": "one-node", **_team(entry)}
        if deadline := entry["metadata"].get("annotations", {}).get(DEADLINE):
            task["deadline"] = str(deadline)
        copies = max(int(entry["spec"].get("completions") or 1), int(entry["spec"].get("parallelism") or 1))
        if entry["kind"] == "Job" and copies > 1:
            task["copies"] = copies
        self.found.tasks.append({**task, **_job(entry), "options": options})

    def _add_queues(self) -> None:
        """Add a quota at every moment for each resource of each cluster queue."""
        local: dict[str, set[str]] = defaultdict(set)
        for queue in self.cluster.objects["LocalQueue"]:
            local[queue["spec"]["clusterQueue"]].add(queue["metadata"]["name"])
        held = {key for pool in self.found.pools for kind in pool["nodes"] for key in kind["size"]}
        known = {task.get("team") for task in self.found.tasks}
        for queue in self.cluster.objects["ClusterQueue"]:
            name = queue["metadata"]["name"]
            teams = sorted((local[name] or {name}) & known)
            if not teams:
                continue  # no task is planned that it would limit
            limits: dict[str, Fraction] = defaultdict(Fraction)
            for group in queue["spec"].get("resourceGroups", ()):
                for flavour in group.get("flavors", ()):
                    for resource in flavour.get("resources", ()):
                        limits[resource["name"]] += quantity(resource["nominalQuota"])
            if queue["spec"].get("cohort") or queue["spec"].get("cohortName"):
                self.left["cluster queues may borrow from a cohort, which is not planned"].append(name)
            for key, limit in amounts(limits, math.floor, zero=True).items():
                if key in held:
                    quota = {"of": key, "per": "moment", "limit": limit, "teams": teams}
                    self.found.quotas.append({"id": f"{name} {key}", **quota})


# --- objects ---


def requests(spec: Mapping[str, Any]) -> dict[str, Fraction]:
    """Return the requests of a pod: its containers together or one init container, and overhead.

    Sidecars, init containers that are always restarted, run beside both. The pod's own requests come before those of
    its containers.
    """

    def of(container: Mapping[str, Any]) -> dict[str, Fraction]:
        resources = container.get("resources", {})
        asked = {**resources.get("limits", {}), **resources.get("requests", {})}
        return {key: quantity(value, f"container {container.get('name')}: {key}: ") for key, value in asked.items()}

    found, most = defaultdict[str, Fraction](Fraction), defaultdict[str, Fraction](Fraction)
    for container in spec.get("initContainers", ()):
        for key, value in of(container).items():
            most[key] = max(most[key], found[key] + value)
            found[key] += value if container.get("restartPolicy") == "Always" else 0
    for container in spec.get("containers", ()):
        for key, value in of(container).items():
            found[key] += value
    found |= {key: max(most[key], found[key]) for key in most} | of(spec)
    for key, value in (spec.get("overhead") or {}).items():
        found[key] += quantity(value)
    return dict(found)


def amounts(given: Mapping[str, Fraction], rounded: Any, zero: bool = False) -> dict[str, Any]:
    """Return amounts under the names of an instance: gpu, cpu (to 0.001), memory in MiB, MIG slices."""
    found: dict[str, Any] = {}
    for key, value in sorted(given.items()):
        name = resource_name(key)
        if name is None:
            continue
        if name == "cpu":
            amount: Any = plain_number(Decimal(rounded(value * 1000)) / 1000)
        else:
            amount = rounded(value / 2**20) if name.endswith("_mib") else rounded(value)
        if amount or zero:
            found[name] = found.get(name, 0) + amount
    return found


def resource_name(key: str) -> str | None:
    """Return the name of a resource in an instance; None for those that are not planned (pods, volumes).

    >>> resource_name("nvidia.com/gpu"), resource_name("nvidia.com/mig-1g.10gb"), resource_name("pods")
    ('gpu', 'mig-1g.10gb', None)
    """
    if key == "cpu":
        return "cpu"
    if key in ("memory", "ephemeral-storage"):
        return key.replace("-", "_") + "_mib"
    if "/mig-" in key:
        return key.partition("/")[2]
    return "gpu" if key.endswith(("nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu")) else None


def _group(node: Node) -> tuple[Any, ...]:
    """Return what nodes of one pool have in common: name, labels that pods select by, and taints."""
    own = next((node.labels[key] for key in ("leptonopt/pool", *PRODUCT, *INSTANCE) if key in node.labels), "")
    labels = {key: value for key, value in node.labels.items() if not key.endswith("kubernetes.io/hostname")}
    return own, tuple(sorted(labels.items())), node.taints


def _fits(spec: Mapping[str, Any], asked: Mapping[str, Fraction], node: Node) -> bool:
    """Return whether a pod may run on a node: its selector, required affinity, tolerations and size."""
    if any(node.labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    terms = (affinity or {}).get("nodeSelectorTerms", ())
    if terms and not any(all(_matches(each, node) for each in term.get("matchExpressions", ())) for term in terms):
        return False
    if not all(any(_tolerates(each, taint) for each in spec.get("tolerations") or ()) for taint in node.taints):
        return False
    return all(node.free.get(key, 0) >= value for key, value in asked.items() if resource_name(key))


def _matches(expression: Mapping[str, Any], node: Node) -> bool:
    value, given, word = node.labels.get(expression["key"]), expression.get("values") or [], expression["operator"]
    match word:
        case "In":
            return value in given
        case "NotIn":
            return value not in given
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" if value is not None and value.lstrip("-").isdigit():
            return int(value) > int(given[0]) if word == "Gt" else int(value) < int(given[0])
    return False


def _tolerates(toleration: Mapping[str, Any], taint: tuple[str, str, str]) -> bool:
    key, value, effect = taint
    if toleration.get("effect") not in (None, "", effect):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return toleration.get("key") in (None, "", key)
    return toleration.get("key") == key and (toleration.get("value") or "") == value


def _phase(pod: Mapping[str, Any]) -> str:
    return str(pod.get("status", {}).get("phase", "Pending"))


def _id(entry: Mapping[str, Any]) -> str:
    meta = entry["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace", "default") != "default" else meta["name"]


def _job(entry: Mapping[str, Any]) -> Document:
    """Return what says that the task is an object of the cluster already."""
    meta = entry["metadata"]
    return {"job": {"kubernetes": f"{meta.get('namespace', 'default')}/{meta['name']}"}}


def _team(entry: Mapping[str, Any]) -> Document:
    meta = entry["metadata"]
    team = meta.get("labels", {}).get(QUEUE) or meta.get("namespace")
    return {"team": team} if team else {}


def _duration(entry: Mapping[str, Any], spec: Mapping[str, Any]) -> int | None:
    annotated = entry["metadata"].get("annotations", {}).get(DURATION)
    if annotated:
        try:
            return units.duration(annotated)
        except ValueError as error:
            raise InputError(f"{entry['metadata']['name']}: annotation {DURATION}: {error}") from None
    seconds = spec.get("activeDeadlineSeconds") or entry["spec"].get("activeDeadlineSeconds")
    return int(seconds) if seconds else None


def _seconds_left(pod: Mapping[str, Any], grid: Grid) -> int | None:
    """Return how long a pod that runs goes on, from the start of the horizon; None: nobody knows."""
    length = _duration(pod, pod["spec"])
    started = pod.get("status", {}).get("startTime")
    if length is None or not started:
        return length
    since = datetime.fromisoformat(started.replace("Z", "+00:00"))
    return int(since.timestamp()) + length - int(grid.start.timestamp())
