"""Check segments of tasks: the length and work of each, and what those of a copy have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from leptonopt.verify.exact import Findings, Malformed, duration, exact, shown, whole
from leptonopt.verify.stated_options import StatedOption

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Begun:
    """State what is left of a task that has begun, and the way in which it runs, or ran.

    What runs goes on for `shortest` seconds, at least a slot; None where it may also stop at once.
    """

    option: str
    way: StatedOption
    left: Fraction
    paused: bool
    shortest: int | None


@dataclass(frozen=True)
class Cut:
    """Limits on cutting a task; times in seconds, `slot` is the length of a slot."""

    most: int
    shortest: int
    restart: int
    cost: Fraction
    move: bool
    resize: bool
    slot: int
    begun: Begun | None = None

    @property
    def left(self) -> Fraction:
        """Return the share of the task that is to be done."""
        return Fraction(1) if self.begun is None else self.begun.left

    def goes_on(self, option: Any, number: int, start: int) -> bool:
        """Return whether a segment is the one that runs when the horizon begins."""
        runs = self.begun is not None and not self.begun.paused and self.begun.option == option
        return runs and number == 1 and start == 0

    def later(self, number: int, goes_on: bool) -> bool:
        """Return whether a segment follows another one, of the horizon or before it."""
        return number > 1 or (self.begun is not None and not goes_on)

    def lengths(self, way: StatedOption, number: int, goes_on: bool) -> tuple[int, int]:
        """Return the least and the greatest length of a segment in a way [slots]."""
        lost, whole, shortest = self.lost(way, number, goes_on), working(way), self.shortest
        rest = whole * self.left
        if goes_on and self.begun is not None:
            shortest, whole = self.begun.shortest or self.slot, rest
        least = max(1, min(ceil(Fraction(shortest) / self.slot), ceil(whole / self.slot)), int(lost // self.slot) + 1)
        return least, max(least, ceil((rest + lost) / self.slot))

    def share(self, way: StatedOption, number: int, slots: int, goes_on: bool) -> Fraction:
        """Return the share of the task that a segment does."""
        return (slots * self.slot - self.lost(way, number, goes_on)) / working(way)

    def paid(self, way: StatedOption, segment: Segment) -> StatedOption:
        """Return a way with what a segment in it pays and consumes."""
        if segment.goes_on:
            return replace(way, cost=NOTHING, consumes={}, data=())
        if not segment.follows:
            return way
        fetched = sum((move.money for move in way.data), NOTHING)
        return replace(way, cost=way.cost - fetched + self.cost, data=())

    def lost(self, way: StatedOption, number: int, goes_on: bool) -> Fraction:
        """Return the time that a segment loses: to restart, or, the first of all, to fetch inputs."""
        if self.later(number, goes_on):
            return Fraction(self.restart)
        return NOTHING if goes_on else way.seconds - working(way)


def working(way: StatedOption) -> Fraction:
    """Return the seconds that a way works, without fetching its data."""
    return way.seconds - sum((move.seconds for move in way.data), NOTHING)


def is_cut(task: Mapping[str, Any]) -> bool:
    """Return whether a task may be cut, or was."""
    stated = task.get("segments")
    return stated is True or (stated is not None and (stated.get("most", 4) != 1 or stated.get("begun") is not None))


def cut_of(task: Mapping[str, Any], slot: int, way_of: Callable[[Any], StatedOption | None]) -> Cut | None:
    """Return how a task may be cut; None where each copy runs as a whole.

    `way_of` returns an option of the task by name.
    """
    if not is_cut(task):
        return None
    stated = task["segments"]
    said: Mapping[str, Any] = {} if stated is True else {key: each for key, each in stated.items() if each is not None}
    most = whole(said.get("most", 4), "most")
    restart = said.get("restart", (task.get("checkpoint") or {}).get("restart", "0s"))
    shortest = duration(said["shortest"]) if "shortest" in said else slot
    return Cut(
        most=most,
        shortest=int(shortest),
        restart=int(duration(restart)),
        cost=exact(said.get("cost", 0)),
        move=bool(said.get("move", False)),
        resize=bool(said.get("resize", False)),
        slot=slot,
        begun=None if said.get("begun") is None else _begun(said["begun"], way_of),
    )


def _begun(said: Mapping[str, Any], way_of: Callable[[Any], StatedOption | None]) -> Begun:
    option, shortest, left = said["option"], said.get("shortest"), said.get("left")
    if (way := way_of(option)) is None:
        raise Malformed(f"segments have begun in {option!r}, which is no way their task may run")
    share = Fraction(1) if left is None else min(Fraction(1), duration(left) / way.seconds)
    shortest = None if shortest is None else int(duration(shortest))
    return Begun(option, way, share, bool(said.get("paused", False)), shortest)


@dataclass(frozen=True)
class Segment:
    """A segment of a copy of a task, in slots [start, end), and the share of the task that it does.

    It `follows` another one, or goes on itself from before the horizon, or is the first of all.
    """

    number: int
    way: StatedOption
    start: int
    end: int
    share: Fraction
    follows: bool
    goes_on: bool


def check_segments(name: str, cut: Cut, segments: Iterable[Segment], findings: Findings) -> None:
    """Check the segments of one copy against each other, and against how it ran before the horizon."""
    own, say = sorted(segments, key=lambda each: (each.number, each.start)), findings.say
    if [each.number for each in own] != list(range(1, len(own) + 1)):
        say("segments", name, f"has the segments {[each.number for each in own]}; they are numbered from 1")
    if len(own) > cut.most:
        say("segments", name, f"runs in {len(own)} segments; at most {cut.most}", len(own) - cut.most)
    for before, after in pairwise(own):
        if early := max(0, before.end - after.start):
            say(
                "segments",
                name,
                f"segment {after.number} starts {early} slots before segment {before.number} ends",
                early,
            )
    ways = [each.way for each in own] + ([] if cut.begun is None else [cut.begun.way])
    if not cut.move and len({way.pool for way in ways}) > 1:
        say("segments", name, "moves to another pool, which it may not")
    if not cut.resize and len({held(way) for way in ways}) > 1:
        say("segments", name, "changes what it holds, which it may not")
    if cut.begun is not None and cut.begun.shortest is not None and not any(each.goes_on for each in own):
        say("segments", name, "stops as the horizon begins, and is to go on")
    if (done := sum((each.share for each in own), NOTHING)) < cut.left:
        say("segments", name, f"does {shown(done)} of its work in all", cut.left - done)


def held(way: StatedOption) -> tuple[tuple[str, Fraction], ...]:
    """Return what a way holds."""
    return tuple(sorted((name, count) for name, count in way.uses.items() if count))


def last_numbers(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, int], int]:
    """Return the greatest number of a segment by task and copy."""
    found: dict[tuple[Any, int], int] = defaultdict(int)
    for line in lines:
        if "segment" in line:
            key = line.get("id"), whole(line.get("copy", 1), "copy")
            found[key] = max(found[key], whole(line["segment"], "segment"))
    return found
