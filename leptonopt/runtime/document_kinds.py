"""Recognise the kind of a document or of a columnar file, to name one given in place of another.

The checker recognises columnar files itself: it shares no code with the rest of the package.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

MARKS = {
    "leptonopt_plan": "a plan",
    "leptonopt_plan_columns": "the summary of a plan in columns",
    "leptonopt_certificate": "a certificate",
    "leptonopt_certificate_columns": "the head of a certificate in columns",
    "leptonopt_explanation": "an explanation",
    "leptonopt_alarm": "the evidence of an alarm",
    "columns": "the head of an instance in columns",
}


def document_kind(document: Any) -> str:
    """Return the kind of a document by its keys, such as `a plan`; empty where they do not tell."""
    if not isinstance(document, Mapping):
        return ""
    marks = [name for key, name in MARKS.items() if key in document]
    return marks[0] if marks else "an instance" if {"time", "pools", "tasks"} <= document.keys() else ""


def kind_of_columns(arrays: Collection[str]) -> str:
    """Return the kind of a columnar file by the names of its arrays; empty where they do not tell."""
    if "summary" in arrays:
        return "a plan in columns"
    if "head" not in arrays:
        return ""
    return (
        "an instance in columns" if "option_ptr" in arrays else "a certificate in columns" if "price" in arrays else ""
    )


def wrong_kind_message(found: str, wanted: str) -> str:
    """Return the message that one kind was given in place of another; empty where the kind may be right."""
    return f"is {found}, not {wanted}" if found not in ("", wanted) else ""
