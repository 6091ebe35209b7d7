"""Read ElasticFlow (Gu et al., ASPLOS 2023): deep-learning jobs with measured throughput.

FILE is a trace, a .csv with the columns job_id, submit_time, ddl (both in seconds), model_name, batch_size and
iteration. A folder `throughputs_A100`, next to it or next to its folder, has a .csv for every model: a row for
each global batch size, iterations per second on each number of GPUs (empty, nan or 0 where none was measured).

A job has its iterations as work, its submission as release and `ddl` as deadline. The GPU count is one of those
measured; counts no faster than fewer GPUs are left out. A deadline that no number of GPUs can keep on the grid becomes
a due date: each hour past it costs `late`, and the deadline is a day after the earliest possible end. Parameters:

    gpus=128                            one pool, the default; the cost is GPU-hours
    gpus=owned:16@0.0624,cloud:64@3.67  pools with their prices in USD per GPU-hour
    jobs=100  day=74  within=96         the first 100 jobs from day 74 on that are due within 96 hours
    slot=30  late=5                     minutes of a slot (default 60); cost of an hour late (default 2)
    throughputs=FOLDER                  another folder
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InputError, InstanceError, UsageError
from leptonopt.instance.units import amount, instant_text
from leptonopt.io.files import printable
from leptonopt.io.literature.number_stream import MAX_SLOTS, whole_param
from leptonopt.io.native.text import read_text

START = datetime(2026, 1, 5, tzinfo=UTC)  # the trace has no calendar; midnight before the first job becomes a Monday
FOLDER = "throughputs_A100"
GPUS = 128
LATE_COST = 2
GRACE_S = 24 * 3600  # deadline of late jobs, after their earliest possible end
MAX_SECONDS = 10**9
MAX_HOURS = 10**9
LEAST = Decimal("0.000001")  # iterations per second
COLUMNS = ("job_id", "submit_time", "ddl", "model_name", "batch_size", "iteration")
_WORD = re.compile(r"[\w.+-]{1,100}", re.ASCII)
_POOL = re.compile(r"(?:([\w.+-]{1,100}):)?([1-9]\d{0,5})(?:@(\d{1,9}(?:\.\d{1,9})?))?", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """The jobs that an instance takes from a trace, and its GPUs."""

    name: str
    gpus: Mapping[str, int]  # by pool
    price: Mapping[str, Decimal]  # per GPU-hour, by pool
    count: int | None = None
    day: int = 0
    within_h: int | None = None
    slot_s: int = 3600
    late_cost: int = LATE_COST
    currency: str = "USD"


@dataclass(frozen=True)
class Job:
    """A line of the trace; times in seconds."""

    id: str
    model: str
    batch: str
    submitted: int
    deadline: int
    iterations: int
    line: int


Curves = dict[tuple[str, str], dict[int, Decimal]]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of a trace; raises `InstanceError`, `InputError` or `UsageError`."""
    gpus, price = _pools(params.get("gpus", str(GPUS)))
    late = whole_param(params, "late", 10**6, 0)
    choice = Choice(
        name=path.stem or "elasticflow",
        gpus=gpus,
        price=price,
        count=whole_param(params, "jobs", 10**6),
        day=whole_param(params, "day", 10_000, 0) or 0,
        within_h=whole_param(params, "within", 10**6),
        slot_s=60 * (whole_param(params, "slot", 1440) or 60),
        late_cost=LATE_COST if late is None else late,
        currency="USD" if "@" in params.get("gpus", "") else "GPU-hours",
    )
    trace = Table(text, path)
    taken = chosen(choice, jobs(trace))
    if not taken:
        raise UsageError("no job of the trace is submitted from that day on and due within so many hours")
    folder = _folder(path, params.get("throughputs"))
    measured: Curves = {}
    for model, line in {job.model: job.line for job in reversed(taken)}.items():
        other = folder / f"{model}.csv"
        if not other.is_file():
            raise trace.wrong(f"the model {model} has no file in {printable(folder)}", line)
        measured |= throughputs(table(other))
    return instance(choice, taken, measured, trace)


