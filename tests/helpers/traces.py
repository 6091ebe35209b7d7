"""What a solve leaves behind: processes, found by a mark in their environment, and files."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
HELPERS = TESTS / "helpers"
ROOT = TESTS.parent
MARK = "LEPTONOPT_TEST_MARK"


def environment(room: Path, mark: str, fakes: str | None = None) -> dict[str, str]:
    """An environment in which whatever is started is known by its mark and writes its files to `room`."""
    paths = [str(HELPERS / "fakes"), str(ROOT)] if fakes is not None else [str(ROOT)]
    mine = {MARK: mark, "TMPDIR": str(room), "PYTHONPATH": os.pathsep.join(paths)}
    return {**os.environ, **mine, **({} if fakes is None else {"FAKES": fakes})}


def alive(mark: str) -> list[str]:
    """Command lines of processes that carry the mark and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes() and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:2000])
    return found


def left(mark: str, *rooms: Path, seconds: float = 8.0) -> list[str]:
    """Processes and files that are still there when they had time to go."""
    until = time.monotonic() + seconds
    while True:
        found = [*alive(mark), *(str(path) for room in rooms for path in room.iterdir())]
        if not found or time.monotonic() > until:
            return found
        time.sleep(0.05)


def command(*words: object) -> list[str]:
    """A call of the command line."""
    return [sys.executable, "-m", "leptonopt", *map(str, words)]


def started(words: list[str], environment: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """A command line at work."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        words, env=environment, cwd=cwd, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, start_new_session=True
    )


def crowded() -> dict[str, Any]:
    """Twelve tasks on two pools at hourly prices: least cost 182; greedy stops at 184 and a bound of 116."""
    rng = random.Random(15)
    prices = {f"{hour:02}:00": rng.randint(1, 9) for hour in range(12)}
    pools = [
        {"id": "a", "capacity": {"gpu": 7}, "price": {"gpu": {"daily": prices}}},
        {"id": "b", "capacity": {"gpu": 5}, "price": {"gpu": rng.randint(5, 8)}},
    ]
    tasks = [
        {
            "id": f"t{at}",
            "options": [
                {"pool": pool, "uses": {"gpu": rng.randint(1, 4)}, "duration": f"{rng.randint(1, 5)}h"} for pool in "ab"
            ],
        }
        for at in range(12)
    ]
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "12h"},
        "pools": pools,
        "tasks": tasks,
    }
