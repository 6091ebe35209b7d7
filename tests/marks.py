"""Marks for cases that are too many for every run: CI runs them in a step of its own (`pytest -m ci`)."""

from __future__ import annotations

import pytest

CI = (pytest.mark.ci, pytest.mark.long)
