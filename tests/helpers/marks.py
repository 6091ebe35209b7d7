"""Marks for cases that are too many for every run: CI runs them in a step of its own (`pytest -m ci`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

CI = (pytest.mark.ci, pytest.mark.long)


def first(count: int, cases: Iterable[Any], ci: int | None = None) -> list[Any]:
    """Return the first cases as they are, those up to `ci` (all by default) for CI, and the rest marked `long`."""
    return [
        case if at < count else pytest.param(case, marks=CI if ci is None or at < ci else pytest.mark.long)
        for at, case in enumerate(cases)
    ]
