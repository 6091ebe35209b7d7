"""Plans as runs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.execution.planned import missing_commands, own_runs, planned_runs, project_name, require_commands
from leptonopt.instance import validate
from tests.unit.execution.samples import INSTANCE, PLAN, moved_runs, runs, runs_beside_others, with_others_job


def test_one_run_for_each_copy() -> None:
    """Copies that run alike are runs of their own, each after all copies of what it follows."""
    found = runs()
    assert list(found) == ["big", "prep", "train", "sweep#1", "sweep#2", "sweep#3"]
    assert found["sweep#3"].copy == 3
    assert found["sweep#2"].after == ("train",)
    assert (found["big"].whole, found["train"].on_node, found["train"].seconds) == (2, True, 7200)
    assert found["train"].target == {"partition": "gpu", "constraint": "a100&eu", "gpu": "a100"}
    assert found["prep"].target == {}


def test_memory_in_any_unit() -> None:
    """GiB count as MiB, rounded up."""
    assert [runs()[key].memory_mib() for key in ("prep", "train", "sweep#1")] == [1536, 4096, 0]


def test_names() -> None:
    """Slugs are fit for names of objects; the project has the instance's name."""
    assert runs()["sweep#3"].slug == "sweep--3"
    assert project_name(INSTANCE) == "night-run"
    assert missing_commands(list(runs().values())) == ["big"]


def test_a_plan_of_another_instance() -> None:
    """A task or a pool that the instance does not have is one line."""
    other = {"tasks": [{**PLAN["tasks"][0], "id": "other"}]}
    with pytest.raises(InputError, match="'other'"):
        planned_runs(INSTANCE, other, "slurm")


def test_jobs_of_others() -> None:
    """A task with a job and without a command is somebody else's; with a command it is ours."""
    found = runs_beside_others()
    assert (found["prep"].foreign, found["prep"].job) == (True, "15")
    assert runs_beside_others("local")["prep"].job == ""
    assert [run.key for run in own_runs(found.values())] == ["big", "train", "sweep#1", "sweep#2", "sweep#3"]
    require_commands(list(found.values()))
    document = with_others_job()
    document["tasks"][0]["run"] = "echo mine"
    assert not planned_runs(validate(document), PLAN, "slurm")[1].foreign
    with pytest.raises(UsageError, match="'big' has no `run`"):
        require_commands(list(runs().values()))


def test_invocation() -> None:
    """The command, its folder, and variables: what the run is and holds, then those of the task."""
    command, directory, environment = runs()["train"].invocation()
    assert (command, directory) == ("train", "/data")
    assert environment == {
        "LEPTONOPT_TASK": "train", "LEPTONOPT_POOL": "gpu", "LEPTONOPT_OPTION": "gpu",
        "LEPTONOPT_GPU": "4", "LEPTONOPT_CPU": "7.5", "LEPTONOPT_MEMORY_MIB": "4096", "A": "1, 2",
    }  # fmt: skip
    assert runs()["big"].invocation()[0] == "true"


def test_what_leaves_its_place() -> None:
    """A run that has another option than that to stay leaves the place where it ran before its planned start."""
    found, early = moved_runs(), moved_runs()["train"].start - timedelta(hours=1)
    assert {key for key, run in found.items() if run.moves} == {"train"}
    assert found["train"].leaves(early)
    assert not found["train"].leaves(found["train"].start)  # that is the new one
    assert not found["train"].leaves(None)
    assert not found["prep"].leaves(early)


def test_no_two_names_are_one() -> None:
    """Names of objects and files differ wherever keys do: letter cases, signs, numbers of copies, long ones."""
    keys = [
        "train",
        "Train",
        "tr.ain",
        "tr_ain",
        "tr-ain",
        "a#1",
        "a-1",
        "a--1",
        "a/1",
        "é",
        "_",
        "-",
        "x" * 60,
        "x" * 61,
    ]
    slugs = [replace(runs()["train"], key=key).slug for key in keys]
    assert len(set(slugs)) == len(keys)
    assert all(re.fullmatch("[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?", slug) for slug in slugs)
    names = ["Night run", "night run", "Night/run", "Büro", "Bxro", "n" * 41, "n" * 42]
    found = [project_name(INSTANCE.model_copy(update={"name": name})) for name in names]
    assert found[0] == "Night-run"
    assert len(set(found)) == len(names)
