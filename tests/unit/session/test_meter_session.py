"""Solves with meters: least cost by hand, proofs, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.errors import UsageError
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
