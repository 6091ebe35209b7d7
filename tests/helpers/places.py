"""The places of documents, and other values at them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Place = tuple[Any, ...]


def places(value: Any, at: Place = ()) -> list[Place]:
    """Return every place in a document; of a list the first entry alone."""
    below = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    return [at, *(place for key, child in below for place in places(child, (*at, key)))]


def put(document: Any, at: Place, value: Any) -> Any:
    """Return the document with another value at a place."""
    if not at:
        return value
    found = deepcopy(document)
    inside = found
    for step in at[:-1]:
        inside = inside[step]
    inside[at[-1]] = value
    return found
