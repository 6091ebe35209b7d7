"""An instance as arrays: sizes, and columns that are absent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load
from tests.helpers.columnar_files import saved, tiny


@pytest.fixture
def sheets(tmp_path: Path) -> ColumnarInstance:
    """Return a small instance in columns without columns of its own choice."""
    arrays = tiny(4)
    arrays.pop("task_copies", None)
    arrays.pop("option_cost", None)
    return load(saved(tmp_path, arrays))


def test_sizes(sheets: ColumnarInstance) -> None:
    """Tasks and options, and one line about all of it."""
    assert sheets.tasks == len(sheets.ptr) - 1
    assert sheets.options == sheets.ptr[-1] == len(sheets.uses)
    assert sheets.summary().startswith(f"{sheets.tasks:,} tasks, {sheets.options:,} options, ")
    assert sheets.summary().endswith("in columns")


def test_absent_columns_have_their_default(sheets: ColumnarInstance) -> None:
    """One copy, no cost; a value for every task or option."""
    assert sheets.of_task("copies").tolist() == [1] * sheets.tasks
    assert sheets.of_option("cost").tolist() == [0] * sheets.options
    assert sheets.of_option("slots") is sheets.option["slots"]
    assert np.all(sheets.of_option("slots") > 0)
