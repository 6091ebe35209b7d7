"""Certificates: prices from which the independent checker alone can prove the bound.

Prices come from two places, and those that prove more are taken: the dual values of the linear relaxation, where it is
small enough to solve, and the ascent of `lagrangian.capacity_dual` from them, or from column generation. Neither is
trusted: `leptonopt.verify` computes what the prices prove in fractions, from the instance's own document, and only that
is written down.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import FINEST, DualAscent, estimate_rounds
from leptonopt.algorithms.lagrangian.column_generation import ColumnGeneration, GenerationLimits
from leptonopt.algorithms.lagrangian.path_dual import PRICE_SCALE, PathDual
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.relaxation import RelaxationDuals, relaxation_duals
from leptonopt.algorithms.models.time_indexed import has_no_columns, predicted_size
from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.packing_rows import PackingRow
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.tied_prices import TooManyCuts
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.service_certificate import batch_prices, certified_services, service_prices, with_states
from leptonopt.verify import fingerprint, proven


@dataclass(frozen=True)
class CertificateSettings:
    """Limits of the relaxation whose duals are certified.

    Attributes
    ----------
    max_nonzeros : largest relaxation that is solved
    nonzeros_a_second : nonzeros for each second, where it must not depend on the clock
    lp_share : share of the time for the relaxation, at most
    slope : relative gain over `patience` rounds at which the ascent ends
    patience : rounds, see `slope`
    pace : first step of the ascent [levels per round]
    path_rounds, path_rounds_a_second : rounds where tasks may be cut, and where the clock must not decide
    """

    max_nonzeros: int = 1_500_000
    nonzeros_a_second: int = 20_000
    lp_share: float = 0.5
    slope: float = 1e-6
    patience: int = 120
    pace: float = 0.3
    path_rounds: int = 400
    path_rounds_a_second: int = 4


SETTINGS = CertificateSettings()


def best_certificate(
    compiled: CompiledInstance, stated: Mapping[str, Any], seconds: float, work: float | None = None
) -> dict[str, Any]:
    """The certificate that proves most within the time; its bound is what the checker makes of its prices.

    With `work`, in seconds of a free core, what is done follows from that instead, and the clock is a last resort.
    A certificate without a bound says that some task can never run.
    """
    best, least = dict[str, Any](), None
    problem = certified_services(compiled.problem)
    for duals in prices_within(problem, seconds, work):
        made = _document(compiled, duals, fingerprint(stated))
        for form in (made, *with_states(compiled, made)):
            value = proven(stated, form).bound
            if not best or (value is not None and (least is None or value > least)):
                best, least = form, value
    return best | {"bound": None if least is None else str(least)}


def infeasibility_certificate(compiled: CompiledInstance, stated: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a certificate without prices or a bound.

    The checker sees by itself that some task can never run.
    """
    made = _document(compiled, _nothing(compiled.problem), fingerprint(stated)) | {"bound": None}
    proof = proven(stated, made)
    return made if proof.ok and proof.bound is None else None


def _nothing(problem: Problem) -> RelaxationDuals:
    """No price on anything."""
    return RelaxationDuals(np.zeros(problem.capacity.shape), np.zeros(len(problem.quotas)), np.zeros(len(problem.lag)))


def prices_within(problem: Problem, seconds: float, work: float | None) -> Iterator[RelaxationDuals]:
    """Yield prices from all sources there are, each in its share of the time."""
    deadline = Deadline.after(seconds)
    if problem.chains:
        yield _of_paths(problem, deadline, work)
        return
    if has_no_columns(problem):
        yield _nothing(problem)
        return
    most = SETTINGS.max_nonzeros if work is None else min(SETTINGS.max_nonzeros, SETTINGS.nonzeros_a_second * work)
    duals = None
    if predicted_size(problem)[1] <= most:
        with suppress(TooManyCuts):  # of services: then these have no prices
            duals = relaxation_duals(problem, seconds * SETTINGS.lp_share, certified=True)
    if duals is not None:
        yield duals
    ascent = _ascended(problem, duals, Limits(deadline.left(), deterministic=work is not None, work=work))
    yield RelaxationDuals(ascent.best_price, ascent.best_weight, np.zeros(len(problem.lag)))


def _of_paths(problem: Problem, deadline: Deadline, work: float | None) -> RelaxationDuals:
    """Return the prices of an ascent in which tasks that may be cut take their cheapest segments."""
    dual = PathDual(problem)
    rounds = SETTINGS.path_rounds if work is None else int(SETTINGS.path_rounds_a_second * work) + 1
    dual.ascend(lambda: work is None and deadline.expired(), rounds, lambda: None)
    return replace(_nothing(problem), capacity=dual.best_price / PRICE_SCALE)


