"""The command line: exit codes, what goes where, and what must never happen."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from leptonopt import __version__
from leptonopt.errors import Alarm, UsageError
from leptonopt.io import files
from leptonopt.plan import report
from leptonopt.session import solve as conductor
from tests.helpers import plans

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"numpy", "scipy", "ortools", "pulp", "pydantic", "matplotlib", "pandas", "rich"}
HOSTILE = "\x1b[31m[red]:fire:\u202eboo"


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """A small valid instance in JSON."""
    file = tmp_path / "week.json"
    file.write_text(json.dumps(plans.INSTANCE))
    return file


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Puts a fake in the place of the solve; returns what it was called with."""

    def put(document: dict[str, Any], **more: Any) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        def fake(file: Path, **options: Any) -> Any:
            seen.update(options, file=file)
            return plans.result(document, **more)

        monkeypatch.setattr(conductor, "solve", fake)
        return seen

    return put


def command(*words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    line = [sys.executable, "-m", "leptonopt", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, cwd=ROOT, timeout=60, **more)


# --- what is loaded ---


@pytest.mark.parametrize("suffix", ["json", "toml", "yaml"])
def test_verify_loads_nothing_heavy(suffix: str, week: Path, tmp_path: Path) -> None:
    """Checking needs neither a solver, nor numpy, nor pydantic; YAML needs yaml alone."""
    made = tmp_path / "plan.json"
    assert command("solve", week, "-m", "greedy", "-o", made, "-q").returncode == 0
    file = tmp_path / f"same.{suffix}"
    assert command("convert", week, "-o", file).returncode == 0
    loaded = modules("verify", file, made)
    assert not loaded & (HEAVY | {"typer", "click"} | ({"yaml"} if suffix != "yaml" else set()))
    assert "leptonopt.instance" not in loaded
    assert "leptonopt.compile.compiler" not in loaded


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["verify", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    """`leptonopt --help` answers at once."""
    assert not modules(*words) & HEAVY


def modules(*words: object) -> set[str]:
    """What a run has loaded at its end, whole names and first parts."""
    script = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('LOADED', *sys.modules))\n"
        f"sys.argv = ['leptonopt', *{[str(word) for word in words]!r}]\n"
        "from leptonopt.__main__ import main\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    names = set(done.stdout.rpartition("LOADED")[2].split())
    return names | {name.split(".")[0] for name in names}


# --- solve: what goes where ---


def test_what_libraries_print_is_not_on_standard_output(tmp_path: Path) -> None:
    """Standard output has what was asked for alone, also where a library writes to its descriptor."""
    script = (
        "import os, sys\nfrom leptonopt import __main__\nfrom leptonopt.io.files import write_atomic\n"
        "def run(begun):\n    os.write(1, b'noise')\n    print('asked', flush=True)\n    write_atomic('/dev/stdout', 'too')\n"
        "__main__._run = run\n__main__.main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "asked\ntoo", "")


def test_solve_prints_the_report(run: Any, answers: Any, week: Path) -> None:
    """Status, bill, schedule and figures, in words."""
    answers(plans.plan(plans.task("train", "a", 0, 2, 12.5), plans.task("test", "b", 2, 1)))
    code, out, err = run("solve", week)
    assert (code, err) == (0, "")
    for word in (
        "optimal",
        "13.50 USD",
        "no plan costs less",
        "Bill",
        "Schedule",
        "Figures",
        "train",
        "2026-11-23 02:00",
    ):
        assert word in out


def test_solve_passes_its_options_on(run: Any, answers: Any, week: Path, tmp_path: Path) -> None:
    """Every option arrives."""
    warm = tmp_path / "warm.json"
    warm.write_text('{"tasks": []}')
    seen = answers(plans.plan(plans.task("train", "a", 0, 2)))
    words = [
        "-m",
        "cpsat",
        "-t",
        "7",
        "--gap",
        "0.5",
        "--threads",
        "3",
        "--seed",
        "9",
        "--deterministic",
        "--format",
        "gap",
        "--param",
        "a=1",
        "--param",
        "b=x=y",
    ]
    assert run("solve", week, *words, "--warm-start", warm)[0] == 0
    assert seen == {
        "handle_signals": True,
        "executor": None, "file": week, "method": "cpsat", "time_limit": 7.0, "gap": 0.5, "threads": 3, "seed": 9,
        "deterministic": True,
        "format": "gap", "params": {"a": "1", "b": "x=y"}, "warm_start": {"tasks": []}, "on_progress": None,
        "confirm": False, "certify": False, "memory": None, "begun": None,
    }  # fmt: skip


@pytest.mark.parametrize("words", [["--json"], ["-o", "-"], ["--json", "-o", "-"]])
def test_json_is_all_there_is_on_standard_output(run: Any, answers: Any, week: Path, words: list[str]) -> None:
    """One document; notes go to standard error."""
    made = plans.plan(plans.task("é 你好", "a", 0, 2))
    answers(made, notes=("careful",))
    code, out, err = run("solve", week, *words)
    assert (code, json.loads(out), err) == (0, made, "note: careful\n")


def test_quiet_is_one_line(run: Any, answers: Any, week: Path) -> None:
    """-q leaves the status line."""
    answers(plans.plan(plans.task("train", "a", 0, 2)), notes=("careful",))
    code, out, err = run("solve", week, "-q")
    assert (code, out.count("\n"), err) == (0, 1, "")


@pytest.mark.parametrize(
    ("document", "signal", "code"),
    [
        (plans.plan(plans.task("train", "a", 0, 2), status="feasible"), None, 0),
        (plans.none("infeasible", "train cannot end before its deadline"), None, 4),
        (plans.none("unknown"), None, 5),
        (plans.plan(plans.task("train", "a", 0, 2), stop="interrupt"), 2, 130),
        (plans.plan(plans.task("train", "a", 0, 2), stop="interrupt"), 15, 143),
        (plans.none("unknown"), 2, 130),
    ],
)
def test_exit_codes_of_solve(
    run: Any, answers: Any, week: Path, tmp_path: Path, document: Any, signal: int | None, code: int
) -> None:
    """The exit code says what came out, and the file is written in every case."""
    answers(document, signal=signal)
    target = tmp_path / "plan.json"
    got, out, _ = run("solve", week, "-o", target)
    assert got == code
    assert json.loads(target.read_text()) == document
    assert all(reason in out for reason in document["why"])


def test_an_alarm_is_exit_code_7_with_evidence(
    run: Any, monkeypatch: pytest.MonkeyPatch, week: Path, tmp_path: Path
) -> None:
    """When our own plan is rejected, one line says so and where the evidence is."""
    monkeypatch.chdir(tmp_path)

    def fake(*args: Any, **options: Any) -> Any:
        alarm = Alarm("the checker rejects the plan of auto: capacity")
        alarm.evidence = {"leptonopt_alarm": 1}
        raise alarm

    monkeypatch.setattr(conductor, "solve", fake)
    code, out, err = run("solve", week)
    assert (code, out) == (7, "")
    assert err == (
        "error: the checker rejects the plan of auto: capacity (a fault of leptonopt, not of the instance; "
        "the evidence is in leptonopt-alarm.json)\n"
    )
    assert json.loads((tmp_path / "leptonopt-alarm.json").read_text()) == {"leptonopt_alarm": 1}


def test_a_full_disk_does_not_cost_the_plan(run: Any, answers: Any, week: Path) -> None:
    """What cannot be written to its file is still shown."""
    answers(plans.plan(plans.task("train", "a", 0, 2)))
    code, out, err = run("solve", week, "-o", "/dev/full")
    assert code == 2
    assert "optimal" in out
    assert err == "error: /dev/full: cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "no/such/plan.json"], "no folder"),
        (["-o", "."], "is a folder"),
        (["--plot", "plan.txt"], ".png, .svg, .pdf"),
        (["--plot", "-"], ".png, .svg, .pdf"),
        (["--write-model", "model.xls"], ".mps, .lp, .dat"),
        (["--param", "nothing"], "KEY=VALUE"),
        (["--param", "a=1", "--param", "a=2"], "twice"),
        (["-t", "-1"], "time limit"),
        (["--gap", "-1"], "gap"),
        (["--seed", "-1"], "seed"),
        (["-m", "magic"], "cpsat"),
        (["--format", "magic"], "jain-grossmann"),
    ],
)
def test_usage_errors_are_one_line(run: Any, week: Path, words: list[str], said: str) -> None:
    """Exit code 2 before any work is done; the line says what is allowed."""
    code, out, err = run("solve", week, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: ")
    assert said in err


@pytest.mark.parametrize(
    "words", [[], ["solve"], ["solve", "x", "--nonsense"], ["nonsense"], ["solve", "x", "-t", "soon"]]
)
def test_wrong_calls(run: Any, words: list[str]) -> None:
    """Typing errors are exit code 2, with a hint and no traceback."""
    code, _, err = run(*words)
    assert code == 2
    assert "Traceback" not in err


def test_plot_without_plan_says_so(run: Any, answers: Any, week: Path, tmp_path: Path) -> None:
    """Nothing is drawn of nothing."""
    answers(plans.none("unknown"))
    code, _, err = run("solve", week, "--plot", tmp_path / "plan.png")
    assert (code, "no plan to draw" in err, (tmp_path / "plan.png").exists()) == (5, True, False)


def test_unexpected_errors_are_one_line(run: Any, monkeypatch: pytest.MonkeyPatch, week: Path) -> None:
    """A fault of the program shows no traceback unless asked for."""

    def fake(*args: Any, **options: Any) -> Any:
        raise ZeroDivisionError(HOSTILE)

    monkeypatch.setattr(conductor, "solve", fake)
    code, out, err = run("solve", week)
    assert (code, out, err.count("\n"), "\x1b" in err) == (1, "", 1, False)
    assert "-v" in err
    assert "Traceback" in run("solve", week, "-v")[2]


# --- solve: for real ---


def test_solve_verify_plot_for_real(run: Any, week: Path, tmp_path: Path) -> None:
    """All files of one solve; the plan passes `verify`."""
    made, picture, log, model = (tmp_path / name for name in ("plan.json", "plan.svg", "log.txt", "model.lp"))
    words = ["-o", made, "--plot", picture, "--log-file", log, "--write-model", model]
    code, out, err = run("solve", week, "-m", "greedy", *words)
    assert (code, err) == (0, "")
    assert "train" in out
    assert "<svg" in picture.read_text()
    assert "\nMinimize\n" in model.read_text()
    assert not list(tmp_path.glob(".leptonopt-*"))
    assert run("verify", week, made)[0] == 0
    assert json.loads(run("verify", week, made, "--json")[1])["ok"] is True
    assert run("solve", week, "-m", "greedy", "--warm-start", made, "-q")[0] == 0


def test_ctrl_c_gives_the_plan(week: Path, tmp_path: Path) -> None:
    """SIGINT during a solve: the plan so far, written and shown, and 130."""
    made = tmp_path / "plan.json"
    line = [sys.executable, "-c", SLEEPER, str(week), str(made)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert "feasible" in out
    assert json.loads(made.read_text())["stop"] == "interrupt"


# A solve whose method has a plan from greedy in hand, says so, and then waits to be stopped.
SLEEPER = """
import sys, time
from leptonopt.session import session, solve as conductor
from leptonopt import __main__
from leptonopt.solvers import greedy
from leptonopt.problem.protocol import Solution, Status, Stop

def waits(problem, warm_start, limits, monitor):
    monitor.bound = lambda value: None
    greedy.solve(problem, warm_start, limits, monitor)
    print("ready", flush=True)
    while not monitor.should_stop():
        time.sleep(0.01)
    return Solution(Status.UNKNOWN, Stop.INTERRUPT)

solve = conductor.solve
conductor.solve = lambda file, **options: solve(file, **(options | {"method": waits}))
session.uncapacitated_bound = lambda problem, costs: None
sys.argv = ["leptonopt", "solve", sys.argv[1], "-o", sys.argv[2]]
__main__.main()
"""


# --- verify, validate ---


def test_verify_names_rule_witness_and_amount(run: Any, week: Path, tmp_path: Path) -> None:
    """A plan that costs a cent too little is rejected, by the rule's name."""
    made = tmp_path / "plan.json"
    run("solve", week, "-m", "greedy", "-o", made)
    document = json.loads(made.read_text())
    document["tasks"][0]["cost"] -= 0.01
    made.write_text(json.dumps(document))
    code, out, err = run("verify", week, made)
    assert (code, err) == (6, "")
    assert out.startswith("cost: task 'train': cost: is 7.99, not 8 (by -0.01)")
    assert json.loads(run("verify", week, made, "--json")[1])["violations"][0]["rule"] == "cost"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", "NaN", '{"cost": NaN}', '{"a": 1, "a": 2}', '{"a": 1e999999999}', "[" * 10**5, "\0", "\ufeff"],
)
def test_verify_refuses_what_is_no_plan(run: Any, week: Path, tmp_path: Path, text: str) -> None:
    """One line, exit code 3 (or 6 from the checker), no traceback."""
    made = tmp_path / "plan.json"
    made.write_text(text)
    code, out, err = run("verify", week, made)
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith(f"error: {made}")


def test_verify_shows_hostile_names_safely(run: Any, week: Path, tmp_path: Path) -> None:
    """A plan file of a stranger cannot colour, move or turn the terminal."""
    made = tmp_path / "plan.json"
    made.write_text(json.dumps(plans.plan(plans.task(HOSTILE, HOSTILE, 0, 2))))
    code, out, _ = run("verify", week, made)
    assert code == 6
    assert not set(out) & {"\x1b", "\u202e"}


def test_validate_says_everything(run: Any, week: Path, tmp_path: Path) -> None:
    """Good files are summed up, bad ones have a line per finding, and the exit code is 3."""
    bad = tmp_path / "bad.json"
    wrong = plans.INSTANCE | {"nonsense": 1, "pools": [*plans.INSTANCE["pools"], {"id": "a", "capacity": {"gpu": -1}}]}
    bad.write_text(json.dumps(wrong))
    code, out, err = run("validate", week, bad, tmp_path / "missing.yaml")
    assert code == 3
    assert out.startswith(f"{week}: valid; 2 tasks, 2 groups, 3 options, 2 pools, 48 slots")
    assert "do not fill their last slot" in out
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert sum(str(bad) in line for line in err.splitlines()) >= 2
    assert "no such file" in err
    assert run("validate", week)[0] == 0


# --- schema, methods, convert ---


def test_schemas_are_json(run: Any) -> None:
    """Both formats have one; any other word is refused."""
    for kind in ("instance", "plan"):
        code, out, _ = run("schema", kind)
        assert (code, json.loads(out)["$schema"][:19]) == (0, "https://json-schema")
    assert run("schema", "magic")[0] == 2


def test_methods_say_whose_engine_they_are(run: Any) -> None:
    """Name, kind, engine with version, licence."""
    code, out, _ = run("methods")
    assert code == 0
    assert all(
        word in out for word in ("auto", "greedy", "cpsat", "exact", "ortools 9.", "Apache-2.0", "EPL-2.0", "pulp:NAME")
    )
    assert json.loads(run("methods", "--json")[1])[0]["name"] == "auto"


def test_version(run: Any) -> None:
    """`--version`."""
    assert run("--version") == (0, f"leptonopt {__version__}\n", "")


@pytest.mark.parametrize("kind", ["yaml", "toml", "json"])
def test_convert_there_and_back(run: Any, week: Path, tmp_path: Path, kind: str) -> None:
    """A native format says the same in each of its three notations."""
    there, back = tmp_path / f"there.{kind}", tmp_path / "back.json"
    assert run("convert", week, "-o", there)[0] == 0
    assert run("convert", there, "-o", back)[0] == 0
    assert run("convert", week, "-o", "-", "--to", "json")[1] == back.read_text()


@pytest.mark.parametrize(("kind", "begins"), [("mps", "\nNAME"), ("lp", "\nMinimize"), ("dat", "\nset")])
def test_convert_to_models(run: Any, week: Path, tmp_path: Path, kind: str, begins: str) -> None:
    """The model as files for other solvers, behind comments on what its names mean."""
    target = tmp_path / f"model.{kind}"
    assert run("convert", week, "-o", target)[0] == 0
    assert begins in target.read_text()
    assert "objective: 1 is " in target.read_text().splitlines()[0]


@pytest.mark.parametrize(
    "words", [["-o", "x.xls"], ["-o", "-"], ["-o", "x", "--to", "magic"], ["-o", "no/such/x.yaml"]]
)
def test_convert_refuses(run: Any, week: Path, words: list[str]) -> None:
    """Unknown formats and places that cannot be written to."""
    code, out, err = run("convert", week, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)


# --- streams ---


@pytest.mark.parametrize("words", [["methods"], ["schema"], ["solve", "WEEK", "-m", "greedy"], ["--help"]])
def test_broken_pipe_is_quiet(week: Path, words: list[str]) -> None:
    """`leptonopt … | head` ends without a word."""
    read, write = os.pipe()
    os.close(read)
    line = [sys.executable, "-m", "leptonopt", *(str(week) if word == "WEEK" else word for word in words)]
    done = subprocess.run(line, stdout=write, stderr=subprocess.PIPE, text=True, cwd=ROOT, timeout=60)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 141


def test_any_encoding_and_no_terminal(week: Path, tmp_path: Path) -> None:
    """ASCII terminals, closed streams and full devices end in plain words."""
    env = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    named = tmp_path / "named.json"
    named.write_text(json.dumps(plans.INSTANCE).replace("train", "tr\u00e4in \u4f60"))
    done = command("solve", named, "-m", "greedy", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "tr\\xe4in" in done.stdout
    made = subprocess.run(
        [sys.executable, "-m", "leptonopt", "solve", named, "-m", "greedy", "--json"],
        capture_output=True, env=env, cwd=ROOT, check=True,
    )  # fmt: skip
    assert any("tr\u00e4in" in line["id"] for line in json.loads(made.stdout.decode("utf-8"))["tasks"])
    closed = subprocess.run(f"exec {sys.executable} -m leptonopt methods >&- 2>&-", shell=True, cwd=ROOT, check=False)
    assert closed.returncode == 0
    with open("/dev/full", "w") as full:
        line = [sys.executable, "-m", "leptonopt", "methods"]
        done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


# --- report ---


def shown(document: dict[str, Any], width: int = 100, everything: bool = False) -> str:
    """The report as plain text."""
    out = io.StringIO()
    report.show(document, Console(file=out, width=width), ("a note",), everything)
    return out.getvalue()


def test_long_schedules_are_cut() -> None:
    """40 tasks, and how many more there are; all of them when asked."""
    many = plans.crowd(1000, 3)
    text = shown(many)
    assert "… 960 more" in text
    assert len(text.splitlines()) < 80
    assert len(shown(many, everything=True).splitlines()) > 1000


def test_names_are_never_markup() -> None:
    """Names that look like markup, emoji codes or terminal codes are shown as they are, or as escapes."""
    document = plans.plan(plans.task("[red]x[/] :fire:", HOSTILE, 0, 2), currency="[usd]", why=["[bold]why"])
    text = shown(document, 200)
    assert "[red]x[/] :fire:" in text
    assert "[usd]" in text
    assert "[bold]why" in text
    assert not set(text) & {"\x1b", "\u202e"}


def test_bounds_are_never_rounded_up() -> None:
    """A bound of 9.999 does not become 'no plan costs less than 10.00'."""
    text = str(report.headline(plans.plan(plans.task("x", "a", 0, 1, 12.5), status="feasible", bound=9.999, gap=0.2)))
    assert "no plan costs less than 9.99 " in text
    assert "gap 20.00%" in text
    tiny = plans.plan(plans.task("x", "a", 0, 1, 12.5), status="feasible", bound=12.49999, gap=8e-7)
    assert "gap <0.01%" in str(report.headline(tiny))


@pytest.mark.parametrize(
    ("costs", "places"), [((10, 20), 0), ((0.5, 30.25), 2), ((0.004, 0.02), 4), ((0, 1.5), 2), ((), 0)]
)
def test_decimals_fit_the_sums(costs: tuple[float, ...], places: int) -> None:
    """Whole sums have none, tiny ones enough."""
    assert (
        report.decimals(
            plans.plan(*(plans.task(f"t{at}", "a", at, 1, cost) for at, cost in enumerate(costs)), pools=("a",))
        )
        == places
    )


def test_what_was_left_out_is_named() -> None:
    """Copies by number, and how many more."""
    left = [{"id": "sweep", "copy": copy, "value": 3} for copy in range(1, 31)]
    document = plans.plan(plans.task("x", "a", 0, 1), left_out=left)
    document["bill"]["forgone"] = 90
    text = shown(document)
    assert "Left out: 30 (sweep #1, sweep #2" in text
    assert "… 18 more" in text
    assert "value left out" in text


# --- files ---


def test_files_are_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves the old file, and nothing beside it; permissions and links stay."""
    target = tmp_path / "plan é.json"
    files.write_atomic(target, "old")
    target.chmod(0o600)
    link = tmp_path / "link.json"
    link.symlink_to(target)
    files.write_atomic(link, "new")
    assert (target.read_text(), target.stat().st_mode & 0o777, link.is_symlink()) == ("new", 0o600, True)

    def broken(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(UsageError, match="No space left"):
        files.write_atomic(target, "newer")
    assert target.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "plan é.json"]


def test_printable() -> None:
    """Escapes for what a terminal would obey; letters of any language stay."""
    assert files.printable("Grüße 你好 👩‍🚀") == "Grüße 你好 👩‍🚀"
    assert files.printable("a\x1b[0m\r\n\x9b\u2028\u202e\udc80") == "a\\x1b[0m\\r\\n\\x9b\\u2028\\u202e\\udc80"


def test_help_is_quick() -> None:
    """The help takes well under a second of a processor, whatever else that has to do."""
    begun = os.times()
    assert command("--help").returncode == 0
    ended = os.times()
    assert ended.children_user + ended.children_system - begun.children_user - begun.children_system < 1
