"""Arrays of options: those on several pools stand side by side with others."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.option_arrays import pointers
from leptonopt.instance import validate
from tests.unit.compile.test_pool_options import shared


def test_pointers_begin_with_zero() -> None:
    """Return the begin of each span, and the end of the last one."""
    assert pointers([2, 0, 3]).tolist() == [0, 2, 2, 5]  # type: ignore[arg-type]


def test_options_on_pools_stand_between_others() -> None:
    """Return pools, rows and amounts of each option in the order in which they are stated."""
    document = shared()
    own = [{"pool": "b", "uses": {"cpu": 2}, "duration": "1h"}, {"pool": "a", "uses": {"gpu": 1}, "duration": "3h"}]
    document["tasks"].insert(1, {"id": "v", "options": own})
    problem = compile_instance(validate(document)).problem
    assert problem.option_ptr.tolist() == [0, 3, 5, 8]
    assert problem.pool.tolist() == [2, 0, 1, 1, 0, 2, 0, 1]
    assert problem.duration.tolist() == [2, 2, 2, 1, 3, 2, 2, 2]
    assert problem.last.tolist() == [4, 4, 4, 5, 3, 1, 1, 1]
    assert problem.demand_ptr.tolist() == [0, 2, 4, 6, 7, 8, 10, 12, 14]
    assert problem.demand_row.tolist() == [4, 5, 0, 1, 2, 3, 3, 0, 4, 5, 0, 1, 2, 3]
    assert problem.demand.tolist() == [2, 3, 2, 3, 2, 3, 4, 1, 2, 3, 2, 3, 2, 3]
