"""Numbers anywhere within the documented limits: counted exactly, or refused with what is too far apart."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.verify import verify

LARGE, FINE = Decimal(10**12), Decimal("0.000000001")
OF_FINE = Fraction(7, 6) / 10**9  # what 70 minutes cost at that
TIME = {"start": "2026-01-05T00:00Z", "slot": "7m", "horizon": "7h"}


def document(pools: list[dict[str, Any]], ways: list[dict[str, Any]], **task: Any) -> dict[str, Any]:
    """A task with some ways to run."""
    return {"time": TIME, "pools": pools, "tasks": [{"id": "t", "options": ways, **task}]}


def solved(stated: dict[str, Any]) -> tuple[str, Fraction | None]:
    """Status and cost, which the checker has to agree with."""
    result = leptonopt.solve(stated, method="cpsat", isolate=False)
    assert verify(stated, result.document).ok
    return str(result.status), result.plan.cost if result.plan else None


DEAR = {"id": "dear", "capacity": {"gpu": 1}, "price": {"gpu": LARGE}}
FAIR = {"id": "fair", "capacity": {"gpu": 1}, "price": {"gpu": FINE}}


def way(pool: str, duration: str = "70m", uses: Any = 1) -> dict[str, Any]:
    return {"pool": pool, "uses": {"gpu": uses}, "duration": duration}


def test_a_price_that_nobody_can_pay_costs_no_exactness() -> None:
    """What is too long for the horizon leaves the fine price exact: 70 minutes at 10^-9."""
    assert solved(document([DEAR, FAIR], [way("fair"), way("dear", "14h")])) == ("optimal", OF_FINE)


def test_prices_that_are_far_apart_make_a_plan() -> None:
    """10^21 between them: money is coarser, the plan and its cost are exact, nothing more is claimed."""
    status, cost = solved(document([DEAR, FAIR], [way("fair"), way("dear")]))
    assert cost == OF_FINE
    assert status == "feasible"
    assert solved(document([DEAR], [way("dear")])) == ("optimal", Fraction(LARGE) * 7 / 6)


@pytest.mark.parametrize("count", [0, {"steps": {"2026-01-05T00:00Z": 0, "2027-01-05T00:00Z": 5}}])
def test_nodes_that_are_not_there_cost_no_exactness(count: Any) -> None:
    """A dear kind of which there is none."""
    kind = {
        "size": {"gpu": 1},
        "count": count,
        "price": LARGE,
        "startup": LARGE,
        "power": LARGE,
        "commit": {"total": LARGE},
    }
    pool = {"id": "none", "nodes": kind, "price": {"power": LARGE}, "carbon": LARGE}
    stated = document([pool, FAIR], [way("fair"), way("none")])
    assert solved(stated) == ("optimal", OF_FINE)


@pytest.mark.parametrize("due", ["1000-01-01T00:00Z", "2026-01-05T00:00Z", "2026-01-05T06:59Z", "9000-01-01T00:00Z"])
def test_lateness_at_any_rate_since_any_time(due: str) -> None:
    """10^12 an hour for up to a thousand years; nothing where it cannot be late."""
    stated = document([FAIR], [way("fair")], due=due, late_cost=LARGE, late_penalty=LARGE)
    status, cost = solved(stated)
    assert status in ("optimal", "feasible")
    assert cost is not None
    assert (cost > LARGE) == (due < "2026-01-05T01")


def test_weights_and_copies() -> None:
    """A million copies at 10^12 times 10^12; the plan is exact."""
    stated = document([{**DEAR, "capacity": {"gpu": "unlimited"}}], [way("dear", "7m")], copies=1000)
    stated["objective"] = {"cost": LARGE, "carbon_kg": FINE}
    assert solved(stated)[1] == 1000 * Fraction(7, 60) * Fraction(LARGE) ** 2


def test_nodes_that_hold_more_than_can_be_used() -> None:
    """100,000 nodes of 10^12 each: one is enough."""
    pool = {"id": "p", "nodes": {"size": {"gpu": LARGE}, "count": 100_000, "price": 6}}
    assert solved(document([pool], [way("p")])) == ("optimal", 7)


def test_products_of_fine_amounts_are_exact() -> None:
    """What is drawn has as many digits as both amounts together."""
    power, uses = Decimal("0.123456789"), Decimal("12.345678901")
    pool = {"id": "p", "capacity": {"gpu": 20}, "power": {"gpu": power}, "price": {"power": 6}}
    with pytest.raises(InstanceError, match=r"of 'power', .* steps of 1e-18; at most 68,719,476,736 steps"):
        solved(document([pool], [way("p", uses=uses)]))
    pool["power"] = {"gpu": Decimal("0.5")}
    assert solved(document([pool], [way("p", uses=Decimal("12.3456789"))])) == ("optimal", 7 * Fraction("6.17283945"))


def test_amounts_too_fine_against_each_other_are_named() -> None:
    """10^12 in steps of 10^-9 are refused, with both numbers and the task."""
    pool = {"id": "p", "capacity": {"gpu": LARGE}}
    with pytest.raises(InstanceError, match=r"tasks\[0\]: option '.*': 1e\+12 of 'gpu', .* steps of 1e-09; at most"):
        compile_instance(validate(document([pool], [{**way("p", uses=LARGE), "id": "x"}, way("p", uses=FINE)])))


@pytest.mark.parametrize("of", ["money", "gpu", "licence"])
def test_quotas_are_exact_or_refused(of: str) -> None:
    """A limit may be as large or as fine as it likes; amounts 10^21 apart are refused with both."""
    pools = [FAIR, DEAR]
    ways = [{**way("fair"), "consumes": {"licence": FINE}}]
    for limit, status in (
        (LARGE, "optimal"),
        (FINE * 2, "optimal" if of != "gpu" else "infeasible"),
        (0, "infeasible"),
    ):
        stated = {**document(pools, ways), "quotas": [{"id": "q", "of": of, "limit": limit}]}
        assert solved(stated)[0] == status, limit
    ways.append({**way("dear"), "consumes": {"licence": LARGE}})
    stated = {**document(pools, ways), "quotas": [{"id": "q", "of": of, "limit": 5}]}
    if of == "gpu":
        assert solved(stated)[0] in ("feasible", "optimal")
    else:
        with pytest.raises(
            InstanceError, match=r"quota 'q': amounts of up to .*e\+1\d, in steps of .*e-\d\d; at most 2\^50"
        ):
            solved(stated)


def test_work_of_any_length() -> None:
    """10^12 hours at a speed of 10^-9 are no way; the other one is."""
    stated = document([FAIR, {"id": "p", "capacity": {"gpu": 1}}], [way("fair")])
    stated["tasks"][0]["work"] = {"hours": LARGE, "speed": {"p": FINE}}
    assert solved(stated) == ("optimal", OF_FINE)
