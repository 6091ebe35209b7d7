"""Self-test of engines: small problems with known answers, once per version on a machine.

The problems are the patterns on which engines have been wrong. What counts is the truth of what an engine says; one
that is slow, or gives up, is asked again another time. A pass is remembered as an empty file in the user's cache.
`LEPTONOPT_SELFTEST=off` skips it all.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from leptonopt import __version__
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import registry as methods

SECONDS = 3.0  # for a problem that takes milliseconds
JUDGED = {
    "ortools": "cpsat",
    "pulp": "cbc",
    "highspy": "highs",
}  # packages, and the method that shows what they are worth
DEAR = {"highspy": 2}  # each problem is a program of its own there: only the first so many, side by side


@dataclass(frozen=True)
class SelftestCase:
    """A small problem: tasks of one slot on pools of one resource. `least` is the optimal cost.

    Attributes
    ----------
    demand : what a task holds wherever it runs
    cost : per task, its cost on the first pool, the second, ...
    room : the capacity of each pool
    value : per task, what it costs to leave out a copy; empty where all must run
    copies : of each task
    least : None where no answer exists
    """

    what: str
    demand: tuple[int, ...]
    cost: tuple[tuple[int, ...], ...]
    room: tuple[int, ...]
    value: tuple[int, ...] = ()
    copies: int = 1
    least: int | None = None

    def problem(self) -> Problem:
        """Return the case as a problem."""
        tasks, options = len(self.demand), [len(line) for line in self.cost]
        none, line = np.zeros(tasks, np.int64), np.zeros(sum(options), np.int64)
        pool = np.concatenate([np.arange(count) for count in options])
        return Problem(
            capacity=np.array(self.room, np.int64)[:, None],
            price=np.zeros((len(self.room), 1), np.int64),
            copies=none + self.copies,
            optional=np.full(tasks, bool(self.value)),
            value=np.array(self.value or none, np.int64),
            late_slope=none,
            late_base=none,
            late_once=none,
            late_after=none,
            option_ptr=np.cumsum([0, *options]),
            pool=pool,
            duration=line + 1,
            fixed=np.concatenate(self.cost).astype(np.int64),
            first=line,
            last=line,
            demand_ptr=np.arange(len(line) + 1),
            demand_row=pool,
            demand=np.repeat(np.array(self.demand, np.int64), options),
            before=none[:0],
            after=none[:0],
            lag=none[:0],
        )


CASES = (
    SelftestCase(
        "a gap of 1e-4 beside costs that cannot be avoided",
        (100, 100, 9, 23, 30, 29, 7, 13, 8, 20, 29, 19, 20, 25),
        ((0,),) * 14,
        (160,),
        (200_000_000, 200_000_007, 1654, 959, 484, 2098, 216, 1696, 1872, 2588, 108, 2950, 1924, 1190),
        least=200_008_633,
    ),
    SelftestCase(
        "pools filled to the last unit",
        (14, 11, 9, 8, 7, 6, 5, 3, 2, 1),
        ((5, 9, 4), (2, 8, 7), (9, 1, 3), (6, 4, 4), (8, 3, 2), (1, 7, 9), (4, 4, 6), (3, 5, 8), (7, 2, 1), (9, 6, 5)),
        (22, 22, 22),
        least=30,
    ),
    SelftestCase("no room for all", (6, 6, 6, 6, 6, 6, 6), ((1, 2, 3),) * 7, (16, 16, 16)),
    SelftestCase("digits that are lost in print", (1,), ((0,),), (123_456_789,), (1,), 200_000_000, 76_543_211),
    SelftestCase(
        "coefficients beyond 32 bits (google/or-tools#5293)",
        (3285274337, 3512359258, 4610485569, 1343544929, 780758725, 1930510379, 3999822065),
        ((188, 254), (932, 246), (503, 842), (74,), (748,), (940,), (653,)),
        (9731377631, 5704059582),
        (1673, 1839, 661, 1750, 1370, 1355, 607),
        least=3464,
    ),
    SelftestCase(
        "row sums beyond 32 bits (google/or-tools#5293)",
        (936855787, 411295627, 990822007, 189711862, 118335862, 735684393, 429363774),
        ((434, 389), (543, 367), (134, 744), (197,), (274,), (456,), (15,)),
        (1906034656, 1169486710),
        (952, 1770, 1431, 550, 716, 675, 1954),
        least=2614,
    ),
)


def failed_selftest(name: str, should_stop: Callable[[], bool] = lambda: False) -> str:
    """Return why a method's engine must not be used; empty when it passes or has passed before."""
    package = methods.lookup(name).package
    judge = name if name.startswith("pulp:") else JUDGED.get(package)
    if judge is None or os.environ.get("LEPTONOPT_SELFTEST") == "off":
        return ""
    from importlib.metadata import PackageNotFoundError, version  # loads the package email

    try:
        engine = f"{judge.replace(':', '-')} {package} {version(package)}"
    except PackageNotFoundError:  # the method says so itself
        return ""
    passed = _cache() / f"{engine} leptonopt {__version__}".replace(" ", "-")
    if passed.exists():
        return ""
    found = _examined(judge, package, should_stop)
    if found is None:
        return ""
    if found:
        return f"{name} is not used: {package} {version(package)} fails the self-test: {found}"
    with contextlib.suppress(OSError):
        passed.parent.mkdir(parents=True, exist_ok=True)
        passed.touch()
    return ""


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home, "leptonopt", "selftest")


