"""Tests of the source of a part: its money is that of the instance."""

from __future__ import annotations

from leptonopt.session.part_source import PartSource
from leptonopt.session.source import open_source
from tests.helpers.random_problems import problem

DOCUMENT = {
    "leptonopt": 1,
    "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "2h"},
    "pools": [{"id": "own", "capacity": {"gpu": 1}, "price": {"gpu": 0.5}}],
    "tasks": [{"id": "one", "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}]}],
}


def test_money_is_that_of_the_instance() -> None:
    whole, part = open_source(DOCUMENT)(), problem(1)
    found = PartSource(whole, part)
    assert found.problem is part
    assert (found.unit, found.ties, found.loss) == (whole.unit, whole.ties, whole.loss)
    assert found.impossible == ()
    assert found.certificate_of_none() is None
