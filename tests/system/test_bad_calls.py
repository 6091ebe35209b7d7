"""Bad calls, plans, certificates, lists, methods and results: one line, the documented exit code, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from tests.helpers import mutants
from tests.helpers.places import places, put
from tests.helpers.run_cli import called, said

INSTANCE = """time: {start: 2026-01-05T00:00Z, horizon: 1d}
pools: [{id: a, capacity: {gpu: 4}, price: {gpu: 1.5}}]
tasks:
  - {id: one, copies: 2, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}
  - {id: two, after: [one], options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """A plan and a certificate."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "week.yaml").write_text(INSTANCE)
    result = leptonopt.solve(folder / "week.yaml", method="cbc", time_limit=10, certify=True)
    assert result.certificate is not None
    return result.document, result.certificate


@pytest.fixture
def folder(tmp_path: Path, made: tuple[dict[str, Any], dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an instance, its plan and its certificate, to work in."""
    (tmp_path / "week.yaml").write_text(INSTANCE)
    (tmp_path / "plan.json").write_text(json.dumps(made[0]))
    (tmp_path / "proof.json").write_text(json.dumps(made[1]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_good_plan_is_good(folder: Path) -> None:
    """With its certificate."""
    code, out, err = called("verify", "week.yaml", "plan.json", "--certificate", "proof.json")
    assert (code, err) == (0, ""), out


CALLS = [
    # words, exit code, what is said
    ("solve", 2, "missing argument 'FILE'; `leptonopt solve -h` says what is allowed"),
    ("solve --nope week.yaml", 2, "no such option"),
    ("nope", 2, "no such command 'nope'"),
    ("solve week.yaml week.yaml", 2, "unexpected extra argument"),
    ("solve week.yaml -t soon", 2, "invalid value for '--time-limit'"),
    ("solve week.yaml -t nan", 2, "allowed is more than 0"),
    ("solve week.yaml -t -1", 2, "allowed is more than 0"),
    ("solve week.yaml --gap -1", 2, "allowed is 0 (a proof) or more"),
    ("solve week.yaml --threads 0", 2, "allowed is 1 to 1024"),
    ("solve week.yaml --seed -1", 2, "allowed is 0 to"),
    ("solve week.yaml --memory much", 2, "allowed is a size"),
    ("solve week.yaml -m gredy", 2, "there is no method 'gredy'; did you mean 'greedy'?"),
    ("solve week.yaml -m pulp:NOPE", 2, "no solver 'NOPE' here; it reaches "),
    ("solve week.yaml --format yml", 2, "there is no format 'yml'; did you mean 'yaml'?"),
    ("solve week.yaml --param a", 2, "write KEY=VALUE"),
    ("solve week.yaml -o no/plan.json", 2, "there is no folder 'no'"),
    ("solve week.yaml -o .", 2, "is a folder"),
    ("solve week.yaml -o week.yaml", 2, "week.yaml: is written over week.yaml; give another name"),
    ("solve week.yaml -o ./week.yaml", 2, "is written over week.yaml"),
    ("solve week.yaml -o a.json --log-file a.json", 2, "a.json: is written over a.json"),
    ("solve week.yaml --log-file week.yaml", 2, "week.yaml: is written over week.yaml"),
    ("solve week.yaml --certify", 2, "say where with -o FILE"),
    ("solve week.yaml --plot a.gif", 2, "a plot is written as .png"),
    ("solve week.yaml --warm-start none.json", 3, "none.json: there is no such file"),
    ("solve week.yaml --warm-start week.yaml", 3, "week.yaml: is an instance, not a plan; a plan is JSON"),
    ("solve none.yaml", 3, "none.yaml: there is no such file"),
    ("solve .", 3, "is a folder"),
    ("solve -", 3, "-: there is no such file"),
    ("solve -- -m", 3, "-m: there is no such file"),
    (f"solve {'x' * 300}.yaml", 3, "cannot be read: File name too long"),
    ("validate /dev/zero", 3, "is a pipe or a device"),
    ("convert week.yaml -o week.yaml", 2, "is written over"),
    ("convert week.yaml -o a.foo", 2, "'foo' is no format to write"),
    ("convert week.yaml", 2, "missing option"),
    ("explain week.yaml -o week.yaml", 2, "is written over"),
    ("verify week.yaml", 2, "PLAN; `leptonopt verify -h` says what is allowed"),
    ("verify week.yaml plan.json --nope", 2, "unrecognized arguments: --nope"),
    ("verify week.yaml week.yaml", 3, "week.yaml: is an instance, not a plan; a plan is JSON"),
    ("verify plan.json plan.json", 3, "plan.json: is a plan, not an instance; give the file of the instance itself"),
    ("verify week.yaml plan.json --certificate none.json", 3, "none.json: there is no such file"),
    ("generate nope -o a.yaml", 2, "there is no family 'nope'"),
    ("generate gaia -o a.yaml --tasks 5", 2, "a whole number from 10 to 1,000,000"),
    ("generate gaia -o a.yaml --load nan", 2, "is allowed"),
    ("schema nope", 2, "there is no schema 'nope'"),
    ("compare week.yaml -o out -m nope", 2, "there is no method 'nope'"),
    ("compare week.yaml -o out -m pulp:NOPE", 2, "no solver 'NOPE' here; it reaches "),
    ("compare none.yaml -o out", 3, "none.yaml: there is no such file"),
    ("compare none.yaml -o new/and/new", 3, "none.yaml: there is no such file"),
    ("compare week.yaml -o week.yaml", 2, "cannot be written"),
    ("results table none", 2, "holds no results"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "text"), CALLS, ids=[row[0][:40] for row in CALLS])
def test_bad_call_gets_one_line(folder: Path, words: str, code: int, text: str) -> None:
    """And nothing is written."""
    before = contents(folder)
    found, out, err = called(*words.split())
    assert (found, out, len(err.splitlines())) == (code, "", 1), (found, out, err)
    assert err.startswith("error: ")
    assert text in err, err
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    """All files and folders of a folder."""
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


def test_nobody_hears_the_complaint(folder: Path) -> None:
    """The exit code says it all the same."""
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "leptonopt", "validate", "none.yaml"]
        path = os.pathsep.join(filter(None, [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH")]))
        assert subprocess.call(words, stderr=full, env={**os.environ, "PYTHONPATH": path}) == 3


# --- plans and certificates ---------------------------------------------------------------------------------------

DIGITS = "9" * 5000
VALUES: list[Any] = [
    None, True, -1, 0.5, 10**40, float("1e300"), "", "1e999999999", "1/0", f"1/{DIGITS}", "x\x1b[2J\n", [], [[]], {}, {"a": []},
    "0000-00-00T00:00Z", "9999-12-31T23:59:59-23:59", "\udc80",
]  # fmt: skip


def judged(words: tuple[str, ...], where: object) -> int:
    """The exit code of `verify` on something bad, which says so in lines that no terminal obeys."""
    code, out, err = called("verify", *words)
    assert code in (0, 3, 6), (where, out, err)
    assert "unexpected" not in err, (where, err)
    assert (err == "") == (code != 3), (where, err)
    assert all(line.startswith("error: ") for line in err.splitlines()), (where, err)
    assert "\x1b" not in out + err, where
    assert len(out) < 20_000, where
    return code


@pytest.mark.parametrize("value", range(len(VALUES)))
def test_any_value_anywhere_in_a_plan_is_judged(
    folder: Path, made: tuple[dict[str, Any], dict[str, Any]], value: int
) -> None:
    """Nothing hangs, and nothing but the verdict comes of it."""
    kept = 0
    for at in places(made[0]):
        (folder / "plan.json").write_text(json.dumps(put(made[0], at, VALUES[value])))
        kept += judged(("week.yaml", "plan.json"), (at, VALUES[value])) == 0
    assert kept < 60  # what the checker need not know: names, engines, notes, seconds


@pytest.mark.parametrize("value", range(len(VALUES)))
def test_any_value_anywhere_in_a_certificate_is_judged(
    folder: Path, made: tuple[dict[str, Any], dict[str, Any]], value: int
) -> None:
    """As of a plan."""
    for at in places(made[1]):
        (folder / "proof.json").write_text(json.dumps(put(made[1], at, VALUES[value])))
        judged(("week.yaml", "plan.json", "--certificate", "proof.json"), (at, VALUES[value]))


def campaign(made: tuple[dict[str, Any], dict[str, Any]], folder: Path, seeds: range) -> int:
    """How many mutants of a plan, or of its certificate, were refused or objected to."""
    refused = 0
    for seed in seeds:
        which = seed % 2
        name = ("plan.json", "proof.json")[which]
        (folder / name).write_bytes(mutants.document_mutant(seed, made[which]))
        refused += judged(("week.yaml", "plan.json", "--certificate", "proof.json"), seed) != 0
        (folder / name).write_text(json.dumps(made[which]))
    return refused


def test_mutants_are_judged(folder: Path, made: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """200 of them; most are bad."""
    assert campaign(made, folder, range(200)) > 100


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_many_mutants_are_judged(folder: Path, made: tuple[dict[str, Any], dict[str, Any]], part: int) -> None:
    """4,000 of them."""
    assert campaign(made, folder, range(1000 * (part + 1), 1000 * (part + 2))) > 500


TEXTS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ":1: not JSON"),
    "a list": (b"[]", ":1: not a plan: no mapping"),
    "a number": (b"7", ":1: not a plan: no mapping"),
    "cut": (b'{"leptonopt_plan": 1, "tasks": [', ":1: not JSON"),
    "a key twice": (b'{"cost": 1,\n"cost": 2}', ":2: the key 'cost' stands twice"),
    "nan": (b'{"cost": NaN}', ":1: NaN is not a finite number"),
    "a number without end": (b'{"cost": 1e999999999}', ":1: 1e999999999 is out of range"),
    "brackets": (b"[" * 100_000, ":1: is nested too deeply"),
    "Latin-1": (b'{"a": "\xe9"}', ":1: is not UTF-8 text"),
    "UTF-16": ("{}".encode("utf-16"), "is UTF-16 text"),
    "NUL": (b'{"a": "\0"}', ":1: has a NUL character"),
    "half a character": (b'{"a": "\\ud800"}', ":1: "),
    "a zip": (b"PK\x03\x04\x00\xff", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_plan_is_refused(folder: Path, name: str) -> None:
    """As a plan, as a certificate and as a warm start."""
    content, words = TEXTS[name]
    (folder / "bad.json").write_bytes(content)
    for call in (
        ("verify", "week.yaml", "bad.json"),
        ("verify", "week.yaml", "plan.json", "--certificate", "bad.json"),
        ("solve", "week.yaml", "--warm-start", "bad.json", "-m", "greedy"),
    ):
        line = said(*call, code=3)
        assert line.startswith("error: bad.json"), line
        assert words.replace("a plan", "a certificate" if "--certificate" in call else "a plan") in line


@pytest.mark.parametrize(
    "change",
    [
        {"tasks": None}, {"tasks": 5}, {"tasks": [1]}, {"tasks": [{}]}, {"tasks": {"a": 1}},
        {"tasks": [{"id": [], "start": "2026-01-05T00:00Z", "option": "a"}]},
        {"tasks": [{"id": "one", "start": "soon", "option": "a"}]},
        {"tasks": [{"id": "one", "start": 5, "option": "a"}]},
        {"tasks": [{"id": "one", "start": "2026-01-05T00:00Z", "option": "a", "nodes": 7}]},
    ],
)  # fmt: skip
def test_bad_warm_start_is_refused(folder: Path, made: tuple[dict[str, Any], dict[str, Any]], change: Any) -> None:
    """In one line that says so."""
    (folder / "bad.json").write_text(json.dumps({**made[0], **change}))
    assert "the warm start is not a plan document" in said(
        "solve", "week.yaml", "--warm-start", "bad.json", "-m", "greedy", "-t", 5, code=2
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (", horizon: 1d", "", "week.yaml: not an instance: 'horizon' is missing, or names what is not there"),
        ("duration: 2h}", "}", "'duration' is missing, or names what is not there; `leptonopt validate` judges"),
        ("price: {gpu: 1.5}", "price: [1]", "a value in it is of another kind than it should be"),
    ],
)
def test_an_instance_that_nobody_validated_is_judged_in_words(folder: Path, old: str, new: str, words: str) -> None:
    """One line that says what is missing, and no name of an exception."""
    (folder / "week.yaml").write_text(INSTANCE.replace(old, new))
    _, out, err = called("verify", "week.yaml", "plan.json", "--any-instance")
    assert words in out + err
    assert "Error:" not in out + err


ENDLESS: list[tuple[str, str]] = [
    ("horizon: 1d", "horizon: 99999999999d"),
    ("horizon: 1d", "slot: 1s, horizon: 36000d"),
    ("horizon: 1d", "slot: 0s, horizon: 1d"),
    ("copies: 2", "copies: 999999999999"),
    ("gpu: 1.5", "gpu: 1e60"),
    ("duration: 2h", "duration: 999999999999d"),
]


@pytest.mark.parametrize(("old", "new"), ENDLESS)
def test_an_instance_that_nobody_validated_does_not_hang_the_checker(folder: Path, old: str, new: str) -> None:
    """Endless horizons, copies and prices."""
    (folder / "week.yaml").write_text(INSTANCE.replace(old, new))
    assert judged(("week.yaml", "plan.json", "--certificate", "proof.json"), new) in (3, 6)


# --- compare and results ------------------------------------------------------------------------------------------

LISTS: list[tuple[bytes, int, str]] = [
    (b"", 2, "there is no instance to compare on"),
    (b"file\nnone.yaml\n", 3, "none.yaml: there is no such file"),
    (b"colour\n1\n", 3, "list.csv:1: an unknown column 'colour'; allowed are"),
    (b"file,file\nweek.yaml,week.yaml\n", 3, "list.csv:1: a column stands twice"),
    (b"file\nweek.yaml,1\n", 3, "list.csv:2: more or fewer values than the 1 names"),
    (b"file,name\nweek.yaml\n", 3, "list.csv:2: more or fewer values than the 2 names"),
    (b"file,params\nweek.yaml,a\n", 3, "list.csv:2: params 'a'; allowed is key=value"),
    (b"file,params\nweek.yaml,a=b\n", 2, "the format yaml has no parameter 'a'"),
    (b"file,format\nweek.yaml,nope\n", 2, "there is no format 'nope'"),
    (b"file,best\nweek.yaml,much\n", 3, "list.csv:2: best 'much' is no number"),
    (b"file,best\nweek.yaml,1e999999999\n", 3, "list.csv:2: best '1e999999999' is no number"),
    (b"file,best\nweek.yaml,1/0\n", 3, "list.csv:2: best '1/0' is no number"),
    (b"file\n\xff\n", 3, "list.csv: is no CSV text"),
    (b"file\na\0b\n", 3, "list.csv"),
    (b"file\nlist.csv\n", 3, "list.csv: the ending '.csv' tells no format"),
]


@pytest.mark.parametrize(("content", "code", "words"), LISTS)
def test_bad_list_is_refused(folder: Path, content: bytes, code: int, words: str) -> None:
    """Before any run; no folder is left, and one that was there stays as it was."""
    (folder / "list.csv").write_bytes(content)
    assert words in said("compare", "list.csv", "-m", "greedy", "-o", "out", code=code)
    assert not (folder / "out").exists()
    (folder / "out").mkdir()
    assert words in said("compare", "list.csv", "-m", "greedy", "-o", "out", code=code)
    assert (folder / "out").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a,b\n1,2\n", "best.csv:1: the columns `instance` and `best` are needed"),
        (b"instance,best\nweek,1e999999999\n", "best.csv:2: best '1e999999999' is no number"),
        (b"instance,best\nweek\n", "best.csv:2: more or fewer values"),
        (b"instance,best\nweek,nan\n", "best.csv:2: best 'nan' is no number"),
        (b"\xff\xff", "best.csv: is no CSV text"),
    ],
)
def test_bad_best_values_are_refused(folder: Path, content: bytes, words: str) -> None:
    """Before any run."""
    (folder / "best.csv").write_bytes(content)
    assert words in said("compare", "week.yaml", "-m", "greedy", "-o", "out", "--best", "best.csv", code=3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("import nothing_there\n", "cannot be loaded: ModuleNotFoundError"),
        ("def solve(:\n", "cannot be loaded: SyntaxError"),
        ("x = 1\n", "cannot be loaded: AttributeError"),
        ("raise SystemExit(9)\n", "cannot be loaded: SystemExit: 9"),
        ("solve = 5\n", "is no function"),
        ("\ud800", "cannot be loaded: SyntaxError"),
    ],
)
def test_bad_method_file_is_refused(folder: Path, content: str, words: str) -> None:
    """Before any run."""
    (folder / "mine.py").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert words in said("compare", "week.yaml", "-m", "mine.py:solve", "-o", "out", code=2)


def test_a_method_file_that_ends_its_process_is_a_crashed_run(folder: Path) -> None:
    """Python is left without a word, as by a library that crashes: the comparison goes on and says so."""
    (folder / "mine.py").write_text("import os\nos._exit(0)\n")
    code, out, err = called("compare", "week.yaml", "-m", "greedy,mine.py:solve", "-o", "out", "-t", 5, "-q")
    assert (code, err) == (0, "")
    assert "failed" in out
    runs = [json.loads(line) for line in (folder / "out" / "runs.jsonl").read_text().splitlines()]
    assert {run["method"]: run.get("error") for run in runs} == {
        "greedy": None,
        "solve": "ended with exit code 0: no message",
    }


RUN: dict[str, Any] = {
    "leptonopt_run": 1, "key": "k", "instance": {"name": "w", "family": "f", "sha256": "s", "tasks": 1},
    "best_known": None,
    "method": "greedy", "source": "", "seed": 0, "time_limit": 5.0, "gap": 0.0, "threads": 1, "deterministic": False,
    "versions": {}, "status": "optimal", "stop": "proof", "cost": "160", "bound": "160", "engines": {}, "by": [],
    "seconds": {"total": 0.07}, "notes": [], "machine": {}, "trace": [[0.06, None, 160.0], [0.07, 160.0, 160.0]],
    "wall": 2.4,
}  # fmt: skip
CHANGES: list[Callable[[dict[str, Any]], Any]] = [
    lambda run: 7, lambda run: [], lambda run: {}, lambda run: {"key": "k"},
    lambda run: run | {"key": []}, lambda run: run | {"instance": "w"}, lambda run: run | {"cost": "1e999999999"},
    lambda run: run | {"cost": 160}, lambda run: run | {"bound": "1/0"}, lambda run: run | {"time_limit": "long"},
    lambda run: run | {"time_limit": 0}, lambda run: run | {"trace": 5}, lambda run: run | {"trace": [[1]]},
    lambda run: run | {"trace": [[0.1, "x", 1]]}, lambda run: run | {"seconds": []}, lambda run: run | {"wall": None,
    "seconds": {}},
    lambda run: run | {"seed": "x"}, lambda run: run | {"best_known": "much"},
]  # fmt: skip


@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_bad_line_of_results_is_refused(folder: Path, change: int) -> None:
    """By number; the good line before it is good."""
    (folder / "out").mkdir()
    lines = folder / "out" / "runs.jsonl"
    lines.write_text(json.dumps(RUN) + "\n")
    assert called("results", "table", "out")[0] == 0
    lines.write_text(json.dumps(RUN) + "\n" + json.dumps(CHANGES[change](deepcopy(RUN))) + "\n")
    for what in (("table", "out"), ("pairs", "out"), ("page", "out", "-o", "page.html")):
        assert "runs.jsonl:2: is no line of a run" in said("results", *what, code=3)
    assert not (folder / "page.html").exists()


def test_results_that_are_no_text_are_refused(folder: Path) -> None:
    """In one line."""
    (folder / "out").mkdir()
    (folder / "out" / "runs.jsonl").write_bytes(b"\xff\n")
    assert "runs.jsonl: cannot be read" in said("results", "table", "out", code=3)
    (folder / "out" / "runs.jsonl").write_bytes(b"{\n")
    assert "runs.jsonl:1: is no line of a run" in said("results", "table", "out", code=3)
