"""Write the finding of a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable

MAX_COMPARED = 1000  # known names up to which a similar one is suggested


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the message that there is no such name, with the one that was meant or those that are known."""
    from difflib import get_close_matches

    names = sorted(known)
    if len(names) <= MAX_COMPARED and (close := get_close_matches(name, names, 1)):
        return f"there is no {kind} {name!r}; did you mean {close[0]!r}?"
    shown = ", ".join(repr(other) for other in names[:8]) + (", …" if len(names) > 8 else "")
    return f"there is no {kind} {name!r}; known are {shown or 'none'}"
