"""Lay one document over another: mappings by key, lists of mappings by `id`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merged(below: Any, above: Any) -> Any:
    """Return a document with an overlay laid over it.

    Mappings are merged by key, lists of mappings with an `id` by that, in the order of the document below and then
    of the overlay. Anything else above replaces what is below. A `null` above removes the key.
    """
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        joined = {key: merged(below.get(key), value) for key, value in above.items() if value is not None}
        return {**{key: value for key, value in below.items() if key not in above}, **joined} if above else dict(below)
    if _by_id(above) and (below is None or _by_id(below)):
        mine = {entry["id"]: entry for entry in above}
        kept = [merged(entry, mine.pop(entry["id"], {})) for entry in below or ()]
        return kept + [merged({}, entry) for entry in mine.values()]
    return merged({}, above) if isinstance(above, Mapping) else above


def _by_id(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(e, Mapping) and "id" in e for e in value)
