"""Solves with meters: least cost by hand, proofs, and what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InstanceError, UsageError
from leptonopt.solvers import small_program
from tests.helpers.metered import moved

FREE = [{"price": 0}, {"from": 6, "price": 1}]
FALLING = [{"price": 2}, {"from": 6, "price": 0.25}]
MIXED = [{"price": 0}, {"from": 2, "price": 3}, {"from": 4, "price": 0.5}]


def solved(stated: dict[str, Any], **more: Any) -> leptonopt.Result:
    """Return the result on one thread, in this process."""
    return leptonopt.solve(stated, time_limit=20, threads=1, isolate=False, **more)


@pytest.mark.parametrize("method", ["auto", "highs", "cpsat", "cbc"])
@pytest.mark.parametrize(
    ("tiers", "cost"),
    [
        (FREE, 6),  # all moved: 6 for nothing, 6 at 1; one at home would be 7
        (FALLING, 13.5),  # all moved: 12 for the first 6, 1.5 for the others; two at home would be 18
        (MIXED, 10),  # all moved: nothing for 2, 6 for 2, 4 for 8
    ],
)
def test_tiers_by_hand(method: str, tiers: list[dict[str, float]], cost: float) -> None:
    """Three tasks move 4 each, or run at home for 5 each; the second model proves the same."""
    found = solved(moved(4, 4, 4, tiers=tiers), method=method, confirm=method == "highs")
    assert (found.status, found.cost) == ("optimal", cost)
    assert method != "highs" or found.document["proof"]["confirmation"] == "second model"


def test_cpsat_does_not_choose_intervals() -> None:
    """Tasks after each other at prices that do not change: its intervals would leave the meters out."""
    stated = moved(4, 4, 4, tiers=MIXED)
    for before, after in pairwise(stated["tasks"]):
        after["after"] = [before["id"]]
    found = solved(stated, method="cpsat")
    assert (found.status, found.cost) == ("optimal", 10)


@pytest.mark.parametrize("method", ["auto", "highs", "cpsat", "cbc"])
@pytest.mark.parametrize(
    ("tiers", "minimum", "cost"),
    [
        ([{"price": 1}], 10, 12),  # of 12 beyond the minimum; all at home would be 10 + 15
        ([{"price": 1}], 12.5, 12.5),  # the minimum pays for all
        (FALLING, 13, 13.5),
        ([{"price": 0}, {"from": 5, "price": 3}], 9, 14),  # one at home, as 8 moved cost the minimum and 12 cost 21
    ],
)
def test_a_minimum_by_hand(method: str, tiers: list[dict[str, float]], minimum: float, cost: float) -> None:
    """What is moved costs at least the minimum; the second model proves the same."""
    stated = moved(4, 4, 4, tiers=tiers, minimum=minimum)
    found = solved(stated, method=method, confirm=method == "highs")
    assert (found.status, found.cost) == ("optimal", cost)
    assert method != "highs" or found.document["proof"]["confirmation"] == "second model"


def test_a_minimum_is_less_what_was_paid() -> None:
    """Of at least 10 a day, 7 are paid when the horizon begins; tomorrow all 10 are to be paid."""
    stated = moved(2, tiers=[{"price": 1}], per="day", used=7, minimum=10)
    stated["time"] = {"start": "2026-01-05T22:00Z", "slot": "1h", "horizon": "4h"}
    assert [line["cost"] for line in solved(stated).document["meters"]] == [3, 10]


def test_fees_in_percent() -> None:
    """Two tasks at home pay 5 each and a fee of a tenth on it; what the other meter asks for moving is not counted."""
    stated = moved(1, 1, tiers=[{"price": 4}])
    stated["meters"].append({"id": "support", "of": "money", "tiers": [{"price": 0.1}]})
    found = solved(stated, method="highs", confirm=True)
    assert (found.status, found.cost) == ("optimal", 8)
    stated["meters"][0]["tiers"] = [{"price": 6}]
    assert solved(stated).cost == 11


@pytest.mark.parametrize(
    ("change", "said"),
    [({"price": {"gpu": -1}}, "has a price below 0"), ({"option": {"cost": -1}}, "has a cost below 0")],
)
def test_fees_on_less_than_nothing_are_refused(change: dict[str, Any], said: str) -> None:
    """A meter of money counts nothing below 0."""
    stated = moved(1, of="money")
    stated["tasks"][0]["options"][0] |= change.pop("option", {})
    stated["pools"][0] |= change
    with pytest.raises(InstanceError, match=said):
        solved(stated)


RATES = [{"pool": "own", "resource": "gpu", "price": 3}]
SERVICE = {
    "services": [
        {
            "id": "chat",
            "team": "red",
            "demand": {"all": 5},
            "replicas": [{"pool": "own", "uses": {"gpu": 1}, "rate": {"all": 6}}],
        }
    ]
}


@pytest.mark.parametrize("method", ["auto", "highs", "cpsat", "cbc"])
def test_services_are_metered(method: str) -> None:
    """A replica holds a GPU for 4 hours: 20, and 1 for each unit-hour beyond 2, which its team pays; 1 is moved for 1."""
    stated = moved(1, of="gpu", tiers=[{"price": 0}, {"from": 3, "price": 1}]) | SERVICE
    stated["tasks"][0]["team"] = "blue"
    found = solved(stated, method=method, confirm=method == "highs")
    assert (found.status, found.cost) == ("optimal", 22)
    assert method != "highs" or found.document["proof"]["confirmation"] == "second model"
    bill = found.document["bill"]
    assert {line["team"]: line["metered"] for line in bill["teams"]} == {"red": 1.6, "blue": 0.4}
    assert bill["uncharged"] == 0


def test_services_under_savings_plans() -> None:
    """A GPU at 5 costs 3 when committed: 4 x 3 for the replica; the task is cheaper without."""
    stated = moved(1) | SERVICE
    stated["savings"] = [{"id": "plan", "commit": {"max": 6, "step": 3}, "rates": RATES}]
    stated["tasks"][0]["team"] = "blue"
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 13)
    assert {line["team"]: line["metered"] for line in found.document["bill"]["teams"]} == {"red": -8, "blue": 1}
    again = solved(stated, warm_start=found.document)
    assert again.cost == 13


@pytest.mark.parametrize("method", ["auto", "highs", "cpsat", "cbc"])
def test_segments_are_metered(method: str) -> None:
    """Two hours a day are free: the task pauses between them, where hours are dear, and each segment pays its share."""
    stated = moved(1, of="gpu", per="day", tiers=[{"price": 0}, {"from": 2, "price": 0.5}])
    stated["time"] = {"start": "2026-01-05T20:00Z", "slot": "1h", "horizon": "6h"}
    stated["pools"][1]["price"] = {"gpu": {"daily": {"00:00": 1, "20:00": 1, "22:00": 4}}}
    run = {"pool": "own", "uses": {"gpu": 1}, "duration": "4h"}
    stated["tasks"] = [{"id": "t", "segments": {"most": 2}, "team": "red", "options": [run]}]
    found = solved(stated, method=method)
    assert (found.status, found.cost) == ("optimal", 4)
    stated["meters"][0]["per"] = "horizon"
    found = solved(stated, method=method)
    assert (found.status, found.cost) == ("optimal", 5)
    assert [line["metered"] for line in found.document["tasks"]] == [0.5, 0.5]


def test_segments_under_savings_plans() -> None:
    """The first hour is paid already, and none is there in the second: two segments, each of which moves 1."""
    stated = moved(1, of="gb", tiers=[{"price": 0.5}])
    run = {"pool": "own", "uses": {"gpu": 1}, "duration": "2h", "consumes": {"gb": 1}}
    stated["tasks"] = [{"id": "t", "segments": True, "options": [run]}]
    stated["pools"][1]["capacity"] = {
        "gpu": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T01:00Z": 0, "2026-01-05T02:00Z": 1}}
    }
    rates = [{"pool": "own", "resource": "gpu", "price": 3}]
    stated["savings"] = [
        {"id": "plan", "committed": {"steps": {"2026-01-05T00:00Z": 3, "2026-01-05T01:00Z": 0}}, "rates": rates}
    ]
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 9)
    stated["tasks"][0]["release"] = "2026-01-05T02:00Z"
    assert solved(stated).cost == 13.5


def test_what_was_used_counts_in_the_first_window() -> None:
    """Of 6 free each day, 5 are used today: both tasks wait for tomorrow, as no hour at home is as cheap."""
    stated = moved(3, 3, tiers=FREE, per="day", used=5)
    stated["time"] = {"start": "2026-01-05T22:00Z", "slot": "1h", "horizon": "4h"}
    found = solved(stated)
    assert found.cost == 0
    assert {line["start"] for line in found.document["tasks"]} <= {"2026-01-06T00:00:00Z", "2026-01-06T01:00:00Z"}
    assert [line["used"] for line in found.document["meters"]] == [5, 6]


def test_shares_add_up() -> None:
    """Each team pays by its use: a third and two thirds of 9."""
    stated = moved(3, 6, tiers=[{"price": 1}], pools=["a"])
    for name, task in zip(("red", "blue"), stated["tasks"], strict=True):
        task |= {"team": name, "options": task["options"][:1]}
    bill = solved(stated).document["bill"]
    assert {line["team"]: (line["metered"], line["total"]) for line in bill["teams"]} == {"red": (3, 3), "blue": (6, 6)}
    assert (bill["metered"], bill["total"], bill["uncharged"]) == (9, 9, 0)


def test_energy_of_nodes_is_metered() -> None:
    """A node draws 2 kW for an hour: 1 kWh at 3 and 1 at 1, which nobody is charged for."""
    stated = moved(1, of="energy", tiers=[{"price": 3}, {"from": 1, "price": 1}])
    stated["pools"] = [{"id": "a", "nodes": {"size": {"gpu": 1}, "count": 1, "price": 1, "power": 2}}]
    stated["tasks"] = [
        {
            "id": "t",
            "team": "red",
            "placement": "one-node",
            "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}],
        }
    ]
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 5)
    assert found.document["bill"]["uncharged"] == 4


def test_others_refuse_by_name() -> None:
    """A method that does not know meters says so; nothing is certified."""
    with pytest.raises(UsageError, match="the method lns does not support meters and savings plans"):
        solved(moved(1), method="lns")
    assert solved(moved(1), certify=True).certificate is None


def test_services_are_planned_at_list_prices_and_without_meters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the program is not small, the plan comes from list prices, and the bound from the lower ones."""
    monkeypatch.setattr(small_program, "SMALL", 0)
    stated = moved(1) | SERVICE
    stated["savings"] = [{"id": "plan", "commit": {"max": 6, "step": 3}, "rates": RATES}]
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 13)
