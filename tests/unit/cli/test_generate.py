"""`generate`: families, files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.experiments.generators import FAMILIES
from leptonopt.io.load import load
from tests.helpers.run_cli import called, said


@pytest.mark.parametrize("words", [(), ("--list",), ("gaia", "--list")])
def test_families_are_listed(words: tuple[str, ...]) -> None:
    """A line for each."""
    code, out, _ = called("generate", *words)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(FAMILIES)


@pytest.mark.parametrize("name", ["jobs.yaml", "jobs.yml", "jobs.json"])
def test_an_instance_of_a_family(tmp_path: Path, name: str) -> None:
    """The ending states the format; the same call writes the same bytes."""
    for _ in range(2):
        assert called("generate", "gaia", "-o", tmp_path / name, "--tasks", 10, "--seed", 3)[0] == 0
    assert sum(task.copies for task in load(tmp_path / name).tasks) == 10
    code, out, _ = called("generate", "gaia", "-o", "-", "--tasks", 10, "--seed", 3)
    assert code == 0
    if name != "jobs.json":
        assert out == (tmp_path / name).read_text()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-o", "x.yaml"), "-o needs a family to write"),
        (("gaia",), "say where to write the instance, with -o FILE; - is standard output"),
        (("gaia", "-o", "x.toml"), "a generated instance is written as"),
        (("gaia", "-o", "x.yaml", "--tasks", "9"), "10"),
        (("magic", "-o", "x.yaml"), "magic"),
    ],
)
def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str) -> None:
    """In one line, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert text in said("generate", *words, code=2)
    assert list(tmp_path.iterdir()) == []
