"""With `--deterministic` the plan is the same to the byte, whatever hash seed, locale, time zone and load there are.

Four environments in CI, fifty with `-m long`; the command line by default.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ("C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.eucJP", "POSIX")
SOME = ("greedy", "lagrangian", "cpsat", "lns", "auto")
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Berlin", "Antarctica/Troll", ":nonsense")
SCRIPT = """
import hashlib, json, subprocess, sys
sys.path[:0] = [ROOT]
from tests.helpers import random_instances
from tests.helpers.recording_monitor import Ear
import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import Unsupported
from leptonopt.instance import validate
from leptonopt.solvers.registry import TABLE
from leptonopt.solvers.registry import load_method
from leptonopt.problem.protocol import Limits

busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(LOAD)]
try:
    for seed in SEEDS:
        document = random_instances.instance(seed)
        for method in METHODS or [*TABLE, "auto"]:
            try:
                if method in ("lns", "lns-parallel"):
                    # Asked directly: they end after an effort that follows from the time limit, and no clock may end
                    # them before.
                    problem = compile_instance(validate(document)).problem
                    found = load_method(method)(problem, None, Limits(1.0, seed=3, deterministic=True), Ear())
                    text = str([list(found.schedule or ()), found.bound, found.status, found.stop, found.note])
                else:
                    more = dict(threads=2, seed=3, time_limit=100, isolate=method == "auto")
                    result = leptonopt.solve(document, method=method, deterministic=True, **more)
                    text = json.dumps(result.document, default=str) + str(result.notes)
            except Unsupported as error:
                text = str(error)
            print(seed, method, hashlib.sha256(text.encode()).hexdigest(), flush=True)
finally:
    for each in busy:
        each.kill()
        each.wait()
"""


def surroundings(number: int) -> dict[str, str]:
    """An environment unlike the others."""
    return os.environ | {
        "PYTHONHASHSEED": str(number * 7919 % 4294967295),
        "LC_ALL": LOCALES[number % len(LOCALES)],
        "LANG": LOCALES[number // 2 % len(LOCALES)],
        "TZ": ZONES[number % len(ZONES)],
        "COLUMNS": str(60 + number),
        "OMP_NUM_THREADS": str(1 + number % 3),
    }


def started(number: int, seeds: tuple[int, ...], load: int, methods: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """These methods, or all, on some instances, in a process of its own."""
    text = f"ROOT, SEEDS, LOAD, METHODS = {str(ROOT)!r}, {seeds!r}, {load}, {methods!r}\n{SCRIPT}"
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", text], env=surroundings(number), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip


def said(process: subprocess.Popen[bytes]) -> list[str]:
    """What it printed."""
    out, err = process.communicate(timeout=1200)
    assert process.returncode == 0, err.decode(errors="replace")
    return out.decode().splitlines()


def by_hand(number: int, folder: Path) -> str:
    """The plan file that the command line writes."""
    plan = folder / f"plan-{number}.json"
    file = ROOT / "instances" / "article.yaml"
    command = [
        sys.executable,
        "-m",
        "leptonopt",
        "solve",
        str(file),
        "-o",
        str(plan),
        "--deterministic",
        "-q",
        "-t",
        "300",
    ]
    subprocess.run(command, env=surroundings(number), check=True, capture_output=True, cwd=ROOT, timeout=600)
    return hashlib.sha256(plan.read_bytes()).hexdigest()


def same(runs: list[list[str]]) -> None:
    """All equal, and the lines that are not when they are not."""
    for number, run in enumerate(runs):
        assert run == runs[0], (
            surroundings(number),
            [pair for pair in zip(run, runs[0], strict=False) if len({*pair}) > 1],
        )


@pytest.mark.ci
@pytest.mark.long
def test_the_same_bytes_in_four_surroundings() -> None:
    """Every method of the table and `auto` in two of them, some in two more; two at a time."""
    whole = [said(process) for process in [started(number, (5,), 0) for number in (0, 1)]]
    same(whole)
    assert len(whole[0]) >= 12
    some = [said(process) for process in [started(number, (5,), 0, SOME) for number in (2, 3)]]
    same([sorted(run) for run in ([line for line in whole[0] if line.split()[1] in SOME], *some)])


def test_the_same_file_from_the_command_line(tmp_path: Path) -> None:
    """`solve --deterministic -o` writes the same bytes."""
    assert len({by_hand(number, tmp_path) for number in (4, 5)}) == 1
    plan = json.loads((tmp_path / "plan-4.json").read_text())
    assert plan["made"]["limits"]["deterministic"] is True
    assert plan["made"]["seconds"] == {}
    assert plan["trace"] == []


@pytest.mark.long
def test_the_same_bytes_in_fifty_surroundings(tmp_path: Path) -> None:
    """The same on three instances, a fifth of the runs beside three processes that do nothing but keep cores busy."""
    same([said(started(number, (5, 9, 11), 3 if number % 5 == 0 else 0)) for number in range(50)])
    assert len({by_hand(number, tmp_path) for number in range(50)}) == 1
