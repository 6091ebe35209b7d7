"""Deadlines on the clock of the machine."""

from __future__ import annotations

import time

import pytest

from leptonopt.runtime.deadline import Deadline, LoadMeter, Stopwatch, now


@pytest.fixture(autouse=True)
def _standing_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand at 1000 s."""
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)


def test_moments() -> None:
    """A deadline from now on, what is left of it, and one moved."""
    made = Deadline.after(10)
    assert (made.until, made.left(), made.plus(-4).until) == (1010, 10, 1006)


@pytest.mark.parametrize(("until", "expired"), [(999.0, True), (1000.0, True), (1000.1, False)])
def test_a_deadline_expires_at_its_moment(until: float, expired: bool) -> None:
    """The moment itself counts as passed."""
    assert Deadline(until).expired() is expired


def test_a_share_of_the_time_left() -> None:
    """Half of 10 s; a share of a past deadline lies in the past."""
    assert Deadline(1010).share(0.5).until == 1005
    assert Deadline(990).share(0.5).until == 995


def test_the_earlier_of_two() -> None:
    """`within` shortens and never extends."""
    assert Deadline(1010).within(3).until == 1003
    assert Deadline(1010).within(30).until == 1010


def test_never() -> None:
    """It never expires, and a share of it is never too."""
    assert not Deadline.never().expired()
    assert Deadline.never().share(0.1) == Deadline.never()


def test_a_stopwatch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds since it began, laps, and a bell that rings once for each span."""
    watch = Stopwatch()
    monkeypatch.setattr(time, "monotonic", lambda: 1005.0)
    assert (now(), watch.seconds(), Stopwatch(1001.0).seconds()) == (1005, 5, 4)
    assert [watch.rings(5), watch.rings(4), watch.rings(4)] == [False, True, False]
    monkeypatch.setattr(time, "monotonic", lambda: 1007.0)
    assert (watch.lap(), watch.seconds()) == (2, 0)


@pytest.mark.parametrize(
    ("wall", "cpu", "slowness"), [(8.0, 2.0, 4.0), (80.0, 2.0, 5.0), (2.0, 8.0, 1.0), (1.0, 0.0, 5.0)]
)
def test_slowness(monkeypatch: pytest.MonkeyPatch, wall: float, cpu: float, slowness: float) -> None:
    """Wall-clock over CPU time, from 1 to the most that is asked for."""
    meter = LoadMeter()
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0 + wall)
    spent = time.process_time() + cpu
    monkeypatch.setattr(time, "process_time", lambda: spent)
    assert meter.slowness(5.0) == pytest.approx(slowness, rel=0.05)


def test_earlier_laps_count_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second at a fourth of a core, then laps on a free core: the ratio comes back to 1."""
    moment = iter([0.0, 1.0, *(1.0 + lap for lap in range(1, 40))])
    spent = iter([0.0, 0.25, *(0.25 + lap for lap in range(1, 40))])
    monkeypatch.setattr(time, "monotonic", lambda: next(moment))
    monkeypatch.setattr(time, "process_time", lambda: next(spent))
    meter = LoadMeter()
    ratios = [meter.slowness(9.0) for _ in range(20)]
    assert ratios[0] == 4.0
    assert ratios[-1] == pytest.approx(1.0, abs=0.01)
    assert sorted(ratios, reverse=True) == ratios
