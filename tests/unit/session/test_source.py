"""An instance in a tree as a source of the session."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.problem.schedule import Schedule
from leptonopt.session.columnar_source import ColumnarSource
from leptonopt.session.source import TreeSource, open_source
from tests.helpers.columnar_files import saved, tiny
from tests.helpers.plans import outcome
from tests.helpers.tiny_instances import document, instance, task


def source(stated: dict[str, object] | None = None) -> TreeSource:
    """Return the source of a document."""
    made = open_source(stated or document())()
    assert isinstance(made, TreeSource)
    return made


def test_sources_by_their_notation(tmp_path: Path) -> None:
    """Documents, objects, files and columns."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(document()))
    for given in (document(), instance(), file, str(file)):
        assert isinstance(open_source(given)(), TreeSource)
    assert isinstance(open_source(saved(tmp_path, tiny(3)))(), ColumnarSource)


def test_what_the_session_reads() -> None:
    """Problem, unit, reasons, and the document for an alarm."""
    made = source()
    assert (made.loss, made.impossible, made.evidence) == (0, (), document())
    assert int(made.problem.start_costs(0)[0]) * made.unit == 2
    assert source(document(task(gpu=5))).impossible


def test_the_answer_is_checked() -> None:
    """The plan document with its verdict; without a schedule there is no plan."""
    made = source()
    found, plan, verdict = made.answer(outcome(made.compiled), Schedule.of([0], [0]))
    assert (found["cost"], verdict.ok, verdict.cost) == (2, True, 2)
    assert plan is not None
    nothing = made.answer(outcome(made.compiled, "unknown"), None)
    assert (nothing[0]["cost"], nothing[1]) == (None, None)


def test_warm_starts_are_schedules() -> None:
    """Of a plan document; others are refused."""
    made = source()
    plan, _, _ = made.answer(outcome(made.compiled), Schedule.of([0], [1]))
    assert list(made.schedule_of(plan)) == [(0, 1, 1)]
    with pytest.raises(UsageError):
        made.schedule_of(document())


def test_certificates_and_questions() -> None:
    """A certificate within the time; the question for the second model; tasks without a common rule are uncoupled."""
    made = source()
    certificate = made.certificate(5.0, None, None)
    assert certificate is not None
    assert Fraction(certificate["bound"]) == 2
    assert made.question(Fraction(2), Schedule.of([0], [0])) is not None
    assert made.uncoupled()
    assert made.certificate_of_none() is None
    assert source(document(task(gpu=5))).certificate_of_none() is not None
