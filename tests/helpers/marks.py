"""Marks for cases that are too many for every run: CI runs them in a step of its own (`pytest -m ci`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

CI = (pytest.mark.ci, pytest.mark.long)


def first(count: int, cases: Iterable[Any]) -> list[Any]:
    """The first cases as they are, all others for CI."""
    return [case if at < count else pytest.param(case, marks=CI) for at, case in enumerate(cases)]
