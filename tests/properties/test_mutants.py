"""Tests that small faults do not survive: the model entry by entry, the checker leaf by leaf, and both against each other.

Nothing here calls a solver, so that `scripts/mutants.py` can run it for every mutant of the model and of the checker.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.capacity_dual import FINEST
from leptonopt.algorithms.lagrangian.relaxation import RelaxationDuals
from leptonopt.algorithms.models import constraints_nodes as rules
from leptonopt.algorithms.models.rows import NO_LIMIT
from leptonopt.algorithms.models.time_indexed import (
    IntegerProgram,
    build_model,
    encode,
    has_no_columns,
    largest_objective,
    normalise_costs,
    objective_lower_limit,
    predicted_size,
)
from leptonopt.algorithms.models.time_indexed import decode as decoded
from leptonopt.compile.calendar import least_by_slot
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.compile.work_options import concrete_options
from leptonopt.instance import validate
from leptonopt.plan.document import plan_document
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeSchedule, keeps_rules, supply
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of, objective, quota_use, usage
from leptonopt.session.certificate import _document
from leptonopt.verify import exact as words
from leptonopt.verify import fingerprint, proven, verify
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.quotas import windows_of
from leptonopt.verify.spot import Spot
from leptonopt.verify.task_lines import TaskLineReader
from tests.helpers import naive, random_instances, random_problems
from tests.helpers.marks import first
from tests.helpers.plans import outcome


def written_down(seed: int) -> dict[str, Any]:
    """A random instance; from a thousand on a smaller one, of a few families more."""
    return random_instances.everything(seed) if seed >= 1000 else random_instances.instance(seed)


@cache
def compiled(seed: int) -> CompiledInstance:
    """A random instance, compiled."""
    return compile_instance(validate(written_down(seed)))


def paid_only(seed: int) -> Problem:
    """Nodes of which only the number paid matters: enough at all times, and free of what tells slots apart."""
    problem, rng = random_problems.rich(seed), random.Random(seed)
    nodes, none = problem.nodes, np.zeros_like(problem.nodes.count)
    many = nodes.reserved + nodes.commit_max + np.array([rng.randint(0, 2) for _ in nodes.reserved], np.int64)
    count = np.repeat(many[:, None], problem.slots, axis=1)
    plain = dataclasses.replace(
        nodes,
        count=count,
        on_demand=np.array([rng.random() < 0.5 for _ in many], bool),
        boot=none[:, 0],
        minimum=none[:, 0],
        costs=dataclasses.replace(nodes.costs, on=none, start=none, stop=none),
    )
    quotas = tuple(dataclasses.replace(quota, nodes=None) for quota in problem.quotas)
    capacity = problem.capacity.copy()
    for row in set(nodes.supply_row.tolist()):
        mine = nodes.supply_row == row
        capacity[row] = (nodes.supply_size[mine, None] * plain.most()[nodes.supply_node[mine]]).sum(axis=0)
    return dataclasses.replace(problem, nodes=plain, quotas=quotas, capacity=capacity)


def problems() -> Iterator[Problem]:
    """Random problems of all kinds: with and without nodes, quotas and sets, made by hand and compiled."""
    for seed in range(40):
        if random_problems.rich(seed).nodes:
            yield paid_only(seed)
    for seed in range(60):
        yield random_problems.problem(seed)
        yield random_problems.rich(seed)
    for seed in range(40):
        if not compiled(seed).impossible:
            yield compiled(seed).problem


# --- the model --------------------------------------------------------------------------------------


def by_name(linear: IntegerProgram) -> naive.Model:
    """What was built, by name."""
    names, rows, matrix = linear.names(), linear.row_names(), linear.matrix
    assert len(set(names)) == len(names) == matrix.shape[1]
    assert len(set(rows)) == len(rows) == matrix.shape[0] == len(linear.lower) == len(linear.upper)
    made = naive.Model(
        dict(zip(names, linear.most.tolist(), strict=True)), dict(zip(names, linear.cost.tolist(), strict=True))
    )
    for at, name in enumerate(rows):
        part = slice(matrix.indptr[at], matrix.indptr[at + 1])
        terms = {names[j]: int(value) for j, value in zip(matrix.indices[part], matrix.data[part], strict=True)}
        assert len(terms) == part.stop - part.start
        made.rows[name] = terms, int(linear.lower[at]), int(linear.upper[at])
    return made


def test_the_model_is_what_the_algebra_says() -> None:
    """Every variable, cost, bound, row and coefficient equals what plain loops over the algebra give, by name."""
    for number, problem in enumerate(problems()):
        linear, true = build_model(problem), naive.model(problem)
        assert by_name(linear) == true, number
        assert [name for name in linear.names() if name[0] in "xz"] == linear.names()[: len(linear.group)]
        assert linear.group.tolist() == [int(name.split("_")[1]) for name in linear.names()[: len(linear.group)]]


def test_rules_switched_off_are_off_and_no_other() -> None:
    """Without a rule its rows are missing, and nothing else; without `window` columns are anywhere; `cost` turns round."""
    of_rule = {"once": "once", "capacity": "capacity", "precedence": "precedence", "nodes": "nodes", "quota": "quota", "affinity": "affinity"}  # fmt: skip
    for seed in range(30):
        problem = random_problems.rich(seed)
        whole = by_name(build_model(problem))
        for rule, prefix in of_rule.items():
            part = by_name(build_model(problem, (rule,)))
            assert part.rows == {name: row for name, row in whole.rows.items() if name.split("_")[0] != prefix}
            assert (part.most, part.cost) == (whole.most, whole.cost)
        turned = by_name(build_model(problem, ("cost",)))
        assert turned.cost == {name: -cost for name, cost in whole.cost.items()}
        assert turned.rows == whole.rows
        wide = dataclasses.replace(
            problem, first=np.zeros_like(problem.first), last=np.maximum(0, problem.slots - problem.duration)
        )
        free = naive.model(dataclasses.replace(wide, capacity=np.full_like(problem.capacity, UNLIMITED)))
        off = by_name(build_model(problem, ("window",)))
        assert [name for name in off.most if name[0] == "x"] == [name for name in free.most if name[0] == "x"]


def test_figures_about_the_model() -> None:
    """Costs above the cheapest, what they can come to, the predicted size, and the row of a cutoff."""
    for problem in problems():
        linear = build_model(problem)
        costs, divisor, constant = normalise_costs(linear)
        group = linear.group
        assert np.gcd.reduce(costs) in (0, 1)
        assert divisor > 0
        assert costs.any() or divisor == 1
        for g in range(problem.groups):
            if np.any(group == g):
                own, plain = costs[: len(group)][group == g], linear.cost[: len(group)][group == g]
                assert own.min() == 0
                assert np.array_equal(own * divisor + plain.min(), plain)
        assert np.array_equal(costs[len(group) :] * divisor, linear.cost[len(group) :])
        least = {g: int(linear.cost[: len(group)][group == g].min()) for g in set(group.tolist())}
        assert constant == sum(cost * int(problem.copies[g]) for g, cost in least.items())
        pairs = list(zip(costs.tolist(), linear.most.tolist(), strict=True))
        assert objective_lower_limit(linear, costs) == sum(cost * most for cost, most in pairs if cost < 0)
        dear = {g: max(0, *costs[: len(group)][group == g].tolist(), 0) for g in set(group.tolist())}
        assert largest_objective(linear, costs) == sum(cost * int(problem.copies[g]) for g, cost in dear.items()) + sum(
            abs(cost) * most for cost, most in pairs[len(group) :]
        )
        starts = [int(b - a + 1) for a, b in zip(problem.first, problem.last, strict=True)]
        of_group = [sum(n for n, o in zip(starts, problem.group, strict=True) if o == g) for g in range(problem.groups)]
        linked = sum(of_group[g] for g in [*problem.before.tolist(), *problem.after.tolist()])
        held = [int(d) * len(problem.demands(o)[0]) + 1 + len(problem.quotas) for o, d in enumerate(problem.duration)]
        nodes = problem.slots * (8 * len(problem.nodes) + len(problem.nodes.supply_row))
        entries = sum(n * h for n, h in zip(starts, held, strict=True)) + 3 * linked + nodes
        assert predicted_size(problem) == (sum(starts), entries)
        assert has_no_columns(problem) == any(
            not problem.optional[g] and not any(g == h for h, _, _ in naive.columns(problem))
            for g in range(problem.groups)
        )
        for cutoff in (constant - 1, constant, constant + 3 * divisor + divisor // 2):
            cut = by_name(build_model(problem, (), cutoff))
            terms, lower, upper = cut.rows.pop("cutoff_0")
            names = linear.names()
            assert terms == {names[at]: int(cost) for at, cost in enumerate(costs) if cost}
            assert (lower, upper) == (-NO_LIMIT, (cutoff - constant) // divisor)
            assert cut == by_name(linear)


@pytest.mark.parametrize(
    ("demand", "room", "kept"),
    [
        (200, 1000, 0),
        (2**53, 2**54, 1),
        (2**53 - 1, 2**54, 1),
        (2**53 - 2, 2**54, 0),
        (2**53, UNLIMITED, 0),
        (1001, 1000, 0),
        (600, 1000, 1),
    ],
)
def test_columns_that_can_never_be_too_many_have_no_row(demand: int, room: int, kept: int) -> None:
    """Beyond what doubles count exactly, a row is kept without asking; two tasks of half the demand, the rest in one."""
    problem = random_problems.one_slot([demand, 1 if demand != 600 else 600], [5, 5], room)
    assert sum("capacity" in name for name in build_model(problem).row_names()) == kept


def test_columns_anywhere_are_within_the_horizon() -> None:
    """With `window` off, an option as long as the horizon has one column."""
    problem = random_problems.one_slot([1], [5], 3)
    long = dataclasses.replace(
        problem, capacity=np.full((1, 4), 3), price=np.zeros((1, 4), np.int64), duration=np.array([4])
    )
    assert [name for name in build_model(long, ("window",)).names() if name[0] == "x"] == ["x_0_0_0"]


def test_the_strong_rows_stay_small() -> None:
    """Beyond so many entries they are all left out, and nothing else is."""
    tried = 0
    for seed in range(40):
        problem = random_problems.rich(seed)
        whole = by_name(build_model(problem))
        strong = {name for name in whole.rows if name.startswith("nodes_strong")}
        if not strong:
            continue
        tried += 1
        entries = sum(1 for name in strong for variable in whole.rows[name][0] if variable[0] == "x")
        before = rules.MAX_STRONG_ENTRIES
        try:
            rules.MAX_STRONG_ENTRIES = entries
            assert by_name(build_model(problem)).rows.keys() == whole.rows.keys()
            rules.MAX_STRONG_ENTRIES = entries - 1
            assert by_name(build_model(problem)).rows.keys() == whole.rows.keys() - strong
        finally:
            rules.MAX_STRONG_ENTRIES = before
    assert tried > 10


def drawn(problem: Problem, rng: random.Random, whole: bool = False) -> Schedule | None:
    """Any columns for all copies (or for most), and any nodes, or those that are enough."""
    option, start, columns = [], [], problem.columns
    for g in range(problem.groups):
        own = np.flatnonzero(problem.group[columns.option] == g).tolist()
        for _ in range(int(problem.copies[g])):
            if own and not (problem.optional[g] and rng.random() < 0.3) and (whole or rng.random() > 0.03):
                at = rng.choice(own)
                option.append(int(columns.option[at]))
                start.append(int(columns.start[at]))
    schedule, nodes = Schedule.of(option, start), problem.nodes
    if not len(nodes):
        return schedule
    cheap = node_schedule_of(problem, schedule)
    if cheap is not None and rng.random() < 0.5:
        on, committed = cheap.on.copy(), cheap.committed.copy()
    else:
        on, committed = nodes.count.copy(), nodes.commit_max.copy()
    for _ in range(rng.choice([0, 0, 1, 1, 3])):
        kind, slot = rng.randrange(len(nodes)), rng.randrange(problem.slots)
        low, high = sorted((slot, rng.randrange(problem.slots)))
        on[kind, low : high + 1] = rng.randint(0, int(nodes.count[kind].max()) + rng.choice([0, 0, 1]))
        if rng.random() < 0.5:
            committed[kind] = rng.randint(0, int(nodes.commit_max[kind]) + rng.choice([0, 0, 1]))
    return dataclasses.replace(schedule, rent=NodeSchedule(on, committed))


def keeps(linear: IntegerProgram, values: Any) -> bool:
    """Whether values keep all rows and bounds."""
    inside = bool(np.all(values >= 0) and np.all(values <= linear.most))
    rows = linear.matrix @ values
    return inside and bool(np.all(rows >= linear.lower) and np.all(rows <= linear.upper))


def test_the_model_allows_what_the_rules_allow() -> None:
    """What a schedule is in variables keeps the rows exactly when it breaks no rule, costs the same, and comes back."""
    fine = wrong = 0
    for number, problem in enumerate(problems()):
        linear, rng = build_model(problem), random.Random(number)
        for _ in range(12):
            schedule = drawn(problem, rng)
            if schedule.rent is not None and np.any(schedule.rent.committed > problem.nodes.commit_max):
                continue  # where none can be committed, there is no variable to say so
            values = encode(linear, schedule)
            back = decoded(linear, values)
            assert (list(back), back.rent is None) == (list(schedule), not len(problem.nodes))
            for (number_, pool), at in linear.variables.pools.items():
                inside = [problem.pool[o] == pool for o, _, _ in back if problem.group[o] in problem.together[number_]]
                assert values[at] == any(inside)
            broken = violated_rules(problem, back)
            if schedule.rent is not None and np.any(schedule.rent.on > problem.nodes.count):
                continue  # what comes back has no more nodes than there are
            assert np.all(values <= linear.most)
            assert keeps(linear, values) == (not broken), (number, broken)
            wrong += bool(broken)
            if broken:
                continue
            fine += 1
            assert int(linear.cost @ values) == objective(problem, back), number
            again = encode(linear, back)
            assert np.array_equal(values, again)
            if schedule.rent is not None:
                plain = problem.plain
                assert np.array_equal(back.rent.on[~plain], schedule.rent.on[~plain])
                may = problem.nodes.commit_max > 0
                assert np.array_equal(back.rent.committed[may], schedule.rent.committed[may])
                own = (problem.nodes.reserved + back.rent.committed)[:, None]
                if keeps_rules(problem.nodes, schedule.rent):
                    assert np.array_equal(back.rent.on[plain], np.maximum(schedule.rent.on, own)[plain])
            for (letter, _), positions in linear.variables.nodes.items():
                for position in positions.tolist() if letter in "uv" else ():
                    if values[position]:
                        less = values.copy()
                        less[position] -= 1
                        assert not keeps(linear, less)
    assert fine > 150
    assert wrong > 500


# --- the checker and the arrays ---------------------------------------------------------------------


def stated(seed: int) -> dict[str, Any]:
    """The document as the checker gets it from a file."""
    made: dict[str, Any] = json.loads(json.dumps(written_down(seed), default=str), parse_float=Decimal)
    return _numbers(made, written_down(seed))


def _numbers(read: Any, given: Any) -> Any:
    """Decimals where they were."""
    if isinstance(given, dict):
        return {str(key): _numbers(read[str(key)], value) for key, value in given.items()}
    if isinstance(given, list):
        return [_numbers(one, other) for one, other in zip(read, given, strict=True)]
    return given


def written(
    made: CompiledInstance, schedule: Schedule, status: str = "feasible", bound: Fraction | None = None
) -> dict[str, Any]:
    """The plan of a schedule, good or bad, as its file holds it."""
    runs, left = decode(made, schedule)
    plan = plan_document(made, outcome(made, status, bound), runs, left, node_schedule_of(made.problem, schedule))
    read: dict[str, Any] = json.loads(json.dumps(plan))
    return read


def expected(made: CompiledInstance, schedule: Schedule) -> set[str]:
    """The rules that a schedule breaks, in the words of the checker, from the arrays."""
    problem, broken = made.problem, violated_rules(made.problem, schedule)
    broken -= {"capacity", "nodes", "quota"}
    if "once" in broken:
        # What a task that must run waits for must run as well; the checker puts it down to `precedence`.
        ran = np.bincount(problem.group[schedule.option], schedule.count, problem.groups)
        heads = [made.instance.tasks[members[0][0]] for members in made.members]
        if all(n == copies or head.optional for n, copies, head in zip(ran, problem.copies, heads, strict=True)):
            broken.remove("once")
    load, rent, nodes = usage(problem, schedule), node_schedule_of(problem, schedule), problem.nodes
    supplied = set(nodes.supply_row.tolist())
    for row, stands in enumerate(made.rows):
        if row not in supplied and np.any(load[row] > problem.capacity[row]):
            broken.add("capacity" if stands.pool else "quota")
    if len(nodes):
        offered = supply(nodes, rent, len(load))
        if not keeps_rules(nodes, rent) or any(np.any(load[row] > offered[row]) for row in supplied):
            broken.add("nodes")
    if any(quota_use(problem, quota, schedule, rent) > quota.limit for quota in problem.quotas):
        broken.add("quota")
    return broken


@cache
def drafts(seed: int, many: int) -> tuple[Schedule, ...]:
    """Some schedules of a random instance, good and bad."""
    made, rng, found = compiled(seed), random.Random(seed), []
    if made.impossible or made.loss or not made.problem.groups:
        return ()
    for _ in range(many):
        schedule = drawn(made.problem, rng)
        if node_schedule_of(made.problem, schedule) is not None:
            found.append(schedule)
    return tuple(found)


@pytest.mark.parametrize("seeds", first(1, [(*range(40), *range(1000, 1020)), (*range(40, 80), *range(1020, 1040))]))
def test_the_checker_finds_what_the_arrays_find(seeds: tuple[int, ...]) -> None:
    """Of plans good and bad, two codes say the same: the rules broken, exactly, and the cost to the last digit."""
    seen: set[str] = set()
    good = 0
    for seed in seeds:
        made, given = compiled(seed), stated(seed)
        for schedule in drafts(seed, 5):
            verdict = verify(given, written(made, schedule))
            rules_ = expected(made, schedule)
            assert {violation.rule for violation in verdict.violations} == rules_, seed
            seen |= rules_
            good += not rules_
            if "once" not in violated_rules(made.problem, schedule):
                assert verdict.cost == objective(made.problem, schedule) * made.unit, seed
    assert seen == {"once", "capacity", "nodes", "precedence", "quota", "affinity"}
    assert good > 25


# --- every leaf of a plan -----------------------------------------------------------------------------

# What only the solve knew: changed within its type and range it contradicts nothing else (docs/explanation/checker.md).
TOLD = {
    ("instance", "file"), ("instance", "format"), ("method",), ("proof", "by", "*"), ("made", "leptonopt"),
    ("made", "python"), ("made", "seed"), ("made", "limits", "time_limit"), ("made", "limits", "gap"),
    ("made", "limits", "threads"), ("made", "money_loss"), ("why", "*"),
}  # fmt: skip


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all that is neither a mapping nor a list."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from leaves(child, (*path, key))
    elif isinstance(value, list):
        for at, child in enumerate(value):
            yield from leaves(child, (*path, at))
    else:
        yield path


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy with one leaf changed."""
    made = copy.deepcopy(document)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


