"""The placement of a document is that of its tasks."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import validate
from leptonopt.instance.placements import without_default_placement
from leptonopt.verify import fingerprint
from tests.helpers.tiny_instances import document, task


def test_a_default_is_for_tasks_without_a_placement() -> None:
    """The tasks' own words win; nothing is said of what is no task."""
    found: list[Finding] = []
    stated: dict[str, Any] = {"placement": "packed", "tasks": [{"id": "x"}, {"id": "y", "placement": "span"}, 3]}
    made = without_default_placement(stated, found)
    assert made == {"tasks": [{"id": "x", "placement": "packed"}, {"id": "y", "placement": "span"}, 3]}
    assert not found


def test_it_means_what_the_tasks_say() -> None:
    """Give the same fingerprint, and the same tasks."""
    short, long = document(task(), placement="packed"), document(task(placement="packed"))
    assert fingerprint(short) == fingerprint(long) != fingerprint(document(task()))
    assert validate(short).tasks == validate(long).tasks


def test_a_placement_that_is_none_is_refused() -> None:
    """With its place."""
    with pytest.raises(InstanceError, match="placement: 'one-rack' is not allowed; 'span', 'one-node' or 'packed'"):
        validate(document(task(), placement="one-rack"))
