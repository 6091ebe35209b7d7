"""Tables of the report about services, their replicas, and batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

from leptonopt.instance import Instance
from leptonopt.plan.rich_tables import of_rows
from leptonopt.plan.service_table import SERVED_HEADS, WAY_HEADS, batch_rows, served_rows, way_rows
from leptonopt.plan.service_use import service_uses


def service_tables(document: Mapping[str, Any], instance: Instance | None, places: int) -> Iterator[Table]:
    """Yield the tables of services, which need the instance, of their replicas, and of batches."""
    if not document.get("services"):
        return
    if instance is not None:
        yield of_rows("Services", SERVED_HEADS, 1, served_rows(service_uses(document, instance), places))
    yield of_rows("Replicas", WAY_HEADS, 3, way_rows(document, places))
    if rows := batch_rows(document, places):
        yield of_rows("Batches", ("batch", "service", "done"), 3, rows)
