"""Results: files, and plans that are required."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from leptonopt.errors import Infeasible, NoPlan
from tests.helpers import plans


def test_a_result_is_saved_as_its_document(tmp_path: Path) -> None:
    """With a plan and without."""
    for document in (plans.plan(plans.task("x", "a", 0, 1)), plans.none("unknown")):
        assert plans.result(document).save(tmp_path / "plan.json")
        assert json.loads((tmp_path / "plan.json").read_text()) == document


def test_a_certificate_is_saved_where_there_is_one(tmp_path: Path) -> None:
    """False where there is none, and no file."""
    result = plans.result(plans.none("unknown"))
    assert not result.save_certificate(tmp_path / "c.json")
    assert not (tmp_path / "c.json").exists()
    assert dataclasses.replace(result, certificate={"a": 1}).save_certificate(tmp_path / "c.json")
    assert json.loads((tmp_path / "c.json").read_text()) == {"a": 1}


def test_plans_that_are_required() -> None:
    """The plan, or the error that fits the status with its reasons."""
    result = plans.result(plans.plan(plans.task("x", "a", 0, 1)))
    assert result.require_plan() is result.plan
    with pytest.raises(Infeasible, match=r"^no plan exists: too much$"):
        plans.result(plans.none("infeasible", "too much")).require_plan()
    with pytest.raises(NoPlan, match=r"^no plan was found within the limits$") as error:
        plans.result(plans.none("unknown")).require_plan()
    assert not isinstance(error.value, Infeasible)
