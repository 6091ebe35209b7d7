"""`leptonopt diff`: the report, its JSON, and wrong calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import plans
from tests.helpers.columnar_files import saved, tiny
from tests.helpers.run_cli import called, said


def written(path: Path, **more: Any) -> Path:
    """Write a plan of one task and return its file."""
    document = plans.plan(plans.task("train", **{"pool": "a", "start": 0, "hours": 2, "cost": 8} | more))
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write two plans; the task has moved in the second."""
    return written(tmp_path / "old.json"), written(tmp_path / "new.json", pool="b", cost=5)


def test_the_report(files: tuple[Path, Path]) -> None:
    """The exit code is 0 whether plans differ or not; the last line has the counts."""
    code, out, _ = called("diff", *files)
    assert code == 0
    assert out.splitlines()[-1] == "1 moved, 0 kept; cost 8 -> 5 USD (-3)"
    assert called("diff", files[0], files[0])[0] == 0


def test_json(files: tuple[Path, Path]) -> None:
    """Nothing else is on standard output."""
    found = json.loads(called("diff", *files, "--json")[1])
    assert found["leptonopt_diff"] == 1
    assert found["tasks"]["moved"] == 1


def test_plans_of_two_instances(tmp_path: Path, files: tuple[Path, Path]) -> None:
    """A note says so."""
    other = json.loads(files[0].read_text(encoding="utf-8"))
    other["instance"]["sha256"] = "1" * 64
    (tmp_path / "other.json").write_text(json.dumps(other), encoding="utf-8")
    assert "different instances" in called("diff", files[0], tmp_path / "other.json")[2]


def test_wrong_calls(tmp_path: Path, files: tuple[Path, Path]) -> None:
    """A missing plan and a missing file are one line."""
    assert "missing argument" in said("diff", files[0], code=2)
    said("diff", files[0], tmp_path / "none.json", code=3)


def test_plans_in_columns(tmp_path: Path, files: tuple[Path, Path]) -> None:
    """Changes are counted, and listed with the instance; a tree is no plan of columns."""
    file, plan, greedy = saved(tmp_path, tiny(4)), tmp_path / "plan.npz", tmp_path / "greedy.npz"
    assert called("solve", file, "-o", plan, "-m", "greedy", "-t", 20, "-q")[0] == 0
    assert called("solve", file, "-o", greedy, "-m", "least-loaded", "-t", 20, "-q")[0] == 0
    counted = called("diff", plan, greedy)[1].splitlines()[-1]
    assert " kept; cost " in counted
    assert called("diff", plan, greedy, "--instance", file)[1].splitlines()[-1] == counted
    assert "compare two of a kind" in said("diff", plan, files[0], code=2)
    assert "--instance is for plans in columns" in said("diff", *files, "--instance", file, code=2)
