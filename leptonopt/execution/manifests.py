"""Plans as files of other systems: Jobs of Kubernetes, with queues of Kueue, and tasks of SkyPilot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import yaml

from leptonopt.errors import UsageError
from leptonopt.execution.planned import PlannedRun, distinct_name, own_runs, require_commands
from leptonopt.instance import units

Document = dict[str, Any]


def kubernetes_documents(runs: Sequence[PlannedRun], project: str, queues: bool = False) -> list[Document]:
    """Return a suspended Job for each run of ours; who follows the plan unsuspends it at its start.

    Parameters
    ----------
    runs : the plan.
    project : the name of the plan, a label of every Job.
    queues : the team of a task is the local queue of Kueue that its Job waits in.

    Raises
    ------
    UsageError
        When a task has no command or no image.
    """
    own = own_runs(runs)
    _need(own, "image")
    return [_job(run, project, queues) for run in own]


def manifest_text(documents: Sequence[Document]) -> str:
    """Return documents as one YAML stream; texts that YAML would take for instants or numbers are quoted."""
    return str(yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=120))


def _need(runs: Sequence[PlannedRun], what: str) -> None:
    require_commands(runs)
    lacking = sorted({run.task for run in runs if getattr(run.run, what) is None})
    if lacking:
        raise UsageError(f"{lacking[0]!r} has no `run.{what}`, which a container needs")


def _job(run: PlannedRun, project: str, queues: bool) -> Document:
    assert run.run is not None
    labels = {"leptonopt/plan": project, "leptonopt/task": run.slug}
    if queues and run.team:
        labels["kueue.x-k8s.io/queue-name"] = run.team
    notes = {"leptonopt/start": units.instant_text(run.start), "leptonopt/end": units.instant_text(run.end)}
    notes |= {"leptonopt/key": run.key, "leptonopt/pool": run.pool, "leptonopt/option": run.option}
    amounts = _requests(run)
    gpus = {name: amount for name, amount in amounts.items() if name.endswith("/gpu")}
    container: Document = {
        "name": "main", "image": run.run.image, "command": ["/bin/sh", "-c", run.command()],
        "resources": {"requests": amounts, **({"limits": gpus} if gpus else {})},
    }  # fmt: skip
    if run.run.directory:
        container["workingDir"] = run.run.directory
    if environment := run.environment():
        container["env"] = [{"name": name, "value": value} for name, value in environment.items()]
    inside: Document = {"restartPolicy": "Never", "containers": [container]}
    if run.target:
        inside["nodeSelector"] = dict(run.target)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{distinct_name(project, 12)}-{run.slug}", "labels": labels, "annotations": notes},
        "spec": {
            "suspend": True,
            "backoffLimit": 0,
            "completions": max(1, run.whole),
            "parallelism": max(1, run.whole),
            "activeDeadlineSeconds": max(1, run.seconds),
            "template": {"spec": inside},
        },
    }


def _requests(run: PlannedRun) -> dict[str, str]:
    """Return what each pod of a run requests."""
    parts = max(1, run.whole)
    found = {}
    for name, amount in run.uses.items():
        if name == "gpu":
            found["nvidia.com/gpu"] = str(math.ceil(amount / parts))
        elif name == "cpu":
            found["cpu"] = f"{math.ceil(amount * 1000 / parts)}m"
        elif name.startswith("mig-"):
            found[f"nvidia.com/{name}"] = str(math.ceil(amount / parts))
    if memory := run.memory_mib():
        found["memory"] = f"{math.ceil(memory / parts)}Mi"
    return found


def sky_documents(runs: Sequence[PlannedRun], project: str) -> list[Document]:
    """Return a task of SkyPilot for each run of ours; raises `UsageError` when a task has no command."""
    require_commands(runs)
    return [_sky(run, project) for run in own_runs(runs)]


def _sky(run: PlannedRun, project: str) -> Document:
    assert run.run is not None
    parts, resources = max(1, run.whole), {}
    if gpus := math.ceil(run.amount("gpu") / parts):
        resources["accelerators"] = f"{run.target.get('accelerator', 'GPU')}:{gpus}"
    if cpus := math.ceil(run.amount("cpu") / parts):
        resources["cpus"] = f"{cpus}+"
    if memory := run.memory_mib():
        resources["memory"] = f"{math.ceil(memory / 1024 / parts)}+"
    resources |= {name: run.target[name] for name in ("infra", "instance_type", "region", "zone") if name in run.target}
    if run.target.get("use_spot", "false").lower() in ("true", "yes"):
        resources["use_spot"] = True  # type: ignore[assignment]
    if run.run.image:
        resources["image_id"] = f"docker:{run.run.image}"
    told = {"LEPTONOPT_START": units.instant_text(run.start), "LEPTONOPT_TASK": run.name}
    return {
        "name": f"{distinct_name(project, 20)}-{run.slug}",
        "resources": resources,
        "num_nodes": parts,
        "envs": {**told, **run.environment()},
        "run": (f"cd {run.run.directory}\n" if run.run.directory else "") + run.command(),
    }
