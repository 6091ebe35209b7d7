"""Processes started by the package: their commands, environment and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leptonopt.runtime import child_process
from leptonopt.runtime.child_process import (
    child_environment,
    child_pids,
    end_group_killer,
    isolated_command,
    python_command,
    run_child,
    run_command,
    send_signal,
    start_group_killer,
    start_process,
    temporary_folder,
)

ROOT = Path(__file__).resolve().parents[3]


def test_the_environment_cannot_change_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of Python are left out, all others kept."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("SOME_SETTING", "1")
    found = child_environment()
    assert "PYTHONPATH" not in found
    assert found["SOME_SETTING"] == "1"


def test_code_runs_isolated() -> None:
    """The interpreter is isolated, finds the package, and hands the words on."""
    words = isolated_command(
        "import sys, leptonopt; print(sys.flags.isolated, leptonopt.__file__, sys.argv[1:])", "a", "b"
    )
    child = start_process(words, stdout=subprocess.PIPE)
    out, _ = child.communicate(timeout=60)
    assert out.decode().split(maxsplit=2) == ["1", str(ROOT / "leptonopt" / "__init__.py"), "['a', 'b']\n"]


def test_folders_are_searched_last(tmp_path: Path) -> None:
    """A module of the standard library cannot be replaced by one in such a folder; a new one is found."""
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    (tmp_path / "brand_new.py").write_text("")
    words = isolated_command("import json, brand_new", also=[str(tmp_path)])
    assert start_process(words).wait(60) == 0


def test_without_an_interpreter_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Python is embedded in another program."""
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(OSError, match="interpreter is not known"):
        python_command("leptonopt.cli.jit_warmup")


def test_a_command_names_its_parent() -> None:
    """The child compares this number to the parent that it finds."""
    assert python_command("some.module", "word")[-3:] == [str(os.getpid()), "some.module", "word"]


def test_a_foreign_program_runs_to_its_end(tmp_path: Path) -> None:
    """In its folder, with its output in the log."""
    log = tmp_path / "log"
    run_child(["/bin/sh", "-c", "pwd; echo bad >&2"], str(tmp_path), log, lambda: False)
    assert log.read_text().splitlines() == [os.path.realpath(tmp_path), "bad"]


def test_a_foreign_program_is_asked_to_end(tmp_path: Path) -> None:
    """It gets SIGINT first and can still answer."""
    log, begun = tmp_path / "log", time.monotonic()
    script = "trap 'echo answer; exit' INT; echo ready; while :; do sleep 0.01; done"
    run_child(["/bin/sh", "-c", script], str(tmp_path), log, lambda: log.stat().st_size > 0)
    assert log.read_text() == "ready\nanswer\n"
    assert time.monotonic() - begun < 30


def test_a_foreign_program_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a short time to answer."""
    monkeypatch.setattr(child_process, "PATIENCE", 0.05)
    log = tmp_path / "log"
    run_child(
        ["/bin/sh", "-c", "trap '' INT; echo ready; while :; do sleep 0.01; done"],
        str(tmp_path),
        log,
        lambda: log.stat().st_size > 0,
    )
    assert log.read_text() == "ready\n"


def test_a_temporary_folder_is_gone_afterwards(tmp_path: Path) -> None:
    """With all that was written there."""
    with temporary_folder(str(tmp_path)) as folder:
        assert Path(folder).parent == tmp_path
        Path(folder, "some").write_text("thing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_are_known_and_reached() -> None:
    """A child is listed; a signal to it and to one that has ended raises nothing."""
    child = subprocess.Popen(["/bin/sleep", "60"])
    assert child.pid in child_pids()
    send_signal({child.pid}, signal.SIGKILL)
    assert child.wait(10) == -signal.SIGKILL
    send_signal({child.pid}, signal.SIGKILL)
    assert child.pid not in child_pids()


@pytest.mark.skipif(not os.path.exists("/bin/sh"), reason="needs a shell")
def test_a_group_killer_ends_a_group() -> None:
    """Once its standard input is closed; one that is ended before kills nothing."""
    groups = [subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) for _ in range(2)]
    killers = [start_group_killer(group.pid) for group in groups]
    assert killers[0] is not None
    assert killers[1] is not None
    killers[0].communicate(timeout=10)
    assert groups[0].wait(10) == -signal.SIGKILL
    end_group_killer(killers[1])
    assert groups[1].poll() is None
    groups[1].kill()
    groups[1].wait()


def test_packages_are_found_without_the_hooks_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finder that would end this process, as of a `sitecustomize`, is not asked where a package lies on the path."""
    asked = []
    finder = type("Finder", (), {"find_spec": staticmethod(lambda name, *_: asked.append(name))})
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    child_process._package_folders.cache_clear()
    assert child_process._package_folders()
    assert "ortools" not in asked


def test_code_output_folder_and_environment(tmp_path: Path) -> None:
    """Both streams are one; the exit code is the shell's."""
    code, output = run_command("pwd; echo $A >&2; exit 4", str(tmp_path), {"A": "b"})
    assert (code, output.decode()) == (4, f"{tmp_path}\nb\n")


def test_the_end_of_long_output() -> None:
    """The last megabyte is kept."""
    code, output = run_command("yes | head -c 3000000; echo end", None, {})
    assert (code, len(output)) == (0, 2**20)
    assert output.endswith(b"end\n")
