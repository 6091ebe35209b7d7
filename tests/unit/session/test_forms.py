"""Sessions on several forms of one instance."""

from __future__ import annotations

import time

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.compile.node_form import TOLD_APART
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.signals import Signals
from leptonopt.session.closing import ClosingTime
from leptonopt.session.forms import answered_by, carried_multipliers, sibling
from leptonopt.session.session import SolveSession
from leptonopt.session.source import TreeSource, open_source
from tests.helpers.tiny_instances import document, task


def session(stated: dict[str, object]) -> SolveSession:
    """Return a session that has not begun."""
    with Signals(False, None) as signals:
        return SolveSession(open_source(stated)(), Limits(5.0), time.monotonic(), ClosingTime(0.0, 0.0), signals)


def test_a_sibling_ends_with_its_elder() -> None:
    """It is on another source, and has the same deadline."""
    elder = session(document(task()))
    made = sibling(elder, open_source(document(task(gpu=1)))(), SolveSession)
    assert made.deadline == elder.deadline
    assert made.state.source is not elder.state.source


def test_the_answer_inherits_the_bound_in_its_own_units() -> None:
    """One form counts in whole units of money, the other in tenths."""
    elder = session(document(task()))
    elder.state.bound(2)
    other = open_source(
        document(task(gpu=2, options=[{"pool": "a", "uses": {"gpu": 2}, "duration": "1h", "cost": 0.1}]))
    )
    found = answered_by(elder, other(), Schedule.of([0], [0]))
    assert found.state.money(found.state.lower) == elder.state.money(elder.state.lower)
    assert found.state.plan_cost() is not None
    assert found.prover is elder


def test_multipliers_of_pools_hold_on_nodes_told_apart() -> None:
    """A GPU of the pool is worth 1.50 and 3 in two slots; its nodes and the packing of them are worth nothing more."""
    jobs = [
        task(str(at), gpu=5, options=[{"pool": "a", "uses": {"gpu": 5}, "duration": "1h"}], placement="one-node")
        for at in range(2)
    ]
    stated = document(*jobs)
    stated["pools"] = [{"id": "a", "nodes": [{"id": "n", "size": {"gpu": 8}, "count": 2, "price": 4}]}]
    counted = open_source(stated)()
    assert isinstance(counted, TreeSource)
    apart = counted.in_form(TOLD_APART)
    rows = {(row.pool, row.resource): at for at, row in enumerate(counted.compiled.rows) if row.packing is None}
    known = np.zeros(counted.problem.capacity.shape, np.int64)
    known[rows["a", "gpu"], :2] = 3, 6
    carried = carried_multipliers(Multipliers(known, np.zeros(0, np.int64), 2), counted, apart)
    for at, row in enumerate(apart.compiled.rows):
        assert carried.capacity[at, :2].tolist() == ([3, 6] if (row.resource, row.node) == ("gpu", None) else [0, 0])
    assert {row.node for row in apart.compiled.rows} == {None, "n/1", "n/2"}
    assert carried.scale == 2
