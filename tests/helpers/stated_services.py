"""A service of the checker's own tests: two ways in two zones, two classes, by hand; and plans for it, likewise."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.services import Served, read_services

WAYS = [
    {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2, "b": 1}, "running": 0},
    {"pool": "q", "uses": {"gpu": 2}, "rate": {"a": 8, "b": 4}, "running": 0},
]


def instance(slots: int = 4, **more: Any) -> dict[str, Any]:
    """Return an instance of one service `s`; `more` are keys of the service, `batches` and `pools` aside."""
    pools = [
        {"id": name, "capacity": {"gpu": 8}, "price": {"gpu": price}, "labels": [f"zone:{name}"]}
        for name, price in (("p", 1), ("q", 2))
    ]
    batches, tasks = more.pop("batches", []), more.pop("tasks", [])
    pools = more.pop("pools", pools)
    service = {"id": "s", "demand": {"a": 4, "b": 2}, "replicas": copy.deepcopy(WAYS), **more}
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{slots}h"}
    return {"time": time, "pools": pools, "tasks": tasks, "services": [service], "batches": batches}


def at(hour: int) -> str:
    """Return an hour of the horizon as an instant."""
    return f"2026-01-05T{hour:02}:00:00Z"


def steps(counts: list[int]) -> list[dict[str, Any]]:
    """Return counts by slot as a plan writes them."""
    return [{"from": at(slot), "count": count} for slot, count in enumerate(counts)]


def plan(
    p: list[int],
    q: list[int],
    shares: dict[str, dict[str, str]] | None = None,
    missed: dict[str, str] | None = None,
    batches: list[dict[str, Any]] | None = None,
    without: dict[str, dict[str, dict[str, str]]] | None = None,
    failed: dict[str, dict[str, dict[str, str]]] | None = None,
) -> dict[str, Any]:
    """Return the services of a plan: counts of both ways, and by class what serves it in every slot."""
    whole = {"from": at(0), "to": at(len(p))}
    ways = [
        {"way": name, "pool": name, "on": steps(counts), "starts": 0, "replica_hours": 0, "cost": 0,
         "parts": {"running": 0, "fixed": 0}}
        for name, counts in (("p", p), ("q", q))
    ]  # fmt: skip
    routing = [{**whole, "class": name, "shares": each} for name, each in (shares or {}).items()]
    for zone, left in (without or {}).items():
        routing += [{**whole, "class": name, "without": [zone], "shares": each} for name, each in left.items()]
    for way, left in (failed or {}).items():
        routing += [{**whole, "class": name, "failed": {way: 1}, "shares": each} for name, each in left.items()]
    lacking = [{**whole, "class": name, "requests_per_second": each} for name, each in (missed or {}).items()]
    entry = {"id": "s", "ways": ways, "routing": routing, "missed": lacking, "missed_cost": 0, "cost": 0}
    return {"services": [entry], "batches": batches or []}


def served(document: dict[str, Any], made: dict[str, Any]) -> tuple[Served, Findings]:
    """Return what the checker reads of a plan, and what it finds."""
    findings = Findings()
    plan = made if document["batches"] else {key: made[key] for key in ("services",)}
    return read_services(StatedInstance(document), plan, findings), findings


def broken(document: dict[str, Any], made: dict[str, Any]) -> set[str]:
    """Return the rules `replicas`, `serve` and `form` that a plan breaks; costs are not looked at."""
    return {each.rule for each in served(document, made)[1].found} - {"cost", "bill"}


def money(found: Served) -> Fraction:
    """Return what replicas cost."""
    return sum((run.copies * run.cost for run in found.runs), Fraction(0))
