"""Decide whether a document can have a plan at all.

Cheap answers come first: what can never run, then heuristics, then proofs; each of them on the relaxation with counted
nodes (`leptonopt.compile.packing_rows`) before the instance itself. A document is told to have no plan only by an
engine's proof, or because a task has no start; it is told to have one only when a schedule keeps every rule.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.algorithms.models.farkas import prove_infeasible
from leptonopt.algorithms.models.time_indexed import has_no_columns, predicted_size
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode, encode
from leptonopt.compile.node_form import COUNTED
from leptonopt.errors import InstanceError, NoPlan, OutOfTime
from leptonopt.infeasibility.documents import Document, pruned, shorter
from leptonopt.instance import Instance, has_any, units, validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Solution, Status
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use, usage
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.node_assignment import NodeAssigner
from leptonopt.session.solve import solve
from leptonopt.session.worker_process import WorkerProcess
from leptonopt.solvers import registry as methods

Line = dict[str, object]
WIDE = ("services", "tasks with segments", "data passed on between tasks")  # only a whole solve knows all their rules

HERE: dict[str, Any] = {"method": "cpsat", "isolate": False}  # options of a solve in this process


@dataclass(frozen=True)
class OracleTuning:
    """Tuning constants with their units."""

    heuristic_seconds: float = 2.0  # of each heuristic before an engine is asked
    question_seconds: float = 4.0  # that a single question may always take while as many remain
    tiny_model: int = 2_000  # nonzeros of a model that an engine solves at once
    small_model: int = 200_000  # nonzeros of a model that is solved in this process
    small_services: int = 2_000  # ways times slots of services for which that is so
    any_gap: float = 1e5  # relative gap at which every plan ends the search
    poll_seconds: float = 0.02  # between two looks at the messages of child processes


TUNING = OracleTuning()


@dataclass(frozen=True)
class Answer:
    """Result of a question: `feasible` is None when it is not known in time.

    Attributes
    ----------
    tasks : of a plan that was found, as a plan states them
    core : ids of the tasks of which a proof without search says that they cannot all run, even if none of the
        others must; empty where there is no such proof
    """

    feasible: bool | None
    tasks: tuple[Line, ...] = ()
    core: tuple[str, ...] = ()


class Question:
    """A document as the problems that engines are asked about."""

    def __init__(self, document: Document) -> None:
        self.instance: Instance = validate(pruned(document))
        self.exact_form: CompiledInstance = compile_instance(self.instance)
        self.is_wide = has_any(self.instance, *WIDE)
        counted = self.exact_form if self.is_wide else compile_instance(self.instance, COUNTED)
        self.relaxation = counted if counted.alike else self.exact_form
        self.found: Schedule | None = None

    @property
    def impossible(self) -> bool:
        """Return True when a mandatory task has no start."""
        if self.is_wide:
            return bool(self.exact_form.impossible)
        return any(each.impossible or has_no_columns(each.problem) for each in (self.exact_form, self.relaxation))

    def accept(self, of: CompiledInstance, schedule: Schedule) -> bool:
        """Keep a schedule of a form if it is one of the instance, once it is placed on nodes."""
        changed = schedule
        if of is not self.exact_form:
            rent = node_schedule_of(of.problem, replace(schedule, rent=None)) or schedule.rent
            if rent is None:  # a heuristic found nodes at other prices
                return False
            assigned = NodeAssigner(of).assign(replace(schedule, rent=rent))
            if assigned.failed:
                return False
            changed = encode(self.exact_form, assigned.runs)
        if violated_rules(self.exact_form.problem, changed):
            return False
        self.found = changed
        return True

    def ids(self, groups: tuple[int, ...]) -> tuple[str, ...]:
        """Return the ids of the tasks in groups of the relaxation."""
        members = self.relaxation.members
        found = [self.instance.tasks[task].id for group in groups for task, _, _ in members[group]]
        return tuple(dict.fromkeys(found))

    def text(self, feasible: bool | None) -> Answer:
        """Return the answer, with the plan that was found."""
        if self.found is None:
            return Answer(feasible)
        time_, lines = self.instance.time, []
        for run in decode(self.exact_form, self.found)[0]:
            start = time_.start.timestamp() + run.start * time_.slot
            line: Line = {"id": self.instance.tasks[run.task].id, "option": run.way.id}
            line["start"] = units.instant_text(time_.start.fromtimestamp(start, time_.start.tzinfo))
            lines.append(line | ({"nodes": list(run.way.on_nodes)} if run.way.on_nodes else {}))
        return Answer(True, tuple(lines))


class FeasibilityOracle:
    """Answers questions until a time.

    Attributes
    ----------
    deadline : moment from which on no more questions are answered
    """

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline

    def left(self) -> float:
        """Return the remaining seconds."""
        return self.deadline.left()

    def out_of_time(self) -> bool:
        """Return True when there is no more time for questions."""
        return self.left() <= 0

    def least_use(self, document: Document, quota: str, seconds: float) -> tuple[Fraction, Answer] | None:
        """Return the use of a quota by a plan that keeps all other rules, and the plan; None for none.

        What was used before the horizon counts. Of a quota at any moment it is the peak, of any plan.
        """
        try:
            question = Question(document)
        except InstanceError:
            return None
        of, found = question.relaxation, list[tuple[Fraction, Answer]]()
        same = [at for at, window in enumerate(of.windows) if window.quota.id == quota]
        rows = [at for at, row in enumerate(of.rows) if not row.pool and row.resource == quota]
        if not (same or rows) or question.is_wide or question.impossible:
            return None
        least = frugal(of.problem, same) if same else without_costs(of.problem)

        class UseMonitor(NullMonitor):
            def incumbent(self, schedule: Schedule, cost: int) -> None:
                if question.accept(of, schedule) and (rent := node_schedule_of(of.problem, schedule)) is not None:
                    uses = [
                        quota_use(of.problem, of.problem.quotas[at], schedule, rent) * of.quota_units[at]
                        + of.windows[at].spent
                        for at in same
                    ]
                    load = usage(of.problem, schedule)
                    uses += [Fraction(int(load[at].max()), of.rows[at].scale) for at in rows]
                    found.append((max(uses), question.text(True)))

        deadline = Deadline.after(min(seconds, self.left()))
        if least is not None and not deadline.expired():
            methods.load_method("greedy")(least, None, Limits(deadline.left()), UseMonitor(deadline.expired))
        return min(found, key=lambda each: each[0], default=None)

    def possible(self, document: Document, share: float = 0.25) -> bool | None:
        """Return whether a document can have a plan, within a share of the remaining time."""
        return self.answer(document, share).feasible

    def is_refuted(self, document: Document) -> bool:
        """Return whether a proof without search shows that a document has no plan."""
        try:
            question = Question(document)
        except InstanceError:
            return False
        if question.impossible:
            return True
        return prove_infeasible(without_costs(question.relaxation.problem), self.left()) is not None

    def answer(self, document: Document, share: float = 0.25, plan_first: bool = False) -> Answer:
        """Return whether a document can have a plan, and the plan.

        With `plan_first` a plan is searched before a proof.
        """
        if not document["tasks"] and not document.get("services"):
            return Answer(True)
        if self.out_of_time():
            return Answer(None)
        if (brief := shorter(document)) is not None and (found := self.answer(brief, share)).feasible:
            return found
        try:
            with time_limited(self.deadline, "a question was put"):
                question = Question(document)
        except OutOfTime:
            return Answer(None)
        except InstanceError:  # a repair that the format does not allow, such as a deadline before its release
            return Answer(None)
        if question.impossible:
            return Answer(False)
        seconds = min(self.left(), max(TUNING.question_seconds, share * self.left()))
        if seconds <= 0:
            return Answer(None)
        if question.is_wide:
            return _solve_whole(question, seconds)
        return _solve(question, Deadline.after(seconds), plan_first)


def _solve(question: Question, deadline: Deadline, plan_first: bool) -> Answer:
    problems = [question.relaxation, *([question.exact_form] if question.exact_form is not question.relaxation else [])]
    tiny, few = (
        all(predicted_size(each.problem)[1] <= most for each in problems)
        for most in (TUNING.tiny_model, TUNING.small_model)
    )
    if plan_first and not tiny and _plan_found(question, problems, deadline):
        return question.text(True)
    free = without_costs(question.relaxation.problem)
    if not tiny and (found := prove_infeasible(free, 0.7 * deadline.left())):
        return Answer(False, core=question.ids(found.groups))
    if not plan_first and not tiny and _plan_found(question, problems, deadline):
        return question.text(True)
    if few:
        return _solve_in_process(question, problems, deadline)
    return _solve_in_children(question, problems, deadline)


def _solve_whole(question: Question, seconds: float) -> Answer:
    """Return the answer of a solve that ends at its first plan, in this process where it is small."""
    problem, deadline = question.exact_form.problem, Deadline.after(seconds)
    if found := prove_infeasible(without_costs(problem), 0.3 * seconds):
        return Answer(False, core=question.ids(found.groups))
    here = HERE if _is_small(problem) and not len(problem.services.batches) else {}  # CP-SAT has no fractions
    try:
        result = solve(question.instance, time_limit=max(0.1, deadline.left()), gap=TUNING.any_gap, **here)
    except NoPlan:
        return Answer(None)
    if result.status in (Status.UNKNOWN, Status.INFEASIBLE):
        return Answer(False if result.status is Status.INFEASIBLE else None)
    return Answer(True, tuple(result.document["tasks"]))


def _solve_in_process(question: Question, problems: list[CompiledInstance], deadline: Deadline) -> Answer:
    """Return the answer of CP-SAT in this process, on the relaxation first."""
    for number, each in enumerate(problems):
        seconds = deadline.left() / (len(problems) - number)
        limits = Limits(max(0.1, seconds), gap=TUNING.any_gap)
        solution = methods.load_method("cpsat")(without_costs(each.problem), None, limits, NullMonitor())
        if solution.schedule is not None and question.accept(each, solution.schedule):
            return question.text(True)
        if solution.status is Status.INFEASIBLE:
            return Answer(False)
    return Answer(None)


def _plan_found(question: Question, problems: list[CompiledInstance], deadline: Deadline) -> bool:
    """Return True when a heuristic finds a plan, without costs or for little use of quotas."""
    for each in problems:
        for problem in (without_costs(each.problem), frugal(each.problem)):
            seconds = min(TUNING.heuristic_seconds, 0.3 * deadline.left())
            if problem is not None and _heuristic(question, each, problem, seconds):
                return True
    return False


def _is_small(problem: Problem) -> bool:
    few = problem.services.most.size <= TUNING.small_services
    return few and predicted_size(problem)[1] <= TUNING.small_model


def is_small(document: Document) -> bool:
    """Return True when an engine can be asked without a process of its own."""
    return _is_small(Question(document).exact_form.problem)


class _StopAtFirstPlan(NullMonitor):
    """Monitor that ends a heuristic at its first schedule that keeps the rules of the instance."""

    def __init__(self, question: Question, of: CompiledInstance, deadline: Deadline) -> None:
        super().__init__(lambda: question.found is not None or deadline.expired())
        self.question, self.of = question, of

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Try it on the instance."""
        if self.question.found is None:
            self.question.accept(self.of, schedule)


