"""One question of a document: can it have a plan at all?"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from leptonopt import methods
from leptonopt.clock import limited
from leptonopt.compile import compile
from leptonopt.engine import Child
from leptonopt.errors import InstanceError, OutOfTime
from leptonopt.explaining.statements import Document
from leptonopt.formulation import predicted
from leptonopt.instance import validated
from leptonopt.problem import Deaf, Limits, Problem, Solution, Status

QUICK = 1.0  # seconds of the heuristic before an engine is asked
LEAST = 2.0  # seconds that a single question may always take while there are as many
SMALL = 200_000  # nonzeros of a model that is solved here; a larger one gets a process of its own
ANY = 1e5  # a gap at which any plan will do


class Asking:
    """Answers with a plan that keeps the rules (True), an engine's proof (False), or not in time (None).

    Attributes
    ----------
    until : the clock at which there is no more time
    sure : whether all questions since it was set were answered
    """

    def __init__(self, until: float) -> None:
        self.until, self.sure = until, True

    def out_of_time(self) -> bool:
        """Whether there is no more time for questions."""
        return time.monotonic() >= self.until

    def small(self, document: Document) -> bool:
        """Whether an engine can be asked without a process of its own."""
        return _small(compile(validated(document)).problem)

    def possible(self, document: Document, share: float = 0.25) -> bool | None:
        """Whether the document can have a plan; a question may take that share of the time that is left."""
        answer = self._answer(document, share)
        self.sure &= answer is not None
        return answer

    def _answer(self, document: Document, share: float) -> bool | None:
        if not document["tasks"]:
            return True
        try:
            with limited(self.until, "a question was put"):
                compiled = compile(validated(document))
        except OutOfTime:
            return None
        except InstanceError:  # a repair that the format does not allow, such as a deadline before its release
            return None
        if compiled.impossible:
            return False
        problem = costless(compiled.problem)
        left = self.until - time.monotonic()
        if left <= 0:
            return None
        seconds = max(min(LEAST, left), share * left)
        if _small(problem):
            return _said(methods.function("cpsat")(problem, None, Limits(seconds, gap=ANY), Deaf()))
        found = methods.function("greedy")(problem, None, Limits(min(QUICK, seconds)), Deaf())
        return True if found.schedule is not None else _engine(problem, seconds)


def _small(problem: Problem) -> bool:
    return predicted(problem)[1] <= SMALL


def _said(solution: Solution) -> bool | None:
    """The answer in what an engine says."""
    if solution.schedule is not None:
        return True
    return False if solution.status is Status.INFEASIBLE else None


def _engine(problem: Problem, seconds: float) -> bool | None:
    """What CP-SAT says, in a process of its own."""
    child = Child("cpsat", problem, None, Limits(seconds, gap=ANY))
    until = time.monotonic() + seconds + 1.0
    try:
        while time.monotonic() < until:
            while child.messages.qsize():
                match child.messages.get():
                    case ("incumbent", _, _):
                        return True
                    case ("done", solution):
                        return _said(solution)
            time.sleep(0.01)
        return None
    finally:
        child.kill()


def costless(problem: Problem) -> Problem:
    """The same rules with nothing to pay, so that any schedule is as good as another."""
    nodes, none = problem.nodes, np.zeros_like
    costs = replace(
        nodes.costs, **{name: none(getattr(nodes.costs, name)) for name in nodes.costs.__dataclass_fields__}
    )
    return replace(
        problem,
        price=none(problem.price),
        fixed=none(problem.fixed),
        value=none(problem.value),
        late_slope=none(problem.late_slope),
        late_base=none(problem.late_base),
        late_once=none(problem.late_once),
        nodes=replace(nodes, costs=costs),
    )
