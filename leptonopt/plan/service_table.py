"""Rows of tables about the services and batches of a plan, for the report and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from leptonopt.plan.service_use import ServiceUse

WAY_HEADS = ("service", "way", "pool", "most on", "replica hours", "starts", "cost")
SERVED_HEADS = ("service", "requests", "missed", "replicas used", "cost with nodes", "per million requests")
MILLION = 1_000_000


def way_rows(document: Mapping[str, Any], places: int) -> list[tuple[str, ...]]:
    """Return a row under `WAY_HEADS` for each way that is ever on; cost without shared nodes."""
    return [
        (
            service["id"],
            way["way"],
            way["pool"],
            f"{max(step['count'] for step in way['on']):,}",
            f"{way['replica_hours']:,.10g}",
            f"{way['starts']:,}",
            f"{way['cost']:,.{places}f}",
        )
        for service in document.get("services") or ()
        for way in service["ways"]
        if any(step["count"] for step in way["on"])
    ]


def served_rows(services: Iterable[ServiceUse], places: int) -> list[tuple[str, ...]]:
    """Return a row under `SERVED_HEADS` for each service, with batches and its share of nodes."""
    return [
        (
            use.id,
            f"{use.served:,.0f}",
            _share(use.missed_share),
            "-" if use.utilisation is None else f"{use.utilisation:.0%}",
            f"{float(use.cost.sum()):,.{places}f}",
            f"{MILLION * float(use.cost.sum()) / use.served:,.2f}" if use.served else "-",
        )
        for use in services
    ]


def _share(share: float) -> str:
    return "-" if not share else "<0.01%" if share < 1e-4 else f"{share:.2%}"


def batch_rows(document: Mapping[str, Any], places: int) -> list[tuple[str, str, str]]:
    """Return batch, service, and the requests that are done with their first and last instant."""
    return [(batch["id"], batch["service"], _done(batch, places)) for batch in document.get("batches") or ()]


def _done(batch: Mapping[str, Any], places: int) -> str:
    if batch.get("left_out"):
        return f"left out, value {batch['value']:,.{places}f}"
    lines = batch.get("done") or ()
    requests = sum((Fraction(str(line["requests"])) for line in lines), Fraction(0))
    if not lines:
        return "0 requests"
    first, last = min(line["from"] for line in lines), max(line["to"] for line in lines)
    return f"{float(requests):,.10g} requests, {_moment(first)} to {_moment(last)}"


def _moment(text: str) -> str:
    return text.replace("T", " ").removesuffix("Z").removesuffix(":00")
