"""Runs that are segments of a task: their numbers over several plans, and how they are stopped.

Every segment but the last planned one ends with its planned end: its command gets SIGTERM some time before, so that it
can save, and SIGKILL at the end. The clock of the machine where it runs decides, so that this needs no driver.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leptonopt.instance import Instance, Task, units

LEAST_NOTICE, NOTICE_SHARE = 30, 10  # notice: at most 30 s or a tenth of the segment, without `checkpoint.cost` [s]


@dataclass(frozen=True)
class Segment:
    """A segment of a copy of a task, as planned.

    Attributes
    ----------
    number : counts the segments of the copy over all plans that are carried out one after another.
    planned : its number in this plan.
    of : how many segments of the copy this plan has.
    work : the share of the task that it does.
    lost : seconds before it works.
    notice : seconds before its end at which it is told to stop; None of the last one, which ends by itself.
    """

    number: int
    planned: int
    of: int
    work: float
    lost: int
    notice: int | None

    def done(self, planned: float, passed: float) -> float:
        """Return the share of the task that is done after some seconds of those that are planned for it."""
        works = planned - self.lost
        return self.work * min(1.0, max(0.0, (passed - self.lost) / works)) if works > 0 else 0.0


def segments_of(instance: Instance, task: Task, lines: Sequence[Mapping[str, Any]]) -> list[Segment]:
    """Return the segments of a copy of a task that its entries in a plan stand for, in order."""
    begun = task.segments.begun if task.segments is not None else None
    goes_on = begun is not None and begun.goes_on_in(
        str(lines[0]["option"]), units.instant(lines[0]["start"]) == instance.time.start
    )
    before = 0 if begun is None else begun.number - goes_on
    found = []
    for at, line in enumerate(lines):
        lost = task.restart
        if at + before == 0 or (at == 0 and goes_on):
            lost = sum(int(each.get("seconds") or 0) for each in line.get("data", ()))
        notice = None if line is lines[-1] else _notice(task, line)
        found.append(Segment(before + at + 1, at + 1, len(lines), float(line["work"]), lost, notice))
    return found


def _notice(task: Task, line: Mapping[str, Any]) -> int:
    """Return how many seconds before its end a segment is told to stop, at least one."""
    length = int((units.instant(line["end"]) - units.instant(line["start"])).total_seconds())
    saving = task.checkpoint.cost if task.checkpoint is not None else 0
    return max(1, min(length - 1, max(saving, min(LEAST_NOTICE, length // NOTICE_SHARE))))


def stopped_command(command: str, end: datetime, notice: int) -> str:
    """Return a command for a POSIX shell that is told to stop before an instant, and has ended by then.

    It is over without an error once it was told to stop; before, its exit code is that of the command.
    """
    stop = int((end - timedelta(seconds=notice)).timestamp())
    trapped = f"trap 'exit 143' TERM\n{command}"  # the shell waits for what it runs, which saves
    return (
        f"left=$(({stop} - $(command -p date +%s)))\n"
        '[ "$left" -gt 0 ] || { echo "leptonopt: the time of this segment has passed" >&2; exit 0; }\n'
        f'command -p timeout -k {notice} "$left" /bin/sh -c {shlex.quote(trapped)}\n'
        f'code=$?; [ "$(command -p date +%s)" -lt {stop} ] || code=0; exit $code'
    )
