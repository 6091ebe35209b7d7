"""Marks for cases that are too many for every run: CI runs them in a step of its own (`pytest -m ci`)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import pytest

CI = (pytest.mark.ci, pytest.mark.long)


expression = ""
"""What `pytest -m` asks for, as `tests/conftest.py` sets it."""


def first(count: int, cases: Iterable[Any], ci: int | None = None) -> list[Any]:
    """Return the first cases as they are, those up to `ci` (all by default) for CI, and the rest marked `long`.

    What an expression in common use would leave out is not collected: there are thousands of cases.
    """
    end = {"not long": max(count, 1), "ci": ci, "ci or not long": ci}.get(expression)
    return [
        case if at < count else pytest.param(case, marks=CI if ci is None or at < ci else pytest.mark.long)
        for at, case in enumerate(islice(cases, end))
    ]
