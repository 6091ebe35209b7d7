"""The state of a solve: the best of schedules and bounds, contradictions, and what is proven."""

from __future__ import annotations

import dataclasses
import time
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.errors import Alarm
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.result import Progress
from leptonopt.session.solve_state import SECOND, ProofLedger, SolveState, contradicts
from leptonopt.session.source import TreeSource
from tests.helpers.tiny_instances import compiled, document, pool

CHEAP, DEAR = Schedule.of([0], [0]), Schedule.of([0], [2])


def state(seen: list[Progress] | None = None, **limits: Any) -> SolveState:
    """Return the state of an instance whose task costs 2 at first and 6 later; its unit is 2."""
    made = compiled(pools=[pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 3}}})])
    source = TreeSource(made, document(), {})
    return SolveState(source, Limits(**limits), time.monotonic(), None if seen is None else seen.append)


def units(known: SolveState, money: int) -> int:
    """Return money in units."""
    return int(money / known.source.unit)


def test_only_better_schedules_and_bounds_count() -> None:
    """Each gain is a step of the trace and is shown at once."""
    seen: list[Progress] = []
    known = state(seen)
    known.incumbent(DEAR, units(known, 6))
    known.bound(units(known, 1))
    known.incumbent(DEAR, units(known, 6))
    known.bound(0)
    known.incumbent(CHEAP, units(known, 2))
    assert known.best() is known.schedule is not None
    assert [(cost, bound) for _, cost, bound in known.trace] == [(6, None), (6, 1), (2, 1)]
    assert [(each.cost, each.bound, each.gap) for each in seen][-1] == (2, 1, 0.5)


def test_exchange() -> None:
    """A schedule that takes the place of the best one may be cheaper, which is a step of the trace, but not dearer."""
    known = state()
    for schedule in (CHEAP, DEAR, CHEAP):
        known.exchange(schedule)
        assert known.trace == []
    known.incumbent(DEAR, units(known, 6))
    for schedule in (DEAR, CHEAP, DEAR):
        known.exchange(schedule)
    assert [(cost, bound) for _, cost, bound in known.trace] == [(6, None), (2, None)]


def test_schedules_that_break_rules_are_refused() -> None:
    """A note names the rules; nonsense is no schedule either."""
    known = state()
    known.phase = "some method"
    known.incumbent(Schedule.of([0, 0], [0, 1]), 0)
    assert (known.schedule, known.notes) == (None, ["a schedule from some method was refused: it breaks once"])
    assert contradicts(known.problem, "nonsense") == {"the form of a schedule"}  # type: ignore[arg-type]


def test_costs_are_computed_anew() -> None:
    """A misstated one is corrected, and noted."""
    known = state()
    known.incumbent(CHEAP, 0)
    assert known.money(known.cost) == 2
    assert "was corrected from 0 to" in known.notes[0]


def test_contradictions_raise_the_alarm() -> None:
    """A bound above a plan, a plan below a bound, a plan where none exists."""
    known = state()
    known.incumbent(CHEAP, None)
    with pytest.raises(Alarm, match="a checked plan costs 2"):
        known.bound(units(known, 2) + 1)
    known = state()
    known.bound(units(known, 6))
    with pytest.raises(Alarm, match="contradicts a proof"):
        known.incumbent(CHEAP, None)
    known = state()
    known.incumbent(CHEAP, None)
    with pytest.raises(Alarm, match="cbc says that no plan exists"):
        known.conclude("cbc", Solution(Status.INFEASIBLE, Stop.PROOF))


