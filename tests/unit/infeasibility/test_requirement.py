"""A requirement: documents without it, and texts of moments and numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leptonopt.infeasibility.requirement import (
    FAMILIES,
    drop_key,
    find_entry,
    leave_gap,
    moment_text,
    plain_text,
    without_requirements,
)
from leptonopt.infeasibility.requirements import requirements_of
from leptonopt.instance.units import instant
from tests.helpers.tiny_instances import TIME, instance, task


def test_a_document_without_some_requirements() -> None:
    """They are removed from a copy."""
    made = instance(task("x", deadline="2026-01-05T02:00Z", release="2026-01-05T01:00Z"))
    document = made.document()
    times = [each for each in requirements_of(made) if each.kind in ("deadline", "release")]
    found = without_requirements(document, times)
    assert found["tasks"][0].keys() == document["tasks"][0].keys() - {"deadline", "release"}
    assert "deadline" in document["tasks"][0]


def test_every_kind_belongs_to_one_family() -> None:
    """The names of kinds are distinct."""
    kinds = [kind for family in FAMILIES.values() for kind in family]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("UTC", "2026-01-05 12:30"),
        ("Europe/Berlin", "2026-01-05 13:30+01:00"),
        ("Europe/London", "2026-01-05 12:30+00:00"),
    ],
)
def test_moments_on_the_wall_clock(zone: str, text: str) -> None:
    """With the offset, except in UTC."""
    made = instance(time={**TIME, "zone": zone})
    assert moment_text(made, instant("2026-01-05T12:30:00Z")) == text


@pytest.mark.parametrize(("value", "text"), [("1.50", "1.5"), ("100", "100"), ("0.00", "0"), ("-2", "-2")])
def test_numbers_without_needless_zeros(value: str, text: str) -> None:
    """Never with an exponent."""
    assert plain_text(Decimal(value)) == text


def test_changes_of_entries() -> None:
    """A key of a task, and an entry of a list whose place stays empty."""
    document = instance(task("x", value=3), task("y", after=["x"])).document()
    drop_key(document, "x", "value")
    drop_key(document, "x", "value")
    assert "value" not in find_entry(document, "tasks", "x")
    leave_gap(document, "tasks", "y", ("after", 0))
    assert find_entry(document, "tasks", "y")["after"] == [None]
