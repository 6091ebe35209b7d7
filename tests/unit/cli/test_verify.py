"""`verify`: verdicts on files, certificates, and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leptonopt.cli.verify import main
from leptonopt.errors import InputError, UsageError
from tests.helpers.run_cli import called
from tests.helpers.tiny_instances import document, pool


@pytest.fixture
def solved(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return an instance, its plan and the certificate."""
    file, plan = tmp_path / "week.json", tmp_path / "plan.json"
    file.write_text(json.dumps(document()))
    assert called("solve", file, "-m", "greedy", "-o", plan, "--certify", "-q", "-t", 20)[0] == 0
    return file, plan, tmp_path / "plan.certificate.json"


def test_a_plan_that_keeps_every_rule(solved: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """With its exact cost; the certificate proves a bound."""
    file, plan, certificate = map(str, solved)
    assert main([file, plan]) == 0
    assert capsys.readouterr().out == "the plan keeps every rule; its cost is 2 exactly\n"
    assert main([file, plan, "--certificate", certificate]) == 0
    assert "certificate: no plan costs less than 2" in capsys.readouterr().out


def test_violations_are_lines(solved: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The rule, the place and the amount; exit code 6; the same as JSON."""
    file, plan, _ = solved
    changed = json.loads(plan.read_text())
    changed["tasks"][0]["start"] = "2026-01-05T02:00:00Z"
    plan.write_text(json.dumps(changed))
    assert main([str(file), str(plan)]) == 6
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(lines) - 1} violation{'s' if len(lines) > 2 else ''}"
    assert main([str(file), str(plan), "--json"]) == 6
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], len(found["violations"])) == (False, len(lines) - 1)
    assert found["violations"][0].keys() == {"rule", "witness", "amount", "message"}


def test_plans_of_other_instances(solved: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Refused unless they are asked to be checked by these rules."""
    file, plan, _ = solved
    file.write_text(json.dumps(document(pools=[pool(labels=["new"])])))
    assert main([str(file), str(plan)]) == 6
    assert main([str(file), str(plan), "--any-instance"]) == 0


def test_files_that_cannot_be_checked(solved: tuple[Path, Path, Path]) -> None:
    """Neither an instance nor a plan."""
    file, plan, _ = solved
    with pytest.raises(InputError, match="is an instance, not a plan"):
        main([str(file), str(file)])
    with pytest.raises(InputError, match="not an instance"):
        main([str(plan), str(plan)])


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b", "--magic"], ["a.npz", "b", "--param", "x=1"]])
def test_wrong_words(words: list[str]) -> None:
    """One line that names the help."""
    with pytest.raises(UsageError):
        main(words)
