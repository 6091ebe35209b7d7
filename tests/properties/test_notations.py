"""The same instance as a tree of tasks and as columns: one problem, one session, the same answers."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.large_scale.supports import unsupported_rule
from leptonopt.compile import columnar as compiling
from leptonopt.compile import columnar_windows as windows
from leptonopt.compile.columnar import CompiledColumnar, compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError, UsageError
from leptonopt.instance import validate
from leptonopt.io.columnar import load
from leptonopt.plan.columnar import read_plan, runs, schedule_of
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Solution, Status
from leptonopt.problem.schedule import Schedule
from leptonopt.session import portfolio, worker_pool
from leptonopt.session.columnar_source import ColumnarPlan
from leptonopt.session.columnar_tree import columnar_document, tree_of
from leptonopt.session.source import InstanceSource, open_source
from leptonopt.verify.columnar_bound import proven_columns
from leptonopt.verify.columnar_checker import verify_columns
from tests.helpers import random_problems
from tests.helpers.columnar_files import gaps, saved, tiny
from tests.helpers.columns_stated import NAMES, SLOTS, stated
from tests.helpers.marks import first
from tests.helpers.run_cli import called, said

FAMILIES = ("elasticflow", "gaia", "gavel", "lumpy", "regions")


def both(folder: Path, family: str, *words: object) -> tuple[Path, Path]:
    """A generated instance as JSON and as columns."""
    files = folder / "jobs.json", folder / "jobs.npz"
    for file in files:
        assert called("generate", family, "-o", file, *words)[0] == 0
    return files


def same(one: Problem, other: Problem) -> None:
    """Every array is the same, number by number."""
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(value, getattr(other, name)), name


# --- one problem ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "more"),
    list(itertools.product(FAMILIES, [(), ("--optional", 0.5, "--load", 0.9), ("--slack", 1.2, "--seed", 5)])),
)
def test_generated_instances_make_one_problem(tmp_path: Path, family: str, more: tuple[object, ...]) -> None:
    """Groups, options, windows, rows and money are the same from JSON and from columns."""
    tree, columns = (open_source(file)() for file in both(tmp_path, family, "--tasks", 150, *more))
    same(tree.problem, columns.problem)
    assert (tree.unit, tree.loss) == (columns.unit, columns.loss)


@pytest.mark.parametrize("seed", range(24))
def test_any_columns_make_the_problem_of_their_tree(tmp_path: Path, seed: int) -> None:
    """Also with lateness, values, capacity that changes, tasks without options, and money that is coarsened."""
    of = stated(seed, 10 ** (10 + seed % 2) if seed % 2 else 1)
    if seed % 2:
        of.option["pool"][0], of.uses[0] = 0, [1 if name in of.capacity[0] else 0 for name in NAMES]
        of.option["slots"][0], of.capacity[0] = 1, {name: [4] * SLOTS for name in of.capacity[0]}  # it can run
        of.price[0] = {name: [Fraction(1, 10**9)] * SLOTS for name in of.capacity[0]}
    for number, arrays in enumerate((of.arrays(), gaps(seed))):
        file = saved(tmp_path, arrays, f"{number}.npz")
        built, tree = compile_columnar(load(file)), compile_instance(tree_of(file))
        same(built.problem, tree.problem)
        assert (built.unit, built.loss) == (tree.unit, tree.loss)
        assert bool(built.impossible) == bool(tree.impossible)
        assert bool(built.loss) == bool(number == 0 and seed % 2)


def repeated(seed: int, tasks: int = 40, kinds: int = 5) -> dict[str, Any]:
    """Columns with many tasks of a few kinds; some differ in the order of their options alone."""
    of, dice = stated(seed), random.Random(seed)
    drawn = [dice.randrange(kinds) for _ in range(tasks)]
    turned = [dice.random() < 0.3 for _ in range(tasks)]
    own = [[at for at, owner in enumerate(of.owner) if owner == kind] for kind in range(kinds)]
    rows = [(at, task) for task, kind in enumerate(drawn) for at in own[kind][:: -1 if turned[task] else 1]]
    copies = [dice.choice([1, 1, 2, 5]) for _ in drawn]
    of.task = {name: [column[kind] for kind in drawn] for name, column in of.task.items()} | {"copies": copies}
    of.option = {name: [column[at] for at, _ in rows] for name, column in of.option.items()}
    of.owner, of.uses = [task for _, task in rows], [of.uses[at] for at, _ in rows]
    return of.arrays()


@pytest.mark.parametrize("seed", range(12))
def test_identical_tasks_are_merged(tmp_path: Path, seed: int) -> None:
    """As a tree merges them; tasks whose options stand in another order are apart in both."""
    file = saved(tmp_path, repeated(seed))
    built, tree = compile_columnar(load(file)), compile_instance(tree_of(file))
    same(built.problem, tree.problem)
    assert built.problem.groups < 15
    members = [[task for task, _, _ in each] for each in tree.members]
    assert [np.flatnonzero(built.group == group).tolist() for group in range(built.problem.groups)] == members


@pytest.mark.parametrize("bits", [0, 1])
def test_hashes_that_collide_merge_nothing_unlike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    """Where all hashes are the same, or one of two, a group still has identical tasks only."""
    file = saved(tmp_path, repeated(3))
    whole = compile_columnar(load(file))
    real = compiling._hashed
    monkeypatch.setattr(compiling, "_hashed", lambda *columns: real(*columns) & np.uint64(bits))
    built = compile_columnar(load(file))
    assert len(set(zip(built.group.tolist(), whole.group.tolist(), strict=True))) == built.problem.groups
    assert built.problem.groups >= whole.problem.groups
    assert built.problem.copies.sum() == whole.problem.copies.sum()


@pytest.mark.parametrize("seed", range(6))
def test_windows_are_the_same_by_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Tables of one class at a time, and numbers that are sorted instead of looked up, change nothing."""
    file = saved(tmp_path, stated(seed).arrays())
    whole = compile_columnar(load(file))
    monkeypatch.setattr(windows, "CELLS", 1)
    monkeypatch.setattr(windows, "DENSE", 1)
    same(whole.problem, compile_columnar(load(file)).problem)


