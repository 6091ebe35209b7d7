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
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.compile.charges import billed_seconds, hourly_price
from leptonopt.compile.work_options import ConcreteOption, before_fetching, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, Task, refuse, units
from leptonopt.instance.features import ROUTES
from leptonopt.instance.tasks import After
from leptonopt.plan.diff import Place
from leptonopt.plan.entries import KEPT, STAYS, added, each_copy, plain_option
from leptonopt.replanning.data import LeftData
from leptonopt.replanning.limits import Limits
from leptonopt.replanning.names import CHANGES, place_in, stated_copy
from leptonopt.replanning.segments import CutCopy, old_segments
from leptonopt.replanning.services import left_of_services
from leptonopt.replanning.standing import beyond_counts, committed_savings, standing_pools
from leptonopt.replanning.state import Key, Move, Paused, Running, State

MONEY = Decimal("0.000000001")  # of the rest of a bill
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
    segments : planned segments that have not begun, by task of the instance, of those in segments.
    warm_start : the old plan in the words of the new instance.
    notes : what was approximated or changed, one line each.
    """

    document: Document
    names: dict[str, Key] = field(default_factory=dict)
    placed: dict[Key, Place] = field(default_factory=dict)
    segments: dict[str, list[Place]] = field(default_factory=dict)
    warm_start: Document = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def old_placements(plan: Mapping[str, Any]) -> dict[Key, Place]:
    """Return where every copy runs in a plan."""
    found = {}
    for key, line in each_copy(plan.get("tasks", ())):
        found[key] = place_in(line)
        found.setdefault(stated_copy(key), found[key])
    return found


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
    Unsupported
        When the instance has alternative routes.
    """
    refuse(instance, "replan", ROUTES)
    return _Rewriting(instance, plan, state, frozen, changes).made()


