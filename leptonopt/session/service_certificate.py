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
from leptonopt.algorithms.models.constraints_services import CLASS, rounded
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.problem.problem import Problem
from leptonopt.problem.serving import Cuts

MOST_WAYS = 2  # of a service whose states the checker tries
Line = dict[str, Any]


def certified_services(problem: Problem) -> Problem:
    """Return the problem that certificates price: split routing, no spare replicas."""
    services = problem.services
    if not len(services):
        return problem
    split = replace(
        services,
        whole=np.zeros_like(services.whole),
        survivals=tuple(loss for loss in services.survivals if not loss.lost.any()),
        spare=np.zeros_like(services.spare),
    )
    return replace(problem, services=split)


def service_prices(compiled: CompiledInstance, problem: Problem, duals: RelaxationDuals) -> Iterator[Line]:
    """Yield the prices of each service; `problem` is that of the relaxation (`certified_services`)."""
    at = 0
    for number, stated in enumerate(compiled.instance.services):
        scale = compiled.services.numbers[number].scale
        demand, names = problem.services.demand[problem.services.classes(number)], _asked(compiled, problem, number)
        cuts, direct = list[Line](), Direct(problem.slots)
        for gone, family in zip(((), *compiled.services.zones[number]), _stated(problem, number), strict=True):
            required = np.maximum(0, family.required(demand.T))
            lines = zip(family.weight.tolist(), family.paid.tolist(), family.need.tolist(), required.T, strict=True)
            for weight, paid, need, right in lines:
                money, worth = int(paid) * problem.services.missed_step, {names[b]: need[b] for b in names if need[b]}
                for step, _ in enumerate(rounded(weight, money, right, family.few)):
                    own, divisor = duals.serve[at : at + problem.slots], _divisor([*weight, money], step)
                    at += problem.slots
                    if money or (stated.missed is not None and not gone):
                        direct.add({name: Fraction(each * scale, divisor) for name, each in worth.items()}, own)
                    elif line := _cut(worth, scale, divisor, own):
                        cuts.append(line | ({"without": list(gone)} if gone else {}))
        for gone, name, slot, price in _of_routing(compiled, problem, number, duals):
            direct.prices[gone, name][slot] += price
        if cuts or direct.prices:
            yield {"id": stated.id, "demand": list(direct.lines()), "cuts": cuts}


class Direct:
    """Prices of requests by the zones that are gone and class, in each slot."""

    def __init__(self, slots: int) -> None:
        self.prices = defaultdict[tuple[tuple[str, ...], str], list[float]](lambda: [0.0] * slots)

    def add(self, worth: dict[str, Fraction], prices: Any) -> None:
        """Add a price on a cut to the prices of requests."""
        for name, each in worth.items() if prices.any() else ():
            known = self.prices[(), name]
            self.prices[(), name] = [
                old + float(each) * price for old, price in zip(known, prices.tolist(), strict=True)
            ]

    def lines(self) -> Iterator[Line]:
        """Yield the prices as a certificate has them."""
        for (gone, name), each in self.prices.items():
            if steps := _steps(each):
                yield {"class": name, "price": steps, **({"without": list(gone)} if gone else {})}


def _asked(compiled: CompiledInstance, problem: Problem, service: int) -> dict[int, str]:
    """Return the names of the classes that have a demand; those that only batches have are none."""
    demand, names = (
        problem.services.demand[problem.services.classes(service)],
        compiled.services.numbers[service].classes,
    )
    return {b: name for b, name in enumerate(names) if demand[b].any()}


def _stated(problem: Problem, service: int) -> list[Cuts]:
    """Return the cuts that the relaxation states, by family."""
    serving = problem.serving[service]
    each = zip(serving.all_families, serving.stated, serving.cuts, strict=True)
    return [few[0] if family[0].routed else every[0] for family, few, every in each]


def _of_routing(
    compiled: CompiledInstance, problem: Problem, service: int, duals: RelaxationDuals
) -> Iterator[tuple[tuple[str, ...], str, int, float]]:
    """Yield (zones that are gone, class, slot, price) where a routing, or batches, ask for requests."""
    names, scale = _asked(compiled, problem, service), compiled.services.numbers[service].scale
    zones = ((), *compiled.services.zones[service])
    for (owner, number, kind, b, slot), price in duals.routed.items():
        if owner == service and kind == CLASS and b in names:
            yield zones[number], names[b], slot, scale * price
    need = problem.offline[service].modes[0].need.tolist() if service in problem.offline else []
    for (owner, cut, slot), price in duals.work.items():
        if slot >= 0 and owner == service:
            for b, name in names.items():
                if need[cut][b]:
                    yield (), name, slot, need[cut][b] * scale * price


def batch_prices(compiled: CompiledInstance, duals: RelaxationDuals) -> Iterator[Line]:
    """Yield the price of a request of each class of each batch."""
    problem, slot = compiled.problem, compiled.instance.time.slot
    for (j, b, place), price in duals.work.items():
        if place < 0:
            service = int(problem.services.batches.service[j])
            number, begin = compiled.services.numbers[service], problem.services.classes(service).start
            if whole := round(Fraction(price) * FINEST * number.scale / slot):
                batch = compiled.instance.batches[j].id
                yield {"id": batch, "class": list(number.classes)[b - begin], "price": whole}


def with_states(compiled: CompiledInstance, certificate: Line) -> Iterator[Line]:
    """Yield the certificate with services whose numbers of replicas the checker can try, if there are any."""
    tried = {service.id for service in compiled.instance.services if len(service.replicas) <= MOST_WAYS}
    if tried:
        kept = [line for line in certificate["services"] if line["id"] not in tried]
        yield certificate | {"services": [*kept, *({"id": id, "form": "states"} for id in sorted(tried))]}


def _divisor(weight: list[int], step: int) -> int:
    """Return by what a cut is divided in a row of `rounded`."""
    common = int(np.gcd.reduce(weight)) or 1
    divisors = [1, *sorted({each // common for each in weight if each // common > 1})]
    return common * divisors[step]


def _cut(need: dict[str, int], scale: int, divisor: int, prices: Any) -> Line | None:
    steps = _steps(prices.tolist())
    worth = {name: str(each * scale) for name, each in need.items()}
    return {"worth": worth, "divisor": str(divisor), "price": steps} if steps else None


def _steps(prices: list[float]) -> list[list[int]]:
    """Return pairs (slot, price) where the price changes, in whole multiples."""
    last, found = 0, []
    for slot, price in enumerate(prices):
        if (whole := round(price * FINEST)) != last:
            found.append([slot, whole])
            last = whole
    return found
