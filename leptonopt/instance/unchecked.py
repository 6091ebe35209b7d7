"""Read parts of documents that nobody has validated; what is malformed is passed over.

The validation judges it, once what people write shorter is rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def entries(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the entries of a list of mappings at their places, an empty one for what is none."""
    found = document.get(key)
    return [each if isinstance(each, dict) else {} for each in found] if isinstance(found, list | tuple) else []


def kinds(pool: Any) -> list[Any]:
    """Return the kinds of nodes of a pool, which may be one or a list."""
    nodes = pool.get("nodes") if isinstance(pool, dict) else None
    return [nodes] if isinstance(nodes, dict) else list(nodes) if isinstance(nodes, list | tuple) else []


def texts(value: object) -> set[str]:
    """Return the texts of a list; nothing of what is none."""
    return {each for each in value if isinstance(each, str)} if isinstance(value, list | tuple) else set()
