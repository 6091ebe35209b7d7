"""Reading: what is written is what is read, and what is wrong is said in one line with its place."""

from __future__ import annotations

import builtins
import copy
import io
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leptonopt.cli.common import plan_of
from leptonopt.errors import InputError, InstanceError
from leptonopt.instance import validate
from leptonopt.io.load import FORMATS, load, read_document
from leptonopt.io.native.text import parse
from leptonopt.io.native.writer import dumped
from tests.helpers import random_instances
from tests.helpers.bad_files import GOOD

ROOT = Path(__file__).resolve().parents[3]
HEAD = "time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 1d}\n"  # line 1
POOL = "pools:\n  - {id: a, capacity: {gpu: 4}}\n"  # lines 2, 3
TASK = "tasks:\n  - {id: t, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}\n"  # lines 4, 5


def task(text: str) -> str:
    """A valid head and pool, then one task; the task's text begins on line 5."""
    return HEAD + POOL + "tasks:\n  - {id: t, " + text + "}\n"


def pool(text: str) -> str:
    """A valid head and task around one pool; the pool's text begins on line 3."""
    return HEAD + "pools:\n  - {id: a, " + text + "}\n" + TASK


OPTION = "options: [{pool: a, uses: {gpu: 1}, duration: 1h}]"
BAD: list[tuple[str, str, int | None, str]] = [
    # name, text, line, what is said
    ("empty", "", None, "the file is empty"),
    ("a list", "- 1\n", 1, "no mapping"),
    ("a word", "hello\n", 1, "no mapping"),
    ("not yaml", "a: [1, 2\n", 2, "not YAML"),
    ("tabs", "time:\n\tstart: 1\n", 2, "not YAML: a tab; lines are indented with spaces"),
    ("two documents", HEAD + "---\n" + HEAD, 3, "several YAML documents"),
    ("duplicate key", HEAD + HEAD, 2, "stands twice"),
    ("anchor", "time: &x {start: 2026-01-05T00:00Z}\n", 1, "anchors and aliases"),
    ("alias bomb", "a: &a [x, x]\nb: &b [*a, *a]\n", 1, "anchors and aliases"),
    ("tag", HEAD + "name: !!python/object:os.system x\n", 2, "tag"),
    ("own tag", HEAD + "name: !mine x\n", 2, "tag"),
    ("nan", pool("capacity: {gpu: .nan}"), 3, "not a finite number"),
    ("infinity", pool("capacity: {gpu: .inf}"), 3, "not a finite number"),
    ("huge exponent", pool("capacity: {gpu: 1e999}"), 3, "out of range"),
    ("endless digits", pool("capacity: {gpu: " + "9" * 5000 + "}"), 3, "5000 characters"),
    ("too large", pool("capacity: {gpu: 1e15}"), 3, "too large"),
    ("too fine", pool("capacity: {gpu: 0.12345678901}"), 3, "too many decimals"),
    ("negative capacity", pool("capacity: {gpu: -1}"), 3, "at least 0"),
    ("boolean capacity", pool("capacity: {gpu: true}"), 3, "not a number that may change"),
    ("text capacity", pool("capacity: {gpu: four}"), 3, "not a number that may change"),
    ("empty capacity", pool("capacity: {}"), 3, "without resources"),
    ("empty steps", pool("capacity: {gpu: {steps: {}}}"), 3, "empty table"),
    ("steps too late", pool("capacity: {gpu: {steps: {2026-01-05T05:00Z: 1}}}"), 3, "first step is after"),
    ("steps without zone", pool("capacity: {gpu: {steps: {2026-01-05T00:00: 1}}}"), 3, "no offset"),
    ("a clock of 25 hours", pool("capacity: {gpu: 1}, price: {gpu: {daily: {'25:00': 1}}}"), 3, "time of day"),
    ("unlimited price", pool("capacity: {gpu: 1}, price: {gpu: unlimited}"), 3, "cannot be unlimited"),
    ("price of nothing", pool("capacity: {gpu: 1}, price: {gpus: 1}"), 3, "did you mean 'gpu'"),
    ("maintenance backwards", pool("capacity: {gpu: 1}, maintenance: [{from: 2026-01-05T05:00Z, to: 2026-01-05T04:00Z}]"), 3, "not after"),
    ("maintenance of nothing", pool("capacity: {gpu: 1}, maintenance: [{from: 2026-01-05T05:00Z, to: 2026-01-05T06:00Z, capacity: {cpu: 1}}]"), 3, "no resource 'cpu'"),
    ("misspelt key", pool("capcity: {gpu: 1}"), 3, "did you mean 'capacity'"),
    ("unknown key", HEAD + POOL + TASK + "colour: red\n", 6, "allowed are"),
    ("missing pools", HEAD + TASK, None, "pools: is missing"),
    ("missing id", HEAD + "pools:\n  - {capacity: {gpu: 1}}\n" + TASK, 3, "id: is missing"),
    ("no tasks", HEAD + POOL + "tasks: []\n", 4, "empty"),
    ("tasks that are none", HEAD + POOL + "tasks: many\n", 4, "not a list"),
    ("a task that is none", HEAD + POOL + "tasks: [7]\n", 4, "not a mapping"),
    ("pool twice", HEAD + "pools:\n  - {id: a, capacity: {gpu: 1}}\n  - {id: a, capacity: {gpu: 1}}\n" + TASK, 4, "ids are unique"),
    ("task twice", HEAD + POOL + "tasks:\n  - {id: t, " + OPTION + "}\n  - {id: t, " + OPTION + "}\n", 6, "ids are unique"),
    ("number as id", HEAD + "pools:\n  - {id: 7, capacity: {gpu: 1}}\n" + TASK, 3, "put it in quotes"),
    ("empty id", HEAD + "pools:\n  - {id: '', capacity: {gpu: 1}}\n" + TASK, 3, "1 to 200 characters"),
    ("line break in id", HEAD + 'pools:\n  - {id: "a\\nb", capacity: {gpu: 1}}\n' + TASK, 3, "control character"),
    ("unknown pool", task("options: [{pool: b, duration: 1h}]"), 5, "there is no pool 'b'"),
    ("unknown resource", task("options: [{pool: a, uses: {tpu: 1}, duration: 1h}]"), 5, "no resource 'tpu'"),
    ("negative use", task("options: [{pool: a, uses: {gpu: -1}, duration: 1h}]"), 5, "at least 0"),
    ("unknown task", task(OPTION + ", after: [s]"), 5, "there is no task 's'"),
    ("waits for itself", task(OPTION + ", after: [t]"), 5, "circle"),
    ("no option", task("options: []"), 5, "no way to run"),
    ("negative duration", task("options: [{pool: a, duration: -1h}]"), 5, "not a duration"),
    ("bare duration", task("options: [{pool: a, duration: 90}]"), 5, "write a duration"),
    ("no copies", task(OPTION + ", copies: 0"), 5, "is 0; at least 1"),
    ("half a copy", task(OPTION + ", copies: 1.5"), 5, "whole number"),
    ("yes for true", task(OPTION + ", optional: yes"), 5, "not true or false"),
    ("optional without value", task(OPTION + ", optional: true"), 5, "needs a value"),
    ("due without cost", task(OPTION + ", due: 2026-01-05T04:00Z"), 5, "goes together"),
    ("deadline without zone", task(OPTION + ", deadline: 2026-01-05T04:00"), 5, "no offset"),
    ("deadline that is none", task(OPTION + ", deadline: 2026-02-30T04:00Z"), 5, "not an instant"),
    ("deadline before release", task(OPTION + ", release: 2026-01-05T04:00Z, deadline: 2026-01-05T03:00Z"), 5, "not after the release"),
    ("option nowhere", task("options: [{uses: {gpu: 1}, duration: 1h}]"), 5, "either a pool or several pools"),
    ("option here and there", task("options: [{pool: a, pools: [a], duration: 1h}]"), 5, "either a pool or several pools"),
    ("option twice in a place", task("options: [{pools: [a, a], duration: 1h}]"), 5, "names a pool twice"),
    ("option on an unknown pool", task("options: [{pools: [a, b], duration: 1h}]"), 5, "there is no pool 'b'"),
    ("option without the resource", task("options: [{pools: [a], uses: {tpu: 1}, duration: 1h}]"), 5, "no resource 'tpu'"),
    ("option id twice", task("options: [{id: o, pool: a, duration: 1h}, {id: o, pool: a, duration: 2h}]"), 5, "stands twice"),
    ("work without speed", task("work: {hours: 1}"), 5, "no speed"),
    ("work below zero", task("work: {hours: -1, speed: {a: 1}}"), 5, "below zero; at least 0"),
    ("work elsewhere", task("work: {hours: 1, speed: {b: 1}}"), 5, "there is no pool 'b'"),
    ("work on no device", task("work: {hours: 1, speed: {a: 1}, device: tpu}"), 5, "no resource 'tpu'"),
    ("half a device", task("work: {hours: 1, speed: {a: {1.5: 1}}}"), 5, "number of devices"),
    ("unknown profile", task("work: {hours: 1, profile: p}"), 5, "there is no profile 'p'"),
    ("slot of nothing", HEAD.replace("1h", "0s") + POOL + TASK, 1, "more than 0s"),
    ("horizon not in slots", HEAD.replace("1h", "7h") + POOL + TASK, 1, "whole number of slots"),
    ("too many slots", HEAD.replace("1h", "1s").replace("1d", "9d") + POOL + TASK, 1, "at most 200,000"),
    ("unknown zone", HEAD.replace("}", ", zone: Europe/Atlantis}") + POOL + TASK, 1, "not a time zone"),
    ("path as zone", HEAD.replace("}", ", zone: ../../etc/passwd}") + POOL + TASK, 1, "not a time zone"),
    ("another version", "leptonopt: 2\n" + HEAD + POOL + TASK, 1, "not allowed"),
    ("merge key", HEAD + "<<: {a: 1}\n", 2, "keys"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "said"), BAD, ids=[case[0] for case in BAD])
