"""Convert lines of a plan to a schedule where tasks may be cut into segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.segments import CutInstance
from leptonopt.problem.schedule import Schedule

Entry = tuple[int, int, int]  # option, start, copies


@dataclass(frozen=True)
class Line:
    """A line of a plan: copies of a task from `copy` on, in slots [start, end), on these nodes."""

    task: str
    copy: int
    copies: int
    option: str
    start: int
    end: int
    nodes: tuple[str, ...] = ()


def encode_segments(compiled: CompiledInstance, cut: CutInstance, lines: Iterable[Line]) -> Schedule:
    """Return the schedule of lines; those that do not fit the instance are skipped."""
    numbers = {task.id: at for at, task in enumerate(compiled.instance.tasks)}
    whole, segments = defaultdict[int, list[Line]](list), defaultdict[tuple[int, int], list[Line]](list)
    for line in sorted(lines, key=lambda line: line.start):
        at = numbers.get(line.task)
        if at is not None and compiled.instance.tasks[at].is_cut:
            segments[at, line.copy].append(line)
        elif at is not None:
            whole[at].append(line)
    found, parts = list[Entry](), defaultdict[tuple[int, int], list[int]](list)
    for group, members in enumerate(compiled.members):
        part = cut.parts[members[0][0]]
        if part.number:
            parts[part.task, part.copy].append(group)
        else:
            found += _whole(compiled, cut, group, whole)
    for copy, groups in parts.items():
        found += _chain(compiled, groups, segments.get(copy, []))
    return Schedule.of(*np.array(found, np.int64).reshape(-1, 3).T)


def _whole(compiled: CompiledInstance, cut: CutInstance, group: int, lines: dict[int, list[Line]]) -> Iterator[Entry]:
    """Yield the entries of a group of whole tasks; each line is used up."""
    for task, _, copies in compiled.members[group]:
        left, own = copies, lines.get(cut.parts[task].task, [])
        while own and left:
            line = own.pop(0)
            taken = min(left, line.copies)
            if taken < line.copies:
                own.insert(0, replace(line, copies=line.copies - taken))
            if (option := _option(compiled, group, line, None)) is not None:
                yield option, line.start, taken
                left -= taken


def _chain(compiled: CompiledInstance, groups: list[int], lines: list[Line]) -> Iterator[Entry]:
    """Yield the entries of a chain: a segment for each line, and empty ones behind the last."""
    if not lines or len(lines) > len(groups):
        return
    for group, line in zip(groups, lines, strict=False):
        option = _option(compiled, group, line, line.end - line.start)
        if option is not None:
            yield option, line.start, 1
    for group in groups[len(lines) :]:
        option = int(compiled.problem.option_ptr[group + 1]) - 1  # the empty one is the last
        if (
            option >= compiled.problem.option_ptr[group]
            and not compiled.problem.duration[option]
            and compiled.problem.first[option] <= lines[-1].end <= compiled.problem.last[option]
        ):
            yield option, lines[-1].end, 1


def _option(compiled: CompiledInstance, group: int, line: Line, slots: int | None) -> int | None:
    """Return the option of a group for a line, of that length where one is given; None without one."""
    problem, ways = compiled.problem, compiled.kept[compiled.members[group][0][0]]
    for option in range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1])):
        way = ways[option - int(problem.option_ptr[group])]
        alike = way.id == line.option and set(way.on_nodes) == set(line.nodes)
        fits = slots in (None, int(problem.duration[option]))
        if alike and fits and problem.first[option] <= line.start <= problem.last[option]:
            return option
    return None
