"""Write options out: the inverse of `work_options`, for documents that are made from others."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.compile.data_moves import EXACT
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import units


def written_option(
    way: ConcreteOption,
    id: str,
    seconds: Fraction,
    cost: Decimal,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> dict[str, Any]:
    """Return an option as a document states it, with a duration in whole seconds, rounded up.

    Power that the option draws is stated among its uses, and whole nodes by their number. What its data takes and costs
    is left out, because the task states the data.
    """
    seconds -= sum((move.seconds for move in way.data), Fraction(0))
    cost = EXACT.subtract(cost, sum((move.cost for move in way.data), Decimal(0)))
    made: dict[str, Any] = {"id": id, "pool": way.pool, "uses": dict(way.beside if way.whole else way.uses)}
    if way.whole:
        made["nodes"] = way.whole
    made |= {
        "duration": units.duration_text(max(1 if way.duration else 0, ceil(seconds))),
        "cost": cost,
        "quality": way.quality,
    }
    bounds = {"not_before": not_before, "not_after": not_after}
    made |= {name: units.instant_text(at) for name, at in bounds.items() if at is not None}
    if way.consumes:
        made["consumes"] = dict(way.consumes)
    return made if way.variant is None else {**made, "variant": way.variant}