def test_bad_yaml_says_where_and_what(tmp_path: Path, name: str, text: str, line: int | None, said: str) -> None:
    """File, line, place, what is wrong; each finding on one line."""
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load(file)
    lines = str(error.value).splitlines()
    hits = [found for found in lines if said in found]
    assert hits, lines
    assert all(found.startswith(str(file)) for found in lines)
    if line is not None:
        assert any(found.startswith(f"{file}:{line}:") for found in hits), lines


def test_all_findings_at_once(tmp_path: Path) -> None:
    """Also those between the parts, beside those within them, in the order of lines."""
    file = tmp_path / "bad.yaml"
    file.write_text(
        HEAD + "pools:\n  - {id: a, capacity: {gpu: -4}}\n  - {id: b, capacity: {gpu: 4}, colour: red}\n"
        "tasks:\n  - {id: t, copies: x, options: [{pool: b, duration: soon}]}\n  - {id: u, after: [v], options: [{pool: b, duration: 1h}]}\n"
    )
    with pytest.raises(InputError) as error:
        load(file)
    lines = [int(found.split(":")[1]) for found in str(error.value).splitlines()]
    assert lines == sorted(lines)
    assert {3, 4, 6} <= set(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfet\x00i\x00", "UTF-16"),
        (b"time: \xff\n", "not UTF-8"),
        (b"time: a\x00b\n", "NUL"),
        (b"[" * 100_000, "nested too deeply"),
        (b"- " * 100_000 + b"x\n", "nested too deeply"),
        (b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 2000)), "nested too deeply"),
    ],
)
def test_hostile_bytes_are_one_line(tmp_path: Path, data: bytes, said: str) -> None:
    """Whatever the bytes: one line, no traceback."""
    file = tmp_path / "bad.yaml"
    file.write_bytes(data)
    with pytest.raises(InputError, match=said) as error:
        load(file)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "text", "line", "said"),
    [
        ("bad.json", '{"a": 1,\n "a": 2}', 2, "stands twice"),
        ("bad.json", '{"a": NaN}', 1, "not a finite number"),
        ("bad.json", '{"a": 1,\n}', 2, "not JSON"),
        ("bad.json", '{\n "time": {"start": 5,\n  "slot": "1h", "horizon": "1d"}}', 2, "not an instant"),
        ("bad.json", "[" * 100_000, None, "nested too deeply"),
        ("bad.toml", "a = 1\na = 2\n", 2, "not TOML"),
        ("bad.toml", "a = nan\n", None, "not a finite number"),
        ("bad.toml", '[time]\nstart = 2026-01-05T00:00:00Z\nhorizon = "1d"\nslot = "x"\n', 4, "not a duration"),
        ("bad.toml", '[[pools]]\nid = "a"\n[[pools]]\nid = "b"\ncapacity = {gpu = -1}\n', 5, "at least 0"),
        ("bad.txt", "x", None, "tells no format"),
    ],
)
def test_bad_json_and_toml(tmp_path: Path, name: str, text: str, line: int | None, said: str) -> None:
    """The same for JSON and TOML."""
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(InputError) as error:
        load(file)
    hits = [found for found in str(error.value).splitlines() if said in found]
    assert hits, str(error.value)
    assert line is None or hits[0].startswith(f"{file}:{line}:")


