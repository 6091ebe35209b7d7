"""Random small `Problem`s with services, and their least cost by enumeration."""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from leptonopt.problem import serving
from leptonopt.problem.arrays import pointers
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.services import Batches, ReplicaCosts, Services, Survival
from tests.helpers.small_problems import group, ints, nodes, option, problem

FEATURES = (
    "boot", "minimum", "switching", "missed", "tasks", "nodes", "batches", "whole", "one_way", "survive", "headroom",
    "least", "limit", "two_services", "running", "spare",
)  # fmt: skip


@contextmanager
def too_many_cuts(few: int, many: int) -> Iterator[None]:
    """Take families of more than `few` cuts for large, and of more than `many` for too large to be enumerated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "FEW_CUTS", few)
        patch.setattr(serving, "MAX_CUTS", many)
        for each in (serving.demand_cuts, serving.family_of):
            each.cache_clear()
        yield
    for each in (serving.demand_cuts, serving.family_of):
        each.cache_clear()


def service(
    rate: list[list[int]],
    demand: list[list[int]],
    *,
    holds: list[dict[int, int]],
    most: int = 3,
    share: list[Fraction] | None = None,
    missed: list[Fraction | None] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a service: `rate` by way and class, `demand` by class and slot, `holds` by way {row: amount}."""
    return {"rate": rate, "demand": demand, "holds": holds, "most": most, "share": share, "missed": missed, **more}


def batch(of: int, amount: list[int], first: int, last: int, value: int | None = None) -> dict[str, Any]:
    """Return a batch of a service, `amount` by class of the service; with a `value` it is optional."""
    return {"service": of, "amount": amount, "first": first, "last": last, "value": value}


def services(*each: dict[str, Any], batches: tuple[dict[str, Any], ...] = (), step: int = 1) -> Services:
    """Return services from those of `service`; further keys are the fields of `Services`, by way or for all."""
    slots = len(each[0]["demand"][0])
    ways, classes = [len(one["rate"]) for one in each], [len(one["demand"]) for one in each]
    way_at, class_at = pointers(ways), pointers(classes)
    rate, planned = np.zeros((sum(ways), sum(classes)), np.int64), np.zeros((sum(ways), sum(classes)), np.int64)
    for number, one in enumerate(each):
        block = np.ix_(range(way_at[number], way_at[number + 1]), range(class_at[number], class_at[number + 1]))
        share = one["share"] or [Fraction(1)] * len(one["rate"])
        rate[block] = one["rate"]
        planned[block] = [[int(part * r) for r in row] for part, row in zip(share, one["rate"], strict=True)]
    holds = [hold for one in each for hold in one["holds"]]

    def by_way(key: str) -> np.ndarray:
        return ints([value for one in each for value in one.get(key, [0] * len(one["rate"]))])

    def table(key: str) -> np.ndarray:
        return np.repeat(by_way(key)[:, None], slots, axis=1)

    def flag(key: str, otherwise: bool) -> np.ndarray:
        return np.array([one.get(key, otherwise) for one in each], bool)

    amount = np.zeros((len(batches), sum(classes)), np.int64)
    for j, one in enumerate(batches):
        amount[j, class_at[one["service"]] : class_at[one["service"] + 1]] = one["amount"]
    lost = [
        Survival.of(number, ints([way_at[number] + way for way in kept]))
        for number, one in enumerate(each)
        for kept in one.get("survivals", ())
    ]
    for number, one in enumerate(each):
        own = range(way_at[number], way_at[number + 1])
        for failed in itertools.combinations_with_replacement(own, one.get("spare", 0)):
            if failed:
                lost.append(Survival.of(number, ints(list(own)), {way: failed.count(way) for way in failed}))
    return Services(
        way_ptr=way_at,
        class_ptr=class_at,
        pool=np.zeros(sum(ways), np.int64),
        hold_ptr=pointers([len(hold) for hold in holds]),
        hold_row=ints([row for hold in holds for row in sorted(hold)]),
        hold=ints([hold[row] for hold in holds for row in sorted(hold)]),
        most=np.repeat(ints([one["most"] for one in each for _ in one["rate"]])[:, None], slots, axis=1),
        limit=np.repeat(ints([one.get("limit", UNLIMITED) for one in each])[:, None], slots, axis=1),
        running=by_way("running"),
        boot=by_way("boot"),
        minimum=np.maximum(by_way("minimum"), by_way("boot")),
        least=by_way("least"),
        service_least=ints([one.get("service_least", 0) for one in each]),
        costs=ReplicaCosts(table("on"), table("start"), table("stop")),
        demand=ints([line for one in each for line in one["demand"]]),
        rate=rate,
        planned=planned,
        offline=rate,
        missed=tuple(cost for one in each for cost in one["missed"] or [None] * len(one["demand"])),
        missed_step=step,
        whole=flag("whole", False),
        one_way=flag("one_way", False),
        fill=flag("fill", True),
        survivals=tuple(lost),
        spare=ints([one.get("spare", 0) for one in each]),
        batches=Batches(
            service=ints([one["service"] for one in batches]),
            first=ints([one["first"] for one in batches]),
            last=ints([one["last"] for one in batches]),
            amount=amount,
            optional=np.array([one["value"] is not None for one in batches], bool),
            value=ints([one["value"] or 0 for one in batches]),
        ),
    )


