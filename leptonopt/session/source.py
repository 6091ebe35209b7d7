"""Instance sources of the session: a tree of tasks (YAML, JSON, ...), or columns.

A `InstanceSource` has the problem, speaks of it in the user's words, writes the plan down and has it checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.compile.compiler import CompiledInstance, compile_again, compile_instance
from leptonopt.compile.decode import TaskRun, decode, encode
from leptonopt.compile.encode_segments import encode_segments
from leptonopt.compile.node_form import NodeForm, first_form
from leptonopt.confirm import Question
from leptonopt.instance import Instance
from leptonopt.io import files
from leptonopt.plan.document import Outcome, plan_document
from leptonopt.plan.plan import Plan
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of
from leptonopt.session.closing import ClosingTime, closing_time
from leptonopt.session.request import resolve_instance, warm_start_lines, warm_start_runs
from leptonopt.session.result import Result
from leptonopt.session.warm_replicas import warm_start_replicas
from leptonopt.verify import Verdict, uncoupled, verify


class InstanceSource(Protocol):
    """An instance, compiled.

    Attributes
    ----------
    problem : what methods solve
    unit : money of one objective unit
    ties : so many units are the least difference of money; what is below it are secondary goals
    loss : money by which the problem's total may fall short of the exact one
    impossible : in words, why no plan can exist; empty when nothing was found
    origin : how a plan speaks of its instance: name, sha256, file, format
    evidence : the document that an alarm keeps
    result_type : the class of the answer
    prices_itself : whether `certificate` looks for prices, which takes time
    """

    @property
    def problem(self) -> Problem: ...
    @property
    def unit(self) -> Fraction: ...

    @property
    def ties(self) -> int: ...
    @property
    def loss(self) -> Fraction: ...
    @property
    def impossible(self) -> tuple[str, ...]: ...
    @property
    def origin(self) -> dict[str, Any]: ...
    @property
    def evidence(self) -> dict[str, Any]: ...
    @property
    def result_type(self) -> type[Result]: ...
    @property
    def prices_itself(self) -> bool: ...

    def schedule_of(self, plan: Mapping[str, Any]) -> Schedule:
        """Return the schedule of a plan, as far as it fits the instance.

        Raises `UsageError` for what is no plan.
        """

    def closing(self, spent: float) -> ClosingTime:
        """Return how long writing and checking a plan takes, after `spent` seconds of reading and compiling."""

    def answer(
        self, outcome: Outcome, schedule: Schedule | None, look: Callable[[], None]
    ) -> tuple[dict[str, Any], Plan | None, Verdict]:
        """Return the document of a plan, the plan, and the checker's verdict on it.

        `look` may raise meanwhile.
        """

    def certificate(
        self, seconds: float, work: float | None, known: tuple[int, Multipliers] | None
    ) -> dict[str, Any] | None:
        """Return the certificate that proves most, with its `bound`; None when there are no prices.

        `known` are prices of a method, and the bound in units that they prove.
        """

    def question(self, cost: Fraction | None, schedule: Schedule | None) -> Question | None:
        """Return what the second model is asked to confirm; None where the instance is too large for it."""

    def uncoupled(self) -> bool:
        """Return whether no rule joins tasks, so that prices reach the optimum."""

    def certificate_of_none(self) -> dict[str, Any] | None:
        """Return a certificate that shows the checker a task that can never run; None where none does."""


@dataclass(frozen=True, eq=False)
class TreeSource:
    """An instance that is a tree of tasks, compiled, with its document as it was stated.

    `counted` is the instance with counted nodes, where `compiled` tells them apart: its prices prove as much. `wanted`
    are copies of the warm start by task index, option id and start: identical tasks are told apart as it does.
    """

    compiled: CompiledInstance
    stated: dict[str, Any]
    origin: dict[str, Any]
    counted: CompiledInstance | None = None
    wanted: dict[tuple[int, str, int], int] = field(default_factory=dict)
    result_type = Result

    @property
    def prices_itself(self) -> bool:
        """Return whether prices can certify the bound: not beside meters."""
        return not self.problem.meters

    def in_form(self, form: NodeForm) -> TreeSource:
        """Return the instance compiled with nodes in another form; prices stay those of counted nodes."""
        compiled = compile_again(self.compiled, form)
        return TreeSource(compiled, self.stated, self.origin, self.counted or self.compiled, self.wanted)

    @property
    def problem(self) -> Problem:
        """The problem."""
        return self.compiled.problem

    @property
    def unit(self) -> Fraction:
        """Money of one objective unit."""
        return self.compiled.unit

    @property
    def ties(self) -> int:
        """Units of the least difference of money."""
        return self.compiled.ties

    @property
    def loss(self) -> Fraction:
        """Return the largest loss by coarse money."""
        return self.compiled.loss

    @property
    def impossible(self) -> tuple[str, ...]:
        """Why no plan can exist."""
        return self.compiled.impossible

    @property
    def evidence(self) -> dict[str, Any]:
        """The document as stated."""
        return self.stated

    def schedule_of(self, plan: Mapping[str, Any]) -> Schedule:
        """Return the schedule of a plan document, which is remembered."""
        replicas = warm_start_replicas(self.compiled, plan)
        if self.compiled.cut is not None:
            found = encode_segments(self.compiled, self.compiled.cut, warm_start_lines(self.compiled, plan))
            return replace(found, replicas=replicas)
        runs = warm_start_runs(self.compiled, plan)
        for task, option, _, start, copies in runs:
            self.wanted[task, option, start] = self.wanted.get((task, option, start), 0) + copies
        return replace(encode(self.compiled, runs), replicas=replicas)

    def closing(self, spent: float) -> ClosingTime:
        """Return what follows from the counts of the instance."""
        return closing_time(self.compiled, spent)

    def answer(
        self, outcome: Outcome, schedule: Schedule | None, look: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, Any], Plan | None, Verdict]:
        """Return the plan document, checked."""
        if schedule is None:
            made = plan_document(self.compiled, outcome, None, [])
            return made, None, verify(self.stated, made)
        runs, left = decode(self.compiled, schedule, self.wanted)
        rent = node_schedule_of(self.problem, schedule)
        made = plan_document(self.compiled, outcome, runs, left, rent, look, schedule.replicas)
        return made, Plan(made), verify(self.stated, made, look=look)

    def certificate(
        self, seconds: float, work: float | None, known: tuple[int, Multipliers] | None
    ) -> dict[str, Any] | None:
        """Return the best certificate from an ascent and the linear relaxation; None beside meters."""
        if not self.prices_itself:
            return None
        from leptonopt.session.certificate import best_certificate

        return best_certificate(self.counted or self.compiled, self.stated, seconds, work)

    def question(self, cost: Fraction | None, schedule: Schedule | None) -> Question | None:
        """Return the stated document with the claim and the plan behind it, but for tasks that may be cut."""
        ids, runs = self.compiled.instance.tasks, list[TaskRun]()
        if schedule is not None and self.compiled.cut is None:
            runs, _ = decode(self.compiled, schedule)
        lines = tuple((ids[run.task].id, run.way.id, run.start, tuple(run.way.on_nodes)) for run in runs)
        return Question(self.stated, cost, lines)

    def uncoupled(self) -> bool:
        """Return what the checker reads from the document."""
        return uncoupled(self.stated)

    def certificate_of_none(self) -> dict[str, Any] | None:
        """Return a certificate without prices; None beside meters."""
        if not self.prices_itself:
            return None
        from leptonopt.session.certificate import infeasibility_certificate

        return infeasibility_certificate(self.compiled, self.stated)


def open_source(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    format: str | None = None,
    params: Mapping[str, str] | None = None,
) -> Callable[[], InstanceSource]:
    """Read an instance; what is returned compiles it.

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong.
    """
    if isinstance(instance, str | os.PathLike) and format is None and files.is_columns(Path(instance)):
        from leptonopt.session import columnar_source as source  # other notations do without

        return source.open_columnar(Path(instance), params)
    found, stated, origin = resolve_instance(instance, format, params)
    return lambda: TreeSource(compile_instance(found, first_form(found)), stated, origin)
