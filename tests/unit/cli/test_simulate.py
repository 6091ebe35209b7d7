"""`leptonopt simulate` and `leptonopt eta` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from leptonopt.io.native import writer
from tests.helpers.run_cli import called, said
from tests.unit.simulation.worlds import day


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the instance and a noise."""
    (tmp_path / "day.json").write_text(writer.dumped(day().document(), "json"), encoding="utf-8")
    (tmp_path / "noise.yaml").write_text(yaml.safe_dump({"duration": {"sigma": 0.3}}), encoding="utf-8")
    return tmp_path / "day.json", tmp_path / "noise.yaml"


def test_simulate(files: tuple[Path, Path]) -> None:
    """A line for each policy; as JSON, every world in fractions."""
    words = [
        "simulate",
        files[0],
        "--policy",
        "once,greedy",
        "--every",
        "4h",
        "--seeds",
        "2",
        "--noise",
        files[1],
        "-t",
        "2",
    ]
    code, out, err = called(*words)
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines()] == ["policy", "once", "greedy"]
    code, out, _ = called(*words, "--json")
    worlds = json.loads(out)["worlds"]
    assert [(each["policy"], each["seed"]) for each in worlds] == [
        ("once", 0),
        ("greedy", 0),
        ("once", 1),
        ("greedy", 1),
    ]


def test_eta(files: tuple[Path, Path]) -> None:
    """Start and end of every copy, by median start."""
    words = ["--policy", "once", "--method", "greedy", "--seeds", "3", "--noise", files[1], "-t", "20"]
    code, out, err = called("eta", files[0], *words)
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0].split()[0] == "task"
    assert {line.split()[0] for line in lines[1:]} >= {"job0", "job1", "job2", "sweep", "last"}
    assert all(line.endswith(" 3") for line in lines[1:-1])
    assert lines[-1].endswith("(UTC) in 10, 50 and 90 % of the worlds in which it ran, of 3")
    code, out, err = called("eta", files[0], "--policy", "once", "--seeds", "9", "-t", "2", "--json")
    assert json.loads(out)["worlds"] == 1
    assert "without --noise" in err


def test_wrong_calls(files: tuple[Path, Path]) -> None:
    """Names, numbers and durations that are none: one line each."""
    assert "--seeds 0; at least 1" in said("simulate", files[0], "--seeds", "0", code=2)
    assert "soon" in said("simulate", files[0], "--every", "soon", code=2)
    assert "--miss" in said("simulate", files[0], "--miss", "much", code=2)
    assert "bold" in said("simulate", files[0], "--policy", "bold", code=2)
