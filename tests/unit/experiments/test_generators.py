"""Generated instances: the same bytes everywhere, valid, with a plan, and with the shares that were asked for."""

from __future__ import annotations

import doctest
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.heuristics.list_scheduling import priority_orders
from leptonopt.algorithms.heuristics.multistart import TUNING, MultiStart
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import UsageError
from leptonopt.experiments.generators import FAMILIES, Table, table, written
from leptonopt.experiments.generators.rng import RandomStream
from leptonopt.instance import validate
from leptonopt.instance.units import duration
from leptonopt.problem.protocol import Limits, NullMonitor

ROOT = Path(__file__).resolve().parents[3]
COLUMNAR = sorted(set(FAMILIES) - {"platform", "serving"})  # those that columns can hold
EVERYTHING: dict[str, Any] = {"precedence": 0.3, "optional": 0.25, "preemptible": 0.4}
# Of 20 tasks, seed 1, with everything, as JSON. They change only when a family is changed on purpose.
DIGESTS = {
    "elasticflow": "b59866072e6462b338c94ed1d28774b18c7af578ab59201d373fa43fdb2819fa",
    "gaia": "c8733662bbcb8a40b450ca11f3c6b54c6ece0a5e413d5b49ebfdd049b778c0b0",
    "gavel": "d34013829d8a5cdd9a9ef5296395951a408ea01c90f3f6df49c6c2d8c95b87a2",
    "lumpy": "a0426117ead49dc43d32b246552a7bcc94d4157d40163eb1bed5e3bd68bd699b",
    "platform": "b31d8e939cdf6262e565de3947ca8ac10d80dd3281dfa61ea94e95383a5a8d45",
    "regions": "446c2c0d631dd6a17fea49d82a528c44b427866422ab023dc5853cdd0c0038d9",
    "serving": "6acf80eeaa84949332b2c9d57b8a3c77f33aebc9cfc845fbf70a33b0ab6b571b",
}


def rows_of(made: Table) -> np.ndarray:
    """The task of each option."""
    return np.repeat(np.arange(len(made.release)), np.diff(made.options.ptr))


def least(made: Table, wanted: np.ndarray, amount: np.ndarray) -> np.ndarray:
    """The least amount of each task's options among those that are wanted."""
    found = np.full(len(made.release), 1 << 40)
    np.minimum.at(found, rows_of(made)[wanted], amount[wanted].astype(np.int64))
    return found


def shortest(made: Table) -> np.ndarray:
    """Slots of each task at its shortest where there is always room; on its own pool where there is no such pool."""
    unlimited = np.array([pool["capacity"]["gpu"] == "unlimited" for pool in made.head["pools"]])
    room = unlimited[made.options.pool] if unlimited.any() else made.options.pool == made.home[rows_of(made)]
    return least(made, room, made.options.slots)


def slots(made: Table) -> int:
    """Slots of the horizon."""
    return duration(made.head["time"]["horizon"]) // made.slot_s


# --- the same bytes ---


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_same_bytes_as_ever(family: str) -> None:
    """A seed gives the bytes that it has always given."""
    made = written(table(family, tasks=20, seed=1, **EVERYTHING), "json")
    assert sha256(made).hexdigest() == DIGESTS[family]