def other(value: Any) -> list[Any]:
    """Values that are not this one."""
    if isinstance(value, bool) or value is None:
        return [7]
    if isinstance(value, int | float):
        return [value + 1, value - 1, value + 0.00001, value - 0.00001]
    return [
        value + "x",
        *({"2026-10-24T20:00:00Z", "2026-10-24T21:00:00Z"} - {value} if "T2" in value else {"0", "17"} - {value}),
    ]


def plans(seeds: range) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Plans without fault."""
    for seed in seeds:
        for schedule in drafts(seed, 5):
            if not expected(compiled(seed), schedule):
                yield seed, stated(seed), written(compiled(seed), schedule)
                break


def test_every_leaf_of_a_plan_is_checked() -> None:
    """Whatever number or word of a plan is changed, the checker objects; what is only told is listed by name."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for _, given, plan in plans(range(80)):
        for path in leaves(plan):
            kind = tuple("*" if isinstance(key, int) else key for key in path)
            if kind in TOLD or seen[kind] >= 4:
                continue
            place: Any = plan
            for key in path:
                place = place[key]
            seen[kind] += place is not None
            for value in other(place):
                assert not verify(given, put(plan, path, value)).ok, (path, place, value)
    assert len(seen) > 70


# --- spot capacity, bounds, words -------------------------------------------------------------------


