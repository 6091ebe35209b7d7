"""Documents in plain notation, and the places of their parts in the documents as stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leptonopt.errors import Finding, Path, Step
from leptonopt.instance.fields import StrictModel

Document = dict[str, Any]


REPEATED: dict[Step, str] = {"release": "from", "deadline": "to"}
"""By the key of a task: the key of `repeat` that stands for it."""
Origin = dict[Path, dict[Step, Step]]
"""By the place of a list or mapping in a document that was rewritten: of its steps those that stood there before."""


@dataclass
class Plain:
    """A document in plain notation.

    Attributes
    ----------
    document : the document
    given : the document as stated
    origins : what each of the rewritings has moved, in their order
    """

    document: Document
    given: Mapping[str, Any]
    origins: Sequence[Origin] = ()

    def stated(self, finding: Finding) -> Finding:
        """Return a finding about the plain document at its place in the document as stated."""
        return replace(finding, path=self.place(finding.path))

    def place(self, path: Path) -> Path:
        """Return where a part of the plain document stands in the document as stated."""
        for origin in reversed(self.origins):
            path = tuple(origin.get(path[:at], {}).get(step, step) for at, step in enumerate(path))
        return existing(self.given, path)

    def line(self, path: Path) -> Path:
        """Return the place that states a value: `repeat`, or the `placement` of all, where the task has none."""
        found = self.place(path)
        if len(found) != 3 or found[0] != "tasks":
            return found
        task, key = self.given["tasks"][found[1]], found[2]
        if not isinstance(task, Mapping) or key in task:
            return found
        if key in REPEATED and "repeat" in task:
            return (*found[:-1], "repeat", REPEATED[key])
        return (key,) if key == "placement" and key in self.given else found


def moved(positions: Iterable[int]) -> dict[Step, Step]:
    """Return the steps of the entries of a list that come from these positions."""
    return dict(enumerate(positions))


def existing(document: Any, path: Path) -> Path:
    """Return as much of a place as there is in a document; a last key may be missing.

    Of one that stands for a list of one, the position is left out.
    """
    found = list[str | int]()
    for at, step in enumerate(path):
        if isinstance(document, Mapping):
            if step in document:
                document = document[step]
            elif isinstance(step, int):
                continue
            else:
                return (*found, *path[at:]) if at == len(path) - 1 else tuple(found)
        elif isinstance(document, list | tuple):
            if not isinstance(step, int) or not 0 <= step < len(document):
                return tuple(found)
            document = document[step]
        else:  # inside a noun that is an object, everything is kept
            return (*found, *path[at:]) if isinstance(document, StrictModel) else tuple(found)
        found.append(step)
    return tuple(found)
