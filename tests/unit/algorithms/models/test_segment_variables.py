"""Variables by slots: positions of their own, and the problem of the other groups."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.models.segment_variables import SlotForm, chain_size
from leptonopt.algorithms.models.time_indexed import build_model
from tests.helpers.cut_problems import cut_problem, drawn_problems


def test_positions_are_all_different() -> None:
    """The variables of chains follow those of other groups without gaps, each with one position."""
    for problem in drawn_problems(range(20)):
        slots = build_model(problem).slots
        if slots is None:
            continue
        used = []
        for place in slots.places:
            for at in (place.y, place.begin, place.begun, place.runs_on, place.family):
                used += at[at >= 0].tolist()
            used += [place.left] if place.left >= 0 else []
        assert sorted(used) == list(range(len(slots.others), len(slots.most)))


def test_other_groups_are_a_problem_of_their_own() -> None:
    """Groups, options, edges and quotas of chains are not in it; those of the others have new numbers."""
    for problem in drawn_problems(range(20)):
        form = SlotForm(problem)
        assert form.plain.groups == problem.groups - sum(len(chain.groups) for chain in problem.chains)
        assert form.plain.chains == ()
        assert np.array_equal(form.plain.duration, problem.duration[form.option])
        assert len(form.plain.quotas) == min(chain.quota for chain in problem.chains)
        assert all(before in form.chain_of or after in form.chain_of for before, after, _ in form.edges)


def test_the_size_is_foretold() -> None:
    """A chain has at most as many variables as are foretold."""
    problem = cut_problem({"segments": {"most": 3}, "due": "2026-01-05T01:00Z", "late_cost": 1}, horizon=12)
    assert len(build_model(problem).most) <= chain_size(problem, problem.chains[0])[0]
