"""Clusters that are read again: nodes and jobs of other people as they are now."""

from __future__ import annotations

from typing import Any

from leptonopt.integrations.imported import Imported
from leptonopt.integrations.refreshed import refreshed_pools, refreshed_state, refreshed_tasks

OPTIONS = [{"pool": "a", "duration": "1h"}]


def job(id: str, number: str, **more: Any) -> dict[str, Any]:
    """Return a task that is somebody else's job."""
    return {"id": id, "job": {"slurm": number}, "options": OPTIONS, **more}


STATED = [
    {"id": "mine", "run": "true", "after": ["job-1", {"task": "job-9#2", "lag": "1h"}], "options": OPTIONS},
    {"id": "ours", "run": "true", "job": {"slurm": "4"}, "options": OPTIONS},
    job("job-1", "1", team="vision"), job("job-2", "2", copies=2), job("job-9#2", "9"),
]  # fmt: skip
FOUND = Imported(
    tasks=[job("job-1", "1", deadline="2026-11-30T07:00Z"), job("job-9", "9", copies=3), job("job-30", "30")],
    running=[{"task": "job-30", "pool": "a", "ends": "2026-11-30T07:00Z"}],
)


def test_jobs_are_refreshed() -> None:
    """What is stated of a job stays, what is found counts; what waited for it waits for its present name."""
    tasks = {task["id"]: task for task in refreshed_tasks(STATED, FOUND.tasks)}
    assert list(tasks) == ["mine", "ours", "job-1", "job-2", "job-9#2", "job-9", "job-30"]
    assert tasks["job-1"] == job("job-1", "1", team="vision", deadline="2026-11-30T07:00Z")
    assert tasks["mine"]["after"] == [{"task": "job-1"}, {"task": "job-9", "lag": "1h"}]
    assert tasks["ours"] == STATED[1]


def test_the_state_is_that_of_the_cluster() -> None:
    """Jobs that are found run as they do there, those that are not are done; ours are as they were."""
    state = {
        "now": "x",
        "running": [{"task": "job-1"}, {"task": "ours"}],
        "done": [{"task": "mine"}, {"task": "job-2"}],
    }
    assert refreshed_state(state, {"tasks": STATED}, FOUND) == {
        "now": "x", "failed": [],
        "running": [{"task": "ours"}, *FOUND.running],
        "done": [{"task": "mine"}, *({"task": "job-2", "copy": copy} for copy in (1, 2)), {"task": "job-9#2", "copy": 1}],
    }  # fmt: skip


def test_pools_are_refreshed() -> None:
    """Nodes are those found now; prices stay; what is gone has no nodes; what is new is added."""
    stated = [
        {
            "id": "a",
            "price": {"gpu": 1},
            "nodes": [{"id": "x", "count": 4, "reserved": 4, "boot": "5m"}, {"id": "y", "count": 2}],
        },
        {"id": "b", "nodes": [{"id": "z", "count": 1}]},
        {"id": "mine", "capacity": {"gpu": 1}},
    ]
    found = [
        {"id": "a", "labels": ["l"], "nodes": [{"id": "x", "count": 3, "reserved": 3}]},
        {"id": "new", "nodes": []},
    ]
    assert refreshed_pools(stated, found) == [
        {"id": "a", "price": {"gpu": 1}, "labels": ["l"],
         "nodes": [{"id": "x", "count": 3, "reserved": 3, "boot": "5m"}, {"id": "y", "count": 0, "reserved": 0}]},
        {"id": "b", "nodes": [{"id": "z", "count": 0, "reserved": 0}]},
        {"id": "mine", "capacity": {"gpu": 1}},
        {"id": "new", "nodes": []},
    ]  # fmt: skip


def test_what_runs_on_drained_nodes_is_outside_of_the_pools() -> None:
    """Runs of ours by where they are, jobs of others as the reader says; neither is taken as done."""
    stated = {"tasks": [{"id": "job-9", "job": {"slurm": "9"}}, {"id": "mine", "run": "true"}]}
    found = Imported(unusable=["t4-1", "t4-2"], outside=[{"task": "job-9", "outside": True}])
    running = [{"task": "mine", "place": "t4-[1-2]"}, {"task": "other", "place": "t4-[2-3]"}]
    state = refreshed_state({"running": running}, stated, found)
    assert [(entry["task"], entry.get("outside")) for entry in state["running"]] == [
        ("mine", True), ("other", None), ("job-9", True)
    ]  # fmt: skip
    assert not state["done"]