class Table:
    """The rows of a .csv file without quotes: line number, and a text by column."""

    def __init__(self, text: str, path: Path) -> None:
        self.path = path
        lines = text.splitlines()
        self.columns = [name.strip() for name in lines[0].split(",")] if lines else []
        if len(set(self.columns)) < len(self.columns):
            raise self.wrong("a column stands twice", 1)
        self.rows: list[tuple[int, dict[str, str]]] = []
        for number, line in enumerate(lines[1:], 2):
            cells = [cell.strip() for cell in line.split(",")]
            if len(cells) != len(self.columns) and any(cells):
                raise self.wrong(f"{len(cells)} values; the first line names {len(self.columns)} columns", number)
            if any(cells):
                self.rows.append((number, dict(zip(self.columns, cells, strict=True))))

    def wrong(self, message: str, line: int) -> InstanceError:
        """Return the error on a line."""
        return InstanceError([Finding(message, (), line, str(self.path))])

    def need(self, columns: Sequence[str]) -> None:
        """Check that the columns exist."""
        for name in columns:
            if name not in self.columns:
                raise self.wrong(f"the column {name} is missing", 1)

    def word(self, row: dict[str, str], name: str, line: int) -> str:
        """Return a cell that is a plain name."""
        if not _WORD.fullmatch(row[name]) or not row[name].strip("."):
            raise self.wrong(f"{row[name][:40]!r} stands where {name}, of letters, digits and . _ + -, should", line)
        return row[name]

    def whole(self, row: dict[str, str], name: str, line: int, least: int, most: int) -> int:
        """Return a cell that is a whole number."""
        if not re.fullmatch(r"\d{1,15}", row[name], re.ASCII) or not least <= int(row[name]) <= most:
            raise self.wrong(
                f"{row[name][:40]!r} stands where {name}, a whole number from {least} to {most}, should", line
            )
        return int(row[name])


def table(path: Path) -> Table:
    """Return the rows of a file; raises `InputError` where it cannot be read."""
    return Table(read_text(path), path)


def jobs(trace: Table) -> list[Job]:
    """Return all jobs of a trace, in its order."""
    trace.need(COLUMNS)
    found: list[Job] = []
    names: set[str] = set()
    for line, row in trace.rows:
        name = trace.word(row, "job_id", line)
        if name in names:
            raise trace.wrong(f"job {name} stands twice", line)
        names.add(name)
        submitted = trace.whole(row, "submit_time", line, 0, MAX_SECONDS)
        found.append(
            Job(
                id=name,
                model=trace.word(row, "model_name", line),
                batch=trace.word(row, "batch_size", line),
                submitted=submitted,
                deadline=trace.whole(row, "ddl", line, submitted + 1, MAX_SECONDS),
                iterations=trace.whole(row, "iteration", line, 1, 10**12),
                line=line,
            )
        )
    if not found:
        raise trace.wrong("no job at all; at least one line should follow", 1)
    return found


def throughputs(rates: Table) -> Curves:
    """Return iterations per second of a model, by (model, batch size) and GPU count."""
    rates.need(["global_batch_size"])
    for name in rates.columns:
        if name != "global_batch_size" and not re.fullmatch(r"[1-9]\d{0,5}", name, re.ASCII):
            raise rates.wrong(f"{name[:40]!r} stands where a number of GPUs should", 1)
    found: Curves = {}
    for line, row in rates.rows:
        batch = rates.word(row, "global_batch_size", line)
        if (rates.path.stem, batch) in found:
            raise rates.wrong(f"batch size {batch} stands twice", line)
        speeds = {}
        for name, text in row.items():
            if name == "global_batch_size" or text in ("", "nan"):
                continue
            speed = Decimal(text) if re.fullmatch(r"\d{1,6}(\.\d{1,30})?", text, re.ASCII) else None
            if speed is None or 0 < speed < LEAST:
                raise rates.wrong(f"{text[:40]!r} stands where a throughput, 0 or from {LEAST}, should", line)
            if speed:
                speeds[int(name)] = speed
        found[rates.path.stem, batch] = speeds
    return found


