"""The parts of a call of `solve`: limits, instance and warm start."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import encode
from leptonopt.compile.encode_segments import Line
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, stated
from leptonopt.instance.tasks import MAX_COPIES
from leptonopt.instance.units import instant
from leptonopt.io import files
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.document_kinds import document_kind, wrong_kind_message
from leptonopt.solvers.registry import Method
from leptonopt.verify import fingerprint
from leptonopt.verify.exact import Malformed, whole

WarmRun = tuple[int, str, tuple[str, ...], int, int]  # task index, option id, nodes, start, copies; see `encode`


@dataclass(frozen=True)
class SolveRequest:
    """Instance and options of a call; see `leptonopt.session.solve.solve`."""

    instance: Instance | Mapping[str, Any] | str | os.PathLike[str]
    format: str | None
    params: Mapping[str, str] | None
    method: str | Method
    warm_start: Mapping[str, Any] | None
    confirm: bool
    certify: bool

    @property
    def warm_copies(self) -> int:
        """Return how many runs the warm start has; 0 where it does not tell."""
        lines = (self.warm_start or {}).get("tasks")
        if not isinstance(lines, list):
            return 0
        return sum(copies for line in lines if isinstance(copies := line.get("copies", 1), int))

    @property
    def method_name(self) -> str:
        """Return the name of the method, or of the function that is the method."""
        return self.method if isinstance(self.method, str) else getattr(self.method, "__name__", "function")


def make_limits(
    time_limit: float, gap: float = 0.0, threads: int | None = None, seed: int = 0, deterministic: bool = False
) -> Limits:
    """Return the limits of a call; raises `UsageError` for values out of range."""
    if not 0 < time_limit <= 10**7:
        raise UsageError(f"a time limit of {time_limit} seconds; allowed is more than 0")
    if not 0 <= gap < 10**6:
        raise UsageError(f"a gap of {gap}; allowed is 0 (a proof) or more, 0.01 meaning one percent")
    if threads is not None and not 1 <= threads <= 1024:
        raise UsageError(f"{threads} threads; allowed is 1 to 1024")
    if not 0 <= seed < 2**31:
        raise UsageError(f"a seed of {seed}; allowed is 0 to 2147483647")
    return Limits(float(time_limit), float(gap), threads or os.cpu_count() or 1, int(seed), deterministic)


def resolve_instance(
    instance: Instance | Mapping[str, Any] | str | os.PathLike[str],
    format: str | None,
    params: Mapping[str, str] | None,
) -> tuple[Instance, dict[str, Any], dict[str, Any]]:
    """Return the instance, its document as stated, and the reference to it in a plan."""
    file = None
    if isinstance(instance, str | os.PathLike) and format is None and files.is_columns(Path(instance)):
        from leptonopt.session.columnar_tree import tree_of  # not needed for other notations

        file = Path(instance).name
        found = tree_of(Path(instance), params)
        document = found.document()
    elif isinstance(instance, str | os.PathLike):
        from leptonopt.io.load import load_with_document

        file = Path(instance).name
        found, document = load_with_document(instance, format=format, params=dict(params or {}))
    else:
        found, document = stated(instance)
    origin = {"name": found.name, "sha256": fingerprint(document), "file": file, "format": format or "native"}
    return found, document, origin


def _known_option(ways: Sequence[ConcreteOption], line: Mapping[str, Any]) -> str:
    """Return the option of a line of a plan, or the one most like it where that is gone.

    That is on the same pool, with the same uses where there is such a one, and of the nearest duration.
    """
    named = str(line["option"])
    same = [way for way in ways if way.pool == line.get("pool")]
    if not same or any(way.id == named for way in ways):
        return named
    lasts = (instant(line["end"]) - instant(line["start"])).total_seconds()
    uses = {name: Fraction(str(amount)) for name, amount in (line.get("uses") or {}).items()}
    return min(same, key=lambda way: (way.uses != uses, abs(way.duration - Fraction(lasts)))).id


def decode_warm_start(compiled: CompiledInstance, plan: Mapping[str, Any]) -> Schedule:
    """Return the schedule of a plan document, as far as it fits the instance's time grid and names."""
    return encode(compiled, warm_start_runs(compiled, plan))


def warm_start_lines(compiled: CompiledInstance, plan: Mapping[str, Any]) -> list[Line]:
    """Return the lines of a plan document that fit the time grid, for tasks that may be cut."""
    if wrong := wrong_kind_message(document_kind(plan), "a plan"):
        raise UsageError(f"the warm start {wrong}; give a plan document, as `solve` returns it")
    time, found = compiled.instance.time, list[Line]()
    try:
        for line in plan["tasks"]:
            begin, end = (int((instant(line[key]) - time.start).total_seconds()) for key in ("start", "end"))
            if begin % time.slot == 0 and end % time.slot == 0:
                first, copies = whole(line.get("copy", 1), "copy"), whole(line.get("copies", 1), "copies")
                if copies > MAX_COPIES:
                    raise ValueError(f"copies: {copies}; at most {MAX_COPIES:,} are allowed")
                slots = begin // time.slot, end // time.slot
                nodes = tuple(map(str, line.get("nodes") or ()))
                found.append(Line(str(line["id"]), first, copies, str(line["option"]), *slots, nodes))
    except (AttributeError, KeyError, TypeError, ValueError, Malformed) as error:
        raise UsageError(f"the warm start is not a plan document: {error!r}") from None
    return found


def warm_start_runs(compiled: CompiledInstance, plan: Mapping[str, Any]) -> list[WarmRun]:
    """Return the runs of a plan document that fit the instance's time grid and tasks; raises `UsageError`."""
    if wrong := wrong_kind_message(document_kind(plan), "a plan"):
        raise UsageError(f"the warm start {wrong}; give a plan document, as `solve` returns it")
    time = compiled.instance.time
    index = {task.id: at for at, task in enumerate(compiled.instance.tasks)}
    runs = []
    try:
        for line in plan["tasks"]:
            slot, rest = divmod(int((instant(line["start"]) - time.start).total_seconds()), time.slot)
            if line["id"] in index and rest == 0:
                nodes = tuple(map(str, line.get("nodes") or ()))
                copies = whole(line.get("copies", 1), "copies")
                if copies > MAX_COPIES:
                    raise ValueError(f"copies: {copies}; at most {MAX_COPIES:,} are allowed")
                task = index[line["id"]]
                runs.append((task, _known_option(compiled.kept[task], line), nodes, slot, copies))
    except (AttributeError, KeyError, TypeError, ValueError, Malformed) as error:
        raise UsageError(f"the warm start is not a plan document: {error!r}") from None
    return runs
