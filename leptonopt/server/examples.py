"""Instances to begin with, generated from seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leptonopt.experiments.generators import table, written


@dataclass(frozen=True)
class ExampleInstance:
    """A generated instance: what it shows, its family and its parameters."""

    what: str
    family: str
    tasks: int
    seed: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)


EXAMPLES = {
    "deadlines": ExampleInstance("20 deep-learning jobs with deadlines, on owned and cloud GPUs", "elasticflow", 20),
    "sharing": ExampleInstance("40 training jobs on three kinds of GPU, owned and cloud", "gavel", 40),
    "regions": ExampleInstance("80 tasks in regions with prices by the hour", "regions", 80),
    "large": ExampleInstance("400 tasks in regions: watch bound and incumbent meet", "regions", 400, 3),
}


def example_text(name: str) -> str:
    """Return the YAML of an example; raises `KeyError`."""
    found = EXAMPLES[name]
    return written(table(found.family, tasks=found.tasks, seed=found.seed, **found.parameters), "yaml").decode()
