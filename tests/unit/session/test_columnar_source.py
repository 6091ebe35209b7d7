"""Columns as a source of the session: plans, results and certificates in columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.session.columnar_source import ColumnarPlan, ColumnarResult, open_columnar
from leptonopt.verify.columnar_bound import proven_columns
from leptonopt.verify.columnar_checker import verify_columns
from tests.helpers.columnar_files import saved, tiny


def test_a_source_of_columns(tmp_path: Path) -> None:
    """Its problem, its reference, and schedules of plans."""
    file = saved(tmp_path, tiny(4))
    source = open_columnar(file)()
    assert source.origin["file"] == file.name
    assert len(source.origin["sha256"]) == 64
    assert source.result_type is ColumnarResult
    question = source.question(None, None)
    assert question is not None
    assert len(question.document["tasks"]) == source.built.sheets.tasks
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    assert isinstance(result.plan, ColumnarPlan)
    schedule = source.schedule_of(result.plan.columns)
    assert int(schedule.count.sum()) == int(np.sum(result.plan.columns["count"]))


def test_parameters_are_refused(tmp_path: Path) -> None:
    """Columns have none."""
    with pytest.raises(UsageError):
        open_columnar(saved(tmp_path, tiny(4)), {"a": "1"})


@pytest.mark.parametrize("name", ["plan.npz", "plan.csv"])
def test_results_are_saved_in_columns(tmp_path: Path, name: str) -> None:
    """The plan verifies, the certificate proves; nothing is written without a plan."""
    file = saved(tmp_path, tiny(4))
    result = leptonopt.solve(file, method="greedy", time_limit=20, certify=True)
    assert result.save(tmp_path / name)
    assert verify_columns(file, tmp_path / name).ok
    assert result.save_certificate(tmp_path / "c.npz")
    assert proven_columns(file, tmp_path / "c.npz").ok
