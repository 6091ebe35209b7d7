"""The kinds of documents and columnar files."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.runtime.document_kinds import MARKS, document_kind, kind_of_columns, wrong_kind_message


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        *(({key: 1}, kind) for key, kind in MARKS.items()),
        ({"time": 1, "pools": 2, "tasks": 3}, "an instance"),
        ({"leptonopt_plan": 1, "time": 1, "pools": 2, "tasks": 3}, "a plan"),
        ({"time": 1, "pools": 2}, ""),
        ([], ""),
        (None, ""),
    ],
)
def test_documents(document: Any, kind: str) -> None:
    """A mark decides; an instance is known by its three parts."""
    assert document_kind(document) == kind


@pytest.mark.parametrize(
    ("arrays", "kind"),
    [
        (["summary", "head"], "a plan in columns"),
        (["head", "option_ptr"], "an instance in columns"),
        (["head", "price"], "a certificate in columns"),
        (["head"], ""),
        (["price"], ""),
        ([], ""),
    ],
)
def test_columns(arrays: list[str], kind: str) -> None:
    """The names of the arrays decide."""
    assert kind_of_columns(arrays) == kind


@pytest.mark.parametrize(
    ("found", "message"), [("", ""), ("a plan", ""), ("an instance", "is an instance, not a plan")]
)
def test_messages(found: str, message: str) -> None:
    """A kind that is unknown or right gives no message."""
    assert wrong_kind_message(found, "a plan") == message