def _heuristic(question: Question, of: CompiledInstance, problem: Problem, seconds: float) -> bool:
    if seconds <= 0:
        return False
    monitor = _StopAtFirstPlan(question, of, Deadline.after(seconds))
    solution = methods.load_method("greedy")(problem, None, Limits(seconds), monitor)
    if question.found is None and solution.schedule is not None:
        question.accept(of, solution.schedule)
    return question.found is not None


def _solve_in_children(question: Question, problems: list[CompiledInstance], deadline: Deadline) -> Answer:
    """Return the answer of engines in child processes: CP-SAT on each form, LNS with frugal costs."""
    calls = [("cpsat", each, without_costs(each.problem)) for each in problems]
    frugal_problem = frugal(problems[0].problem)
    if frugal_problem is not None:
        calls.append(("lns", problems[0], frugal_problem))
    children = [
        (
            WorkerProcess(
                name, problem, None, Limits(max(0.1, deadline.left()), gap=TUNING.any_gap if name == "cpsat" else 0.0)
            ),
            of,
        )
        for name, of, problem in calls
    ]
    running = len(children)
    try:
        while running and deadline.left() > -0.5:
            for child, of in children:
                while child.messages.qsize():
                    match child.messages.get():
                        case ("incumbent", schedule, _) if question.accept(of, schedule):
                            return question.text(True)
                        case ("done", solution):
                            running -= 1
                            if _proves_none(child.method, solution):
                                return Answer(False)
                            if solution.schedule is not None and question.accept(of, solution.schedule):
                                return question.text(True)
                        case ("unfit", _):
                            running -= 1
            time.sleep(TUNING.poll_seconds)
        return Answer(None)
    finally:
        for child, _ in children:
            child.kill()


