"""Equal copies as counts: the same answer as with as many tasks, one entry however many they are, each copy once."""

from __future__ import annotations

import copy
import json
import random
import time
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

import leptonopt
from leptonopt.algorithms.heuristics.insertion import TUNING, insert_copies
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import interval_model as subintervals
from leptonopt.algorithms.lns import subproblem as freeing
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.errors import InstanceError, NoPlan, UsageError
from leptonopt.instance import validate
from leptonopt.plan import plot, report
from leptonopt.plan.document import plan_document
from leptonopt.plan.entries import copies_of, label
from leptonopt.plan.picture import Picture
from leptonopt.plan.plan import Plan
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule, node_schedule_of, objective
from leptonopt.runtime.deadline import Stopwatch
from leptonopt.runtime.signals import Signals
from leptonopt.session import finalize as answer
from leptonopt.session.closing import ClosingTime
from leptonopt.session.request import decode_warm_start
from leptonopt.session.session import SolveSession
from leptonopt.session.source import TreeSource
from leptonopt.solvers.registry import load_method
from leptonopt.verify import fingerprint, verify
from tests.helpers import plans, random_instances

Document = dict[str, Any]
MILLION = 1_000_000
TIME = {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "2d"}


def task(**more: Any) -> Document:
    """A task of one hour on one gpu of pool p."""
    return {"id": "t", "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h"}]} | more


def instance(*tasks: Document, gpus: Any = 40, **more: Any) -> Document:
    """Two days of one pool."""
    return {
        "time": TIME,
        "pools": [{"id": "p", "capacity": {"gpu": gpus}, "price": {"gpu": Decimal("1.5")}}],
        "tasks": list(tasks),
    } | more


def read_back(plan: Document) -> Document:
    """A plan as its file gives it."""
    found: Document = json.loads(json.dumps(plan), parse_float=Decimal)
    return found


def written(made: CompiledInstance, schedule: Schedule) -> Document:
    """The plan document of a schedule."""
    runs, left = decode(made, schedule)
    rent = node_schedule_of(made.problem, schedule)
    return read_back(plan_document(made, plans.outcome(made), runs, left, rent))


def greedy(made: CompiledInstance) -> Schedule | None:
    """A schedule of the greedy method."""
    return load_method("greedy")(made.problem, None, Limits(5.0), NullMonitor()).schedule


def drawn(seed: int) -> tuple[Document, Document]:
    """A random instance whose tasks have copies, and its plan."""
    stated = random_instances.everything(seed)
    dice = random.Random(seed)
    for each in stated["tasks"]:
        if dice.random() < 0.6:
            each["copies"] = dice.randint(2, 5)
    made = compile_instance(validate(stated))
    schedule = None
    if not made.impossible:
        schedule = load_method("cheapest-option")(made.problem, None, Limits(5.0), NullMonitor()).schedule
    return stated, {} if schedule is None else written(made, schedule)


# --- what a plan says -------------------------------------------------------------------------------


def test_equal_copies_are_one_entry() -> None:
    """A full hour is one entry of 40 copies, and what is left out one of all the rest; their numbers follow."""
    result = leptonopt.solve(instance(task(copies=MILLION, optional=True, value=2)), method="greedy", time_limit=60)
    plan = result.require_plan()
    assert [(line["copy"], line["copies"]) for line in plan.tasks] == [(1 + 40 * hour, 40) for hour in range(48)]
    assert plan.document["left_out"] == [{"id": "t", "copy": 1921, "copies": MILLION - 1920, "value": 2}]
    assert plan.document["bill"]["pools"][0]["tasks"] == 1920
    assert result.cost == 1920 * Fraction(3, 2) + 2 * (MILLION - 1920)
    assert plan.entry("t", 41)["start"] == "2026-11-23T01:00:00Z"
    with pytest.raises(KeyError):
        plan.entry("t", 1921)
    assert "1920 tasks" in str(plan)
    assert len(plan.to_pandas()) == 48


