"""Read multi-mode project scheduling: .mm files of PSPLIB and MMLIB.

PSPLIB is of Kolisch & Sprecher (1996), MMLIB of Van Peteghem & Vanhoucke (2014). The renewable resources are one pool,
non-renewable resources are quotas, a mode is an option; nothing has a cost. `deadline=K` is the horizon, a time unit
becomes an hour: a plan exists exactly when the makespan can be K or less. Activities without duration, such as source
and sink, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.errors import Finding, InstanceError, UsageError
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.number_stream import MAX_SLOTS, Numbers, whole_param
from leptonopt.io.literature.projects import MAX_ACTIVITIES, Circle, activity_task, predecessors

_COUNTS = {
    "jobs": re.compile(r"\s*jobs\s*\(incl\. supersource/sink\s*\)\s*:(.*)"),
    "renewable": re.compile(r"\s*-\s*renewable\s*:(.*)"),
    "nonrenewable": re.compile(r"\s*-\s*nonrenewable\s*:(.*)"),
    "doubly constrained": re.compile(r"\s*-\s*doubly constrained\s*:(.*)"),
}
_SECTIONS = {
    "precedence": re.compile(r"\s*PRECEDENCE RELATIONS\s*:?\s*"),
    "requests": re.compile(r"\s*REQUESTS/DURATIONS\s*:?\s*"),
    "availabilities": re.compile(r"\s*RESOURCE ?AVAILABILITIES\s*:?\s*"),
}


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    deadline = whole_param(params, "deadline", MAX_SLOTS)
    if deadline is None:
        raise UsageError("the format psplib-mm needs --param deadline=K: all activities end within K time units")
    lines = text.splitlines()
    jobs = _count(lines, path, "jobs", 1, MAX_ACTIVITIES)
    renewable = _count(lines, path, "renewable", 1, 100)
    nonrenewable = _count(lines, path, "nonrenewable", 0, 100)
    _count(lines, path, "doubly constrained", 0, 0)
    names = [f"R{r + 1}" for r in range(renewable)], [f"N{r + 1}" for r in range(nonrenewable)]

    numbers = _section(lines, path, "precedence")
    many, successors, at = _precedence(numbers, jobs)
    requests = _section(lines, path, "requests")
    modes = [_modes(requests, job, count, names) for job, count in enumerate(many, 1)]
    requests.end()
    available = _section(lines, path, "availabilities")
    limits = available.wholes(renewable + nonrenewable, "an availability")
    available.end()

    real = [job for job, each in enumerate(modes) if each]
    if not real:
        raise requests.wrong("no job takes any time")
    try:
        before = predecessors(successors, [bool(each) for each in modes])
    except Circle as error:
        raise numbers.wrong(f"{error}, one of them job {error.activity + 1}", at[error.activity]) from None
    except ValueError as error:
        raise numbers.wrong(str(error)) from None
    consumed = {name for each in modes for option in each for name in option.get("consumes", ())}
    pools = [{"id": "project", "capacity": dict(zip(names[0], limits, strict=False))}]
    tasks = [activity_task(job, before[job], modes[job]) for job in real]
    quotas = [
        {"id": name, "of": name, "limit": limit}
        for name, limit in zip(names[1], limits[renewable:], strict=True)
        if name in consumed
    ]
    return hourly_document(path.stem or "psplib-mm", deadline, pools, tasks, quotas=quotas)


def _precedence(numbers: Numbers, jobs: int) -> tuple[list[int], list[list[int]], list[int]]:
    """Return the number of modes, the successors (from 0), and the line of each job."""
    many, successors, lines = [], [], []
    for job in range(1, jobs + 1):
        if numbers.whole("the number of a job") != job:
            raise numbers.wrong(f"job {job} is missing or out of order")
        many.append(numbers.whole("the number of modes", 1, 1000))
        count = numbers.whole("the number of successors", 0, jobs)
        successors.append(sorted({numbers.whole("a successor", 1, jobs) - 1 for _ in range(count)}))
        lines.append(numbers.line)
    numbers.end()
    numbers.options(sum(many))
    return many, successors, lines


def _modes(numbers: Numbers, job: int, count: int, names: tuple[list[str], list[str]]) -> list[dict[str, Any]]:
    """Return the options of a job; none when it takes neither time nor a consumed resource."""
    if numbers.whole("the number of a job") != job:
        raise numbers.wrong(f"job {job} is missing or out of order")
    options: list[dict[str, Any]] = []
    idle, line = 0, numbers.line
    for mode in range(1, count + 1):
        if numbers.whole("the number of a mode") != mode:
            raise numbers.wrong(f"mode {mode} of job {job} is missing or out of order")
        duration = numbers.whole("a duration", 0, MAX_SLOTS)
        uses, consumes = ({name: numbers.whole("a need") for name in each} for each in names)
        option = {
            "id": f"mode-{mode}",
            "pool": "project",
            "uses": {name: need for name, need in uses.items() if need},
            "duration": f"{duration}h",
        }
        if any(consumes.values()):
            option["consumes"] = {name: need for name, need in consumes.items() if need}
        idle += not duration and "consumes" not in option
        if duration:
            options.append(option)
    if len(options) == count:
        return options
    if idle == count:
        return []
    raise numbers.wrong(f"job {job} has a mode without duration beside what takes time or is used up", line)


def _count(lines: list[str], path: Path, what: str, least: int, most: int) -> int:
    """Return a number of the head of the file."""
    for number, line in enumerate(lines, 1):
        if found := _COUNTS[what].fullmatch(line):
            text = found[1].split()[0] if found[1].split() else ""
            return Numbers(text or "?", path, number).whole(f"the number of {what}", least, most)
    raise InstanceError([Finding(f"the line with the number of {what} is missing", (), len(lines) or 1, str(path))])


def _section(lines: list[str], path: Path, what: str) -> Numbers:
    """Return the numbers of a section, from after its column heads to the next row of stars."""
    for number, line in enumerate(lines):
        if _SECTIONS[what].fullmatch(line):
            body = []
            for row in lines[number + 2 :]:
                if row.startswith("***"):
                    break
                body.append("" if row.startswith("---") else row)
            return Numbers("\n".join(body), path, number + 3, "section")
    raise InstanceError([Finding(f"the section of {what} is missing", (), len(lines) or 1, str(path))])
