"""Read parts of documents that nobody has validated; what is malformed is passed over.

The validation judges it, once what people write shorter is rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def listed(value: Any) -> Any:
    """Return a list, an empty one for what is none."""
    return value if isinstance(value, list | tuple) else ()


def entries(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the entries of a list of mappings at their places, an empty one for what is none."""
    return [each if isinstance(each, dict) else {} for each in listed(document.get(key))]


def kinds(pool: Any) -> list[Any]:
    """Return the kinds of nodes of a pool, which may be one or a list."""
    nodes = pool.get("nodes") if isinstance(pool, dict) else None
    return [nodes] if isinstance(nodes, dict) else list(listed(nodes))


def texts(value: object) -> set[str]:
    """Return the texts of a list; nothing of what is none."""
    return {each for each in listed(value) if isinstance(each, str)}


def are_texts(value: object) -> bool:
    """Return True for a list of texts."""
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
