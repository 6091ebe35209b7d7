"""Runs that are segments: their numbers over several plans, and commands that are told to stop."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import Unsupported
from leptonopt.execution.planned import in_precedence_order, planned_runs
from leptonopt.execution.segments import stopped_command
from leptonopt.instance import validate
from tests.unit.execution.samples import PLAN, cut_document, cut_runs, with_others_job

HOUR = timedelta(hours=1)


def test_one_run_for_each_segment() -> None:
    """A segment follows the one before, what waits for the task waits for the last, and all but that are stopped."""
    found = cut_runs()
    assert list(found) == ["train/1", "train/2", "test"]
    assert found["test"].after == ("train/2",)
    assert (found["train/2"].follows, found["train/1"].follows, found["test"].follows) == ("train/1", None, None)
    assert (found["train/1"].until, found["train/2"].until) == (found["train/1"].end, None)
    assert [run.key for run in in_precedence_order([*found.values()][::-1])] == ["train/1", "train/2", "test"]


@pytest.mark.parametrize(
    ("begun", "keys"),
    [
        ({"option": "gpu", "number": 2}, ["train/2", "train/3"]),  # what runs goes on
        ({"option": "gpu", "number": 2, "paused": True}, ["train/3", "train/4"]),
        ({"option": "gpu"}, ["train/1", "train/2"]),
    ],
)
def test_numbers_go_on(begun: dict[str, Any], keys: list[str]) -> None:
    """Segments are counted from the first of all, over all plans; an earlier one need not be in this plan."""
    found = cut_runs(**begun)
    assert list(found) == [*keys, "test"]
    number = int(keys[0].rpartition("/")[2])
    assert found[keys[0]].follows == (f"train/{number - 1}" if number > 1 else None)


def test_a_later_start_is_no_going_on() -> None:
    """Begin a new segment of what runs as the horizon begins, and is to go on after a pause."""
    assert list(cut_runs((1, 3), (5, 13), option="gpu", number=1))[:2] == ["train/2", "train/3"]


def test_what_a_command_is_told() -> None:
    """Tell it the task, the number of its segment, and until when that lasts; the last one ends by itself."""
    first, last = (cut_runs(system="local")[key].invocation() for key in ("train/1", "train/2"))
    assert last[0] == "train"
    assert (last[2]["LEPTONOPT_TASK"], last[2]["LEPTONOPT_SEGMENT"]) == ("train", "2")
    assert "LEPTONOPT_UNTIL" not in last[2]
    assert first[2]["LEPTONOPT_UNTIL"] == "2026-11-30T10:00:00Z"
    assert "trap" in first[0]


def test_notice_lasts_as_a_checkpoint_takes() -> None:
    """Allow half a minute at most without one, and never longer than the segment."""
    assert _notice(None) == 30
    assert _notice({"cost": "10m"}) == 600
    assert _notice({"cost": "9h"}) == 4 * 3600 - 1


def _notice(checkpoint: dict[str, str] | None) -> int | None:
    """Return the notice of the first segment of a training with a checkpoint."""
    document = cut_document()
    document["tasks"][0] |= {"checkpoint": checkpoint} if checkpoint else {}
    times = (("06", "10"), ("12", "19"))
    lines = [
        {"id": "train", "segment": at, "work": 0.4, "option": "gpu", "pool": "gpu", "uses": {"gpu": 4}, "cost": 0,
         "start": f"2026-11-30T{start}:00:00Z", "end": f"2026-11-30T{end}:00:00Z"}
        for at, (start, end) in enumerate(times, 1)
    ]  # fmt: skip
    found = planned_runs(validate(document), {"tasks": lines}, "local")
    assert found[0].segment is not None
    return found[0].segment.notice


def test_work_counts_from_where_it_begins() -> None:
    """Count no work for what a segment loses at first, and no more beyond its planned time."""
    segment = cut_runs()["train/2"].segment  # 7 hours, of which half an hour is lost
    assert segment is not None
    assert [round(segment.done(7 * 3600, hours * 3600), 3) for hours in (0.5, 1.5, 7, 9)] == [0, 0.1, 0.65, 0.65]


@pytest.mark.parametrize(
    ("command", "seconds", "code", "said"),
    [
        ("trap 'sleep 0.2; echo saved; exit 3' TERM; sleep 60; echo 'never'", 2, 0, "saved"),
        ("trap : TERM; while :; do sleep 0.05; done", 2, 0, ""),  # killed at its end
        ("echo $((6 * 7)); exit 4", 60, 4, "42"),  # it ends before
        ("echo started", -5, 0, "the time of this segment has passed"),
    ],
)
def test_commands_are_stopped(command: str, seconds: int, code: int, said: str, tmp_path: Path) -> None:
    """Let it save on SIGTERM within the notice, and end by its end; its own failure stays one."""
    end = datetime.now(UTC) + timedelta(seconds=seconds)
    begun = time.monotonic()
    text = stopped_command(command, end, 1)
    done = subprocess.run(["/bin/sh", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
    out = done.stdout + done.stderr
    assert (done.returncode, said in out, "never" in out) == (code, True, False)
    assert time.monotonic() - begun < max(seconds, 0) + 2


def test_jobs_of_others_are_not_cut() -> None:
    """Refuse to pause from here what somebody else carries out."""
    document = with_others_job()
    document["tasks"][0]["segments"] = True
    with pytest.raises(Unsupported, match="does not support jobs of others that may be cut into segments"):
        planned_runs(validate(document), PLAN, "slurm")
