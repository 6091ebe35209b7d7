"""Quotas in the second model: what counts for each, by variable."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from leptonopt.confirm.builder import Builder, Column, Terms, carbon_of
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import NOTHING, POWER
from leptonopt.verify.quotas import covers, covers_nodes, covers_service, left_of, starts_within, windows_of


def add_quotas(model: Builder) -> None:
    """Add that every quota is kept, in each window in which it holds."""
    for quota in model.stated.quotas:
        if quota.get("per") == "moment":
            _add_peaks(model, quota)
            continue
        for first, end in windows_of(model.stated, quota):
            model.row(use_of(model, quota, first, end), high=left_of(quota, first))


def _add_peaks(model: Builder, quota: Mapping[str, Any]) -> None:
    rows: list[Terms] = [{} for _ in range(model.stated.slots)]
    for at in _covered(model, quota):
        column = model.columns[at]
        for slot in range(column.start, column.end):
            rows[slot][at] = column.way.uses.get(quota["of"], NOTHING)
    for terms in rows:
        model.row(terms, high=left_of(quota, 0))


def _covered(model: Builder, quota: Mapping[str, Any]) -> list[int]:
    return [at for at in model.users() if _covers(model, quota, model.columns[at])]


def _covers(model: Builder, quota: Mapping[str, Any], column: Column) -> bool:
    if not column.service:
        return covers(model.stated, quota, column.task, column.way.pool)
    return covers_service(quota, column.team, column.way.pool)


def use_of(model: Builder, quota: Mapping[str, Any], first: int, end: int) -> Terms:
    """Return the use of a quota or a meter in slots [first, end), by variable."""
    terms = {at: _used(model, quota, model.columns[at], first, end) for at in _covered(model, quota)}
    for at, (column, money) in model.moved.items() if quota["of"] == "money" else ():
        if _covers(model, quota, column) and starts_within(model.stated, column.start, first, end):
            terms[at] = money
    for kind, spent in zip(model.kinds, model.spent, strict=True):
        if quota["of"] in spent[0] and covers_nodes(quota, kind.pool):
            for each in spent[first:end]:
                for at, value in each[quota["of"]].items():
                    terms[at] = terms.get(at, NOTHING) + value
    return terms


def _used(model: Builder, quota: Mapping[str, Any], column: Column, first: int, end: int) -> Fraction:
    """Return the use of a quota by a start in slots [first, end).

    One-time use counts where it starts.
    """
    stated, way, of = model.stated, column.way, quota["of"]
    low, high = max(first, column.start), min(end, column.end)
    once = way.cost if of == "money" else exact(way.consumes.get(of, 0))
    used = once if starts_within(stated, column.start, first, end) else NOTHING
    if low >= high:
        return used
    if of == "money":
        sums = ((count, stated.quota_sum(quota, way.pool, name)) for name, count in way.uses.items())
        return used + sum((count * (paid[high] - paid[low]) for count, paid in sums), NOTHING)
    if of == "carbon":
        return used + carbon_of(stated, way, low, high)
    return used + way.uses.get(POWER if of == "energy" else of, NOTHING) * (high - low) * stated.hours
