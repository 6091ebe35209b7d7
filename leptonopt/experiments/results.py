"""The lines of a folder of results, and the figures that follow from each.

All figures compare with the best value known of an instance: the published one, or the least cost that any run
in the folder has reached where that is less or nothing is published.

    first, best     seconds until the first plan, and until the plan that the run ended with
    gap             what the run itself has proven: (cost - bound) / |cost|
    off             how far its cost is above the published value, as a share of it, less than 0 where that is beaten;
                    above the best known where nothing is published
    primal          the primal gap at a moment (Berthold 2013, doi:10.1016/j.orl.2013.08.007): |cost - best| over
                    the larger of the two, 1 while there is no plan
    integral        the mean of the primal gap over the time limit: the primal integral over that limit
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leptonopt.errors import InputError, UsageError
from leptonopt.experiments.cases import INFEASIBLE
from leptonopt.plan.numbers import rational
from leptonopt.solvers.registry import current_name

if TYPE_CHECKING:
    from _typeshed import StrPath

LINES, PLANS = "runs.jsonl", "plans"
EQUAL = 1e-9  # costs closer than this, as a share, are equal
Line = dict[str, Any]


def lines_of(folder: Path) -> list[Line]:
    """Return the finished runs of a folder, each key once; half a line at the end is ignored."""
    path = folder / LINES
    if not path.is_file():
        return []
    found: dict[str, Line] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    for number, content in enumerate(text.split("\n")[:-1], 1):
        try:
            line = json.loads(content)
            _sound(RunRecord(line))
            found[line["key"]] = line
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError):
            raise InputError(f"{path}:{number}: is no line of a run; `leptonopt compare` writes one per run") from None
    return list(found.values())


def _sound(run: RunRecord) -> None:
    """Raises what a line that says not all, or something odd, would raise later."""
    known = (run.key, run.instance, run.family, run.content, run.tasks, run.method, run.seed, run.status)
    figures = (run.limit, run.seconds, run.cost, run.bound, run.reference, run.off, run.gap, run.contradicts)
    if not (isinstance(run.line["key"], str) and run.limit > 0 and known and figures):
        raise ValueError("no key, or no time")
    for at, value in (*run.costs, *run.bounds):
        if not (isfinite(at) and isfinite(value)):
            raise ValueError("a trace that is not finite")


@dataclass(frozen=True, eq=False)
class RunRecord:
    """A finished run, and its figures. `best` is the best value known of its instance, None where none is."""

    line: Line
    best: Fraction | None = None

    @property
    def key(self) -> str:
        return str(self.line["key"])

    @property
    def instance(self) -> str:
        return str(self.line["instance"]["name"])

    @property
    def family(self) -> str:
        return str(self.line["instance"]["family"])

    @property
    def content(self) -> str:
        """Return what identifies the instance."""
        return str(self.line["instance"]["sha256"])

    @property
    def tasks(self) -> int:
        return int(self.line["instance"]["tasks"])

    @property
    def method(self) -> str:
        """Return the present name of the method; lines of older versions state the former one."""
        name = str(self.line["method"])
        return name if self.line.get("source") else current_name(name)

    @property
    def seed(self) -> int:
        return int(self.line["seed"])

    @property
    def limit(self) -> float:
        """Return the time limit in seconds."""
        return float(self.line["time_limit"])

    @property
    def status(self) -> str:
        return "failed" if "error" in self.line else str(self.line["status"])

    @property
    def proven(self) -> bool:
        return self.status in ("optimal", "infeasible")

    @cached_property
    def cost(self) -> Fraction | None:
        return _fraction(self.line.get("cost"))

    @cached_property
    def bound(self) -> Fraction | None:
        return _fraction(self.line.get("bound"))

    @property
    def seconds(self) -> float:
        """Return the seconds of the solve, or of the process where it gave no answer."""
        return float(self.line.get("seconds", {}).get("total", self.line["wall"]))

    @property
    def contradicts(self) -> bool:
        """Return True when status and published value contradict each other."""
        said = self.line.get("best_known")
        if said == INFEASIBLE:
            return self.cost is not None
        return bool(said) and self.status == INFEASIBLE

    @cached_property
    def costs(self) -> list[tuple[float, float]]:
        """Return (second, cost) of each improvement."""
        steps: list[tuple[float, float]] = []
        for at, cost, _ in self.line.get("trace", ()):
            if cost is not None and (not steps or cost < steps[-1][1]):
                steps.append((at, cost))
        return steps

    @cached_property
    def bounds(self) -> list[tuple[float, float]]:
        """Return (second, bound) of each improvement."""
        steps: list[tuple[float, float]] = []
        for at, _, bound in self.line.get("trace", ()):
            if bound is not None and (not steps or bound > steps[-1][1]):
                steps.append((at, bound))
        return steps

    @property
    def first(self) -> float | None:
        """Return the seconds until the first plan."""
        return self.costs[0][0] if self.costs else None

    @property
    def last(self) -> float | None:
        """Return the seconds until the final plan."""
        return self.costs[-1][0] if self.costs else None

    @property
    def gap(self) -> float | None:
        """Return the proven gap; None without a plan or a bound."""
        if self.cost is None or self.bound is None:
            return None
        return _share(self.cost - self.bound, self.cost)

    @property
    def reference(self) -> Fraction | None:
        """Return the value `off` is measured from: the published one, else the best known."""
        stated = self.line.get("best_known")
        return rational(stated) if stated and stated != INFEASIBLE else self.best

    @property
    def off(self) -> float | None:
        """Return the relative distance to the reference; below 0 where a published value is beaten."""
        if self.cost is None or self.reference is None:
            return None
        return _share(self.cost - self.reference, self.reference)

    def primal(self, cost: float | None) -> float:
        """Return the primal gap of a cost."""
        if cost is None:
            return 1.0
        if self.best is None:
            return 0.0
        best = float(self.best)
        larger = max(abs(cost), abs(best))
        if larger == 0 or abs(cost - best) <= EQUAL * larger:
            return 0.0
        return 1.0 if cost * best < 0 else min(1.0, abs(cost - best) / larger)

    @property
    def final(self) -> float:
        """Return the final primal gap; 0 where infeasibility is proven."""
        return 0.0 if self.status == INFEASIBLE else self.primal(None if self.cost is None else float(self.cost))

    @cached_property
    def integral(self) -> float:
        """Return the mean primal gap over the time limit."""
        if self.status == INFEASIBLE:
            return min(1.0, self.seconds / self.limit)
        total, since, gap = 0.0, 0.0, 1.0
        for at, cost in self.costs:
            at = min(at, self.limit)
            total, since, gap = total + gap * (at - since), at, self.primal(cost)
        return (total + gap * (self.limit - since)) / self.limit

    def reached(self, target: float) -> float | None:
        """Return the seconds until the primal gap was at most `target`; None when it never was."""
        return next((at for at, cost in self.costs if self.primal(cost) <= target + EQUAL), None)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else rational(text)


def _share(part: Fraction, whole: Fraction) -> float:
    if not part:
        return 0.0
    return float(part / abs(whole)) if whole else float("inf")


class Results:
    """Runs of one or several folders, to be compared.

    Attributes
    ----------
    runs : in the order in which they were finished
    folders : where they and their plans are
    """

    def __init__(self, runs: Iterable[RunRecord], folders: Sequence[Path]) -> None:
        self.runs, self.folders = tuple(runs), tuple(folders)

    @classmethod
    def of(cls, *folders: StrPath) -> Results:
        """Return all finished runs of folders that `compare` wrote.

        Raises `UsageError` for a folder without any, `InputError` for lines that are none.
        """
        paths = [Path(folder) for folder in folders]
        lines: dict[str, Line] = {}
        for path in paths:
            here = lines_of(path)
            if not here and not (path / LINES).is_file():
                raise UsageError(f"{path}: holds no results; `leptonopt compare … -o {path}` makes them")
            lines.update((line["key"], line) for line in here)
        return cls(_with_best(list(lines.values())), paths)

    def only(self, keys: Collection[str]) -> Results:
        """Return the runs with these keys; best-known values stay those of all runs."""
        return self.where(lambda run: run.key in keys)

    def where(self, wanted: Callable[[RunRecord], bool]) -> Results:
        """Return the runs for which `wanted` is true."""
        return Results((run for run in self.runs if wanted(run)), self.folders)

    @property
    def methods(self) -> list[str]:
        """Return the names of methods, in the order of their first run."""
        return list(dict.fromkeys(run.method for run in self.runs))

    @property
    def instances(self) -> list[str]:
        """Return what identifies the instances, in the order of their first run."""
        return list(dict.fromkeys(run.content for run in self.runs))

    @property
    def families(self) -> list[str]:
        return list(dict.fromkeys(run.family for run in self.runs))

    @property
    def limits(self) -> list[float]:
        """Return the time limits, ascending."""
        return sorted({run.limit for run in self.runs})

    def grouped(self, key: Callable[[RunRecord], Any]) -> dict[Any, list[RunRecord]]:
        """Runs by something, in order of appearance."""
        found: dict[Any, list[RunRecord]] = {}
        for run in self.runs:
            found.setdefault(key(run), []).append(run)
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Return a plain row per run for `pandas.DataFrame`; costs as floats, shares not in percent."""
        return [
            {
                "family": run.family,
                "instance": run.instance,
                "tasks": run.tasks,
                "method": run.method,
                "seed": run.seed,
                "time_limit": run.limit,
                "status": run.status,
                "cost": None if run.cost is None else float(run.cost),
                "bound": None if run.bound is None else float(run.bound),
                "gap": run.gap,
                "best_known": None if run.best is None else float(run.best),
                "off": run.off,
                "first": run.first,
                "best_at": run.last,
                "integral": run.integral,
                "seconds": run.seconds,
            }
            for run in self.runs
        ]

    def plan(self, run: RunRecord) -> Line | None:
        """Return the plan document of a run; None where there is none."""
        for folder in self.folders:
            path = folder / PLANS / f"{run.key}.json"
            if path.is_file():
                found: Line = json.loads(path.read_text(encoding="utf-8"))
                return found
        return None


def _with_best(lines: Sequence[Line]) -> list[RunRecord]:
    """Runs that know the best value of their instance."""
    best: dict[str, Fraction] = {}
    runs = [RunRecord(line) for line in lines]
    for run in runs:
        stated = run.line.get("best_known")
        known = [] if stated in (None, "", INFEASIBLE) else [rational(stated)]
        known += [] if run.cost is None else [run.cost]
        if known:
            best[run.content] = min(known + ([best[run.content]] if run.content in best else []))
    return [replace(run, best=best.get(run.content)) for run in runs]
