"""`solve`: where files go, what is refused before work, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leptonopt.cli import solve as command
from leptonopt.cli.solve import SolveOptions
from leptonopt.errors import UsageError
from tests.helpers import plans
from tests.helpers.run_cli import called, said
from tests.helpers.tiny_instances import document


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """Return a small instance."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(document()))
    return file


@pytest.mark.parametrize(
    ("given", "certificate"),
    [
        (SolveOptions(Path("w.yaml")), None),
        (SolveOptions(Path("w.yaml"), certify=True, output=Path("p.json")), "p.certificate.json"),
        (SolveOptions(Path("w.yaml"), certify=True, output=Path("p.txt")), "p.txt.certificate.json"),
        (SolveOptions(Path("w.npz"), certify=True, output=Path("p.csv")), "p.certificate.npz"),
    ],
)
def test_the_certificate_lies_beside_the_plan(given: SolveOptions, certificate: str | None) -> None:
    """In the notation of the instance."""
    assert (None if given.certificate is None else str(given.certificate)) == certificate


@pytest.mark.parametrize("output", [None, Path("-")])
def test_a_certificate_needs_a_plan_file(output: Path | None) -> None:
    """Standard output has no place beside it."""
    with pytest.raises(UsageError, match="--certify writes the certificate beside the plan"):
        _ = SolveOptions(Path("w.yaml"), certify=True, output=output).certificate


def test_the_notation_of_the_instance() -> None:
    """Columns by their name, unless a format is given."""
    assert SolveOptions(Path("w.npz")).columnar
    assert not SolveOptions(Path("w.npz"), format="gap").columnar
    assert SolveOptions(Path("w"), output=Path("-")).plan_to_stdout


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("-o", "week.json"), "is written over"),
        (("-o", "a", "--log-file", "a"), "is written over"),
        (("--plot", "a.jpg"), ".png, .svg, .pdf"),
        (("--write-model", "a.txt"), "a model is written as .mps, .lp, .dat"),
        (("-o", "no/a"), "there is no folder"),
        (("-o", "plan.xyz"), "a plan is written as .json"),
        (("-m", "magic"), "no method 'magic'"),
        (("-t", "-1"), "time limit"),
    ],
)
def test_what_is_refused_before_work(
    week: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], text: str
) -> None:
    """In one line, and nothing is written."""
    monkeypatch.chdir(week.parent)
    assert text in said("solve", week, *words, code=2)
    assert [each.name for each in week.parent.iterdir()] == ["week.json"]


def test_all_files_are_written(week: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan, certificate, log and model."""
    monkeypatch.chdir(week.parent)
    words = (
        "-m",
        "greedy",
        "-o",
        "plan.json",
        "--certify",
        "--log-file",
        "log",
        "--write-model",
        "m.lp",
        "-q",
        "-t",
        20,
    )
    code, out, _ = called("solve", week, *words)
    assert code == 0
    assert len(out.splitlines()) == 1
    assert {each.name for each in week.parent.iterdir()} == {
        "week.json",
        "plan.json",
        "plan.certificate.json",
        "log",
        "m.lp",
    }


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (plans.result(plans.plan(plans.task("x", "a", 0, 1))), 0),
        (plans.result(plans.plan(plans.task("x", "a", 0, 1)), signal=2), 130),
        (plans.result(plans.none("infeasible", "x")), 4),
        (plans.result(plans.none("unknown")), 5),
    ],
)
def test_exit_codes(result: Any, code: int) -> None:
    """A plan, a signal, no plan exists, none was found."""
    assert command._exit_code(result) == code
