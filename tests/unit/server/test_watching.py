"""Waking across threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from leptonopt.server.errors import Refusal
from leptonopt.server.watching import Watchers


def test_wake() -> None:
    """Those who watch a job are woken from another thread, others are not; too many are refused."""

    async def watch() -> None:
        watchers = Watchers(2)
        with watchers.watching("a") as one, watchers.watching("b") as other:
            thread = threading.Thread(target=watchers.wake, args=("a",))
            thread.start()
            await asyncio.wait_for(one.wait(), 5)
            thread.join()
            assert not other.is_set()
            watchers.wake()
            await asyncio.wait_for(other.wait(), 5)
            with pytest.raises(Refusal):
                watchers.require_room()
        assert len(watchers) == 0

    asyncio.run(watch())
