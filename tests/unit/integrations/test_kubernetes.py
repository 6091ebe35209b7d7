"""Nodes, pods, jobs and queues of Kubernetes as pools, tasks and quotas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import InputError
from leptonopt.integrations import kubernetes
from leptonopt.integrations.imported import Grid, Imported

DATA = Path(__file__).parent / "data"
GRID = Grid(datetime(2026, 11, 29, 16, 0, tzinfo=UTC), 3600, 24 * 3600)


def node(name: str, gpus: int = 8, taints: list[dict[str, str]] | None = None, **labels: str) -> dict[str, Any]:
    """Return a ready node with 64 CPUs and 500 GiB."""
    free = {"cpu": "64", "memory": "500Gi", "pods": "110", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    status = {"allocatable": free, "conditions": [{"type": "Ready", "status": "True"}]}
    meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
    return {"kind": "Node", "metadata": meta, "spec": {"taints": taints or []}, "status": status}


def pod(name: str, gpus: int, on: str = "", notes: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """Return a pod; it runs where it is on a node."""
    box = {"resources": {"requests": {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": str(gpus)}}}
    inside = {"containers": [box, {"resources": {"requests": {"cpu": "250m"}}}], **spec}
    status = {"phase": "Running" if on else "Pending", "startTime": "2026-11-29T15:30:00Z"}
    meta = {"name": name, "namespace": "ml", "annotations": notes or {}}
    return {"kind": "Pod", "metadata": meta, "spec": {**inside, **({"nodeName": on} if on else {})}, "status": status}


def imported(*items: dict[str, Any], **params: str) -> Imported:
    """Return what is read of a list of objects."""
    return kubernetes.read([("x", json.dumps({"kind": "List", "items": items}))], params, GRID)


def test_recorded_cluster() -> None:
    """Two pods without an end hold whole nodes; the third waits for a duration, and then for room."""
    given = [(name, (DATA / name).read_text(encoding="utf-8")) for name in ("k8s-nodes.json", "k8s-pods.json")]
    found = kubernetes.read(given, {}, GRID)
    sizes = {pool["id"]: pool["nodes"][0]["size"] for pool in found.pools}
    assert sizes["onprem-a100"] == {"cpu": 48, "memory_mib": (500 - 64) * 1024}  # no GPU is left
    assert any("j3-lfxvk" in note and "duration" in note for note in found.notes)


def test_running_pods_with_an_end() -> None:
    """A pod that ends by its deadline is a task that starts now, where it runs, for what is left."""
    found = imported(node("a"), pod("p", 4, on="a", activeDeadlineSeconds=7200))
    assert found.pools[0]["nodes"][0]["size"]["gpu"] == 8
    (task,) = found.tasks
    assert task["deadline"] == "2026-11-29T18:00:00Z"
    assert (task["team"], task["job"]) == ("ml", {"kubernetes": "ml/p"})
    assert found.running == [{"task": "ml/p", "pool": "nodes", "ends": task["deadline"]}]
    assert task["options"] == [
        {"pool": "nodes", "uses": {"gpu": 4, "cpu": Decimal("0.75"), "memory_mib": 1024}, "duration": "2h"}
    ]


def test_waiting_pods() -> None:
    """The duration comes from the annotation; selectors, taints and affinity choose pools."""
    taint = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]
    items = [
        node("a", **{"nvidia.com/gpu.product": "A100"}),
        node("b", taints=taint, **{"nvidia.com/gpu.product": "T4"}),
    ]
    notes = {kubernetes.DURATION: "3h"}

    def pools(**spec: Any) -> list[str]:
        found = imported(*items, pod("p", 1, notes=notes, **spec))
        return [option["pool"] for task in found.tasks for option in task["options"]]

    assert pools() == ["A100"]
    assert pools(tolerations=[{"key": "gpu", "operator": "Exists"}]) == ["A100", "T4"]
    assert pools(tolerations=[{"key": "gpu", "value": "yes"}], nodeSelector={"nvidia.com/gpu.product": "T4"}) == ["T4"]
    wanted = {"key": "nvidia.com/gpu.product", "operator": "NotIn", "values": ["A100"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    assert pools(affinity=affinity) == []


def test_unready_nodes_and_suspended_jobs() -> None:
    """Cordoned nodes are left out; a suspended job of five completions is five copies."""
    off = node("b")
    off["spec"]["unschedulable"] = True
    template = {"spec": {"containers": [{"resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}
    job = {
        "kind": "Job", "metadata": {"name": "train", "labels": {kubernetes.QUEUE: "vision"}},
        "spec": {"suspend": True, "completions": 5, "parallelism": 2, "activeDeadlineSeconds": 3600, "template": template},
    }  # fmt: skip
    found = imported(node("a"), off, job)
    assert found.pools[0]["nodes"][0]["count"] == 1
    assert "b" in found.notes[0]
    (task,) = found.tasks
    assert (task["copies"], task["team"], task["options"][0]["uses"]) == (5, "vision", {"gpu": 2})


def test_queues() -> None:
    """A cluster queue of Kueue limits its local queues at every moment, summed over flavours."""
    flavours = [
        {"name": n, "resources": [{"name": "nvidia.com/gpu", "nominalQuota": q}]} for n, q in (("a", 4), ("b", "2"))
    ]
    queue = {"kind": "ClusterQueue", "metadata": {"name": "all"}, "spec": {"resourceGroups": [{"flavors": flavours}]}}
    local = {"kind": "LocalQueue", "metadata": {"name": "vision"}, "spec": {"clusterQueue": "all"}}
    assert imported(node("a"), queue, local).quotas == []  # no task of the team is planned
    waiting = pod("p", 1, notes={kubernetes.DURATION: "1h"})
    waiting["metadata"]["labels"] = {kubernetes.QUEUE: "vision"}
    found = imported(node("a"), queue, local, waiting)
    assert found.quotas == [{"id": "all gpu", "of": "gpu", "per": "moment", "limit": 6, "teams": ["vision"]}]


def test_requests_of_a_pod() -> None:
    """Sidecars run beside the containers and beside later init containers; requests of the pod itself come first."""

    def box(cpu: str, **more: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    spec: dict[str, Any] = {"containers": [box("600m")], "overhead": {"cpu": "1"}}
    spec["initContainers"] = [box("3"), box("250m", restartPolicy="Always"), box("2800m")]
    assert kubernetes.requests(spec)["cpu"] == Fraction("4.05")
    spec["initContainers"].pop()
    assert kubernetes.requests(spec)["cpu"] == 4
    del spec["initContainers"][0]
    assert kubernetes.requests(spec)["cpu"] == Fraction("1.85")
    assert kubernetes.requests({**spec, **box("2")})["cpu"] == 3


def test_null_is_absent() -> None:
    """Keys that are null say nothing."""
    one = node("a")
    one["metadata"]["labels"] = one["spec"]["taints"] = None
    two = pod("p", 8, "a")
    two["spec"]["containers"].append({"resources": None})
    two["metadata"]["annotations"] = None
    (pool,) = imported(one, two).pools
    assert pool["nodes"][0]["size"] == {"cpu": Decimal("63.25"), "memory_mib": 510976}


@pytest.mark.parametrize(
    ("text", "value"),
    [("8", 8), ("250m", Fraction(1, 4)), ("1Gi", 2**30), ("1.5k", 1500), ("2e3", 2000), ("100n", Fraction(1, 10**7))],
)
def test_quantities(text: str, value: Fraction) -> None:
    """Quantities are exact."""
    assert kubernetes.quantity(text) == value


def test_bad_files() -> None:
    """Other files get one line."""
    with pytest.raises(InputError, match="no quantity"):
        kubernetes.quantity("eight")
    with pytest.raises(InputError, match="no nodes are found"):
        imported(pod("p", 1))
    with pytest.raises(InputError, match="is no JSON"):
        kubernetes.read([("x", "kind: List")], {}, GRID)
