"""The instance of what is left: the rest of the horizon, what runs, what waits, and changes.

Replanning is planning this instance. It is in the native format, so every method plans it, and the checker that knows
nothing of replanning verifies that what stays really stays, what is frozen keeps its start, and what moves pays for it.

- A task that runs has the option `OPTION (stays)`: it can only start at the new start of the horizon, for what is left
  of its work, and its fixed cost is paid already.
- A task that waits and was planned has the option `OPTION (kept)`, which can only start as planned.
- Every other option of these consumes one of `changes`, of which `objective.ties` makes the fewest among plans of equal
  cost, and which a quota may limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, NodeKind, Task, refuse, units
from leptonopt.instance.features import FEATURES, GREATEST_LAGS
from leptonopt.instance.tasks import After
from leptonopt.plan.diff import Place, place_of
from leptonopt.plan.entries import each_copy
from leptonopt.replanning.state import Key, Move, Running, Standing, State

CHANGES = "changes"
STAYS, KEPT = " (stays)", " (kept)"
MAX_COPIES = 20_000  # that are planned one by one
Document = dict[str, Any]


@dataclass
class Replanned:
    """The instance of what is left.

    Attributes
    ----------
    document : the instance, in the native format.
    names : per task of it, the task and the copy that it stands for.
    placed : where copies run or were planned, by task and copy, of those that are planned again.
    warm_start : the old plan in the words of the new instance.
    notes : what was approximated or changed, one line each.
    """

    document: Document
    names: dict[str, Key] = field(default_factory=dict)
    placed: dict[Key, Place] = field(default_factory=dict)
    warm_start: Document = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def old_placements(plan: Mapping[str, Any]) -> dict[Key, Place]:
    """Return where every copy runs in a plan."""
    found = {}
    for key, line in each_copy(plan.get("tasks", ())):
        task, hash_sign, number = key[0].rpartition("#")
        found[key] = place_in(line)
        if hash_sign and number.isdigit():  # of a plan that was made by replanning
            found.setdefault((task, int(number)), found[key])
    return found


def place_in(line: Mapping[str, Any]) -> Place:
    """Return the place of an entry; the name of its option loses what replanning has added to it."""
    place = place_of(line)
    return replace(place, option=_plain(place.option))


def remaining_instance(
    instance: Instance,
    plan: Mapping[str, Any],
    state: State,
    frozen: int = 0,
    changes: int | None = None,
) -> Replanned:
    """Return the instance of what is left at the instant of a state.

    Parameters
    ----------
    instance : the world as it is now: its tasks, pools, prices and deadlines.
    plan : the document of the plan that has been carried out so far.
    frozen : seconds from the new start in which planned starts are kept.
    changes : how many tasks may change at most; None: no limit.

    Raises
    ------
    UsageError
        When nothing is left of the horizon, or more than 20,000 copies are to be planned one by one.
    """
    refuse(instance, "replan", *(name for name in FEATURES if name != GREATEST_LAGS))
    return _Rewriting(instance, old_placements(plan), state, frozen, changes).made()


class _Rewriting:
    """An instance on the way to what is left of it."""

    def __init__(
        self, instance: Instance, old: dict[Key, Place], state: State, frozen: int, changes: int | None
    ) -> None:
        self.instance, self.old, self.state, self.changes = instance, old, state, changes
        time = instance.time
        passed = max(0, ceil((state.now - time.start).total_seconds() / time.slot))
        if passed >= time.slots:
            raise UsageError(f"at {units.instant_text(state.now)} nothing is left of the horizon; give a longer one")
        self.start = time.start + timedelta(seconds=passed * time.slot)
        self.horizon = time.horizon - passed * time.slot
        self.frozen_until = self.start + timedelta(seconds=frozen)
        self.running = {run.key: run for run in state.running}
        self.ended = {run.key: run.ended or state.now for run in state.done}
        self.result = Replanned({})
        self.lines: list[Document] = []
        self._stated: dict[str, Document] = {entry["id"]: entry for entry in instance.document()["tasks"]}
        self._expanded = self._copies_one_by_one()

    def made(self) -> Replanned:
        """Return the new instance."""
        document = self.instance.document()
        document["time"] = {
            **document["time"],
            "start": units.instant_text(self.start),
            "horizon": units.duration_text(self.horizon),
        }
        document["tasks"] = [entry for task in self.instance.tasks for entry in self._task(task)]
        if not document["tasks"]:
            raise UsageError("all tasks are done; there is nothing to plan")
        document["pools"] = self._pools(document["pools"])
        for name in ("together", "apart"):
            if name in document:
                sets = ([id for task in names for id in self._ids(task)] for names in document[name])
                document[name] = [each for each in sets if each]
        self._quotas(document)
        self.result.document = document
        self.result.warm_start = {"leptonopt_plan": 1, "tasks": self.lines}
        return self.result

    def _copies_one_by_one(self) -> set[str]:
        """Return the tasks whose copies are planned one by one: those of which the plan or the state speaks."""
        known = {task for task, _ in (*self.old, *self.running, *self.ended)}
        many = {task.id for task in self.instance.tasks if task.copies > 1 and task.id in known}
        total = sum(task.copies for task in self.instance.tasks if task.id in many)
        if total > MAX_COPIES:
            raise UsageError(f"{total:,} copies are to be planned one by one; at most {MAX_COPIES:,}")
        return many

    def _ids(self, task: str) -> list[str]:
        """Return the new tasks that stand for a task."""
        stated = next((each for each in self.instance.tasks if each.id == task), None)
        if stated is None or task not in self._expanded:
            return [] if stated is None or (task, 1) in self.ended else [task]
        return [f"{task}#{copy}" for copy in range(1, stated.copies + 1) if (task, copy) not in self.ended]

    # --- tasks ---

    def _task(self, task: Task) -> Iterator[Document]:
        """Yield what is left of a task: itself, one entry for each copy, or nothing."""
        if task.id not in self._expanded:
            if (task.id, 1) not in self.ended:
                yield self._entry(task, task.id, (task.id, 1))
            return
        for copy in range(1, task.copies + 1):
            if (task.id, copy) not in self.ended:
                yield self._entry(task, f"{task.id}#{copy}", (task.id, copy))

    def _entry(self, task: Task, id: str, key: Key) -> Document:
        self.result.names[id] = key
        entry = {**self._stated[task.id], "id": id}
        if task.id in self._expanded:
            entry.pop("copies", None)
        self._after(task, entry)
        run, planned = self.running.get(key), self.old.get(key)
        if run is not None:
            self._runs_on(task, entry, run)
        elif planned is not None:
            self.result.placed[key] = planned
            self._waits(task, entry, planned)
        elif self._latest(task) is not None:
            entry.pop("work", None)
            ways = (way for way in self._ways(task) if way.refused is None)
            entry["options"] = [_option(way, way.id, way.duration, way.cost) for way in ways] or entry.get(
                "options", []
            )
        return entry

    def _after(self, task: Task, entry: Document) -> None:
        """Wait for what is left of the predecessors, and for the lags behind those that are done."""
        edges: list[Document] = []
        release = task.release
        for edge in task.after:
            edges += [_edge(id, edge) for id in self._ids(edge.task)]
            for (name, _), ended in self.ended.items():
                if name == edge.task and edge.lag:
                    free = ended + timedelta(seconds=edge.lag)
                    release = free if release is None else max(release, free)
        entry.pop("after", None)
        if edges:
            entry["after"] = edges
        if release is not None and release > self.start:
            entry["release"] = units.instant_text(release)
        else:
            entry.pop("release", None)

    def _latest(self, task: Task) -> datetime | None:
        """Return until when a task must start behind what is done; None for any time."""
        limits = [
            ended + timedelta(seconds=edge.most)
            for edge in task.after
            for (name, _), ended in self.ended.items()
            if name == edge.task and edge.most is not None
        ]
        return min(limits, default=None)

    def _runs_on(self, task: Task, entry: Document, run: Running) -> None:
        """Give a running task the option to stay, and those to move where it may."""
        ways = {way.id: way for way in self._ways(task)}
        way = self._way_of(task, run, ways)
        self.result.placed[run.key] = Place(units.instant_text(self._begun(run)), "", way.pool, way.id, way.variant)
        left = self._seconds_left(way, run)
        options = [_option(way, f"{way.id}{STAYS}", left, Decimal(0), not_after=self.start)]
        move = None if task.foreign else run.move or self.state.move
        if move is not None:
            options += [self._moved(each, run, move) for each in ways.values() if each.refused is None]
        for key in ("release", "optional", "work", "after"):  # it has started
            entry.pop(key, None)
        ends = self.start + timedelta(seconds=ceil(left / self.instance.time.slot) * self.instance.time.slot)
        if task.deadline is not None and ends > task.deadline and move is None:
            entry.pop("deadline", None)
            entry.pop("on_time", None)
            over = units.duration_text(int((ends - task.deadline).total_seconds()))
            self.result.notes.append(f"{entry['id']!r} runs {over} past its deadline, which it cannot meet any more")
        entry["options"] = options
        self._warm(entry["id"], options[0], self.start)

    def _ways(self, task: Task) -> list[ConcreteOption]:
        """Return the options of a task without those that an earlier replanning has added."""
        ways = concrete_options(self.instance, task)
        own = [way for way in ways if _plain(way.id) == way.id]
        own = own or [replace(way, id=_plain(way.id), not_before=None, not_after=None) for way in ways]
        latest = self._latest(task)
        return own if latest is None else [replace(way, not_after=min(way.not_after or latest, latest)) for way in own]

    def _way_of(self, task: Task, run: Running, ways: Mapping[str, ConcreteOption]) -> ConcreteOption:
        """Return the option in which a task runs, by the state, or else by the old plan."""
        planned = self.old.get(run.key)
        as_planned = planned is not None and run.pool in (None, planned.pool)
        named = _plain(run.option or (planned.option if planned is not None and as_planned else ""))
        if named in ways:
            return ways[named]
        pool = run.pool or (planned.pool if planned else None)
        on_pool = [way for way in ways.values() if way.pool == pool] or list(ways.values())[: len(ways) == 1]
        if not on_pool:
            known = ", ".join(ways) or "none"
            text = f"{named or 'no option'!r} is none of its options; there are {known}"
            raise UsageError(f"state: running task {task.id!r}: {text}")
        return on_pool[0]

    def _begun(self, run: Running) -> datetime:
        """Return when a running task has started, by the state, or else by the old plan."""
        return run.started or (self.old[run.key].begins if run.key in self.old else self.state.now)

    def _seconds_left(self, way: ConcreteOption, run: Running) -> Fraction:
        """Return the seconds from the new start until a running task ends, at least one."""
        if run.ends is not None:
            return Fraction(max(1, int((run.ends - self.start).total_seconds())))
        waited = Fraction(int((self.start - self.state.now).total_seconds())) if self.start > self.state.now else 0
        if run.progress is not None:
            left = (1 - Fraction(run.progress)) * way.duration - waited
        else:
            left = way.duration - int((self.start - self._begun(run)).total_seconds())
        return max(Fraction(1), left)

    def _moved(self, way: ConcreteOption, run: Running, move: Move) -> Document:
        left = move.restart + (1 - Fraction(run.saved)) * way.duration
        return _option(way, way.id, max(Fraction(1), left), way.cost + move.cost, change=True)

    def _waits(self, task: Task, entry: Document, planned: Place) -> None:
        """Give a waiting task the option to keep its place, and make all others changes."""
        ways = [way for way in self._ways(task) if way.refused is None]
        kept = [way for way in ways if way.id == planned.option] or [way for way in ways if way.pool == planned.pool]
        start, latest = max(planned.begins, self.start), self._latest(task)
        options = []
        if latest is not None and start > latest:
            kept = []  # it may not start as planned any more
        if kept:
            kept_option = _option(
                kept[0], f"{kept[0].id}{KEPT}", kept[0].duration, kept[0].cost, not_before=start, not_after=start
            )
            options.append(kept_option)
            self._warm(entry["id"], kept_option, start)
        if not kept or not (task.id in self.state.fixed or start < self.frozen_until):
            options += [_option(way, way.id, way.duration, way.cost, change=True) for way in ways]
        entry.pop("work", None)
        entry["options"] = options or entry.get("options", [])

    def _warm(self, id: str, option: Document, start: datetime) -> None:
        seconds = units.duration(option["duration"])
        line = {
            "id": id,
            "option": option["id"],
            "pool": option["pool"],
            "uses": {},
            "start": units.instant_text(start),
        }
        self.lines.append({**line, "end": units.instant_text(start + timedelta(seconds=seconds))})

    # --- pools and quotas ---

    def _pools(self, pools: list[Document]) -> list[Document]:
        """Count what is committed already as reserved, since it is paid, and begin with the nodes that are on."""
        for pool, stated in zip(pools, self.instance.pools, strict=True):
            kinds = list(zip([name for name, _ in stated.kinds], pool.get("nodes", ()), strict=True))
            for _, kind in kinds:
                kind.pop("running", None)  # of the start of the old horizon
            for entry in self.state.nodes:
                if entry.pool == stated.id:
                    self._standing(next(kind for name, kind in kinds if entry.kind in (None, name)), entry)
        return pools

    def _standing(self, kind: Document, entry: Standing) -> None:
        if entry.committed:
            kind["reserved"] = kind.get("reserved", 0) + entry.committed
            commit = kind.get("commit")
            if isinstance(commit, dict) and commit.get("max") is not None:
                commit["max"] = max(0, commit["max"] - entry.committed)
        if entry.on:
            kind["running"] = min(kind.get("running", 0) + entry.on, NodeKind.model_validate(kind).most)

    def _quotas(self, document: Document) -> None:
        """Take off what has been used, and limit changes."""
        quotas = []
        teams = {task.get("team") for task in document["tasks"]}
        for quota in document.get("quotas", ()):
            if quota["of"] == CHANGES:  # of an earlier replanning
                continue
            if quota["id"] in self.state.used:
                left = Decimal(quota["limit"]) - self.state.used[quota["id"]]
                quota["limit"] = max(Decimal(0), left)
                if left < 0:
                    self.result.notes.append(f"quota {quota['id']!r} is used up beyond its limit by {-left}")
            if "tasks" in quota:
                quota["tasks"] = [id for task in quota["tasks"] for id in self._ids(task)]
            if "teams" in quota:
                quota["teams"] = [team for team in quota["teams"] if team in teams]
            if self._still_counts(quota, document):
                quotas.append(quota)
        consumed = any(
            CHANGES in option.get("consumes", {}) for task in document["tasks"] for option in task.get("options", ())
        )
        objective = document.setdefault("objective", {})
        objective["ties"] = [name for name in objective.get("ties", ()) if name != CHANGES]
        if consumed:
            objective["ties"].insert(0, CHANGES)
            if self.changes is not None:
                quotas.append({"id": CHANGES, "of": CHANGES, "limit": self.changes})
        if not objective["ties"]:
            del objective["ties"]
        if not objective:
            del document["objective"]
        if quotas:
            document["quotas"] = quotas
        else:
            document.pop("quotas", None)

    def _still_counts(self, quota: Document, document: Document) -> bool:
        """Return whether a quota of a consumed name is still consumed by something."""
        resources = {name for pool in self.instance.pools for name in pool.resources}
        if quota["of"] in ("money", "energy", "carbon") or quota["of"] in resources:
            return True
        return any(
            quota["of"] in option.get("consumes", {})
            for task in document["tasks"]
            for option in task.get("options", ())
        )


def _edge(id: str, edge: After) -> Document:
    """Return that a task waits for another, as an edge does."""
    times = {"lag": edge.lag or None, "most": edge.most}
    return {"task": id, **{name: units.duration_text(each) for name, each in times.items() if each is not None}}


def _plain(option: str) -> str:
    """Return the name of an option without what replanning has added."""
    return option.removesuffix(STAYS).removesuffix(KEPT)


def _option(
    way: ConcreteOption,
    id: str,
    seconds: Fraction,
    cost: Decimal,
    change: bool = False,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Document:
    """Return an option written out, with its duration in whole seconds, rounded up."""
    consumes = {} if id.endswith(STAYS) else {name: each for name, each in way.consumes.items() if name != CHANGES}
    if change:
        consumes[CHANGES] = Decimal(1)
    way = replace(way, consumes=consumes)
    return written_option(way, id, seconds, cost, not_before or way.not_before, not_after or way.not_after)
