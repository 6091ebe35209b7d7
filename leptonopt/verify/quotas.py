"""Quotas: what counts for each, in each window in which it holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

from leptonopt.verify.exact import Findings, Malformed, exact, shown
from leptonopt.verify.instance_reader import NOTHING, POWER, StatedInstance
from leptonopt.verify.nodes import Rented
from leptonopt.verify.replicas import Replicas
from leptonopt.verify.task_lines import Run

Key = tuple[str, int, int]
Payer = tuple[Any, ...]  # ("task", id, copy, segment) of a copy of a run, or ("team", name) for all of its services


@dataclass(frozen=True)
class User:
    """Copies that run, or replicas that are on, and who pays: each copy, or the team of the service."""

    run: Run
    replicas: Replicas | None = None

    @property
    def payer(self) -> Payer:
        """Return who pays."""
        if self.replicas is not None:
            return "team", self.replicas.service.team
        return "task", self.run.id, self.run.copy, self.run.segment.number if self.run.segment else 1

    @property
    def times(self) -> int:
        """Return how many of the copies one payer pays for."""
        return 1 if self.replicas is None else self.run.copies


def users_of(runs: Sequence[Run], replicas: Sequence[Replicas]) -> list[User]:
    """Return what may count for quotas, meters and savings plans."""
    return [*map(User, runs), *(User(run, each) for each in replicas for run in each.runs)]


def check_quotas(
    stated: StatedInstance,
    plan: Mapping[str, Any],
    users: Sequence[User],
    nodes: Sequence[Rented],
    findings: Findings,
) -> None:
    """Every quota is kept, and what the plan says is used of it is true."""
    lines = _lines(stated, plan, findings)
    for quota in stated.quotas:
        windows = list(windows_of(stated, quota))
        mine = [user.run for user in covered(stated, quota, users)]
        totals = (
            [_peak(quota, mine)] if quota.get("per") == "moment" else _totals(stated, quota, mine, windows, findings)
        )
        for (first, end), used in zip(windows, totals, strict=True):
            findings.look()
            if quota.get("per") != "moment":
                used += sum((nodes_use(quota, rented, first, end) for rented in nodes), NOTHING)
            name, limit = f"quota {quota['id']!r} from {stated.shown(first)}", left_of(quota, first)
            if used > limit:
                findings.say("quota", name, f"{shown(used)} used, {shown(limit)} allowed", used - limit)
            line = lines.pop((quota["id"], first, end), {})
            before = exact(quota["limit"]) - limit
            findings.same("bill", f"{name}: used", line.get("used"), before + used)
            findings.same("bill", f"{name}: limit", line.get("limit"), before + limit)
    for id, first, _ in lines:
        findings.say("bill", f"quota {id!r} from {stated.shown(first)}", "is no quota of the instance")


def _lines(stated: StatedInstance, plan: Mapping[str, Any], findings: Findings) -> dict[Key, Mapping[str, Any]]:
    """Return the plan's lines on quotas by id and slots."""
    lines: dict[Key, Mapping[str, Any]] = {}
    for line in plan["quotas"]:
        low, high = stated.second(line["from"]), stated.second(line["to"])
        key = line["id"], low // stated.slot, high // stated.slot
        if low % stated.slot or high % stated.slot or key in lines:
            text = "is listed twice, or begins or ends within a slot"
            findings.say("bill", f"quota {line['id']!r} from {line['from']}", text)
        lines[key] = line
    return lines


