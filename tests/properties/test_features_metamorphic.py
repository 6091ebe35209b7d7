"""Test relations between optima of changed instances over every kind of drawn instance, through the public surface.

Costs and bounds are compared, so that an instance that is not solved to the end counts as far as it got.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InputError
from tests.helpers import changed_documents as changed
from tests.helpers.marks import first
from tests.second_reading.documents import duration
from tests.second_reading.generators import GENERATORS

Document = dict[str, Any]
Range = tuple[Fraction | float, Fraction | float]
Change = Callable[[Document, random.Random], Document | None]
QUICK = ("segments", "services", "data", "mixed")  # one of each by default
DRAWN = [(kind, 0) for kind in QUICK]
DRAWN += sorted(
    {(kind, seed) for kind in GENERATORS for seed in range(60)} - {*DRAWN}, key=lambda each: (each[1], each[0])
)
CASES = [
    pytest.param(*getattr(each, "values", [each])[0], marks=getattr(each, "marks", ()))
    for each in first(len(QUICK), DRAWN, ci=6 * len(GENERATORS))
]
drawn = pytest.mark.parametrize(("kind", "seed"), CASES)
MONEY = ("price", "startup", "shutdown", "cost", "value", "late_cost", "late_penalty", "commit")
ROUNDED = Fraction(1, 10**5)  # what is missed is rounded up to a millionth in each slot


def optimum(document: Document) -> Range | None:
    """Return between what the least cost is proven to lie, infinite where there is no plan; None where it is refused."""
    try:
        result = leptonopt.solve(document, time_limit=3, threads=1, isolate=False)
    except InputError:
        return None
    if result.status == "infeasible":
        return math.inf, math.inf
    low, high = result.document["bound_exact"], result.document["cost_exact"]
    return -math.inf if low is None else Fraction(low), math.inf if high is None else Fraction(high)


def never_cheaper(harder: Document, easier: Document, slack: Fraction | int = 0) -> None:
    """Assert that no plan of the harder one is cheaper than what is proven of the easier one."""
    one, other = optimum(harder), optimum(easier)
    assert one is None or other is None or other[0] <= one[1] + slack, (other, one)


def alike(document: Document, changed_one: Document) -> tuple[Range | None, Range | None]:
    """Assert that what is proven of two documents leaves room for one least cost; return both."""
    one, other = optimum(document), optimum(changed_one)
    assert one is None or other is None or max(one[0], other[0]) <= min(one[1], other[1]), (one, other)
    return one, other


def without_an_option(document: Document, dice: random.Random) -> Document | None:
    """Remove an option of a task, or a way of a service."""
    lists = [ways for ways in changed.ways_of(document) if len(ways) > 1]
    if lists:
        ways = dice.choice(lists)
        ways.pop(dice.randrange(len(ways)))
    return document if lists else None


def without_a_pool(document: Document, dice: random.Random) -> Document | None:
    """Remove a pool with what runs there."""
    kept = [pool["id"] for pool in document["pools"]]
    kept.remove(dice.choice(kept))
    return changed.kept(document, kept)


def with_less_room(document: Document, dice: random.Random) -> Document:
    """Remove a unit of each capacity, and a node of each kind."""
    less: Document = changed.under(document, ("capacity", "count"), lambda number: max(0, number - 1))
    return less


HARDER: dict[Change, tuple[str, ...]] = {
    without_an_option: ("running", "minimum", "spread", "spare"),
    without_a_pool: ("running", "minimum", "spread", "spare", "sunk"),
    with_less_room: ("running", "reserved", "commit"),
}
"""Changes that make an instance harder, with the keys taken away before: those ask or pay more where more is there."""


@drawn
@pytest.mark.parametrize("change", HARDER, ids=lambda change: change.__name__)
def test_what_is_harder_costs_no_less(change: Change, kind: str, seed: int) -> None:
    """Fewer options, ways, pools or nodes never make a plan cheaper."""
    document = changed.without(GENERATORS[kind](seed), *HARDER[change])
    harder = change(copy.deepcopy(document), random.Random(f"{change.__name__} {seed}"))
    if harder is not None:
        never_cheaper(harder, document)


@drawn
def test_names_change_nothing(kind: str, seed: int) -> None:
    """Pools, nodes, tasks, options, services, classes, regions, quotas and meters may be called anything."""
    document = GENERATORS[kind](seed)
    one, other = alike(document, changed.renamed(document))
    assert (one is None) == (other is None)


@drawn
def test_a_pool_in_two_halves_costs_no_less(kind: str, seed: int) -> None:
    """One pool of twice the size costs no more than two of the same."""
    rules = ("apart", "together", "sunk", "running", "minimum", "spread", "spare")
    halves = changed.without(GENERATORS[kind](seed), *rules)
    whole, pool = copy.deepcopy(halves), halves["pools"][0]["id"]
    changed.twin(halves, pool)
    whole["pools"][0] = changed.under(whole["pools"][0], ("capacity", "count", "reserved", "max"), lambda n: 2 * n)
    for service in whole.get("services", []):
        service["replicas"] = [
            changed.under(way, ("limit",), lambda n: 2 * n) if way["pool"] == pool else way
            for way in service["replicas"]
        ]
    never_cheaper(halves, whole)


@drawn
def test_copies_are_as_many_tasks(kind: str, seed: int) -> None:
    """Copies cost what equal tasks cost."""
    document = GENERATORS[kind](seed)
    if any(task.get("copies", 1) > 1 for task in document.get("tasks", [])):
        alike(document, changed.written_out(copy.deepcopy(document)))


@drawn
def test_a_finer_slot_costs_no_more(kind: str, seed: int) -> None:
    """Slots of half the length never cost more, where nothing costs less than nothing and no rule is of slots."""
    rules = ("interruptions", "on_time", "minimum_load", "minimum_off", "billing", "quotas", "repeat")
    document = changed.under(changed.without(GENERATORS[kind](seed), *rules), MONEY, abs)
    finer = copy.deepcopy(document)
    finer["time"]["slot"] = f"{duration(document['time'].get('slot', '1h')) / 2}s"
    never_cheaper(document, finer, ROUNDED if "services" in document else 0)


@drawn
def test_a_later_end_changes_nothing(kind: str, seed: int) -> None:
    """Where all must end by the old end and nothing is asked for after it, a longer horizon changes nothing."""
    rules = ("commit", "minimum", "minimum_off", "stay", "billing", "interruptions", "repeat", "running")
    document = changed.under(changed.without(GENERATORS[kind](seed), *rules), MONEY, abs)
    start, end = datetime.fromisoformat(document["time"]["start"]), changed.ending(document)
    for noun in [*document.get("tasks", []), *document.get("batches", [])]:
        at = datetime.fromisoformat(noun["deadline"]) if "deadline" in noun else end
        noun["deadline"] = (end if at.tzinfo is None else min(at, end)).isoformat()
    for service in document.get("services", []):
        service["demand"] = changed.until(service["demand"], start, end)
    longer, slot = copy.deepcopy(document), duration(document["time"].get("slot", "1h"))
    longer["time"]["horizon"] = f"{duration(document['time']['horizon']) + 2 * slot}s"
    alike(document, longer)