def test_two_codes_agree_on_running_times_of_spot_capacity() -> None:
    """Durations by start, and chances, of work on capacity that is taken away; every kind of checkpoint."""
    rng, slots = random.Random(5), 9
    for _ in range(120):
        slot = rng.choice([600, 1200, 3600])
        rates = [Fraction(rng.choice([0, 0, 1, 3, 9, 40, 900]), 10) for _ in range(slots)]
        work = Fraction(rng.randint(1, 5 * slot))
        stated_ = rng.choice([None, {"cost": "1m"}, {"every": "20m"}, {"every": "25m", "cost": "2m", "restart": "4m"}, {}, {"cost": "5s", "restart": "1m"}])  # fmt: skip
        ours = Spot(work, stated_, rates, slot)
        for rate in set(rates):
            assert float(ours.of(rate)[0]) == pytest.approx(interval(work, stated_, rate)[0], abs=1e-9)
        lengths = [ours.slots(start) for start in range(slots)]
        assert lengths == by_hand(work, stated_, rates, slot)
        for start in range(slots):
            for many in range(1, slots - start + 2, 2):
                if start + many > slots:
                    continue
                for chance in (0.5, 0.9, 0.999):
                    assert ours.chance_kept(start, many, Fraction(str(chance))) == chance_by_hand(
                        work, stated_, rates, slot, start, many, chance
                    )


