"""Carry plans out in a world as it turns out, slot by slot, within its rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import Instance, units
from leptonopt.plan.plan import Plan
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule, node_schedule_of
from leptonopt.replanning.used import UsedByTasks
from leptonopt.session.request import resolve_instance
from leptonopt.session.snapshot import made_by, plan_so_far
from leptonopt.session.source import TreeSource
from leptonopt.simulation.outcome import Key
from leptonopt.simulation.world import moment_of


@dataclass(frozen=True)
class Begun:
    """A copy that has begun: its option in the problem, and the slots from `start` to `end`."""

    option: int
    start: int
    end: int


class Execution:
    """The history of one world.

    A copy begins where its planned option, with the duration that it turns out to have, keeps every rule together with
    all that has begun before: capacity, nodes, precedence, quotas, affinity. Nodes are switched in hindsight, as what
    runs needs them.
    """

    def __init__(self, world: Instance) -> None:
        self.world, self.compiled = world, compile_instance(world)
        self.begun: dict[Key, Begun] = {}
        self._group = dict(_groups(self.compiled))
        self._uses = UsedByTasks(world, self.compiled)

    def try_to_start(self, key: Key, option: str, slot: int) -> bool:
        """Start a copy in an option by name, on any of its nodes; return whether the rules let it."""
        problem, task, group = self.compiled.problem, *self._group[key]
        for at, way in enumerate(self.compiled.kept[task]):
            number = int(problem.option_ptr[group]) + at
            if way.id == option and self._may_start(number, slot):
                self.begun[key] = Begun(number, slot, slot + int(problem.duration[number]))
                return True
        return False

    def _may_start(self, number: int, slot: int) -> bool:
        problem = self.compiled.problem
        if not problem.first[number] <= slot <= problem.last[number]:
            return False
        return not violated_rules(problem, self._schedule((number, slot))) - {"once"}

    def way(self, key: Key) -> tuple[str, str]:
        """Return option and pool of a copy that has begun."""
        task, group = self._group[key]
        way = self.compiled.kept[task][self.begun[key].option - int(self.compiled.problem.option_ptr[group])]
        return way.id, way.pool

    def lines(self) -> list[dict[str, Any]]:
        """Return all that has begun as entries of a plan."""
        return [self._line(key, run) for key, run in self.begun.items()]

    def _line(self, key: Key, run: Begun) -> dict[str, Any]:
        task, group = self._group[key]
        way = self.compiled.kept[task][run.option - int(self.compiled.problem.option_ptr[group])]
        copy = {"copy": key[1]} if self.world.tasks[task].copies > 1 else {}
        times = {
            name: units.instant_text(moment_of(self.world, at)) for name, at in (("start", run.start), ("end", run.end))
        }
        nodes = {"nodes": list(way.on_nodes)} if way.on_nodes else {}
        return {"id": key[0], **copy, "option": way.id, "pool": way.pool, "uses": {}, **times, **nodes}

    def state(self, slot: int) -> Mapping[str, Any]:
        """Return the state at the beginning of a slot, as a policy sees it."""
        done, running = [], []
        for key, run in self.begun.items():
            option, pool = self.way(key)
            entry = {"task": key[0], "copy": key[1], "option": option, "pool": pool}
            entry["started"] = units.instant_text(moment_of(self.world, run.start))
            if run.end <= slot:
                done.append({**entry, "ended": units.instant_text(moment_of(self.world, run.end))})
            else:
                running.append(entry)
        now = units.instant_text(moment_of(self.world, slot))
        used = self._uses.by(self.lines(), moment_of(self.world, slot))
        state = {"leptonopt_state": 1, "now": now, "done": done, "running": running, "nodes": self._nodes(slot)}
        return {**state, "used": used}

    def _nodes(self, slot: int) -> list[dict[str, Any]]:
        """Return the nodes that are on and committed when a slot begins, by pool and kind."""
        rent = node_schedule_of(self.compiled.problem, self._schedule())
        found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for at, kind in enumerate(self.compiled.kinds if rent is not None and slot else ()):
            assert rent is not None
            counts = found[kind.pool.id, kind.name]
            counts[0] += int(rent.on[at, slot - 1])
            counts[1] += int(rent.committed[at])
        return [
            {"pool": pool, "kind": name, "on": on, "committed": committed}
            for (pool, name), (on, committed) in found.items()
        ]

    def _schedule(self, *more: tuple[int, int]) -> Schedule:
        """Return what has begun, and more options with their starts, as a schedule."""
        pairs = [*((run.option, run.start) for run in self.begun.values()), *more]
        return Schedule.of([option for option, _ in pairs], [start for _, start in pairs])

    def complete(self) -> bool:
        """Return whether every mandatory copy has begun."""
        tasks = (task for task in self.world.tasks if not task.optional)
        return all((task.id, copy) in self.begun for task in tasks for copy in range(1, task.copies + 1))

    def plan(self) -> Plan:
        """Return the history as a plan of the world, checked; raises `Alarm` where the checker rejects it."""
        _, stated, origin = resolve_instance(self.world, None, None)
        source = TreeSource(self.compiled, stated, origin)
        return plan_so_far(source, self._schedule(), None, (), made_by(Limits(), {}, source, {}))


def _groups(compiled: CompiledInstance) -> Iterator[tuple[Key, tuple[int, int]]]:
    """Yield task index and group of every copy."""
    for group, members in enumerate(compiled.members):
        for task, first, many in members:
            for copy in range(first, first + many):
                yield (compiled.instance.tasks[task].id, copy), (task, group)
