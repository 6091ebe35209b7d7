"""Manifests against the published schemas of Kubernetes, and tasks of SkyPilot."""

from __future__ import annotations

from dataclasses import replace

import kubernetes_validate
import pytest
import yaml

from leptonopt.errors import UsageError
from leptonopt.execution.manifests import kubernetes_documents, manifest_text, sky_documents
from leptonopt.instance.tasks import Run
from tests.unit.execution.samples import cut_runs, runs, runs_beside_others

TRAIN = runs("kubernetes")["train"]


@pytest.mark.parametrize("queues", [False, True])
def test_jobs_fit_the_schema(queues: bool) -> None:
    """Jobs as read back from YAML pass the strict schema; they are suspended, sized and placed."""
    text = manifest_text(kubernetes_documents([TRAIN], "night-run", queues))
    (job,) = yaml.safe_load_all(text)
    kubernetes_validate.validate(job, "1.31", strict=True)
    assert job["spec"]["suspend"] is True
    assert job["metadata"]["annotations"]["leptonopt/start"] == "2026-11-30T07:00:00Z"
    assert job["metadata"]["labels"].get("kueue.x-k8s.io/queue-name") == ("vision" if queues else None)
    inside = job["spec"]["template"]["spec"]
    assert inside["nodeSelector"] == {"pool": "gpu"}
    assert inside["containers"][0]["resources"] == {
        "requests": {"nvidia.com/gpu": "4", "cpu": "7500m", "memory": "4096Mi"}, "limits": {"nvidia.com/gpu": "4"}
    }  # fmt: skip


def test_whole_nodes_are_pods() -> None:
    """A run on two whole nodes is two pods, each with half of it."""
    big = replace(runs("kubernetes")["big"], run=Run(command="x", image="i"))
    (job,) = kubernetes_documents([big], "p")
    assert (job["spec"]["completions"], job["spec"]["parallelism"]) == (2, 2)
    assert job["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["nvidia.com/gpu"] == "8"


def test_sky_tasks() -> None:
    """Accelerators, CPUs, memory, infrastructure and environment of a task."""
    run = replace(TRAIN, target={"accelerator": "A100", "infra": "aws", "use_spot": "yes"})
    (task,) = yaml.safe_load_all(manifest_text(sky_documents([run], "night")))
    assert task["resources"] == {
        "accelerators": "A100:4", "cpus": "8+", "memory": "4+", "infra": "aws", "use_spot": True, "image_id": "docker:a/b:1"
    }  # fmt: skip
    assert task["run"] == "cd /data\ntrain"
    assert task["envs"]["LEPTONOPT_START"] == "2026-11-30T07:00:00Z"


def test_what_is_missing() -> None:
    """A task without a command or an image is refused by name."""
    with pytest.raises(UsageError, match="'big' has no `run`"):
        kubernetes_documents([runs()["big"]], "p")
    with pytest.raises(UsageError, match=r"'prep' has no `run.image`"):
        kubernetes_documents([runs()["prep"]], "p")
    with pytest.raises(UsageError, match="'big' has no `run`"):
        sky_documents([runs()["big"]], "p")


def test_jobs_of_others_are_not_written() -> None:
    """A task that somebody else carries out becomes no Job and no task of SkyPilot."""
    found = list(runs_beside_others("kubernetes").values())
    names = [job["metadata"]["annotations"]["leptonopt/key"] for job in kubernetes_documents(found, "p")]
    assert names == ["big", "train", "sweep#1", "sweep#2", "sweep#3"]
    assert len(sky_documents(found, "p")) == 5


def test_segments() -> None:
    """A Job, or a task of SkyPilot, for each; all but the last are told when to stop."""
    found = list(cut_runs(system="kubernetes").values())
    documents = kubernetes_documents(found, "p")
    containers = [document["spec"]["template"]["spec"]["containers"][0] for document in documents]
    told = [{each["name"]: each["value"] for each in container.get("env", ())} for container in containers]
    assert told == [
        {"LEPTONOPT_TASK": "train", "LEPTONOPT_SEGMENT": "1", "LEPTONOPT_UNTIL": "2026-11-30T10:00:00Z"},
        {"LEPTONOPT_TASK": "train", "LEPTONOPT_SEGMENT": "2"},
        {},
    ]
    assert ["timeout" in container["command"][2] for container in containers] == [True, False, False]
    for document in documents:
        kubernetes_validate.validate(document, "1.31", strict=True)
    sky = sky_documents(found, "p")
    assert [each["envs"]["LEPTONOPT_TASK"] for each in sky] == ["train", "train", "test"]
    assert ["timeout" in each["run"] for each in sky] == [True, False, False]
    assert len({each["name"] for each in sky}) == 3
