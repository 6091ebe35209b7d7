"""`explain`: exit codes, the repaired instance, JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.io.load import load
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document, task


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """Return an instance whose task is too large for its pool."""
    file = tmp_path / "crowded.json"
    file.write_text(json.dumps(document(task(gpu=5))))
    return file


def test_why_there_is_no_plan(crowded: Path) -> None:
    """Exit code 4; the conflict and a repair, which is written as an instance that has a plan."""
    repaired = crowded.with_name("repaired.yaml")
    code, out, _ = called("explain", crowded, "-o", repaired, "-t", 20)
    assert code == 4
    assert "infeasible  no plan exists" in out
    assert "What would help" in out
    assert load(repaired) != load(crowded)
    assert called("solve", repaired, "-m", "greedy", "-q")[0] == 0


def test_json(crowded: Path) -> None:
    """Nothing else on standard output."""
    found = json.loads(called("explain", crowded, "--json", "-t", 20)[1])
    assert (found["status"], len(found["conflicts"])) == ("infeasible", 1)


def test_an_instance_with_a_plan(tmp_path: Path) -> None:
    """Exit code 0, and no repaired instance."""
    file, repaired = tmp_path / "good.json", tmp_path / "repaired.yaml"
    file.write_text(json.dumps(document()))
    code, out, _ = called("explain", file, "-o", repaired, "-t", 20)
    assert code == 0
    assert "a plan exists" in out
    assert not repaired.exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-o", "x.txt"), "an instance is written as .yaml, .json, .toml"),
        (("-t", "0"), "time"),
        (("--param", "x"), "write KEY=VALUE"),
    ],
)
def test_what_is_refused(crowded: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str) -> None:
    """In one line, before any work."""
    monkeypatch.chdir(crowded.parent)
    assert text in said("explain", crowded, *words, code=2)
