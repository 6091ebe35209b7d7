"""Orders for lateness, against orders computed by hand on one machine."""

from fractions import Fraction

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.due_date_rules import (
    DueDates,
    apparent_tardiness_cost,
    due_date_orders,
    earliest_due_date,
    has_due_dates,
    volumes,
    weighted_shortest_processing,
)
from tests.helpers.one_machine import THREE, one_machine


def sequence(rank: np.ndarray) -> list[int]:
    """Return the groups by rank."""
    return np.argsort(rank, kind="stable").tolist()


def test_earliest_due_date_sorts_by_due_date():
    assert sequence(earliest_due_date(DueDates.of(one_machine(THREE)))) == [2, 0, 1]


def test_weighted_shortest_processing_sorts_by_cost_over_length():
    """4/2 before 3/6 before 1/4."""
    assert sequence(weighted_shortest_processing(DueDates.of(one_machine(THREE)))) == [1, 2, 0]


def test_a_great_look_ahead_is_weighted_shortest_processing_and_a_small_one_looks_at_the_slack():
    """With k = 100 all exponents are near 0. With k = 0.1 only job 2 is urgent: it has no slack."""
    dates = DueDates.of(one_machine(THREE))
    assert sequence(apparent_tardiness_cost(dates, 100.0)) == [1, 2, 0]
    assert sequence(apparent_tardiness_cost(dates, 0.1))[0] == 2


def test_apparent_tardiness_cost_is_the_index_of_the_article():
    """At 0: w/p exp(-slack / (k mean)), k = 1, mean 4: 1/4 exp(-6/4), 4/2 exp(-10/4), 3/6 exp(0); at 6 none is early."""
    first = [0.25 * np.exp(-1.5), 2 * np.exp(-2.5), 0.5]
    assert first[2] == max(first)
    second = [0.25, 2 * np.exp(-(12 - 2 - 6) / 4)]
    assert second[1] == max(second)
    assert sequence(apparent_tardiness_cost(DueDates.of(one_machine(THREE)), 1.0)) == [2, 1, 0]


def test_a_group_is_not_chosen_before_its_release():
    jobs = [{"length": 3, "due": 4, "cost": 1}, {"length": 3, "due": 5, "cost": 100, "release": 2}]
    assert sequence(apparent_tardiness_cost(DueDates.of(one_machine(jobs)), 2.0)) == [0, 1]


def test_groups_without_due_dates_come_by_their_latest_end():
    problem = one_machine([{"length": 2}, {"length": 2, "due": 5}])
    assert sequence(earliest_due_date(DueDates.of(problem))) == [1, 0]
    assert has_due_dates(problem)
    assert not has_due_dates(one_machine([{"length": 2}]))


def test_the_processing_time_is_the_share_of_the_whole_capacity():
    """On two machines a job of 4 slots takes 2 slots of the whole."""
    assert DueDates.of(one_machine(THREE)).processing == pytest.approx([4, 2, 6])
    assert DueDates.of(one_machine(THREE, capacity=2)).processing == pytest.approx([2, 1, 3])
    assert volumes(one_machine(THREE)) == pytest.approx([float(Fraction(n, 48)) for n in (4, 2, 6)])


def test_every_rule_gives_an_order_of_all_groups():
    orders = due_date_orders(one_machine(THREE))
    assert len(orders) == 7
    assert all(sorted(sequence(order)) == [0, 1, 2] for order in orders)
