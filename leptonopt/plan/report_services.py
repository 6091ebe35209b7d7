"""Tables of the report about services, their replicas, and batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from leptonopt.instance import Instance
from leptonopt.io.files import printable
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


def of_rows(title: str, heads: Sequence[str], words: int, rows: Iterable[Sequence[str]]) -> Table:
    """Return a table whose first columns are words and the others numbers."""
    table = Table(title=Text(title, style="bold"), title_justify="left")
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < words else "right")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table
