"""States: what they say, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import FOUR, world


def test_what_a_state_says() -> None:
    """Names alone are copies 1; a state with nothing but an instant is one."""
    state = read_state({"now": FOUR, "done": ["a", {"task": "sweep", "copy": 3}], "move": {"cost": 2}}, world())
    assert [run.key for run in state.done] == [("a", 1), ("sweep", 3)]
    assert state.move is not None
    assert state.move.cost == 2
    assert read_state({"now": FOUR}, world()).running == ()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"running": ["zed"]}, r"running\[0\]: there is no task 'zed' that could run"),
        ({"running": [{"task": "sweep", "copy": 4}]}, r"running\[0\].copy: 'sweep' has 3 copies"),
        ({"done": ["a"], "running": ["a"]}, r"running\[0\]: 'a' copy 1 stands at done\[0\] already"),
        ({"running": [{"task": "a", "progress": 1.5}]}, "progress, work and saved are shares"),
        ({"fixed": ["zed"]}, r"fixed\[0\]: there is no task 'zed'"),
        ({"used": {"zed": 1}}, "used.zed: there is no quota 'zed'"),
        ({"nodes": [{"pool": "zed"}]}, r"nodes\[0\].pool: there is no pool 'zed'"),
        ({"nodes": [{"pool": "own", "on": 1}]}, r"nodes\[0\]\.pool: pool 'own' has no nodes"),
        (
            {"nodes": [{"pool": "own", "kind": "k"}]},
            r"nodes\[0\]\.pool: pool 'own' has no nodes",
        ),
        ({"colour": 1}, "colour"),
        ({"now": "today"}, "now: 'today' is not an instant"),
    ],
)
def test_what_is_wrong(wrong: dict[str, Any], message: str) -> None:
    """Every finding names its place."""
    with pytest.raises(InstanceError, match=message):
        read_state({"now": FOUR, **wrong}, world())


def test_what_is_done_may_have_left_the_instance() -> None:
    """A task of yesterday that is in the state and not in the instance is no fault."""
    assert read_state({"now": FOUR, "done": ["yesterday"]}, world()).done[0].task == "yesterday"
