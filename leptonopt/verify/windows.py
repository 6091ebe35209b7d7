"""Time windows of tasks for the bound: releases and deadlines, tightened by precedence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import StatedInstance, StatedOption

Span = tuple[int, int]  # first and last start, inclusive
Edges = Mapping[str, Sequence[tuple[str, int]]]  # by task: predecessors with their lags in slots


@dataclass(frozen=True)
class Fit:
    """An option with the starts at which it fits alone: runs of starts of one duration each."""

    way: StatedOption
    spans: tuple[tuple[int, Span], ...]


class Windows:
    """Releases and deadlines in slots, tightened by precedence; and the tasks that may be left out.

    Attributes
    ----------
    fits : options of each task that fit alone
    release, deadline : first slot, and end of the last slot, of each task
    may_miss : ids of tasks that may be left out
    impossible : whether a mandatory task has no feasible start
    """

    def __init__(self, stated: StatedInstance, fits: dict[str, list[Fit]], edges: Edges) -> None:
        self.fits = fits
        self.release = {id: slot_of(stated, task.get("release"), 0, up=True) for id, task in stated.tasks.items()}
        self.deadline = {id: slot_of(stated, task.get("deadline"), stated.slots) for id, task in stated.tasks.items()}
        self.may_miss = {id for id, task in stated.tasks.items() if task.get("optional", False)}
        order = _topological_order(stated.tasks, edges)
        never = set()
        for id in order:
            for first, lag in edges.get(id, ()):
                early = self._earliest_end(first)
                if first in never or early is None:
                    never.add(id)
                else:
                    self.release[id] = max(self.release[id], early + lag)
        for id in reversed(order):
            for first, lag in edges.get(id, ()):
                if id not in self.may_miss:
                    self.may_miss.discard(first)
                    if (late := self._latest_start(id)) is not None:
                        self.deadline[first] = min(self.deadline[first], late - lag)
        for id in never:
            self.fits[id] = []
        self.impossible = any(id not in self.may_miss for id in never)

    def _starts(self, id: str) -> Iterable[tuple[int, int, int]]:
        for fit in self.fits[id]:
            for length, (low, high) in fit.spans:
                low, high = max(low, self.release[id]), min(high, self.deadline[id] - length)
                if low <= high:
                    yield length, low, high

    def _earliest_end(self, id: str) -> int | None:
        return min((low + length for length, low, _ in self._starts(id)), default=None)

    def _latest_start(self, id: str) -> int | None:
        return max((high for _, _, high in self._starts(id)), default=None)


def slot_of(stated: StatedInstance, moment: Any, otherwise: int, up: bool = False) -> int:
    """Return the slot of a moment, rounded down or up and kept within the horizon on that side."""
    if moment is None:
        return otherwise
    second = stated.second(moment)
    return max(0, -(-second // stated.slot)) if up else min(stated.slots, second // stated.slot)


def _topological_order(tasks: Mapping[str, Any], edges: Mapping[str, Sequence[tuple[str, int]]]) -> list[str]:
    """Return the tasks in topological order of precedence."""
    waits = {id: len(edges.get(id, ())) for id in tasks}
    behind: dict[str, list[str]] = defaultdict(list)
    for id, own in edges.items():
        for first, _ in own:
            behind[first].append(id)
    ready = [id for id, count in waits.items() if not count]
    for id in ready:
        for after in behind[id]:
            waits[after] -= 1
            if not waits[after]:
                ready.append(after)
    if len(ready) < len(waits):
        raise Malformed("tasks wait for each other in a circle")
    return ready
