"""Draw how a world differs from its instance: durations, failures, arrivals, and spot capacity.

Every draw depends on the seed, the task and the kind of noise alone, so all policies meet the same worlds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, exp
from pathlib import Path
from random import Random
from typing import Any

from pydantic import model_validator

from leptonopt.errors import Finding, InputError, InstanceError
from leptonopt.instance import Instance, Pool
from leptonopt.instance.fields import (
    ByName,
    Duration,
    Lag,
    Many,
    Name,
    NotNegative,
    Positive,
    StrictModel,
    empty_mapping,
)
from leptonopt.instance.messages import validated

MOST_FAILURES = 1000  # of a run; then it goes on without


class Spread(StrictModel):
    """A lognormal factor with mean `factor`; `sigma` is the standard deviation of its logarithm."""

    sigma: NotNegative = Decimal(0)
    factor: Positive = Decimal(1)


class Arrivals(StrictModel):
    """Delays of tasks with a release: exponential with mean `delay`."""

    delay: Lag = 0


class Failures(StrictModel):
    """Failures per hour; a run goes on `restart` later, from its last checkpoint or its beginning."""

    per_hour: NotNegative = Decimal(0)
    restart: Lag = 0


class Trace(StrictModel):
    """Capacity of a pool that is there: `values` of which each lasts `every`, as shares of `of`.

    `file` is JSON, `{"metadata": {"gap_seconds": 600}, "data": [1, 0, ...]}`, or a folder of such files: the world of
    a seed takes the file at that place, by name, and begins again behind the last. A trace that ends is repeated.
    """

    file: Name | None = None
    values: Many[NotNegative] = ()
    every: Duration | None = None
    of: Positive = Decimal(1)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Trace:
        if (self.file is None) == (not self.values):
            raise ValueError("a trace has a file, or values")
        if self.values and self.every is None:
            raise ValueError("values need `every`, the time that each of them lasts")
        return self

    def of_seed(self, seed: int, folder: Path) -> tuple[Sequence[Fraction], int]:
        """Return shares of the capacity, and the seconds that each lasts; raises `InputError`."""
        values, every = (self.values, self.every) if self.file is None else _read(_chosen(folder / self.file, seed))
        seconds = self.every or every
        if seconds is None:
            raise InputError(f"{folder / str(self.file)}: no metadata.gap_seconds; say `every` in the noise")
        return [min(Fraction(1), Fraction(value) / Fraction(self.of)) for value in values], seconds


class Noise(StrictModel):
    """Noise of durations, of all tasks and of single ones; of requests by hour, arrivals and failures."""

    duration: Spread = Spread()
    demand: Spread = Spread()
    tasks: ByName[Spread] = empty_mapping()
    arrivals: Arrivals = Arrivals()
    failures: Failures = Failures()
    spot: ByName[Trace] = empty_mapping()

    def factor(self, task: str, seed: int) -> Fraction:
        """Return the factor of a task's duration, to a millionth and above 0; equal for every policy."""
        spread = self.tasks.get(task, self.duration)
        drawn = lognormal(float(spread.sigma), f"{seed} {task}")
        return max(Fraction(1, 10**6), Fraction(spread.factor) * Fraction(round(drawn * 10**6), 10**6))

    def delay(self, task: str, seed: int) -> int:
        """Return the whole seconds by which a task arrives later than stated."""
        mean = self.arrivals.delay
        return round(mean * Random(f"{seed} {task} arrives").expovariate(1.0)) if mean else 0

    def with_failures(self, task: str, seed: int, work: Fraction, saved_every: Fraction | None) -> Fraction:
        """Return the seconds that a run of `work` seconds takes with the failures that a seed draws.

        Times between failures are exponential; the draws are the same for all options of a task. `saved_every` is the
        work between checkpoints; None: a failure loses all.
        """
        if not self.failures.per_hour:
            return work
        draw, mean = Random(f"{seed} {task} fails"), 3600 / Fraction(self.failures.per_hour)
        saved = taken = Fraction(0)
        for _ in range(MOST_FAILURES):
            until = mean * Fraction(round(draw.expovariate(1.0) * 10**6), 10**6)
            if until >= work - saved:
                break
            taken += until + self.failures.restart
            saved += until // saved_every * saved_every if saved_every else 0
        return taken + work - saved


def lognormal(sigma: float, key: str) -> float:
    """Return the draw of a key, lognormal with mean 1; `sigma` is the standard deviation of its logarithm."""
    return exp(sigma * Random(key).gauss(0.0, 1.0) - sigma**2 / 2)


def read_noise(document: Mapping[str, Any], instance: Instance) -> Noise:
    """Return the noise of a document; raises `InstanceError` with everything that is wrong with it."""
    noise = validated(Noise, document)
    tasks, pools = {task.id for task in instance.tasks}, {pool.id: pool for pool in instance.pools}
    found = [Finding(f"there is no task {name!r}", ("tasks", name)) for name in noise.tasks if name not in tasks]
    found += [Finding(_untraceable(pools.get(name), name), ("spot", name)) for name in noise.spot]
    found = [each for each in found if each.message]
    if found:
        raise InstanceError(found)
    return noise


def _untraceable(pool: Pool | None, name: str) -> str:
    """Return why a pool can have no trace; empty where it can."""
    if pool is None:
        return f"there is no pool {name!r}"
    fixed = all(limit.constant is not None for limit in pool.capacity.values())
    if pool.nodes or pool.maintenance or not fixed:
        return (
            f"pool {name!r} has nodes, maintenance or a capacity that changes; a trace goes with capacity as a number"
        )
    return ""


def shares_by_slot(shares: Sequence[Fraction], every: int, slot: int, slots: int) -> list[Fraction]:
    """Return the least share that is there within each slot; a trace that ends begins again."""
    found = []
    for at in range(slots):
        first, last = at * slot // every, ceil((at + 1) * slot / every)
        found.append(min(shares[each % len(shares)] for each in range(first, last)))
    return found


def _chosen(path: Path, seed: int) -> Path:
    """Return the file of a seed: the path itself, or one of the files of a folder."""
    if not path.is_dir():
        return path
    files = sorted(each for each in path.iterdir() if each.suffix == ".json" and not each.name.startswith("."))
    if not files:
        raise InputError(f"{path}: no trace; a folder of traces has files that end in .json")
    return files[seed % len(files)]


def _read(path: Path) -> tuple[list[Decimal], int | None]:
    """Return the values of a trace, and the seconds that each lasts if stated; raises `InputError`."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no trace can be read: {error}") from None
    metadata = document.get("metadata") if isinstance(document, dict) else None
    gap = metadata.get("gap_seconds") if isinstance(metadata, dict) else None
    values = document.get("data") if isinstance(document, dict) else document
    if (
        not isinstance(values, list)
        or not values
        or not all(map(_usable, values))
        or not (gap is None or (_usable(gap) and int(gap) == gap > 0))
    ):
        text = 'allowed is {"metadata": {"gap_seconds": 600}, "data": [1, 0, ...]} with numbers of at least 0'
        raise InputError(f"{path}: no trace of availability; {text}")
    return [Decimal(each) for each in values], None if gap is None else int(gap)


def _usable(value: object) -> bool:
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return number and Decimal(value).is_finite() and value >= 0  # type: ignore[arg-type,operator]
