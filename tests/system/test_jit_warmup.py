"""The first run after an installation: loops compiled beside it, used once they are there, all of them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from leptonopt.cli import jit_warmup as rehearsal
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.runtime import jit
from leptonopt.runtime import jit_cache as rehearsing
from leptonopt.runtime.jit_cache import JitWarmup
from leptonopt.solvers import large_scale as scale

MISSED = """
import gc
from numba.core.dispatcher import Dispatcher
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import written
from leptonopt.compile.columnar import compile_columnar
from leptonopt.io.columnar import load
from leptonopt.compile.compiler import compile_instance
from leptonopt.solvers import large_scale as scale
from leptonopt.problem.protocol import NullMonitor
from leptonopt.problem.protocol import Limits
from leptonopt.io.load import load as load_tasks
from leptonopt.runtime.jit_cache import JitWarmup
from pathlib import Path
import sys
sys.path.insert(0, sys.argv[2])
from leptonopt.solvers.assignment import solve as solve_assignment
from tests.unit.algorithms.assignment.test_assignment import places

made = table("regions", tasks=60, seed=3, optional=0.3)
for kind in ("npz", "json"):
    file, content = Path(sys.argv[1], f"jobs.{kind}"), written(made, kind)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    problem = compile_columnar(load(file)).problem if kind == "npz" else compile_instance(load_tasks(file)).problem
    for threads in (1, 3):
        scale.run(problem, Limits(1.5, threads=threads), NullMonitor(), "all", JitWarmup(here=True))
for seed in range(3):
    solve_assignment(places(seed, nodes=seed > 0, size=(5, 20)), None, Limits(5.0), NullMonitor())
for each in gc.get_objects():
    if isinstance(each, Dispatcher) and each.stats.cache_misses:
        print(each.py_func.__name__, dict(each.stats.cache_misses))
"""


def test_nothing_is_left_to_compile(tmp_path: Path) -> None:
    """On another instance, with another number of threads, every loop comes from where it is kept."""
    assert all(map(jit.compiled, jit.PARTS))  # see conftest.py
    words = [sys.executable, "-c", MISSED, str(tmp_path), str(Path(__file__).parents[2])]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_without_them_there_is_a_plan_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that never comes to its end costs annealing, not the plan, and is ended with the run."""
    monkeypatch.setattr(jit, "compiled", lambda part: False)
    monkeypatch.setattr(rehearsing, "start_module", lambda *words: sleeper())
    loops = JitWarmup()
    try:
        begun = time.monotonic()
        found = scale.run(next(rehearsal.problems()), Limits(1.0), NullMonitor(), "all", loops)
        assert found.schedule is not None
        assert "compiled" not in found.engine
        assert time.monotonic() - begun < 1.0 + 2 + 8, "8 for a loaded machine"
    finally:
        loops.end()
    child: Any = loops._child
    assert child.poll() is not None


def test_once_they_are_there_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Annealing waits for them, and a run that must not depend on the clock does from the beginning."""
    monkeypatch.setattr(jit, "compiled", lambda part: False)
    monkeypatch.setattr(rehearsing, "start_module", lambda *words: sleeper(0.2))
    for limits in (Limits(2.5), Limits(2.5, deterministic=True)):
        loops = JitWarmup()
        assert not loops.ready()
        found = scale.run(next(rehearsal.problems()), limits, NullMonitor(), "all", loops)
        assert "compiled" in found.engine
        loops.end()


def test_a_process_that_fails_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known at once that there will be no loops."""
    monkeypatch.setattr(jit, "compiled", lambda part: False)
    monkeypatch.setattr(rehearsing, "start_module", lambda *words: subprocess.Popen([sys.executable, "-c", "exit(3)"]))
    loops = JitWarmup()
    assert not loops.awaited(lambda: False)
    loops.end()


@pytest.mark.long
def test_the_program_leaves_its_mark(tmp_path: Path) -> None:
    """In an empty folder it compiles what it is asked for, and only that; all is compiled before all tests."""
    begun = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    asked = "from leptonopt.runtime import jit; print(*map(jit.compiled, jit.PARTS))"
    said = []
    for words in (["-c", asked], ["-m", "leptonopt.cli.jit_warmup", jit.PARTS[-1]], ["-c", asked]):
        done = subprocess.run([sys.executable, *words], env=begun, capture_output=True, text=True, check=True)
        said.append(done.stdout.strip())
    assert said == ["False False False", "", "False False True"]


def sleeper(seconds: float = 60.0) -> subprocess.Popen[bytes]:
    """A process in the place of the one that compiles."""
    return subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"])
