"""The subproblem over columns: optimal against brute force where it has all columns, and by hand with nodes."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lns import column_model
from leptonopt.algorithms.lns.column_model import SubproblemSolution
from leptonopt.algorithms.lns.subproblem import PlacedColumns, Subproblem
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers import bruteforce
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.random_problems import rich
from tests.helpers.small_problems import group, ints, nodes, option, problem


def solved(
    made: Problem, placing: PartialSchedule | None = None, groups: list[int] | None = None
) -> tuple[SubproblemSolution | None, bool]:
    """Return the solution that frees some groups, or all, and whether the model had all columns."""
    placing = placing or PartialSchedule(made)
    groups = list(range(made.groups)) if groups is None else groups
    placed: PlacedColumns = {each: placing.remove_group(each) for each in groups}
    freed = Subproblem(placing, true_guide(made), groups, placed)
    found = column_model.solve(placing, freed.column_data(), 5.0, 20.0, 0)
    return found, freed.whole


def columns(found: SubproblemSolution | None) -> list[tuple[int, int, int]]:
    """Return the columns of a solution that is proven."""
    assert found is not None
    assert found.proven
    return sorted(found.columns)


def test_two_groups_for_a_cheap_slot() -> None:
    """The larger demand takes it: 2 + 5 instead of 1 + 10."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2, 2]], price=[[1, 5]])
    assert columns(solved(made)[0]) == [(0, 1, 1), (1, 0, 1)]


def test_what_stays_reduces_the_capacity() -> None:
    """Beside a group in the cheap slot, the freed one has the other slot."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2, 2]], price=[[1, 5]])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    assert columns(solved(made, placing, [1])[0]) == [(1, 1, 1)]
    full = problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2]])
    staying = PartialSchedule(full)
    staying.insert(0, 0)
    assert solved(full, staying, [1])[0] is None


def test_copies_and_values() -> None:
    """Two of three copies at 1 each, and none at 9, above the value of 5."""
    made = problem(group(option(1, {0: 1}), copies=3, value=5), capacity=[[2, 2]], price=[[1, 9]])
    assert columns(solved(made)[0]) == [(0, 0, 2)]


def test_chains_wait_for_the_lag() -> None:
    """The successor starts two slots after its predecessor has ended, although slot 1 is cheaper."""
    made = problem(
        group(option(1, {0: 1})), group(option(1, {0: 1})), capacity=[[2] * 4], price=[[1, 0, 5, 5]], edges=[(0, 1, 2)]
    )
    assert columns(solved(made)[0]) == [(0, 0, 1), (1, 3, 1)]


def test_members_apart_are_on_different_pools() -> None:
    """Only one of them is on the cheap pool."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, fixed=7, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], apart=(ints([0, 1]),))
    assert [made.pool[each] for each, _, _ in columns(solved(made)[0])] in ([0, 1], [1, 0])


@pytest.mark.parametrize(
    ("more", "cost"),
    [
        ({"price": [[6, 5, 7]]}, 10),  # both in slot 1 on two nodes; apart they need three
        ({"price": [[6, 5, 7]], "reserved": [2]}, 0),
        ({"price": [[6, 5, 7]], "reserved": [1]}, 5),
        ({"price": [[1, 9, 1]], "start": [[4, 4, 4]]}, 10),  # two nodes in slot 0: 2 x (1 + 4)
        ({"price": [[6, 5, 7]], "on_demand": [False], "commit_max": [3], "commit": [8]}, 16),
    ],
)
def test_nodes_are_paid_whole(more: dict[str, object], cost: int) -> None:
    """Demands 5 and 3 on nodes of size 4: the least cost by hand."""
    kind = nodes([[3] * 3], [(0, 0, 4)], **more)  # type: ignore[arg-type]
    made = problem(group(option(1, {0: 5})), group(option(1, {0: 3})), capacity=[[12] * 3], nodes=kind)
    each, start, count = zip(*columns(solved(made)[0]), strict=True)
    schedule = Schedule.of(each, start, count)
    assert violated_rules(made, schedule) == set()
    assert objective(made, schedule) == cost


@pytest.mark.parametrize("make", [drawn, rich])
@pytest.mark.parametrize("seed", range(25))
def test_freeing_all_groups_finds_the_optimum(make: object, seed: int) -> None:
    """Of random problems without nodes and affinity, where the model has all columns."""
    made = make(seed)  # type: ignore[operator]
    if len(made.nodes) or made.together:
        return
    found, whole = solved(made)
    best = bruteforce.optimum(made)
    if not whole:
        return
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        placing = PartialSchedule(made)
        for each, start, count in found.columns:
            placing.insert(each, start, count)
        assert violated_rules(made, placing.schedule()) == set()
        cost = objective(made, placing.schedule())
        assert cost == best[0] if found.proven else cost >= best[0]
