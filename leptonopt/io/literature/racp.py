"""Read resource availability cost of the MiniZinc Challenge (Kreter et al., EJOR 2018).

A .dzn file: t_max (the deadline), n_res, cost[n_res], n_tasks, dur[n_tasks], succ[n_tasks] (sets of tasks, from
1) and rr[n_res, n_tasks]. Units of each resource are bought for the whole project; a time unit becomes an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InstanceError
from leptonopt.io.literature.number_stream import MAX_SLOTS
from leptonopt.io.literature.projects import MAX_ACTIVITIES, MAX_CHARS, MAX_UNITS, Circle, investment

NAMES = ("t_max", "n_res", "cost", "n_tasks", "dur", "succ", "rr")
_TOKEN = re.compile(r"%[^\n]*|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|\[\||\|\]|\n|[^\S\n]+|.", re.ASCII)


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    data = _Data(text, path)
    deadline = data.single("t_max", 1, MAX_SLOTS)
    resources, tasks = data.single("n_res", 1, 100), data.single("n_tasks", 1, MAX_ACTIVITIES)
    costs = data.array("cost", resources, 0, 10**9)
    durations = data.array("dur", tasks, 0, MAX_SLOTS)
    rows = data.table("rr", resources, tasks, 0, MAX_UNITS)
    successors, lines = data.sets("succ", tasks)
    try:
        return investment(path.stem or "racp", deadline, durations, successors, list(zip(*rows, strict=True)), costs)
    except Circle as error:
        raise data.wrong(f"{error}, one of them task {error.activity + 1}", lines[error.activity]) from None
    except ValueError as error:
        raise data.wrong(str(error), 1) from None


class _Data:
    """The assignments of a .dzn text, read token by token."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        self._tokens: list[tuple[str, int]] = []
        self._starts: dict[str, int] = {}
        self._at = 0
        if len(text) > MAX_CHARS:
            raise self.wrong(f"more than {MAX_CHARS:,} characters", 1)
        line = 1
        for token in _TOKEN.findall(text):
            if token == "\n":
                line += 1
            elif not token.isspace() and not token.startswith("%"):
                self._tokens.append((token, line))
        while self._at < len(self._tokens):
            name = self._take("a name")
            if name not in NAMES:
                raise self.wrong(f"{name[:40]!r} stands where one of {', '.join(NAMES)} should")
            if name in self._starts:
                raise self.wrong(f"{name} stands twice")
            self._expect("=")
            self._starts[name] = self._at
            while self._take(f"the ; after {name}") != ";":
                pass
        for name in NAMES:
            if name not in self._starts:
                raise self.wrong(f"the file ends and {name} is missing")

    def wrong(self, message: str, line: int | None = None) -> InstanceError:
        """Return the error for the last token, or for a line."""
        last = self._tokens[min(max(self._at - 1, 0), len(self._tokens) - 1)][1] if self._tokens else 1
        return InstanceError([Finding(message, (), line or last, str(self.path))])

    def single(self, name: str, least: int, most: int) -> int:
        """Return a variable that is one number."""
        self._at = self._starts[name]
        value = self._whole(name, least, most)
        self._expect(";")
        return value

    def array(self, name: str, count: int, least: int, most: int) -> list[int]:
        """Return a variable that is an array of `count` numbers."""
        self._at = self._starts[name]
        self._expect("[")
        found = self._row(f"a number of {name}", count, least, most)
        self._expect("]")
        self._expect(";")
        return found

    def table(self, name: str, rows: int, columns: int, least: int, most: int) -> list[list[int]]:
        """Return a variable that is a table of two dimensions."""
        self._at = self._starts[name]
        self._expect("[|")
        found = []
        for row in range(rows):
            if row:
                self._expect("|")
            found.append(self._row(f"a number of {name}", columns, least, most))
        if self._next == "|":
            self._at += 1
        self._expect("|]")
        self._expect(";")
        return found

    def sets(self, name: str, count: int) -> tuple[list[list[int]], list[int]]:
        """Return a variable that is an array of sets of tasks, from 0, and the line of each set."""
        self._at = self._starts[name]
        self._expect("[")
        found: list[list[int]] = []
        lines = []
        while len(found) < count:
            if found:
                self._expect(",")
            self._expect("{")
            each: list[int] = []
            while self._next != "}":
                if each:
                    self._expect(",")
                each.append(self._whole(f"a task of {name}", 1, count) - 1)
            self._expect("}")
            found.append(sorted(set(each)))
            lines.append(self._tokens[self._at - 1][1])
        self._expect("]")
        self._expect(";")
        return found, lines

    def _row(self, what: str, count: int, least: int, most: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            if found:
                self._expect(",")
            found.append(self._whole(what, least, most))
        if self._next == ",":
            self._at += 1
        return found

    def _whole(self, what: str, least: int, most: int) -> int:
        word = self._take(what)
        if not re.fullmatch(r"-?\d{1,15}(\.0+)?", word) or not least <= Decimal(word) <= most:
            raise self.wrong(f"{word[:40]!r} stands where {what}, a whole number from {least} to {most}, should")
        return int(Decimal(word))

    @property
    def _next(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _expect(self, symbol: str) -> None:
        if (word := self._take(symbol)) != symbol:
            raise self.wrong(f"{word[:40]!r} stands where {symbol!r} should")

    def _take(self, what: str) -> str:
        if self._at >= len(self._tokens):
            raise self.wrong(f"the file ends where {what} should stand")
        word = self._tokens[self._at][0]
        self._at += 1
        return word
