"""Write the finding of a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

from leptonopt.errors import did_you_mean


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message that there is no such name, with the one that was meant or those that are known."""
    names = sorted(known)
    if meant := did_you_mean(name, names):
        return f"there is no {kind} {name!r}; {meant}"
    shown = ", ".join(repr(other) for other in names[:8]) + (", …" if len(names) > 8 else "")
    return f"there is no {kind} {name!r}; known are {shown or 'none'}"
