"""One question of a document: can it have a plan at all?

Cheap answers come first: what can never run, then heuristics, then proofs; each of them on the relaxation of
`leptonopt.infeasibility.node_relaxation` before the instance itself. A document is told to have no plan only by an
engine's proof, or because a task has no start; it is told to have one only when a schedule keeps every rule.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from leptonopt.algorithms.models.time_indexed import has_no_columns, predicted_size
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.errors import InstanceError, OutOfTime
from leptonopt.infeasibility.documents import Document, pruned, shorter
from leptonopt.infeasibility.farkas import prove_infeasible
from leptonopt.infeasibility.node_relaxation import assign_nodes, relax_node_identity
from leptonopt.instance import Instance, units, validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Solution, Status
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.worker_process import WorkerProcess
from leptonopt.solvers import registry as methods

QUICK = 2.0  # seconds of each heuristic before an engine is asked
LEAST = 4.0  # seconds that a single question may always take while there are as many
TINY = 2_000  # nonzeros of a model that an engine answers at once
SMALL = 200_000  # nonzeros of a model that is solved here; a larger one gets a process of its own
ANY = 1e5  # a gap at which any plan will do
POLL = 0.02
Line = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """Whether a plan exists (None: not known in time).

    Attributes
    ----------
    tasks : of a plan that was found, as a plan states them
    core : ids of the tasks of which a proof without search says that they cannot all run, even if none of the
        others must; empty where there is no such proof
    """

    word: bool | None
    tasks: tuple[Line, ...] = ()
    core: tuple[str, ...] = ()


class Question:
    """A document as the problems that engines are asked about."""

    def __init__(self, document: Document) -> None:
        self.instance: Instance = validate(pruned(document))
        self.whole: CompiledInstance = compile_instance(self.instance)
        apart = any(kind.node is not None for kind in self.whole.kinds)
        self.relaxation = relax_node_identity(self.instance) if apart else self.whole
        self.found: Schedule | None = None

    @property
    def impossible(self) -> bool:
        """Whether a task that must run has no start, alone or for all engines."""
        return any(each.impossible or has_no_columns(each.problem) for each in (self.whole, self.relaxation))

    def take(self, of: CompiledInstance, schedule: Schedule) -> bool:
        """Keep a schedule that is one of the instance, once it is placed on nodes."""
        schedule = replace(schedule, rent=None) if of is not self.whole else schedule
        made = assign_nodes(of, schedule, self.whole) if of is not self.whole else schedule
        if made is None or violated_rules(self.whole.problem, made):
            return False
        self.found = made
        return True

    def ids(self, groups: tuple[int, ...]) -> tuple[str, ...]:
        """Ids of the tasks in groups of the relaxation."""
        members = self.relaxation.members
        found = [self.instance.tasks[task].id for group in groups for task, _, _ in members[group]]
        return tuple(dict.fromkeys(found))

    def said(self, word: bool | None) -> Answer:
        """The answer, with the plan that was found."""
        if self.found is None:
            return Answer(word)
        time_, lines = self.instance.time, []
        for run in decode(self.whole, self.found)[0]:
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
        """Seconds that are left."""
        return self.deadline.left()

    def out_of_time(self) -> bool:
        """Whether there is no more time for questions."""
        return self.left() <= 0

    def least_use(self, document: Document, quota: str, seconds: float) -> Fraction | None:
        """Return how much of a quota some plan uses that keeps all other rules; None where none was found."""
        try:
            question = Question(document)
        except InstanceError:
            return None
        of, found = question.relaxation, list[Fraction]()
        mine = [at for at, window in enumerate(of.windows) if window.quota.id == quota]
        if not mine or question.impossible:
            return None
        least = frugal(of.problem, mine)

        class Ear(NullMonitor):
            def incumbent(self, schedule: Schedule, cost: int) -> None:
                if question.take(of, schedule) and (rent := node_schedule_of(of.problem, schedule)) is not None:
                    uses = [
                        quota_use(of.problem, of.problem.quotas[at], schedule, rent) * of.quota_units[at] for at in mine
                    ]
                    found.append(max(uses))

        deadline = Deadline.after(min(seconds, self.left()))
        if least is not None and not deadline.expired():
            methods.load_method("greedy")(least, None, Limits(deadline.left()), Ear(deadline.expired))
        return min(found, default=None)

    def possible(self, document: Document, share: float = 0.25) -> bool | None:
        """Whether the document can have a plan; a question may take that share of the time that is left."""
        return self.answer(document, share).word

    def answer(self, document: Document, share: float = 0.25, hopeful: bool = False) -> Answer:
        """The same, with the plan that was found; it is looked for before a proof that there is none if `hopeful`."""
        if not document["tasks"]:
            return Answer(True)
        if self.out_of_time():
            return Answer(None)
        if (brief := shorter(document)) is not None and (found := self.answer(brief, share)).word:
            return found
        try:
            with time_limited(self.deadline.until, "a question was put"):
                question = Question(document)
        except OutOfTime:
            return Answer(None)
        except InstanceError:  # a repair that the format does not allow, such as a deadline before its release
            return Answer(None)
        if question.impossible:
            return Answer(False)
        seconds = min(self.left(), max(LEAST, share * self.left()))
        if seconds <= 0:
            return Answer(None)
        return _answered(question, Deadline.after(seconds), hopeful)


def _answered(question: Question, deadline: Deadline, hopeful: bool) -> Answer:
    both = [question.relaxation, *([question.whole] if question.whole is not question.relaxation else [])]
    tiny, few = (all(predicted_size(each.problem)[1] <= most for each in both) for most in (TINY, SMALL))
    if hopeful and not tiny and _plan_found(question, both, deadline):
        return question.said(True)
    free = without_costs(question.relaxation.problem)
    if not tiny and (found := prove_infeasible(free, 0.7 * deadline.left())):
        return Answer(False, core=question.ids(found.groups))
    if not hopeful and not tiny and _plan_found(question, both, deadline):
        return question.said(True)
    if few:
        return _searched(question, both, deadline)
    return _engines(question, both, deadline)


def _searched(question: Question, both: list[CompiledInstance], deadline: Deadline) -> Answer:
    """What CP-SAT says here, on the relaxation first."""
    for number, each in enumerate(both):
        seconds = deadline.left() / (len(both) - number)
        limits = Limits(max(0.1, seconds), gap=ANY)
        solution = methods.load_method("cpsat")(without_costs(each.problem), None, limits, NullMonitor())
        if solution.schedule is not None and question.take(each, solution.schedule):
            return question.said(True)
        if solution.status is Status.INFEASIBLE:
            return Answer(False)
    return Answer(None)


def _plan_found(question: Question, both: list[CompiledInstance], deadline: Deadline) -> bool:
    """Whether a heuristic finds a plan, for no cost or for little use of quotas."""
    for each in both:
        for problem in (without_costs(each.problem), frugal(each.problem)):
            seconds = min(QUICK, 0.3 * deadline.left())
            if problem is not None and _heuristic(question, each, problem, seconds):
                return True
    return False


def _small(problem: Problem) -> bool:
    return predicted_size(problem)[1] <= SMALL


def small(document: Document) -> bool:
    """Whether an engine can be asked without a process of its own."""
    return _small(Question(document).whole.problem)


class _Ear(NullMonitor):
    """Ends a heuristic at its first schedule that keeps the rules of the instance."""

    def __init__(self, question: Question, of: CompiledInstance, deadline: Deadline) -> None:
        super().__init__(lambda: question.found is not None or deadline.expired())
        self.question, self.of = question, of

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Try it on the instance."""
        if self.question.found is None:
            self.question.take(self.of, schedule)


