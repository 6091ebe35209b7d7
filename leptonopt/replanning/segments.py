"""State what is left of a copy of a task in segments: its work, what runs, what is still planned.

The task keeps its options. What it has done before the new start is `begun` of its segments; each planned segment that
has not begun is an option `OPTION (kept)` of its own, which starts as planned. Every other segment is one of `changes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.compile.work_options import ConcreteOption
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, Task, units
from leptonopt.plan.diff import Place
from leptonopt.plan.entries import KEPT, added, each_copy
from leptonopt.replanning.names import CHANGES, place_in, stated_copy
from leptonopt.replanning.state import Key, Paused, Running

Document = dict[str, Any]


def old_segments(plan: Mapping[str, Any]) -> dict[Key, list[Place]]:
    """Return the places of the segments of every copy in a plan, in order."""
    found: dict[Key, list[Place]] = {}
    for key, line in each_copy(plan.get("tasks", ())):
        if "segment" in line:
            for each in {key, stated_copy(key)}:
                found.setdefault(each, []).append(place_in(line))
    return {key: sorted(places, key=lambda place: place.begins) for key, places in found.items()}


@dataclass(frozen=True)
class CutCopy:
    """See a copy of a task in segments at the instant `now`; `start` is that of the new horizon.

    `ways` are the options of the task without fetching its inputs, `planned` its segments in the old plan, `said` what
    the state says of it.
    """

    instance: Instance
    task: Task
    ways: Mapping[str, ConcreteOption]
    planned: Sequence[Place]
    said: Running | Paused | None
    now: datetime
    start: datetime

    @property
    def runs(self) -> bool:
        """Return whether it runs."""
        return isinstance(self.said, Running)

    @property
    def ahead(self) -> list[Place]:
        """Return the planned segments that have not begun."""
        return [place for place in self.planned if place.begins >= self.now]

    @property
    def behind(self) -> list[Place]:
        """Return the planned segments that have begun, where it has begun at all."""
        return [] if self.said is None else [place for place in self.planned if place.begins < self.now]

    def _segments(self, stated: Document, way: ConcreteOption | None) -> Document:
        """Return `segments` of what is left; `way` is that of the last segment so far, if any."""
        assert self.task.segments is not None
        most = self.task.segments.most - self._used() + self.runs
        if most < 1:
            raise UsageError(f"state: {self.task.id!r} has run in all of its {self.task.segments.most} segments")
        begun: Document | None = stated.get("begun")
        if way is not None:
            begun = self._begun(way)
        elif begun is not None:  # what is not spoken of has not run since the old horizon began
            begun = {name: each for name, each in begun.items() if name != "shortest"} | {"paused": True}
        return {**stated, "most": most} | ({} if begun is None else {"begun": begun})

    def _begun(self, way: ConcreteOption) -> Document:
        """Return `begun` of the new segments, where the last one so far is in a way."""
        assert self.task.segments is not None
        found: Document = {"option": way.id, "left": units.duration_text(ceil(max(Fraction(1), self._left(way))))}
        if (number := self._before() + self._used()) > 1:
            found["number"] = number
        if not self.runs:
            return {**found, "paused": True}
        rest = (self.task.segments.shortest or 0) - int((self.start - self._running_since()).total_seconds())
        return found if rest <= 0 else {**found, "shortest": units.duration_text(rest)}

    def _before(self) -> int:
        """Return the number of segments before the first of the old plan."""
        assert self.task.segments is not None
        begun = self.task.segments.begun
        return 0 if begun is None else begun.number - bool(self.planned and not self._restarted(1, self.planned[0]))

    def _used(self) -> int:
        """Return the number of segments that have begun."""
        if self.said is None:
            return 0
        return self.said.segments or max(len(self.behind), 1)

    def _running_since(self) -> datetime:
        if isinstance(self.said, Running) and self.said.started is not None:
            return self.said.started
        return self.behind[-1].begins if self.behind else self.now

    def _left(self, way: ConcreteOption) -> Fraction:
        """Return the seconds of work that are left at the new start, in the way in which it runs or ran last."""
        assert self.said is not None
        waited = int((self.start - self.now).total_seconds()) if self.runs else 0
        if isinstance(self.said, Running) and self.said.ends is not None:
            return Fraction(int((self.said.ends - self.start).total_seconds()))
        if self.said.progress is not None:
            return (1 - Fraction(self.said.progress)) * way.duration - waited
        if self.said.work is not None:
            return (self._left_before() - Fraction(self.said.work)) * way.duration - waited
        return (self._left_before() - sum(self._shares(way), Fraction(0))) * way.duration

    def _left_before(self) -> Fraction:
        """Return the share of work that was left when the old horizon began."""
        assert self.task.segments is not None
        begun = self.task.segments.begun
        if begun is None or begun.left is None or begun.option not in self.ways:
            return Fraction(1)
        return min(Fraction(1), begun.left / self.ways[begun.option].duration)

    def _shares(self, way: ConcreteOption) -> Iterator[Fraction]:
        """Yield the share of work that each segment so far has done by the new start, as planned."""
        for number, place in enumerate(self.behind, 1):
            last = self.runs and number == len(self.behind)
            own = way if last else self.ways.get(place.option, way)
            began = self._running_since() if last else place.begins
            ended = self.start if last else min(units.instant(place.end), self.start)
            lost = self.task.restart if self._restarted(number, place) else self._fetching(number, own)
            yield max(Fraction(0), Fraction(int((ended - began).total_seconds()) - lost) / own.duration)
        if not self.behind and self.runs:
            yield Fraction(int((self.start - self._running_since()).total_seconds())) / way.duration

    def _fetching(self, number: int, way: ConcreteOption) -> Fraction:
        """Return the time that a segment took to fetch inputs: the first of all does."""
        assert self.task.segments is not None
        return way.fetching if number == 1 and self.task.segments.begun is None else Fraction(0)

    def _restarted(self, number: int, place: Place) -> bool:
        """Return whether a planned segment has lost a restart."""
        assert self.task.segments is not None
        begun = self.task.segments.begun
        if number > 1 or begun is None:
            return number > 1
        return not begun.goes_on_in(place.option, place.begins == self.instance.time.start)

    def entry(self, stated: Document, way: ConcreteOption | None, frozen_until: datetime) -> Document:
        """Return the entry of the copy, with planned segments that are kept and all others as changes."""
        own = [option for option in stated.get("options", ()) if added(str(option.get("id", ""))) is None]
        entry = {**stated, "segments": self._segments(stated["segments"], way)}
        entry["options"] = [option for option, _ in self.kept()]
        entry["options"] += [self._changing(option, frozen_until) for option in own]
        if "work" in stated:
            entry["work"] = {**stated["work"], "consumes": {**stated["work"].get("consumes", {}), CHANGES: 1}}
        return entry

    def _changing(self, option: Document, frozen_until: datetime) -> Document:
        """Return an option of which each segment is a change, and which begins behind the frozen time."""
        early = units.instant(option["not_before"]) if option.get("not_before") else self.start
        frozen = {"not_before": units.instant_text(frozen_until)} if frozen_until > early else {}
        return {**option, **frozen, "consumes": {**option.get("consumes", {}), CHANGES: 1}}

    def kept(self) -> list[tuple[Document, Place]]:
        """Return an option for each planned segment ahead, where its duration is of whole seconds."""
        found = list[tuple[Document, Place]]()
        for place in self.ahead:
            way = self.ways.get(place.option)
            if way is None or way.refused is not None or (way.duration * way.progress).denominator > 1:
                continue
            number = sum(other.option == place.option for _, other in found) + 1
            id = f"{way.id}{KEPT}" if number == 1 else f"{way.id}{KEPT[:-1]} {number})"
            duration = way.duration * way.progress
            bare = way._replace(data=())
            found.append((written_option(bare, id, duration, way.cost, place.begins, place.begins), place))
        return found

    def lines(self, id: str, way: ConcreteOption | None) -> Iterator[Document]:
        """Yield the segments that the old plan still has, in the words of the new instance."""
        number = 0
        if self.runs and way is not None and self.behind and units.instant(self.behind[-1].end) > self.start:
            number += 1
            yield _line(id, number, way.id, self.behind[-1], self.start)
        for option, place in self.kept():
            number += 1
            yield _line(id, number, option["id"], place, place.begins)

    def last_possible(self, way: ConcreteOption) -> datetime:
        """Return when it ends at the earliest, where it works on without a pause in its quickest way."""
        share = self._left(way) / way.duration
        quickest = min(each.duration for each in self.ways.values())
        lost = 0 if self.runs else self.task.restart
        slot = self.instance.time.slot
        return self.start + timedelta(seconds=ceil((share * quickest + lost) / slot) * slot)


def _line(id: str, number: int, option: str, place: Place, start: datetime) -> Document:
    times = {"start": units.instant_text(start), "end": place.end}
    nodes = {"nodes": list(place.nodes)} if place.nodes else {}
    return {"id": id, "segment": number, "option": option, "pool": place.pool, "uses": {}, **times, **nodes}
