"""The time-indexed model: schedules as values and back, costs, cutoffs, sizes."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.models.time_indexed import (
    build_model,
    decode,
    encode,
    has_no_columns,
    largest_objective,
    normalise_costs,
    objective_lower_limit,
    predicted_size,
)
from leptonopt.problem.schedule import objective
from tests.helpers import bruteforce, random_problems
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize("seed", range(25))
def test_a_schedule_keeps_the_rows_and_its_cost(seed: int) -> None:
    """And comes back; at the cutoff of its cost it still keeps them."""
    made = random_problems.problem(seed, groups=3, slots=5)
    found = bruteforce.optimum(made, 300_000)
    if found is None:
        return
    cost, schedule = found
    for cutoff in (None, cost):
        linear = build_model(made, cutoff=cutoff)
        values = encode(linear, schedule)
        rows = linear.matrix @ values
        assert np.all(rows >= linear.lower)
        assert np.all(rows <= linear.upper)
        assert linear.cost @ values == cost == objective(made, schedule)
        assert list(decode(linear, values)) == list(schedule)


@pytest.mark.parametrize("seed", range(15))
def test_limits_of_the_objective(seed: int) -> None:
    """Nothing costs less, and nothing more; sizes are predicted from above."""
    made = random_problems.problem(seed, groups=3, slots=5)
    linear = build_model(made)
    columns, nonzeros = predicted_size(made)
    assert columns >= len(linear.columns.option)
    assert nonzeros >= sum(len(part.coefficient) for part in linear.parts[:1])
    found = bruteforce.optimum(made, 300_000)
    if found is not None:
        assert objective_lower_limit(linear, linear.cost) <= found[0]
        assert abs(found[0]) <= largest_objective(linear, linear.cost)
        costs, divisor, constant = normalise_costs(linear)
        assert divisor * int(costs @ encode(linear, found[1])) + constant == found[0]


def test_names() -> None:
    """A distinct one for each variable and row."""
    linear = build_model(problem(group(option(1, {0: 2}), value=3), group(option(1, {0: 2})), capacity=[[3, 3]]))
    assert linear.names() == ["x_0_0_0", "x_0_0_1", "x_1_1_0", "x_1_1_1", "z_0"]
    assert len(set(linear.row_names())) == len(linear.row_names())
    assert linear.row_names()[0] == "once_0"


@pytest.mark.parametrize(("demand", "none"), [(1, False), (9, True)])
def test_mandatory_groups_without_columns(demand: int, none: bool) -> None:
    """Then no schedule exists; an optional one is only left out."""
    assert has_no_columns(problem(group(option(1, {0: demand})), capacity=[[1]])) is none
    assert not has_no_columns(problem(group(option(1, {0: demand}), value=1), capacity=[[1]]))
