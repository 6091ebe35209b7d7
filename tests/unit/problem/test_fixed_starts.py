"""Problems in which starts are fixed."""

from __future__ import annotations

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.fixed_starts import fix_starts
from leptonopt.problem.schedule import Schedule, objective

STATED = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [
        {
            "id": "p",
            "capacity": {"gpu": 4},
            "price": {"gpu": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T02:00Z": 3}}},
        }
    ],
    "tasks": [
        {
            "id": "a",
            "copies": 2,
            "due": "2026-01-05T01:00Z",
            "late_cost": 5,
            "options": [
                {"id": "slow", "pool": "p", "uses": {"gpu": 1}, "duration": "2h", "consumes": {"licence": 1}},
                {"id": "fast", "pool": "p", "uses": {"gpu": 3}, "duration": "1h", "consumes": {"licence": 2}},
            ],
        },
        {
            "id": "b",
            "after": ["a"],
            "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h", "consumes": {"licence": 3}}],
        },
    ],
    "quotas": [{"id": "licences", "of": "licence", "limit": 6}],
}


def test_columns_keep_their_costs_and_quotas_their_uses() -> None:
    """A run of either option at slot 1, and one of another task at slot 3: costs and uses are those of the columns."""
    problem = compile_instance(validate(STATED)).problem
    group = problem.group
    mine, other = np.flatnonzero(group == 0).tolist(), int(np.flatnonzero(group == 2)[0])
    fixed, option = fix_starts(problem, [(mine, 1, 1), ([other], 3, 1)])
    assert option.tolist() == [*mine, other]
    assert fixed.copies.tolist() == [1, 1]
    assert not len(fixed.before)
    for new, old in enumerate(option.tolist()):
        start = int(fixed.first[new])
        assert fixed.last[new] == start
        assert fixed.start_costs(new)[0] == problem.start_costs(old)[start - int(problem.first[old])]
        assert fixed.quotas[0].uses(fixed, new, start, start) == problem.quotas[0].uses(problem, old, start, start)
    assert objective(fixed, Schedule.of([1, 2], [1, 3])) > 0


def test_no_runs_make_an_empty_problem() -> None:
    """Nothing to decide."""
    fixed, option = fix_starts(compile_instance(validate(STATED)).problem, [])
    assert fixed.groups == len(option) == 0
