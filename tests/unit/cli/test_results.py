"""`results`: choosing runs, kinds of tables, figures and the page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document, task


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a comparison of two methods on two instances."""
    made = tmp_path_factory.mktemp("compared")
    for at in range(2):
        (made / f"i{at}.json").write_text(json.dumps(document(task(), task("u", gpu=1 + at), name=f"i{at}")))
    words = (
        "compare",
        made / "i0.json",
        made / "i1.json",
        "-m",
        "greedy,cheapest-option",
        "-o",
        made / "out",
        "-t",
        20,
        "-q",
    )
    assert called(*words)[0] == 0
    return made / "out"


@pytest.mark.parametrize(("kind", "begins"), [("markdown", "|"), ("csv", "method,"), ("latex", "%")])
def test_kinds_of_tables(folder: Path, tmp_path: Path, kind: str, begins: str) -> None:
    """On standard output or in a file."""
    code, out, _ = called("results", "table", folder, "--as", kind)
    assert code == 0
    assert out.lstrip().startswith(begins)
    assert called("results", "table", folder, "--as", kind, "-o", tmp_path / "t")[0] == 0
    assert (tmp_path / "t").read_text() == out


def test_only_some_runs(folder: Path) -> None:
    """By method, instance and limit; former names of methods count."""
    _, out, _ = called(
        "results", "table", folder, "-m", "cheapest-first", "--instance", "i1", "--limit", 20, "--as", "csv"
    )
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ["cheapest-option"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-m", "lns"), "there are no runs with the method 'lns'; there are some with cheapest-option, greedy"),
        (("--instance", "i9"), "there are no runs with the instance 'i9'; there are some with i0, i1"),
        (("--limit", "9"), "there are no runs with the limit '9'; there are some with 20"),
        (("--as", "xml"), "xml"),
    ],
)
def test_choices_that_leave_nothing(folder: Path, words: tuple[str, ...], text: str) -> None:
    """The line lists what there is."""
    assert text in said("results", "table", folder, *words, code=2)


def test_pairs_of_methods(folder: Path) -> None:
    """One method against the others."""
    code, out, _ = called("results", "pairs", folder, "--against", "greedy", "--as", "csv")
    assert code == 0
    assert "cheapest-option" in out


@pytest.mark.parametrize("what", ["times", "incumbents"])
def test_figures(folder: Path, tmp_path: Path, what: str) -> None:
    """Written by the ending."""
    assert called("results", what, folder, "-o", tmp_path / "a.svg")[0] == 0
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    assert ".png, .svg, .pdf" in said("results", what, folder, "-o", tmp_path / "a.jpg", code=2)
