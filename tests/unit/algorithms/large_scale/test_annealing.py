"""Annealing with soft capacity: its offers, its own account of capacity, and what it settles to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.plain import columns
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale import annealing
from leptonopt.algorithms.large_scale.annealing import NONE, Annealer, subtract_load
from leptonopt.algorithms.large_scale.candidates import candidates_per_group
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.compile.columnar import compile_columnar
from leptonopt.io.columnar import load
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import column_costs, usage
from tests.helpers import random_problems


@pytest.fixture(autouse=True)
def _short_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds are short, or few of them would be all there is."""
    monkeypatch.setattr(annealing, "TUNING", replace(annealing.TUNING, round_moves=400))


def plain(seed: int, groups: int = 12) -> Problem:
    """A random problem of the rules that the pipeline keeps."""
    none = np.zeros(0, np.int64)
    return replace(random_problems.problem(seed, groups=groups, slots=8), before=none, after=none, lag=none)


def annealed(problem: Problem, seed: int = 0, threads: int = 1, moves: int = 4_000) -> Annealer:
    price = np.random.default_rng(seed).integers(0, 4, problem.capacity.shape) * 0.5
    made = Annealer(problem, Assignment.empty(problem, price), ClassPricer(problem), price, seed, threads)
    made.run(lambda: made.moves / moves if moves else 1.0)
    return made


@pytest.mark.parametrize("seed", range(12))
def test_offers_are_the_cheapest_columns(seed: int) -> None:
    """Of the columns that fit and cost less than leaving out, the cheapest by guiding prices, in that order."""
    problem = plain(seed)
    made = annealed(problem, seed, moves=0)
    columns = problem.columns
    guide = column_costs(problem, columns.option, columns.start, made.guide)
    for group in range(problem.groups):
        mine = (problem.group[columns.option] == group) & (columns.cost < made.out[group])
        expected = np.sort(guide[mine])[: candidates_per_group(problem.groups)]
        first, many = int(made.candidates.first[group]), int(made.candidates.many[group])
        offer = made.candidates.table[first : first + many]
        option, start = offer["option"].astype(np.int64), offer["start"].astype(np.int64)
        assert np.allclose(column_costs(problem, option, start, made.guide), expected)
        assert np.allclose(offer["cost"], column_costs(problem, option, start))
        assert len({*zip(option.tolist(), start.tolist(), strict=True)}) == many
        assert (problem.group[option] == group).all()


@pytest.mark.parametrize("seed", range(4))
def test_threads_gather_the_same_offers(seed: int) -> None:
    """Each has some of the groups, and what they gather is what one gathers."""
    problem = plain(seed)
    one, other = (annealed(problem, seed, threads, moves=0).candidates for threads in (1, 5))
    assert np.array_equal(one.many, other.many)
    for group, (first, many) in enumerate(zip(one.first.tolist(), one.many.tolist(), strict=True)):
        begin = int(other.first[group])
        assert np.array_equal(one.table[first : first + many], other.table[begin : begin + many])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("seed", range(8))
def test_its_account_of_capacity_is_right(seed: int, threads: int) -> None:
    """After any moves of any threads the slack is the capacity less what is chosen, and each item has its own offers."""
    problem = plain(seed)
    made = annealed(problem, seed, threads)
    fresh = annealed(problem, seed, moves=0).slack.copy()
    subtract_load(made.profiles, made.candidates, made.chosen, fresh)
    assert (fresh == made.slack).all()
    taken = made.chosen != NONE
    first, many = made.candidates.first[made.group], made.candidates.many[made.group]
    assert (made.chosen[taken] >= first[taken]).all()
    assert (made.chosen[taken] < (first + many)[taken]).all()


@pytest.mark.parametrize("seed", range(12))
def test_what_it_settles_to_keeps_the_rules(seed: int) -> None:
    """Nothing is exceeded, the free capacity is what it says, and what has no place finds none."""
    problem = plain(seed)
    placed = annealed(problem, seed).repaired()
    assert violated_rules(problem, placed.schedule()) <= ({"once"} if placed.missing_mandatory().any() else set())
    assert (placed.free == problem.capacity - usage(problem, placed.schedule())).all()
    assert (placed.free >= 0).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_seed_gives_the_same(threads: int) -> None:
    """Whichever thread is faster."""
    problem = plain(3, groups=30)
    one, other = (annealed(problem, 5, threads) for _ in range(2))
    assert (one.chosen == other.chosen).all()


def test_it_gets_better(tmp_path: Path) -> None:
    """On full pools it ends well below placing in order by the same prices."""
    np.savez(tmp_path / "some.npz", **columns(150, 5, 48, 12.0, seed=1))
    problem = compile_columnar(load(tmp_path / "some.npz")).problem
    before, after = (bill(annealed(problem, 1, moves=moves)) for moves in (0, 600_000))
    assert after < 0.95 * before


def bill(made: Annealer) -> Any:
    """What items count where they are, after settling."""
    placed = made.repaired()
    some = placed.option >= 0
    here = column_costs(made.problem, placed.option[some], placed.start[some]).sum()
    return here + made.out.astype(float)[placed.group[~some]].sum()
