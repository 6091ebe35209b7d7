"""The setting of a simulation."""

from __future__ import annotations

from decimal import Decimal

from leptonopt.simulation.outcome import Setting


def test_defaults() -> None:
    """A missed deadline is dear, and there is no time after the horizon."""
    assert (Setting(60).miss, Setting(60).tail, Setting(60).hindsight) == (Decimal(1000), 0, True)