def random_problem(seed: int, features: tuple[str, ...] | None = None) -> Problem:
    """Return a problem with one or two services over two rows and three slots, with some of `FEATURES`."""
    rng = random.Random(seed)
    has = set(features if features is not None else [name for name in FEATURES if rng.random() < 0.25])
    slots = 3 if "two_services" not in has else 2
    made = [_random_service(rng, has, slots) for _ in range(2 if "two_services" in has else 1)]
    batches = ()
    if "batches" in has:
        amount = [rng.randint(0, 4) for _ in made[0]["demand"]]
        first = rng.randrange(slots)
        batches = (batch(0, amount, first, rng.randrange(first, slots), rng.choice([None, rng.randint(1, 20)])),)
    tasks = []
    if "tasks" in has:
        uses = [{0: rng.randint(1, 2)}, {1: rng.randint(1, 2)}]
        tasks.append(
            group(
                *(option(rng.randint(1, 2), each, fixed=rng.randint(0, 3)) for each in uses),
                value=rng.choice([None, 9]),
            )
        )
    more: dict[str, Any] = {}
    if "nodes" in has:
        cost = rng.choice([0, rng.randint(1, 5)])
        size, price = rng.randint(1, 3), [[rng.randint(1, 4) for _ in range(slots)]]
        more["nodes"] = nodes([[4] * slots], [(0, 0, size)], price=price, start=[[cost] * slots])
    capacity = [[rng.choice([3, 4, 6])] * slots, [rng.choice([3, 4, UNLIMITED])] * slots]
    price = [[rng.randint(0, 4) for _ in range(slots)] for _ in range(2)]
    found = problem(*tasks, capacity=capacity, price=price, **more)
    return dataclasses.replace(found, services=services(*made, batches=batches, step=rng.choice([1, 2])))


def _random_service(rng: random.Random, has: set[str], slots: int) -> dict[str, Any]:
    ways, classes = rng.randint(1, 2), rng.randint(1, 2)
    share = [rng.choice([Fraction(1), Fraction(1, 2)]) if "headroom" in has else Fraction(1) for _ in range(ways)]
    rate = [[rng.choice([0, 2, 4, 4, 6, 6]) for _ in range(classes)] for _ in range(ways)]
    more: dict[str, Any] = {"on": [rng.randint(0, 5) for _ in range(ways)]}
    if "switching" in has:
        more |= {"start": [rng.randint(0, 6) for _ in range(ways)], "stop": [rng.randint(0, 3) for _ in range(ways)]}
    if "boot" in has:
        more["boot"] = [rng.randint(0, 1) for _ in range(ways)]
    if "minimum" in has:
        more["minimum"] = [rng.randint(0, 2) for _ in range(ways)]
    if "least" in has:
        more |= {"least": [rng.randint(0, 1), 0][:ways], "service_least": rng.randint(0, 1)}
    if "running" in has:
        more["running"] = [rng.randint(0, 2) for _ in range(ways)]
    if "limit" in has:
        more["limit"] = rng.randint(1, 3)
    if "survive" in has and ways == 2:
        more["survivals"] = [[0], [1]]
    if "spare" in has:
        more["spare"] = rng.choice([1, 1, 2])
    missed = [rng.choice([None, Fraction(rng.randint(0, 9), 2)]) for _ in range(classes)] if "missed" in has else None
    late = 1 if "boot" in has else 0  # nothing is usable in the first slots
    demand = [[0 if slot < late else rng.randint(0, 5) for slot in range(slots)] for _ in range(classes)]
    holds = [{rng.randrange(2): rng.randint(1, 2)} for _ in range(ways)]
    return service(
        rate, demand, holds=holds, most=2, share=share, missed=missed,
        whole="whole" in has, one_way="one_way" in has, fill=rng.random() < 0.7, **more,
    )  # fmt: skip


# --- enumeration ----------------------------------------------------------------------------------


