"""The options of `leptonopt replan`, and its way from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.helpers.run_cli import called, said
from tests.unit.replanning.worlds import DOCUMENT, FOUR, PLAN, RUNNING


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the world and the old plan."""
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(PLAN), encoding="utf-8")
    return tmp_path / "i.yaml", tmp_path / "p.json"


def test_from_files_to_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The new plan passes the checker on the instance that is written beside it."""
    (tmp_path / "s.json").write_text(
        json.dumps({"leptonopt_state": 1, "now": FOUR, "running": RUNNING}), encoding="utf-8"
    )
    new, rest = tmp_path / "new.json", tmp_path / "rest.yaml"
    words = ["--state", tmp_path / "s.json", "-o", new, "--instance", rest, "-t", "10", "--threads", "1"]
    code, out, err = called("replan", *files, *words)
    assert code == 0, err
    assert out.splitlines()[-2] == "0 of 6 tasks change"
    assert called("verify", rest, new)[0] == 0
    code, out, _ = called("replan", rest, new, "--now", "2026-11-30T10:00Z", "-t", "10", "--threads", "1")
    assert code == 0
    assert "0 of 4 tasks change" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--state FILE"),
        (("--now", "noon"), "--now"),
        (("--now", FOUR, "--changes", "-1"), "--changes -1"),
        (("--now", FOUR, "--frozen", "soon"), "--frozen"),
        (("--now", FOUR, "--move-cost", "dear"), "--move-cost dear"),
        (("--now", FOUR, "--front", "--plot", "x.foo"), "x.foo: a plot is written as"),
        (("--now", FOUR, "--plot", "x.png"), "--plot draws the front"),
        (("--now", FOUR, "--front", "-o", "x.json"), "--front prints costs"),
        (("--now", FOUR, "--instance", "x.foo"), "x.foo: an instance is written as"),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    assert message in said("replan", *files, *words, code=2)


def test_what_cannot_stay(files: tuple[Path, Path]) -> None:
    """Where what runs has no room any more, a note says that it may move at a price; with one there is a plan."""
    document = {**DOCUMENT, "pools": [{"id": "own", "capacity": {"gpu": 4}}, DOCUMENT["pools"][1]]}
    files[0].write_text(yaml.safe_dump(document), encoding="utf-8")
    code, _, err = called("replan", *files, "--now", FOUR, "-t", "10", "--threads", "1")
    assert code == 4
    assert "--move-cost" in err
    code, out, err = called("replan", *files, "--now", FOUR, "-t", "10", "--threads", "1", "--move-cost", "2")
    assert code == 0, err
    assert "moved" in out
