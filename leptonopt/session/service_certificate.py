"""Prices of services in certificates: from dual values of the relaxation, in the user's words.

A row of rule `serve` is a cut, rounded for whole replicas, in each slot. Its dual value is a price on the same cut,
which the checker derives from the worth of a request of each class and a divisor. Where requests may be missed, a cut
prices the requests themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import FINEST
from leptonopt.algorithms.lagrangian.relaxation import RelaxationDuals
from leptonopt.algorithms.models.constraints_services import rounded
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.problem.problem import Problem
from leptonopt.problem.services import no_services

MOST_WAYS = 2  # of a service whose states the checker tries


def certified_services(problem: Problem) -> Problem:
    """Return the problem that certificates price: split routing, no batches, no spare replicas."""
    services, batches = problem.services, problem.services.batches
    if not len(services):
        return problem
    bare = replace(no_services(problem.slots).batches, amount=np.zeros((0, len(services.demand)), np.int64))
    split = replace(
        services,
        whole=np.zeros_like(services.whole),
        batches=bare if len(batches) else batches,
        survivals=tuple(loss for loss in services.survivals if not loss.lost.any()),
        spare=np.zeros_like(services.spare),
    )
    return replace(problem, services=split)


def service_prices(compiled: CompiledInstance, problem: Problem, duals: RelaxationDuals) -> Iterator[dict[str, Any]]:
    """Yield the prices of each service; `problem` is that of the relaxation (`certified_services`)."""
    at = 0
    for number, (stated, serving) in enumerate(zip(compiled.instance.services, problem.serving, strict=True)):
        scale, names = compiled.services.numbers[number].scale, compiled.services.numbers[number].classes
        demand = problem.services.demand[problem.services.classes(number)]
        cuts, direct = list[dict[str, Any]](), defaultdict[str, list[float]](lambda: [0.0] * problem.slots)
        families = zip(((), *compiled.services.zones[number]), (serving.modes, *serving.survivals), strict=True)
        for gone, (family,) in families:
            for row, (weight, paid, need) in enumerate(
                zip(family.weight.tolist(), family.paid.tolist(), family.need.tolist(), strict=True)
            ):
                money = int(paid) * problem.services.missed_step
                required = np.maximum(0, family.required(demand.T))[:, row]
                for step, _ in enumerate(rounded(weight, money, required, family.few)):
                    own = duals.serve[at : at + problem.slots]
                    at += problem.slots
                    if money or (stated.missed is not None and not gone):
                        _add(direct, dict(zip(names, need, strict=True)), scale, own)
                    elif line := _cut(dict(zip(names, need, strict=True)), scale, _divisor(weight, step), own):
                        cuts.append(line | ({"without": list(gone)} if gone else {}))
        lines = [{"class": name, "price": steps} for name, each in direct.items() if (steps := _steps(each))]
        if cuts or lines:
            yield {"id": stated.id, "demand": lines, "cuts": cuts}


def with_states(compiled: CompiledInstance, certificate: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the certificate with services whose numbers of replicas the checker can try, if there are any."""
    services = compiled.instance.services
    tried = {service.id for service in services if len(service.replicas) <= MOST_WAYS and service.missed is None}
    if tried:
        kept = [line for line in certificate["services"] if line["id"] not in tried]
        yield certificate | {"services": [*kept, *({"id": id, "form": "states"} for id in sorted(tried))]}


def _divisor(weight: list[int], step: int) -> int:
    """Return by what a cut is divided in a row of `rounded`."""
    common = int(np.gcd.reduce(weight)) or 1
    divisors = [1, *sorted({each // common for each in weight if each // common > 1})]
    return common * divisors[step]


def _cut(need: dict[str, int], scale: int, divisor: int, prices: Any) -> dict[str, Any] | None:
    steps = _steps(prices.tolist())
    if not steps:
        return None
    worth = {name: str(Fraction(each * scale)) for name, each in need.items() if each}
    return {"worth": worth, "divisor": str(divisor), "price": steps}


def _add(direct: dict[str, list[float]], need: dict[str, int], scale: int, prices: Any) -> None:
    """Add a price on a cut to the prices of requests."""
    for name, each in need.items():
        if each and prices.any():
            direct[name] = [
                known + each * scale * price for known, price in zip(direct[name], prices.tolist(), strict=True)
            ]


def _steps(prices: list[float]) -> list[list[int]]:
    """Return pairs (slot, price) where the price changes, in whole multiples."""
    last, found = 0, []
    for slot, price in enumerate(prices):
        if (whole := round(price * FINEST)) != last:
            found.append([slot, whole])
            last = whole
    return found