def test_a_million_copies_take_the_room_of_one() -> None:
    """From the schedule to the verdict and back as a warm start: at most as much memory as four copies, and a little."""

    def peak(copies: int) -> int:
        stated = instance(task(copies=copies), gpus="unlimited")
        made = compile_instance(validate(stated))
        schedule = greedy(made)
        assert schedule is not None
        tracemalloc.start()
        plan = written(made, schedule)
        assert len(plan["tasks"]) == 1
        assert verify(stated, plan).cost == copies * Fraction(3, 2)
        again = decode_warm_start(made, plan)
        assert again is not None
        assert objective(made.problem, again) == objective(made.problem, schedule)
        report.show(plan, report.console())
        Picture(plan, made.instance)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(4)  # what loads at first use
    assert peak(MILLION) <= peak(4) + 2**18


@pytest.mark.parametrize("seed", range(20))
def test_every_notation_is_read_alike(seed: int) -> None:
    """One entry for equal copies, one for every copy, and any cut between: the same verdict, cost and warm start."""
    stated, plan = drawn(seed)
    if not plan:
        return
    verdict = verify(stated, plan)
    assert verdict.ok, verdict.violations[:3]
    keys = [
        (line["id"], *(str(line.get(k)) for k in ("option", "pool", "nodes", "start", "end"))) for line in plan["tasks"]
    ]
    assert len(set(keys)) == len(keys)
    single = plans.one_by_one(plan)
    assert copies_of(plan["tasks"]) == len(single["tasks"])
    made = compile_instance(validate(stated))
    first, second = decode_warm_start(made, plan), decode_warm_start(made, single)
    assert first is not None
    assert second is not None
    assert list(first) == list(second)
    for other in (single, cut(plan, seed)):
        assert verify(stated, other) == verdict


def cut(plan: Document, seed: int) -> Document:
    """The plan with entries of copies cut in two, in another order."""
    dice, found = random.Random(seed), copy.deepcopy(plan)
    for key in ("tasks", "left_out"):
        for line in list(found[key]):
            if line.get("copies", 1) > 1:
                many = dice.randint(1, line["copies"] - 1)
                found[key].append({**line, "copy": line["copy"] + many, "copies": line["copies"] - many})
                line["copies"] = many
        dice.shuffle(found[key])
    return found


@pytest.mark.parametrize("seed", range(14))
def test_copies_are_as_many_tasks(seed: int) -> None:
    """A task with copies costs what as many tasks cost, with the same status; both plans pass the checker."""
    stated = random_instances.instance(seed, tasks=4, slots=8, whole_bill=seed % 2 == 1)
    dice = random.Random(seed)
    chosen = next((each for each in stated["tasks"] if not waits(stated, each)), None)
    if chosen is None:
        return
    chosen["copies"] = dice.randint(2, 4)
    many = apart(stated, chosen)
    answers = [leptonopt.solve(each, method="cpsat", time_limit=60, isolate=False) for each in (stated, many)]
    assert answers[0].status == answers[1].status
    assert answers[0].cost == answers[1].cost


def waits(stated: Document, task: Document) -> bool:
    """Whether a task follows another, or is followed or named by anything."""
    named = {task["id"]}
    texts = [json.dumps(stated.get(key, []), default=str) for key in ("together", "apart", "quotas")]
    followed = [
        name if isinstance(name, str) else name["task"] for each in stated["tasks"] for name in each.get("after", ())
    ]
    return (
        bool(task.get("after")) or bool(named & set(followed)) or any(json.dumps(task["id"]) in text for text in texts)
    )


def apart(stated: Document, task: Document) -> Document:
    """The instance with a task's copies as tasks."""
    others = [each for each in stated["tasks"] if each is not task]
    single = {key: value for key, value in task.items() if key != "copies"}
    return stated | {"tasks": [*others, *({**single, "id": f"{task['id']}-{at}"} for at in range(task["copies"]))]}


# --- the checker against counts that are wrong ------------------------------------------------------

