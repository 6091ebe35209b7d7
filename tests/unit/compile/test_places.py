"""Instances with the regions of tasks fixed."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.data_moves import Links
from leptonopt.compile.places import Places, data_tasks, task_options
from leptonopt.instance import validate
from tests.helpers.regions import LINK, chain


def fixed(second: str, **more: Any) -> Places:
    """Return the regions of the two tasks of a chain."""
    return Places({"first": "east", "second": second}, Links.of(validate(chain(**more))))


def test_tasks_that_pass_data_on_are_known() -> None:
    """Both ends, and none where the amount is 0."""
    assert data_tasks(validate(chain())) == {"first", "second"}
    assert data_tasks(validate(chain(gib=0))) == set()


def test_what_is_passed_on_is_paid_by_the_task_that_takes_it() -> None:
    """4 GiB at 0.5 each, and only in the region of the task."""
    options = task_options(validate(chain()), fixed("west"))
    east, west = options[1]
    assert east.refused == "the task is in region 'west'"
    assert (west.refused, west.cost, [move.cost for move in west.data]) == (None, 2, [2])
    assert options[0][0].cost == 0


@pytest.mark.parametrize(("gib", "lag"), [(4, 1), (3600, 1), (3601, 2)])
def test_the_time_adds_to_the_lag(gib: int, lag: int) -> None:
    """A second for each GiB, rounded up to slots of an hour with the lag."""
    made = compile_instance(validate(chain(gib)), places=fixed("west", gib=gib))
    assert made.problem.lag.tolist() == [lag]


def test_without_places_it_is_a_relaxation() -> None:
    """What is passed on is then free and there at once."""
    made = compile_instance(validate(chain()))
    assert made.problem.lag.tolist() == [0]
    assert made.problem.fixed.tolist() == [0, 0, 0]


def test_regions_that_no_link_joins_leave_no_option() -> None:
    """The reason names the pool."""
    links = ({**LINK, "from": "west"},)
    options = task_options(validate(chain(links=links)), fixed("west", links=links))
    assert options[1][1].refused == "no link moves its data to or from pool 'west'"
