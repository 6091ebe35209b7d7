"""Define scenarios of demand: what services may be asked for, with weights, beside one instance."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, model_validator

from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import notation
from leptonopt.instance.edits import plain
from leptonopt.instance.fields import (
    ByName,
    Lag,
    Many,
    Name,
    NotNegative,
    Positive,
    StrictModel,
    empty_mapping,
)
from leptonopt.instance.instance import Instance
from leptonopt.instance.messages import validated
from leptonopt.instance.names import unknown_name
from leptonopt.instance.services import Demand, Quantile, Share
from leptonopt.instance.validation import validate

MAX_SCENARIOS = 50


class Scenario(StrictModel):
    """One course of demand: that of the instance, by service scaled or replaced."""

    id: Name
    weight: Positive = Field(description="weights of all scenarios sum to 1")
    scale: ByName[NotNegative] = empty_mapping("by service, what its demand is multiplied by")
    demand: ByName[Demand] = empty_mapping("by service, a demand in place of that of the instance")


class ValueAtRisk(StrictModel):
    """The part of the objective that is the mean cost of the dearest scenarios (CVaR)."""

    level: Annotated[Quantile, Field(description="0.9: the mean over the dearest tenth")] = Decimal("0.9")
    weight: Share | Annotated[int, Field(strict=True, ge=1, le=1)] = Field(description="the rest is of the mean")

    @model_validator(mode="after")
    def _below_one(self) -> ValueAtRisk:
        if self.level >= 1:
            raise ValueError(f"level is {self.level}; above 0 and below 1")
        return self


class Scenarios(StrictModel):
    """Scenarios and what is decided before it is known which of them comes."""

    scenarios: Many[Scenario] = Field(min_length=1)
    here_and_now: Lag = Field(
        default=0, description="replicas and starts of tasks are common so long; commitments always"
    )
    cvar: ValueAtRisk | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Scenarios:
        if len(self.scenarios) > MAX_SCENARIOS:
            raise ValueError(f"{len(self.scenarios)} scenarios; at most {MAX_SCENARIOS} are allowed")
        if len({each.id for each in self.scenarios}) < len(self.scenarios):
            raise ValueError("two scenarios have the same id")
        if (total := sum((each.weight for each in self.scenarios), Decimal(0))) != 1:
            raise ValueError(f"the weights sum to {total.normalize():f}; they sum to 1")
        return self


def read_scenarios(document: Mapping[str, Any], instance: Instance) -> Scenarios:
    """Return the scenarios of a document; raises `InstanceError` with everything that is wrong with it."""
    found = validated(Scenarios, _with_offsets(document, instance.time.zone))
    known = [service.id for service in instance.services]
    findings = [
        Finding(unknown_name("service", name, known), ("scenarios", at, key, name))
        for at, each in enumerate(found.scenarios)
        for key in ("scale", "demand")
        for name in getattr(each, key)
        if name not in known
    ]
    if not instance.services:
        findings.append(Finding("the instance has no services, whose demand they could be of", ("scenarios",)))
    if found.here_and_now > instance.time.horizon:
        findings.append(Finding("is longer than the horizon", ("here_and_now",)))
    if findings:
        raise InstanceError(findings)
    return found


def _with_offsets(document: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Return a document whose local times in demands have the offset of a zone."""
    made: dict[str, Any] = plain(document)
    for scenario in made["scenarios"] if isinstance(made.get("scenarios"), list) else ():
        if isinstance(scenario, dict) and isinstance(demand := scenario.get("demand"), dict):
            stated = {"time": {"zone": zone}, "services": [{"demand": each} for each in demand.values()]}
            found = notation.plain(stated).document["services"]
            scenario["demand"] = {name: each["demand"] for name, each in zip(demand, found, strict=True)}
    return made


def instance_of(instance: Instance, scenario: Scenario) -> Instance:
    """Return the instance in which a scenario comes."""
    document = plain(instance.document())
    document["name"] = f"{instance.name}: {scenario.id}"
    for service in document["services"]:
        if (other := scenario.demand.get(service["id"])) is not None:
            service["demand"] = plain(other.model_dump(by_alias=True, exclude_defaults=True))
        if (factor := scenario.scale.get(service["id"])) is not None:
            service["demand"] = _scaled(service["demand"], factor)
    return validate(document)


def _scaled(demand: Mapping[str, Any], factor: Decimal) -> dict[str, Any]:
    """Return a demand times a factor."""
    if "samples" in demand:
        return {**demand, "samples": [_scaled(sample, factor) for sample in demand["samples"]]}
    if "mix" in demand:
        return {**demand, "rate": _times(demand["rate"], factor)}
    return {name: _times(series, factor) for name, series in demand.items()}


def _times(series: Any, factor: Decimal) -> Any:
    """Return a series times a factor: a number, or numbers in tables."""
    if isinstance(series, Mapping):
        return {key: _times(value, factor) for key, value in series.items()}
    return series * factor