class _Rewriting:
    """An instance on the way to what is left of it."""

    def __init__(
        self, instance: Instance, plan: Mapping[str, Any], state: State, frozen: int, changes: int | None
    ) -> None:
        self.instance, self.plan, self.state, self.changes = instance, plan, state, changes
        self.old, self.old_segments = old_placements(plan), old_segments(plan)
        time = instance.time
        passed = max(0, ceil((state.now - time.start).total_seconds() / time.slot))
        if passed >= time.slots:
            raise UsageError(f"at {units.instant_text(state.now)} nothing is left of the horizon; give a longer one")
        self.start = time.start + timedelta(seconds=passed * time.slot)
        self.horizon = time.horizon - passed * time.slot
        self.frozen_until = self.start + timedelta(seconds=frozen)
        self.running = {run.key: run for run in state.running if not run.is_over_by(self.start, state.now)}
        self.paused = {run.key: run for run in state.paused}
        self.ended = {run.key: run.ended or state.now for run in state.done}
        self.ended |= {run.key: run.ends for run in state.running if run.ends and run.key not in self.running}
        self.ends: dict[str, list[datetime]] = {}  # by task
        for (task, _), ended in self.ended.items():
            self.ends.setdefault(task, []).append(ended)
        moved = {run.task: run.at for run in state.done if run.at}
        self.data = LeftData(instance, self.ended, self._done_pools(), moved)
        self.result = Replanned({})
        self.spot = {pool.id for pool in instance.pools if pool.interruptions is not None}
        self.lines: list[Document] = []
        self._tasks = {task.id: task for task in instance.tasks}
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
        if not document["tasks"] and not document.get("services"):
            raise UsageError("all tasks are done; there is nothing to plan")
        self.result.notes += self._odd()
        self.result.notes += left_of_services(self.instance, document, self.plan, self.state, self.start)
        document["pools"] = standing_pools(self.instance, document["pools"], self.state, self.start)
        document["savings"] = committed_savings(list(document.get("savings", ())), self.plan, self.start)
        for name in ("together", "apart"):
            if name in document:
                sets = ([id for task in names for id in self._ids(task)] for names in document[name])
                document[name] = [each for each in sets if each]
        Limits(self.instance, self._ids, self.state.used, self.start, self.changes, self.result.notes).rewrite(document)
        self.result.document = document
        self.result.warm_start = {"leptonopt_plan": 1, "tasks": self.lines}
        return self.result

    def _odd(self) -> list[str]:
        """Return notes on unknown names, starts after now, and more nodes than there are."""
        said = {run.task for run in (*self.state.done, *self.state.failed)}
        unknown = sorted(said - self._tasks.keys() - {task for task, _ in self.old})
        later = [run.task for run in self.state.running if run.started is not None and run.started > self.state.now]
        return [
            *(f"state: {name!r} is a task neither of the instance nor of the old plan" for name in unknown),
            *(f"state: {name!r} runs, and has started after now" for name in later),
            *beyond_counts(self.instance, self.state),
        ]

    def _done_pools(self) -> dict[str, str]:
        """Return where tasks that are done have run, as far as the state or the old plan says."""
        found = {key[0]: place.pool for key, place in self.old.items() if key in self.ended and key[1] == 1}
        return found | {run.task: run.pool for run in self.state.done if run.pool is not None and run.copy_ == 1}

    def _copies_one_by_one(self) -> set[str]:
        """Return the tasks whose copies are planned one by one: those of which the plan or the state speaks."""
        known = {task for task, _ in (*self.old, *self.running, *self.paused, *self.ended)}
        many = {task.id for task in self.instance.tasks if task.copies > 1 and task.id in known}
        total = sum(task.copies for task in self.instance.tasks if task.id in many)
        if total > MAX_COPIES:
            raise UsageError(f"{total:,} copies are to be planned one by one; at most {MAX_COPIES:,}")
        return many

    def _ids(self, task: str) -> list[str]:
        """Return the new tasks that stand for a task."""
        stated = self._tasks.get(task)
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
        if task.is_cut:
            return self._cut(task, entry, key)
        run, planned = self.running.get(key), self.old.get(key)
        if run is None and task.options and all(added(option.id or "") == "stays" for option in task.options):
            self.result.notes.append(
                f"state: {id!r} does not run any more, and the instance has only what was left of it: it is planned as "
                "if that were enough; the instance that was planned first has the whole of it"
            )
        if run is not None:
            self._runs_on(task, entry, run)
        elif planned is not None:
            self.result.placed[key] = planned
            self._waits(task, entry, planned)
        elif self._latest(task) is not None or self.data.edges(task):
            entry.pop("work", None)
            ways = (way for way in self._ways(task) if way.refused is None)
            entry["options"] = [_option(way, way.id, way.duration, way.cost) for way in ways] or entry.get(
                "options", []
            )
        return entry

    def _cut(self, task: Task, entry: Document, key: Key) -> Document:
        """Return what is left of a copy of a task in segments."""
        said: Running | Paused | None = self.running.get(key) or self.paused.get(key)
        ways = {way.id: before_fetching(way) for way in self._ways(task)}
        planned = self.old_segments.get(key, [])
        copy = CutCopy(self.instance, task, ways, planned, said, self.state.now, self.start)
        if copy.behind:
            self.old[key] = self.result.placed[key] = copy.behind[-1]
        way = None if said is None else self._way_of(task, said, ways)
        if way is not None:
            for name in ("release", "optional", "after"):  # it has started
                entry.pop(name, None)
            if task.deadline is not None and (ends := copy.last_possible(way)) > task.deadline:
                self._past_deadline(entry, ends, task.deadline)
        self.result.segments[entry["id"]] = copy.ahead
        self.lines += copy.lines(entry["id"], way)
        ends = self.start + timedelta(seconds=self.horizon)
        return copy.entry(entry, way, ends if task.id in self.state.fixed else self.frozen_until)

    def _past_deadline(self, entry: Document, ends: datetime, deadline: datetime) -> None:
        """Take off a deadline that cannot be met any more, with a note."""
        entry.pop("deadline", None)
        entry.pop("on_time", None)
        over = units.duration_text(int((ends - deadline).total_seconds()))
        self.result.notes.append(f"{entry['id']!r} runs {over} past its deadline, which it cannot meet any more")

    def _after(self, task: Task, entry: Document) -> None:
        """Wait for what is left of the predecessors, and for the lags behind those that are done."""
        edges: list[Document] = []
        release = task.release
        for edge in task.after:
            edges += [_edge(id, edge) for id in self._ids(edge.task)]
            for ended in self.ends.get(edge.task, ()) if edge.lag else ():
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
            if edge.most is not None
            for ended in self.ends.get(edge.task, ())
        ]
        return min(limits, default=None)

    def _runs_on(self, task: Task, entry: Document, run: Running) -> None:
        """Give a running task the option to stay, and those to move where it may."""
        ways = {way.id: way._replace(data=()) for way in self._ways(task)}
        way = self._way_of(task, run, ways)
        self.result.placed[run.key] = Place(units.instant_text(self._begun(run)), "", way.pool, way.id, way.variant)
        left = self._seconds_left(way, run)
        rest = self._rest_of_bill(way, run, left)
        if run.outside:
            way = way._replace(uses={}, whole=0, beside={})
        options = [_option(way._replace(not_before=None), f"{way.id}{STAYS}", left, rest, not_after=self.start)]
        stayed = {added(option.id or "") == "stays" for option in task.options}  # what an earlier replanning has added
        move = None if task.foreign or run.outside or stayed == {True} else run.move or self.state.move
        if move is not None:
            priced = True in stayed  # the options to move to have their price already
            possible = [each for each in ways.values() if each.refused is None]
            options += [_option(each, each.id, each.duration, each.cost, True) for each in possible if priced]
            options += [self._moved(each, run, move) for each in possible if not priced]
        for key in ("release", "optional", "work", "after", "inputs", "results"):  # it has started
            entry.pop(key, None)
        ends = self.start + timedelta(seconds=ceil(left / self.instance.time.slot) * self.instance.time.slot)
        if task.deadline is not None and ends > task.deadline and move is None:
            self._past_deadline(entry, ends, task.deadline)
        entry["options"] = options
        self._warm(entry["id"], options[0], self.start, self.old.get(run.key))

    def _ways(self, task: Task, pool: str | None = None) -> list[ConcreteOption]:
        """Return the options of a task, or those on a pool, but none that replanning has added."""
        own = concrete_options(self.instance, task, pool)
        if task.work is not None or any(added(option.id or "") is None for option in task.options):
            own = [way for way in own if added(way.id) is None]
        else:
            own = [way._replace(id=plain_option(way.id), not_before=None, not_after=None) for way in own]
        latest = self._latest(task)
        if latest is not None:
            own = [way._replace(not_after=min(way.not_after or latest, latest)) for way in own]
        return [self.data.fetching(task, way) for way in own] if task.after else own

    def _way_of(self, task: Task, run: Running | Paused, ways: Mapping[str, ConcreteOption]) -> ConcreteOption:
        """Return the option in which a task runs, by the state, or else by the old plan."""
        planned = self.old.get(run.key)
        as_planned = planned is not None and run.pool in (None, planned.pool)
        named = plain_option(run.option or (planned.option if planned is not None and as_planned else ""))
        if named in ways:
            return ways[named]
        pool = run.pool or (planned.pool if planned else None)
        on_pool = [way for way in ways.values() if way.pool == pool] or list(ways.values())[: len(ways) == 1]
        if not on_pool:
            known = ", ".join(ways) or "none"
            text = f"{named or 'no option'!r} is none of its options; there are {known}"
            what = "running" if isinstance(run, Running) else "paused"
            raise UsageError(f"state: {what} task {task.id!r}: {text}")
        if run.option is not None:
            text = f"{run.option!r} is none of its options; it is taken as {on_pool[0].id!r}"
            self.result.notes.append(f"state: {task.id!r}: {text}")
        return on_pool[0]

    def _begun(self, run: Running) -> datetime:
        """Return when a running task has started, by the state, or else by the old plan."""
        return run.started or (self.old[run.key].begins if run.key in self.old else self.state.now)

    def _seconds_left(self, way: ConcreteOption, run: Running) -> Fraction:
        """Return the seconds from the new start until a running task ends, at least one."""
        if run.ends is not None:
            left = Fraction(max(1, int((run.ends - self.start).total_seconds())))
            whole = int((run.ends - self._begun(run)).total_seconds())
            return left * way.duration / whole if way.pool in self.spot and whole > 0 else left
        waited = Fraction(int((self.start - self.state.now).total_seconds())) if self.start > self.state.now else 0
        if run.progress is not None:
            left = (1 - Fraction(run.progress)) * way.duration - waited
        else:
            left = way.duration - int((self.start - self._begun(run)).total_seconds())
        return max(Fraction(1), left)

    def _rest_of_bill(self, way: ConcreteOption, run: Running, left: Fraction) -> Decimal:
        """Return what a run on a pool with billing still pays beyond a run of the time that is left [money].

        What has been started is paid already.
        """
        pool = next(pool for pool in self.instance.pools if pool.id == way.pool)
        past = int((self.start - self._begun(run)).total_seconds())
        if pool.billing is None or past <= 0:
            return Decimal(0)
        whole, paid, new = (billed_seconds(Fraction(each), pool.billing) for each in (past + left, past, ceil(left)))
        hourly = hourly_price(way.uses, pool)
        rest = hourly * (whole - paid - new) / 3600
        return (Decimal(rest.numerator) / rest.denominator).quantize(MONEY)

    def _moved(self, way: ConcreteOption, run: Running, move: Move) -> Document:
        left = move.restart + (1 - Fraction(run.saved)) * way.duration
        return _option(way, way.id, max(Fraction(1), left), way.cost + move.cost, change=True)

    def _waits(self, task: Task, entry: Document, planned: Place) -> None:
        """Give a waiting task the option to keep its place, and make all others changes."""
        start, kept = max(planned.begins, self.start), self._ways_kept(task, planned)
        options = []
        kept = [way for way in kept if (way.not_before or start) <= start <= (way.not_after or start)]
        if kept:
            kept_option = _option(
                kept[0], f"{kept[0].id}{KEPT}", kept[0].duration, kept[0].cost, not_before=start, not_after=start
            )
            options.append(kept_option)
            self._warm(entry["id"], kept_option, start, planned)
        work = entry.pop("work", None)
        if not kept or not (task.id in self.state.fixed or start < self.frozen_until):
            own = [each for each in entry.get("options", ()) if not added(each.get("id") or "")]
            if self._is_free(task) and (own or work):
                options += [_as_change(each) for each in own]
                entry |= {"work": _as_change(work)} if work else {}
            else:
                ways = (way for way in self._ways(task) if way.refused is None)
                options += [_option(way, way.id, way.duration, way.cost, change=True) for way in ways]
        entry["options"] = options or entry.get("options", [])

    def _ways_kept(self, task: Task, planned: Place) -> list[ConcreteOption]:
        """Return the options in which a task may keep its place: that of the plan, or else those on its pool."""
        there = [way for way in self._ways(task, planned.pool) if way.refused is None]
        same = [way for way in there if way.id == planned.option]
        return same or [way for way in self._ways(task) if way.refused is None and way.id == planned.option] or there

    def _is_free(self, task: Task) -> bool:
        """Return whether the options of a task mean what they meant, so that none needs to be written out."""
        after = self._latest(task) is not None or self.data.edges(task) if task.after else False
        return not (after or task.inputs or task.results)

    def _warm(self, id: str, option: Document, start: datetime, place: Place | None) -> None:
        """Add a line to the warm start, on the nodes of its place in the old plan."""
        seconds = units.duration(option["duration"])
        nodes = place.nodes if place is not None and place.pool == option["pool"] else ()
        line = {
            "id": id,
            "option": option["id"],
            "pool": option["pool"],
            "uses": {},
            "start": units.instant_text(start),
        }
        placed: Document = {"nodes": list(nodes)} if nodes else {}
        self.lines.append({**line, "end": units.instant_text(start + timedelta(seconds=seconds)), **placed})


def _edge(id: str, edge: After) -> Document:
    """Return that a task waits for another, as an edge does."""
    times = {"lag": edge.lag or None, "most": edge.most}
    made = {"task": id, **{name: units.duration_text(each) for name, each in times.items() if each is not None}}
    return {**made, "gib": edge.gib} if edge.gib else made


def _as_change(option: Document) -> Document:
    """Return a stated option, or work, that counts as a change."""
    return {**option, "consumes": {**option.get("consumes", {}), CHANGES: Decimal(1)}}


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
    way = way._replace(consumes=consumes)
    return written_option(way, id, seconds, cost, not_before or way.not_before, not_after or way.not_after)
