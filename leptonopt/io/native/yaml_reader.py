"""Read YAML strictly: built from the parser's events one by one, holding only the values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import yaml

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.io.native.line_numbers import Lines, Marks, Wanted, nearest_line, wanted_places
from leptonopt.io.native.scalars import (
    EMPTY,
    ENOUGH,
    MAX_DEPTH,
    NOT_FINITE,
    OFTEN,
    number,
    quoted,
    too_deep,
    too_many,
    twice,
    wrong,
)
from leptonopt.runtime.clock import check_time_each

_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "Null": None, "~": None, "": None}
_KEY = object()  # stands where a mapping expects its next key
_BEGIN = {yaml.MappingStartEvent, yaml.SequenceStartEvent}
_END = {yaml.MappingEndEvent, yaml.SequenceEndEvent}
_NODES = {yaml.ScalarEvent, yaml.AliasEvent, *_BEGIN}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str, file: str, most: int) -> tuple[Any, Lines]:
    """Return the tree of a text with at most so many values, and the lines of its places.

    Raises `InstanceError`.
    """
    building = _Building(file, most, None)
    building.all(_events(text, file))
    if building.found:
        raise InstanceError(building.found)
    if not building.documents:
        raise wrong(EMPTY, None, file)

    def lines(places: Sequence[Place]) -> dict[Place, int]:
        again, left = _Building(file, most, wanted_places(places)), set(places)
        again.all(iter(_LOADER(text).get_event, None), lambda: left <= again.marks.keys())
        return nearest_line(again.marks, places)

    return building.top, lines


def _events(text: str, file: str) -> Iterator[Any]:
    """Yield the parser's events; parser errors become errors of this package."""
    try:
        yield from iter(_LOADER(text).get_event, None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if "nesting depth" in (error.problem or ""):
            raise too_deep(mark.line + 1 if mark else None, file) from None
        if (
            "cannot start any token" in (error.problem or "")
            and mark
            and text.split("\n")[mark.line][mark.column :][:1] == "\t"
        ):
            raise wrong("not YAML: a tab; lines are indented with spaces", mark.line + 1, file) from None
        raise wrong(f"not YAML: {error.problem or error.context}", mark.line + 1 if mark else None, file) from None
    except yaml.YAMLError as error:
        at = yaml.reader.Reader.NON_PRINTABLE.search(text)
        line = text.count("\n", 0, at.start()) + 1 if at else None
        raise wrong(f"not YAML: {str(error).splitlines()[0]}", line, file) from None


class _Building:
    """Builder of a tree from the events of a text.

    Attributes
    ----------
    top : the value of the document
    documents : number of documents so far
    found : findings
    marks : line of every wanted place; the line of its key where it has one
    """

    def __init__(self, file: str, most: int, wanted: Wanted | None) -> None:
        self.file, self.most = file, most
        self.top: Any = None
        self.documents = self._values = 0
        self.found: list[Finding] = []
        self.marks: Marks = {}
        self._holders: list[Any] = []  # open mappings and lists
        self._steps: list[Any] = []  # in each, the key or index of the next value, or _KEY
        self._wanted: list[Wanted | None] = [wanted]  # wanted places at the top and in each
        self._over = self._deep = 0  # number of nodes to skip, and the depth inside one of them

    def all(self, events: Iterator[Any], enough: Callable[[], bool] = lambda: False) -> None:
        """Process the events to their end, or until enough values follow a new mark."""
        known = len(self.marks)
        for event in check_time_each(events, OFTEN):
            kind = type(event)
            if kind in _NODES:
                self._node(event, kind in _BEGIN)
                if len(self.marks) > known:
                    known = len(self.marks)
                    if enough():
                        break
            elif kind in _END:
                self._end()
            elif kind is yaml.DocumentStartEvent:
                self.documents += 1

    def _node(self, event: Any, begins: bool) -> None:
        if self.documents > 1:
            raise wrong("several YAML documents in one file; one is allowed", _line(event), self.file)
        if event.anchor:
            text = "anchors and aliases (&, *) are not allowed; write the value out"
            raise wrong(text, _line(event), self.file)
        if begins and len(self._holders) + self._deep >= MAX_DEPTH:
            raise too_deep(_line(event), self.file)
        self._values += not (self._steps and self._steps[-1] is _KEY)
        if self._values > self.most:
            raise too_many(self.most, _line(event), self.file)
        if self._over:
            self._deep += begins
            self._over -= not self._deep
        elif self._steps and self._steps[-1] is _KEY:
            self._key(event)
        elif begins:
            self._begin(event)
        else:
            self._put(event, self._scalar(event))
            self._on()

    def _end(self) -> None:
        if self._over:
            self._deep -= 1
            self._over -= not self._deep
            return
        for stack in (self._holders, self._steps, self._wanted):
            stack.pop()
        self._on()

    def _key(self, event: Any) -> None:
        """Take an event as the key of the next value."""
        holder = self._holders[-1]
        if not isinstance(event, yaml.ScalarEvent):
            self._say("only plain texts are allowed as keys", event)
            self._over, self._deep = 2, 1
        elif event.tag or (event.value == "<<" and not event.style):
            self._say("only plain texts are allowed as keys", event)
            self._over = 1
        elif event.value in holder:
            self._found(twice(event.value, self._place(), _line(event), self.file))
            self._over = 1
        else:
            holder[event.value] = None
            self._steps[-1] = event.value
            self._mark(event)

    def _scalar(self, event: Any) -> Any:
        try:
            return _scalar(event.value, event.style)
        except ValueError as error:
            self._say(str(error), event)

    def _begin(self, event: Any) -> None:
        made: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        below = self._wanted[-1]
        if below is not None and self._steps:
            below = below.get(self._steps[-1])
        self._put(event, made)
        self._holders.append(made)
        self._steps.append(0 if isinstance(made, list) else _KEY)
        self._wanted.append(below)

    def _put(self, event: Any, value: Any) -> None:
        """Put a value at its place."""
        if event.tag:
            self._say(f"the tag {quoted(event.tag)} is not allowed; write values without tags", event)
        if not self._holders:
            self.top, self.marks[()] = value, _line(event)
        elif isinstance(holder := self._holders[-1], list):
            self._mark(event)
            holder.append(value)
        else:
            holder[self._steps[-1]] = value

    def _on(self) -> None:
        """Move on to the next place after a value."""
        if self._steps:
            self._steps[-1] = self._steps[-1] + 1 if isinstance(self._holders[-1], list) else _KEY

    def _mark(self, event: Any) -> None:
        below = self._wanted[-1]
        if below is not None and self._steps[-1] in below:
            self.marks[self._place()] = _line(event)

    def _say(self, message: str, event: Any) -> None:
        self._found(Finding(message, self._place(), _line(event), self.file))

    def _found(self, finding: Finding) -> None:
        if len(self.found) < ENOUGH:
            self.found.append(finding)

    def _place(self) -> Place:
        return tuple(step for step in self._steps if step is not _KEY)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(text: str, style: str | None) -> Any:
    if style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number; write it in digits")
    return number(text) if _DECIMAL.fullmatch(text) else text
