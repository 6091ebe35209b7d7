"""Neighbourhoods: which kinds apply, what they free, and how gains change their weights."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lns.neighbourhoods import KINDS, TUNING, NeighbourhoodSelector
from leptonopt.problem.problem import Problem
from tests.helpers.guides import true_guide
from tests.helpers.pooled_problems import first_fit, three_pools
from tests.helpers.small_problems import group, ints, option, problem


def selector(made: Problem, models: tuple[str, ...] = ("columns",)) -> NeighbourhoodSelector:
    """Return a selector at true costs."""
    return NeighbourhoodSelector(made, true_guide(made), 0, models)


def kinds(made: Problem) -> set[str]:
    """Return the kinds that apply to a problem."""
    return {kind for kind, _ in selector(made).arms}


def test_kinds_that_apply() -> None:
    """Windows need slots, pairs of pools need three, and affinity a family with a choice of pools."""
    always = {"similar", "costly", "random", "core"}
    assert kinds(problem(group(option(1, {0: 1})), capacity=[[1]])) == always
    assert kinds(problem(group(option(1, {0: 1})), capacity=[[1, 1]])) == always | {"window"}
    assert kinds(three_pools(0)) == set(KINDS) - {"affinity"}
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    family = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    assert kinds(family) == always | {"affinity"}


@pytest.mark.parametrize("seed", range(3))
def test_draws_are_ascending_groups_of_about_the_size(seed: int) -> None:
    """Whatever kind is drawn; requests tell the groups, the model and the pools."""
    made = three_pools(seed, groups=40)
    placing = PartialSchedule(made, schedule=first_fit(made).schedule())
    chosen, drawn = selector(made, ("columns", "intervals")), set()
    for _ in range(120):
        groups = chosen.draw(placing)
        drawn.add(chosen.kind)
        assert groups.tolist() == sorted(set(groups.tolist()))
        assert len(groups) <= chosen.size
        request = chosen.request(groups.tolist())
        assert request.model == chosen.model
        assert (request.only is None) == (chosen.kind != "among")
        assert request.effort == TUNING.effort * (2 if chosen.kind == "core" else 1)
    assert drawn == set(KINDS) - {"affinity"}


def test_groups_without_a_column_are_never_freed() -> None:
    """The second group needs more than there is."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 9}), value=4), capacity=[[2, 2]])
    chosen, placing = selector(made), PartialSchedule(made)
    for _ in range(30):
        assert chosen.draw(placing).tolist() == [0]


def test_a_family_is_freed_whole_to_move() -> None:
    """To the pool where it does not run."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing, chosen = PartialSchedule(made), selector(made)
    placing.insert(0, 0)
    placing.insert(2, 0)
    chosen.weight = {arm: float(arm[0] == "affinity") for arm in chosen.arms}
    assert chosen.draw(placing).tolist() == [0, 1]
    assert chosen.move == (0, 1)
    assert chosen.request([0, 1]).move == (0, 1)


def test_gains_raise_the_weight_and_failures_lower_it_to_a_floor() -> None:
    """A gain per effort counts at most 5; without gains an arm keeps a share of its first weight."""
    chosen = selector(three_pools(0))
    arm = chosen.arm
    chosen.update_weights(1.0, 0.1, proven=True, share=1.0)
    assert chosen.weight[arm] == pytest.approx(0.9 * 1.0 + 0.1 * 5.0)
    for _ in range(100):
        chosen.update_weights(0.0, 0.1, proven=True, share=1.0)
    assert chosen.weight[arm] == pytest.approx(TUNING.least_share)


def test_sizes_follow_proofs() -> None:
    """Early proofs make them grow up to all groups; unproven failures shrink them to 10 at least."""
    made = three_pools(0, groups=24)
    chosen = selector(made)
    chosen.update_weights(0.0, 0.1, proven=True, share=0.1)
    assert chosen.size == pytest.approx(20 * 1.12 + 0.5)
    for _ in range(20):
        chosen.update_weights(0.0, 0.1, proven=True, share=0.1)
    assert chosen.size == made.groups
    for _ in range(50):
        chosen.update_weights(0.0, 0.1, proven=False, share=1.0)
    assert chosen.size == 10.0


def test_a_second_model_begins_with_less_weight() -> None:
    """Every kind has an arm for each model."""
    chosen = selector(three_pools(0), ("columns", "intervals"))
    assert {model: weight for (_, model), weight in chosen.weight.items()} == {
        "columns": 1.0,
        "intervals": TUNING.second_model_weight,
    }


def test_excess_above_the_least_cost() -> None:
    """A group at 5 whose least is 1 has 4; one left out at its value of 9 has 8. Only stale ones are computed anew."""
    made = problem(
        group(option(1, {0: 1})), group(option(1, {0: 1}), value=9), capacity=[[1, 1]], price=[[1, 5]]
    )  # fmt: skip
    placing, chosen = PartialSchedule(made), selector(made)
    placing.insert(0, 1)
    assert chosen._updated_excess(placing).tolist() == [4.0, 8.0]
    placing.remove(0, 1)
    placing.insert(0, 0)
    placing.insert(1, 1)
    chosen.invalidate([0])
    assert chosen._updated_excess(placing).tolist() == [0.0, 8.0]
    chosen.invalidate()
    assert chosen._updated_excess(placing).tolist() == [0.0, 4.0]
    assert np.isfinite(chosen.excess).all()