def windows_of(stated: StatedInstance, quota: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """First slot and the one after the last."""
    per = quota.get("per")
    if per in (None, "horizon", "moment"):
        yield 0, stated.slots
        return
    if per == "slot":
        yield from ((slot, slot + 1) for slot in range(stated.slots))
        return
    try:
        yield from stated.periods(per)
    except Malformed as error:
        raise Malformed(f"quota {quota['id']!r}: {error}") from None


def left_of(quota: Mapping[str, Any], first: int) -> Fraction:
    """Return how much a window may use: the first one has less by what was used before the horizon."""
    return exact(quota["limit"]) - (NOTHING if first else exact(quota.get("used", 0)))


def covers(stated: StatedInstance, quota: Mapping[str, Any], id: str, pool: str) -> bool:
    """Return whether the use of a task on a pool counts for a quota."""
    tasks, teams, pools = quota.get("tasks"), quota.get("teams"), quota.get("pools")
    if pools is not None and pool not in pools:
        return False
    return (tasks is None or id in tasks) and (teams is None or stated.tasks[id].get("team") in teams)


def covers_service(quota: Mapping[str, Any], team: str | None, pool: str) -> bool:
    """Return whether the use of a service's replicas on a pool counts for a quota."""
    teams, pools = quota.get("teams"), quota.get("pools")
    if quota.get("tasks") is not None or (pools is not None and pool not in pools):
        return False
    return teams is None or team in teams


def covered(stated: StatedInstance, quota: Mapping[str, Any], users: Sequence[User]) -> list[User]:
    """Return the runs and replicas that count for a quota."""
    sets = {key: frozenset(quota[key]) for key in ("tasks", "teams", "pools") if quota.get(key) is not None}
    return [
        user
        for user in users
        if (
            covers(stated, sets, user.run.id, user.run.way.pool)
            if user.replicas is None
            else covers_service(sets, user.replicas.service.team, user.run.way.pool)
        )
    ]


def _totals(
    stated: StatedInstance,
    quota: Mapping[str, Any],
    runs: Sequence[Run],
    windows: Sequence[tuple[int, int]],
    findings: Findings,
) -> list[Fraction]:
    """Return the use of runs in each window; windows follow one another, so a run touches few."""
    totals, begins = [NOTHING] * len(windows), [first for first, _ in windows]
    for run in runs:
        findings.look()
        at = bisect_right(begins, run.start) - 1
        for window in range(at, max(at + 1, bisect_left(begins, run.end))):
            totals[window] += run.copies * counts(stated, quota, run, *windows[window])
    return totals


def counts(stated: StatedInstance, quota: Mapping[str, Any], run: Run, first: int, end: int) -> Fraction:
    """Return the use of each copy of a run in slots [first, end)."""
    of, way = quota["of"], run.way
    low, high = max(first, run.start), min(end, run.end)
    once = NOTHING
    if starts_within(stated, run.start, first, end):
        once = run.fixed if of == "money" else exact(way.consumes.get(of, 0))
    if low >= high:
        return once
    if of == "money":
        sums = {name: stated.quota_sum(quota, way.pool, name) for name in way.uses}
        return once + sum((count * (sums[name][high] - sums[name][low]) for name, count in way.uses.items()), NOTHING)
    if of == "carbon":
        grams = stated.carbon_sum(way.pool)
        return once + way.uses.get(POWER, NOTHING) * (grams[high] - grams[low])
    return once + way.uses.get(POWER if of == "energy" else of, NOTHING) * (high - low) * stated.hours


def starts_within(stated: StatedInstance, start: int, first: int, end: int) -> bool:
    """Return whether a start counts for slots [first, end).

    One at the end of the horizon counts for the last slot.
    """
    return first <= min(start, stated.slots - 1) < end


def covers_nodes(quota: Mapping[str, Any], pool: str) -> bool:
    """Return whether the use by nodes of a pool counts for a quota, which then holds for all tasks."""
    pools = quota.get("pools")
    return quota.get("tasks") is None and quota.get("teams") is None and (pools is None or pool in pools)


def nodes_use(quota: Mapping[str, Any], rented: Rented, first: int, end: int) -> Fraction:
    """Return the use by nodes of a quota that holds for all tasks."""
    if not covers_nodes(quota, rented.kind.pool):
        return NOTHING
    counted = {"money": rented.money, "energy": rented.kwh, "carbon": rented.carbon_kg, "node_hours": rented.hours}
    return sum(counted.get(quota["of"], [])[first:end], NOTHING)


def _peak(quota: Mapping[str, Any], runs: Sequence[Run]) -> Fraction:
    change: dict[int, Fraction] = defaultdict(Fraction)
    for run in runs:
        held = run.copies * run.way.uses.get(quota["of"], NOTHING)
        change[run.start] += held
        change[run.end] -= held
    return max(accumulate(change[slot] for slot in sorted(change)), default=NOTHING)
