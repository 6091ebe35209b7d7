"""Charges for nodes that all share."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.charges import billed_seconds, billing_difference, charge_by_slot
from leptonopt.errors import InstanceError
from leptonopt.instance import Billing
from tests.helpers.tiny_instances import compiled, document, instance, pool, task

KIND = {"id": "k", "size": {"gpu": 4, "ram": 2}, "count": 1}
AT = "2026-01-05T01:00Z"
DAILY = {"daily": {"00:00": 8, "02:00": 12}}


@pytest.mark.parametrize(
    ("more", "kinds", "rates"),
    [
        ({}, [{**KIND, "price": DAILY}], [2, 2, 3, 3]),
        ({"charge": {"gpu": DAILY}}, [{**KIND, "price": 1}], [8, 8, 12, 12]),
        ({"charge": {}}, [{**KIND, "price": 1}], [0, 0, 0, 0]),
        ({}, [{**KIND, "reserved": 1}], [0, 0, 0, 0]),
        ({}, [{**KIND, "commit": {"total": 32}}], [2, 2, 2, 2]),
        ({}, [{**KIND, "commit": 6}], [1.5] * 4),
        ({}, [{**KIND, "commit": {"total": 32}, "count": {"daily": {"00:00": 1, "02:00": 0}}}], [4, 4, 0, 0]),
        ({}, [{**KIND, "commit": [{"total": 32, "max": 1, "term": "2h", "start": [AT]}]}], [0, 4, 4, 0]),
        (
            {},
            [{**KIND, "count": {"daily": {"00:00": 0, "01:00": 2}}, "price": 4}, {**KIND, "id": "l", "price": 8}],
            [2, 1, 1, 1],
        ),
        ({}, [{**KIND, "price": DAILY}, {"id": "l", "size": {"gpu": 2}, "count": 1, "price": 5}], [2, 2, 2.5, 2.5]),
        ({}, [{**KIND, "reserved": 1}, {"id": "l", "size": {"cpu": 2}, "count": 1, "price": 5}], [0, 0, 0, 0]),
    ],
)
def test_the_charge_of_a_unit(more: dict[str, Any], kinds: list[dict[str, Any]], rates: list[float]) -> None:
    """As stated, or the least price per GPU of the kinds that have one."""
    made = instance(task(pool="n"), pools=[{"id": "n", "nodes": kinds, **more}])
    assert charge_by_slot(made.pools[0], "gpu", made.time) == rates


def test_who_is_charged_for_what() -> None:
    """GPUs where there are some, else the only resource; a pool whose priced nodes hold neither is unclear."""
    priced = {**KIND, "price": 1}
    for size, charged, unclear in (
        ({"gpu": 4, "ram": 2}, ("gpu",), False),
        ({"ram": 2}, ("ram",), False),
        ({"cpu": 2, "ram": 2}, (), True),
    ):
        own = {"id": "n", "nodes": {**priced, "size": size}}
        pool = instance(pools=[own, {"id": "a", "capacity": {"gpu": 9}}]).pools[0]
        assert (pool.charged, pool.uncharged) == (charged, unclear)


@pytest.mark.parametrize(
    ("stated", "seconds", "paid"),
    [
        ({}, Fraction(301, 2), 151),
        ({"unit": "1m"}, Fraction(61), 120),
        ({"unit": "1h"}, Fraction(3600), 3600),
        ({"unit": "1m", "minimum": "10m"}, Fraction(61), 600),
        ({"minimum": "10m"}, Fraction(601), 601),
    ],
)
def test_the_time_that_is_paid(stated: dict[str, str], seconds: Fraction, paid: int) -> None:
    """Started units, and no less than the minimum."""
    assert billed_seconds(seconds, Billing.model_validate(stated)) == paid


def test_the_difference_to_slots() -> None:
    """Two GPUs at 3 an hour for 90 minutes in slots of an hour: half an hour less; power is not billed so."""
    made = instance(pools=[pool(price={"gpu": 3, "power": 100}, power={"gpu": 1}, billing={})])
    uses = {"gpu": made.tasks[0].options[0].uses["gpu"], "power": made.tasks[0].options[0].uses["gpu"]}
    assert billing_difference(uses, Fraction(5400), made.pools[0], made.time) == -3
    assert billing_difference(uses, Fraction(0), made.pools[0], made.time) == 0


def test_options_carry_it() -> None:
    """As a fixed cost, exact in fractions; what an option costs itself is apart."""
    stated = task(duration="1s")
    stated["options"][0]["cost"] = 5
    made = compiled(stated, pools=[pool(price={"gpu": 1}, billing={})])
    way = made.kept[0][0]
    assert (way.cost, way.fixed) == (5, 5 + Fraction(2, 3600) - 2)
    assert made.problem.fixed[0] * made.unit == way.fixed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"price": {"gpu": {"daily": {"00:00": 1}}}}, "changes over time; on a pool with billing a price is a number"),
        ({"interruptions": 1}, "billing is not supported with interruptions"),
        ({"billing": {"unit": "0s"}}, "a duration of zero"),
        ({"billing": {"per": "1s"}}, "is not a key that is known here; allowed are unit, minimum"),
    ],
)
def test_pools_that_cannot_bill_so(more: dict[str, object], words: str) -> None:
    """Prices over time, interruptions, no unit, and unknown keys."""
    with pytest.raises(InstanceError) as refused:
        instance(pools=[pool(billing={"unit": "1m"}) | more])
    assert words in str(refused.value)


def test_segments_are_refused_beside_it() -> None:
    """Their parts have no duration of their own."""
    with pytest.raises(InstanceError, match="not supported beside tasks with segments"):
        instance(task(segments=True), pools=[pool(billing={})])


@pytest.mark.parametrize(("slot", "horizon"), [("7m", "14h"), ("13m", "13h"), ("90m", "15h"), ("1h", "14h")])
@pytest.mark.parametrize(
    ("billing", "cost"),
    [
        ({}, Fraction(6010, 2880)),
        ({"unit": "1m"}, Fraction(101, 48)),
        ({"unit": "1h"}, Fraction(5, 2)),
        ({"unit": "1m", "minimum": "3h"}, Fraction(15, 4)),
    ],
)
def test_the_slot_does_not_matter(slot: str, horizon: str, billing: dict[str, str], cost: Fraction) -> None:
    """A run of 100 minutes and 10 s at 1.25 an hour costs the same on every grid: solver, plan and checker."""
    run = {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "6010s"}]}
    stated = document(run, pools=[pool(price={"gpu": 1.25}, billing=billing)])
    stated["time"] = {"start": "2026-01-05T00:00Z", "slot": slot, "horizon": horizon}
    found = leptonopt.solve(stated, method="greedy", time_limit=10, isolate=False)
    assert found.cost == cost
    assert found.document["bill"]["total"] == pytest.approx(float(found.cost))
