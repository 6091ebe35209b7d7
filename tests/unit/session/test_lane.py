"""A lane: a stage without gains gives way, and what gained most comes again first."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Stop
from leptonopt.session.lane import SETTINGS, Lane, relative_gain
from leptonopt.session.portfolio import Stage

ONE, TWO, THREE = Stage("one"), Stage("two", 0.5), Stage("three")


def run(lane: Lane, gain: float, seconds: float, stop: Stop, now: float = 0.0) -> str:
    """Run the next stage for so many seconds; it gains in the first of them. Return its method."""
    stage = lane.next_stage(left=1000.0)
    assert stage is not None
    lane.begin(stage, now)
    lane.gained(gain, now + 1)
    lane.end(stop, now + seconds)
    return stage.method


def test_stages_come_again_by_their_gain_per_second() -> None:
    """Those that ended by themselves do not; the share of a stage counts in the first round only."""
    lane = Lane([ONE, TWO, THREE], time_limit=60)
    assert run(lane, 0.1, 10, Stop.LIMIT) == "one"
    assert run(lane, 0.1, 5, Stop.INTERRUPT) == "two"
    assert run(lane, 0.9, 5, Stop.DONE) == "three"
    again = [lane.next_stage(1000.0), lane.next_stage(1000.0)]
    assert [stage and (stage.method, stage.share) for stage in again] == [("two", 1.0), ("one", 1.0)]


def test_a_lane_awaits_the_first_turn_of_a_method() -> None:
    """From before it begins until it ends, and later turns only while they last."""
    lane = Lane([ONE, TWO, ONE], time_limit=60)
    assert [lane.awaits(method) for method in ("one", "two", "three")] == [True, True, False]
    assert run(lane, 0.0, 10, Stop.LIMIT) == "one"
    assert [lane.awaits(method) for method in ("one", "two")] == [False, True]
    lane.begin(ONE, 20.0)
    assert lane.awaits("one")


def test_a_stage_that_ends_at_once_does_not_come_again() -> None:
    """Unless it gained: an engine that gives up would be started over and over."""
    lane = Lane([ONE, TWO], time_limit=60)
    run(lane, 0.0, SETTINGS.shortest / 2, Stop.LIMIT)
    run(lane, 0.1, SETTINGS.shortest / 2, Stop.LIMIT)
    again = lane.next_stage(1000.0)
    assert again is not None
    assert again.method == "two"
    assert lane.next_stage(1000.0) is None


def test_no_round_begins_shortly_before_the_end() -> None:
    """The lane is over then."""
    lane = Lane([ONE], time_limit=60)
    run(lane, 0.0, 10, Stop.LIMIT)
    assert lane
    assert lane.next_stage(SETTINGS.shortest / 2) is None
    assert not lane


def test_a_stage_without_gains_gives_way() -> None:
    """After its patience, which doubles in the next round; never where no other could go on, nor near the end."""
    patience, lane = SETTINGS.seconds("one", 60.0), Lane([ONE, TWO], time_limit=60)
    stage = lane.next_stage(1000.0)
    assert stage is not None
    lane.begin(stage, 0.0)
    assert not lane.gives_way(0.9 * patience, left=50)
    assert lane.gives_way(1.1 * patience, left=50)
    assert not lane.gives_way(1.1 * patience, left=SETTINGS.shortest / 2)
    lane.gained(0.01, patience)
    assert not lane.gives_way(1.5 * patience, left=50)
    assert lane.gives_way(2.1 * patience, left=50)
    lane.end(Stop.INTERRUPT, 2.1 * patience)
    run(lane, 0.0, 10, Stop.DONE)
    alone = lane.next_stage(1000.0)
    assert alone is not None
    assert alone.method == "one"
    lane.begin(alone, 0.0)
    assert not lane.gives_way(100 * patience, left=50)


def test_a_factor_on_the_patience() -> None:
    """Methods with a search tree have three times as much, and annealing is never cut short."""
    for method, gives_way in (("highs", True), ("large-scale", False)):
        lane = Lane([Stage(method), ONE], time_limit=60)
        stage = lane.next_stage(1000.0)
        assert stage is not None
        lane.begin(stage, 0.0)
        assert not lane.gives_way(2.9 * SETTINGS.seconds("one", 60.0), left=50)
        assert lane.gives_way(3.1 * SETTINGS.seconds("one", 60.0), left=50) is gives_way


def test_a_stage_that_gains_much_goes_on_beyond_its_share() -> None:
    """Once its gains within the patience are no longer large, it gives way."""
    patience, lane = SETTINGS.seconds("lns", 60.0), Lane([Stage("lns", 0.2), ONE], time_limit=60)
    stage = lane.next_stage(1000.0)
    assert stage is not None
    assert lane.is_elastic(stage)
    assert not lane.is_elastic(ONE)
    lane.begin(stage, 0.0, until=12.0)
    lane.gained(0.1, 11.0)
    assert not lane.gives_way(11.5, left=48)
    assert not lane.gives_way(12.5, left=47)
    lane.gained(SETTINGS.large / 2, 14.0)
    assert lane.gives_way(11.5 + patience, left=40)


def test_a_bound_has_the_seconds_that_a_first_one_takes() -> None:
    """Whatever its share; in a short solve a part of the time, and more on a busy machine."""
    usual = dict(SETTINGS.least)["lagrangian"]
    for time_limit, slowness, least in (
        (60.0, 1.0, usual),
        (5.0, 1.0, 1.5),
        (60.0, 2.0, 2 * usual),
        (60.0, 7.0, 7 * usual),
    ):
        lane = Lane([Stage("lagrangian", 0.01), ONE], time_limit, slowness=slowness)
        stage = lane.next_stage(1000.0)
        assert stage is not None
        assert lane.is_elastic(stage)
        lane.begin(stage, 0.0, until=0.01 * time_limit)
        assert not lane.gives_way(0.95 * least, left=50)
        assert lane.gives_way(1.05 * least, left=50)
        lane.gained(1.0, 1.1 * least)
        assert not lane.gives_way(1.2 * least, left=50)


def test_patience_grows_with_other_work_on_the_machine() -> None:
    """Where a second of CPU time takes two, the patience is twice as long, and at most `slowest` times."""
    for slowness, factor in ((2.0, 2.0), (100.0, SETTINGS.slowest)):
        lane = Lane([ONE, TWO], time_limit=60, slowness=slowness)
        stage = lane.next_stage(1000.0)
        assert stage is not None
        lane.begin(stage, 0.0)
        assert not lane.gives_way(0.9 * factor * SETTINGS.seconds("one", 60.0), left=50)
        assert lane.gives_way(1.1 * factor * SETTINGS.seconds("one", 60.0), left=50)


def test_without_the_clock_nothing_gives_way() -> None:
    """In deterministic mode each stage runs once, to its own end."""
    lane = Lane([ONE, TWO], time_limit=60, adaptive=False)
    assert run(lane, 0.0, 10, Stop.LIMIT) == "one"
    assert not lane.gives_way(1e6, left=1e6)
    assert run(lane, 0.0, 10, Stop.LIMIT) == "two"
    assert lane.next_stage(1000.0) is None


@pytest.mark.parametrize(
    ("before", "after", "gain"),
    [
        ((None, None), (None, 5), 0.0),
        ((None, None), (100, None), 1.0),
        ((200, None), (100, None), 1.0),
        ((100, 10), (100, 20), 0.1),
        ((200, 100), (150, 110), 0.4),
        ((100, 20), (100, 20), 0.0),
        ((0, -5), (0, 0), 1.0),
    ],
)
def test_gains(before: tuple[int | None, int | None], after: tuple[int | None, int | None], gain: float) -> None:
    """Relative to the cost; a first plan counts 1, and bounds count only beside a plan."""
    assert relative_gain(before, after) == pytest.approx(gain)
