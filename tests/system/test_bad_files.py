"""Bad files: one line that says file, place, what is wrong and what is allowed; never a traceback, never a hang.

The corpus of `bad_files` case by case, and a campaign of random edits of good files (`mutants`): whatever a file
becomes, it is read, or refused in words.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import pytest

from leptonopt.errors import InputError, InstanceError, LeptonoptError, UsageError
from leptonopt.instance import validate
from leptonopt.io.files import printable
from leptonopt.io.load import FORMATS, load
from leptonopt.io.native.text import DENSE, MAX_BYTES
from leptonopt.io.native.writer import dumped
from tests.helpers import mutants
from tests.helpers.bad_files import CORPUS, GOOD, GOOD_TEXTS, NOTATIONS, Bad, put

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 5  # of computing, whatever else the machine does
# Words by which a line says what is allowed.
ALLOWED = re.compile(
    r"; |allowed|at most|at least|should|above zero|needs? a|not after|is missing|twice|did you mean|known are"
    r"|out of order|not a|either|whole|not (YAML|JSON|TOML)"
    r"|no such file|cannot be read|in a circle|fits on no|do not give|has no|at its top|has 1 to 200|needs --param|more numbers than|not before"
    r"|is not called|true or false|below 1"
)
WHOLE_FILE = re.compile(
    r": (the file is empty|is UTF-16|is a folder|is a pipe|there is no such|cannot be read|the ending|is not called)"
)


@contextmanager
def bounded() -> Iterator[None]:
    """Ends what computes for longer than it may."""

    def over(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"more than {SECONDS} s of computing")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def refused(folder: Path, bad: Bad) -> LeptonoptError:
    """What is said of a bad file."""
    before = None
    path = put(folder, bad)
    if folder.is_dir():
        before = sorted(folder.iterdir())
    with bounded(), pytest.raises(UsageError if bad.usage else InputError) as error:
        load(path, format=bad.format, params=bad.params)
    assert before is None or sorted(folder.iterdir()) == before
    return error.value


@pytest.mark.parametrize("name", CORPUS)
def test_bad_file_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    """File, place, what is wrong, what is allowed."""
    bad = CORPUS[name]
    error = refused(tmp_path, bad)
    text = str(error)
    assert len(text.splitlines()) == 1, text
    assert text == printable(text)
    assert len(text) < 1000 + len(bad.file), text
    assert ALLOWED.search(text), text
    assert bad.said in text, text
    if bad.usage:
        return
    file = printable(tmp_path / bad.file)
    if not bad.beside:
        assert text.startswith(file if bad.line is None else f"{file}:{bad.line}: "), text
    else:
        assert text.startswith(str(tmp_path)), text
    if isinstance(error, InstanceError):
        (finding,) = error.findings
        assert finding.line or finding.path or WHOLE_FILE.search(text), text
    else:
        assert re.match(rf"{re.escape(file)}:\d+: ", text) or WHOLE_FILE.search(text) or bad.beside, text


def test_corpus_is_large() -> None:
    """Hundreds of cases, of every notation and format; the good files they come from are good."""
    assert len(CORPUS) >= 300
    assert set(GOOD_TEXTS) <= set(FORMATS)
    assert {bad.format for bad in CORPUS.values()} >= {None, *GOOD_TEXTS}


@pytest.mark.parametrize("kind", NOTATIONS)
def test_the_good_document_is_read(tmp_path: Path, kind: str) -> None:
    """In every notation the same."""
    path = put(tmp_path, Bad(f"good.{kind}", dumped(GOOD, kind).encode(), ""))
    assert load(path) == validate(GOOD)


@pytest.mark.parametrize("format", GOOD_TEXTS)
def test_the_good_texts_are_read(tmp_path: Path, format: str) -> None:
    """Those of the literature, too."""
    for file, text, params in GOOD_TEXTS[format]:
        instance = load(put(tmp_path, Bad(file, text.encode(), "", format)), format=format, params=params)
        assert instance.tasks or instance.services


MEASURED = """
import json, os, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, used.ru_utime + used.ru_stime, used.ru_maxrss], file)
"""


def measured(command: list[str], out: IO[str], err: IO[str]) -> tuple[int, float, int]:
    """Exit code, CPU seconds and peak kilobytes of a command.

    By a small program in between: Linux counts the memory of whoever starts a program as that program's own.
    """
    with tempfile.NamedTemporaryFile("r") as figures:
        starter = [sys.executable, "-I", "-S", "-c", MEASURED, figures.name]
        subprocess.run([*starter, *command], stdout=out, stderr=err, cwd=ROOT, check=True)
        code, seconds, kilobytes = json.load(figures)
    return code, seconds, kilobytes


SAMPLE = [
    "text: empty (yaml)",
    "text: deep in brackets (yaml)",
    "text: a bomb of aliases (yaml)",
    "text: two million digits of sixteen (toml)",
    "text: an exponent beyond all (json)",
    "pool key with line breaks (json)",
    "file: a name with a line break",
    "file: a folder",
    "file: an unknown format",
    "green-tou: too many options",
    "psplib-mm: after nobody",
]


@pytest.mark.parametrize("name", SAMPLE)
def test_command_line_says_one_line(tmp_path: Path, name: str) -> None:
    """Exit code 2 or 3, nothing on standard output, nothing written, in bounded time and memory."""
    bad = CORPUS[name]
    path = put(tmp_path, bad)
    before = sorted(tmp_path.iterdir())
    command = [sys.executable, "-m", "leptonopt", "convert", str(path), "-o", str(tmp_path / "made.yaml")]
    command += ["--format", bad.format] if bad.format else []
    command += [word for key, value in bad.params.items() for word in ("--param", f"{key}={value}")]
    with open(tmp_path / "out", "w+") as out, open(tmp_path / "err", "w+") as err:
        code, seconds, kilobytes = measured(command, out, err)
    said = (tmp_path / "err").read_text()
    assert code == (UsageError if bad.usage else InputError).exit_code, said
    assert (tmp_path / "out").read_text() == ""
    assert len(said.splitlines()) == 1, said
    assert said.startswith("error: ")
    assert bad.said in said
    assert sorted(set(tmp_path.iterdir()) - {tmp_path / "out", tmp_path / "err"}) == before
    assert seconds < SECONDS
    assert kilobytes < 512 * 2**10


HEAD = "time: {start: 2026-01-05T00:00Z, horizon: 1d}\npools: [{id: a, capacity: {gpu: 4}}]\ntasks:"
JSON_HEAD = (
    '{"time": {"start": "2026-01-05T00:00Z", "horizon": "1d"}, "pools": [{"id": "a", "capacity": {"gpu": 4}}], "tasks":'
)
MANY = MAX_BYTES // DENSE - 100
DENSEST = {  # with as many values as a file may have, or more, in as few bytes as they take
    "scalars.yaml": lambda: f"{HEAD} [" + "a," * MANY + "a]\n",
    "lists.yaml": lambda: f"{HEAD} [" + "[]," * MANY + "a]\n",
    "mappings.yaml": lambda: f"{HEAD} [" + "{}," * MANY + "a]\n",
    "decimals.yaml": lambda: f"# \U0001f680\n{HEAD} [" + ".1," * MANY + "a]\n# " + "x" * 5 * 2**20,
    "keys.yaml": lambda: "".join(f"k{at:x}:\n" for at in range(MANY)),
    "tasks.yaml": lambda: f"{HEAD}\n" + "- {id: '%x', options: [{pool: a, duration: 1h}]}\n" * (MANY // 6) + "- 1\n",
    "decimals.json": lambda: f"{JSON_HEAD} [" + "0.1," * MANY + "1]}",
    "mappings.json": lambda: f"{JSON_HEAD} [" + '{"":1},' * (MANY // 3) + "1]}",
    "doubled.json": lambda: "{" + '"":1,' * (MANY // 2) + '"":1}',
    "tasks.json": lambda: (
        f"{JSON_HEAD} ["
        + "".join(f'{{"id":"{at:x}","options":[{{"pool":"a","duration":"1h"}}]}},' for at in range(MANY // 8))
        + "1]}"
    ),
    "lists.toml": lambda: "tasks = [" + "[]," * MANY + "1]\n",
    "tables.toml": lambda: "".join(f"[a.{at:x}]\nb.c.d.e.f=1\n" for at in range(MANY // 9)),
    "beyond.yaml": lambda: f"{HEAD} [" + "a," * (MAX_BYTES // 2 - 200) + "a]\n",
    "beyond.json": lambda: f"{JSON_HEAD} [" + "1," * (MAX_BYTES // 2 - 200) + "1]}",
    "beyond.toml": lambda: "tasks = [" + "1," * (MAX_BYTES // 2 - 200) + "1]\n",
}


@pytest.mark.parametrize(
    "name", [name if name == "mappings.json" else pytest.param(name, marks=pytest.mark.long) for name in DENSEST]
)
def test_densest_files_stay_within_time_and_memory(tmp_path: Path, name: str) -> None:
    """512 MB and five seconds hold up to the size and number of values that are read without asking for more."""
    path = tmp_path / name
    path.write_text(DENSEST[name](), encoding="utf-8")
    assert path.stat().st_size <= MAX_BYTES
    with open(tmp_path / "out", "w+") as out, open(tmp_path / "err", "w+") as err:
        code, seconds, kilobytes = measured([sys.executable, "-m", "leptonopt", "validate", str(path)], out, err)
    said = (tmp_path / "err").read_text()
    assert code == InputError.exit_code, said[:1000]
    assert 1 <= len(said.splitlines()) <= 101
    assert seconds < SECONDS
    assert kilobytes < 512 * 2**10


def test_more_is_read_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the size, and beyond the number of values, what to do is said; and it helps."""
    comment = put(tmp_path, Bad("comment.json", dumped(GOOD, "json").encode() + b" " * MAX_BYTES, ""))
    with pytest.raises(InputError, match=r"8 MiB; at most 8 MiB are read; set LEPTONOPT_MAX_SIZE to allow more"):
        load(comment)
    dense = put(tmp_path, Bad("dense.json", f'{{"a": [{"1," * (MAX_BYTES // DENSE)}1]}}'.encode(), ""))
    with pytest.raises(InputError, match=r"dense.json:1: holds more than 524,288 values; .* set LEPTONOPT_MAX_SIZE"):
        load(dense)
    monkeypatch.setenv("LEPTONOPT_MAX_SIZE", "9MiB")
    assert load(comment).tasks
    with pytest.raises(InputError, match="time: is missing"):
        load(dense)
    monkeypatch.setenv("LEPTONOPT_MAX_SIZE", "much")
    with pytest.raises(UsageError, match="LEPTONOPT_MAX_SIZE=much; allowed is a size such as 64MiB"):
        load(comment)


