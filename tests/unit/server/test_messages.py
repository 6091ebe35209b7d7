"""Messages: strict, and questions of each kind."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leptonopt.decisions.questions import CostOf, WhatIf, WhyNot
from leptonopt.server.messages import JobState, QuestionRequest


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ({"kind": "whatif", "set": ["a=1"]}, WhatIf([], ["a=1"], [], [])),
        ({"kind": "why-not", "task": "x", "pool": "p"}, WhyNot("x", "p")),
        ({"kind": "cost-of", "subject": "x"}, CostOf("x")),
    ],
)
def test_questions(question: dict[str, object], expected: object) -> None:
    """Each kind is a question of the library."""
    assert QuestionRequest.model_validate({"question": question}).question.question() == expected


@pytest.mark.parametrize("question", [{"kind": "why"}, {"kind": "whatif", "sets": []}, {"kind": "why-not"}])
def test_wrong_questions(question: dict[str, object]) -> None:
    """Unknown kinds and keys are refused."""
    with pytest.raises(ValidationError):
        QuestionRequest.model_validate({"question": question})


def test_states() -> None:
    """Two of six are not final."""
    assert [state for state in JobState if not state.final] == [JobState.QUEUED, JobState.RUNNING]
