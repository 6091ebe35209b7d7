"""Explanation of infeasibility: conflicts by a deletion filter, repairs verified by solving.

A conflict is a set of tasks and statements that cannot hold together and of which none can be spared: without
any one of them the rest can hold. Each of these answers is an engine's proof or a plan that passed the rules; where
the time was too short for one, the explanation says for which line that is not known.

The filter begins with tasks that cannot run even alone, then with those of a proof without search
(`models.farkas`), then with all. It drops groups first, then single members (Chinneck, 2008, Feasibility
and Infeasibility in Optimization, chapter 6, deletion filtering in groups).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import dotted
from leptonopt.infeasibility.documents import Document, earners, pruned, subset
from leptonopt.infeasibility.feasibility_check import Answer, FeasibilityOracle, Question
from leptonopt.infeasibility.repairs import Repair, Repairs
from leptonopt.infeasibility.requirement import FAMILIES, NotRemovable, Requirement, without_requirements
from leptonopt.infeasibility.requirements import requirements_of
from leptonopt.infeasibility.service_requirements import RULES
from leptonopt.instance import Instance
from leptonopt.instance.notation import plain
from leptonopt.instance.stated import Plain
from leptonopt.plan.numbers import number
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.session.request import make_limits, resolve_instance

__all__ = ["Conflict", "Explanation", "Repair", "explain"]


@dataclass(frozen=True)
class ExplainTuning:
    """Tuning constants with their units."""

    conflicts: int = 5  # conflicts found one after another at most
    single_tasks: int = 3  # tasks without a start that are tried one by one
    feasibility_share: float = 0.8  # share of the time for whether a plan exists; the rest is for undecided cases
    conflict_share: float = 0.5  # share of the remaining time for conflicts; the rest is for repairs
    question_share: float = 0.12  # share of the remaining time for one question of the deletion filter


TUNING = ExplainTuning()
ORDER = (  # of attempts to spare a demand; where either of two would do, the later one stays
    *("memory", "label", "without", "quality", "confidential"),
    *(f"service {key}" for key in RULES),
    *("boot", "minimum", "minimum_off", "minimum_load", "horizon", "release", "after"),
    *(
        "maintenance",
        "on_time",
        "on_demand",
        "quota",
        "together",
        "apart",
        "deadline",
        "data",
        "nodes",
        "capacity",
        "placement",
        "batch",
        "service",
    ),
)


@dataclass(frozen=True)
class Conflict:
    """Tasks that must run and statements that cannot hold together.

    Attributes
    ----------
    tasks, demands : its lines
    unproven : lines (ids of tasks, places of demands) of which it is not known in time whether they can be spared
    document : the conflict by itself, with the gaps of what it does not need; see `instance`
    """

    tasks: tuple[str, ...]
    demands: tuple[Requirement, ...]
    unproven: tuple[str, ...] = ()
    document: Document = field(default_factory=dict, repr=False)

    @property
    def minimal(self) -> bool:
        """Return True when each line is needed, which is proven by a plan for the rest."""
        return not self.unproven

    @property
    def instance(self) -> Document:
        """Return the conflict as an instance: these tasks and requirements alone."""
        return pruned(self.document)

    def without(self, line: Requirement | str) -> Document:
        """Return the conflict without a requirement or a task; a plan exists if the conflict is minimal."""
        if isinstance(line, str):
            return pruned(subset(self.document, [id for id in self.tasks if id != line]))
        return pruned(without_requirements(self.document, [line]))


@dataclass(frozen=True)
class Explanation:
    """Result of `explain`; `status` is infeasible, feasible, or unknown when time ran out."""

    status: str
    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    currency: str
    seconds: float
    notes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return the explanation as plain data."""
        return {
            "leptonopt_explanation": 1,
            "status": self.status,
            "conflicts": [
                {
                    "tasks": list(conflict.tasks),
                    "demands": [
                        {
                            "kind": each.kind,
                            "subject": list(each.subject),
                            "place": dotted(each.place),
                            "words": each.words,
                        }
                        for each in conflict.demands
                    ],
                    "minimal": conflict.minimal,
                    "unproven": list(conflict.unproven),
                }
                for conflict in self.conflicts
            ],
            "reasons": list(self.reasons),
            "repairs": [
                {
                    "changes": list(repair.changes),
                    "cost": number(repair.cost),
                    "cost_exact": str(repair.cost),
                    "status": repair.status,
                }
                for repair in self.repairs
            ],
            "currency": self.currency,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
        }