def _ascended(problem: Problem, duals: RelaxationDuals | None, limits: Limits) -> DualAscent:
    """Return an ascent from the duals of the relaxation, or from column generation where there are none."""
    deadline, blocks = limits.start(), BlockPricer(problem)
    ascent = DualAscent(problem, blocks)
    ended = False
    if duals is not None:
        ascent.judge(duals.capacity, duals.quota)
    else:
        room = GenerationLimits.of(limits, SETTINGS.lp_share, deadline.expired)
        ended = ColumnGeneration(ascent, blocks, room).run()
    ascent.polish(SETTINGS.pace)
    rounds = estimate_rounds(problem, blocks.columns, limits.effort) if limits.deterministic else np.inf
    while not ended and not deadline.expired() and len(ascent.values) < rounds:
        ascent.step()
        ended = ascent.slope(SETTINGS.patience) <= SETTINGS.slope
    return ascent


# --- as a document --------------------------------------------------------------------------------


def _document(compiled: CompiledInstance, duals: RelaxationDuals, sha256: str) -> dict[str, Any]:
    """The prices in the user's words: whole multiples of a fraction of money, of resources and of quotas."""
    problem = compiled.problem
    unit = compiled.unit / FINEST
    whole = np.where(problem.capacity < UNLIMITED, duals.capacity, 0.0)[:, : compiled.instance.time.slots]
    capacity, moments, packing = [], [], []
    for row, prices in zip(compiled.rows, whole, strict=True):
        steps = _steps([round(price * FINEST) * row.scale for price in prices.tolist()])
        if steps:
            node = {} if row.node is None else {"node": row.node}
            if row.packing is not None:
                packing.append(_packing(row.packing) | {"price": steps})
            elif row.pool:
                capacity.append({"pool": row.pool, "resource": row.resource, **node, "price": steps})
            else:
                moments.append({"id": row.resource, "price": steps})
    # A price per unit of a quota: what a whole number of units costs, in whole multiples of the same fraction.
    quotas = [
        {"id": window.quota.id, "slot": window.first, "price": price}
        for window, weight, size in zip(compiled.windows, duals.quota.tolist(), compiled.quota_units, strict=False)
        if (price := round(Fraction(weight) * FINEST / size))
    ]
    return {
        "leptonopt_certificate": 1,
        "instance": {"sha256": sha256},
        "currency": compiled.instance.currency,
        "unit": str(unit),
        "capacity": capacity,
        "packing": packing,
        "quotas": [*quotas, *moments],
        "waiting": list(_waiting(compiled, duals)),
        "apart": list(_apart(compiled, duals)),
        "services": list(service_prices(compiled, certified_services(problem), duals)) if len(duals.serve) else [],
        "batches": list(batch_prices(compiled, duals)),
    }


def _packing(row: PackingRow) -> dict[str, Any]:
    """Return the key of a packing row for the checker; it computes weights and supplies by itself."""
    place = {"pool": row.pool, "resource": row.resource}
    if row.kinds:
        return place | {"kinds": list(row.kinds)}
    return place | {"size": str(Fraction(row.size)), "function": row.function}


def _steps(prices: list[int]) -> list[list[int]]:
    """[slot, price] where the price changes; none at all where it is always 0."""
    last, found = 0, []
    for slot, price in enumerate(prices):
        if price != last:
            found.append([slot, price])
            last = price
    return found


def _waiting(compiled: CompiledInstance, duals: RelaxationDuals) -> Iterator[dict[str, Any]]:
    """Per pair of tasks the mean over the pairs of their copies."""
    problem, sums = compiled.problem, defaultdict[tuple[int, int], list[float]](list)
    ids = [task.id for task in compiled.instance.tasks]
    for early, late, price in zip(problem.before.tolist(), problem.after.tolist(), duals.waiting.tolist(), strict=True):
        sums[compiled.members[late][0][0], compiled.members[early][0][0]].append(price)
    for (late, early), prices in sorted(sums.items()):
        if price := int(FINEST * sum(prices) / len(prices)):
            yield {"task": ids[late], "after": ids[early], "price": price}


def _apart(compiled: CompiledInstance, duals: RelaxationDuals) -> Iterator[dict[str, Any]]:
    sets = [number for number, ids in enumerate(compiled.instance.apart) if ids]
    pools = [pool.id for pool in compiled.instance.pools]
    for (number, pool), price in sorted(duals.apart.items()):
        if whole := round(price * FINEST):
            yield {"set": sets[number], "pool": pools[pool], "price": whole}
