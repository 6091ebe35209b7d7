"""Errors in one form."""

from __future__ import annotations

from leptonopt.errors import Finding, InstanceError, UsageError
from leptonopt.server.errors import Refusal, message_of, response_of


def test_messages() -> None:
    """Findings keep their places, other errors their class; what is unexpected is called a fault."""
    found = message_of(InstanceError([Finding("is wrong", ("tasks", 3, "deadline"), 7)]))
    assert (found.error, found.findings[0].path, found.findings[0].line) == ("InstanceError", "tasks[3].deadline", 7)
    assert message_of(UsageError("no")).model_dump() == {"error": "UsageError", "message": "no", "findings": []}
    assert "a fault of leptonopt" in message_of(KeyError("x")).message


def test_responses() -> None:
    """The code, its name, and when to try again."""
    response = response_of(Refusal(429, "full", retry_after=3))
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
    assert b'"Busy"' in bytes(response.body)
