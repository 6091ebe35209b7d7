"""Instances in columns as documents."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.io.columnar import load
from leptonopt.session import columnar_tree
from leptonopt.session.columnar_tree import columnar_document, tree_of
from tests.helpers.columnar_files import saved, tiny


def test_every_column_is_stated(tmp_path: Path) -> None:
    """Tasks are named by their position; money in cents becomes money."""
    file = saved(tmp_path, tiny(5))
    sheets = load(file)
    stated = columnar_document(sheets)
    made = tree_of(file)
    assert validate(stated) == made
    assert [task.id for task in made.tasks] == [str(at) for at in range(sheets.tasks)]
    for at, task in enumerate(made.tasks):
        assert task.copies == sheets.of_task("copies")[at]
        assert task.optional == (sheets.of_task("value")[at] >= 0)
        if task.optional:
            assert task.value == Decimal(int(sheets.of_task("value")[at])) / 100
        assert len(task.options) == max(1, sheets.ptr[at + 1] - sheets.ptr[at])


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large document would take too much memory; parameters have no meaning here."""
    file = saved(tmp_path, tiny(5))
    with pytest.raises(UsageError, match="param"):
        tree_of(file, {"a": "1"})
    monkeypatch.setattr(columnar_tree, "MAX_LINES", 2)
    with pytest.raises(UsageError, match="at most 2 are written out one by one"):
        tree_of(file)
