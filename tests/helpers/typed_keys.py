"""The keys of typed dicts."""

from __future__ import annotations

from typing import Any, NotRequired, get_origin, get_type_hints


def required(typed: Any) -> set[str]:
    """Return the keys that a typed dict must have; `__required_keys__` does not see through annotations as text."""
    hints = get_type_hints(typed, include_extras=True)
    return {key for key, kind in hints.items() if get_origin(kind) is not NotRequired}
