"""Name what replanning adds to an instance: changes, and tasks that stand for a copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from leptonopt.plan.diff import Place, place_of
from leptonopt.plan.entries import plain_option
from leptonopt.replanning.state import Key

CHANGES = "changes"


def stated_copy(key: Key) -> Key:
    """Return the copy that a task `TASK#COPY` of replanning stands for; the key itself for any other task."""
    task, hash_sign, number = key[0].rpartition("#")
    return (task, int(number)) if hash_sign and number.isdigit() else key


def place_in(line: Mapping[str, Any]) -> Place:
    """Return the place of an entry; the name of its option loses what replanning has added to it."""
    place = place_of(line)
    return replace(place, option=plain_option(place.option))
