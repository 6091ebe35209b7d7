"""Recognise the kind of a columnar file, to name one given in place of another."""

from __future__ import annotations

from collections.abc import Collection


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
