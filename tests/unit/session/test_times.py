"""The grace of a session follows from its time limit, between two limits."""

from __future__ import annotations

from leptonopt.session.times import TIMES


def test_the_grace_grows_with_the_limit_up_to_its_most() -> None:
    assert TIMES.stop_grace(0) == TIMES.grace
    assert TIMES.grace < TIMES.stop_grace(10) < TIMES.stop_grace(20) < TIMES.max_grace
    assert TIMES.stop_grace(1e6) == TIMES.max_grace
