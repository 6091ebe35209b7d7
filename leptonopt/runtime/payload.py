"""Send large data to workers once, and keep it there by a token.

A call of neighbourhood search carries the schedule, the groups to free, a seed, an effort, and the token of its
payload: the problem and the prices that guide the search. A worker keeps its last payloads. A worker that does not
know a token answers None and gets the payload with the next try. So any worker can take any call, and new workers can
join.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEPT = 4  # payloads that a process keeps

_known: dict[str, Any] = {}  # opened payloads by token; a cache that any call can do without


@dataclass(frozen=True)
class CachedPayload:
    """Data that every call of a kind needs and that is sent once to each worker.

    `content` is None where the worker knows the token.
    """

    token: str
    content: bytes | None

    @classmethod
    def of(cls, thing: Any) -> CachedPayload:
        """Return the packed data; equal data have equal tokens."""
        content = pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL)
        return cls(hashlib.sha256(content).hexdigest(), content)

    def bare(self) -> CachedPayload:
        """Return the token without the content."""
        return CachedPayload(self.token, None)

    def opened(self, make: Callable[[Any], Any]) -> Any:
        """Return what `make` returned for the content, now or at an earlier call; None for an unknown token."""
        if self.content is not None and self.token not in _known:
            _known[self.token] = make(pickle.loads(self.content))
            for token in list(_known)[:-KEPT]:
                _known.pop(token, None)
        return _known.get(self.token)
