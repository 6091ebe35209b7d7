"""Quotas: what counts for each, in each window in which it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from leptonopt.verify.nodes import Rented
from leptonopt.verify.runs import Run
from leptonopt.verify.stated import NOTHING, POWER, Stated
from leptonopt.verify.words import Findings, Malformed, exact, shown

Key = tuple[str, int, int]


def check_quotas(
    stated: Stated, plan: Mapping[str, Any], runs: Sequence[Run], nodes: Sequence[Rented], findings: Findings
) -> None:
    """Every quota is kept, and what the plan says is used of it is true."""
    lines: dict[Key, Mapping[str, Any]] = {
        (line.get("id"), stated.second(line["from"]) // stated.slot, stated.second(line["to"]) // stated.slot): line
        for line in plan.get("quotas") or ()
    }
    for quota in stated.quotas:
        limit = exact(quota["limit"])
        for first, end in windows_of(stated, quota):
            findings.look()
            used = _peak(stated, quota, runs) if quota.get("per") == "moment" else NOTHING
            if quota.get("per") != "moment":
                used = sum(
                    (
                        run.copies * _counts(stated, quota, run, first, end)
                        for run in runs
                        if covers(stated, quota, run.id, run.way.pool)
                    ),
                    used,
                )
                used += sum((_nodes(quota, rented, first, end) for rented in nodes), NOTHING)
            name = f"quota {quota['id']!r} from {stated.shown(first)}"
            if used > limit:
                findings.say("quota", name, f"{shown(used)} used, {shown(limit)} allowed", used - limit)
            line = lines.pop((quota["id"], first, end), {})
            findings.same("bill", f"{name}: used", line.get("used"), used)
            findings.same("bill", f"{name}: limit", line.get("limit"), limit)
    for id, first, _ in lines:
        findings.say("bill", f"quota {id!r} from {stated.shown(first)}", "is no quota of the instance")


def windows_of(stated: Stated, quota: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """First slot and the one after the last."""
    cuts = {0, stated.slots}
    if quota.get("per") == "day":
        day = stated.start.astimezone(stated.zone).date() + timedelta(days=1)
        while (second := stated.second_of(datetime(day.year, day.month, day.day, tzinfo=stated.zone))) < stated.horizon:
            if second % stated.slot:
                raise Malformed(f"quota {quota['id']!r}: a day begins within a slot")
            cuts.add(second // stated.slot)
            day += timedelta(days=1)
    yield from pairwise(sorted(cuts))


def covers(stated: Stated, quota: Mapping[str, Any], id: str, pool: str) -> bool:
    """Whether what a task does on a pool counts for a quota."""
    tasks, teams, pools = quota.get("tasks"), quota.get("teams"), quota.get("pools")
    if pools is not None and pool not in pools:
        return False
    return (tasks is None or id in tasks) and (teams is None or stated.tasks[id].get("team") in teams)


def _counts(stated: Stated, quota: Mapping[str, Any], run: Run, first: int, end: int) -> Fraction:
    """What each copy of a run uses in slots [first, end)."""
    of, way = quota["of"], run.way
    low, high = max(first, run.start), min(end, run.end)
    once = NOTHING
    if first <= run.start < end:
        once = way.cost if of == "money" else exact(way.consumes.get(of, 0))
    if low >= high:
        return once
    if of == "money":
        sums = {name: stated.price_sum(way.pool, name) for name in way.uses}
        return once + sum((count * (sums[name][high] - sums[name][low]) for name, count in way.uses.items()), NOTHING)
    if of == "carbon":
        grams = stated.carbon_sum(way.pool)
        return once + way.uses.get(POWER, NOTHING) * (grams[high] - grams[low])
    return once + way.uses.get(POWER if of == "energy" else of, NOTHING) * (high - low) * stated.hours


def _nodes(quota: Mapping[str, Any], rented: Rented, first: int, end: int) -> Fraction:
    """What nodes use of a quota that holds for all tasks."""
    pools = quota.get("pools")
    if quota.get("tasks") is not None or quota.get("teams") is not None:
        return NOTHING
    if pools is not None and rented.kind.pool not in pools:
        return NOTHING
    counted = {"money": rented.money, "energy": rented.kwh, "carbon": rented.carbon_kg}
    return sum(counted.get(quota["of"], [])[first:end], NOTHING)


def _peak(stated: Stated, quota: Mapping[str, Any], runs: Sequence[Run]) -> Fraction:
    change: dict[int, Fraction] = defaultdict(Fraction)
    for run in runs:
        if covers(stated, quota, run.id, run.way.pool):
            held = run.copies * run.way.uses.get(quota["of"], NOTHING)
            change[run.start] += held
            change[run.end] -= held
    return max(accumulate(change[slot] for slot in sorted(change)), default=NOTHING)
