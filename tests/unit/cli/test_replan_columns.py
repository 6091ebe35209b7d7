"""`leptonopt replan` of columns, from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.columnar_files import as_csv, saved, tiny
from tests.helpers.run_cli import called, said

NOW = "2026-01-05T02:00Z"
QUICK = ("-t", "10", "--threads", "1")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write columns and their best plan."""
    plan = tmp_path / "plan.npz"
    assert called("solve", saved(tmp_path, tiny(5)), "-o", plan, "-q", *QUICK)[0] == 0
    return tmp_path / "jobs.npz", plan


def test_from_files_to_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Nothing changes without need; the new plan passes the checker on the instance beside it, and is replanned."""
    new, rest = tmp_path / "new.npz", tmp_path / "rest.npz"
    code, out, err = called("replan", *files, "--now", NOW, "-o", new, "--instance", rest, *QUICK)
    assert code == 0, err
    assert ", 0 change" in out.splitlines()[-2]
    assert out.splitlines()[-1].startswith("optimal: ")
    assert called("verify", rest, new)[0] == 0
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"now": "2026-01-05T03:00Z", "fixed": ["0"]}), encoding="utf-8")
    code, out, err = called("replan", rest, new, "--state", state, *QUICK)
    assert code in (0, 4), err


def test_a_folder_of_tables(tmp_path: Path) -> None:
    """CSV is taken as well, and a plan in CSV."""
    folder = as_csv(tmp_path, tiny(5))
    assert called("solve", folder, "-o", tmp_path / "plan.csv", "-q", *QUICK)[0] == 0
    code, out, err = called("replan", folder, tmp_path / "plan.csv", "--now", NOW, "-o", tmp_path / "new.csv", *QUICK)
    assert (code, ", 0 change" in out) == (0, True), err
    assert (tmp_path / "new.json").is_file()


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        ((), "--state FILE", 2),
        (("--now", "noon"), "--now: now", 3),
        (("--now", NOW, "--changes", "2"), "--changes: not for columns", 2),
        (("--now", NOW, "--front"), "--front: not for columns", 2),
        (("--now", NOW, "--move-cost", "1"), "--move-cost: not for columns", 2),
        (("--now", NOW, "-o", "new.json"), "written as .npz, .csv", 2),
        (("--now", NOW, "--instance", "rest.yaml"), "written as .npz", 2),
        (("--now", "2026-01-06T02:00Z"), "nothing is left of the horizon", 2),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], message: str, code: int) -> None:
    """One line, before any work."""
    assert message in said("replan", *files, *words, code=code)


def test_a_file_that_is_no_plan(files: tuple[Path, Path]) -> None:
    """One line."""
    assert "is not a plan in columns" in said("replan", files[0], files[0], "--now", NOW, code=3)
