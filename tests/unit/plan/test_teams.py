"""The bill of teams."""

from __future__ import annotations

from leptonopt.compile.decode import TaskRun
from leptonopt.plan.costing import Bill
from leptonopt.plan.teams import team_bills, uncharged
from leptonopt.problem.nodes import NodeSchedule
from tests.helpers.small_problems import ints
from tests.helpers.tiny_instances import compiled, task


def test_teams_and_nobody_add_up_to_the_bill() -> None:
    """Two of four GPUs for two teams and one hour that nobody uses; tasks without a team come last."""
    nodes = {"id": "k", "size": {"gpu": 4}, "count": 1, "price": 8, "startup": 3}
    tasks = [task("x", "n", 1, team="b"), task("y", "n", 2, team="a", copies=2), task("z", "n", 1)]
    tasks[1]["options"][0]["cost"] = 7
    made = compiled(*tasks, pools=[{"id": "n", "nodes": nodes}])
    runs = [TaskRun(at, 1, copies, made.kept[at][0], 0, 1) for at, copies in ((0, 1), (1, 2), (2, 1))]
    rent = NodeSchedule(ints([2, 1, 0, 0]).reshape(1, 4), ints([0]))
    bill = Bill(made, runs, [], rent)
    lines = [(line.team, line.tasks, line.own, line.charged) for line in team_bills(bill)]
    assert lines == [("a", 2, 14, 8), ("b", 1, 0, 2), (None, 1, 0, 2)]
    assert uncharged(bill) == 24 + 6 - 12
    assert sum(line.total for line in team_bills(bill)) + uncharged(bill) == bill.total
