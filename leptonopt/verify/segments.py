"""Check segments of tasks: the length and work of each, and what those of a copy have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from leptonopt.verify.exact import Findings, duration, exact, shown, whole
from leptonopt.verify.stated_options import StatedOption

NOTHING = Fraction(0)


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

    def lengths(self, way: StatedOption, number: int) -> tuple[int, int]:
        """Return the least and the greatest length of a segment in a way [slots]."""
        lost, all_of_it = self._lost(number), ceil(way.seconds / self.slot)
        least = min(ceil(Fraction(self.shortest) / self.slot), all_of_it)
        return max(1, least, lost // self.slot + 1), ceil((way.seconds + lost) / self.slot)

    def share(self, way: StatedOption, number: int, slots: int) -> Fraction:
        """Return the share of the task that a segment does."""
        return (slots * self.slot - self._lost(number)) / way.seconds

    def _lost(self, number: int) -> int:
        return self.restart if number > 1 else 0


def cut_of(task: Mapping[str, Any], slot: int) -> Cut | None:
    """Return how a task may be cut; None where each copy runs as a whole."""
    stated = task.get("segments")
    if stated is None:
        return None
    said: Mapping[str, Any] = {} if stated is True else {key: each for key, each in stated.items() if each is not None}
    most = whole(said.get("most", 4), "most")
    if most == 1:
        return None
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
    )


@dataclass(frozen=True)
class Segment:
    """A segment of a copy of a task, in slots [start, end), and the share of the task that it does."""

    number: int
    way: StatedOption
    start: int
    end: int
    share: Fraction


def check_segments(name: str, cut: Cut, segments: Iterable[Segment], findings: Findings) -> None:
    """Check the segments of one copy against each other."""
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
    if not cut.move and len({each.way.pool for each in own}) > 1:
        say("segments", name, "moves to another pool, which it may not")
    if not cut.resize and len({held(each.way) for each in own}) > 1:
        say("segments", name, "changes what it holds, which it may not")
    if (done := sum((each.share for each in own), NOTHING)) < 1:
        say("segments", name, f"does {shown(done)} of its work in all", 1 - done)


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
