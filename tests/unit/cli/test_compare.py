"""`compare`: options that reach the campaign, and lines of progress."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leptonopt.cli.compare import _progress
from leptonopt.experiments.campaign import Step
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """Return a small instance."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(document()))
    return file


def test_a_table_of_both_methods(week: Path) -> None:
    """Former names are present ones; a second call has nothing left to do."""
    words = ("compare", week, "-m", "greedy, cheapest-first", "-o", week.with_name("out"), "-t", 20, "--jobs", 1)
    code, out, err = called(*words)
    assert code == 0
    assert "greedy" in out
    assert "cheapest-option" in out
    assert "2 of 2 runs" in err
    assert "is now called cheapest-option" in err
    lines = week.with_name("out").joinpath("runs.jsonl").read_text()
    assert called(*words, "--quiet")[0] == 0
    assert week.with_name("out").joinpath("runs.jsonl").read_text() == lines


@pytest.mark.parametrize(
    ("words", "text"),
    [(("-m", "magic"), "magic"), (("--seeds", "0"), "at least one seed"), (("--cluster", "host"), "Dask")],
)
def test_what_is_refused(week: Path, words: tuple[str, ...], text: str) -> None:
    """In one line."""
    assert text in said("compare", week, "-o", week.with_name("out"), *words, code=2)


def test_lines_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs done, time to go, and the last run."""
    line: dict[str, Any] = {"instance": {"name": "w"}, "method": "m", "status": "optimal", "cost": "5/2"}
    show = _progress()
    for step in (Step(0, 3, None, None), Step(1, 3, 61.0, line), Step(2, 3, 1.0, {**line, "error": "lost\n"})):
        show(step)
    first, second, third = capsys.readouterr().err.splitlines()
    assert first == "0 of 3 runs"
    assert second.startswith("1 of 3 runs, about ")
    assert second.endswith(": w by m: optimal 2.50")
    assert third.endswith(": w by m: lost\\n")
