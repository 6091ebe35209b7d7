"""The checker: each rule alone, broken by hand, is noticed by that rule's name; and it survives anything."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.calendar import least_by_slot, mean_by_slot
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.work_options import concrete_options
from leptonopt.instance import validate
from leptonopt.verify import fingerprint, verify
from leptonopt.verify.instance_reader import StatedInstance, StatedOption
from tests.helpers import random_instances
from tests.helpers.plans import entry, solved_document

INSTANCE: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "12h"},
    "pools": [
        {"id": "a", "capacity": {"gpu": 2}, "price": {"gpu": {"daily": {"00:00": 1, "04:00": Decimal("2.5")}}}, "labels": ["eu"]},
        {"id": "b", "capacity": {"gpu": 1}, "price": {"gpu": 3}},
    ],
    "tasks": [
        {"id": "first", "options": [{"pool": "a", "uses": {"gpu": 2}, "duration": "2h", "cost": 1}]},
        {"id": "then", "after": [{"task": "first", "lag": "1h", "most": "3h"}], "options": [{"pool": "a", "uses": {"gpu": 1},
        "duration": "90m"}]},
        {"id": "eu", "needs": {"labels": ["eu"]}, "release": "2026-01-05T01:00Z", "deadline": "2026-01-05T07:00Z",
         "options": [{"pool": "b", "uses": {"gpu": 1}, "duration": "1h"}, {"pool": "a", "uses": {"gpu": 2},
         "duration": "1h"}]},
        {"id": "late", "due": "2026-01-05T00:30Z", "late_cost": 4, "value": 7, "options": [{"pool": "b", "uses":
        {"gpu": 1}, "duration": "1h"}]},
        {"id": "many", "copies": 3, "optional": True, "value": 9, "options": [{"pool": "b", "uses": {"gpu": 1},
        "duration": "2h"}]},
        {"id": "poor", "optional": True, "value": 2, "options": [{"pool": "b", "uses": {"gpu": 1}, "duration": "2h"}]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """An optimal plan of the instance, as its file would hold it."""
    return solved_document(INSTANCE)


def shift(line: dict[str, Any], start: int, end: int) -> None:
    """Put an entry at hours of the day."""
    line["start"], line["end"] = f"2026-01-05T{start:02}:00:00Z", f"2026-01-05T{end:02}:00:00Z"


Break = Callable[[dict[str, Any]], object]
BREAKS: list[tuple[str, str, Break]] = [
    ("once", "a task is missing", lambda p: p["tasks"].remove(entry(p, "first"))),
    ("once", "a task runs twice", lambda p: p["tasks"].append(copy.deepcopy(entry(p, "first")))),
    ("once", "an unknown task", lambda p: p["tasks"].append({**entry(p, "first"), "id": "stranger"})),
    ("once", "a copy too many", lambda p: entry(p, "many").update(copy=4)),
    ("once", "left out though it must run", lambda p: p["left_out"].append({"id": "late", "value": 7})),
    ("once", "left out and run", lambda p: p["left_out"].append({"id": "many", "copy": entry(p, "many")["copy"], "value": 9})),
    ("option", "an option that is not there", lambda p: entry(p, "first").update(option="elsewhere")),
    ("option", "an option its needs forbid", lambda p: entry(p, "eu").update(option="b", pool="b", uses={"gpu": 1})),
    ("option", "another pool", lambda p: entry(p, "first").update(pool="b")),
    ("option", "less than it uses", lambda p: entry(p, "first").update(uses={"gpu": 1})),
    ("option", "shorter than it takes", lambda p: entry(p, "then").update(end=entry(p, "then")["start"])),
    ("option", "a variant it does not have", lambda p: entry(p, "first").update(variant="int8")),
    ("window", "before the release", lambda p: shift(entry(p, "eu"), 0, 1)),
    ("window", "after the deadline", lambda p: shift(entry(p, "eu"), 7, 8)),
    ("window", "beyond the horizon", lambda p: shift(entry(p, "first"), 11, 13)),
    ("window", "inside a slot", lambda p: entry(p, "first").update(start="2026-01-05T00:30:00Z", end="2026-01-05T02:30:00Z")),
    ("capacity", "too much at once", lambda p: [shift(line, 0, 2) for line in p["tasks"] if line["id"] == "many"]),
    ("precedence", "too early", lambda p: shift(entry(p, "then"), 2, 4)),
    ("precedence", "too late", lambda p: shift(entry(p, "then"), 10, 12)),
    ("cost", "a micro-unit off", lambda p: entry(p, "first").update(cost=entry(p, "first")["cost"] + 0.000002)),
    ("cost", "a part off", lambda p: entry(p, "late")["parts"].update(late=0)),
    ("cost", "the sum off", lambda p: p.update(cost=p["cost"] - 1)),
    ("cost", "the exact sum off", lambda p: p.update(cost_exact="1")),
    ("bill", "a pool's bill off", lambda p: p["bill"]["pools"][0].update(total=0)),
    ("bill", "the total off", lambda p: p["bill"].update(total=0)),
    ("bill", "hours off", lambda p: p["bill"]["pools"][0]["resources"][0].update(unit_hours=0)),
    ("bill", "no bill", lambda p: p.update(bill=None)),
    ("bill", "utilisation off", lambda p: p["utilisation"][0].update(peak=77)),
    ("bill", "a figure off", lambda p: p["figures"].update(total_profit=1000)),
    ("status", "a bound above the cost", lambda p: p.update(bound=p["cost"] + 1, bound_exact=None)),
    ("status", "optimal with a lower bound", lambda p: p.update(bound=p["cost"] - 1, bound_exact=str(Fraction(p["cost_exact"]) - 1))),
    ("status", "a wrong gap", lambda p: p.update(gap=0.5)),
    ("form", "no status at all", lambda p: p.update(status="splendid")),
    ("status", "tasks without a cost", lambda p: p.update(cost=None)),
    ("form", "not a plan", lambda p: p.pop("leptonopt_plan")),
    ("form", "no tasks", lambda p: p.update(tasks="none")),
    ("form", "an instant that is none", lambda p: entry(p, "first").update(start="soon")),
    ("form", "a cost that is none", lambda p: entry(p, "first").update(cost="dear")),
]  # fmt: skip


def test_good_plan_passes(good: dict[str, Any]) -> None:
    """The plan itself has nothing against it."""
    verdict = verify(INSTANCE, good)
    assert verdict.violations == ()
    assert verdict.ok
    assert verdict.cost == Fraction(good["cost_exact"])


@pytest.mark.parametrize(("rule", "why", "spoil"), BREAKS, ids=[f"{rule}: {why}" for rule, why, _ in BREAKS])
def test_each_break_is_noticed_by_its_rule(good: dict[str, Any], rule: str, why: str, spoil: Break) -> None:
    """One thing wrong, and the verdict names the rule, a witness and a message."""
    plan = copy.deepcopy(good)
    spoil(plan)
    verdict = verify(INSTANCE, plan)
    assert not verdict.ok
    assert rule in {violation.rule for violation in verdict.violations}, [str(v) for v in verdict.violations]
    assert all(violation.message for violation in verdict.violations)


def beyond_a_node(stated: StatedInstance, way: StatedOption) -> bool:
    """Tell whether one node must hold a way and none can: the compiler leaves these out, the checker their starts."""
    sizes = [kind.size for kind in stated.kinds() if kind.pool == way.pool]
    held = {name: count for name, count in way.uses.items() if count and any(name in size for size in sizes)}
    fits = any(all(size.get(name, 0) >= count for name, count in held.items()) for size in sizes)
    return way.one_node and (way.whole > 1 or (bool(held) and not fits))


@pytest.mark.parametrize("seed", range(60))
def test_two_codes_agree_on_what_an_instance_says(seed: int) -> None:
    """Ways, prices and capacities of the checker equal those of the compiler, computed apart."""
    document = random_instances.instance(seed)
    instance, stated = validate(document), StatedInstance(document)
    for task in instance.tasks:
        theirs = {way.id: way for way in concrete_options(instance, task) if way.refused is None}
        ours = {name: way for name, way in stated.ways(task.id).items() if not beyond_a_node(stated, way)}
        assert set(ours) == set(theirs)
        for id, way in ours.items():
            other = theirs[id]
            assert (way.pool, way.seconds, way.cost, way.quality) == (
                other.pool,
                other.duration,
                other.cost,
                other.quality,
            )
            assert {key: Fraction(value) for key, value in other.uses.items()} == way.uses
    hours = Fraction(instance.time.slot, 3600)
    for pool in instance.pools:
        for resource, series in pool.capacity.items():
            least = least_by_slot(series, pool.maintenance, resource, instance.time)
            assert [None if value is None else Fraction(value) for value in least] == stated.least(pool.id, resource)
        for resource, series in pool.price.items():
            sums = stated.price_sum(pool.id, resource)
            means = [value * hours for value in mean_by_slot(series, instance.time)]
            assert [b - a for a, b in itertools.pairwise(sums)] == means


def test_an_option_on_several_pools_is_an_option_on_each() -> None:
    """The same arrays as written out, and the same names in both codes, also where they collide."""
    alike = {"uses": {"gpu": 1}, "duration": "2h", "cost": 3}
    together = [
        {"id": "b", "pool": "a", "duration": "1h"},
        {"pools": ["a", "b"], **alike},
        {"id": "x", "pools": ["b", "a"], **alike},
    ]
    apart = [
        together[0],
        {"pool": "a", **alike},
        {"pool": "b", **alike},
        {"pool": "b", **alike},
        {"pool": "a", **alike},
    ]
    made = [validate(INSTANCE | {"tasks": [{"id": "t", "options": options}]}) for options in (together, apart)]
    names = [way.id for way in concrete_options(made[0], made[0].tasks[0])]
    assert (
        names
        == ["b", "a", "b#2", "x b", "x a"]
        == list(StatedInstance(INSTANCE | {"tasks": [{"id": "t", "options": together}]}).ways("t"))
    )
    one, other = (compile_instance(instance).problem for instance in made)
    for field in ("pool", "duration", "fixed", "first", "last", "demand_row", "demand"):
        assert getattr(one, field).tolist() == getattr(other, field).tolist()


def test_random_corruption_never_passes_for_another_cost(good: dict[str, Any]) -> None:
    """A thousand random changes of one value: noticed, or harmless to every rule and figure."""
    rng = random.Random(1)
    for _ in range(1000):
        plan = copy.deepcopy(good)
        place: Any = plan
        while isinstance(place, dict | list) and place:
            key = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
            if not isinstance(place[key], dict | list) or not place[key]:
                place[key] = rng.choice([None, -1, 10**30, "x", [], {}, True, 0.5, "2026-01-05T03:00:00Z"])
                break
            place = place[key]
        verdict = verify(INSTANCE, plan)
        assert not verdict.ok or verdict.cost in (None, Fraction(good["cost_exact"]))


def test_fingerprint_is_of_the_content() -> None:
    """Numbers that are equal are written alike; any change of a number changes it."""
    assert fingerprint({"a": 1, "b": [Decimal("0.50")]}) == fingerprint({"b": [0.5], "a": Decimal("1.0")})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})
