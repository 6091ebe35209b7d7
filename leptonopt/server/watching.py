"""Waking those who watch a job, across threads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator

from leptonopt.server.errors import Refusal

Watcher = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Watchers:
    """Those who wait for news of a job, by its id."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._of: dict[str, set[Watcher]] = defaultdict(set)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._of.values()))

    def require_room(self) -> None:
        """Raise `Refusal` when as many watch as are allowed."""
        if len(self) >= self._most:
            raise Refusal(429, f"{self._most} event streams are open, as many as are allowed", retry_after=5)

    @contextlib.contextmanager
    def watching(self, id: str) -> Iterator[asyncio.Event]:
        """Give an event of the running loop that is set at all news of a job."""
        watcher = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._of[id].add(watcher)
        try:
            yield watcher[1]
        finally:
            with self._lock:
                self._of[id].discard(watcher)
                if not self._of[id]:
                    del self._of[id]

    def wake(self, id: str | None = None) -> None:
        """Wake those who watch a job, or all."""
        with self._lock:
            found = [each for key, those in self._of.items() if id is None or key == id for each in those]
        for loop, event in found:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(event.set)
