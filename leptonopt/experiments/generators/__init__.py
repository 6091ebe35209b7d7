"""Families of realistic instances for measurements, of any size, from a seed.

>>> import leptonopt
>>> instance = leptonopt.generate("gaia", tasks=20, seed=1)
>>> sum(task.copies for task in instance.tasks)
20

Distributions are integer tables made from published traces and measurements; the module of a family says which. The
same parameters give the same bytes on any machine (`generators.rng`). docs/how-to/generate-instances.md explains all
families.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.experiments.generators import elasticflow, fleet, gaia, gavel, lumpy, regions
from leptonopt.experiments.generators.fleet import Fleet
from leptonopt.experiments.generators.parameters import GeneratorParameters, parse_parameters
from leptonopt.experiments.generators.table import Table
from leptonopt.experiments.generators.writer import KINDS, written
from leptonopt.instance import Instance, validate

__all__ = ["FAMILIES", "KINDS", "Family", "Table", "generate", "table", "written"]

SLACK = Decimal(2)


@dataclass(frozen=True)
class Family:
    """A family: what it is in a line, what makes it, its usual slack and its greatest load."""

    what: str
    made: Callable[[GeneratorParameters], Table]
    slack: Decimal = SLACK
    most_load: Decimal = Decimal(2)


def _fleet(what: str, of: Fleet, slack: Decimal = SLACK) -> Family:
    return Family(what, lambda parameters: fleet.made(of, parameters), slack)


FAMILIES = {
    "elasticflow": _fleet(
        "deep-learning jobs with deadlines, 1 to 16 A100 or T4, owned and cloud", elasticflow.FLEET, Decimal("4.5")
    ),
    "gaia": _fleet("small jobs of Alibaba PAI, GPUs and CPUs, on T4, P100 and V100, owned and cloud", gaia.FLEET),
    "gavel": _fleet("26 job types on 1 to 8 K80, P100 or V100, owned and cloud", gavel.FLEET, Decimal("4.4")),
    "lumpy": Family(
        "large tasks on small pools, an eighth to all of each; hard to bound", lumpy.made, most_load=Decimal("0.95")
    ),
    "regions": _fleet("training on 4 to 16 A100 or H100 over clouds and regions", regions.FLEET, Decimal(3)),
}


def table(
    family: str,
    *,
    tasks: int = 100,
    seed: int = 0,
    load: float | Decimal = Decimal("0.7"),
    slack: float | Decimal | None = None,
    precedence: float | Decimal = 0,
    optional: float | Decimal = 0,
    preemptible: float | Decimal = 0,
    days: int | None = None,
) -> Table:
    """An instance as columns, which is the only way to hold a very large one; `written` makes a file of it.

    Parameters
    ----------
    family : a name from `FAMILIES`.
    tasks : how many, copies counted; 10 to 1,000,000.
    seed : from 0.
    load : least device-time that the tasks hold in time, over what the limited pools have.
    slack : deadline minus release (or the earliest end of what it follows) over shortest duration, on average; the
        family's own when absent.
    precedence, optional, preemptible : shares of the tasks that follow another, may be left out, may run on spot.
    days : of the horizon; by the number of tasks when absent.

    Raises
    ------
    UsageError
        For an unknown family, or a parameter out of range.
    """
    if family not in FAMILIES:
        raise UsageError(f"there is no family {family!r}; allowed are {', '.join(FAMILIES)}")
    kind = FAMILIES[family]
    return kind.made(
        parse_parameters(
            tasks=tasks,
            seed=seed,
            load=load,
            slack=kind.slack if slack is None else slack,
            precedence=precedence,
            optional=optional,
            preemptible=preemptible,
            days=days,
            most_load=kind.most_load,
        )
    )


def generate(family: str, **parameters: Any) -> Instance:
    """An instance of a family; parameters and errors are those of `table`."""
    return validate(table(family, **parameters).document())
