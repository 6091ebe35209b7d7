"""Start other processes: programs of this package, and foreign ones. No other module does.

All of them can be told to stop and do not outlive us. Python starts isolated (`python -I`): neither the current
folder nor the user's environment is on its module path, and no `sitecustomize` of theirs runs. It finds this package,
and those that it needs, where this process finds them.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from leptonopt.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

PIPE, QUIET = subprocess.PIPE, subprocess.DEVNULL
Process = subprocess.Popen[bytes]
ChildError, ChildTimeout = subprocess.SubprocessError, subprocess.TimeoutExpired
POLL = 0.03
PATIENCE = 0.8  # seconds a program has to answer SIGINT with what it has
PACKAGES = ("numpy", "scipy", "highspy", "ortools", "pulp", "pydantic", "yaml", "numba", "pyarrow", "distributed")
# What every `python -c` of ours begins with: folders in which modules are looked for after all usual places. The
# standard library and the interpreter's own packages come first: nothing in these folders can replace them.
PATHS = "import sys\nsys.path += [one for one in sys.argv.pop(1).split(chr(31)) if one and one not in sys.path]\n"
_MAIN = """\
from leptonopt.runtime.child_process import die_with_parent
die_with_parent(int(sys.argv.pop(1)))
from importlib import import_module
import_module(sys.argv.pop(1)).main()
"""
_SEPARATOR = "\x1f"
_SHELL = "/bin/sh"
_TOOLS = {"PATH": "/usr/bin:/bin"}  # of shells: what they call is the system's


def python_command(module: str, *words: str, also: Sequence[str] = ()) -> list[str]:
    """Return the command that calls `main` of a module of this package in a child process.

    The child process does not outlive this one.
    """
    return isolated_command(_MAIN, str(os.getpid()), module, *words, also=also)


def isolated_command(code: str, *words: str, also: Sequence[str] = ()) -> list[str]:
    """Return the command that runs code in an isolated Python.

    `also` are folders in which modules are searched last.

    Raises `OSError` where there is no interpreter.
    """
    if not sys.executable:
        raise OSError("the Python interpreter is not known, as where it is embedded in another program")
    return [sys.executable, "-I", "-c", PATHS + code, _SEPARATOR.join([*_package_folders(), *also]), *words]


@cache
def _package_folders() -> tuple[str, ...]:
    """Return the folders of this package and of those that it needs, without the current folder."""
    found, current = [str(Path(os.path.abspath(__file__)).parents[2])], ""
    with contextlib.suppress(OSError):  # it may be gone
        current = os.getcwd()
    for name in PACKAGES:
        with contextlib.suppress(ImportError, ValueError, AttributeError, OSError):
            spec = PathFinder.find_spec(name) or importlib.util.find_spec(name)  # hooks of the user are asked last
            for place in (spec and spec.submodule_search_locations) or ():
                found += [above for above in [os.path.dirname(os.path.abspath(place))] if above != current]
    return tuple(dict.fromkeys(found))


def child_environment() -> dict[str, str]:
    """Return the environment for children: ours without what changes how Python starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def start_process(words: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
    """Start a program of `python_command`; streams that are not given lead nowhere. Raises `OSError`."""
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    return subprocess.Popen(words, env=child_environment(), **{**quiet, **streams})


def process_pool(workers: int) -> ProcessPoolExecutor:
    """Return an executor of so many fresh processes; forked ones would copy the state of threads."""
    import multiprocessing  # which takes long to load, as the next does
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def start_module(module: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a module of this package as a program without output. Raises `OSError`.

    `words` are its arguments.
    """
    return start_process(python_command(module, *words))


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere the end of standard input does it."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def run_child(words: Sequence[str], folder: str, log: Path, should_end: Callable[[], bool]) -> None:
    """Run a foreign program until it ends; once `should_end`, ask it to by SIGINT, then kill it.

    The child stays in our process group, so that whoever kills the group reaches it; on Linux it dies
    with the thread that started it, whatever ends that. Its output goes to `log`.
    """
    with open(log, "wb") as out:
        child = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env=child_environment(),
            preexec_fn=_at_birth(),
        )
        try:
            interrupted_at = 0.0
            while child.poll() is None:
                if not interrupted_at and should_end():
                    interrupted_at = time.monotonic()
                    child.send_signal(signal.SIGINT)
                elif interrupted_at and time.monotonic() - interrupted_at > PATIENCE:
                    child.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL)
        finally:
            child.kill()
            child.wait()


def _at_birth() -> Callable[[], None]:
    """Return the function that a foreign program runs first: it dies with its parent and receives SIGINT."""
    parent = os.getpid()

    def ask() -> None:
        die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return ask


@contextlib.contextmanager
def temporary_folder(where: str | None) -> Iterator[str]:
    """Provide a private folder that is deleted afterwards, also where this process is killed."""
    with tempfile.TemporaryDirectory(prefix="leptonopt-", dir=where, ignore_cleanup_errors=True) as path:
        sweeper = _start_survivor('cat >/dev/null; sleep 0.3; rm -rf -- "$0"', path)
        try:
            yield path
        finally:
            if sweeper is not None:
                end_group_killer(sweeper)


def start_group_killer(group: int) -> subprocess.Popen[bytes] | None:
    """Start a shell that outlives this process and then kills a group of processes."""
    return _start_survivor('read end; kill -s KILL -- "-$0"', str(group))


def _start_survivor(script: str, word: str) -> subprocess.Popen[bytes] | None:
    """Start a shell in its own session, which waits until this process closes a pipe."""
    if not os.path.exists(_SHELL):
        return None
    words, quiet = [_SHELL, "-c", script, word], subprocess.DEVNULL
    return subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True, env={**os.environ, **_TOOLS}
    )


def end_group_killer(survivor: subprocess.Popen[bytes]) -> None:
    """End a shell that waits for our end, and what it has called."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(survivor.pid, signal.SIGKILL)
    survivor.communicate()


def child_pids() -> set[int]:
    """Return the ids of the child processes; empty on other systems than Linux."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= set(map(int, task.read_text().split()))
    return found


def send_signal(processes: set[int], number: signal.Signals) -> None:
    """Send a signal to processes, some of which may have ended."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def tool_output(words: Sequence[str], seconds: float = 60.0) -> str:
    """Return what a program of the user's machine prints; its environment is the user's.

    Raises `InputError` where it is not there, fails, or takes too long.
    """
    shown = " ".join(words)
    try:
        completed = subprocess.run(words, stdin=QUIET, capture_output=True, timeout=seconds, check=False)
    except FileNotFoundError:
        raise InputError(f"{words[0]} is not installed here; give what `{shown}` prints as a FILE") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"`{shown}` did not end within {seconds:g} s") from None
    if completed.returncode:
        last = completed.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
        raise InputError(f"`{shown}` ended with {completed.returncode}: {last[-1][:200]}")
    return completed.stdout.decode("utf-8", "replace")


# A run says in its claim which process it is, and begins only where nobody has made the file `CLAIM.no` until then.
# `command -p` finds the tools of the system also where the environment of the run has a PATH of its own. On SIGTERM the
# shell waits for what it has started.
_DETACHED = (
    'read -r me </proc/self/stat && printf "%s\\n" "$me" >"$4" || exit 1; [ ! -e "$4.no" ] || { : >"$4"; exit 1; }; '
    '(trap "exit 143" TERM; eval "$1") >"$2" 2>&1 </dev/null; printf %s $? >"$3.new" && command -p mv -f "$3.new" "$3"'
)


def start_detached(
    command: str, log: Path, code: Path, claim: Path, directory: str | None, environment: Mapping[str, str]
) -> None:
    """Start a command of the user's in a session of its own, which goes on when this process ends.

    Its output goes to `log`; its exit code is in the file `code` once it has ended. Before it begins it writes the file
    `claim`, and after `detached_state` has said `never` of that it does not begin. Raises `OSError`.
    """
    files = (str(path.absolute()) for path in (log, code, claim))
    words = [_SHELL, "-c", _DETACHED, "leptonopt-run", command, *files]
    child = subprocess.Popen(
        words, stdin=QUIET, stdout=QUIET, stderr=QUIET, cwd=directory, env={**os.environ, **environment},
        start_new_session=True,
    )  # fmt: skip
    _detached[claim] = child


_detached: dict[Path, subprocess.Popen[bytes]] = {}  # children to be reaped, by claim


Detached = Literal["never", "alive", "gone"]


def detached_state(claim: Path) -> Detached:
    """Return how a process of `start_detached` is; keep one that has `never` begun from beginning."""
    if (child := _detached.get(claim)) is not None:
        if child.poll() is None:
            return "alive"
        del _detached[claim]
        return "gone"
    if not (said := _said(claim)):
        refusal(claim).touch()
        if not (said := _said(claim)):  # it writes its claim and then looks for a refusal, we the other way round
            return "never"
    return "alive" if said.split()[0].isdigit() and _start_of(said) == _start_of(_stat(said.split()[0])) else "gone"


def stop_detached(claim: Path) -> None:
    """Send SIGTERM to what a process of `start_detached` has started; it notes itself how that ends."""
    if detached_state(claim) != "alive" or not (said := _said(claim)):
        return
    leader, found = said.split()[0], set[int]()
    for pid in (path.name for path in Path("/proc").glob("[0-9]*")):
        fields = _stat(pid).rpartition(")")[2].split()
        # Of a group of its own, such as that of `timeout`, the leader passes it on.
        if len(fields) > 3 and fields[3] == leader and fields[2] in (leader, pid):
            found.add(int(pid))
    send_signal(found - {int(leader)}, signal.SIGTERM)


def refusal(claim: Path) -> Path:
    """Return the file that keeps the process of a claim from beginning."""
    return claim.with_name(f"{claim.name}.no")


def _said(claim: Path) -> str:
    """Return what a claim says of its process; empty where it is not there, or not complete."""
    with contextlib.suppress(FileNotFoundError):
        said = claim.read_text(encoding="utf-8", errors="replace")
        return said if said.endswith("\n") else ""
    return ""


def _stat(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _start_of(stat: str) -> str:
    """Return when a process started, in ticks since boot, from its line of /proc; empty when it has ended."""
    fields = stat.rpartition(")")[2].split()
    return "" if not fields or fields[0] in "ZX" else fields[19]


def command_output(command: str, directory: str | None, environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Return the exit code and the output of a command line of the user's; it dies with this process."""
    ran = subprocess.run(
        [_SHELL, "-c", command], stdin=QUIET, stdout=PIPE, stderr=subprocess.STDOUT, cwd=directory, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    return ran.returncode, ran.stdout


def run_command(command: str, directory: str | None, environment: Mapping[str, str]) -> tuple[int, bytes]:
    """Return the exit code of a command line of a POSIX shell, and the last megabyte of its output."""
    code, output = command_output(command, directory, environment)
    return code, output[-(2**20) :]
