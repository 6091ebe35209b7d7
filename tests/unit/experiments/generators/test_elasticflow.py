"""The family `elasticflow`: its profiles, pools and sizes."""

from __future__ import annotations

from itertools import pairwise

from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import generate
from leptonopt.experiments.generators.elasticflow import FLEET


def test_curves_of_speed_rise() -> None:
    """More devices are never slower for any kind of job."""
    for jobs in FLEET.jobs:
        for curve in jobs.speed.values():
            counts = sorted(curve)
            assert all(curve[low] <= curve[high] for low, high in pairwise(counts))


def test_an_instance_of_the_family() -> None:
    """As many copies as tasks were asked for; each has a start; the same seed gives the same instance."""
    made = generate("elasticflow", tasks=30, seed=4)
    assert sum(task.copies for task in made.tasks) == 30
    assert compile_instance(made).impossible == ()
    assert generate("elasticflow", tasks=30, seed=4) == made
    assert generate("elasticflow", tasks=30, seed=5) != made
    assert made.source
