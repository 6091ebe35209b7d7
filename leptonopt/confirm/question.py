"""What a confirmation is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

NAME = "second model"
Line = tuple[str, str, int, tuple[str, ...]]  # task, option, first slot, nodes where it names any


@dataclass(frozen=True)
class Question:
    """Is this cost the least there is (None: is there no plan at all)? `lines` are of the plan at hand."""

    document: Mapping[str, Any]
    cost: Fraction | None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Confirmation:
    """What the second model says.

    Attributes
    ----------
    agrees : True where it proves the same, False where it contradicts, None where it does not know
    cost, lines : the least plan that it knows of, where it found one
    note : why it contradicts or does not know
    """

    agrees: bool | None
    cost: Fraction | None = None
    lines: tuple[Line, ...] = ()
    note: str = ""
    engine: str = ""
