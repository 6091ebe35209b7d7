"""Find the lines of places in a file by a second pass, once an error is found.

To remember the line of every value would take more memory than the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from leptonopt.errors import Path as Place
from leptonopt.errors import Step

Wanted = dict[Step, "Wanted"]
Marks = dict[Place, int]
Lines = Callable[[Sequence[Place]], Mapping[Place, int]]


def wanted_places(places: Iterable[Place]) -> Wanted:
    """Return the places and their parents as a tree of steps."""
    top: Wanted = {}
    for place in places:
        below = top
        for step in place:
            below = below.setdefault(step, {})
    return top


def nearest_line(marks: Mapping[Place, int], places: Iterable[Place]) -> dict[Place, int]:
    """Return the line of each place or of its nearest parent; unknown ones are left out."""
    found = {}
    for place in places:
        at = place
        while at and at not in marks:
            at = at[:-1]
        if at in marks:
            found[place] = marks[at]
    return found