# --- plans ----------------------------------------------------------------------------------------


def drawn(built: CompiledColumnar, dice: random.Random) -> Schedule:
    """A schedule that keeps `once` and `window`; who cares for capacity."""
    problem, entries = built.problem, []
    for group in range(problem.groups):
        own = range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1]))
        left = int(problem.copies[group]) - dice.randint(0, 2)
        while own and left > 0:
            option, count = dice.choice(own), dice.randint(1, left)
            start = dice.randint(int(problem.first[option]), int(problem.last[option]))
            entries.append((option, start, count))
            left -= count
    return Schedule.of(*np.array(entries, np.int64).reshape(-1, 3).T)


@pytest.mark.parametrize("seed", range(12))
def test_a_schedule_of_groups_is_a_plan_of_tasks_and_back(tmp_path: Path, seed: int) -> None:
    """No task runs more often than it has copies, by its own options, within its window; and nothing is lost."""
    built = compile_columnar(load(saved(tmp_path, repeated(seed))))
    sheets, schedule = built.sheets, drawn(built, random.Random(seed))
    columns = runs(built, schedule)
    task, option, start, count = (columns[name].astype(int) for name in ("task", "option", "start", "count"))
    ran = Counter[int]()
    for at, each in zip(task.tolist(), count.tolist(), strict=True):
        ran[at] += each
    assert all(each <= sheets.of_task("copies")[at] for at, each in ran.items())
    assert count.sum() == schedule.count.sum()
    assert ((sheets.ptr[task] <= option) & (option < sheets.ptr[task + 1])).all()
    assert (sheets.of_task("release")[task] <= start).all()
    assert (start + sheets.of_option("slots")[option] <= sheets.of_task("deadline")[task]).all()
    assert list(schedule_of(built, columns)) == list(schedule)


