"""Question and answer of a confirmation, and the limits of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

NAME = "second model"
Line = tuple[str, str, int, tuple[str, ...]]  # task, option, first slot, nodes where it names any


class TooLarge(Exception):
    """The instance is beyond what is confirmed in this way; the message says why."""


@dataclass(frozen=True)
class Question:
    """A claim to confirm.

    Attributes
    ----------
    document : the instance document
    cost : the claimed least cost in money; None for the claim that no plan exists
    lines : the tasks of the incumbent plan
    """

    document: Mapping[str, Any]
    cost: Fraction | None
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Confirmation:
    """Result of the second model.

    Attributes
    ----------
    agrees : True where it proves the claim, False where it contradicts the claim, None where it is undecided
    cost, lines : the best plan found, if any
    note : reason of a contradiction, or why it is undecided
    engine : name and version of the solver
    """

    agrees: bool | None
    cost: Fraction | None = None
    lines: tuple[Line, ...] = ()
    note: str = ""
    engine: str = ""


class Remaining(Protocol):
    """A deadline, of which only the seconds left matter here."""

    def left(self) -> float:
        """Return the seconds left."""


class EngineLimits(Protocol):
    """The part of `leptonopt.problem.protocol.Limits` that the second model uses.

    It does not import that package.
    """

    @property
    def threads(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def deterministic(self) -> bool: ...
    @property
    def effort(self) -> float: ...

    def start(self) -> Remaining:
        """Return the deadline of an engine that starts now."""
