"""A monitor for tests: it remembers what methods report, and asks them to stop after a while."""

from __future__ import annotations

import time

from leptonopt.problem.schedule import Schedule


class Ear:
    """Remembers costs and bounds; `should_stop` says yes from `patience` seconds on."""

    def __init__(self, patience: float = 1e9) -> None:
        self.costs: list[int] = []
        self.bounds: list[int] = []
        self.until = time.monotonic() + patience

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        self.costs.append(cost)

    def bound(self, value: int) -> None:
        self.bounds.append(value)

    def best(self) -> Schedule | None:
        return None

    def should_stop(self) -> bool:
        return time.monotonic() > self.until
