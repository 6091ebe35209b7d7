"""Read rates of replicas from runs that were measured and the targets of a service."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Malformed, exact


def without_slo(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose ways state rates: of each class the largest of a run within all targets."""
    services = document.get("services") or ()
    if not any("slo" in each or any("runs" in way for way in each["replicas"]) for each in services):
        return document
    return {**document, "services": [_service(each) for each in services]}


def _service(service: Mapping[str, Any]) -> dict[str, Any]:
    targets = {key: _seconds(value) for key, value in (service.get("slo") or {}).items()}
    ways = [_way(way, targets) for way in service["replicas"]]
    return {key: value for key, value in service.items() if key != "slo"} | {"replicas": ways}


def _way(way: Mapping[str, Any], targets: Mapping[str, Fraction]) -> dict[str, Any]:
    rest = {key: value for key, value in way.items() if key != "runs"}
    if not way.get("runs"):
        return rest
    rates: dict[str, Any] = {run["class"]: 0 for run in way["runs"]}
    for run in way["runs"]:
        late = any(_seconds(run[key]) > most for key, most in targets.items())
        if not late and exact(run["rate"]) > exact(rates[run["class"]]):
            rates[run["class"]] = run["rate"]
    return rest | {"rate": rates}


def _seconds(text: Any) -> Fraction:
    """Return the seconds of a time such as 40ms or 0.5s."""
    if not isinstance(text, str) or not text.endswith("s"):
        raise Malformed(f"{text!r} is no time")
    number = text.removesuffix("ms") if text.endswith("ms") else text.removesuffix("s")
    try:
        return Fraction(number) / (1000 if text.endswith("ms") else 1)
    except ValueError:
        raise Malformed(f"{text!r} is no time") from None
