"""Read what moving data between regions costs, and how long it takes, for checking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings, duration, exact

PREFIX = "region:"
BITS_OF_GIB = 8 * 1024**3


@dataclass(frozen=True)
class Moved:
    """One move of data: what it is, between which regions, at which price and time [money, seconds]."""

    what: str
    name: str
    origin: str
    to: str
    gib: Fraction
    money: Fraction
    seconds: Fraction


class DataReader:
    """The moves of data that tasks need, by the regions in which they run."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._links = document.get("links") or ()
        self._datasets = {each["id"]: each for each in document.get("datasets") or ()}
        self._regions = {pool["id"]: _region(pool.get("labels") or ()) for pool in document["pools"]}
        self.passing = _passing(document.get("tasks") or ())

    def region(self, pool: str) -> str | None:
        """Return the region of a pool; None where it has none."""
        return self._regions[pool]

    def of_task(self, task: Mapping[str, Any], pool: str) -> tuple[Moved, ...] | None:
        """Return the moves of inputs and results of a task on a pool; None where it cannot run there."""
        inputs, results = task.get("inputs") or (), task.get("results")
        here = self.region(pool)
        if here is None:
            return None if inputs or results or task["id"] in self.passing else ()
        moves = [self._input(name, here) for name in inputs]
        if results:
            moves.append(self.between("results", results["to"], here, results["to"], exact(results["gib"])))
        possible = tuple(move for move in moves if move is not None)
        return possible if len(possible) == len(moves) else None

    def _input(self, name: str, here: str) -> Moved | None:
        stated = self._datasets[name]
        offers = [self.between("input", name, place, here, exact(stated["gib"])) for place in stated["at"]]
        return min(
            (each for each in offers if each is not None), key=lambda each: (each.money, each.seconds), default=None
        )

    def between(self, what: str, name: str, origin: str, to: str, gib: Fraction) -> Moved | None:
        """Return a move from a region to another; None where no link leads there."""
        if origin == to or gib == 0:
            return Moved(what, name, origin, to, gib, Fraction(0), Fraction(0))
        for first, second in ((origin, to), (origin, "*"), ("*", to), ("*", "*")):
            for link in self._links:
                if (link["from"], link["to"]) == (first, second):
                    seconds = duration(link.get("setup", "0s"))
                    if link.get("gbit") is not None:
                        seconds += gib * BITS_OF_GIB / (exact(link["gbit"]) * 10**9)
                    return Moved(what, name, origin, to, gib, gib * exact(link.get("price", 0)), seconds)
        return None

    def taken(self, task: Mapping[str, Any], pool: str, pools: Mapping[str, str]) -> dict[str, Moved | None]:
        """Return what a task on a pool takes from others, by their ids; None where no link leads to it.

        `pools` are those of all tasks that run; what a task that does not run would pass on is left to others to say.
        """
        found = dict[str, Moved | None]()
        for after in task.get("after") or ():
            if (gib := data_of(after)) and after["task"] in pools:
                origin, here = self.region(pools[after["task"]]), self.region(pool)
                moved = origin is not None and here is not None
                found[after["task"]] = (
                    self.between("task", after["task"], str(origin), str(here), gib) if moved else None
                )
        return found


def data_of(after: Any) -> Fraction:
    """Return the GiB that a task takes from what it is after."""
    return Fraction(0) if isinstance(after, str) else exact(after.get("gib") or 0)


def check_lines(findings: Findings, name: str, stated: Sequence[Mapping[str, Any]], true: Sequence[Moved]) -> None:
    """Compare the moves of data that an entry states with the true ones."""
    said = {(line["what"], line["name"]): line for line in stated}
    known = {(move.what, move.name): move for move in true}
    if said.keys() != known.keys() or len(said) != len(stated):
        findings.say("data", name, f"states {len(stated)} moves of data; it needs {len(true)}")
        return
    for key, move in known.items():
        line, where = said[key], f"{name}: data {' '.join(key)}"
        if (line["from"], line["to"]) != (move.origin, move.to):
            findings.say("data", where, f"goes from {move.origin!r} to {move.to!r}")
        for word, number in (("gib", move.gib), ("cost", move.money), ("seconds", move.seconds)):
            findings.same("data", f"{where}: {word}", line[word], number)


def _region(labels: Sequence[str]) -> str | None:
    return next((text[len(PREFIX) :] for text in labels if text.startswith(PREFIX)), None)


def _passing(tasks: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the tasks that pass data on or take it."""
    found = set[str]()
    for task in tasks:
        for after in task.get("after") or ():
            if data_of(after):
                found |= {task["id"], after["task"]}
    return found
