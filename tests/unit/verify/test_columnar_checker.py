"""The checker of plans in columns: verdicts on right and wrong plans."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.verify.columnar_checker import check_columns, cost_of_columns, sheets_of, verify_columns
from leptonopt.verify.exact import Malformed
from tests.helpers.columnar_files import saved, tiny


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
