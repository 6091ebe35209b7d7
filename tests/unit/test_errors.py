"""The tree of errors: exit codes, places as text, findings."""

from __future__ import annotations

import pytest

from leptonopt import errors
from leptonopt.errors import Alarm, Finding, InstanceError, LeptonoptError, dotted


@pytest.mark.parametrize(
    ("kind", "above", "code"),
    [
        ("UsageError", "LeptonoptError", 2),
        ("Unsupported", "UsageError", 2),
        ("InputError", "LeptonoptError", 3),
        ("InstanceError", "InputError", 3),
        ("NoPlan", "LeptonoptError", 5),
        ("Infeasible", "NoPlan", 4),
        ("OutOfTime", "NoPlan", 5),
        ("EngineError", "LeptonoptError", 5),
        ("Rejected", "LeptonoptError", 6),
        ("Alarm", "LeptonoptError", 7),
    ],
)
def test_the_tree(kind: str, above: str, code: int) -> None:
    """Each error has its parent and its exit code; all are errors of the package."""
    found = getattr(errors, kind)
    assert found.__base__ is getattr(errors, above)
    assert found.exit_code == code
    assert issubclass(found, LeptonoptError)


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("tasks",), "tasks"), (("tasks", 3, "deadline"), "tasks[3].deadline"), ((0, "a"), "[0].a")],
)
def test_paths_as_text(path: errors.Path, text: str) -> None:
    """Indices in brackets, keys after dots."""
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("is missing"), "is missing"),
        (Finding("is missing", ("time",)), "time: is missing"),
        (Finding("is missing", ("time",), 3), "3: time: is missing"),
        (Finding("is missing", (), 3, "a.yaml"), "a.yaml:3: is missing"),
        (Finding("is missing", ("pools", 0), None, "a.yaml"), "a.yaml: pools[0]: is missing"),
    ],
)
def test_findings_as_text(finding: Finding, text: str) -> None:
    """File and line, place, message; what is not known is left out."""
    assert str(finding) == text


def test_an_instance_error_lists_all_findings() -> None:
    """A line each, and the findings themselves."""
    findings = [Finding("one"), Finding("two", ("a",))]
    error = InstanceError(findings)
    assert error.findings == tuple(findings)
    assert str(error) == "one\na: two"


def test_findings_name_their_file() -> None:
    """An error within a file names it in every line that names none."""
    error = InstanceError([Finding("one"), Finding("two", file="b")]).within("a")
    assert str(error) == "a: one\nb: two"


def test_evidence_belongs_to_one_alarm() -> None:
    """Alarms do not share their evidence."""
    first, second = Alarm("one"), Alarm("two")
    first.evidence["a"] = 1
    assert second.evidence == {}


def test_a_similar_name_is_asked_for() -> None:
    """Of several; none where nothing is like it, and none where too many are known."""
    assert errors.did_you_mean("cpsatt", ["highs", "cpsat"]) == "did you mean 'cpsat'?"
    assert errors.did_you_mean("magic", ["highs", "cpsat"]) == ""
    assert errors.did_you_mean("cpsatt", ["cpsat"] * (errors.MAX_COMPARED + 1)) == ""
