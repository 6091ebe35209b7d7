"""Tell what a document or a file of columns is, so that one given in place of another is named in one line."""

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
    """Return what a document is by its keys, such as `a plan`; empty where they do not tell."""
    if not isinstance(document, Mapping):
        return ""
    marks = [name for key, name in MARKS.items() if key in document]
    return marks[0] if marks else "an instance" if {"time", "pools", "tasks"} <= document.keys() else ""


def kind_of_columns(arrays: Collection[str]) -> str:
    """Return what a file of columns is by the names of its arrays; empty where they do not tell."""
    if "summary" in arrays:
        return "a plan in columns"
    if "head" not in arrays:
        return ""
    return (
        "an instance in columns" if "option_ptr" in arrays else "a certificate in columns" if "price" in arrays else ""
    )


def wrong_kind_message(found: str, wanted: str) -> str:
    """Say that one thing was given where another is wanted; empty where it may be what is wanted."""
    return f"is {found}, not {wanted}" if found not in ("", wanted) else ""
