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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from leptonopt.errors import UsageError, did_you_mean
from leptonopt.experiments.generators import elasticflow, fleet, gaia, gavel, lumpy, platform, regions, serving
from leptonopt.experiments.generators.fleet import Fleet
from leptonopt.experiments.generators.parameters import FamilyParameter, GeneratorParameters, parse_parameters
from leptonopt.experiments.generators.table import Table
from leptonopt.experiments.generators.writer import KINDS, written
from leptonopt.instance import Instance, validate

__all__ = ["FAMILIES", "KINDS", "Family", "Table", "generate", "table", "written"]

SLACK = Decimal(2)


@dataclass(frozen=True)
class Family:
    """A family: description, generator, usual slack and greatest load, shares and own parameters.

    `tasks` is how many there are when not asked for, `least_tasks` how many there must be.
    """

    what: str
    made: Callable[[GeneratorParameters], Table]
    slack: Decimal = SLACK
    most_load: Decimal = Decimal(2)
    usual: Mapping[str, Decimal] = field(default_factory=dict)
    parameters: Sequence[FamilyParameter] = ()
    tasks: int = 100
    least_tasks: int = 10


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
    "platform": Family(
        "teams on owned, rented and spot nodes, with quotas and a budget, around a plan",
        platform.made,
        most_load=Decimal("1.2"),
        usual=platform.USUAL,
        parameters=platform.PARAMETERS,
    ),
    "regions": _fleet("training on 4 to 16 A100 or H100 over clouds and regions", regions.FLEET, Decimal(3)),
    "serving": Family(
        "services with a demand over the week on A100 and H100, owned and cloud, with batches; with training if asked",
        serving.made,
        slack=Decimal(3),
        parameters=serving.PARAMETERS,
        tasks=0,
        least_tasks=0,
    ),
}


def table(
    family: str,
    *,
    tasks: int | None = None,
    seed: int = 0,
    load: float | Decimal = Decimal("0.7"),
    slack: float | Decimal | None = None,
    precedence: float | Decimal | None = None,
    optional: float | Decimal | None = None,
    preemptible: float | Decimal | None = None,
    days: int | None = None,
    params: Mapping[str, object] | None = None,
) -> Table:
    """Return an instance as columns, the only form that holds a very large one.

    `written` makes a file of it.

    Parameters
    ----------
    family : a name from `FAMILIES`.
    tasks : how many, copies counted; 10 to 1,000,000; 100 when absent, none in `serving`, which may have none.
    seed : from 0.
    load : least device-time that the tasks hold in time, over what the limited pools have.
    slack : deadline minus release (or the earliest end of what it follows) over shortest duration, on average; the
        family's own when absent.
    precedence, optional, preemptible : shares of the tasks that follow another, may be left out, may run on spot; the
        family's own when absent, mostly 0.
    days : of the horizon; by the number of tasks when absent.
    params : parameters of the family by name, numbers or texts; see `Family.parameters`.

    Raises
    ------
    UsageError
        For an unknown family, or a parameter out of range.
    """
    return family_of(family).made(
        parameters_of(
            family,
            tasks=tasks,
            seed=seed,
            load=load,
            slack=slack,
            precedence=precedence,
            optional=optional,
            preemptible=preemptible,
            days=days,
            params=params,
        )
    )


def family_of(name: str) -> Family:
    """The family of a name; raises `UsageError` for an unknown one."""
    if name not in FAMILIES:
        meant = did_you_mean(name, FAMILIES)
        raise UsageError(f"there is no family {name!r}; {meant or 'allowed are ' + ', '.join(FAMILIES)}")
    return FAMILIES[name]


def parameters_of(family: str, *, params: Mapping[str, object] | None = None, **given: Any) -> GeneratorParameters:
    """The parameters of a call of `table`, with the family's own where they are absent."""
    kind = family_of(family)
    shares = {name: kind.usual.get(name, Decimal(0)) for name in ("precedence", "optional", "preemptible")}
    stated: dict[str, Any] = {
        "tasks": kind.tasks,
        "least_tasks": kind.least_tasks,
        "seed": 0,
        "load": Decimal("0.7"),
        "slack": kind.slack,
        "days": None,
    }
    stated |= shares | {name: value for name, value in given.items() if value is not None}
    return parse_parameters(**stated, most_load=kind.most_load, given=params, known=kind.parameters)


def generate(family: str, **parameters: Any) -> Instance:
    """An instance of a family; parameters and errors are those of `table`."""
    return validate(table(family, **parameters).document())
