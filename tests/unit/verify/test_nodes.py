"""Nodes of a plan: entries, rules, what they offer and cost."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.problem.schedule import Schedule
from leptonopt.verify import verify
from leptonopt.verify.exact import Findings, Malformed
from leptonopt.verify.nodes import Rented, read_nodes
from tests.helpers.plans import solved_document
from tests.helpers.stated import judged
from tests.helpers.tiny_instances import power_plants, task

POOL = {"id": "n", "nodes": {"id": "k", "size": {"gpu": 4}, "count": 2, "price": 3, "startup": 1, "minimum": "2h"}}


def read(change: Any = lambda entry: None, more: list[dict[str, Any]] | None = None) -> tuple[list[Rented], list[str]]:
    """Return the nodes of a plan with a changed entry, and what is said of them."""
    made, plan = judged(Schedule.of([0], [0]), task(pool="n", gpu=4, duration="2h"), pools=[POOL])
    change(plan["nodes"][0])
    plan["nodes"] += more or []
    findings = Findings()
    rented = read_nodes(made, plan, findings)
    return rented, [f"{found.rule}: {found.message}" for found in findings.found]


def test_a_right_entry() -> None:
    """One node for two slots; what it offers and costs by slot."""
    (rented,), said = read()
    assert said == []
    assert (rented.on, rented.usable) == ([1, 1, 0, 0], [1, 1, 0, 0])
    assert sum(rented.money) == 2 * 3 + 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry.update(rent=5), "bill: nodes 'k' of pool 'n': rent: is 5, not 6"),
        (lambda entry: entry.update(starts=2), "starts: is 2, not 1"),
        (lambda entry: entry.update(committed=1), "nodes: "),
        (lambda entry: entry["on"][0].update(count=3), "nodes: "),
        (lambda entry: entry["on"].insert(1, {"from": "2026-01-05T01:00:00Z", "count": 0}), "nodes: "),
        (lambda entry: entry.update(kind="other"), "is missing"),
    ],
)
def test_wrong_entries(change: Any, said: str) -> None:
    """Bills, counts, commitments, minimum times, names."""
    assert any(said in line for line in read(change)[1]), read(change)[1]


def test_entries_twice_or_of_nothing() -> None:
    """Each kind is listed once."""
    stranger = {"pool": "n", "kind": "x", "on": []}
    assert any("is no node of the instance" in line for line in read(more=[stranger])[1])


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry["on"][0].update(count=-1),
        lambda entry: entry["on"][0].update({"from": "2026-01-05T00:30:00Z"}),
    ],
)
def test_malformed_entries(change: Any) -> None:
    """Numbers below zero, moments within a slot."""
    with pytest.raises(Malformed):
        read(change)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ([(0, 1)], "0 in use, at least 3000 must be"),  # coal stays on, and 0 of 3,000 MW are in use
        ([(0, 1), (1, 0), (2, 1), (3, 0)], "are on that are not off for their minimum time"),
    ],
)
def test_units_on_against_their_rules(on: list[tuple[int, int]], said: str) -> None:
    """The optimum with coal on where it may not be."""
    stated = power_plants()
    plan = solved_document(stated)
    assert verify(stated, plan).ok
    coal = next(entry for entry in plan["nodes"] if entry["pool"] == "coal")
    coal["on"] = [{"from": f"2026-01-05T0{hour}:00:00Z", "count": count} for hour, count in on]
    assert any(said in str(each) for each in verify(stated, plan).violations)