def interval(work: Fraction, checkpoint: Any, rate: Fraction) -> tuple[float, int, int]:
    """Seconds between checkpoints, to make one, and to start again; by Young's rule where none is stated."""
    seconds = {None: 0, "0s": 0, "1m": 60, "2m": 120, "4m": 240, "5s": 5}
    if checkpoint is None:
        return float(work), 0, 0
    save, again = seconds[checkpoint.get("cost")], seconds[checkpoint.get("restart")]
    every = float(work)
    if "every" in checkpoint:
        every = {"20m": 1200.0, "25m": 1500.0}[checkpoint["every"]]
    elif rate:
        every = math.sqrt(2 * save * 3600 / float(rate))
    return min(every, float(work)), save, again


def by_hand(work: Fraction, checkpoint: Any, rates: list[Fraction], slot: int) -> list[int | None]:
    """Daly's formula in floats, slot by slot."""
    speeds = []
    for rate in rates:
        every, save, again = interval(work, checkpoint, rate)
        if not rate:
            speeds.append(every / (every + save))
            continue
        mean = 3600 / float(rate)
        if (every + save) / mean + again / mean > 50:
            speeds.append(0.0)
            continue
        slower = math.exp(again / mean) * (mean * math.expm1((every + save) / mean) / every if every else 1)
        speeds.append(1 / slower if slower <= 10**6 else 0.0)
    found: list[int | None] = []
    for start in range(len(rates)):
        left, length = float(work), None
        for at in range(start, len(rates)):
            left -= slot * speeds[at]
            if left <= 1e-6:
                length = at - start + 1
                break
        found.append(length)
    return found


def chance_by_hand(
    work: Fraction, checkpoint: Any, rates: list[Fraction], slot: int, start: int, many: int, chance: float
) -> bool:
    """Poisson: the least number of interruptions that is enough, each at its worst."""
    each = [interval(work, checkpoint, rate) for rate in rates[start : start + many]]
    slower = max((every + save) / every if every else 1.0 for every, save, _ in each)
    worst = max(sum(parts) for parts in each)
    mean = float(sum(rates[start : start + many])) * slot / 3600
    number, total = 0, math.exp(-mean)
    while total < chance - 1e-12:
        number += 1
        total += math.exp(-mean + number * math.log(mean) - math.lgamma(number + 1))
    return float(work) * slower + number * worst <= many * slot + 1e-6


