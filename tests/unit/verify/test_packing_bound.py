"""Prices on packing: weights and supplies from the file alone, equal to those of the compile step, and valid bounds."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.compile.work_options import concrete_options
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.session.certificate import best_certificate
from leptonopt.solvers import cpsat
from leptonopt.verify import proven
from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.packing_bound import PackingPrice


def drawn(seed: int) -> dict[str, Any]:
    """A pool of one or two kinds of nodes with one or two resources, one-node tasks, some of whole nodes, a spanning one."""
    rng = random.Random(seed)
    kinds = [
        {"id": f"k{at}", "size": {"gpu": rng.randint(2, 6)}, "count": rng.randint(1, 3), "price": rng.randint(1, 4)}
        for at in range(rng.choice([1, 1, 2]))
    ]
    if rng.random() < 0.4:
        for kind in kinds:
            kind["size"]["cpu"] = rng.randint(2, 6)
    if rng.random() < 0.3:
        kinds[0] |= {"reserved": 1, "commit": {"price": 1, "max": 1}, "startup": 1, "minimum": "2h"}
    if seed % 3 == 0:
        kinds[-1]["running"] = 1
    largest = max(kind["size"]["gpu"] for kind in kinds)
    tasks: list[dict[str, Any]] = []
    for at in range(rng.randint(2, 5)):
        uses = {"gpu": rng.randint(1, largest)} | ({"cpu": rng.randint(1, 3)} if "cpu" in kinds[0]["size"] else {})
        way = {"pool": "p", "uses": uses, "duration": f"{rng.randint(1, 2)}h"}
        tasks.append({"id": f"t{at}", "placement": "one-node", "optional": True, "value": 30, "options": [way]})
    tasks.append(
        {"id": "span", "optional": True, "value": 9, "options": [{"pool": "p", "uses": {"gpu": 3}, "duration": "1h"}]}
    )
    if len(kinds) == 1:
        tasks.append(
            {"id": "gang", "optional": True, "value": 20, "options": [{"pool": "p", "nodes": 1, "duration": "1h"}]}
        )
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3h"}
    return {"time": time, "pools": [{"id": "p", "nodes": kinds}], "tasks": tasks}


@pytest.mark.parametrize("seed", range(25))
def test_weights_and_supplies_are_those_of_the_compile_step(seed: int) -> None:
    """Two readings of one rule: the checker's, from the file, and the compile step's."""
    document = drawn(seed)
    instance, stated = validate(document), StatedInstance(document)
    for row in compile_instance(instance, COUNTED).rows:
        if row.packing is None:
            continue
        line: dict[str, Any] = {"pool": "p", "resource": row.resource}
        if row.packing.kinds:
            line |= {"kinds": list(row.packing.kinds)}
        else:
            line |= {"size": str(row.packing.size), "function": row.packing.function}
        mine = PackingPrice(stated, line, [])
        for name, _ in instance.pools[0].kinds:
            assert mine.supply(name) == Fraction(row.packing.supply.get(name, 0))
        for task in instance.tasks:
            for way in concrete_options(instance, task):
                if way.refused is None:
                    weight = row.packing.weight(way, instance.pools[0].of_nodes)
                    assert mine.weight(stated.ways(task.id)[way.id]) == Fraction(weight)


@pytest.mark.parametrize("seed", range(25))
def test_prices_on_counted_nodes_bound_the_optimum_with_nodes_told_apart(seed: int) -> None:
    """The certificate of the relaxation holds for the whole problem, and so do prices drawn at random."""
    document = drawn(seed)
    instance = validate(document)
    whole, counted = compile_instance(instance), compile_instance(instance, COUNTED)
    found = cpsat.solve(whole.problem, None, Limits(20.0), NullMonitor())
    assert found.schedule is not None
    assert found.status == "optimal"
    optimum = objective(whole.problem, found.schedule) * whole.unit
    certificate = best_certificate(counted, document, 1.0)
    proof = proven(document, certificate)
    assert proof.ok
    assert proof.bound is not None
    assert proof.bound <= optimum
    rng = random.Random(seed)
    for line in [*certificate["packing"], *certificate["capacity"]]:
        line["price"] = [[slot, rng.randrange(5)] for slot in range(3)]
    drawn_proof = proven(document, certificate | {"unit": "1/2", "bound": None})
    assert drawn_proof.bound is None or drawn_proof.bound <= optimum


@pytest.mark.parametrize(
    "line",
    [
        {"pool": "p", "resource": "ram", "size": "1", "function": 1},
        {"pool": "p", "resource": "gpu", "size": "0", "function": 1},
        {"pool": "p", "resource": "gpu", "size": "1", "function": 0},
        {"pool": "p", "resource": "gpu", "size": "1", "function": True},
        {"pool": "p", "resource": "gpu", "kinds": ["none"]},
        {"pool": "p", "resource": "gpu", "kinds": "k0"},
        {"pool": "p", "resource": "gpu"},
    ],
)
def test_a_line_that_means_nothing_is_refused(line: dict[str, Any]) -> None:
    """Unknown resources, kinds and numbers that are no function."""
    with pytest.raises(Malformed):
        PackingPrice(StatedInstance(drawn(1)), line, [])
