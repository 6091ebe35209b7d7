"""Columns and the pipeline for very many tasks: read, solved, written and checked, against brute force and each other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, BlockPricer
from leptonopt.algorithms.large_scale import supports as keeping
from leptonopt.algorithms.large_scale.staged_construction import StageSchedule, construct_in_stages
from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.decode import decode, encode
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import Alarm, InputError, NoPlan
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import columns as columns_of
from leptonopt.experiments.generators.writer import written
from leptonopt.instance import validate
from leptonopt.io import files
from leptonopt.io.columnar import load
from leptonopt.plan.document import plan_document
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule, node_schedule_of, objective
from leptonopt.session import columnar_source
from leptonopt.session.result import Result
from leptonopt.session.solve import solve
from leptonopt.solvers import large_scale as scale
from leptonopt.verify import verify
from leptonopt.verify.columnar_bound import proven_columns
from leptonopt.verify.columnar_checker import verify_columns
from tests.helpers import bruteforce, random_problems
from tests.helpers.columnar_files import Arrays, as_csv, saved, tiny
from tests.helpers.plans import outcome
from tests.helpers.run_cli import called, said

QUICK = Limits(time_limit=0.4)
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops run uncompiled where numba is not installed."""
    monkeypatch.setattr(scale, "SETTINGS", replace(scale.SETTINGS, steps=50))


def solve_columns(file: Path, plan: Path | None = None, certificate: Path | None = None, **asked: Any) -> Result:
    """Solve columns in this process, soon, and write the plan and the certificate."""
    asked = {"method": "large-scale", "time_limit": 0.8, "isolate": False} | asked
    result = solve(file, certify=certificate is not None, **asked)
    if plan is not None:
        result.save(plan)
    if certificate is not None:
        result.save_certificate(certificate)
    return result


# --- reading and compiling ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_csv_and_npz_are_the_same_problem(tmp_path: Path, seed: int) -> None:
    """A folder of tables and a file of arrays give the same arrays of the problem."""
    arrays = tiny(seed)
    one, other = compile_columnar(load(saved(tmp_path, arrays))), compile_columnar(load(as_csv(tmp_path, arrays)))
    assert one.unit == other.unit
    for name, value in vars(one.problem).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(other.problem, name)), name


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    """Tables in Parquet give the arrays that the same tables in CSV give."""
    from pyarrow import csv, parquet

    where = as_csv(tmp_path, tiny(2))
    one = compile_columnar(load(where))
    for name in ("tasks", "options"):
        parquet.write_table(csv.read_csv(where / f"{name}.csv"), where / f"{name}.parquet")
        (where / f"{name}.csv").unlink()
    other = compile_columnar(load(where))
    for name, value in vars(one.problem).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(other.problem, name)), name


@pytest.mark.parametrize("family", ["elasticflow", "gaia", "gavel", "lumpy", "regions"])
def test_generated_columns_are_the_generated_instance(tmp_path: Path, family: str) -> None:
    """A plan found from columns costs the same, and is right, for the ordinary compiler and the ordinary checker."""
    made = table(family, tasks=20, seed=3, optional=0.5, load=0.4)
    file, plan = tmp_path / "jobs.npz", tmp_path / "plan.npz"
    file.write_bytes(written(made, "npz"))
    result = solve_columns(file, plan)
    stated = made.document()
    instance = validate(stated)
    compiled, found, ptr = compile_instance(instance), np.load(plan), columns_of(made)["option_ptr"]
    runs = []
    for task, option, start, count in zip(
        *(found[name].tolist() for name in ("task", "option", "start", "count")), strict=True
    ):
        way = concrete_options(instance, instance.tasks[task])[option - ptr[task]]
        runs.append((task, way.id, (), start, count))
    schedule = encode(compiled, runs)
    assert not violated_rules(compiled.problem, schedule)
    assert objective(compiled.problem, schedule) * compiled.unit == result.cost
    ran, left = decode(compiled, schedule)
    plain = json.loads(
        json.dumps(
            plan_document(
                compiled, outcome(compiled, bound=result.bound), ran, left, node_schedule_of(compiled.problem, schedule)
            )
        )
    )
    verdict = verify(stated, plain)
    assert verdict.ok, verdict.violations[:3]


def changed(name: str, row: int, value: Any) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name][row] = value

    return change