def test_a_plan_that_no_longer_fits_is_a_start_as_far_as_it_does(tmp_path: Path) -> None:
    """Tasks and options that are not there are dropped; columns that are none are refused by name."""
    built = compile_columnar(load(saved(tmp_path, repeated(1))))
    columns = {name: column.astype(np.int64) for name, column in runs(built, drawn(built, random.Random(1))).items()}
    odd = {"task": [-1, 40, 0, 1], "option": [0, 0, -1, 10**9], "start": [0, 0, 0, 0], "count": [1, 1, 1, 0]}
    more = {name: np.concatenate([odd[name], column]) for name, column in columns.items()}
    assert list(schedule_of(built, more)) == list(schedule_of(built, columns))
    with pytest.raises(UsageError, match="the warm start: has no column 'start'"):
        schedule_of(built, {"task": [], "option": [], "count": []})
    with pytest.raises(UsageError, match=r"the warm start: count: float64, shape \(\d+,\); whole numbers"):
        schedule_of(built, columns | {"count": columns["count"] / 2})
    with pytest.raises(UsageError, match=r"the warm start: option: int64, shape \(1,\)"):
        schedule_of(built, columns | {"option": columns["option"][:1]})


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    """From `.npz` as from `.csv`; other files are refused in one line."""
    file = saved(tmp_path, tiny(2))
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    assert isinstance(result.plan, ColumnarPlan)
    for name in ("plan.npz", "plan.csv"):
        assert result.save(tmp_path / name)
        read = read_plan(tmp_path / name)
        assert all(np.array_equal(read[each], column) for each, column in result.plan.columns.items())
    with pytest.raises(UsageError, match=r"a plan in columns is read from \.npz and \.csv"):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        read_plan(tmp_path / "none.csv")


# --- one session ----------------------------------------------------------------------------------


def answers(files: tuple[Path, Path], **asked: Any) -> None:
    """Both notations have the same status, cost, bound, and who proved it."""
    found = []
    for file in files:
        result = leptonopt.solve(file, deterministic=True, seed=2, **asked)
        found.append((result.status, result.stop, result.cost, result.bound, result.document["proof"], result.notes))
    assert found[0] == found[1]


@pytest.mark.parametrize("family", first(2, FAMILIES))
def test_auto_answers_both_notations_alike(tmp_path: Path, family: str) -> None:
    """With `deterministic`: the same status, and the same cost."""
    answers(both(tmp_path, family, "--tasks", 12, "--optional", 0.3), time_limit=60)


@pytest.mark.parametrize("method", ["greedy", "large-scale"])
@pytest.mark.parametrize("family", first(2, FAMILIES))
def test_methods_answer_both_notations_alike(tmp_path: Path, family: str, method: str) -> None:
    """Also where nothing is proven and the course of the search decides."""
    answers(both(tmp_path, family, "--tasks", 60, "--load", 0.9), method=method, time_limit=60, isolate=False)


@pytest.mark.long
@pytest.mark.parametrize(("family", "seed"), list(itertools.product(FAMILIES, range(10))))
def test_auto_answers_larger_instances_alike(tmp_path: Path, family: str, seed: int) -> None:
    """The same with 25 tasks, ten of each family."""
    answers(both(tmp_path, family, "--tasks", 25, "--seed", seed), time_limit=60)


@pytest.mark.parametrize(
    ("fake", "note"),
    [
        ("crashes", "crashes ended without an answer (signal 11)"),
        ("raises", "raises failed: RuntimeError: no licence"),
        ("garbles", "garbles answered nonsense"),
        ("hangs", ""),
    ],
)
def test_a_bad_engine_costs_columns_a_note(tmp_path: Path, fake: str, note: str, fakes: Any) -> None:
    """Engines run in processes of their own: a crash, an error, nonsense and a hang leave a checked plan."""
    fakes()
    file = both(tmp_path, "gavel", "--tasks", 10)[1]
    result = leptonopt.solve(file, method=fake, time_limit=2 if fake == "hangs" else 20)
    assert result.plan is not None
    assert result.verdict.ok
    assert note in "\n".join(result.notes)