def least_cost(found: Problem) -> int | None:
    """Return the least cost by enumeration of replicas, starts, nodes and batches; None without a schedule."""
    best = None
    for cost, on, load in sorted(_parts(found), key=lambda part: part[0]):
        if best is not None and cost >= best:
            break
        paid = _node_cost(found, load)
        if paid is None:
            continue
        if (served := _served(found.services, on)) is not None and (best is None or cost + paid + served < best):
            best = cost + paid + served
    return best


def _parts(found: Problem) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield (cost of tasks and replicas, replicas on, load) of all that keeps the rules of replicas and capacity."""
    tasks = list(_tasks(found))
    for on in _replicas(found.services):
        held = sum(
            found.services.hold[at] * np.outer(np.arange(len(found.capacity)) == found.services.hold_row[at], on[way])
            for way in range(len(on))
            for at in range(found.services.hold_ptr[way], found.services.hold_ptr[way + 1])
        )
        own = _replica_cost(found.services, on) + int((held * found.price).sum())
        for cost, load in tasks:
            if np.all(load + held <= found.capacity):
                yield own + cost, on, load + held


def _replicas(of: Services) -> Iterator[np.ndarray]:
    """Yield all counts that keep the rules of replicas."""
    slots = of.demand.shape[1]
    lines = [
        [line for line in itertools.product(*(range(m + 1) for m in most)) if _may(of, way, line)]
        for way, most in enumerate(of.most)
    ]
    for chosen in itertools.product(*lines):
        on = ints(chosen)
        usable = ints([_usable(of, way, line) for way, line in enumerate(chosen)])
        ok = True
        for v in range(len(of)):
            mine = slice(of.way_ptr[v], of.way_ptr[v + 1])
            ok &= bool(np.all(on[mine].sum(axis=0) <= of.limit[v])) and bool(
                np.all(usable[mine].sum(axis=0) >= of.service_least[v])
            )
            ok &= not of.one_way[v] or sum(bool(line.any()) for line in on[mine]) <= 1
        if ok and np.all(usable >= of.least[:, None]):
            yield on.reshape(len(of.pool), slots)


def _started(line: Any, running: int = 0) -> list[int]:
    return [max(0, now - before) for before, now in zip([running, *line[:-1]], line, strict=True)]


def _usable(of: Services, way: int, line: Any) -> list[int]:
    up, boot = _started(line, int(of.running[way])), int(of.boot[way])
    return [line[t] - sum(up[s] for s in range(max(0, t - boot + 1), t + 1)) for t in range(len(line))]


def _may(of: Services, way: int, line: Any) -> bool:
    up, span = _started(line, int(of.running[way])), max(int(of.minimum[way]), int(of.boot[way]))
    return all(line[t] >= sum(up[max(0, t - span + 1) : t + 1]) for t in range(len(line)))


def _replica_cost(of: Services, on: np.ndarray) -> int:
    total = 0
    for way, line in enumerate(on.tolist()):
        for t, (count, up) in enumerate(zip(line, _started(line, int(of.running[way])), strict=True)):
            down = max(0, count - (line[t + 1] if t + 1 < len(line) else 0))
            total += count * of.costs.on[way, t] + up * of.costs.start[way, t] + down * of.costs.stop[way, t]
    return int(total)


def _tasks(found: Problem) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (cost, load) of all choices of the groups, which have one copy and no lateness."""
    each = []
    for g in range(found.groups):
        choices = [(int(found.value[g]), np.zeros_like(found.capacity))] if found.optional[g] else []
        for o in range(found.option_ptr[g], found.option_ptr[g + 1]):
            for start in range(found.first[o], found.last[o] + 1):
                load = np.zeros_like(found.capacity)
                for row, amount in zip(*found.demands(o), strict=True):
                    load[row, start : start + found.duration[o]] += amount
                choices.append((int(found.fixed[o]) + int((load * found.price).sum()), load))
        each.append(choices)
    for chosen in itertools.product(*each):
        yield sum(cost for cost, _ in chosen), sum((load for _, load in chosen), np.zeros_like(found.capacity))