def explain(
    instance: Instance | Mapping[str, Any] | str | PathLike[str],
    *,
    time_limit: float = 60.0,
    format: str | None = None,
    params: Mapping[str, str] | None = None,
    on_progress: Callable[[str], None] | None = None,
    begun: float | None = None,
    repairs: bool = True,
) -> Explanation:
    """Explain why an instance has no plan.

    Parameters
    ----------
    instance, format, params : as of `leptonopt.solve`
    time_limit : seconds of wall clock for everything
    on_progress : called with a line of what is being done
    begun : the moment of `time.monotonic` from which the time limit counts; default the call
    repairs : whether changes that would help are searched

    Raises
    ------
    UsageError, InputError, InstanceError
        When the call or the instance is wrong.
    NoPlan
        When the time limit ends while the instance is still being read.
    """
    watch = Stopwatch(begun)
    deadline = Deadline(watch.begun + time_limit)
    make_limits(time_limit)
    with time_limited(deadline, "the instance was read"):
        found, stated, _ = resolve_instance(instance, format, params)
    return _Explainer(found, plain(stated), watch, time_limit, on_progress or (lambda line: None)).explanation(repairs)


class _Explainer:
    def __init__(
        self, instance: Instance, written: Plain, watch: Stopwatch, limit: float, say: Callable[[str], None]
    ) -> None:
        self.instance, self.written, self.watch, self.limit, self.say = instance, written, watch, limit, say
        self.document = {"tasks": [], **instance.document()}
        self.end = Deadline(watch.begun + limit)
        self.oracle = FeasibilityOracle(Deadline(watch.begun + TUNING.feasibility_share * limit))
        self.notes: list[str] = []
        self.core: tuple[str, ...] = ()  # ids of tasks that carry the last proof

    def explanation(self, repairs: bool) -> Explanation:
        """Return whether there is a plan, the conflicts, and repairs if they are asked for."""
        self.say("looking for a plan")
        answer = self.oracle.answer(self.document, share=1.0)
        if answer.feasible is None:
            answer = self._undecided_answer()
        if answer.feasible is not False:
            return self._result("unknown" if answer.feasible is None else "feasible", (), ())
        self.core = answer.core
        self.oracle.deadline = self.end.share(TUNING.conflict_share)
        conflicts = tuple(self._conflicts())
        if not repairs:
            return self._result("infeasible", conflicts, ())
        self.oracle.deadline = self.end
        search = Repairs(self.instance, self.document, self.oracle, self.say, self.notes, counted=bool(answer.core))
        found = search.of(conflicts)
        if not found:
            self.notes.append("no repair by a single kind of change was found and verified in time")
        return self._result("infeasible", conflicts, found)

    def _result(self, status: str, conflicts: tuple[Conflict, ...], repairs: tuple[Repair, ...]) -> Explanation:
        reasons = tuple(compile_instance(self.instance).impossible) if status == "infeasible" else ()
        notes = tuple(dict.fromkeys(self.notes))
        seconds = self.watch.seconds()
        return Explanation(status, conflicts, repairs, self.instance.currency, seconds, notes, reasons)

    def _undecided_answer(self) -> Answer:
        """Note without which rules a plan exists, then ask again with all the remaining time."""
        self.oracle.deadline = self.end
        compile_instance(self.instance)  # raises what cannot be planned at all
        requirements = requirements_of(self.instance)
        families = {name: [each for each in requirements if each.kind in kinds] for name, kinds in FAMILIES.items()}
        families = {name: each for name, each in families.items() if each}
        sufficient: list[str] = []
        for number_, (name, each) in enumerate(families.items()):
            self.say(f"a plan without rules of {name}")
            with suppress(NotRemovable):
                if self.oracle.possible(
                    without_requirements(self.document, each), share=1 / (len(families) - number_ + 1)
                ):
                    sufficient.append(name)
        answer = self.oracle.answer(self.document, share=1.0)
        if answer.feasible is None:
            seconds = self.watch.seconds()
            parts = (
                "undecided is whether the rest leaves room for them: "
                f"a plan exists without the rules of {', or without those of '.join(sufficient)}"
            )
            self.notes.append(
                f"neither a plan nor a proof that there is none was found in {seconds:.0f} s of the time limit; "
                + (parts if sufficient else f"the same without the rules of any one of {', '.join(families)}")
                + "; try a longer one (-t)"
            )
        return answer

    # --- conflicts ---

    def _conflicts(self) -> Iterator[Conflict]:
        """Yield conflicts, each found without the requirements of the earlier ones."""
        removed: list[Requirement] = []
        for number_ in range(1, TUNING.conflicts + 1):
            self.say(f"conflict {number_}")
            try:
                rest = without_requirements(self.document, removed)
            except NotRemovable:
                return
            if removed and self._fails(rest) is not True:
                return
            conflict = self._conflict(rest, removed)
            yield conflict
            if not conflict.demands:
                return
            removed += conflict.demands

    def _conflict(self, document: Document, removed: Sequence[Requirement]) -> Conflict:
        tasks_in_conflict = next(self._candidates(document))
        least, unproven = self._least(tasks_in_conflict, lambda ids: self._fails(subset(document, ids)))
        tasks = [task["id"] for task in document["tasks"] if task["id"] in least]
        reduced = subset(document, tasks)
        before = {(each.kind, each.subject) for each in removed}
        requirements = requirements_of(self.instance, {*tasks, *earners(document)})
        requirements = [replace(each, place=self.written.line(each.place)) for each in requirements]
        demands = [each for each in requirements if (each.kind, each.subject) not in before]
        remaining, unsure = self._needed(
            demands, lambda remaining: self._fails(_with_only(reduced, demands, remaining))
        )
        lines = (*unproven, *(dotted(each.place) for each in unsure))
        return Conflict(tuple(tasks), tuple(remaining), lines, _with_only(reduced, demands, remaining) or reduced)

    def _fails(self, document: Document | None) -> bool | None:
        """Return True when a document is proven to have no plan; None when that is not known."""
        if document is None or self.oracle.out_of_time():
            return None
        answer = self.oracle.answer(document, TUNING.question_share)
        self.core = answer.core
        return None if answer.feasible is None else not answer.feasible

    def _candidates(self, document: Document) -> Iterator[list[str]]:
        """Yield sets of tasks that cannot all run, likely small ones first; at last all of them."""
        question, core = Question(document), self.core
        instance = question.instance
        for at in question.exact_form.stuck[: TUNING.single_tasks]:
            if self._fails(subset(document, found := _connected_by_precedence(instance, instance.tasks[at].id))):
                yield found
        if core and (self._is_independent(core, document) or self._fails(subset(document, core))):
            self.core = core
            yield list(core)
        yield [task["id"] for task in document["tasks"]]

    def _needed(
        self, demands: Sequence[Requirement], fails: Callable[[Sequence[Requirement]], bool | None]
    ) -> tuple[list[Requirement], list[Requirement]]:
        """Return the needed requirements, and those for which that is not known; all of a kind go first."""
        remaining, unsure = list(demands), list[Requirement]()
        for kind in ORDER:
            same = [each for each in remaining if each.kind == kind]
            parts = [same] if len(same) < 2 else [same, *([each] for each in same)]
            for part in parts if same else ():
                rest = [each for each in remaining if each not in part]
                feasible = fails(rest)
                if feasible:
                    remaining = rest
                    if part is same:
                        break
                elif feasible is None and len(part) == 1:
                    unsure += part
        return remaining, unsure

    def _is_independent(self, ids: Sequence[object], document: Document) -> bool:
        """Return True when no precedence links these tasks with others."""
        same = set(ids)
        edges = [
            (task["id"], after if isinstance(after, str) else after["task"])
            for task in document["tasks"]
            for after in task.get("after", ())
            if after is not None
        ]
        return not earners(document) and all((second in same) == (first in same) for second, first in edges)

    def _least(
        self, members: Sequence[str], fails: Callable[[Sequence[str]], bool | None]
    ) -> tuple[list[str], list[str]]:
        """Return a minimal set of tasks for which `fails` holds, and those for which that is not known.

        Where a proof says which tasks carry it, the others are dropped at once: then tasks go one by one, as the
        next proof is likely to need fewer still.
        """
        remaining, size = list(members), 1 if set(members) <= set(self.core) else max(1, len(members) // 2)
        while True:
            at, unsure = 0, list[str]()
            while at < len(remaining):
                rest = remaining[:at] + remaining[at + size :]
                feasible = fails(rest)
                if feasible:
                    core = [each for each in rest if each in self.core] if self.core else []
                    if (
                        core
                        and len(core) < len(rest)
                        and (self._is_independent(self.core, self.document) or fails(core))
                    ):
                        at, rest = sum(each in core for each in remaining[:at]), core
                    remaining = rest
                    continue
                unsure += remaining[at : at + size] if feasible is None else []
                at += size
            if size == 1:
                return remaining, unsure
            size = max(1, min(size // 2, len(remaining) // 2))


def _with_only(document: Document, demands: Sequence[Requirement], remaining: Sequence[Requirement]) -> Document | None:
    """Return the document with some of the requirements alone; None where it cannot be stated."""
    stays = {id(statement) for statement in remaining}
    with suppress(NotRemovable):
        return without_requirements(document, [each for each in demands if id(each) not in stays])
    return None


def _connected_by_precedence(instance: Instance, id: str) -> list[str]:
    """Return the ids of the tasks that precedence connects with a task, in the order of the instance."""
    waits = {task.id: {after.task for after in task.after} for task in instance.tasks}
    linked, grown = set[str](), {id}
    while grown - linked:
        linked |= grown
        grown = {first for each in linked for first in waits[each]} | {
            each for each, before in waits.items() if before & linked
        }
    return [task.id for task in instance.tasks if task.id in linked]
