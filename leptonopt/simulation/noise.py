"""Draw by how much durations differ from what an instance states: lognormal or given factors."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import exp
from random import Random
from typing import Any

from pydantic import ValidationError

from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance
from leptonopt.instance.fields import ByName, NotNegative, Positive, StrictModel, empty_mapping
from leptonopt.instance.validation import findings_of


class Spread(StrictModel):
    """A lognormal factor with mean `factor`; `sigma` is the standard deviation of its logarithm."""

    sigma: NotNegative = Decimal(0)
    factor: Positive = Decimal(1)


class Noise(StrictModel):
    """Factors of all durations, of single tasks, by id, and of the requests of a service in an hour."""

    duration: Spread = Spread()
    demand: Spread = Spread()
    tasks: ByName[Spread] = empty_mapping()

    def factor(self, task: str, seed: int) -> Fraction:
        """Return the factor of a task's duration, to a millionth and above 0; equal for every policy."""
        spread = self.tasks.get(task, self.duration)
        sigma = float(spread.sigma)
        drawn = exp(sigma * Random(f"{seed} {task}").gauss(0.0, 1.0) - sigma**2 / 2)
        return max(Fraction(1, 10**6), Fraction(spread.factor) * Fraction(round(drawn * 10**6), 10**6))


def read_noise(document: Mapping[str, Any], instance: Instance) -> Noise:
    """Return the noise of a document; raises `InstanceError` with everything that is wrong with it."""
    try:
        noise = Noise.model_validate(document)
    except ValidationError as error:
        raise InstanceError(findings_of(error)) from None
    known = {task.id for task in instance.tasks}
    if found := [Finding(f"there is no task {name!r}", ("tasks", name)) for name in noise.tasks if name not in known]:
        raise InstanceError(found)
    return noise
