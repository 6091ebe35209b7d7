"""Paired tests of methods."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.experiments.statistics import FEWEST, Pair, interval, paired_tests
from tests.helpers.runs import line, results


def test_a_method_that_is_always_better(tmp_path: Path) -> None:
    """On twelve instances, by ten percent of the cost."""
    lines = [
        line(name, f"i{at}", cost=str(cost + at)) for at in range(12) for name, cost in (("good", 90), ("bad", 100))
    ]
    (pair,) = paired_tests(results(tmp_path, *lines), against="good")
    assert (pair.instances, pair.wins, pair.ties, pair.losses, pair.verdict) == (12, 12, 0, 0, "better")
    assert pair.low is not None
    assert pair.p is not None
    assert pair.difference > pair.low > 0
    assert pair.p < 0.001
    (turned,) = paired_tests(results(tmp_path, *lines), against="bad")
    assert turned.verdict == "worse"


def test_too_few_instances_show_nothing(tmp_path: Path) -> None:
    """No test is made."""
    lines = [line(name, f"i{at}", cost=cost) for at in range(FEWEST - 1) for name, cost in (("a", "9"), ("b", "10"))]
    (pair,) = paired_tests(results(tmp_path, *lines))
    assert (pair.p, pair.verdict) == (None, "too few instances")


@pytest.mark.parametrize(("costs", "verdict"), [(["10"] * 8, "equal"), (["9", "11"] * 4, "no difference shown")])
def test_no_difference(tmp_path: Path, costs: list[str], verdict: str) -> None:
    """Equal everywhere, or now one and now the other."""
    lines = [
        line(name, f"i{at}", cost=cost) for at, own in enumerate(costs) for name, cost in (("a", own), ("b", "10"))
    ]
    (pair,) = paired_tests(results(tmp_path, *lines))
    assert pair.verdict == verdict


def test_p_values_are_raised_for_the_number_of_pairs(tmp_path: Path) -> None:
    """Three pairs of three methods; never above one."""
    lines = [
        line(name, f"i{at}", cost=str(cost + at))
        for at in range(8)
        for name, cost in (("a", 90), ("b", 100), ("c", 110))
    ]
    three = {(pair.first, pair.second): pair.p for pair in paired_tests(results(tmp_path, *lines))}
    one = paired_tests(results(tmp_path, *(each for each in lines if each["method"] != "c")))[0].p
    assert one is not None
    assert three["a", "b"] == pytest.approx(3 * one)


def test_intervals() -> None:
    """The same for the same values; a constant has no width."""
    assert interval([2.0, 2.0, 2.0]) == (2.0, 2.0)
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0]
    low, high = interval(values)
    assert 1 < low < 4 < high < 9
    assert interval(values) == (low, high)


def test_methods_without_runs(tmp_path: Path) -> None:
    """The error lists those with runs."""
    with pytest.raises(UsageError, match="there are no runs of 'c'; there are some of a"):
        paired_tests(results(tmp_path, line("a")), against="c")
    assert Pair("a", "b", 9, 0, 9, 0, 0.0, 0.0, 0.0, 1.0).verdict == "equal"
