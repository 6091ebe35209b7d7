"""State what is on, or committed already, when the rest of the horizon begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from leptonopt.instance import Instance, NodeKind, units
from leptonopt.replanning.state import Standing, State

Document = dict[str, Any]


def on_before(steps: Sequence[Mapping[str, Any]], moment: datetime) -> int:
    """Return how many are on just before an instant, by the steps of a plan in their order."""
    counts = [int(step["count"]) for step in steps if units.instant(step["from"]) < moment]
    return counts[-1] if counts else 0


def since_before(
    entries: Sequence[Sequence[Mapping[str, Any]]], moment: datetime, before: Sequence[datetime | None] = ()
) -> list[datetime]:
    """Return since when nodes of a kind are on just before an instant.

    `entries` are the steps of each entry of a plan. Nodes that have been on for longest go off first. `before` are
    those on before the first step; those of which nothing is known are left out.
    """
    on, left = list[datetime | None](), list(before)
    for steps in entries:
        own: list[datetime | None] = []
        for at, step in enumerate(steps):
            more, begins = int(step["count"]) - len(own), units.instant(step["from"])
            if begins >= moment:
                break
            known = left[: max(0, more)] if not at else []
            del left[: len(known)]
            own = own[max(0, -more) :] + known + [begins] * (more - len(known))
        on += own
    return sorted(each for each in on if each is not None)


def beyond_counts(instance: Instance, state: State) -> Iterator[str]:
    """Yield a note for each kind of which more nodes are on than there are."""
    kinds = {(pool.id, name): kind for pool in instance.pools for name, kind in pool.kinds}
    for entry in state.nodes:
        kind = next(kind for (pool, name), kind in kinds.items() if pool == entry.pool and entry.kind in (None, name))
        if (entry.on or 0) > kind.most:
            yield f"state: {entry.on} nodes of {entry.pool!r} are on; at most {kind.most} are counted"


def standing_pools(instance: Instance, pools: list[Document], state: State, start: datetime) -> list[Document]:
    """Return the pools with nodes that are on, and committed ones as reserved, since they are paid."""
    for pool, stated in zip(pools, instance.pools, strict=True):
        kinds = list(zip([name for name, _ in stated.kinds], pool.get("nodes", ()), strict=True))
        if state.now > instance.time.start:
            for _, kind in kinds:
                kind.pop("running", None)  # of the start of the old horizon
                kind.pop("since", None)
        for entry in state.nodes:
            if entry.pool == stated.id:
                _stand(next(kind for name, kind in kinds if entry.kind in (None, name)), entry, start)
    return pools


def committed_savings(plans: list[Document], plan: Mapping[str, Any], begin: datetime) -> list[Document]:
    """Return savings plans with what the old plan commits as committed already, and nothing more.

    Money that it commits for a term is a plan of its own, over the same things. The rest of the horizon starts at
    `begin`.
    """
    lines, found = {line["id"]: line for line in plan.get("savings", ())}, []
    for each in plans:
        line, rest = lines.get(each["id"], {}), {key: value for key, value in each.items() if key != "commit"}
        found.append(rest | {"committed": _raised(each.get("committed", 0), Decimal(str(line.get("commit", 0))))})
        for bought in line.get("bought", ()):
            start = units.instant(bought["start"])
            end = start + timedelta(seconds=units.duration(each["commit"]["term"]))
            before = {begin: 0} if begin < start else {}
            steps = before | {start: Decimal(str(bought["commit"])), end: 0}
            own = {"steps": {units.instant_text(at): money for at, money in steps.items()}}
            if end > begin:
                found.append(rest | {"id": f"{each['id']} from {bought['start']}", "committed": own})
    return found


def _raised(series: Any, more: Decimal) -> Any:
    """Return a number, or one that changes over time, with so much more."""
    if not isinstance(series, dict):
        return series + more
    return {how: {at: value + more for at, value in table.items()} for how, table in series.items()}


def _stand(kind: Document, entry: Standing, start: datetime) -> None:
    """State what is committed and on of a kind, and since when within its minimum time."""
    if entry.committed:
        kind["reserved"] = kind.get("reserved", 0) + entry.committed
        commit = kind.get("commit")
        if isinstance(commit, dict) and commit.get("max") is not None:
            commit["max"] = max(0, commit["max"] - entry.committed)
    if entry.on:
        model = NodeKind.model_validate(kind)
        kind["running"] = min(kind.get("running", 0) + entry.on, model.most)
        least = timedelta(seconds=max(model.minimum, model.boot))
        young = sorted((each for each in entry.since if each + least > start), reverse=True)
        if young:
            kind["since"] = [units.instant_text(each) for each in young[: kind["running"]]]