def test_same_bytes_whatever_the_hash_seed() -> None:
    """Two processes that hash differently write the same bytes, in every notation."""
    script = (
        "import sys; from hashlib import sha256; from leptonopt.experiments.generators import *\n"
        f"tables = [table(name, tasks=40, seed=2, **{EVERYTHING}) for name in FAMILIES]\n"
        "print(sha256(b''.join(written(each, kind) for each in tables for kind in KINDS if kind != 'npz' or not {'quotas', 'services'} & set(each.head))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            cwd=ROOT,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def test_seeds_differ() -> None:
    """Another seed is another instance."""
    assert written(table("gaia", seed=1), "json") != written(table("gaia", seed=2), "json")


def test_draws_are_spread_evenly() -> None:
    """Numbers below a limit are equally frequent, shares exact, quantiles those of the table."""
    draws = RandomStream("test")
    counts = np.bincount(draws.below("a", 70_000, 7), minlength=7)
    assert counts.min() > 9_600
    assert counts.max() < 10_400
    assert draws.share("b", 1001, 333).sum() == 333
    assert abs(np.quantile(draws.quantiles("c", 10_001, (0, 10_000, 1_000_000)), 0.25) - 5_000) < 400
    assert abs(np.bincount(draws.weighted("d", 60_000, (1, 2, 3))) - np.array([10_000, 20_000, 30_000])).max() < 600


# --- what they hold ---


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize("more", [{}, EVERYTHING], ids=["plain", "everything"])
def test_valid_and_solved(family: str, more: dict[str, Any]) -> None:
    """A small instance is valid, and greedy finds a plan that passes the checker."""
    for tasks in (10,) if more else (10, 40):
        instance = leptonopt.generate(family, tasks=tasks, seed=3, **more)
        assert sum(task.copies for task in instance.tasks) == tasks
        leptonopt.solve(instance, method="greedy", time_limit=10, isolate=False).require_plan()


@pytest.mark.parametrize("family", COLUMNAR)
def test_shares_as_asked(family: str) -> None:
    """Shares are exact, load and slack near what was asked for."""
    made = table(family, tasks=4000, seed=5, load=0.6, slack=3, precedence=0.3, optional=0.25, preemptible=0.5)
    count = len(made.release)
    assert made.copies.sum() == 4000
    assert abs((made.after >= 0).sum() - 0.3 * count) <= 0.5
    assert abs((made.value >= 0).sum() - 0.25 * count) <= 0.5
    assert abs(made.spot.sum() - 0.5 * count) <= 0.5
    home = made.options.pool == made.home[rows_of(made)]
    window = made.deadline - np.maximum(made.release, earliest(made))
    timely = home & (made.options.slots <= window[rows_of(made)])
    held = (least(made, timely, made.options.uses[:, 0] * made.options.slots) * made.copies).sum()
    limited = [pool["capacity"]["gpu"] for pool in made.head["pools"] if "spot" not in pool.get("labels", ())]
    room = sum(gpus for gpus in limited if gpus != "unlimited") * slots(made)
    assert 0.57 < held / room < 0.62
    assert 2.6 < (window / shortest(made)).mean() < 3.3


def earliest(made: Table) -> np.ndarray:
    """The slot in which each task can start at the earliest, where nothing is ever full."""
    if not any(pool["capacity"]["gpu"] == "unlimited" for pool in made.head["pools"]):
        return made.release
    start, length = made.release.copy(), shortest(made)
    for at, before in enumerate(made.after.tolist()):
        if before >= 0:
            assert before < at
            start[at] = max(start[at], start[before] + length[before])
    return start


@pytest.mark.parametrize("family", sorted(set(COLUMNAR) - {"lumpy"}))
@pytest.mark.parametrize("hard", [{"slack": 1, "precedence": 0.75}, {"slack": 20, "days": 1, "load": 2}], ids=str)
def test_in_time_on_the_cloud(family: str, hard: dict[str, Any]) -> None:
    """On pools without a limit every task can be done in time, whatever was asked for."""
    made = table(family, tasks=3000, seed=7, **hard)
    assert (earliest(made) + shortest(made) <= made.deadline).all()
    assert (made.release >= 0).all()
    assert made.deadline.max() <= slots(made)


def test_lumpy_has_a_plan_when_tight() -> None:
    """With windows as long as the tasks, little room and precedence, the hidden plan is still there to be found."""
    for seed in range(2):
        instance = leptonopt.generate("lumpy", tasks=20, seed=seed, slack=1, load=0.95, precedence=0.5)
        leptonopt.solve(instance, method="cpsat", time_limit=10).require_plan()


@pytest.mark.parametrize("family", COLUMNAR)
def test_the_first_attempt_finds_a_plan_at_a_thousand_tasks(family: str) -> None:
    """One building and one mending, without prices, place all that must run: a first plan comes soon."""
    problem = compile_instance(leptonopt.generate(family, tasks=1000)).problem
    starts = MultiStart(problem, BlockPricer(problem), Limits(60.0, deterministic=True), NullMonitor())
    starts.attempt(
        priority_orders(problem, starts.blocks)[0], starts.true, hurry=False, passes=0, effort=TUNING.long_effort
    )
    assert starts.found is not None


def test_lumpy_is_lumpy() -> None:
    """Tasks take an eighth to all of their pool, and all of these occur."""
    made = table("lumpy", tasks=2000)
    size = np.array([pool["capacity"]["gpu"] for pool in made.head["pools"]])
    first = made.options.ptr[:-1]
    part = 8 * made.options.uses[first, 0] / size[made.options.pool[first]]
    assert set(part) == set(range(1, 9))


@pytest.mark.parametrize("family", COLUMNAR)
def test_notations_agree(family: str, tmp_path: Path) -> None:
    """JSON and YAML are the same instance, and the columns hold the options that the instance has."""
    made = table(family, tasks=30, seed=4, **EVERYTHING)
    instance = validate(made.document())
    for kind in ("json", "yaml"):
        file = tmp_path / f"made.{kind}"
        file.write_bytes(written(made, kind))
        assert leptonopt.load(file) == instance
    columns = np.load(io.BytesIO(written(made, "npz")))
    head = json.loads(columns["head"].tobytes())
    pools, resources = [pool["id"] for pool in head["pools"]], head["resources"]
    for at, task in enumerate(instance.tasks):
        rows = range(columns["option_ptr"][at], columns["option_ptr"][at + 1])
        stored = [
            (
                pools[columns["option_pool"][row]],
                dict(zip(resources, columns["option_uses"][row].tolist(), strict=True)),
                columns["option_slots"][row],
            )
            for row in rows
        ]
        stated = [
            (way.pool, {key: int(value) for key, value in way.uses.items()}, -(-Fraction(way.duration) // made.slot_s))
            for way in concrete_options(instance, task)
            if way.refused is None
        ]
        assert stored == stated
        assert columns["task_copies"][at] == task.copies
        assert columns["task_value"][at] == (int(task.value * 100) if task.value is not None else -1)
        after = columns["task_after"][at]
        assert [each.task for each in task.after] == ([instance.tasks[after].id] if after >= 0 else [])


def test_the_package_can_be_called() -> None:
    """`leptonopt.generate` is callable, whatever of the package has been imported before."""
    doctested = [
        doctest.testmod(import_module(name))
        for name in ("leptonopt.experiments.generators", "leptonopt.experiments.generators.rng")
    ]
    assert all(result.attempted and not result.failed for result in doctested)


# --- the command ---


def test_command_writes_and_lists(run: Callable[..., tuple[Any, str, str]], tmp_path: Path) -> None:
    """The command writes what `written` gives; without a family it lists them."""
    for kind in ("yaml", "json", "npz"):
        file = tmp_path / f"made.{kind}"
        assert run("generate", "lumpy", "-o", file, "--tasks", "12", "--seed", "9")[0] == 0
        assert file.read_bytes() == written(table("lumpy", tasks=12, seed=9), kind)
    code, said, _ = run("generate", "lumpy", "-o", "-", "--tasks", "12", "--seed", "9")
    assert (code, said) == (0, (tmp_path / "made.yaml").read_text())
    for words in (("generate",), ("generate", "--list")):
        code, said, _ = run(*words)
        assert code == 0
        assert [line.split()[0] for line in said.splitlines()] == list(FAMILIES)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch", "-o", "x.yaml"], "there is no family 'nosuch'; allowed are elasticflow, gaia"),
        (["gaia"], "say where to write"),
        (["gaia", "-o", "x.toml"], "choose one of these endings"),
        (["gaia", "-o", "/nowhere/at/all/x.json"], "there is no folder"),
        (["gaia", "-o", "-", "--tasks", "9"], "tasks is 9; a whole number from 10 to 1,000,000"),
        (["gaia", "-o", "-", "--load", "nan"], "load is nan"),
        (["gaia", "-o", "-", "--load", "0.70001"], "in steps of 0.001"),
        (["lumpy", "-o", "-", "--load", "1"], "load is 1.0; from 0.05 to 0.95"),
        (["gaia", "-o", "-", "--slack", "0.5"], "slack is 0.5"),
        (["gaia", "-o", "-", "--precedence", "0.8"], "precedence is 0.8; from 0 to 0.75"),
        (["gaia", "-o", "-", "--optional", "-1"], "optional is -1.0"),
        (["gaia", "-o", "-", "--preemptible", "2"], "preemptible is 2.0"),
        (["gaia", "-o", "-", "--days", "0"], "days is 0"),
        (["gaia", "-o", "-", "--seed", "-1"], "seed is -1"),
    ],
)
def test_command_refuses(run: Callable[..., tuple[Any, str, str]], words: list[str], said: str) -> None:
    """What cannot be is refused in one line, with what is allowed."""
    code, output, errors = run("generate", *words)
    assert (code, output) == (2, "")
    assert len(errors.splitlines()) == 1
    assert said in errors


def test_wrong_calls_from_python() -> None:
    """The same refusals from Python, and of an unknown notation."""
    with pytest.raises(UsageError, match="there is no family"):
        leptonopt.generate("nosuch")
    with pytest.raises(UsageError, match="tasks is True"):
        leptonopt.generate("gaia", tasks=True)
    with pytest.raises(UsageError, match="no format to generate"):
        written(table("gaia", tasks=10), "toml")
