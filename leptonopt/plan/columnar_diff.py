"""Differences between two plans in columns: counts of changed copies, and the cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.compile.columnar import Column
from leptonopt.errors import UsageError
from leptonopt.plan.diff import CostChange, PlanDiff
from leptonopt.problem.arrays import Ints

Columns = Mapping[str, Column]
PLACE = ("task", "option", "start")


@dataclass(frozen=True)
class ColumnarDiff(PlanDiff):
    """The differences of two plans in columns, of which changes are only counted: `sums` by kind."""

    sums: Mapping[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Return the number of copies that moved, shifted, are new or are gone."""
        return dict(self.sums)

    def document(self) -> dict[str, Any]:
        """Return the differences as JSON data; single changes and the cost by pool are left out."""
        found = super().document()
        return {key: value for key, value in found.items() if key not in ("changes", "pools", "parts")}


def columnar_diff(before: tuple[Mapping[str, Any], Columns], after: tuple[Mapping[str, Any], Columns]) -> ColumnarDiff:
    """Return the differences from one plan to another, each as its summary and its columns.

    Copies of a task are interchangeable. A copy is shifted where it has the same option at another start, and moved
    where it has another option.

    Raises
    ------
    UsageError
        When the plans state their costs in different currencies.
    """
    summaries = before[0], after[0]
    currency, other = (summary["currency"] for summary in summaries)
    if currency != other:
        raise UsageError(f"the plans are in {currency} and in {other}; compare plans of one currency")
    exact = (None if each["cost_exact"] is None else Fraction(each["cost_exact"]) for each in summaries)
    kept, sums = _counted(*(_Copies.of(columns) for _, columns in (before, after)))
    return ColumnarDiff(currency, kept, (), (), (), CostChange("cost", *exact), sums=sums)


def _counted(old: _Copies, new: _Copies) -> tuple[int, dict[str, int]]:
    """Return how many copies are kept, and how many changed in each way."""
    found = []
    for width in (3, 2, 1):  # the same place; the same option at another start; the same task
        common, old, new = _matched(old, new, width)
        found.append(common)
    kept, shifted, moved = found
    return kept, {"moved": moved, "shifted": shifted, "new": new.total, "gone": old.total}


@dataclass(frozen=True)
class _Copies:
    """Numbers of copies at keys: int64, shapes (N, width) and (N,)."""

    keys: Ints
    count: Ints

    @classmethod
    def of(cls, columns: Columns) -> _Copies:
        keys = np.stack([np.asarray(columns[name], np.int64) for name in PLACE], axis=1)
        return cls(keys, np.asarray(columns["count"], np.int64))

    @property
    def total(self) -> int:
        """Return the number of copies."""
        return int(self.count.sum())


def _matched(old: _Copies, new: _Copies, width: int) -> tuple[int, _Copies, _Copies]:
    """Return how many copies of both have the same first `width` parts of their keys, and all others."""
    keys, at = np.unique(np.concatenate([old.keys[:, :width], new.keys[:, :width]]), axis=0, return_inverse=True)
    at = at.reshape(-1)
    sums = np.zeros((2, len(keys)), np.int64)
    np.add.at(sums[0], at[: len(old.count)], old.count)
    np.add.at(sums[1], at[len(old.count) :], new.count)
    common = sums.min(axis=0)
    rest = [replace(old, keys=keys, count=each - common) for each in sums]
    return int(common.sum()), rest[0], rest[1]
