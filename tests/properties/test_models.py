"""The specification runs: GLPK solves models/allocation.mod on exported data, equal to every other method."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import swiglpk as glp

from leptonopt.algorithms.models import export
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.services import ReplicaCosts, Services, no_services
from leptonopt.solvers.registry import load_method
from tests.helpers import bruteforce, random_instances
from tests.helpers.marks import first
from tests.helpers.metered import moved
from tests.helpers.recording_monitor import Ear
from tests.helpers.saved import RATES, saved
from tests.helpers.small_problems import ints, problem
from tests.helpers.tiny_instances import power_plants
from tests.second_reading.brute import Search, TooLarge
from tests.second_reading.documents import load
from tests.second_reading.random_documents import text
from tests.second_reading.reading import Instance
from tests.second_reading.service_documents import service_document

ROOT = Path(__file__).resolve().parents[2]


def solved(lp: object) -> int | None:
    """The optimum of a model that GLPK has read; None when it has no solution."""
    parameters = glp.glp_iocp()
    glp.glp_init_iocp(parameters)
    parameters.presolve = glp.GLP_ON
    parameters.msg_lev = glp.GLP_MSG_OFF
    parameters.tm_lim = 20_000
    code = glp.glp_intopt(lp, parameters)
    if code in (glp.GLP_ENOPFS, glp.GLP_ENODFS) or glp.glp_mip_status(lp) == glp.GLP_NOFEAS:
        return None
    assert code == 0
    assert glp.glp_mip_status(lp) == glp.GLP_OPT
    return round(glp.glp_mip_obj_val(lp))


def by_mathprog(problem: Problem, folder: Path) -> int | None:
    """GLPK on the algebra and the exported data."""
    data = folder / "problem.dat"
    data.write_text(export.export_model(problem, "dat"))
    translator = glp.glp_mpl_alloc_wksp()
    assert glp.glp_mpl_read_model(translator, str(ROOT / "models" / "allocation.mod"), 0) == 0
    assert glp.glp_mpl_read_data(translator, str(data)) == 0
    assert glp.glp_mpl_generate(translator, None) == 0
    lp = glp.glp_create_prob()
    glp.glp_mpl_build_prob(translator, lp)
    return solved(lp)


def by_file(problem: Problem, folder: Path, kind: str) -> int | None:
    """GLPK on an exported MPS or LP file."""
    file = folder / f"problem.{kind}"
    file.write_text(export.export_model(problem, kind))
    lp = glp.glp_create_prob()
    read = (
        glp.glp_read_mps(lp, glp.GLP_MPS_FILE, None, str(file))
        if kind == "mps"
        else glp.glp_read_lp(lp, None, str(file))
    )
    assert read == 0
    return solved(lp)


@pytest.fixture(autouse=True)
def _quiet() -> None:
    glp.glp_term_out(glp.GLP_OFF)


@pytest.mark.parametrize("block", range(4))
def test_algebra_equals_brute_force_and_methods(block: int, tmp_path: Path) -> None:
    """allocation.mod by GLPK, the exported MPS and LP, cpsat, cbc and brute force: one optimum."""
    compared = 0
    for seed in range(1000 + block * 15, 1000 + block * 15 + 15):
        made = compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))
        if made.impossible:
            continue
        problem = made.problem
        if seed % 2:
            problem = replace(problem, most=problem.lag + seed % 3)
        try:
            best = bruteforce.optimum(problem, 300_000)
        except OverflowError:
            continue
        compared += 1
        true = None if best is None else best[0]
        assert by_mathprog(problem, tmp_path) == true, seed
        assert by_file(problem, tmp_path, "mps") == true, seed
        assert by_file(problem, tmp_path, "lp") == true, seed
        for name in ("cpsat", "cbc"):
            solution = load_method(name)(problem, None, Limits(time_limit=10), Ear())
            assert (solution.status == "infeasible") == (true is None), (seed, name)
            assert true is None or solution.bound == true, (seed, name)
    assert compared >= 6


def test_algebra_commits_units(tmp_path: Path) -> None:
    """A least load and a time off of nodes, by GLPK."""
    made = compile_instance(validate(power_plants()))
    cost = by_mathprog(made.problem, tmp_path)
    assert cost is not None
    assert cost * made.unit == 491_025


def test_algebra_of_savings_plans(tmp_path: Path) -> None:
    """A commitment in steps that GLPK chooses, as by hand: 4 an hour, of which 2 are for s and 2 for t."""
    made = compile_instance(validate(saved(commit={"max": 5})))
    cost = by_mathprog(made.problem, tmp_path)
    assert cost is not None
    assert cost * made.unit == Fraction(172, 9)


def test_algebra_of_savings_plans_over_one_thing(tmp_path: Path) -> None:
    """The narrow plan pays for one s at a time, the wide one for t: both s come one after the other."""
    stated = saved(committed=2.7, order=2)
    stated["savings"].append({"id": "narrow", "committed": 1.5, "rates": [RATES[0] | {"price": 1.5}]})
    made = compile_instance(validate(stated))
    cost = by_mathprog(made.problem, tmp_path)
    assert cost is not None
    assert cost * made.unit == 4 * (Fraction("2.7") + Fraction("1.5"))


def test_algebra_of_a_minimum(tmp_path: Path) -> None:
    """Moving costs 13.5 by its tiers, and 14 as a period costs at least so much; none at home is cheaper."""
    made = compile_instance(validate(moved(4, 4, 4, tiers=[{"price": 2}, {"from": 6, "price": 0.25}], minimum=14)))
    cost = by_mathprog(made.problem, tmp_path)
    assert cost is not None
    assert cost * made.unit == 14


@pytest.mark.parametrize("block", first(3, range(12), ci=6))
def test_algebra_equals_the_second_reading_of_services(block: int, tmp_path: Path) -> None:
    """allocation.mod by GLPK on the exported data of drawn files, with an explicit routing: the least cost of the file."""
    compared = 0
    for seed in range(7000 + block * 20, 7020 + block * 20):
        document, path = service_document(seed), tmp_path / "drawn.json"
        path.write_text(text(document), encoding="utf-8")
        try:
            made = compile_instance(validate(document))
            least = Search(Instance(load(path)), 8_000).least()
        except (InputError, TooLarge):
            continue
        if made.impossible:
            assert least is None, seed
            continue
        found = by_mathprog(made.problem, tmp_path)
        assert (None if found is None else found * made.unit) == least, seed
        compared += 1
    assert compared >= 5


def melange(**more: object) -> Problem:
    """The example of Mélange: four classes of requests, two kinds of GPUs at 1.01 and 3.67."""
    none, zero, zeros = no_services(1), ints([0]), ints([[0], [0]])
    rate = ints([[2, 1, 5, 2], [20, 20, 40, 20]])
    known = dataclasses.replace(
        none, way_ptr=ints([0, 2]), class_ptr=ints([0, 4]), pool=ints([0, 1]), hold_ptr=ints([0, 1, 2]),
        hold_row=ints([0, 1]), hold=ints([1, 1]), most=zeros + 20, limit=ints([[40]]), running=ints([0, 0]), boot=ints([0, 0]),
        minimum=ints([0, 0]), least=ints([0, 0]), service_least=zero, costs=ReplicaCosts(zeros, zeros, zeros),
        demand=ints([[6], [3], [15], [6]]), rate=rate, planned=rate, offline=rate, missed=(None,) * 4,
        whole=np.array([False]), one_way=np.array([False]), fill=np.array([True]),
        batches=dataclasses.replace(none.batches, amount=ints(np.zeros((0, 4)))),
    )  # fmt: skip
    services: Services = dataclasses.replace(known, **more)
    return problem(capacity=[[100], [100]], price=[[101], [367]], services=services)


@pytest.mark.parametrize(
    ("more", "cost"),
    [
        ({}, 468),
        ({"whole": np.array([True])}, 670),
        ({"one_way": np.array([True])}, 2 * 367),
        ({"planned": ints([[1, 0, 2, 1], [10, 10, 20, 10]])}, 2 * 367 + 3 * 101),
        ({"service_least": ints([4])}, 367 + 3 * 101),
        ({"limit": ints([[1]])}, None),
    ],
)
def test_algebra_of_services(more: dict[str, object], cost: int | None, tmp_path: Path) -> None:
    """Replicas and what they serve, by hand."""
    assert by_mathprog(melange(**more), tmp_path) == cost
