"""Parameters of a family: sizes and shares, checked, as whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from leptonopt.errors import UsageError
from leptonopt.experiments.generators.rng import MILLI

MOST_TASKS = 1_000_000
MOST_DAYS = 366
WORKFLOW = 4  # tasks that may follow each other; the first of them follows none


@dataclass(frozen=True)
class FamilyParameter:
    """A parameter of one family: name, meaning, default (None: by the number of tasks) and range.

    A `share` has at most three decimals and is held in thousandths; all others are whole numbers.
    """

    name: str
    what: str
    usual: Decimal | None
    low: int
    high: int
    share: bool = False


@dataclass(frozen=True)
class GeneratorParameters:
    """Parameters of an instance; load, slack and shares in thousandths.

    `extra` are those of the family by name.
    """

    tasks: int
    seed: int
    load: int
    slack: int
    precedence: int
    optional: int
    preemptible: int
    days: int | None
    extra: Mapping[str, int] = field(default_factory=dict)


def parse_parameters(
    *,
    tasks: int,
    seed: int,
    load: float | Decimal,
    slack: float | Decimal,
    precedence: float | Decimal,
    optional: float | Decimal,
    preemptible: float | Decimal,
    days: int | None,
    most_load: Decimal,
    least_tasks: int = 10,
    given: Mapping[str, object] | None = None,
    known: Sequence[FamilyParameter] = (),
) -> GeneratorParameters:
    """The parameters, checked; `given` are those of the family by name, `known` the ones that it has.

    Raises
    ------
    UsageError
        Naming the parameter and what is allowed.
    """
    return GeneratorParameters(
        tasks=_whole("tasks", tasks, least_tasks, MOST_TASKS),
        seed=_whole("seed", seed, 0, 2**63 - 1),
        load=_milli("load", load, Decimal("0.05"), most_load),
        slack=_milli("slack", slack, Decimal(1), Decimal(100)),
        precedence=_milli("precedence", precedence, Decimal(0), 1 - Decimal(1) / WORKFLOW),
        optional=_milli("optional", optional, Decimal(0), Decimal(1)),
        preemptible=_milli("preemptible", preemptible, Decimal(0), Decimal(1)),
        days=None if days is None else _whole("days", days, 1, MOST_DAYS),
        extra=_of_family(given or {}, known),
    )


def _of_family(given: Mapping[str, object], known: Sequence[FamilyParameter]) -> dict[str, int]:
    """The parameters of a family, 0 where one without a default is absent."""
    names = [each.name for each in known]
    if unknown := [name for name in given if name not in names]:
        allowed = ", ".join(names) or "none in this family"
        raise UsageError(f"param {unknown[0]!r} is unknown; allowed are {allowed}")
    found = {}
    for each in known:
        value = given.get(each.name, each.usual)
        if value is None:
            found[each.name] = 0
        elif each.share:
            found[each.name] = _milli(each.name, str(value), Decimal(each.low), Decimal(each.high))
        else:
            text = str(value)
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else value
            found[each.name] = _whole(each.name, number, each.low, each.high)
    return found


def _whole(name: str, value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UsageError(f"{name} is {value!r}; a whole number from {low} to {high:,} is allowed")
    return value


def _milli(name: str, value: float | Decimal | str, low: Decimal, high: Decimal) -> int:
    try:
        number = Decimal(str(value))
        if low <= number <= high and number * MILLI == int(number * MILLI):
            return int(number * MILLI)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    raise UsageError(f"{name} is {value}; from {low} to {high} in steps of 0.001 is allowed")