def test_auto_survives_a_crash_on_columns(tmp_path: Path, fakes: Any) -> None:
    """Another lane proves the optimum, and the note says what crashed."""
    fakes(cpsat="crashes")
    file = both(tmp_path, "lumpy", "--tasks", 10, "--optional", 0.5)[1]
    result = leptonopt.solve(file, time_limit=60, threads=2)
    assert result.status in (Status.OPTIMAL, Status.FEASIBLE)
    if "cpsat" in result.log:
        assert any("cpsat ended without an answer (signal 11)" in each for each in result.notes)


def test_an_engine_that_fails_its_self_test_is_not_used_on_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for by name it is refused with the reason."""
    monkeypatch.setattr("leptonopt.solvers.selftest.failed_selftest", lambda name, stop: f"{name} is not used: it lies")
    file = both(tmp_path, "gavel", "--tasks", 10)[1]  # the greedy plan does not prove it
    with pytest.raises(leptonopt.errors.EngineError, match="cpsat is not used: it lies"):
        leptonopt.solve(file, method="cpsat", time_limit=20, isolate=False)


def test_where_there_is_no_plan(tmp_path: Path) -> None:
    """Both notations end with code 4; columns leave no plan file, and say so."""
    arrays = tiny(4, must=True)
    arrays["option_slots"][arrays["option_ptr"][2] : arrays["option_ptr"][3]] = 9
    file, plan = saved(tmp_path, arrays), tmp_path / "plan.npz"
    tree = tmp_path / "tree.json"
    assert called("convert", file, "-o", tree)[0] == 0
    assert called("solve", tree, "-q")[0] == 4
    code, out, err = called("solve", file, "-o", plan, "--confirm", "--certify")
    assert code == 4
    assert "proven by windows, confirmed by checker" in out
    assert "task 2: no option ends by the deadline and fits its pool" in out
    assert "plan.npz is not written: there is no plan" in err
    assert not plan.exists()
    assert proven_columns(file, tmp_path / "plan.certificate.npz").ok
    assert "infeasible" in json.loads(called("solve", file, "--json")[1])["status"]


def test_all_options_of_solve_are_there_for_columns(tmp_path: Path) -> None:
    """Certified, confirmed, drawn, logged, exported, started from a plan, within so much memory."""
    file, plan = both(tmp_path, "gaia", "--tasks", 12)[1], tmp_path / "plan.npz"
    words = ["--certify", "--confirm", "--plot", tmp_path / "plan.svg", "--log-file", tmp_path / "log.txt"]
    words += ["--write-model", tmp_path / "model.lp", "--memory", "2GB", "--threads", 1, "--seed", 4]
    code, out, err = called("solve", file, "-t", 60, "-o", plan, *words)
    assert (code, err) == (0, "")
    assert "optimal" in out
    assert "confirmed by" in out
    verdict = verify_columns(file, plan)
    assert verdict.ok
    assert proven_columns(file, tmp_path / "plan.certificate.npz").ok
    assert (tmp_path / "plan.svg").stat().st_size > 10_000
    assert "--- branch-and-bound" in (tmp_path / "log.txt").read_text()
    assert (tmp_path / "model.lp").read_text().startswith("Minimize")
    code, out, _ = called("solve", file, "-t", 20, "--warm-start", plan, "-m", "lagrangian", "--json")
    document = json.loads(out)
    assert (code, document["cost_exact"]) == (0, str(verdict.cost))
    assert document["made"]["limits"]["threads"] >= 1
    assert "the warm start: has no column 'task'" in said("solve", file, "--warm-start", file, code=2)


def test_columns_are_explained(tmp_path: Path) -> None:
    """What has no plan is explained as a tree is; tasks are named by their position."""
    arrays = tiny(4, must=True)
    arrays["option_slots"][arrays["option_ptr"][2] : arrays["option_ptr"][3]] = 9
    code, out, err = called("explain", saved(tmp_path, arrays), "-t", 30)
    assert (code, err) == (4, "")
    assert "'2'" in out


def test_columns_as_another_notation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `convert` writes is the same problem; what is too large for it is refused by size."""
    file = saved(tmp_path, tiny(6))
    assert called("convert", file, "-o", tmp_path / "tree.yaml")[0] == 0
    same(open_source(tmp_path / "tree.yaml")().problem, open_source(file)().problem)
    sheets = load(file)
    assert validate(columnar_document(sheets)).tasks[0].id == "0"
    monkeypatch.setattr("leptonopt.session.columnar_tree.MAX_LINES", 2)
    with pytest.raises(UsageError, match="at most 2 are written out"):
        columnar_document(sheets)


