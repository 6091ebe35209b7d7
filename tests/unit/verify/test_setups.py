"""The checker's own reading of setups."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.instance.notation import plain
from leptonopt.verify.exact import Malformed
from leptonopt.verify.setups import without_setups
from tests.unit.instance.test_setups import stated


def by_name(document: Any) -> Any:
    """Return pools, tasks and quotas without the order of keys."""
    tasks = [{key: value for key, value in task.items() if value} for task in document["tasks"]]
    return document["pools"], tasks, document["quotas"]


def test_both_readings_agree() -> None:
    """Kinds, names of resources, work and the limit are those that the solver reads."""
    document = stated({"setup": "y", "work": {"hours": 1, "profile": "f"}}, pool={"power": {"gpu": 1}})
    assert by_name(without_setups(document)) == by_name(plain(document).document)
    assert without_setups(plain(document).document) == plain(document).document


def test_setups_beside_another_kind() -> None:
    document = stated()
    document["pools"][0]["nodes"] = [document["pools"][0]["nodes"], {"size": {"gpu": 1}, "count": 1}]
    with pytest.raises(Malformed, match="setups beside other kinds"):
        without_setups(document)