def test_what_a_method_says_at_its_end() -> None:
    """Its engine, its log, a failure as a note, a reason only while there is no plan."""
    known = state()
    known.conclude("cbc", Solution(Status.UNKNOWN, Stop.FAILED, note="it broke", engine="CBC 1", log="the log"))
    known.conclude("lns", Solution(Status.UNKNOWN, Stop.DONE, note="lns found none", remark="a remark"))
    assert known.engines == {"cbc": "CBC 1"}
    assert known.notes == ["cbc: it broke", "lns: a remark"]
    assert known.why == ["lns found none"]
    assert known.logs[0] == "--- cbc: unknown, failed ---\nit broke\nthe log"
    known.conclude("greedy", Solution(Status.FEASIBLE, Stop.DONE, CHEAP, bound=0))
    assert (known.cost, known.lower, known.last_stop) == (units(known, 2), 0, Stop.DONE)


@pytest.mark.parametrize(
    ("cost", "bound", "status", "stop"),
    [
        (CHEAP, 2, Status.OPTIMAL, Stop.PROOF),
        (CHEAP, 1, Status.FEASIBLE, Stop.LIMIT),
        (None, 1, Status.UNKNOWN, Stop.LIMIT),
    ],
)
def test_what_is_proven(cost: Schedule | None, bound: int, status: Status, stop: Stop) -> None:
    """A proof where cost and bound meet; else the reason of the stop."""
    known = state()
    known.stop = Stop.LIMIT
    if cost is not None:
        known.incumbent(cost, None)
    known.bound(units(known, bound))
    assert known.status() == (status, stop, units(known, bound))


def test_a_gap_is_measured_here() -> None:
    """An engine that says so where the gap is larger has only ended."""
    known = state(gap=0.4)
    known.incumbent(CHEAP, None)
    known.bound(units(known, 1))
    known.stop = Stop.GAP
    assert not known.within_gap(0.4)
    assert known.status()[1] is Stop.DONE
    assert known.within_gap(0.5)
    assert not known.within_gap(0)


def test_coarsened_money_is_never_optimal() -> None:
    """Rounding could hide a cheaper plan."""
    known = state()
    coarse = dataclasses.replace(known.source.compiled, loss=Fraction(1))  # type: ignore[attr-defined]
    known.source = dataclasses.replace(known.source, compiled=coarse)  # type: ignore[type-var]
    known.incumbent(CHEAP, None)
    known.bound(units(known, 2))
    assert known.status()[:2] == (Status.FEASIBLE, Stop.DONE)


def test_infeasibility_is_a_proof() -> None:
    """With the methods that claim it."""
    known = state()
    known.conclude("cpsat", Solution(Status.INFEASIBLE, Stop.PROOF))
    assert known.status() == (Status.INFEASIBLE, Stop.PROOF, None)
    assert known.claims.denials == ["cpsat"]


def test_the_best_bound_of_each_method() -> None:
    """Weaker ones later do not count; methods whose bound reaches a value have proven it."""
    ledger = ProofLedger()
    for method, value in (("a", 5), ("b", 7), ("a", 6), ("b", 3)):
        ledger.bound(method, value)
    assert ledger.bounds == {"a": 6, "b": 7}
    assert (ledger.provers_of(7), ledger.provers_of(6), ledger.provers_of(8)) == (["b"], ["a", "b"], [])


def test_claims_of_infeasibility() -> None:
    """Each method once."""
    ledger = ProofLedger()
    for method in ("cbc", "cpsat", "cbc"):
        ledger.claim_infeasible(method)
    assert ledger.provers_of(None) == ["cbc", "cpsat"]
    assert ledger.others(None) == ["highs"]


def test_engines_that_could_confirm() -> None:
    """All exact ones that have not proven it themselves."""
    ledger = ProofLedger()
    assert ledger.others(4) == list(SECOND)
    ledger.bound("highs", 4)
    ledger.bound("lagrangian", 4)
    assert ledger.others(4) == ["cpsat", "cbc"]


def test_how_a_proof_was_confirmed() -> None:
    """On which model, if at all."""
    ledger = ProofLedger()
    assert ledger.confirmation is None
    ledger.confirmed.append("highs")
    assert ledger.confirmation == "same model"
    ledger.second = True
    assert ledger.confirmation == "second model"
