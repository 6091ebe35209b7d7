"""Documents whose time unit becomes an hour."""

from __future__ import annotations

from leptonopt.instance import validate
from leptonopt.io.literature.hourly import at_hour, hourly_document, steps


def test_hours_count_from_the_start() -> None:
    """Hour 0 is the start; hours pass midnight."""
    assert (at_hour(0), at_hour(25)) == ("2000-01-01T00:00:00Z", "2000-01-02T01:00:00Z")


def test_steps_leave_out_repeated_values() -> None:
    """A value stands where it changes, and at the start."""
    assert steps([5, 5, 7, 5]) == {"steps": {at_hour(0): 5, at_hour(2): 7, at_hour(3): 5}}


def test_a_document_is_a_valid_instance() -> None:
    """The result has all keys that an instance needs; further keys are kept."""
    pools = [{"id": "p", "capacity": {"gpu": 1}, "price": {"gpu": steps([1, 2])}}]
    tasks = [{"id": "a", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}]}]
    document = hourly_document("n", 2, pools, tasks, "EUR", description="d")
    instance = validate(document)
    assert (instance.time.slots, instance.currency, instance.description) == (2, "EUR", "d")
