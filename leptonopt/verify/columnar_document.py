"""Columns as a native document, by the checker's own reading: what the second model is built from."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.verify.columnar_checker import StatedColumns

MOST_OPTIONS = 20_000  # beyond, nothing is read; as many starts are too many for the second model


def document_of_columns(path: Path) -> dict[str, Any]:
    """The document of an instance in columns: tasks and options by their positions; raises `Malformed`."""
    sheets = StatedColumns(path)
    head = {key: value for key, value in sheets.head.items() if key not in ("columns", "resources")}
    return head | {"tasks": [_task(sheets, at) for at in range(sheets.tasks)]}


def _task(sheets: StatedColumns, at: int) -> dict[str, Any]:
    column = {name: values[at] for name, values in sheets.task.items()}
    task: dict[str, Any] = {
        "id": str(at),
        "copies": column["copies"],
        "release": sheets.stated.shown(column["release"]),
        "deadline": sheets.stated.shown(column["deadline"]),
        "options": [_option(sheets, option) for option in range(sheets.ptr[at], sheets.ptr[at + 1])],
    }
    if column["value"] >= 0:
        task |= {"optional": True, "value": _money(column["value"])}
    if column["due"] >= 0:
        task |= {"due": sheets.stated.shown(column["due"]), "late_cost": _money(column["late_cost"])}
    return task


def _option(sheets: StatedColumns, option: int) -> dict[str, Any]:
    own = sheets.uses[option * sheets.width : (option + 1) * sheets.width]
    return {
        "id": str(option),
        "pool": sheets.pools[sheets.option["pool"][option]],
        "uses": {name: count for name, count in zip(sheets.resources, own, strict=True) if count},
        "duration": f"{sheets.option['slots'][option] * sheets.stated.slot}s",
        "cost": _money(sheets.option["cost"][option]),
    }


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100
