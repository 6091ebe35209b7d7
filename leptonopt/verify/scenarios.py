"""Check plans for scenarios of demand: each by itself, what they have in common, and their objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from leptonopt.verify import verify
from leptonopt.verify.exact import duration, exact

EXACT = Context(prec=200)
Document = Mapping[str, Any]


def verify_scenarios(
    instance: Document, stated: Document, plans: Mapping[str, Document], objective: Fraction
) -> list[str]:
    """Return what is wrong with plans for scenarios, a line each; nothing where all is right.

    Parameters
    ----------
    instance, stated : documents of the instance and of the scenarios.
    plans : documents, by id of the scenario.
    objective : claimed: the mean of the costs, or its mixture with the mean of the dearest ones.
    """
    scenarios = {each["id"]: each for each in stated["scenarios"]}
    if scenarios.keys() != plans.keys():
        return [f"plans are for {sorted(plans)}, scenarios are {sorted(scenarios)}"]
    faults = [
        f"scenario {name!r}: {found.rule}: {found.message}"
        for name, each in scenarios.items()
        for found in verify(scenario_document(instance, each), plans[name]).violations
    ]
    faults += _differences(instance, stated, plans)
    costs = [(exact(each["weight"]), Fraction(plans[name]["cost_exact"])) for name, each in scenarios.items()]
    if (true := _objective(costs, stated.get("cvar"))) != objective:
        faults.append(f"the objective is {true}, not {objective}")
    return faults


def scenario_document(instance: Document, scenario: Document) -> dict[str, Any]:
    """Return the document of the instance in which a scenario comes."""
    services = []
    for service in instance["services"]:
        demand = (scenario.get("demand") or {}).get(service["id"], service["demand"])
        factor = (scenario.get("scale") or {}).get(service["id"])
        services.append({**service, "demand": demand if factor is None else _scaled(demand, factor)})
    return {**instance, "name": f"{instance.get('name', 'unnamed')}: {scenario['id']}", "services": services}


def _scaled(demand: Any, factor: Any) -> Any:
    """Return a demand times a factor; shares of a mix and quantiles stay."""
    if "samples" in demand:
        return {"quantile": demand["quantile"], "samples": [_scaled(each, factor) for each in demand["samples"]]}
    if "mix" in demand:
        return {"rate": _times(demand["rate"], factor), "mix": demand["mix"]}
    return _times(demand, factor)


def _times(value: Any, factor: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _times(each, factor) for key, each in value.items()}
    return EXACT.multiply(Decimal(str(value)), Decimal(str(factor)))


def _differences(instance: Document, stated: Document, plans: Mapping[str, Document]) -> Iterator[str]:
    """Yield what differs between plans and must not: commitments, and what is done in first slots."""
    first = next(iter(plans))
    span = duration(str(stated.get("here_and_now") or "0s"))
    begin = _instant(instance["time"]["start"])
    end = begin + timedelta(seconds=float(span))
    known = _common(plans[first], end)
    for name, plan in plans.items():
        for what, value in _common(plan, end).items():
            if value != known.get(what):
                yield f"{what} is {value} in scenario {name!r}, and {known.get(what)} in {first!r}"


def _common(plan: Document, end: datetime) -> dict[str, Any]:
    """Return decisions in common by what they are."""
    found: dict[str, Any] = defaultdict(int)
    for line in plan["nodes"]:
        found[f"nodes committed of {line['pool']} {line['kind']}"] += line["committed"]
    for service in plan.get("services") or ():
        for way in service["ways"]:
            steps = [(step["from"], step["count"]) for step in way["on"] if _instant(step["from"]) < end]
            found[f"replicas of {service['id']} {way['way']}"] = _without_repeats(steps)
    started = [
        (line["id"], line.get("copy", 1), line.get("copies", 1), line["option"], line["start"])
        for line in plan["tasks"]
        if _instant(line["start"]) < end
    ]
    return found | {"tasks that start": sorted(started)}


def _without_repeats(steps: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [step for at, step in enumerate(steps) if not at or step[1] != steps[at - 1][1]]


def _instant(text: Any) -> datetime:
    found = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _objective(costs: list[tuple[Fraction, Fraction]], cvar: Document | None) -> Fraction:
    """Return the mean of costs, or (1 - k) times it and k times the mean of the dearest part of 1 - level."""
    mean = sum((weight * cost for weight, cost in costs), Fraction(0))
    if cvar is None:
        return mean
    level, share = exact(cvar.get("level", "0.9")), exact(cvar["weight"])
    # The least over e of e + the mean of what is above e: it is taken at one of the costs.
    tails = [e + sum((w * max(Fraction(0), c - e) for w, c in costs), Fraction(0)) / (1 - level) for _, e in costs]
    return (1 - share) * mean + share * min(tails)
