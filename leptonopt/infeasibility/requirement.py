"""One requirement of an instance: its text, and how to remove or relax it in a document."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from leptonopt.errors import Path
from leptonopt.infeasibility.documents import Document
from leptonopt.instance import Instance, units

FAMILIES = {
    "time (releases, deadlines, order, horizon)": ("release", "deadline", "on_time", "after", "horizon"),
    "needs": ("label", "without", "quality", "confidential", "memory"),
    "one-node placement": ("placement",),
    "capacity": ("capacity", "maintenance"),
    "nodes": ("nodes", "on_demand", "boot", "minimum", "minimum_off", "minimum_load"),
    "quotas": ("quota",),
    "together and apart": ("together", "apart"),
    "data": ("data",),
    "services": ("service", "batch"),
}


class NotRemovable(Exception):
    """A statement that no valid document can do without."""


@dataclass(frozen=True)
class Requirement:
    """Something that an instance demands.

    Attributes
    ----------
    kind, subject : what it is about, such as ("deadline", ("train-7",))
    words : the demand, in the user's words
    place : where it stands in the instance
    without : removes it from a copy of the document; raises `NotRemovable`
    milder : relaxes it by 1, 2, ... steps in a copy, and returns what that change is called; None where it can only
        be dropped, then `dropped` says what that is called
    most : the most steps that make sense
    """

    kind: str
    subject: tuple[str, ...]
    words: str
    place: Path
    without: Callable[[Document], None]
    milder: Callable[[Document, int], str | None] | None = None
    most: int = 0
    dropped: str = ""


def without_requirements(document: Document, statements: Iterable[Requirement]) -> Document:
    """The document without some statements; raises `NotRemovable`."""
    result = copy.deepcopy(document)
    for statement in statements:
        statement.without(result)
    return result


def find_entry(document: Document, key: str, id: str) -> Document:
    found: Document = next(each for each in document[key] if each["id"] == id)
    return found


def moment_text(instance: Instance, at: datetime) -> str:
    """An instant on the wall clock of the instance, with its offset where that is not UTC."""
    return units.moment_text(at, instance.time.zone)


def plain_text(value: Decimal) -> str:
    """Return a number without needless zeros."""
    return f"{value.normalize():f}" if value else "0"


def drop_key(document: Document, id: str, key: str) -> None:
    find_entry(document, "tasks", id).pop(key, None)


def leave_gap(document: Document, key: str, id: str, entry: tuple[str, int]) -> None:
    """An entry of a list of a task or a pool that goes; the others keep their positions."""
    name, at = entry
    noun = find_entry(document, key, id)
    noun[name] = [None if number == at else each for number, each in enumerate(noun[name])]
