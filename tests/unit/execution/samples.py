"""A small instance with a plan written by hand, and runs made from it."""

from __future__ import annotations

import copy
from typing import Any

from leptonopt.execution.planned import PlannedRun, planned_runs
from leptonopt.instance import validate

START = "2026-11-30T06:00:00Z"
DOCUMENT: dict[str, Any] = {
    "name": "night run",
    "time": {"start": START, "slot": "1h", "horizon": "1d"},
    "pools": [
        {
            "id": "gpu", "nodes": [{"id": "a", "size": {"gpu": 8, "cpu": 64, "memory_mib": 512000}, "count": 4, "reserved": 4}],
            "target": {"slurm": {"partition": "gpu", "constraint": "a100&eu", "gpu": "a100"}, "kubernetes": {"pool": "gpu"}},
        },
        {"id": "cpu", "capacity": {"cpu": 32, "memory_gib": 12.5, "disk": "unlimited"}},
    ],
    "tasks": [
        {"id": "prep", "run": "echo it's $HOME", "options": [{"pool": "cpu", "uses": {"cpu": 4, "memory_gib": 1.5}, "duration": "1h"}]},
        {"id": "train", "after": ["prep"], "placement": "one-node", "team": "vision",
         "run": {"command": "train", "image": "a/b:1", "directory": "/data", "environment": {"A": "1, 2"}, "options": {"qos": "high"}},
         "options": [{"pool": "gpu", "uses": {"gpu": 4, "cpu": 7.5, "memory_mib": 4096}, "duration": "2h"}]},
        {"id": "big", "options": [{"id": "two", "pool": "gpu", "nodes": 2, "duration": "90m"}]},
        {"id": "sweep", "copies": 3, "after": ["train"], "run": "true", "options": [{"pool": "cpu", "uses": {"cpu": 1}, "duration": "1h"}]},
    ],
}  # fmt: skip
PLAN: dict[str, Any] = {
    "leptonopt_plan": 1, "currency": "USD", "bill": {"total": 3.5},
    "tasks": [
        {"id": "prep", "option": "cpu", "pool": "cpu", "uses": {"cpu": 4, "memory_gib": 1.5},
         "start": START, "end": "2026-11-30T07:00:00Z", "cost": 0.5, "late_hours": 0},
        {"id": "big", "option": "two", "pool": "gpu", "uses": {"gpu": 16, "cpu": 128, "memory_mib": 1024000},
         "start": START, "end": "2026-11-30T08:00:00Z", "cost": 0, "late_hours": 0},
        {"id": "train", "option": "gpu", "pool": "gpu", "uses": {"gpu": 4, "cpu": 7.5, "memory_mib": 4096},
         "start": "2026-11-30T07:00:00Z", "end": "2026-11-30T09:00:00Z", "cost": 3, "late_hours": 0},
        {"id": "sweep", "copy": 1, "copies": 2, "option": "cpu", "pool": "cpu", "uses": {"cpu": 1},
         "start": "2026-11-30T09:00:00Z", "end": "2026-11-30T10:00:00Z", "cost": 0, "late_hours": 0},
        {"id": "sweep", "copy": 3, "option": "cpu", "pool": "cpu", "uses": {"cpu": 1},
         "start": "2026-11-30T10:00:00Z", "end": "2026-11-30T11:00:00Z", "cost": 0, "late_hours": 0},
    ],
}  # fmt: skip
INSTANCE = validate(DOCUMENT)


def with_others_job() -> dict[str, Any]:
    """Return the sample instance, where `prep` is job 15 of somebody else on Slurm."""
    document = copy.deepcopy(DOCUMENT)
    document["tasks"][0] = {**document["tasks"][0], "job": {"slurm": "15"}}
    del document["tasks"][0]["run"]
    document["tasks"][2]["run"] = {"command": "true", "image": "i"}
    document["tasks"][3]["run"] = {"command": "true", "image": "i"}
    return document


def runs_beside_others(system: str = "slurm") -> dict[str, PlannedRun]:
    """Return the runs of the plan by key, where `prep` is somebody else's."""
    return {run.key: run for run in planned_runs(validate(with_others_job()), PLAN, system)}


def runs(system: str = "slurm") -> dict[str, PlannedRun]:
    """Return the runs of the plan by key."""
    return {run.key: run for run in planned_runs(INSTANCE, PLAN, system)}


def moved_runs() -> dict[str, PlannedRun]:
    """Return the runs of a plan in which `prep` stays where it runs, and `train` leaves its place two hours later."""
    document = copy.deepcopy(DOCUMENT)
    for task, options in ((document["tasks"][0], 0), (document["tasks"][1], 1)):
        stays = {**task["options"][0], "id": f"{task['options'][0]['pool']} (stays)"}
        task["options"] = [stays, *task["options"][:options]]
        task.pop("after", None)
    lines = [{**line, "option": "cpu (stays)"} if line["id"] == "prep" else line for line in PLAN["tasks"]]
    return {run.key: run for run in planned_runs(validate(document), {**PLAN, "tasks": lines}, "slurm")}


def cut_document(**begun: Any) -> dict[str, Any]:
    """Return an instance of a training in segments, which may have begun, and of a test that follows it."""
    segments: dict[str, Any] = {"most": 4, "restart": "30m", **({"begun": begun} if begun else {})}
    options = [{"pool": "gpu", "uses": {"gpu": 4}, "duration": "10h"}]
    train = {"id": "train", "segments": segments, "run": {"command": "train", "image": "i"}, "options": options}
    test = {"id": "test", "after": ["train"], "run": {"command": "test", "image": "i"}, "options": options}
    target = {"slurm": {"partition": "gpu"}}
    return {
        "name": "cut", "time": {"start": START, "slot": "1h", "horizon": "2d"}, "tasks": [train, test],
        "pools": [{"id": "gpu", "capacity": {"gpu": 8}, "target": target}],
    }  # fmt: skip


def cut_runs(*spans: tuple[int, int], system: str = "slurm", **begun: Any) -> dict[str, PlannedRun]:
    """Return the runs of a training in segments [from, to), in hours, and of a test an hour after the last."""
    instance = validate(cut_document(**begun))
    spans = spans or ((0, 4), (6, 13))

    def line(id: str, start: int, end: int, **more: Any) -> dict[str, Any]:
        times = {name: f"2026-11-30T{6 + hour:02}:00:00Z" for name, hour in (("start", start), ("end", end))}
        return {"id": id, "option": "gpu", "pool": "gpu", "uses": {"gpu": 4}, "cost": 0, **times, **more}

    lines = [
        line("train", start, end, segment=at, work=(end - start - (0.5 if at > 1 else 0)) / 10)
        for at, (start, end) in enumerate(spans, 1)
    ]
    last = spans[-1][1]
    plan = {"leptonopt_plan": 1, "tasks": [*lines, line("test", last + 1, last + 2)]}
    return {run.key: run for run in planned_runs(instance, plan, system)}
