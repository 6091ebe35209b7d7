"""Nodes that are on when planning again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from leptonopt import solve
from leptonopt.instance import units
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.standing import committed_savings, on_before, since_before, standing_pools
from leptonopt.replanning.state import read_state
from leptonopt.verify import verify
from tests.unit.replanning.worlds import FOUR, NIGHT, world

BEGIN = datetime(2026, 1, 5, 2, tzinfo=UTC)


def nodes(now: str, **said: Any) -> dict[str, Any]:
    """Return the kind of nodes of what is left."""
    kind = {"size": {"cpu": 8}, "count": 4, "price": 1, "running": 3, "commit": {"price": 1, "max": 3}}
    instance = world(pools=[*world().document()["pools"], {"id": "n", "nodes": [kind]}])
    state = read_state({"now": now, "nodes": [{"pool": "n", **said}] if said else []}, instance)
    found: dict[str, Any] = standing_pools(instance, instance.document()["pools"], state, instance.time.start)[-1][
        "nodes"
    ][0]
    return found


def test_nodes_that_are_on_are_those_of_now() -> None:
    """Those of the old start are gone, unless that is now."""
    assert "running" not in nodes(FOUR)
    assert nodes(NIGHT)["running"] == 3
    assert nodes(FOUR, on=2)["running"] == 2
    assert (nodes(FOUR, committed=2)["reserved"], nodes(FOUR, committed=2)["commit"]["max"]) == (2, 1)


def test_what_savings_plans_commit_stays() -> None:
    """Two more an hour on top of what is stated, at every step; nothing can be added."""
    stated = [
        {"id": "a", "committed": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T02:00Z": 0}}, "commit": {"max": 5}},
        {"id": "b"},
    ]
    assert committed_savings(stated, {"savings": [{"id": "a", "commit": 2.5}]}, BEGIN) == [
        {"id": "a", "committed": {"steps": {"2026-01-05T00:00Z": Decimal("3.5"), "2026-01-05T02:00Z": Decimal("2.5")}}},
        {"id": "b", "committed": 0},
    ]


def test_what_savings_plans_commit_for_a_term_is_a_plan_of_its_own() -> None:
    """Of three hours that began at 01:00, two are left; those that begin later stay; what is over is left out."""
    stated = [{"id": "a", "rates": [], "commit": {"max": 5, "term": "3h", "start": []}}]
    bought = [{"start": f"2026-01-{at}:00:00Z", "commit": 2.5} for at in ("04T01", "05T01", "05T08")]
    steps = [
        {"2026-01-05T01:00:00Z": Decimal("2.5"), "2026-01-05T04:00:00Z": 0},
        {"2026-01-05T02:00:00Z": 0, "2026-01-05T08:00:00Z": Decimal("2.5"), "2026-01-05T11:00:00Z": 0},
    ]
    assert committed_savings(stated, {"savings": [{"id": "a", "commit": 0, "bought": bought}]}, BEGIN) == [
        {"id": "a", "rates": [], "committed": 0},
        {"id": "a from 2026-01-05T01:00:00Z", "rates": [], "committed": {"steps": steps[0]}},
        {"id": "a from 2026-01-05T08:00:00Z", "rates": [], "committed": {"steps": steps[1]}},
    ]


def test_a_minimum_time_counts_from_the_start_of_a_node() -> None:
    """Two nodes run since two, of three hours: at four they stay for an hour more, and pay 2; then one is enough."""
    kind = {"size": {"cpu": 8}, "count": 4, "price": 1, "minimum": "3h"}
    task = {"id": "a", "options": [{"pool": "n", "uses": {"cpu": 8}, "duration": "2h"}]}
    instance = world(pools=[{"id": "n", "nodes": [kind]}], tasks=[task])
    said = {"pool": "n", "on": 2, "since": ["2026-11-30T02:00Z", "2026-11-30T00:30Z"]}
    costs = []
    for since in (said["since"], said["since"][:1] * 2):
        state = read_state({"now": FOUR, "nodes": [{**said, "since": since}]}, instance)
        rest = remaining_instance(instance, {"tasks": []}, state).document
        found = solve(rest, time_limit=10, isolate=False)
        assert verify(rest, found.document).ok
        costs.append((rest["pools"][0]["nodes"][0]["since"], found.cost))
    early = "2026-11-30T02:00:00Z"
    assert costs == [([early], 2), ([early, early], 3)]


def test_a_plan_that_stops_nodes_too_early_is_found() -> None:
    """The checker knows the rule."""
    kind = {"size": {"cpu": 8}, "count": 4, "price": 1, "minimum": "3h", "running": 2}
    task = {"id": "a", "options": [{"pool": "n", "uses": {"cpu": 8}, "duration": "2h"}]}
    instance = world(pools=[{"id": "n", "nodes": [kind]}], tasks=[task]).document()
    plan = solve(instance, time_limit=10, isolate=False).document
    instance["pools"][0]["nodes"][0]["since"] = ["2026-11-29T23:00:00Z"] * 2
    (violation, *_) = verify(instance, plan, any_instance=True).violations
    assert (violation.rule, "before the horizon" in violation.message) == ("nodes", True)


def test_steps_count_just_before_an_instant() -> None:
    """A step at the instant itself does not count yet; before the first one nothing is on."""
    steps = [{"from": "2026-11-30T02:00Z", "count": 2}, {"from": FOUR, "count": 5}]
    moments = ("2026-11-30T02:00Z", FOUR, "2026-11-30T05:00Z")
    assert [on_before(steps, units.instant(moment)) for moment in moments] == [0, 2, 5]


def test_since_when_nodes_are_on() -> None:
    """Those that were on before come first, and go off first; what is not known is left out."""
    steps = [[{"from": f"2026-11-30T{at:02}:00Z", "count": count} for at, count in ((0, 2), (2, 4), (3, 1), (5, 3))]]
    night = units.instant("2026-11-29T20:00Z")

    def hours(at: int, before: tuple[Any, ...] = ()) -> list[int]:
        return [each.hour for each in since_before(steps, units.instant(f"2026-11-30T{at:02}:00Z"), before)]

    assert [hours(at) for at in (0, 1, 3, 4, 6)] == [[], [0, 0], [0, 0, 2, 2], [2], [2, 5, 5]]
    assert [hours(at, (None, night)) for at in (1, 3, 4)] == [[20], [20, 2, 2], [2]]
