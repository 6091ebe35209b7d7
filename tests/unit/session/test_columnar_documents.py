"""Plans in columns as plan documents."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.session import columnar_documents
from leptonopt.session.columnar_documents import drawable_plan
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
