"""The family `lumpy`: few large tasks around a hidden plan."""

from __future__ import annotations

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import generate
from leptonopt.experiments.generators.lumpy import PARTS, SIZES


def test_sizes_of_tasks_and_pools() -> None:
    """A task takes an eighth of the smallest pool at least, and fits each pool it may run on."""
    made = generate("lumpy", tasks=40, seed=2)
    rooms = {pool.id: int(max(pool.capacity["gpu"].numbers())) for pool in made.pools if "gpu" in pool.capacity}
    assert set(rooms.values()) <= set(SIZES)
    for task in made.tasks:
        for option in task.options:
            for pool in option.where:
                assert min(SIZES) / PARTS <= option.uses["gpu"] <= rooms[pool]


@pytest.mark.parametrize("seed", range(3))
def test_every_task_has_a_start(seed: int) -> None:
    """With precedence and optional tasks; tasks that wait for one that has ended in the hidden plan."""
    made = generate("lumpy", tasks=30, seed=seed, precedence=0.5, optional=0.3)
    assert compile_instance(made).impossible == ()
    assert any(task.after for task in made.tasks)
    assert any(task.optional for task in made.tasks)