def head_with(**more: Any) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        head = json.loads(arrays["head"].tobytes()) | more
        arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)

    return change


BAD: dict[str, tuple[Callable[[Arrays], Any], str]] = {
    "release": (changed("task_release", 2, -1), "task_release[2]: -1"),
    "deadline": (changed("task_deadline", 0, 99), "task_deadline[0]: 99; 1 to 8"),
    "order": (lambda a: a.update(task_release=np.minimum(7, a["task_deadline"])), "task_deadline["),
    "copies": (changed("task_copies", 3, 0), "task_copies[3]: 0"),
    "value": (changed("task_value", 1, -7), "task_value[1]: -7"),
    "pool": (changed("option_pool", 1, 2), "option_pool[1]: 2; 0 to 1"),
    "slots": (changed("option_slots", 0, -1), "option_slots[0]: -1"),
    "uses": (changed("option_uses", 0, -1), "option_uses[0]"),
    "pointers": (changed("option_ptr", 1, 99), "option_ptr"),
    "after": (lambda a: a.update(task_after=np.array([-1, 0, -1, -1])), "the rule precedence"),
    "floats": (lambda a: a.update(task_value=np.ones(4)), "task_value: numbers of float64"),
    "length": (lambda a: a.update(task_value=np.ones(3, int)), "task_value: shape (3,); (4,)"),
    "missing": (lambda a: a.pop("option_slots"), "has no column 'option_slots'"),
    "unknown": (lambda a: a.update(task_colour=np.ones(4, int)), "task_colour: there is no such column"),
    "head": (lambda a: a.update(head=np.frombuffer(b"{", np.uint8)), "head:1: not JSON"),
    "version": (head_with(columns=2), "columns: 2; version 1"),
    "quota": (head_with(quotas=[{"id": "q", "of": "money", "limit": 1}]), "the rule quota has no columns"),
    "together": (head_with(together=[["a", "b"]]), "the rule affinity has no columns"),
    "pools": (head_with(pools=[{"id": "a", "capacity": {"gpu": -1}}]), "head: pools[0].capacity.gpu"),
    "nodes": (head_with(pools=[{"id": "a", "nodes": {"size": {"gpu": 1}, "count": 1}}]), "the rule nodes"),
    "objects": (lambda a: a.update(task_value=np.array([{}, 1, 2, 3], object)), "not a file of columns"),
}


@pytest.mark.parametrize("what", sorted(BAD))
def test_bad_columns_get_one_line(tmp_path: Path, what: str) -> None:
    """What is wrong with columns is one line with the file, the row and what is allowed."""
    arrays = tiny(1)
    change, said = BAD[what]
    change(arrays)
    with pytest.raises(InputError) as caught:
        load(saved(tmp_path, arrays))
    text = str(caught.value)
    assert said in text
    assert "jobs.npz" in text
    assert len(text.splitlines()) == 1 or what == "pointers"