def test_many_faults_are_the_first_hundred(tmp_path: Path) -> None:
    """Each on its line, and a line that says there are more; names are compared with few enough others."""
    tasks = "".join(
        f"  - {{id: task-{at}, after: [tusk-{at}], options: [{{pool: a, uses: {{gpu: 1}}, duration: 1h}}]}}\n"
        for at in range(1001)
    )
    head = "time: {start: 2026-01-05T00:00Z, horizon: 1d}\npools: [{id: a, capacity: {gpu: 4}}]\n"
    for text in (
        f"{head}tasks:\n{tasks}",
        head + "".join(f"key{at}: 1\n" for at in range(1001)),
        "a: 1\n" * 1001,
    ):
        error = refused(tmp_path, Bad("many.yaml", text.encode(), ""))
        lines = str(error).splitlines()
        assert len(lines) == 101
        assert lines[-1] == f"{tmp_path / 'many.yaml'}: and more; of all findings the first 100 are shown"


# --- random edits -------------------------------------------------------------------------------------------------


def verdict(folder: Path, bad: Bad) -> InputError | None:
    """What is said of a mutant; None when it is read."""
    path = put(folder, bad)
    try:
        with bounded():
            load(path, format=bad.format, params=bad.params)
    except InputError as error:
        return error
    return None


def campaign(folder: Path, seeds: range) -> int:
    """How many mutants were refused, each in one line for each finding; the others are read."""
    refused = 0
    for seed in seeds:
        try:
            error = verdict(folder, mutants.mutant(seed))
        except Exception as fault:
            raise AssertionError(f"mutant {seed}") from fault
        if error is not None:
            refused += 1
            lines = str(error).splitlines()
            assert len(lines) == len(error.findings if isinstance(error, InstanceError) else [error]) <= 101, seed
            assert all(line.startswith(f"{folder}/") and line == printable(line) for line in lines), seed
            assert all(len(line) < 1500 for line in lines), seed
    return refused


@pytest.mark.parametrize("part", range(4))
def test_mutants_are_read_or_refused(tmp_path: Path, part: int) -> None:
    """400 of them; most are bad."""
    assert campaign(tmp_path, range(100 * part, 100 * (part + 1))) > 50


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_many_mutants_are_read_or_refused(tmp_path: Path, part: int) -> None:
    """20,000 of them."""
    assert campaign(tmp_path, range(1000 * (part + 1), 1000 * (part + 2))) > 500
