"""Rewrite objectives of latency and measured runs of replicas as rates.

A service states targets (`slo`), its ways what was measured (`runs`). The rate of a class is the largest of a run that
meets all targets, and 0 where none does; nothing is assumed between runs or beyond them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from leptonopt.errors import Finding, Path

Document = dict[str, Any]
TARGETS = ("ttft", "tpot")
_TIME = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s)", re.ASCII)
_RUN = "write {class: NAME, rate: requests per second, ttft: 300ms, tpot: 30ms}"


def without_slo(document: Document, findings: list[Finding]) -> Document:
    """Return a document whose ways have rates alone; what is wrong is added to `findings`."""
    services = document.get("services")
    if not isinstance(services, list | tuple) or not any(map(_has_slo, services)):
        return document
    made = [_service(each, ("services", at), findings) for at, each in enumerate(services)]
    return {**document, "services": made}


def _has_slo(service: Any) -> bool:
    if not isinstance(service, Mapping):
        return False
    ways = service.get("replicas")
    return "slo" in service or (isinstance(ways, list | tuple) and any(map(_has_runs, ways)))


def _has_runs(way: Any) -> bool:
    return isinstance(way, Mapping) and "runs" in way


def _service(service: Any, path: Path, findings: list[Finding]) -> Any:
    if not _has_slo(service):
        return service
    rest = {key: value for key, value in service.items() if key != "slo"}
    ways = service.get("replicas")
    if not isinstance(ways, list | tuple):
        return rest
    measured = any(_has_runs(way) and way["runs"] is not None for way in ways)
    none = service.get("slo") is None and not measured
    targets = {} if none else _targets(service.get("slo"), (*path, "slo"), findings)
    if targets is None:
        return rest
    return rest | {"replicas": [_way(way, targets, (*path, "replicas", at), findings) for at, way in enumerate(ways)]}


def _targets(stated: Any, path: Path, findings: list[Finding]) -> dict[str, Decimal] | None:
    """Return the greatest seconds by target; None where they are wrong."""
    if not isinstance(stated, Mapping) or not stated or set(stated) - set(TARGETS):
        text = "is needed beside `runs`" if stated is None else f"{stated!r} states no targets"
        findings.append(Finding(f"{text}; write {{ttft: 500ms, tpot: 40ms}} or one of both", path))
        return None
    found = {key: _seconds(value) for key, value in stated.items()}
    for key, value in found.items():
        if value is None:
            findings.append(Finding(f"{stated[key]!r} is no time; write one such as 500ms or 2s", (*path, key)))
    return None if None in found.values() else {key: value for key, value in found.items() if value is not None}


def _seconds(value: Any) -> Decimal | None:
    """Return a time in seconds; None for what is none."""
    part = _TIME.fullmatch(value) if isinstance(value, str) else None
    return None if part is None else Decimal(part[1]) / (1000 if part[2] == "ms" else 1)


def _way(way: Any, targets: Mapping[str, Decimal], path: Path, findings: list[Finding]) -> Any:
    if not _has_runs(way):
        return way
    runs, rest = way["runs"], {key: value for key, value in way.items() if key != "runs"}
    if runs is None:
        return rest
    if "rate" in way or not isinstance(runs, list | tuple) or not runs:
        text = "both `runs` and `rate`" if "rate" in way else "is no list of runs"
        findings.append(Finding(f"{text}; {_RUN} in place of `rate`", (*path, "runs")))
        return rest
    rates: dict[str, Any] = {}
    for at, run in enumerate(runs):
        if (fault := _fault(run, targets)) is not None:
            findings.append(Finding(f"{fault}; {_RUN}", (*path, "runs", at)))
            continue
        meets = all((_seconds(run[key]) or 0) <= most for key, most in targets.items())
        rates[run["class"]] = max(rates.get(run["class"], 0), run["rate"] if meets else 0)
    return rest | {"rate": rates}


def _fault(run: Any, targets: Mapping[str, Decimal]) -> str | None:
    """Return what is wrong with a run; None where nothing is."""
    if not isinstance(run, Mapping) or set(run) - {"class", "rate", *TARGETS} or not {"class", "rate"} <= set(run):
        return "is no run"
    if not isinstance(run["class"], str) or type(run["rate"]) not in (int, float, Decimal):
        return "has no class and rate"
    if not isfinite(run["rate"]) or run["rate"] < 0:
        return f"rate: {run['rate']} is not a number of at least 0"
    if missing := [key for key in targets if key not in run]:
        return f"lacks {missing[0]}, which `slo` has a target for"
    wrong = [key for key in TARGETS if key in run and _seconds(run[key]) is None]
    return f"{wrong[0]}: {run[wrong[0]]!r} is no time" if wrong else None