def curve(measured: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """Return speeds relative to one GPU; counts no faster than fewer GPUs are left out."""
    kept: dict[int, Decimal] = {}
    for count in sorted(measured):
        speed = round(measured[count] / measured[1], 4)
        if not kept or speed > max(kept.values()):
            kept[count] = speed
    return kept


def chosen(choice: Choice, every: Sequence[Job]) -> list[Job]:
    """Return the first jobs from the day on that are due soon enough."""
    found = [
        job
        for job in every
        if job.submitted >= choice.day * 86_400
        and (choice.within_h is None or job.deadline - job.submitted <= choice.within_h * 3600)
    ]
    return found[: choice.count]


def instance(
    choice: Choice, taken: Sequence[Job], measured: Curves, trace: Table, where: str | None = None
) -> dict[str, Any]:
    """Return the native document of some jobs; `where` is for its description."""
    begin = min(job.submitted for job in taken) // 86_400 * 86_400
    curves = _curves(taken, measured, trace)

    def up_to(gpus: int, kind: tuple[str, str]) -> dict[int, Decimal]:
        return {count: speed for count, speed in curves[kind].items() if count <= gpus}

    tasks, soft, hopeless = [], 0, 0
    ends = max(job.deadline for job in taken) - begin
    for job in taken:
        kind = job.model, job.batch
        hours = round(Decimal(job.iterations) / measured[kind][1] / 3600, 4) or Decimal("0.0001")
        shortest = Fraction(hours * 3600) / Fraction(max(up_to(max(choice.gpus.values()), kind).values()))
        due, latest = _due(choice, job, begin, shortest)
        if hours > MAX_HOURS or latest > 2 * MAX_SECONDS:
            raise trace.wrong(f"job {job.id} has {hours:,} hours of work on one GPU; that is too much", job.line)
        soft += "due" in due
        hopeless += shortest > job.deadline - job.submitted
        ends = max(ends, latest)
        work = {"profile": "-".join(kind), "hours": hours}
        tasks.append({"id": f"job-{job.id}", "release": _at(job.submitted - begin), **due, "work": work})
    slots = _slots(choice, ends, trace)
    pools = [
        {"id": pool, "capacity": {"gpu": gpus}, "price": {"gpu": choice.price[pool]}}
        for pool, gpus in choice.gpus.items()
    ]
    speeds = {kind: {pool: up_to(gpus, kind) for pool, gpus in choice.gpus.items()} for kind in sorted(curves)}
    return {
        "leptonopt": 1,
        "name": choice.name,
        "description": _description(choice, len(taken), where or ", ".join(choice.gpus), soft, hopeless),
        "currency": choice.currency,
        "time": {"start": _at(0), "slot": f"{choice.slot_s // 60}m", "horizon": f"{slots * choice.slot_s // 60}m"},
        "pools": pools,
        "profiles": {"-".join(kind): {"speed": speed} for kind, speed in speeds.items()},
        "tasks": tasks,
    }


def _due(choice: Choice, job: Job, begin: int, shortest: Fraction) -> tuple[dict[str, Any], int]:
    """Return the deadline of a job whose work takes `shortest` [s] at least, and its latest end [s]."""
    first = ceil(Fraction(job.submitted - begin, choice.slot_s))
    last = floor(Fraction(job.deadline - begin, choice.slot_s))
    earliest = first + ceil(shortest / choice.slot_s)
    due = job.deadline - begin
    if earliest <= last:
        return {"deadline": _at(due)}, due
    latest = earliest * choice.slot_s + GRACE_S
    if latest > 2 * MAX_SECONDS:  # which the caller refuses; there is no such date
        return {}, latest
    return {"deadline": _at(latest), "due": _at(due), "late_cost": choice.late_cost}, latest


def _slots(choice: Choice, ends: int, trace: Table) -> int:
    """Return the number of slots until the last job has ended at `ends` [s]."""
    slots = ceil(Fraction(ends, choice.slot_s))
    if slots > MAX_SLOTS:
        raise trace.wrong(f"{slots:,} slots until the last job has ended; at most {MAX_SLOTS:,}: say slot or within", 1)
    return slots


def _curves(taken: Sequence[Job], measured: Curves, trace: Table) -> Curves:
    """Return the speed by GPU count of every model and batch size of the jobs."""
    curves: Curves = {}
    for job in taken:
        if 1 not in measured.get((job.model, job.batch), {}):
            raise trace.wrong(
                f"no throughput of {job.model} on one GPU at batch size {job.batch}; each job needs it", job.line
            )
        if (job.model, job.batch) not in curves:
            curves[job.model, job.batch] = curve(measured[job.model, job.batch])
    return curves


def _description(choice: Choice, count: int, where: str, soft: int, hopeless: int) -> str:
    """Return the description of `count` jobs, `soft` of them with a due date."""
    return (
        f"{count} deep-learning jobs with deadlines and measured throughput by GPU count, on "
        f"{where}. {hopeless} of them cannot meet their deadline on any number of GPUs, "
        f"{soft - hopeless} more not once times are whole slots. For these {soft} the deadline is a due date, "
        f"each hour past it costs {choice.late_cost} {choice.currency}, and a day after the earliest end is the "
        "limit."
    )


def _at(second: int) -> str:
    return instant_text(START + timedelta(seconds=second))


def _pools(text: str) -> tuple[dict[str, int], dict[str, Decimal]]:
    """Return GPUs and price by pool."""
    gpus: dict[str, int] = {}
    price: dict[str, Decimal] = {}
    for part in text.split(","):
        found = _POOL.fullmatch(part.strip())
        if not found or (name := found[1] or "cluster") in gpus:
            raise UsageError(
                f"gpus={text[:60]!r}; a number, or pools such as owned:16@0.0624,cloud:64@3.67 are allowed"
            )
        gpus[name], price[name] = int(found[2]), amount(Decimal(found[3] or 1))
    return gpus, price


def _folder(path: Path, given: str | None) -> Path:
    """Return the folder of the throughputs."""
    if given is not None:
        return Path(given)
    for folder in (path.parent / FOLDER, path.parent.parent / FOLDER):
        if folder.is_dir():
            return folder
    raise InputError(f"{printable(path)}: no folder {FOLDER} beside it or its folder; say --param throughputs=FOLDER")