def _proves_none(method: str, solution: Solution) -> bool:
    return method == "cpsat" and solution.status is Status.INFEASIBLE


def without_costs(problem: Problem) -> Problem:
    """Return the problem without costs, so that all schedules are equally good."""
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
        early_slope=none(problem.early_slope),
        early_base=none(problem.early_base),
        nodes=replace(nodes, costs=costs),
    )


def frugal(problem: Problem, only: Sequence[int] | None = None) -> Problem | None:
    """Return the problem with the use of quotas (of `only` these) as its cost; None without such quotas.

    A search for little cost then finds schedules that keep the quotas, which bind at the end and not step by step.
    """
    chosen = range(len(problem.quotas)) if only is None else only
    quotas = [problem.quotas[at] for at in chosen]
    others = tuple(quota for at, quota in enumerate(problem.quotas) if at not in chosen)
    if not quotas:
        return None
    most = max(quota.limit for quota in quotas)
    free = without_costs(problem)
    price, fixed, costs = free.price.copy(), free.fixed.copy(), free.nodes.costs
    for quota in quotas:
        weight = max(1, most // max(1, quota.limit)) if len(quotas) > 1 else 1
        if weight * max(1, most) > 2**50:
            weight = 1
        price[quota.rows] += weight * quota.rate
        fixed[quota.options] += weight * quota.once
        if quota.nodes is not None and len(problem.nodes):
            costs = NodeCosts(
                **{
                    name: getattr(costs, name) + weight * getattr(quota.nodes, name)
                    for name in costs.__dataclass_fields__
                }
            )
    return replace(free, price=price, fixed=fixed, quotas=others, nodes=replace(free.nodes, costs=costs))