def _node_cost(found: Problem, load: np.ndarray) -> int | None:
    """Return the least cost of the one kind of nodes, without boot, minimum and commitments; None for too few."""
    nodes = found.nodes
    if not len(nodes):
        return 0
    need = -(-load[int(nodes.supply_row[0])] // int(nodes.supply_size[0]))
    if np.any(need > nodes.count[0]):
        return None
    costs = []
    for line in itertools.product(
        *(range(low, high + 1) for low, high in zip(need.tolist(), nodes.count[0].tolist(), strict=True))
    ):
        costs.append(
            sum(
                n * (nodes.costs.on_demand[0, t] + nodes.costs.on[0, t]) + up * nodes.costs.start[0, t]
                for t, (n, up) in enumerate(zip(line, _started(line), strict=True))
            )
        )
    return int(min(costs))


def _served(of: Services, on: np.ndarray) -> int | None:
    """Return the least cost of missed requests and batches left out; None where replicas cannot serve."""
    usable = np.array([_usable(of, way, line) for way, line in enumerate(on.tolist())])
    total = 0
    for v in range(len(of)):
        mine = [j for j in range(len(of.batches)) if of.batches.service[j] == v]
        choices = []
        for done in itertools.product(*([True, False] if of.batches.optional[j] else [True] for j in mine)):
            chosen = [j for j, yes in zip(mine, done, strict=True) if yes]
            left = sum(int(of.batches.value[j]) for j, yes in zip(mine, done, strict=True) if not yes)
            if (cost := _routed(of, v, usable, chosen)) is not None:
                choices.append(cost + left)
        if not choices or not all(
            _routed(of, v, _left(usable, loss), [], set(loss.kept.tolist())) is not None
            for loss in of.survivals
            if loss.service == v
        ):
            return None
        total += min(choices)
    return total


def _left(usable: np.ndarray, loss: Survival) -> np.ndarray:
    """Return usable replicas without those that fail."""
    left = usable.copy()
    left[loss.kept] = np.maximum(0, left[loss.kept] - loss.lost[:, None])
    return left


def _routed(of: Services, v: int, usable: np.ndarray, batches: list[int], kept: set[int] | None = None) -> int | None:
    """Return the least cost of missed requests of a service, as a mixed integer program over all slots.

    With `kept` those ways alone serve, and nothing may be missed.
    """
    ways, classes = range(of.way_ptr[v], of.way_ptr[v + 1]), range(of.class_ptr[v], of.class_ptr[v + 1])
    slots = range(of.demand.shape[1])
    names: dict[tuple[Any, ...], int] = {}

    def at(*name: Any) -> int:
        return names.setdefault(name, len(names))

    rows: list[tuple[dict[int, float], float, float]] = []
    most: dict[tuple[Any, ...], float] = {}
    whole: set[tuple[Any, ...]] = set()
    cost: dict[tuple[Any, ...], float] = {}
    for t in slots:
        for b in classes:
            terms = {at("y", w, b, t): 1.0 for w in ways if of.planned[w, b] and (kept is None or w in kept)}
            if of.missed[b] is not None and kept is None:
                terms[at("s", b, t)] = 1.0
            rows.append((terms, of.demand[b, t], of.demand[b, t]))
            if of.whole[v]:
                for w in ways:
                    if ("y", w, b, t) in names:
                        most["q", w, b, t], name = 1, ("q", w, b, t)
                        whole.add(name)
                        rows.append(({at("y", w, b, t): 1.0, at(*name): -float(of.demand[b, t])}, -np.inf, 0))
                rows.append(({at("q", w, b, t): 1.0 for w in ways if ("q", w, b, t) in names}, -np.inf, 1))
        if kept is None and any(of.missed[b] is not None for b in classes):
            most["m", t], cost["m", t] = np.inf, float(of.missed_step)
            whole.add(("m", t))
            paid = {at("s", b, t): float(of.missed[b]) for b in classes if of.missed[b] is not None}
            rows.append(({**paid, at("m", t): -float(of.missed_step)}, -np.inf, 0))
        for w in ways:
            online = [b for b in classes if ("y", w, b, t) in names]
            rows.append(({at("y", w, b, t): 1 / of.planned[w, b] for b in online}, -np.inf, usable[w, t]))
            work = {at("y", w, b, t): 1 / (of.rate if of.fill[v] else of.planned)[w, b] for b in online}
            for j in batches:
                if of.batches.first[j] <= t <= of.batches.last[j]:
                    work |= {at("z", j, w, b, t): 1 / of.offline[w, b] for b in classes if of.offline[w, b]}
            rows.append((work, -np.inf, usable[w, t]))
    for j in batches:
        for b in classes:
            work = {at("z", j, w, b, t): 1.0 for w in ways for t in slots if ("z", j, w, b, t) in names}
            rows.append((work, of.batches.amount[j, b], np.inf))
    if any(not terms and low > 0 for terms, low, _ in rows):
        return None
    rows = [row for row in rows if row[0]]
    if not rows:
        return 0
    matrix = np.zeros((len(rows), len(names)))
    for number, (terms, _, _) in enumerate(rows):
        for column, value in terms.items():
            matrix[number, column] = value
    upper = np.array([most.get(name, np.inf) for name in names])
    found = milp(
        np.array([cost.get(name, 0.0) for name in names]),
        constraints=LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows]),
        bounds=Bounds(0, upper),
        integrality=np.array([name in whole for name in names], int),
    )
    return round(found.fun) if found.status == 0 else None
