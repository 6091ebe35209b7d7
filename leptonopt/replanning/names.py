"""Name what replanning adds to an instance: options that stay or are kept, and changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leptonopt.plan.diff import Place, place_of
from leptonopt.replanning.state import Key

CHANGES = "changes"
STAYS, KEPT = " (stays)", " (kept)"
_ADDED = re.compile(r" \((stays|kept)(?: \d+)?\)$")


def stated_copy(key: Key) -> Key:
    """Return the copy that a task `TASK#COPY` of replanning stands for; the key itself for any other task."""
    task, hash_sign, number = key[0].rpartition("#")
    return (task, int(number)) if hash_sign and number.isdigit() else key


def plain_option(option: str) -> str:
    """Return the name of an option without what replanning has added."""
    return _ADDED.sub("", option)


def added(option: str) -> str | None:
    """Return `stays` or `kept` for an option that replanning has added; None for another one."""
    found = _ADDED.search(option)
    return found and found[1]


def place_in(line: Mapping[str, Any]) -> Place:
    """Return the place of an entry; the name of its option loses what replanning has added to it."""
    place = place_of(line)
    return replace(place, option=plain_option(place.option))