def test_bad_csv_gets_its_row(tmp_path: Path) -> None:
    """In a table, the line of the file is told."""
    folder = as_csv(tmp_path, tiny(1))
    file = folder / "tasks.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:2], lines[2].replace(lines[2].split(",")[0], "-5", 1), *lines[3:]]))
    with pytest.raises(InputError, match=r"tasks\.csv:3: release: -5; 0 to 7"):
        load(folder)
    file.write_text("\n".join([*lines[:2], "x" + lines[2][1:], *lines[3:]]))
    with pytest.raises(InputError, match=r"tasks\.csv: after the first line: .*row 1"):
        load(folder)
    (tmp_path / "no.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="not a file of columns"):
        load(tmp_path / "no.npz")


# --- prices and placement -------------------------------------------------------------------------


def plain(seed: int, **sizes: int) -> Problem:
    """A random problem without the rules that `large-scale` refuses."""
    found = random_problems.problem(seed, **sizes)
    none = np.zeros(0, np.int64)
    return replace(found, before=none, after=none, lag=none)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("seed", range(25))
def test_the_oracle_is_exact(seed: int, fast: bool) -> None:
    """Least costs by windows' minima are those of all columns looked at, in integers and in floats."""
    problem = plain(seed, groups=6, slots=9)
    blocks, oracle = BlockPricer(problem), ClassPricer(problem, fast=fast)
    assert np.array_equal(blocks.least, oracle.least)
    prices = np.random.default_rng(seed).uniform(0, 5, problem.price.shape)
    prefix = np.zeros((len(prices), problem.slots + 1))
    np.cumsum(problem.price + prices, axis=1, out=prefix[:, 1:])
    cost, option, start = oracle.best(prefix)
    other = blocks.best(prefix)[0]
    assert np.allclose(cost, other)
    some = np.isfinite(cost)
    assert (problem.group[option[some]] == np.flatnonzero(some)).all()
    assert ((problem.first[option[some]] <= start[some]) & (start[some] <= problem.last[option[some]])).all()
    whole = np.concatenate([[[0]] * len(prices), np.cumsum(problem.price * 8 + 3, axis=1)], axis=1).astype(np.int64)
    assert np.array_equal(blocks.group_least(whole, 8), oracle.group_least(whole, 8))


@pytest.mark.parametrize("seed", range(10))
def test_threads_find_what_one_finds(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Costs, options and starts are the same, equal costs as well, by however many threads they are looked for."""
    monkeypatch.setattr("leptonopt.algorithms.lagrangian.class_pricing.MANY", -1)
    problem = plain(seed, groups=12, slots=9)
    prefix = np.zeros((len(problem.price), problem.slots + 1))
    for other in (ClassPricer(problem, fast=True, threads=threads) for threads in (2, 3, 40)):
        assert len(other._parts) == other.threads
        for one, found in zip(ClassPricer(problem, fast=True).best(prefix), other.best(prefix), strict=True):
            assert np.array_equal(one, found)
        assert np.array_equal(ClassPricer(problem, fast=True).each(prefix), other.each(prefix))


@pytest.mark.parametrize("seed", range(20))
def test_scale_never_beats_brute_force(seed: int) -> None:
    """Bound <= optimum <= cost, and the schedule keeps every rule."""
    problem = plain(seed, groups=4, slots=6)
    best = bruteforce.optimum(problem)
    heard = _Ear()
    found = scale.solve(problem, None, Limits(time_limit=0.15, seed=seed), heard)
    if found.schedule is not None:
        assert not violated_rules(problem, found.schedule)
        assert best is not None
        assert best[0] <= objective(problem, found.schedule)
    if best is None:
        assert found.status in (Status.INFEASIBLE, Status.UNKNOWN)
    else:
        assert found.bound is not None
        assert found.bound <= best[0]
        assert all(value <= best[0] for value in heard.bounds)


class _Ear:
    def __init__(self) -> None:
        self.bounds: list[int] = []

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        pass

    def bound(self, value: int) -> None:
        self.bounds.append(value)

    def best(self) -> Schedule | None:
        return None

    def should_stop(self) -> bool:
        return False


def test_batches_place_like_loops(tmp_path: Path) -> None:
    """Numpy alone places what fits, keeps every rule, and is about as good as the loops."""
    problem = compile_columnar(load(saved(tmp_path, tiny(5, tasks=60, slots=24)))).problem
    costs = []
    for fast in (True, False):
        ascent = DualAscent(problem, ClassPricer(problem, fast=fast))
        for _ in range(20):
            ascent.step()
        placed = construct_in_stages(problem, ascent, lambda: False, StageSchedule(0.3, 5))
        assert (placed.free >= 0).all()
        assert not violated_rules(problem, placed.schedule())
        costs.append(objective(problem, placed.schedule()))
    assert costs[1] <= 1.25 * costs[0]


@pytest.mark.parametrize("seed", [seed for seed in range(40) if keeping.unsupported_rule(random_problems.rich(seed))])
def test_scale_refuses_rules_by_name(seed: int) -> None:
    """A rule that the pipeline does not keep is refused, never skipped."""
    problem = random_problems.rich(seed)
    found = scale.solve(problem, None, QUICK, _Ear())
    assert found.stop is Stop.FAILED
    assert f"the rule {keeping.unsupported_rule(problem)}" in found.note


# --- plans and certificates -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_from_columns_to_a_checked_plan(tmp_path: Path, seed: int) -> None:
    """Solved, written, checked, certified; the certificate proves a bound below the optimum."""
    file, plan, proof = saved(tmp_path, tiny(seed)), tmp_path / "plan.csv", tmp_path / "proof.npz"
    result = solve_columns(file, plan, certificate=proof)
    best, built = bruteforce.optimum(compile_columnar(load(file)).problem), compile_columnar(load(file))
    assert best is not None
    assert result.cost is not None
    assert result.bound is not None
    assert result.bound <= best[0] * built.unit <= result.cost
    assert verify_columns(file, plan).cost == result.cost
    proven = proven_columns(file, proof)
    assert proven.ok, proven.why
    assert proven.bound is not None
    assert proven.bound <= best[0] * built.unit


def solved(folder: Path, seed: int = 2) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """An instance of tasks that must run but one, a plan of it, and its summary."""
    arrays = tiny(seed, tasks=5, must=True)
    arrays["task_value"][0] = 900
    arrays["task_copies"][:] = [2, 1, 1, 1, 1]
    file = saved(folder, arrays)
    solve_columns(file, folder / "plan.npz")
    found = dict(np.load(folder / "plan.npz"))
    return file, found, json.loads(found.pop("summary").tobytes())


def _row(plan: Arrays, name: str, value: Any) -> None:
    plan[name][-1] = value


CORRUPT: dict[str, tuple[str, Callable[[Arrays, dict[str, Any]], Any]]] = {
    "no such task": ("form", lambda plan, said: _row(plan, "task", 99)),
    "task below zero": ("form", lambda plan, said: _row(plan, "task", -1)),
    "count zero": ("form", lambda plan, said: _row(plan, "count", 0)),
    "option of another": ("option", lambda plan, said: _row(plan, "option", plan["option"][0])),
    "before the release": ("window", lambda plan, said: _row(plan, "start", -1)),
    "after the deadline": ("window", lambda plan, said: _row(plan, "start", 8)),
    "twice": ("once", lambda plan, said: plan.update({k: np.append(v, v[-1]) for k, v in plan.items()})),
    "not at all": ("once", lambda plan, said: plan.update({k: v[:-1] for k, v in plan.items()})),
    "too many at a time": ("capacity", lambda plan, said: _row(plan, "count", 50)),
    "a cent less": (
        "cost",
        lambda plan, said: said.update(cost_exact=str(Fraction(said["cost_exact"]) - Fraction(1, 100))),
    ),
    "cost rounded": ("cost", lambda plan, said: said.update(cost=said["cost"] + 1)),
    "bound too high": ("status", lambda plan, said: said.update(bound_exact=str(Fraction(said["cost_exact"]) + 1))),
    "optimal": ("status", lambda plan, said: said.update(status="optimal", bound_exact="0", gap=1.0)),
    "gap": ("status", lambda plan, said: said.update(bound_exact="0", gap=0.5)),
    "unknown": ("status", lambda plan, said: said.update(status="unknown")),
    "a column short": ("form", lambda plan, said: plan.update(start=plan["start"][:-1])),
    "no column": ("form", lambda plan, said: plan.pop("count")),
    "floats": ("form", lambda plan, said: plan.update(start=plan["start"].astype(float))),
    "version": ("form", lambda plan, said: said.update(leptonopt_plan_columns=2)),
}


@pytest.mark.parametrize("what", sorted(CORRUPT))
def test_the_checker_rejects_what_is_corrupt(tmp_path: Path, what: str) -> None:
    """Every kind of corruption is objected to, by the name of the rule."""
    file, plan, said = solved(tmp_path)
    rule, corrupt = CORRUPT[what]
    corrupt(plan, said)
    bad = saved(tmp_path, {"summary": np.frombuffer(json.dumps(said).encode(), np.uint8), **plan}, "bad.npz")
    verdict = verify_columns(file, bad)
    assert rule in {found.rule for found in verdict.violations}


def test_the_checker_rejects_what_is_no_plan(tmp_path: Path) -> None:
    """Cut files, other files and missing ones are told, not raised."""
    file, _, _ = solved(tmp_path)
    whole = (tmp_path / "plan.npz").read_bytes()
    for content in (b"", whole[: len(whole) // 2], whole[:-30], file.read_bytes()):
        (tmp_path / "bad.npz").write_bytes(content)
        assert not verify_columns(file, tmp_path / "bad.npz").ok
    assert not verify_columns(file, tmp_path / "none.npz").ok
    assert not verify_columns(tmp_path / "plan.npz", tmp_path / "plan.npz").ok


@pytest.mark.parametrize("what", ["bound", "negative", "shape", "other", "version"])
def test_a_false_certificate_proves_nothing(tmp_path: Path, what: str) -> None:
    """A bound that the prices do not carry, and prices that are none, are refused."""
    file, proof = saved(tmp_path, tiny(3)), tmp_path / "proof.npz"
    solve_columns(file, certificate=proof)
    found = dict(np.load(proof))
    head = json.loads(found["head"].tobytes())
    if what == "bound":
        head["bound"] = str(Fraction(head["bound"]) + 1)
    elif what == "negative":
        found["price"][0, 0] = -1
    elif what == "shape":
        found["price"] = found["price"][:, :-1]
    elif what == "other":
        head["sha256"] = "0" * 64
    else:
        head["leptonopt_certificate_columns"] = 2
    found["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
    assert not proven_columns(file, saved(tmp_path, found, "bad.npz")).ok


@pytest.mark.parametrize("seed", range(10))
def test_any_prices_prove_a_bound(tmp_path: Path, seed: int) -> None:
    """Whatever the prices, the checker's bound is that of the exact oracle, and no plan costs less."""
    file = saved(tmp_path, tiny(seed))
    built = compile_columnar(load(file))
    problem, rng = built.problem, np.random.default_rng(seed)
    price = rng.integers(0, 20, problem.capacity.shape) * (problem.capacity < 2**62)
    stated = price[:, : built.sheets.instance.time.slots].astype(np.int64)
    price[:, stated.shape[1] :] = 0  # an end slot has no price
    head = {"leptonopt_certificate_columns": 1, "unit": str(built.unit / 4), "bound": None}
    arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8), "price": stated}
    proven = proven_columns(file, saved(tmp_path, arrays, "proof.npz"))
    prefix = np.concatenate([[[0]] * len(price), np.cumsum(problem.price * 4 + price, axis=1)], axis=1).astype(np.int64)
    least = np.minimum(
        ClassPricer(problem).group_least(prefix, 4), np.where(problem.optional, problem.value * 4, INFEASIBLE_COST)
    )
    steps = [max(1, int(np.gcd.reduce(problem.demand[problem.demand_row == row]))) for row in range(len(price))]
    usable = problem.capacity // np.array(steps)[:, None] * np.array(steps)[:, None]  # in multiples of all demands
    room = np.where(price > 0, usable, 0)
    assert proven.bound == (int(least @ problem.copies) - int((price * room).sum())) * built.unit / 4


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Solve and verify take columns; what does not exist for them is refused."""
    from leptonopt.cli.verify import main

    file, plan = saved(tmp_path, tiny(4)), tmp_path / "plan.npz"
    assert files.is_columns(file)
    code, out, _ = called("solve", file, "-o", plan, "-m", "large-scale", "-t", 5, "--certify")
    assert code == 0
    assert "checked" in out
    assert main([str(file), str(plan), "--certificate", str(tmp_path / "plan.certificate.npz")]) == 0
    assert "no plan costs less" in capsys.readouterr().out
    assert "--param: columns have no parameters" in said("solve", file, "--param", "a=1", code=2)
    assert "a plan in columns is written as .npz, .csv" in said("solve", file, "-o", tmp_path / "plan.json", code=2)


def test_the_limit_counts_while_columns_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that take longer to read than there is time end with no plan, soon after it."""
    monkeypatch.setattr(columnar_source, "load", lambda path: Event().wait(60))
    begun = time.monotonic()
    with pytest.raises(NoPlan, match="while the instance was read"):
        solve(saved(tmp_path, tiny(4)), time_limit=0.2)
    assert time.monotonic() - begun < 10


def test_what_the_checker_rejects_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is the user's only once it is checked: an alarm leaves nothing behind."""
    file, plan = saved(tmp_path, tiny(2)), tmp_path / "plan.csv"
    real = columnar_source.runs

    def late(*given: Any) -> Any:
        columns = real(*given)
        columns["start"] = columns["start"] + 1000
        return columns

    monkeypatch.setattr(columnar_source, "runs", late)
    with pytest.raises(Alarm, match="the checker rejects the plan"):
        solve_columns(file, plan)
    assert not list(tmp_path.glob("plan*"))


def test_a_task_that_cannot_run_is_named(tmp_path: Path) -> None:
    """Infeasible, with the task."""
    arrays = tiny(4, must=True)
    arrays["option_slots"][arrays["option_ptr"][2] : arrays["option_ptr"][3]] = 9
    result = solve_columns(saved(tmp_path, arrays))
    assert result.status is Status.INFEASIBLE
    assert "task 2" in result.document["why"][0]
