"""A chain by slots: where it may work and begin, and the options that its segments are."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.slot_chain import SlotChain
from tests.helpers.cut_problems import cut_problem, hourly

TASK = {"segments": {"most": 2, "shortest": "2h", "restart": "1h", "cost": 3}}


def test_windows_and_costs() -> None:
    """Slots of maintenance are out, starts leave the least length, and later segments cost more."""
    window = [{"from": "2026-01-05T03:00Z", "to": "2026-01-05T04:00Z"}]
    problem = cut_problem(TASK, price=hourly(1, 2, 3, 4, 5, 6, 7, 8), maintenance=window)
    chain = SlotChain(problem, problem.chains[0])
    assert np.flatnonzero(chain.works[0]).tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert np.flatnonzero(chain.begins[0, 0]).tolist() == [0, 1, 4, 5, 6]
    assert np.flatnonzero(chain.begins[1, 0]).tolist() == [4, 5, 6]  # no earlier than the end of the first
    assert chain.least.tolist() == [[2], [2]]
    per_hour = int(chain.slot_cost[0, 0])
    assert (chain.slot_cost[0, :8] // per_hour).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (chain.start_cost // per_hour).tolist() == [[0], [3]]
    assert not chain.optional


def test_prices_on_capacity_are_added() -> None:
    """A price on the row that a way holds is added in each slot, at a scale."""
    problem = cut_problem(TASK)
    chain = SlotChain(problem, problem.chains[0])
    price = np.arange(problem.slots)[None, :]
    amount = int(problem.demand[0])
    assert chain.priced(price, 10)[0].tolist() == (chain.slot_cost[0] * 10 + amount * price[0]).tolist()


def test_entries_of_segments() -> None:
    """Segments are options of the parts in order, empty ones follow, and what no option states is none."""
    problem = cut_problem(TASK)
    chain = SlotChain(problem, problem.chains[0])
    two = chain.entries([(0, 0, 2), (0, 4, 2)])
    assert two is not None
    assert [(int(problem.group[option]), int(problem.duration[option]), start) for option, start in two] == [
        (0, 2, 0),
        (1, 2, 4),
    ]
    one = chain.entries([(0, 1, 9)])  # cut to three slots
    assert one is not None
    assert [(int(problem.duration[option]), start) for option, start in one] == [(3, 1), (0, 4)]
    assert chain.entries([(0, 0, 1)]) is None
    assert chain.entries([(0, 0, 2)] * 3) is None
