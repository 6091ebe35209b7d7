"""Windows of tasks in slots, tightened along the precedence graph, and reasons of infeasibility."""

from __future__ import annotations

from tests.helpers.tiny_instances import compiled, pool, task


def test_releases_round_up_and_deadlines_down() -> None:
    """A part of a slot is not there."""
    made = compiled(task(release="2026-01-05T00:10Z", deadline="2026-01-05T03:50Z"))
    assert (made.problem.first.tolist(), made.problem.last.tolist()) == ([1], [2])


def test_moments_outside_the_horizon() -> None:
    """They are cut to it."""
    made = compiled(task(release="2026-01-01T00:00Z", deadline="2027-01-01T00:00Z"))
    assert (made.problem.first.tolist(), made.problem.last.tolist()) == ([0], [3])


def test_precedence_tightens_both_ways() -> None:
    """x, then y of two slots, then z: earliest and latest starts of each."""
    made = compiled(task("x"), task("y", duration="2h", after=["x"]), task("z", after=["y"]))
    assert (made.problem.first.tolist(), made.problem.last.tolist()) == ([0, 1, 3], [0, 1, 3])


def test_what_comes_before_a_mandatory_task_is_mandatory() -> None:
    """An optional task that is waited for must run."""
    made = compiled(task("x", optional=True, value=1), task("y", after=["x"]))
    assert made.problem.optional.tolist() == [False, False]
    free = compiled(task("x", optional=True, value=1), task("y", after=["x"], optional=True, value=1))
    assert free.problem.optional.tolist() == [True, True]


def test_what_waits_for_an_impossible_task_cannot_run() -> None:
    """A mandatory one is named with its reason; optional ones just have no options."""
    made = compiled(task("x", gpu=9, optional=True, value=1), task("y", after=["x"]))
    assert made.impossible == (
        "task 'x' cannot run: a uses 9 gpu, and pool 'a' has at most 4",
        "task 'y' cannot run: it waits for 'x', which cannot run",
    )
    free = compiled(task("x", gpu=9, optional=True, value=1), task("y", after=["x"], optional=True, value=1))
    assert (free.impossible, free.problem.options) == ((), 0)


def test_reasons_name_what_is_not_allowed() -> None:
    """Refusals of options; else what is too large, or the fastest way and its window."""
    (reason,) = compiled(task(needs={"labels": ["eu"]})).impossible
    assert reason == "task 't' cannot run: a: pool 'a' lacks the label 'eu'"
    (reason,) = compiled(task(duration="3h", deadline="2026-01-05T02:00Z")).impossible
    window = "from 2026-01-05 00:00 to its deadline, 2026-01-05 02:00"
    assert reason.endswith(f": its fastest way (a) takes 3h, and {window}, there are 2h of whole slots")
    (reason,) = compiled(task(deadline="2026-01-04T02:00Z")).impossible
    assert reason.endswith(": its deadline, 2026-01-04 02:00, is before the start of the horizon, 2026-01-05 00:00")
    (reason,) = compiled(task(release="2026-01-06T00:00Z")).impossible
    assert reason.endswith(": the end of the horizon, 2026-01-05 04:00, is before its release, 2026-01-06 00:00")
    shut = [{"from": "2026-01-05T01:00Z", "to": "2026-01-05T03:00Z"}]
    (reason,) = compiled(task(duration="2h"), pools=[pool(maintenance=shut)]).impossible
    assert "(a) takes 2h, and no start from 2026-01-05 00:00 to the end of the horizon, 2026-01-05 04:00, le" in reason
    both = {
        "id": "t",
        "options": [{"pool": each, "uses": {"gpu": 9}, "duration": "1h"} for each in ("a", "b")],
        "needs": {"labels": ["eu"]},
    }
    (reason,) = compiled(both, pools=[pool(), pool("b", labels=["eu"])]).impossible
    assert reason.endswith("; not allowed are a: pool 'a' lacks the label 'eu'")


def test_reasons_name_quotas_and_leave_out_what_is_too_large() -> None:
    """What a quota of a moment never allows is named; a faster way that is too large is no fastest one."""
    quota = {"id": "share", "of": "gpu", "per": "moment", "limit": 3}
    (reason,) = compiled(task(gpu=4), quotas=[quota]).impossible
    assert reason == "task 't' cannot run: a uses 4 of what quota 'share' allows 3 of at any moment"
    ways = [
        {"pool": "a", "uses": {"gpu": gpu}, "duration": f"{hours}h", "id": f"x{gpu}"} for gpu, hours in ((4, 1), (2, 9))
    ]
    (reason,) = compiled({"id": "t", "options": ways}, quotas=[quota]).impossible
    assert "its fastest way (x2) takes 9h" in reason
    assert reason.endswith("; not allowed are x4 uses 4 of what quota 'share' allows 3 of at any moment")
