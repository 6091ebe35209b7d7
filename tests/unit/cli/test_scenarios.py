"""`leptonopt scenarios` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.io.native import writer
from tests.helpers.run_cli import called, said
from tests.unit.session.test_scenarios import instance

FUTURES = "scenarios: [{id: usual, weight: 0.5}, {id: 'a launch', weight: 0.5, scale: {s: 2}}]\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return an instance and scenarios."""
    (tmp_path / "a.json").write_text(writer.dumped(instance().document(), "json"))
    (tmp_path / "futures.yaml").write_text(FUTURES)
    return tmp_path / "a.json", tmp_path / "futures.yaml"


def test_plans_are_printed_and_written(files: tuple[Path, Path]) -> None:
    """Three are committed: one that serves half of the slots alone costs as much as two on demand."""
    folder = files[0].parent / "plans"
    code, text, _ = called("scenarios", *files, "-t", "20", "-o", folder)
    assert code == 0
    assert text.startswith("optimal  objective ")
    assert "committed in all scenarios: 2 of p p" in text
    assert sorted(path.name for path in folder.iterdir()) == [
        "a-launch.plan.json", "a-launch.yaml", "usual.plan.json", "usual.yaml",
    ]  # fmt: skip
    assert called("verify", folder / "a-launch.yaml", folder / "a-launch.plan.json")[0] == 0
    document = json.loads(called("scenarios", *files, "-t", "20", "--json")[1])
    assert document["status"] == "optimal"
    assert document["objective"] == document["mean"] == document["bound"]


def test_wrong_scenarios_are_one_line(files: tuple[Path, Path]) -> None:
    files[1].write_text(FUTURES.replace("0.5}", "0.4}"))
    assert f"{files[1]}: " in (told := said("scenarios", *files, code=3))
    assert "the weights sum to 0.9; they sum to 1" in told
    files[1].write_text("scenarios: [{id: a b, weight: 0.5}, {id: a-b, weight: 0.5}]")
    assert "ids of scenarios that differ" in said("scenarios", *files, "-o", files[0].parent / "new", code=2)
    assert "is no folder" in said("scenarios", *files, "-o", files[0], code=2)
