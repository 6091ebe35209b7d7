"""Provide a source of a part of an instance, for a session inside another one.

Its problem differs, its money does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.confirm import Question
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.session.closing import ClosingTime
from leptonopt.session.result import Result
from leptonopt.session.source import InstanceSource
from leptonopt.verify import Verdict


class PartSource:
    """A problem that is a part of an instance; schedules of it are no plans of their own."""

    impossible: tuple[str, ...] = ()
    prices_itself = False

    def __init__(self, whole: InstanceSource, problem: Problem) -> None:
        self.whole, self.problem = whole, problem

    @property
    def unit(self) -> Fraction:
        """Return the unit of the instance."""
        return self.whole.unit

    @property
    def ties(self) -> int:
        """Return the ties of the instance."""
        return self.whole.ties

    @property
    def loss(self) -> Fraction:
        """Return the loss of the instance."""
        return self.whole.loss

    @property
    def origin(self) -> dict[str, Any]:
        """Return the origin of the instance."""
        return self.whole.origin

    @property
    def evidence(self) -> dict[str, Any]:
        """Return the evidence of the instance."""
        return self.whole.evidence

    @property
    def result_type(self) -> type[Result]:
        """Return the class of the answer."""
        return self.whole.result_type

    def schedule_of(self, plan: Mapping[str, Any]) -> Schedule:
        """Return the schedule of a plan of the instance."""
        return self.whole.schedule_of(plan)

    def closing(self, spent: float) -> ClosingTime:
        """Return the closing time of the instance."""
        return self.whole.closing(spent)

    def answer(
        self, outcome: Outcome, schedule: Schedule | None, look: Callable[[], None]
    ) -> tuple[dict[str, Any], Plan | None, Verdict]:
        """Raise, as a part has no answer of its own."""
        raise NotImplementedError

    def certificate(
        self, seconds: float, work: float | None, known: tuple[int, Multipliers] | None
    ) -> dict[str, Any] | None:
        """Return None."""
        return None

    def question(self, cost: Fraction | None, schedule: Schedule | None) -> Question | None:
        """Return None."""
        return None

    def uncoupled(self) -> bool:
        """Return False."""
        return False

    def certificate_of_none(self) -> dict[str, Any] | None:
        """Return None."""
        return None
