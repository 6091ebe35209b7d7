"""Parameters of generated instances, checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments.generators.parameters import FamilyParameter, GeneratorParameters, parse_parameters

KNOWN = (
    FamilyParameter("nodes", "nodes", None, 1, 99),
    FamilyParameter("wide", "a share", Decimal("0.25"), 0, 1, share=True),
)


def parsed(**more: Any) -> GeneratorParameters:
    """Return parameters with some of them changed."""
    usual: dict[str, Any] = {
        "tasks": 100, "seed": 0, "load": 0.7, "slack": 2, "precedence": 0, "optional": 0, "preemptible": 0, "days": None,
        "most_load": Decimal(1),
    }  # fmt: skip
    return parse_parameters(**(usual | more))


def test_shares_are_thousandths() -> None:
    """Exactly, also of floats."""
    found = parsed(load=0.7, slack=Decimal("1.5"), optional=0.001)
    assert (found.load, found.slack, found.optional, found.days) == (700, 1500, 1, None)


def test_parameters_of_a_family() -> None:
    """Their defaults, 0 without one; shares in thousandths."""
    assert parsed(known=KNOWN).extra == {"nodes": 0, "wide": 250}
    assert parsed(known=KNOWN, given={"nodes": "7", "wide": "0.5"}).extra == {"nodes": 7, "wide": 500}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tasks": 9}, "tasks is 9; a whole number from 10"),
        ({"tasks": 1.5}, "tasks is 1.5; a whole number"),
        ({"seed": -1}, "seed is -1"),
        ({"load": 0.7005}, "load is 0.7005; from 0.05 to 1 in steps of 0.001"),
        ({"load": 2}, "load is 2"),
        ({"slack": 0.5}, "slack is 0.5"),
        ({"precedence": 0.8}, "precedence is 0.8"),
        ({"optional": float("nan")}, "optional is nan"),
        ({"days": 0}, "days is 0"),
        ({"known": KNOWN, "given": {"colour": 1}}, "param 'colour' is unknown; allowed are"),
    ],
)
def test_what_is_not_allowed(wrong: dict[str, Any], said: str) -> None:
    """The parameter and its range."""
    with pytest.raises(UsageError, match=said):
        parsed(**wrong)