def test_large_and_missing_files_are_refused(tmp_path: Path) -> None:
    """Before anything is parsed."""
    file = tmp_path / "large.yaml"
    with open(file, "wb") as sparse:
        sparse.truncate(2**30)
    with pytest.raises(InputError, match="1,024 MiB; at most 8 MiB"):
        load(file)
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "missing.yaml")
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)


def test_numbers_are_exactly_as_written() -> None:
    """No float on the way."""
    text = "a: 0.1\nb: 1e-3\nc: 123456789.123456789\nd: 00:00\ne: yes\nf: 2026-01-05T00:00Z\ng: ~\nh: 1_000\n"
    made, _ = parse(text, "yaml", "x")
    assert made == {
        "a": Decimal("0.1"), "b": Decimal("0.001"), "c": Decimal("123456789.123456789"), "d": "00:00", "e": "yes",
        "f": "2026-01-05T00:00Z", "g": None, "h": "1_000",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
def test_round_trip(kind: str) -> None:
    """Written and read again, an instance is the same."""
    for seed in range(40):
        instance = validate(random_instances.instance(seed))
        text = dumped(instance.document(), kind)
        assert validate(parse(text, kind, "x")[0]) == instance, seed


@pytest.mark.parametrize(
    "letters",
    ["é中🚀", "a b", "a: b", "#x", "- x", "'", '"', "{x}", "null", "1", "1e5", "~", "\u00a0x", "a\tb"[:1] + "]"],
)
def test_names_survive(letters: str) -> None:
    """Ids of any letters come back as they were, in every format."""
    document = {
        "time": {"start": "2026-01-05T00:00Z", "horizon": "1d"},
        "pools": [{"id": letters, "capacity": {letters: 1}}],
        "tasks": [{"id": letters, "options": [{"pool": letters, "uses": {letters: 1}, "duration": "1h"}]}],
    }
    instance = validate(document)
    for kind in ("yaml", "json", "toml"):
        assert validate(parse(dumped(instance.document(), kind), kind, "x")[0]) == instance


def test_bom_and_crlf_are_read(tmp_path: Path) -> None:
    """Files from other systems."""
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (HEAD + POOL + TASK).replace("\n", "\r\n").encode())
    assert load(file).tasks[0].id == "t"