def duals(made: CompiledInstance, rng: random.Random) -> RelaxationDuals:
    """Random prices on all that can have one, in whole parts, so that nothing is rounded on the way."""
    problem, size = made.problem, rng.choice([1, max(1, int(1 / made.unit) // 4)])

    def part(most: int) -> float:
        return rng.choice([0, 0, rng.randint(1, most)]) * size / 64

    supplied = set(problem.nodes.supply_row.tolist())
    capacity = np.array(
        [
            [part(400) if k in supplied or problem.capacity[k].max() < UNLIMITED else 0.0 for _ in range(problem.slots)]
            for k in range(len(problem.capacity))
        ]
    ).reshape(problem.capacity.shape)
    capacity[:, made.instance.time.slots :] = 0  # an end slot has no price
    of_pair: dict[tuple[int, int], float] = {}
    task_of = [members[0][0] for members in made.members]
    waiting = [
        of_pair.setdefault((task_of[i], task_of[j]), part(300))
        for i, j in zip(problem.before.tolist(), problem.after.tolist(), strict=True)
    ]
    quota = np.array([part(300) for _ in problem.quotas])
    apart = {(n, p): part(300) for n in range(len(problem.apart)) for p in range(len(made.instance.pools))}
    return RelaxationDuals(capacity, quota, np.array(waiting), apart)


def offered(made: CompiledInstance) -> list[list[Fraction | None]]:
    """What pools offer in demand units, not rounded to whole ones; for a quota at any moment, its limit."""
    instance, found = made.instance, []
    pools, limits = {pool.id: pool for pool in instance.pools}, {quota.id: quota.limit for quota in instance.quotas}
    for row in made.rows:
        if not row.pool:
            limit = limits.get(row.resource)
            found.append([None if limit is None else Fraction(limit) * row.scale] * instance.time.slots)
            continue
        pool = pools[row.pool]
        series = pool.capacity.get(row.resource)
        least = [None] * instance.time.slots if series is None else least_by_slot(series, pool.maintenance, row.resource, instance.time)  # fmt: skip
        found.append([None if value is None else Fraction(value) * row.scale for value in least])
    return found


def usable(made: CompiledInstance, every: bool) -> list[list[Fraction | None]]:
    """What pools offer as far as it can be used up; by `every` option that is allowed, or by those that fit."""
    found = []
    for at, (row, line) in enumerate(zip(made.rows, offered(made), strict=True)):
        step = used_in_steps_of(made, at, every) if row.pool else Fraction(1, 10**9)
        found.append([None if value is None else value // step * step if row.pool else value for value in line])
    return found


def used_in_steps_of(made: CompiledInstance, row: int, every: bool) -> Fraction:
    """The greatest number of demand units of which all that options use of a row are multiples."""
    where = made.rows[row]
    tasks = made.instance.tasks
    ways = [way for task in tasks for way in concrete_options(made.instance, task) if way.refused is None]
    chosen = ways if every else [way for kept in made.kept for way in kept]
    uses = [way.uses.get(where.resource, 0) for way in chosen if way.pool == where.pool]
    common = math.gcd(*(int(Fraction(amount) * where.scale) for amount in uses))
    return Fraction(common) if common else Fraction(1, 10**9)


@pytest.mark.parametrize("seeds", first(1, [range(50), range(50, 150)]))
def test_what_prices_prove_is_what_the_formula_says(seeds: range) -> None:
    """Random prices on capacity, quotas, waiting and sets: the checker's bound equals the formula in plain loops."""
    compared = 0
    for seed in seeds:
        made, rng = compiled(seed), random.Random(seed)
        if made.impossible or made.loss or not made.problem.groups:
            continue
        for _ in range(2):
            prices, given = duals(made, rng), stated(seed)
            certificate = _document(made, prices, fingerprint(given))
            proof = proven(given, certificate)
            size = [Fraction(round(Fraction(w) * FINEST / u)) * u / FINEST for w, u in zip(prices.quota.tolist(), made.quota_units, strict=True)]  # fmt: skip
            true, other = (
                naive.proved(
                    made.problem,
                    usable(made, every),
                    {
                        (int(k), int(t)): Fraction(prices.capacity[k, t])
                        for k, t in zip(*np.nonzero(prices.capacity), strict=True)
                    },
                    dict(enumerate(size)),
                    {e: Fraction(w) for e, w in enumerate(prices.waiting.tolist())},
                    {key: Fraction(w) for key, w in prices.apart.items()},
                )
                for every in (False, True)
            )
            assert proof.why == ("" if true is not None else proof.why)
            known = [None if each is None else each * made.unit for each in (true, other)]
            assert proof.bound in known, seed  # options that fit nowhere may count for the steps
            compared += true is not None
    assert compared > len(seeds)


def test_what_is_missing_or_too_much_is_noticed() -> None:
    """Without any one entry or key, or with a stranger in any list, the checker objects."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for _, given, plan in plans(range(40)):
        for path, whole in branches(plan):
            kind = tuple("*" if isinstance(key, int) else key for key in path)
            if seen[kind] >= 2:
                continue
            seen[kind] += 1
            less = copy.deepcopy(plan)
            del at(less, path[:-1])[path[-1]]
            if kind not in HARMLESS and not (empty(whole) and isinstance(path[-1], int)):
                assert not verify(given, less).ok, path
            if isinstance(whole, list) and whole and isinstance(whole[0], dict) and path[-1] != "on":
                more = copy.deepcopy(plan)
                stranger = {
                    key: "stranger" if isinstance(value, str) and "T" not in value else value
                    for key, value in whole[0].items()
                }
                at(more, path).append(stranger)
                assert not verify(given, more).ok, path
    assert len(seen) > 80


HARMLESS = {("tasks", "*", "copy"), ("left_out", "*", "copy"), ("zone",)}  # of copy 1; older plans name no zone


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """What is there."""
    for key in path:
        document = document[key]
    return document


def empty(value: Any) -> bool:
    """Nothing, or as good as nothing."""
    return value is None or value == 0 or value == [] or value == {}


def branches(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """All parts of a document."""
    if path:
        yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from branches(child, (*path, key))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from branches(child, (*path, number))


# --- what a plan says of itself, and words ------------------------------------------------------------

ONE: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [{"id": "a", "capacity": {"gpu": 1}, "price": {"gpu": 4}}],
    "tasks": [{"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}]}],
}


def one(**changes: Any) -> tuple[str, ...]:
    """What the checker says of the plan of one task that costs 4, with its claims changed."""
    made = compile_instance(validate(ONE))
    plan = written(made, Schedule.of([0], [0]), "feasible", Fraction(3))
    proven = changes.get("status") in ("optimal", "infeasible")
    plan["stop"] = "proof" if proven else "done"
    plan["proof"]["by"] = ["cpsat"] if proven or changes.get("bound_exact", "3") is not None else []
    found = verify(ONE, plan | changes).violations
    return tuple(f"{violation.rule}: {violation.message} ({violation.amount})" for violation in found)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, ()),
        ({"status": "optimal"}, ("status: status: optimal, but the bound 3 is not the cost 4 (1)",)),
        ({"status": "optimal", "bound": 4, "bound_exact": "4", "gap": 0}, ()),
        ({"status": "feasible", "bound": 4, "bound_exact": "4", "gap": 0}, ()),
        ({"bound": 5, "bound_exact": "5", "gap": -0.25}, ("status: bound: is 5, above the cost 4 (1)",)),
        ({"bound": None, "bound_exact": None, "gap": None}, ()),
        ({"bound": None, "bound_exact": None}, ("status: bound: is missing, yet a gap or optimality is claimed (None)",)),
        ({"bound": None, "bound_exact": None, "gap": None, "status": "optimal"}, ("status: bound: is missing, yet a gap or optimality is claimed (None)",)),
        ({"bound": 3.5}, ("status: bound: is 3.5, but bound_exact says 3 (None)",)),
        ({"bound": 3.0000005}, ("status: bound: is 3.0000005, but bound_exact says 3 (None)",)),
        ({"bound": 2.9999995}, ()),
        ({"bound": 2.9999985}, ("status: bound: is 2.9999985, but bound_exact says 3 (None)",)),
        ({"bound": None}, ("status: bound: is None, but bound_exact says 3 (None)",)),
        ({"bound_exact": None}, ("status: bound_exact: is missing, yet the bound is 3 (None)", "status: bound: is missing, yet a gap or optimality is claimed (None)")),
        ({"bound": 4.0000005, "bound_exact": "4", "gap": 0}, ()),
        ({"bound": 4.0000015, "bound_exact": "4", "gap": 0}, ("status: bound: is 4.0000015, but bound_exact says 4 (None)",)),
        ({"gap": 0.25 + 2.4e-10}, ()),
        ({"gap": 0.25 - 2.4e-10}, ()),
        ({"gap": 0.25 + 2.6e-10}, ("status: gap: is 0.25000000026, not 0.25 (None)",)),
        ({"gap": None}, ("status: gap: is None, not 0.25 (None)",)),
        ({"bound": 4, "bound_exact": "4", "gap": 1e-12}, ()),
        ({"bound": 4, "bound_exact": "4", "gap": 2e-12}, ("status: gap: is 2e-12, not 0 (None)",)),
        ({"status": "unknown"}, ("status: status: 'unknown' with a plan (None)",)),
        ({"status": "infeasible"}, ("status: why: is empty; reasons are given where no plan exists (None)", "status: status: 'infeasible' with a plan (None)")),
        ({"why": ["so"]}, ("status: why: is given, yet there is a plan (None)",)),
        ({"stop": "proof"}, ("status: stop: is 'proof' with the status 'feasible'; allowed is done, failed, gap, interrupt, limit (None)",)),
        ({"stop": "gap"}, ("status: stop: is 'gap', yet the gap is 0.25, not 0.0 or less (None)",)),
        ({"currency": "EUR"}, ("form: currency: is 'EUR', not 'USD' (None)",)),
        ({"surprise": 1}, ("form: surprise: is not a key that is known here; allowed are leptonopt_plan, instance, currency, zone, objective, status, stop, cost, cost_exact, bound, bound_exact, gap, method, proof, made, tasks, left_out, nodes, services, batches, quotas, meters, savings, bill, utilisation, figures, why, trace (None)",)),
        ({"cost": 4.0000005}, ()),
        ({"cost": 4.000002}, ("cost: cost: is 4.000002, not 4 (0.000002)",)),
        ({"cost": 3.999998}, ("cost: cost: is 3.999998, not 4 (-0.000002)",)),
        ({"cost_exact": "9/2"}, ("cost: cost_exact: is 9/2, not 4 (0.5)",)),
        ({"cost_exact": None}, ("cost: cost_exact: is missing, yet the cost is 4 (None)",)),
        ({"objective": {"cost": 2, "carbon_kg": 0}}, ("cost: objective.cost: is 2, not 1 (1)",)),
        ({"objective": {"cost": 1, "carbon_kg": 1}}, ("cost: objective.carbon_kg: is 1, not 0 (1)",)),
        ({"bill": None}, ("bill: bill: is missing (None)",)),
        ({"tasks": []}, ("once: task 't': neither runs nor is left out (None)",)),
        ({"left_out": [{"id": "t", "value": 0}]}, ("once: task 't': is left out, but is not optional (None)", "once: task 't': is left out twice, or both left out and run (None)")),
        ({"left_out": [{"id": "t", "copy": 2, "value": 0}]}, ("once: task 't' copy 2: there are only 1 copies (None)",)),
    ],
)  # fmt: skip
def test_claims_and_words(changes: dict[str, Any], says: tuple[str, ...]) -> None:
    """Each claim of a plan, right to the last digit and just beyond it, in these words."""
    found = one(**changes)
    assert (found if changes.keys() != {"tasks"} else found[:1]) == says


def test_without_a_plan() -> None:
    """Only infeasible and unknown have none, and then nothing is listed."""
    none = plan_document(
        compile_instance(validate(ONE)), outcome(compile_instance(validate(ONE)), "infeasible"), None, []
    )
    assert verify(ONE, none).ok
    unsaid = none["proof"] | {"by": []}
    assert verify(ONE, none | {"status": "unknown", "stop": "limit", "proof": unsaid}).ok
    assert verify(ONE, none).notes == ("there is no plan to check",)
    for changes in (
        {"status": "optimal"},
        {"status": "feasible"},
        {"left_out": [{"id": "t", "value": 0}]},
        {"bound": 3, "bound_exact": "3"},
        {"bound": 3},
        {"gap": 0},
        {"why": []},
    ):
        assert {each.rule for each in verify(ONE, none | changes).violations} == {"status"}, changes


@pytest.mark.parametrize(
    ("text", "value"),
    [("90m", 5400), ("1h30m", 5400), ("1h 30min", 5400), ("45s", 45), ("7d", 604800), ("2w", 1209600), ("1.5h", 5400),
     ("0s", 0), (" 2h ", 7200), ("", None), ("h", None), ("5", None), ("5x", None), (5, None), ("-1h", None), (None, None), ("1h!", None)],
)  # fmt: skip
def test_durations(text: Any, value: int | None) -> None:
    """Read exactly, or refused."""
    if value is None:
        with pytest.raises(words.Malformed, match="is not a duration"):
            words.duration(text)
    else:
        assert words.duration(text) == value


def test_numbers_and_instants() -> None:
    """Read exactly; what is none is refused; shown short."""
    assert words.exact(0.1) == Fraction(1, 10)
    assert words.exact(Decimal("2.50")) == Fraction(5, 2)
    for wrong in (True, "1", None, [1]):
        with pytest.raises(words.Malformed, match="is not a number"):
            words.exact(wrong)
    assert words.instant(" 2026-01-05t02:00+02:00 ") == words.instant("2026-01-05T00:00Z")
    for wrong_, why in ((5, "not an instant"), ("soon", "not an instant"), ("2026-01-05T00:00", "no offset from UTC")):
        with pytest.raises(words.Malformed, match=why):
            words.instant(wrong_)
    shown = {3: "3", Fraction(1, 2): "0.5", Fraction(1, 3): "0.333333", Fraction(10**13, 3): "10000000000000/3",
             Fraction(10**12 * 3 + 1, 3): "3000000000001/3", Fraction(-1, 8): "-0.125", Fraction(2999999999999, 3): "999999999999.666626"}  # fmt: skip
    assert {value: words.shown(value) for value in shown} == shown


def test_findings() -> None:
    """Two hundred are listed, more are counted; numbers are compared to within their rounding."""
    findings = words.Findings()
    for number in range(203):
        findings.say("once", "", f"message {number}")
    assert (len(findings.found), findings.more) == (200, 3)
    assert str(findings.found[0].message) == "message 0"
    findings = words.Findings()
    for off, noticed in ((0.0000005, False), (-0.0000005, False), (0.00000051, True), (-0.00000051, True)):
        findings.same("cost", "it", 1 + off, Fraction(1))
        assert bool(findings.found) == noticed
        findings.found.clear()
    findings.same("cost", "it", 10.0**15 + 1, Fraction(10**15))
    findings.same("cost", "it", None, None)
    assert not findings.found
    findings.same("cost", "it", 10**15 + 2, Fraction(10**15))
    findings.same("cost", "it", None, Fraction(1))
    findings.same("cost", "it", 1, None)
    assert [each.message for each in findings.found] == ["it: is 1000000000000002, not 1000000000000000", "it: is None, not 1", "it: is 1, not None"]  # fmt: skip
    assert [each.amount for each in findings.found] == ["2", None, None]


@pytest.mark.parametrize("seeds", first(1, [range(35), range(35, 70)]))
def test_amounts_are_those_of_the_arrays(seeds: range) -> None:
    """By how much capacity, nodes, quotas, sets and precedence are broken, and where, from the arrays."""
    counted: Counter[str] = Counter()
    for seed in seeds:
        made, given = compiled(seed), stated(seed)
        problem = made.problem
        for schedule in drafts(seed, 5):
            found = verify(given, written(made, schedule)).violations
            load, rent = usage(problem, schedule), node_schedule_of(problem, schedule)
            supplied = set(problem.nodes.supply_row.tolist())
            start = made.instance.time.start
            moments = [(start + timedelta(seconds=t * made.instance.time.slot)).strftime("%Y-%m-%dT%H:%M:%SZ") for t in range(problem.slots)]  # fmt: skip
            there = supply(problem.nodes, rent, len(load)) if len(problem.nodes) else load
            true = set()
            for row, stands in enumerate(made.rows):
                for t in range(made.instance.time.slots):
                    if row in supplied:
                        over, rule = Fraction(int(load[row, t] - there[row, t]), stands.scale), "nodes"
                    elif stands.pool and problem.capacity[row, t] < UNLIMITED:
                        over, rule = Fraction(int(load[row, t])) / stands.scale - (offered(made)[row][t] or 0) / stands.scale, "capacity"  # fmt: skip
                    else:
                        continue
                    if over > 0 and load[row, t]:
                        where = f"pool {stands.pool!r}" if stands.node is None else f"node {stands.node!r}"
                        true.add((rule, f"{where} {stands.resource} at {moments[t]}", words.shown(over)))
            said = {(v.rule, v.witness, v.amount) for v in found if v.rule == "capacity" or (v.rule == "nodes" and not v.witness.startswith("nodes "))}  # fmt: skip
            assert said == true, seed
            counted.update(rule for rule, _, _ in true)
            for number, each in enumerate(made.instance.apart):
                for pool in sorted({option.id for option in made.instance.pools}):
                    runs = [run for run in decode(made, schedule)[0] if made.instance.tasks[run.task].id in each and run.way.pool == pool]  # fmt: skip
                    mine = [v for v in found if v.rule == "affinity" and v.message.endswith(f"of them run on pool {pool!r}") and v.witness == f"apart {list(each)}"]  # fmt: skip
                    many = sum(run.copies for run in runs)
                    assert [v.amount for v in mine] == ([str(many - 1)] if many > 1 else []), (seed, number)
                    counted["apart"] += len(mine)
            for v in found:
                if v.rule == "precedence" and v.amount is not None:
                    assert v.message.endswith(f"starts {v.amount} slots too early")
                    assert int(v.amount) == early(made, schedule, v.witness), seed
                    counted["precedence"] += 1
    assert all(counted[rule] > 2 for rule in ("nodes", "capacity", "precedence")), counted


def early(made: CompiledInstance, schedule: Schedule, witness: str) -> int:
    """By how many slots the first copy of a task starts before it may."""
    problem, ids = made.problem, [made.instance.tasks[members[0][0]].id for members in made.members]
    begins = {int(problem.group[o]): s for o, s, _ in schedule}
    ends = {int(problem.group[o]): s + int(problem.duration[o]) for o, s, _ in schedule}
    return max(
        ends[i] + lag - begins[j]
        for i, j, lag in zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
        if witness == f"task {ids[j]!r} after {ids[i]!r}" and j in begins and i in ends
    )


# --- more of what only happens now and then -------------------------------------------------------------


def nodes_only(rng: random.Random) -> dict[str, Any]:
    """One kind of nodes of every make, and tasks that may use them."""
    slots = 6
    moments = [f"2026-01-05T0{t}:00Z" for t in range(slots)]

    def line(low: int, high: int) -> Any:
        if rng.random() < 0.4:
            return rng.randint(max(low, 1), high)
        return {"steps": {moments[t]: rng.randint(low, high) for t in (0, rng.randint(1, 2), rng.randint(3, 5))}}

    nodes: dict[str, Any] = {"size": {"gpu": rng.randint(1, 2)}, "count": line(0, 3), "power": Decimal("0.5")}
    if rng.random() < 0.7:
        nodes["price"] = line(0, 9)
    if rng.random() < 0.4:
        nodes["reserved"] = rng.randint(0, 1)
    if "price" not in nodes or rng.random() < 0.4:
        nodes["commit"] = {"total": rng.randint(1, 20), "max": rng.randint(0, 2)}
    for key, high in (("startup", 5), ("shutdown", 5)):
        if rng.random() < 0.5:
            nodes[key] = rng.randint(0, high)
    for key in ("boot", "minimum"):
        if rng.random() < 0.6:
            nodes[key] = f"{rng.randint(0, 4)}h"
    return {
        "leptonopt": 1,
        "time": {"start": moments[0], "slot": "1h", "horizon": f"{slots}h"},
        "pools": [{"id": "p", "nodes": nodes, "price": {"power": line(0, 3)}, "carbon": 100}],
        "quotas": [{"id": "q", "of": rng.choice(["money", "energy", "carbon"]), "limit": 10000, **rng.choice([{}, {"pools": ["p"]}])}],
        "objective": {"cost": rng.choice([1, 2]), "carbon_kg": rng.choice([0, 3])},
        "tasks": [{"id": "t", "optional": True, "value": 3, "options": [{"pool": "p", "uses": {"gpu": 1}, "duration":
        "2h"}]}],
    }  # fmt: skip


@pytest.mark.parametrize("draws", first(1, [21, 22, 23]))
def test_what_nodes_can_prove(draws: int) -> None:
    """One kind of nodes of every make at random prices: minimum times, booting, commitments, changing numbers."""
    rng = random.Random(draws)
    for turn in range(90):
        given = nodes_only(rng)
        made = compile_instance(validate(given))
        if made.impossible or made.loss or not made.problem.groups:
            continue
        problem = made.problem
        price = np.array(
            [[rng.choice([0, rng.randint(0, 600)]) / 64 for _ in range(problem.slots)] for _ in problem.capacity]
        )
        price[[at for at, row in enumerate(made.rows) if row.resource != "gpu"]] = 0
        prices = RelaxationDuals(price, np.array([rng.choice([0, 0, 1]) / 64 for _ in problem.quotas]), np.zeros(0), {})
        size = [Fraction(round(Fraction(w) * FINEST / u)) * u / FINEST for w, u in zip(prices.quota.tolist(), made.quota_units, strict=True)]  # fmt: skip
        cells = {(int(k), int(t)): Fraction(price[k, t]) for k, t in zip(*np.nonzero(price), strict=True)}
        true = naive.proved(problem, offered(made), cells, dict(enumerate(size)), {}, {})
        proof = proven(given, _document(made, prices, fingerprint(given)))
        assert true is not None
        assert proof.bound == true * made.unit, turn


@pytest.mark.parametrize(
    ("low", "high", "closed"),
    [("04T22:00", "04T23:00", []), ("04T22:00", "05T00:00", []), ("04T22:00", "05T00:01", [0]), ("05T01:00", "05T02:00", [1]),
     ("05T01:59", "05T02:01", [1, 2]), ("05T03:00", "05T09:00", [3]), ("05T04:00", "05T09:00", []), ("05T08:00", "05T09:00", [])],
)  # fmt: skip
def test_maintenance_closes_the_slots_it_touches(low: str, high: str, closed: list[int]) -> None:
    """Before, across, within and behind the horizon."""
    given = copy.deepcopy(ONE)
    given["pools"][0]["maintenance"] = [{"from": f"2026-01-{low}Z", "to": f"2026-01-{high}Z"}]
    assert StatedInstance(given).least("a", "gpu") == [0 if slot in closed else 1 for slot in range(4)]


LABELS: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [{"id": "a", "nodes": {"size": {"gpu": 2}, "count": 3, "price": 1}}],
    "tasks": [
        {"id": "t", "placement": "one-node", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}]},
        {"id": "w", "options": [{"pool": "a", "nodes": 2, "duration": "1h"}]},
    ],
}


@pytest.mark.parametrize(
    ("task", "labels", "says"),
    [
        ("t", ["a/3"], None),
        ("t", ["a/1", "a/3"], "names the nodes ['a/1', 'a/3']; it takes 1 of them"),
        ("t", ["a/9"], "'a/9' is no node that it can be on"),
        ("w", ["a/3"], "names the nodes ['a/3']; it takes 2 of them"),
        ("w", ["a/3", "a/3"], "names the nodes ['a/3', 'a/3']; it takes 2 of them"),
    ],
)
def test_nodes_are_named(task: str, labels: list[str], says: str | None) -> None:
    """Each as often as it takes, and only nodes that are there."""
    made = compile_instance(validate(LABELS))
    problem = made.problem
    own = {made.instance.tasks[members[0][0]].id: group for group, members in enumerate(made.members)}
    option = {name: int(problem.option_ptr[group]) for name, group in own.items()}
    on = np.zeros_like(problem.nodes.count)
    on[:, 0:2] = 1
    plan = written(
        made, Schedule.of([option["t"], option["w"]], [0, 1], None, NodeSchedule(on, np.zeros(len(on), np.int64)))
    )
    line = next(line for line in plan["tasks"] if line["id"] == task)
    line["nodes"] = labels
    found = [each.message for each in verify(LABELS, plan).violations]
    assert found == ([] if says is None else [f"task {task!r}: {says}"])


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("04T23:00", "05T00:00", "starts 3600 s before the horizon (3600)"),
        ("05T04:00", "05T05:00", "ends 3600 s after the horizon (3600)"),
        ("05T03:00", "05T04:00", None),
        ("05T03:00", "05T05:00", "ends 3600 s after the horizon (3600)"),
    ],
)
def test_runs_stay_within_the_horizon(start: str, end: str, says: str | None) -> None:
    """To the second."""
    plan = written(compile_instance(validate(ONE)), Schedule.of([0], [3]))
    plan["tasks"][0] |= {"start": f"2026-01-{start}:00Z", "end": f"2026-01-{end}:00Z"}
    found = [f"{each.message} ({each.amount})" for each in verify(ONE, plan).violations if each.rule == "window"]
    assert found == ([] if says is None else [f"task 't': {says}"])


def test_a_plan_twice_or_of_something_else() -> None:
    """By how many runs too many, and no entry that is no mapping."""
    line = written(compile_instance(validate(ONE)), Schedule.of([0], [0]))["tasks"][0]
    assert {
        "once: task 't': runs 3 times (2)",
        "capacity: pool 'a' gpu at 2026-01-05T00:00:00Z: 3 in use, 1 there (2)",
    } <= {*one(tasks=[line] * 3)}
    assert one(tasks=[None]) == ("form: tasks[0]: None is not a mapping (None)",)
    nothing_there = {"id": "b", "nodes": {"size": {"gpu": 1}, "count": 1, "price": 1}}
    given = LABELS | {"pools": [*LABELS["pools"], nothing_there]}
    certificate = {"leptonopt_certificate": 1, "unit": "1"}
    for node, why in (("a/3", ""), ("a/4", "no node of pool 'a'"), ("b/1", "no node of pool 'a'")):
        line = {"pool": "a", "resource": "gpu", "node": node, "price": [[0, 1]]}
        assert why in proven(given, certificate | {"capacity": [line]}).why
        assert proven(given, certificate | {"capacity": [line]}).ok == (not why)


SPOT: dict[str, Any] = {
    "leptonopt": 1,
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
    "pools": [
        {"id": "a", "capacity": {"gpu": 1}, "interruptions": {"steps": {"2026-01-05T00:00Z": 0, "2026-01-05T02:00Z":
        99}}},
        {"id": "n", "nodes": {"size": {"gpu": 1}, "count": 1, "price": 1, "minimum": "3h"}},
    ],
    "tasks": [
        {"id": "t", "deadline": "2026-01-06T00:00Z", "on_time": 0, "options": [{"pool": "a", "uses": {"gpu": 1},
        "duration": "1h"}]}
    ],
}  # fmt: skip


def of_spot(start: int, nodes: list[dict[str, Any]]) -> list[str]:
    """What the checker says of the plan of one task on spot capacity, started at a slot, with these nodes on."""
    given = copy.deepcopy(SPOT)
    del given["tasks"][0]["on_time"]
    made = compile_instance(validate(given))
    rent = NodeSchedule(np.zeros_like(made.problem.nodes.count), np.zeros(1, np.int64))
    plan = written(made, Schedule.of([0], [1], None, rent))
    plan["tasks"][0] |= {"start": f"2026-01-05T0{start}:00:00Z", "end": f"2026-01-05T0{start + 1}:00:00Z"}
    if nodes != [{}]:
        plan["nodes"] = [plan["nodes"][0] | each for each in nodes]
    return [f"{each.rule}: {each.message}" for each in verify(given, plan).violations if each.rule != "bill"]


def test_spot_and_nodes_by_hand() -> None:
    """Too often interrupted; nodes not listed; a minimum time from the first slot on."""
    assert of_spot(1, [{}]) == []
    assert of_spot(2, [{}])[0] == "option: task 't': is interrupted too often for its option to end when it starts at 2026-01-05T02:00:00Z"  # fmt: skip
    assert of_spot(4, [{}])[0] == "window: task 't': ends 3600 s after the horizon"
    assert len([each for each in of_spot(4, [{}]) if each.startswith("option")]) == 0
    assert of_spot(1, []) == ["nodes: nodes 'n' of pool 'n': is missing"]
    early_ = [{"from": "2026-01-05T00:00Z", "count": 1}, {"from": "2026-01-05T01:00Z", "count": 0}]
    says = [each for each in of_spot(1, [{"on": early_}]) if "minimum" in each]
    assert says == [f"nodes: nodes 'n' of pool 'n' at 2026-01-05T0{t}:00:00Z: are switched off before their minimum time on" for t in (1, 2)]  # fmt: skip


def test_deadlines_beyond_the_horizon_and_chances() -> None:
    """What counts for a chance is the time up to the horizon at most."""
    given = copy.deepcopy(SPOT)
    given["pools"][0]["interruptions"] = Decimal("0.2")
    given["tasks"][0] |= {"on_time": Decimal("0.97"), "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "2h"}]}
    stated_ = StatedInstance(given)
    runs = TaskLineReader(stated_, [], words.Findings(), {})
    for start in range(3):
        runs.findings.found.clear()
        length = runs._slots("it", stated_.tasks["t"], stated_.way("t", "a"), start)
        rates = [Fraction(1, 5)] * 4
        true = length is not None and any(
            chance_by_hand(Fraction(7200), None, rates, 3600, start, many, 0.97)
            for many in range(length, 4 - start + 1)
        )
        assert bool(runs.findings.found) == (length is not None and not true), start


def test_a_task_within_one_node_takes_one() -> None:
    """Whole nodes and one node do not go together."""
    given = copy.deepcopy(LABELS)
    plan = written(
        compile_instance(validate(given)),
        Schedule.of([], [], None, NodeSchedule(np.zeros((3, 4), np.int64), np.zeros(3, np.int64))),
    )
    line = {
        "id": "w",
        "option": "a",
        "pool": "a",
        "uses": {"gpu": 4},
        "quality": 1,
        "cost": 0,
        "parts": {"running": 0, "fixed": 0, "late": 0},
        "start": "2026-01-05T00:00Z",
        "end": "2026-01-05T01:00Z",
    }
    given["tasks"][1]["placement"] = "one-node"
    plan["tasks"] = [line | {"nodes": ["a/1", "a/2"]}]
    assert "task 'w': must fit within one node, but takes 2" in [
        each.message for each in verify(given, plan, any_instance=True).violations
    ]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"waiting": [{"task": "t", "after": "u", "price": 1}]}, "waiting: 't' does not wait for 'u'"),
        ({"capacity": [{"pool": "a", "resource": "gpu", "price": [[4, 1]]}]}, "capacity of 'a' gpu: slot 4 is not behind slot -1 and within the horizon"),
        ({"capacity": [{"pool": "a", "resource": "cpu", "price": []}]}, "capacity: pool 'a' has no resource 'cpu'"),
        ({"apart": [{"set": 0, "pool": "a", "price": 1}]}, "apart: is no set of the instance and one of its pools"),
        ({"unit": "-1"}, "unit: must be above 0"),
        ({"unit": "0"}, "unit: must be above 0"),
    ],
)  # fmt: skip
def test_certificates_are_refused_in_these_words(change: dict[str, Any], why: str) -> None:
    """What is wrong, with names."""
    assert proven(ONE, {"leptonopt_certificate": 1, "unit": "1"} | change).why == why


def test_quotas_per_day_begin_at_midnight() -> None:
    """Of the zone, on days of 25 hours as well, and not only on the first."""
    given = {**ONE, "time": {"start": "2026-10-23T22:00Z", "slot": "1h", "horizon": "4d", "zone": "Europe/Berlin"}}
    assert list(windows_of(StatedInstance(given), {"id": "q", "per": "day"})) == [(0, 24), (24, 49), (49, 73), (73, 96)]
    assert list(windows_of(StatedInstance(given), {"id": "q"})) == [(0, 96)]