def _heuristic(question: Question, of: CompiledInstance, problem: Problem, seconds: float) -> bool:
    if seconds <= 0:
        return False
    ear = _Ear(question, of, Deadline.after(seconds))
    solution = methods.load_method("greedy")(problem, None, Limits(seconds), ear)
    if question.found is None and solution.schedule is not None:
        question.take(of, solution.schedule)
    return question.found is not None


def _engines(question: Question, both: list[CompiledInstance], deadline: Deadline) -> Answer:
    """What engines in processes of their own say, side by side: CP-SAT on each problem, a search with frugal costs."""
    asked = [("cpsat", each, without_costs(each.problem)) for each in both]
    thrift = frugal(both[0].problem)
    if thrift is not None:
        asked.append(("lns", both[0], thrift))
    children = [
        (
            WorkerProcess(name, problem, None, Limits(max(0.1, deadline.left()), gap=ANY if name == "cpsat" else 0.0)),
            of,
        )
        for name, of, problem in asked
    ]
    going = len(children)
    try:
        while going and deadline.left() > -0.5:
            for child, of in children:
                while child.messages.qsize():
                    match child.messages.get():
                        case ("incumbent", schedule, _) if question.take(of, schedule):
                            return question.said(True)
                        case ("done", solution):
                            going -= 1
                            if _proves_none(child.method, solution):
                                return Answer(False)
                            if solution.schedule is not None and question.take(of, solution.schedule):
                                return question.said(True)
                        case ("unfit", _):
                            going -= 1
            time.sleep(POLL)
        return Answer(None)
    finally:
        for child, _ in children:
            child.kill()


def _proves_none(method: str, solution: Solution) -> bool:
    return method == "cpsat" and solution.status is Status.INFEASIBLE


def without_costs(problem: Problem) -> Problem:
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


def frugal(problem: Problem, only: Sequence[int] | None = None) -> Problem | None:
    """The same without quotas (without `only` these), where the cost is what they count; None without such quotas.

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