def test_command_line_shows_no_traceback(tmp_path: Path) -> None:
    """Exit code 3, findings on standard error, nothing on standard output, nothing written."""
    file, plan = tmp_path / "bad file.yaml", tmp_path / "plan.json"
    file.write_text(task("options: []"))
    command = [sys.executable, "-m", "leptonopt", "solve", str(file), "-o", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stdout) == (3, "")
    assert "Traceback" not in done.stderr
    assert "bad file.yaml:5:" in done.stderr
    assert not plan.exists()


@pytest.mark.parametrize("format", ["yaml", "json", "toml", *FORMATS])
def test_a_gigabyte_is_refused_before_it_is_read(format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the system says of its size, in every format, as an instance, for the checker and as a plan."""
    file = tmp_path / f"large.{format}"
    with file.open("wb") as empty:
        empty.truncate(2**30)  # it has no blocks on the disk

    def untouched(path: Any, *given: Any, **named: Any) -> Any:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(io, "open", untouched)
    monkeypatch.setattr(builtins, "open", untouched)
    for read in (lambda: load(file, format), lambda: read_document(file, format), lambda: plan_of(file)):
        with pytest.raises(InputError, match=r"large\.[a-z-]+: 1,024 MiB; at most (8|16) MiB are read"):
            read()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every key and index of a tree, as a path, with what stands there."""
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key), child
        yield from places(child, (*path, key))


def changed(path: tuple[Any, ...], key: Any, value: Any) -> dict[str, Any]:
    """The good instance with one place called otherwise or holding something else."""
    document = copy.deepcopy(GOOD)
    holder: Any = document
    for step in path[:-1]:
        holder = holder[step]
    if isinstance(holder, dict):
        holder.pop(path[-1])
    holder[key] = value
    return document


OWN = ("steps", "daily", "variants", "profiles", "consumes")  # whose keys are instants, times or names of the user


def test_no_key_is_passed_over() -> None:
    """Every key of an instance, written with a wrong last letter, is refused with a suggestion."""
    known = [(path, value) for path, value in places(GOOD) if isinstance(path[-1], str) and len(path[-1]) > 3]
    known = [(path, value) for path, value in known if len(path) < 2 or path[-2] not in OWN]
    for path, value in known:
        word = path[-1]
        if word in ("steps", "daily"):  # then it is no series any more, and that is what is said
            continue
        with pytest.raises(InstanceError, match="; did you mean"):
            validate(changed(path, word[:-1] + "z", value))
    assert len(known) >= 60


def test_no_type_is_passed_over() -> None:
    """A number that is true or false or in quotation marks, and a text that is a number or a list, are refused."""
    count = 0
    for path, value in places(GOOD):
        wrong: list[Any] = [] if isinstance(value, dict | list) else [[value], {"a": value}]
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            wrong += [True, str(value)]
        elif isinstance(value, bool | str):
            wrong += [7]
        for other in wrong:
            count += 1
            with pytest.raises(InstanceError):
                validate(changed(path, path[-1], other))
    assert count >= 250
