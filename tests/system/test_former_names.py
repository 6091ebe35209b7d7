"""Methods by their former names: accepted wherever a method is given, with a note that states the present name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import leptonopt
from leptonopt.experiments.results import LINES, Results
from tests.helpers.run_cli import called

EDGE = Path(__file__).resolve().parents[2] / "instances" / "edge.yaml"
NOTE = "method cheapest-first is now called cheapest-option"


def test_compare_and_results_accept_former_names(tmp_path: Path) -> None:
    """Kept lines with former names count for the present one, and their runs are not repeated."""
    folder = tmp_path / "out"
    words = ("compare", EDGE, "-m", "greedy,cheapest-first", "-o", folder, "-t", 5, "-q")
    code, out, err = called(*words)
    assert (code, err) == (0, f"note: {NOTE}\n")
    assert "cheapest-option" in out
    file = folder / LINES
    kept = file.read_text().replace('"method":"cheapest-option"', '"method":"cheapest-first"')
    assert "cheapest-first" in kept
    file.write_text(kept)
    assert set(Results.of(folder).methods) == {"greedy", "cheapest-option"}
    assert called("compare", EDGE, "-m", "greedy,cheapest-option", "-o", folder, "-t", 5, "-q")[0] == 0
    assert file.read_text() == kept
    code, out, err = called("results", "table", folder, "-m", "cheapest-first")
    assert (code, err) == (0, f"note: {NOTE}\n")
    assert "cheapest-option" in out
    code, out, err = called("results", "pairs", folder, "--against", "cheapest-first")
    assert (code, err) == (0, f"note: {NOTE}\n")


def test_compare_in_python_warns(tmp_path: Path) -> None:
    """A former name gives a warning, and results under the present name."""
    with pytest.warns(DeprecationWarning, match=NOTE):
        found = leptonopt.compare([EDGE], ["cheapest-first"], output=tmp_path / "out", time_limit=5)
    assert found.methods == ["cheapest-option"]


def test_a_plan_that_names_a_former_method_is_verified(tmp_path: Path) -> None:
    """The checker accepts plan files of older versions."""
    plan = tmp_path / "plan.json"
    assert called("solve", EDGE, "-m", "cheapest-first", "-o", plan, "-q")[0] == 0
    document = json.loads(plan.read_text().replace("cheapest-option", "cheapest-first"))
    plan.write_text(json.dumps(document))
    assert called("verify", EDGE, plan)[0] == 0