def _examined(judge: str, package: str, should_stop: Callable[[], bool]) -> str | None:
    """Return the first fault in an engine's answers; None when too few answers came."""
    cases = CASES[: DEAR.get(package)]
    with ThreadPoolExecutor(DEAR.get(package, 1)) as pool:
        answers = list(pool.map(lambda case: _answer(judge, case, should_stop), cases))
    for case, answer in zip(cases, answers, strict=True):
        if answer and (untrue := objection(case, *answer)):
            return f"{case.what}: {untrue}"
    return "" if all(answer and answer[0].stop in (Stop.PROOF, Stop.DONE) for answer in answers) else None


def _answer(judge: str, case: SelftestCase, should_stop: Callable[[], bool]) -> tuple[Solution, list[int]] | None:
    """Return the answer of an engine to a case, and its bounds; None where it fails."""
    ear = RecordingMonitor(should_stop)
    with contextlib.suppress(Exception):  # what is broken shows as soon as it is used
        return methods.load_method(judge)(case.problem(), None, Limits(SECONDS), ear), ear.bounds
    return None


def objection(case: SelftestCase, said: Solution, bounds: Sequence[int] = ()) -> str:
    """Return the first false claim in an answer; empty without one."""
    if case.least is None:
        return "has an answer where none exists" if said.schedule is not None else ""
    if said.status is Status.INFEASIBLE:
        return "says infeasible, but an answer exists"
    highest = max([*bounds, case.least if said.bound is None else said.bound])
    if highest > case.least:
        return f"claims a bound of {highest}, but {case.least} is possible"
    if said.schedule is None:
        return ""
    problem = case.problem()
    if broken := violated_rules(problem, said.schedule):
        return f"the answer breaks {', '.join(sorted(broken))}"
    cost = objective(problem, said.schedule)
    if said.status is Status.OPTIMAL and cost > case.least:
        return f"calls {cost} optimal, but {case.least} is possible"
    return ""


class RecordingMonitor:
    """A monitor that remembers bounds."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        self.bounds: list[int] = []
        self.should_stop = should_stop

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Ignore incumbents: the final answer counts."""

    def bound(self, value: int) -> None:
        """Record a bound."""
        self.bounds.append(value)

    def best(self) -> Schedule | None:
        """Return no incumbent of another method."""
        return None
