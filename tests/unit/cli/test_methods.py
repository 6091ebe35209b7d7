"""`methods`: each with its kind, purpose, engine and licence."""

from __future__ import annotations

import json

import pytest

from leptonopt.cli import methods
from leptonopt.solvers.registry import TABLE
from tests.helpers.run_cli import called


def test_the_list_for_people() -> None:
    """One line each, and a line for the engine."""
    code, out, _ = called("methods")
    assert code == 0
    assert all(f"\n{name} " in f"\n{out}" for name in ("auto", *TABLE, "scip", "pulp:NAME"))
    assert "ortools" in out


def test_the_list_for_programs() -> None:
    """The same as JSON."""
    found = json.loads(called("methods", "--json")[1])
    assert [line["name"] for line in found] == ["auto", *TABLE, "scip", "pulp:NAME"]
    assert {line["name"]: line["licence"] for line in found}["cpsat"] == "Apache-2.0"


def test_an_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stated, and is no error."""
    assert methods._engine("") == ("", "")
    assert methods._engine("no-such-package") == ("no-such-package, not installed", "")