WRONG: list[tuple[str, Callable[[Document], object], str]] = [
    ("one more runs", lambda p: p["tasks"][0].update(copies=4), "copy 4: runs 2 times"),
    ("one less runs", lambda p: p["tasks"][0].update(copies=2), "copy 3: neither runs nor is left out"),
    ("no count", lambda p: p["tasks"][0].pop("copies"), "copies 2 to 3: neither runs nor is left out"),
    ("overlap", lambda p: p["tasks"][1].update(copy=3), "copy 3: runs 2 times"),
    ("all twice", lambda p: p["tasks"].append(p["tasks"][0]), "copies 1 to 3: runs 2 times"),
    ("left out and run", lambda p: p["left_out"][0].update(copy=6, copies=5), "copy 6: is left out twice, or both"),
    ("left out too few", lambda p: p["left_out"][0].update(copies=3), "copy 10: neither runs nor is left out"),
    ("left out too many", lambda p: p["left_out"][0].update(copies=5), "copy 11: there are only 10 copies"),
    ("beyond", lambda p: p["tasks"][1].update(copy=10**9), "copies 1000000000 to 1000000002: there are only 10"),
    ("none", lambda p: p["tasks"][0].update(copies=0), "tasks[0].copies: 0 is too small; at least 1"),
    ("less than none", lambda p: p["tasks"][0].update(copies=-3), "tasks[0].copies: -3 is too small; at least 1"),
    ("a part", lambda p: p["tasks"][0].update(copies=Decimal("3.0")), "tasks[0].copies: 3.0 is not a whole number"),
    ("a truth", lambda p: p["left_out"][0].update(copies=True), "left_out[0].copies: True is not a whole number"),
    ("a word", lambda p: p["tasks"][0].update(copies="3"), "tasks[0].copies: '3' is not a whole number"),
    ("copy 0", lambda p: p["tasks"][0].update(copy=0), "tasks[0].copy: 0 is too small; at least 1"),
    ("the cost of all", lambda p: p["tasks"][0].update(cost=Decimal("4.5")), "cost: is 4.5, not 1.5"),
    ("the value of all", lambda p: p["left_out"][0].update(value=8), "value: is 8, not 2"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_count_is_rejected(change: Callable[[Document], object], says: str) -> None:
    """One copy too many, too few, twice or not there at all, and counts that are none."""
    stated = instance(task(copies=10, optional=True, value=2), gpus=3, time=TIME | {"horizon": "2h"})
    made = compile_instance(validate(stated))
    schedule = greedy(made)
    assert schedule is not None
    plan = written(made, schedule)
    assert [line["copies"] for line in plan["tasks"] + plan["left_out"]] == [3, 3, 4]
    assert verify(stated, plan).ok
    change(plan)
    assert says in "; ".join(found.message for found in verify(stated, plan).violations)


@pytest.mark.parametrize("seed", range(12))
def test_any_change_of_a_count_is_rejected(seed: int) -> None:
    """On random instances, whichever count is off by one, or copy shifted by one."""
    stated, plan = drawn(seed)
    for key in ("tasks", "left_out"):
        for at in range(len(plan.get(key, ()))):
            for name, step in (("copies", 1), ("copies", -1), ("copy", 1), ("copy", -1)):
                wrong = copy.deepcopy(plan)
                wrong[key][at][name] = wrong[key][at].get(name, 1) + step
                assert not verify(stated, wrong).ok, (key, at, name, step)


def test_counts_weigh_in_every_sum() -> None:
    """Capacity, nodes, quotas and affinity count every copy of an entry, not the entry."""
    for more, rule in (
        ({}, "capacity"),
        ({"quotas": [{"id": "q", "of": "gpu", "per": "moment", "limit": 2}]}, "quota"),
        ({"quotas": [{"id": "q", "of": "gpu", "limit": 2}]}, "quota"),
        ({"quotas": [{"id": "q", "of": "money", "limit": 4}]}, "quota"),
        ({"apart": [["t"]]}, "affinity"),
    ):
        wide = instance(task(copies=3), gpus="unlimited")
        made = compile_instance(validate(wide))
        schedule = greedy(made)
        assert schedule is not None
        tight = instance(task(copies=3), gpus=2 if rule == "capacity" else 40, **more)
        plan = written(made, schedule)
        plan["instance"]["sha256"] = fingerprint(tight)
        assert rule in {found.rule for found in verify(tight, plan).violations}


def test_a_warm_start_with_a_wrong_count_is_refused() -> None:
    """Counts that are none are an error; more copies than there are break a rule, and the start is not used."""
    made = compile_instance(validate(instance(task(copies=3))))
    schedule = greedy(made)
    assert schedule is not None
    plan = written(made, schedule)
    for wrong in (0, -1, True, "2", 1.5, 10**30):
        plan["tasks"][0]["copies"] = wrong
        with pytest.raises(UsageError, match="not a plan document"):
            decode_warm_start(made, plan)
    plan["tasks"][0]["copies"] = 4
    more = decode_warm_start(made, plan)
    assert more is not None
    assert violated_rules(made.problem, more) == {"once"}


def test_reports_and_pictures_count_copies() -> None:
    """Ranges by name, sums by number; few copies have a bar each, many are an area."""
    few, many = (
        plans.plan(
            plans.task("x", "a", 0, 2, copy=3, copies=n), left_out=[{"id": "x", "copy": n + 3, "copies": 7, "value": 1}]
        )
        for n in (5, 500_000)
    )
    assert Plan(few).entry("x", 7)["copy"] == 3
    for plan, words in ((few, "x #3-7"), (many, "x #3-500002")):
        assert label(plan["tasks"][0]) == words
    charts = [Picture(each, None) for each in (few, many)]
    assert [chart.height["a"] for chart in charts] == [5, 500_000]
    assert [chart.crowded for chart in charts] == [False, True]
    titles = [next(ax.get_title(loc="left") for ax in plot.draw(each).axes) for each in (few, many)]
    assert titles == [
        "Schedule: 5 tasks, 7 left out",
        "Schedule: 500,000 tasks, 7 left out, areas: tasks running at a time",
    ]


# --- methods and the clock --------------------------------------------------------------------------


def test_ranked_columns_are_what_is_cheapest_one_after_the_other() -> None:
    """Many copies placed from one ranking stand where they would stand if each were looked for anew."""
    ranked = 0
    for seed in range(60):
        stated = random_instances.instance(seed, tasks=3, slots=30, whole_bill=False)
        for each in stated["tasks"]:
            each |= {"copies": 60, "optional": True, "value": 1000}
            each.pop("after", None)
        made = compile_instance(validate(stated))
        guide = CostGuide.true(made.problem, BlockPricer(made.problem))
        at_once, anew = PartialSchedule(made.problem), PartialSchedule(made.problem)
        for group in range(made.problem.groups):
            insert_copies(at_once, group, guide, made.problem.value[group])
            while anew.missing[group] and (found := anew.cheapest_column(group, guide, made.problem.value[group])):
                anew.insert(*found[1:], min(anew.missing[group], anew.max_copies(*found[1:])))
        assert at_once.runs == anew.runs
        ranked += max(map(len, anew.runs), default=0) > TUNING.single_columns
    assert ranked > 5


def test_placing_copies_looks_at_the_clock() -> None:
    """Whether columns are ranked or, with nodes, looked for one by one: it ends soon after the time is over."""
    pool = {"id": "p", "nodes": {"count": 1, "size": {"gpu": 1}, "price": 2}}
    short = task(copies=MILLION, options=[{"pool": "p", "uses": {"gpu": 1}, "duration": "1m"}])
    for stated in (instance(short, gpus=1), instance(short) | {"pools": [pool]}):
        made = compile_instance(validate(stated | {"time": TIME | {"slot": "1m", "horizon": "3d"}}))
        placing, looks = PartialSchedule(made.problem), list[int]()
        guide = CostGuide.true(made.problem, BlockPricer(made.problem))

        def over(looks: list[int] = looks) -> bool:
            looks.append(1)
            return len(looks) > 1

        assert not insert_copies(placing, 0, guide, over=over)
        assert len(looks) == 2
        assert 0 < len(placing.runs[0]) < 2000


def test_very_many_copies_in_a_precedence_are_refused_by_name() -> None:
    """Each of them is a group of its own; single tasks in a precedence do not count."""
    first = task() | {"id": "first"}
    for stated in (
        instance(first, task(copies=100_001, after=["first"])),
        instance(task(copies=100_001), first | {"after": ["t"]}),
    ):
        with pytest.raises(
            InstanceError, match=r"copies: 100,001 copies of tasks wait or are waited for.*at most 100,000"
        ):
            compile_instance(validate(stated))
    assert compile_instance(validate(instance(first, task(copies=20, after=["first"])))).problem.groups == 21


def test_copies_in_a_precedence_share_an_entry() -> None:
    """Groups of their own while it is searched, one entry where they run alike."""
    first = task() | {"id": "first"}
    plan = leptonopt.solve(
        instance(first, task(copies=30, after=["first"])), method="greedy", time_limit=30
    ).require_plan()
    assert [(line["id"], line.get("copies", 1)) for line in plan.tasks] == [("first", 1), ("t", 30)]


def test_a_neighbourhood_on_intervals_holds_no_million_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number of copies the sub-problem counts them by columns."""
    made = compile_instance(validate(instance(task(copies=MILLION, optional=True, value=2))))
    schedule = greedy(made)
    assert schedule is not None
    placing, guide = (
        PartialSchedule(made.problem, schedule=schedule),
        CostGuide.true(made.problem, BlockPricer(made.problem)),
    )
    ran = {0: placing.remove_group(0)}
    asked = freeing.NeighbourhoodRequest([0], "intervals", None, None, 0.1, 0)
    monkeypatch.setattr(subintervals, "solve", lambda *_: pytest.fail("a job for every copy"))
    assert freeing.solve(placing, guide, guide, asked, ran, 1.0).effort > 0


def test_writing_and_checking_end_when_their_clock_says_so() -> None:
    """Both ask it for every entry, and what it raises ends them; a plan of very many entries is refused by name."""
    stated = instance(task(copies=200, optional=True, value=2), gpus=1)
    made = compile_instance(validate(stated))
    schedule = greedy(made)
    assert schedule is not None
    asked = list[int]()
    runs, left = decode(made, schedule)
    plan_document(
        made,
        plans.outcome(made),
        runs,
        left,
        node_schedule_of(made.problem, schedule),
        lambda: asked.append(1),
    )
    assert len(asked) >= 2 * len(runs)
    plan = written(made, schedule)
    asked.clear()
    assert verify(stated, plan, look=lambda: asked.append(1)).ok
    assert len(asked) >= 2 * len(runs)
    known = SimpleNamespace(limits=Limits(1.0), watch=Stopwatch(-(10.0**6)))
    late = answer._clock(known, 5000)  # type: ignore[arg-type]
    late()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: 10**9)
        with pytest.raises(NoPlan, match="a plan of 5,000 entries was written and checked"):
            late()


def test_a_plan_comes_late_where_other_work_takes_the_processor() -> None:
    """Count the time to compute, in up to ten times as long by the clock."""
    known = SimpleNamespace(limits=Limits(100.0), watch=Stopwatch())
    late, began, cpu = answer._clock(known, 1), time.monotonic(), time.process_time()  # type: ignore[arg-type]
    for wall, computed, ends in ((103, 5, False), (105, 1, False), (105, 5, True), (139, 1, False), (141, 1, True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "monotonic", lambda wall=wall: began + wall)
            patch.setattr(time, "process_time", lambda computed=computed: cpu + computed)
            with pytest.raises(NoPlan) if ends else nullcontext():
                late()
    slow = answer._clock(known, 10, ClosingTime(10.0, 1.0))  # type: ignore[arg-type]
    for computed, ends in ((15, False), (21, True)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: began + 125)
            patch.setattr(time, "process_time", lambda computed=computed: cpu + computed)
            with pytest.raises(NoPlan) if ends else nullcontext():
                slow()


def test_time_is_kept_back_by_the_entries_of_the_plan() -> None:
    """What is left for a search falls with every entry of the plan at hand."""
    stated = instance(task(copies=200, optional=True, value=2), gpus=1)
    made = compile_instance(validate(stated))
    with Signals() as signals:
        closing = ClosingTime(0.0, 0.5)
        session = SolveSession(TreeSource(made, stated, {}), Limits(60.0), time.monotonic(), closing, signals)
        before = session.left()
        session.state.schedule = greedy(made)
        assert before - session.left() >= 0.5 * 48
