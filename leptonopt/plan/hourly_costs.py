"""Tabulate what services cost by hour: money, requests and tokens, and money per million of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from leptonopt.errors import UsageError
from leptonopt.instance import Instance, Service
from leptonopt.plan.service_use import ServiceUse, service_uses

HOUR = 3600
MILLION = 1_000_000
COST_HEAD = (
    "service", "from", "to", "cost", "requests", "tokens", "cost_per_million_requests", "cost_per_million_tokens",
)  # fmt: skip


def tokens_by_class(text: str, instance: Instance) -> dict[str, float]:
    """Return the tokens of a request of each class, from a text such as `short:384,long:3072`.

    Raises
    ------
    UsageError
        When the text is not such a list, names a class that no service has, or not all classes of any service.
    """
    known = {name for service in instance.services for name in _classes(instance, service)}
    found = {}
    for part in text.split(","):
        name, _, number = part.rpartition(":")
        if name not in known:
            raise UsageError(f"--tokens {part}: there is no class {name!r}; allowed are {', '.join(sorted(known))}")
        if not number.isascii() or not number.isdigit() or len(number) > 9:
            raise UsageError(f"--tokens {part}: {number!r} is not a number of tokens; write CLASS:N")
        found[name] = float(number)
    lacking = [sorted(_classes(instance, service) - set(found)) for service in instance.services]
    if all(lacking):
        raise UsageError(f"--tokens: class {lacking[0][0]!r} has none; allowed is all classes of a service")
    return found


def _classes(instance: Instance, service: Service) -> set[str]:
    """Return the classes of a service and of its batches."""
    own = {name for batch in instance.batches if batch.service == service.id for name in batch.amount}
    return own | set(service.demand.names)


def cost_rows(
    document: Mapping[str, Any], instance: Instance, tokens: Mapping[str, float] | None
) -> list[tuple[Any, ...]]:
    """Return a row for each service and hour under `COST_HEAD`; slots that are longer have one each.

    Cells of tokens are empty for services whose classes have no `tokens`, cells of quotients where nothing is served.
    """
    return [row for use in service_uses(document, instance) for row in _of_service(use, instance, tokens)]


def _of_service(use: ServiceUse, instance: Instance, tokens: Mapping[str, float] | None) -> Iterator[tuple[Any, ...]]:
    time = instance.time
    step = HOUR // time.slot if time.slot < HOUR and HOUR % time.slot == 0 else 1
    edges = np.arange(0, time.slots, step)
    requests = {name: np.add.reduceat(use.requests(name), edges) for name in use.demand}
    cost, served = np.add.reduceat(use.cost, edges), sum(requests.values(), np.zeros(len(edges)))
    counted = tokens is not None and all(name in tokens for name in requests)
    worth = sum((tokens[name] * n for name, n in requests.items()), np.zeros(1)) if tokens and counted else None
    for at, first in enumerate(edges.tolist()):
        begin = time.start + timedelta(seconds=first * time.slot)
        end = time.start + timedelta(seconds=min(first + step, time.slots) * time.slot)
        amount = None if worth is None else float(worth[at])
        sums = (_number(float(cost[at])), _number(float(served[at])), "" if amount is None else _number(amount))
        yield (use.id, begin, end, *sums, per_million(cost[at], served[at]), per_million(cost[at], amount))


def per_million(cost: float, count: float | None) -> str:
    """Return money per million as text; empty where nothing is counted."""
    return _number(MILLION * float(cost) / count) if count else ""


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".") if value else "0"
