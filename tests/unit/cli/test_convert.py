"""`convert`: native formats, models, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.io.load import load
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """Return a small instance as JSON."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(document()))
    return file


@pytest.mark.parametrize("name", ["out.yaml", "out.yml", "out.toml", "out.JSON"])
def test_native_formats(week: Path, name: str) -> None:
    """The ending states the format; the instance is the same."""
    assert called("convert", week, "-o", week.with_name(name))[0] == 0
    assert load(week.with_name(name)) == load(week)


def test_a_model_on_standard_output(week: Path) -> None:
    """`--to` where no ending states the format."""
    code, out, _ = called("convert", week, "--to", "lp", "-o", "-")
    assert code == 0
    assert out.startswith("\\ objective: ")
    assert "\nMinimize\n" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-o", "out"), "no ending tells the format; say --to NAME"),
        (("-o", "out.xml"), "'xml' is no format to write; allowed are yaml, json, toml, mps, lp, dat"),
        (("-o", "out.json", "--to", "gams"), "'gams' is no format to write"),
        (("-o", "no/out.json"), "there is no folder"),
    ],
)
def test_what_is_refused(week: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str) -> None:
    """Before anything is read."""
    monkeypatch.chdir(week.parent)
    assert text in said("convert", week, *words, code=2)
    assert "is written over" in said("convert", week, "-o", week, code=2)
