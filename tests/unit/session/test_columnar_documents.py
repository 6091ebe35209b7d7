"""Plans in columns as plan documents."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
from leptonopt.errors import InputError, UsageError
from leptonopt.session import columnar_documents
from leptonopt.session.columnar_documents import document_of_files, drawable_plan
from leptonopt.verify import verify
from tests.helpers.columnar_files import saved, tiny


def test_the_document_is_that_of_the_same_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the same and keeps every rule of the document; too many lines are refused."""
    file = saved(tmp_path, tiny(4))
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    plan = result.require_plan()
    document, instance = drawable_plan(file, plan)
    assert Fraction(document["cost_exact"]) == result.cost
    assert verify(instance.document(), document).cost == result.cost
    monkeypatch.setattr(columnar_documents, "MAX_LINES", 0)
    with pytest.raises(UsageError, match="the plan has more than 0 lines"):
        drawable_plan(file, plan)


def test_plan_files_are_judged_first(tmp_path: Path) -> None:
    """The document of a file is that of the plan; a plan of another instance is refused."""
    file, plan = saved(tmp_path, tiny(4)), tmp_path / "plan.npz"
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    result.save(plan)
    document, instance = document_of_files(file, plan)
    assert Fraction(document["cost_exact"]) == result.cost
    assert document["proof"] == result.document["proof"]
    assert verify(instance.document(), document).ok
    (tmp_path / "other").mkdir()
    other = saved(tmp_path / "other", tiny(5))
    with pytest.raises(InputError, match="is no plan of this instance"):
        document_of_files(other, plan)
