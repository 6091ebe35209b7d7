"""Processes that are started: isolated from the folder and the environment, reported where they die, never left over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.problem.protocol import Status
from leptonopt.runtime import child_process as children
from leptonopt.session import worker_process as engine
from leptonopt.solvers import cbc as pulp_cbc
from tests.helpers import traces

WATCHER = "import sys; open({file!r}, 'a').write(' '.join(sys.orig_argv) + chr(10))\n"
SHADOWED = (
    "queue",
    "json",
    "pickle",
    "numpy",
    "ortools",
    "numba",
    "multiprocessing",
    "runpy",
    "signal",
    "leptonopt_extra",
)


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder of modules named as those that engines import, and an environment that runs code in every Python."""
    room, user = tmp_path / "work", tmp_path / "user"
    room.mkdir()
    user.mkdir()
    for name in SHADOWED:
        (room / f"{name}.py").write_text(WATCHER.format(file=str(tmp_path / "shadowed")) + "raise SystemExit(3)\n")
        (user / f"{name}.py").write_text(WATCHER.format(file=str(tmp_path / "shadowed")) + "raise SystemExit(3)\n")
    for name in ("sitecustomize", "usercustomize", "startup"):
        (user / f"{name}.py").write_text(WATCHER.format(file=str(tmp_path / "ran")))
    (room / "week.json").write_text(json.dumps(traces.crowded()))
    mine = {"PYTHONPATH": str(user), "PYTHONSTARTUP": str(user / "startup.py"), "PYTHONHOME": "/nowhere"}
    return room, mine


@pytest.mark.parametrize("method", ["cpsat", "cbc", "highs", "lns-parallel"])
def test_engines_see_neither_folder_nor_environment(method: str, trap: Any, tmp_path: Path) -> None:
    """Modules of the current folder and of PYTHONPATH do not run in children, however named, nor in theirs."""
    room, environment = trap
    script = f"import os, sys; os.environ.update({environment!r}); sys.path.append({str(traces.ROOT)!r}); "
    script += f"os.chdir({str(room)!r}); import leptonopt; "
    script += f"r = leptonopt.solve('week.json', method={method!r}, threads=2, time_limit=20); print(r.status, r.notes)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=traces.ROOT, capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.startswith(("optimal ()", "feasible ()")), done
    assert not (tmp_path / "shadowed").exists(), (tmp_path / "shadowed").read_text()
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


def test_solvers_are_looked_for_in_isolation(trap: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that asks PuLP what it reaches is one of these."""
    room, environment = trap
    monkeypatch.chdir(room)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert "PULP_CBC_CMD" in (pulp_cbc.available_solvers() or ())
    assert not (tmp_path / "shadowed").exists()
    assert not (tmp_path / "ran").exists()


def test_folders_of_this_package_come_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They add what is missing and replace nothing; `also` comes behind them; the current folder is none of them."""
    monkeypatch.chdir(tmp_path)
    bare = json.loads(
        subprocess.check_output([sys.executable, "-I", "-c", "import sys, json; print(json.dumps(sys.path))"])
    )
    words = children.isolated_command("import json; print(json.dumps([sys.path, sys.argv]))", "one", also=["/also"])
    path, said = json.loads(subprocess.check_output(words, env=children.child_environment()))
    assert path[: len(bare)] == bare
    assert path[-1] == "/also"
    assert str(tmp_path) not in path
    assert "" not in path
    assert said == ["-c", "one"]
    assert not [name for name in children.child_environment() if name.startswith("PYTHON")]


def test_a_method_of_ones_own_finds_what_it_imports(tmp_path: Path) -> None:
    """In a comparison each run is isolated, but a researcher's function has its folder and this process's path."""
    (tmp_path / "beside_mine.py").write_text("NOTE = 'found'\n")
    (tmp_path / "mine.py").write_text(
        "import beside_mine\nfrom leptonopt.problem.protocol import Solution, Status, Stop\n"
        "def solve(problem, warm_start, limits, monitor):\n"
        "    return Solution(Status.UNKNOWN, Stop.DONE, note=beside_mine.NOTE)\n"
    )
    found = leptonopt.compare(
        [traces.crowded()], [f"{tmp_path / 'mine.py'}:solve"], output=tmp_path / "out", time_limit=5
    )
    (row,) = found.rows()
    assert row["method"] == "solve"
    assert row["status"] == "unknown", row


@pytest.mark.parametrize("program", ["/bin/false", "/bin/true", "/nowhere/python", ""])
@pytest.mark.parametrize("method", ["auto", "cpsat", "lns-parallel"])
def test_engines_that_die_at_once_cost_nothing(program: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in one note that says how it ended; the plan of what runs here comes long before the limit."""
    monkeypatch.setattr(sys, "executable", program)
    begun = time.monotonic()
    result = leptonopt.solve(traces.crowded(), method=method, threads=1, time_limit=60)
    assert time.monotonic() - begun < 20, "of 60"
    assert result.status is Status.FEASIBLE
    codes = {
        "/bin/false": "ended without an answer (exit code 1)",
        "/bin/true": "ended without an answer (exit code 0)",
    }
    notes = [note for note in result.notes if codes.get(program, "could not be started") in note]
    assert notes
    assert len(notes) == len(result.notes) == len({note.split()[0] for note in notes}), result.notes


def test_a_process_whose_threads_do_not_start_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine has no room for a thread, a note says so, and the process it was for is gone."""
    started, real = list[Any](), children.start_process
    monkeypatch.setattr(
        children, "start_process", lambda *given, **named: started.append(real(*given, **named)) or started[-1]
    )
    monkeypatch.setattr(engine.threading, "Thread", Refusing)
    result = leptonopt.solve(traces.crowded(), method="cpsat", time_limit=20)
    assert result.status is Status.FEASIBLE
    assert [note for note in result.notes if note == "cpsat could not be started: can't start new thread"]
    assert [process.wait(10) for process in started] == [-9]


class Refusing(threading.Thread):
    """A thread that cannot be started."""

    def start(self) -> None:
        """There is no room."""
        raise RuntimeError("can't start new thread")


def test_one_module_starts_processes() -> None:
    """Isolation, and the end with the parent, are in one place: no other module makes a command line of Python."""
    for file in (traces.ROOT / "leptonopt").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name != "child_process.py":
            assert "subprocess.Popen(" not in text, file
            assert "sys.executable" not in text, file
            assert "PYTHONPATH" not in text, file
            assert "prctl" not in text, file


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who is whose child")
def test_nothing_is_left_after_a_solve_in_a_thread(tmp_path: Path) -> None:
    """A host that solves in threads of its own has no child afterwards, nor a file."""
    mark = uuid.uuid4().hex
    script = (
        "import leptonopt, threading\nfrom tests.helpers import traces\n"
        "run = lambda: leptonopt.solve(traces.crowded(), time_limit=2, threads=2)\n"
        "all = [threading.Thread(target=run) for _ in range(2)]\n"
        "[each.start() for each in all]; [each.join() for each in all]\n"
        "from leptonopt.runtime.child_process import child_pids\nprint(sorted(child_pids()))\n"
    )
    environment = {**traces.environment(tmp_path, mark), "PYTHONPATH": f"{traces.TESTS}{os.pathsep}{traces.ROOT}"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert not traces.left(mark, tmp_path)
