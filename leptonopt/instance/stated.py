"""Documents in plain notation, and the places of their parts in the documents as stated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leptonopt.errors import Finding, Path, Step
from leptonopt.instance.fields import StrictModel

Document = dict[str, Any]


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
        path = finding.path
        for origin in reversed(self.origins):
            path = tuple(origin.get(path[:at], {}).get(step, step) for at, step in enumerate(path))
        return replace(finding, path=existing(self.given, path))


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
