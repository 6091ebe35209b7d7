"""The checker of plans in columns: verdicts on right and wrong plans."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.errors import Alarm
from leptonopt.io.columnar import load
from leptonopt.session import columnar_source
from leptonopt.session.columnar_tree import columnar_document
from leptonopt.verify.columnar_checker import (
    check_columns,
    cost_of_columns,
    document_of_columns,
    sheets_of,
    verify_columns,
)
from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import StatedInstance
from tests.helpers.columnar_files import as_csv, gaps, saved, tiny


@pytest.fixture
def solved(tmp_path: Path) -> tuple[Path, Path, Any]:
    """Return an instance with a zone of its own, a plan, and the result."""
    arrays = tiny(4)
    head = json.loads(bytes(arrays["head"]))
    head["time"]["zone"] = "Europe/Berlin"
    file = saved(tmp_path, arrays | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)})
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    assert result.save(tmp_path / "plan.npz")
    return file, tmp_path / "plan.npz", result


def test_a_right_plan(solved: tuple[Path, Path, Any]) -> None:
    """With its exact cost and its summary."""
    file, plan, result = solved
    verdict, summary = check_columns(file, plan)
    assert (verdict.ok, verdict.cost, verdict.violations) == (True, result.cost, ())
    assert cost_of_columns(file, plan) == Fraction(summary["cost_exact"])


@pytest.mark.parametrize(
    ("column", "change", "rule"),
    [
        ("count", lambda values: values * 0 + 9, "once"),
        ("start", lambda values: values + 99, "window"),
        ("option", lambda values: values * 0 + 10**6, "option"),
        ("task", lambda values: values + 10**6, "once"),
    ],
)
def test_wrong_columns(solved: tuple[Path, Path, Any], column: str, change: Any, rule: str) -> None:
    """Each breaks a rule, by its name or as an objection to the form."""
    file, plan, _ = solved
    arrays = dict(np.load(plan))
    arrays[column] = change(arrays[column])
    np.savez(plan, **arrays)
    verdict = verify_columns(file, plan)
    assert not verdict.ok
    assert {found.rule for found in verdict.violations} & {rule, "form", "option", "window"}


def test_plans_of_other_instances(solved: tuple[Path, Path, Any], tmp_path: Path) -> None:
    """Refused unless they are asked to be checked all the same."""
    _, plan, _ = solved
    (tmp_path / "other").mkdir()
    other = saved(tmp_path / "other", tiny(5))
    assert not verify_columns(other, plan).ok


def test_instances_that_contradict_themselves(tmp_path: Path) -> None:
    """References to pools that do not exist."""
    arrays = tiny(4)
    arrays["option_pool"] = arrays["option_pool"] + 9
    with pytest.raises(Malformed):
        sheets_of(saved(tmp_path, arrays))


def test_every_column_is_said(tmp_path: Path) -> None:
    """Cents are money, slots are instants and durations, positions are ids."""
    arrays = tiny(3)
    arrays["task_value"][:2], arrays["task_due"][:2], arrays["task_late_cost"][0] = (-1, 125), (3, -1), 45
    arrays["task_copies"][0], arrays["option_slots"][0], arrays["option_cost"][0] = 2, 0, 25
    first, second = document_of_columns(saved(tmp_path, arrays))["tasks"][:2]
    assert (first["id"], first["copies"], first["due"]) == ("0", 2, "2026-01-05T03:00:00Z")
    assert (first["late_cost"], first["options"][0]["cost"]) == (Decimal("0.45"), Decimal("0.25"))
    assert (first["options"][0]["duration"], "optional" in first) == ("0s", False)
    assert (second["optional"], second["value"], "due" in second) == (True, Decimal("1.25"), False)


@pytest.mark.parametrize("seed", range(8))
def test_the_same_ways_as_the_tree(tmp_path: Path, seed: int) -> None:
    """Ways, windows, values and lateness are those of the tree that `convert` writes; CSV is read alike."""
    arrays = gaps(seed)
    path = saved(tmp_path, arrays)
    ours, theirs = document_of_columns(path), columnar_document(load(path))
    assert document_of_columns(as_csv(tmp_path, arrays)) == ours
    read, stated = StatedInstance(ours), StatedInstance(theirs)
    for id, task in read.tasks.items():
        other = stated.tasks[id]
        assert {key: task.get(key) for key in ("release", "deadline", "due", "late_cost", "value")} == {
            key: other.get(key) for key in ("release", "deadline", "due", "late_cost", "value")
        }
        ways = [(way.pool, way.uses, way.seconds, way.cost) for way in read.ways(id).values()]
        fits = [way for way in stated.ways(id).values() if way.seconds <= read.horizon]
        assert ways == [(way.pool, way.uses, way.seconds, way.cost) for way in fits]


@pytest.mark.parametrize("seed", range(4))
def test_columns_are_confirmed_as_the_tree(tmp_path: Path, seed: int) -> None:
    """Both notations have one cost, and their proofs are confirmed on the second model."""
    path = saved(tmp_path, tiny(seed))
    tree = columnar_document(load(path))
    both = [leptonopt.solve(each, time_limit=20, threads=1, confirm=True, isolate=False) for each in (path, tree)]
    assert both[0].status == both[1].status == "optimal"
    assert both[0].cost == both[1].cost
    assert [each.document["proof"]["confirmation"] for each in both] == ["second model"] * 2


def test_columns_without_a_plan_are_confirmed(tmp_path: Path) -> None:
    """Tasks that do not fit beside each other have no plan on the second model either."""
    arrays = tiny(1, must=True)
    arrays["task_copies"][:], arrays["task_deadline"][:] = 50, arrays["task_release"] + 3
    arrays["option_slots"][:], arrays["option_uses"][:] = 2, np.maximum(1, arrays["option_uses"])
    result = leptonopt.solve(
        saved(tmp_path, arrays), method="cpsat", time_limit=20, threads=1, confirm=True, isolate=False
    )
    assert (result.status, result.document["proof"]["confirmation"]) == ("infeasible", "second model")


def test_a_false_reading_raises_an_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the checker reads another cost, the proof is contradicted."""
    path = saved(tmp_path, tiny(2))

    def cheaper(path: Path) -> dict[str, object]:
        found = document_of_columns(path)
        for task in found["tasks"]:
            task.update(optional=True, value=Decimal(-1))
        return found

    monkeypatch.setattr(columnar_source, "document_of_columns", cheaper)
    with pytest.raises(Alarm, match="second model"):
        leptonopt.solve(path, time_limit=20, threads=1, confirm=True, isolate=False)


def test_what_is_too_large_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the size an engine confirms on the same model, and a note says so."""
    monkeypatch.setattr(columnar_source, "MOST_OPTIONS", 2)
    result = leptonopt.solve(saved(tmp_path, tiny(2)), time_limit=20, threads=1, confirm=True, isolate=False)
    assert result.document["proof"]["confirmation"] != "second model"
    assert any("too many options" in note for note in result.notes)
    assert isinstance(result.cost, Fraction)
