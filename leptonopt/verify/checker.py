"""Check one plan against one instance: the rules between tasks, and the plan's own claims."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from math import ceil
from typing import Any

from leptonopt.verify.bill import BillChecker, carbon, loads, total
from leptonopt.verify.claims import Claims
from leptonopt.verify.exact import Findings, Verdict, duration, exact, shown
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.meters import check_meters
from leptonopt.verify.nodes import Rented, read_nodes
from leptonopt.verify.quotas import check_quotas, users_of
from leptonopt.verify.segments import Segment, check_segments, last_numbers
from leptonopt.verify.services import read_services
from leptonopt.verify.task_lines import Run, TaskLineReader, named, span

Span = tuple[int, int]  # the first copy, and the one after the last


def _spans(lines: Sequence[Mapping[str, Any]]) -> dict[Any, list[Span]]:
    """The copies that lines stand for, by task."""
    found: dict[Any, list[Span]] = defaultdict(list)
    for line in lines:
        first, copies = span(line)
        found[line.get("id")].append((first, first + copies))
    return found


def _counted(copies: int, ran: Sequence[Span], left: Sequence[Span]) -> Iterator[tuple[int, int, int, int]]:
    """Yield the first and last of copies that stand equally often in both, and how often.

    The counts are a task's own copies and those beyond.
    """
    change: dict[int, list[int]] = {1: [0, 0], copies + 1: [0, 0]}
    for which, spans in enumerate((ran, left)):
        for first, end in spans:
            change.setdefault(first, [0, 0])[which] += 1
            change.setdefault(end, [0, 0])[which] -= 1
    times = out = 0
    for first, end in pairwise(sorted(change)):
        times, out = times + change[first][0], out + change[first][1]
        if first <= copies or times or out:
            yield first, end - 1, times, out


class PlanChecker:
    """The check of a plan whose form is right; `same` says whether it is for this very instance."""

    def __init__(
        self, stated: StatedInstance, plan: Mapping[str, Any], same: bool, look: Callable[[], object] = lambda: None
    ) -> None:
        self.stated, self.plan, self.is_own = stated, plan, same
        self.findings = Findings(look)
        self.say, self.same = self.findings.say, self.findings.same

    def verdict(self) -> Verdict:
        """All rules, in order."""
        plan, stated, notes = self.plan, self.stated, []
        if not self.is_own:
            notes.append("the plan was made for another instance (sha256 differs)")
        self._weights()
        claims = Claims(plan, self.findings)
        claims.check(stated.document, self.is_own)
        if plan["cost"] is None:
            self._without_plan(claims)
            found = tuple(self.findings.found)
            return Verdict(not found, found, None, (*notes, "there is no plan to check"))
        lines = plan["tasks"]
        nodes = read_nodes(stated, plan, self.findings)
        reader = TaskLineReader(stated, nodes, self.findings, self._pools(lines), last_numbers(lines))
        runs = [run for line in lines if (run := reader.read(line)) is not None]
        served = read_services(stated, plan, self.findings)
        forgone = self._once([line for line in lines if line.get("segment", 1) == 1]) + served.forgone
        self._segments(runs)
        self._capacity([*runs, *served.runs], nodes)
        self._precedence(runs)
        self._affinity(runs)
        users = users_of(runs, served.replicas)
        check_quotas(stated, plan, users, nodes, self.findings)
        metered = check_meters(stated, plan, users, nodes, self.findings)
        held = [*runs, *served.runs]
        money = total(held, nodes) + metered.total + served.missed + forgone
        cost = stated.weight * money + stated.carbon_weight * carbon(held, nodes)
        claims.check_cost(cost)
        BillChecker(stated, runs, served, nodes, metered, self.findings).check(plan, forgone)
        claims.check_status(cost)
        return Verdict(not self.findings.found, tuple(self.findings.found), cost, (*notes, *self.findings.notes()))

    def _weights(self) -> None:
        weights = self.plan.get("objective", {"cost": 1, "carbon_kg": 0})
        for key, true in (("cost", self.stated.weight), ("carbon_kg", self.stated.carbon_weight)):
            self.same("cost", f"objective.{key}", weights[key], true)

    def _without_plan(self, claims: Claims) -> None:
        for key in ("tasks", "left_out", "nodes", "services", "batches", "quotas", "meters", "savings", "utilisation"):
            if self.plan.get(key):
                self.say("status", "cost", f"is null, yet {key} are listed")
        for key in ("cost_exact", "gap", "bill", "figures"):
            if self.plan[key] is not None:
                self.say("status", "cost", f"is null, yet {key} is given")
        if self.plan["status"] not in ("infeasible", "unknown"):
            self.say("status", "status", f"{self.plan['status']!r} without a plan")
        stated = self.plan["bound_exact"]
        if self.plan["status"] == "infeasible" and (stated is not None or self.plan["bound"] is not None):
            self.say("status", "bound", "is given where no plan exists")
        claims.check_bound(None)

    def _pools(self, lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """The pools of the tasks that pass data on and run, by their options."""
        found = {}
        for line in lines:
            if line["id"] in self.stated.data.passing and (way := self.stated.way(line["id"], line.get("option"))):
                found[line["id"]] = way.pool
        return found

    # --- rules between tasks ---

    def _once(self, lines: Sequence[Mapping[str, Any]]) -> Fraction:
        """Every copy exactly once; the value of what is left out."""
        tasks, left_out = self.stated.tasks, self.plan["left_out"]
        ran, left = _spans(lines), _spans(left_out)
        forgone = NOTHING
        for id, task in tasks.items():
            copies, value = task.get("copies", 1), exact(task.get("value") or 0)
            for first, last, times, out in _counted(copies, ran.get(id, ()), left.get(id, ())):
                name = named(id, task, first, last)
                if first > copies:
                    self.say("once", name, f"there are only {copies} copies")
                    continue
                if times > 1:
                    self.say("once", name, f"runs {times} times", times - 1)
                if out and not task.get("optional", False):
                    self.say("once", name, "is left out, but is not optional")
                if times + out == 0:
                    self.say("once", name, "neither runs nor is left out")
                elif out > 1 or (out and times):
                    self.say("once", name, "is left out twice, or both left out and run")
                forgone += (last - first + 1) * value if out else 0
        for line in left_out:
            if line["id"] not in tasks:
                self.say("once", f"left out {line['id']!r}", "is not in the instance")
            else:
                value = exact(tasks[line["id"]].get("value") or 0)
                self.same("cost", f"left out {line['id']!r}: value", line.get("value"), value)
        return forgone

    def _segments(self, runs: Sequence[Run]) -> None:
        """Compare the segments of each copy of the tasks that may be cut."""
        segments: dict[tuple[str, int], list[Segment]] = defaultdict(list)
        for run in runs:
            if run.segment is not None:
                segments[run.id, run.copy].append(run.segment)
        for (id, copy), own in segments.items():
            task = self.stated.tasks[id]
            if (cut := self.stated.cut(id)) is not None:
                check_segments(named(id, task, copy, copy), cut, own, self.findings)

    def _capacity(self, runs: Sequence[Run], nodes: Sequence[Rented]) -> None:
        """Compare the use in every slot with the supply of pools and nodes."""
        supplied = {key: [NOTHING] * self.stated.slots for key in self.stated.of_nodes()}
        for rented in nodes:
            for resource, size in rented.kind.size.items():
                supplied[rented.kind.pool, resource] = [
                    offered + size * usable
                    for offered, usable in zip(supplied[rented.kind.pool, resource], rented.usable, strict=True)
                ]
        for (pool, resource), (slots, changes) in loads(runs).items():
            self.findings.look()
            rule = "nodes" if (pool, resource) in supplied else "capacity"
            least = supplied[pool, resource] if rule == "nodes" else self.stated.least(pool, resource)
            for number, load in enumerate(changes[:-1]):
                for slot in range(slots[number], slots[number + 1]):
                    offered = least[slot]
                    if offered is not None and load > offered:
                        self._too_much(rule, f"pool {pool!r} {resource}", slot, load, offered)
        self._least_load(runs, nodes)
        on_node: dict[tuple[str, str], list[Run]] = defaultdict(list)
        for run in runs:
            for label in run.nodes:
                on_node[run.way.pool, label].append(run)
        for rented in nodes:
            if rented.kind.single:
                self._one_node(rented, on_node[rented.kind.pool, rented.kind.label])

    def _least_load(self, runs: Sequence[Run], nodes: Sequence[Rented]) -> None:
        """Compare the use in every slot with what must be in use of usable nodes."""
        asked: dict[tuple[str, str], list[Fraction]] = {}
        for rented in nodes:
            for resource, least in rented.kind.load.items():
                line = asked.setdefault((rented.kind.pool, resource), [NOTHING] * self.stated.slots)
                line[:] = [each + least * usable for each, usable in zip(line, rented.usable, strict=True)]
        held = loads(runs) if asked else {}
        for (pool, resource), line in asked.items():
            slots, changes = held.get((pool, resource), ([], []))
            for slot, least in enumerate(line):
                at = bisect_right(slots, slot)
                if (used := changes[at - 1] if at else NOTHING) < least:
                    text = f"{shown(used)} in use, at least {shown(least)} must be"
                    self.say("nodes", f"pool {pool!r} {resource} at {self.stated.shown(slot)}", text, least - used)

    def _one_node(self, rented: Rented, runs: Sequence[Run]) -> None:
        """Compare a node's size with its use by the runs that name it."""
        kind = rented.kind
        for resource, size in kind.size.items():
            change = [NOTHING] * (self.stated.slots + 1)
            for run in runs:
                held = run.copies * run.way.uses.get(resource, NOTHING) / len(run.nodes)
                change[run.start] += held
                change[run.end] -= held
            for slot, used in enumerate(accumulate(change[:-1])) if runs else ():
                if used > size * rented.usable[slot]:
                    self._too_much("nodes", f"node {kind.label!r} {resource}", slot, used, size * rented.usable[slot])

    def _too_much(self, rule: str, where: str, slot: int, load: Fraction, offered: Fraction) -> None:
        text = f"{shown(load)} in use, {shown(offered)} there"
        self.say(rule, f"{where} at {self.stated.shown(slot)}", text, load - offered)

    def _precedence(self, runs: Sequence[Run]) -> None:
        """Each edge by the first and the last start of one task, and the first and the last end of the other."""
        copies, starts, ends = Counter[str](), dict[str, int](), dict[str, int]()
        last, soonest = dict[str, int](), dict[str, int]()
        moving = {(run.id, move.name): move.seconds for run in runs for move in run.data if move.what == "task"}
        for run in runs:
            copies[run.id] += run.copies * run.first
            starts[run.id] = min(starts.get(run.id, run.start), run.start)
            ends[run.id] = max(ends.get(run.id, run.end), run.end)
            last[run.id] = max(last.get(run.id, run.start), run.start)
            soonest[run.id] = min(soonest.get(run.id, run.end), run.end)
        for id, task in self.stated.tasks.items():
            self.findings.look()
            for after in task.get("after") or () if id in starts else ():
                stated = {"task": after} if isinstance(after, str) else after
                first = stated["task"]
                if copies[first] < self.stated.tasks[first].get("copies", 1):
                    self.say(
                        "precedence", f"task {id!r} after {first!r}", "runs, but what it waits for does not run in full"
                    )
                    continue
                wait = moving.get((id, first), NOTHING) + (duration(stated["lag"]) if stated.get("lag") else 0)
                lag = ceil(wait / self.stated.slot)
                early = ends[first] + lag - starts[id]
                if early > 0:
                    self.say("precedence", f"task {id!r} after {first!r}", f"starts {early} slots too early", early)
                if stated.get("most") is not None:
                    latest = soonest[first] + duration(stated["most"]) // self.stated.slot
                    if (late := last[id] - latest) > 0:
                        self.say("precedence", f"task {id!r} after {first!r}", f"starts {late} slots too late", late)

    def _affinity(self, runs: Sequence[Run]) -> None:
        document = self.stated.document
        there: dict[str, Counter[str]] = defaultdict(Counter)  # by task: copies by pool
        for run in runs:
            there[run.id][run.way.pool] += run.copies
        for ids in document.get("together") or ():
            self.findings.look()
            pools = {pool for id in ids if id in there for pool in there[id]}
            if len(pools) > 1:
                self.say("affinity", f"together {list(ids)}", f"run on the pools {sorted(pools)}")
        for ids in document.get("apart") or ():
            self.findings.look()
            together: Counter[str] = Counter()
            for id in dict.fromkeys(ids):
                together.update(there.get(id, {}))
            for pool, count in sorted(together.items()):
                if count > 1:
                    self.say("affinity", f"apart {list(ids)}", f"{count} of them run on pool {pool!r}", count - 1)