# --- large problems -------------------------------------------------------------------------------


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Problems of any size are large; the methods that get a process of their own."""
    monkeypatch.setattr(portfolio, "LIMITS", replace(portfolio.LIMITS, large_groups=1))
    started = list[str]()
    real = worker_pool.WorkerProcess

    class Child(real):  # type: ignore[misc, valid-type]
        def __init__(self, method: str, *given: Any) -> None:
            started.append(method)
            super().__init__(method, *given)

    monkeypatch.setattr(worker_pool, "WorkerProcess", Child)
    return started


def test_a_large_problem_stays_in_this_process(tmp_path: Path, large: list[str]) -> None:
    """`auto` has `large-scale` alone solve it, in a thread; its prices are the certificate, and no method goes before it."""
    file = both(tmp_path, "gavel", "--tasks", 40)[1]
    result = leptonopt.solve(file, time_limit=60, deterministic=True, certify=True)
    assert (large, list(result.document["made"]["engines"])) == ([], ["large-scale"])
    assert result.plan is not None
    assert result.document["proof"]["by"] == ["large-scale"]
    assert result.save_certificate(tmp_path / "proof.npz")
    assert proven_columns(file, tmp_path / "proof.npz").ok


def test_a_foreign_engine_never_runs_in_this_process(tmp_path: Path, large: list[str]) -> None:
    """However large the problem is."""
    result = leptonopt.solve(saved(tmp_path, tiny(4)), method="cpsat", time_limit=30)
    assert large == ["cpsat"]
    assert result.status is Status.OPTIMAL


def test_an_error_of_a_method_in_this_process_is_a_note(
    tmp_path: Path, large: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs the plan, not the program."""

    def starves(*given: Any) -> Solution:
        raise MemoryError

    monkeypatch.setattr("leptonopt.solvers.large_scale.solve", starves)
    result = leptonopt.solve(saved(tmp_path, tiny(4, tasks=30)), time_limit=10)
    assert result.status is Status.UNKNOWN
    assert result.notes == ("large-scale ran out of memory",)
    assert not large


def test_rules_that_scale_lacks_make_no_problem_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """There the other methods are asked, as ever."""
    monkeypatch.setattr(portfolio, "LIMITS", replace(portfolio.LIMITS, large_groups=1))
    plain, rich = random_problems.problem(0, groups=4), next(filter(_refused, map(random_problems.rich, range(40))))
    assert not portfolio.large(rich)
    assert portfolio.large(plain) == (not _refused(plain))


def _refused(problem: Problem) -> bool:
    return unsupported_rule(problem) is not None


def test_the_schedule_of_a_warm_start_keeps_the_rules(tmp_path: Path) -> None:
    """A plan that was written is a schedule of the problem again."""
    file = saved(tmp_path, tiny(2))
    source: InstanceSource = open_source(file)()
    result = leptonopt.solve(file, method="greedy", time_limit=20)
    assert isinstance(result.plan, ColumnarPlan)
    assert not violated_rules(source.problem, source.schedule_of(result.plan.columns))
