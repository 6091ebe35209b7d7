"""`leptonopt front`: table, JSON, picture, plans, and wrong calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.run_cli import called, said
from tests.unit.decisions.test_front import dirty_or_clean

FAST = ("-t", "20", "--threads", "1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write an instance."""
    (tmp_path / "i.yaml").write_text(json.dumps(dirty_or_clean()), encoding="utf-8")
    return tmp_path / "i.yaml"


def test_front(file: Path, tmp_path: Path) -> None:
    """A line for each point; the plans are those of the table, and the JSON is exact."""
    words = ("--over", "cost,carbon", "--points", "3", "--plot", tmp_path / "f.png", "-o", tmp_path)
    code, out, _ = called("front", file, *words, *FAST)
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines()[1:-1]] == ["*", "*", "*"]
    assert (tmp_path / "f.png").stat().st_size > 1000
    assert [json.loads(path.read_text(encoding="utf-8"))["cost"] for path in sorted(tmp_path.glob("plan-*"))][-1] == 7
    code, out, _ = called("front", file, "--over", "cost,carbon", "--points", "2", "--json", *FAST)
    assert [each["cost"] for each in json.loads(out)["points"]] == ["21", "7"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--over", "carbon"), "write cost,WHAT"),
        (("--over", "cost,beauty"), "known are carbon"),
        (("--over", "cost,changes"), "--plan"),
        (("--over", "cost,carbon", "--plot", "f.txt"), "choose one of these endings"),
        (("--over", "cost,carbon", "-o", "nowhere"), "no such folder"),
    ],
)
def test_wrong_calls(file: Path, words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    assert message in said("front", file, *words, code=2)
