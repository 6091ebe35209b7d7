"""Reading of columns: what a file or a folder may hold, to the last number that is allowed, and what is said of others."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.money import MAX_TOTAL
from leptonopt.errors import InputError, InstanceError
from leptonopt.io import columnar as reading
from leptonopt.io import npz as packed
from leptonopt.io.columnar import load
from leptonopt.io.npz import read_npz_safely
from tests.helpers.columnar_files import as_csv, saved
from tests.helpers.columns_stated import NAMES, SLOTS, Arrays, Stated, built_of, check, stated, unit_of


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    """Name, number of tasks and options, and the hash of the bytes; of a folder that of its three files in order."""
    of = stated(3)
    file = saved(tmp_path, of.arrays())
    sheets = load(file)
    assert (sheets.name, sheets.tasks, sheets.options) == ("jobs.npz", 5, 12)
    assert sheets.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert sheets.resources == NAMES
    assert "columns" not in sheets.head
    assert "resources" not in sheets.head
    where = as_csv(tmp_path, of.arrays())
    sheets = load(where)
    content = b"".join((where / name).read_bytes() for name in ("head.json", "tasks.csv", "options.csv"))
    assert (sheets.name, sheets.sha256) == ("jobs", hashlib.sha256(content).hexdigest())
    check(compile_columnar(sheets), of, unit_of(of))


def test_large_files_are_hashed_and_read_block_by_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a block."""
    of = stated(4)
    file = saved(tmp_path, of.arrays())
    for size in (1, 7, 64, 10**6):
        monkeypatch.setattr(packed, "BLOCK", size)
        assert {name: array.tolist() for name, array in read_npz_safely(file).items()} == {
            name: array.tolist() for name, array in of.arrays().items()
        }


RANGES = {
    "task_release": (0, SLOTS - 1), "task_deadline": (1, SLOTS), "task_copies": (1, 10**7), "task_value": (-1, 10**13),
    "task_due": (-1, SLOTS), "task_late_cost": (0, 10**11), "option_pool": (0, 2), "option_slots": (0, 10**6),
    "option_cost": (0, 10**13),
}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_ranges_of_numbers(tmp_path: Path, name: str) -> None:
    """The first and the last number are read; those beyond are refused in a line, with the first row, and how many."""
    of = stated(6)
    kind, key = name.split("_", 1)
    of.task["release"], of.task["deadline"] = [0] * 5, [SLOTS] * 5
    column = getattr(of, kind)[key]
    for uses in of.uses:
        uses[:] = [0, 0, 0]
    low, high = RANGES[name]
    usual = list(column)
    for beyond, within in ((low - 1, low), (high + 1, high)):
        column[1] = within
        built_of(tmp_path, of)
        said = f"{beyond}; {low} to {high} is allowed"
        column[1] = column[3] = beyond
        with pytest.raises(InstanceError) as error:
            built_of(tmp_path, of)
        assert str(error.value) == f"{tmp_path / 'jobs.npz'}: {name}[1]: {said} (2 such rows)"
        column[3] = usual[3]
        with pytest.raises(InstanceError) as error:
            built_of(tmp_path, of)
        assert str(error.value) == f"{tmp_path / 'jobs.npz'}: {name}[1]: {said}"
        column[1] = usual[1]
    folder = tmp_path / "folder"
    folder.mkdir()
    column[1] = column[2] = high + 1
    with pytest.raises(InstanceError) as error:
        load(as_csv(folder, of.arrays()))
    file = folder / "jobs" / f"{kind}s.csv"
    assert str(error.value) == f"{file}:3: {key}: {high + 1}; {low} to {high} is allowed (2 such rows)"


def refusal(folder: Path, arrays: Arrays) -> str:
    """What is said of columns, without the file."""
    with pytest.raises(InputError) as error:
        load(saved(folder, arrays))
    lines = str(error.value).splitlines()
    assert all(line.startswith(f"{folder / 'jobs.npz'}: ") for line in lines)
    return "\n".join(line.removeprefix(f"{folder / 'jobs.npz'}: ") for line in lines)


@pytest.mark.parametrize(
    ("ptr", "said"),
    [
        ([1, 3, 5, 7, 9, 12], "begins at 1 and ends at 12"),
        ([0, 3, 5, 7, 9, 11], "begins at 0 and ends at 11"),
        ([0, 3, 5, 7, 9, 13], "begins at 0 and ends at 13"),
        ([0, 3, 2, 7, 9, 12], "begins at 0 and ends at 12"),
        ([0, 3, 5, 7, 13, 12], "begins at 0 and ends at 12"),
        ([0, 3, 5, 5, 9, 12], ""),
        ([0, 0, 5, 5, 12, 12], ""),
    ],
)
def test_where_the_options_of_a_task_begin(tmp_path: Path, ptr: list[int], said: str) -> None:
    """From nothing to all of them, never back."""
    arrays = stated(6).arrays() | {"option_ptr": np.array(ptr)}
    if said:
        assert refusal(tmp_path, arrays) == f"option_ptr: {said}; it ascends from 0 to 12, the options"
    else:
        assert load(saved(tmp_path, arrays)).ptr.tolist() == ptr


def test_shapes_of_columns(tmp_path: Path) -> None:
    """As many entries as tasks, or as options, or one more; as many uses as resources; known columns of numbers."""
    arrays = stated(6).arrays()
    for name, column in arrays.items():
        if name in ("head", "task_release", "option_pool"):
            continue
        wanted = f"{column.shape} is what the other columns have"
        assert refusal(tmp_path, arrays | {name: column[1:]}) == f"{name}: shape {column[1:].shape}; {wanted}"
        longer = np.concatenate([column, column[:1]])
        assert refusal(tmp_path, arrays | {name: longer}) == f"{name}: shape {longer.shape}; {wanted}"
    one = arrays["option_uses"][:, :1]
    assert "shape (12, 1); (12, 3) is what" in refusal(tmp_path, arrays | {"option_uses": one})
    for name in ("option_uses", "task_release", "task_deadline", "option_pool", "option_slots"):
        assert refusal(tmp_path, {n: c for n, c in arrays.items() if n != name}) == f"has no column {name!r}"
    for name in ("head", "option_ptr"):
        said = refusal(tmp_path, {n: c for n, c in arrays.items() if n != name})
        assert said == f"has no array {name!r}; docs/reference/columns.md lists those there must be"
    odd = refusal(tmp_path, arrays | {"task_" + "x" * 50: arrays["task_due"]})
    assert odd.startswith(f"task_{'x' * 35}: there is no such column; known are option_cost, option_of, option_pool, ")
    assert odd.endswith("task_home, task_late_cost, task_of, task_release, task_spot, task_value")
    for name in ("task_home", "task_spot"):
        load(saved(tmp_path, arrays | {name: arrays["task_due"]}))
    none = {n: c[:0] if n.startswith("task_") else c for n, c in arrays.items()}
    none |= {"option_ptr": np.zeros(1, np.int64)}
    none |= {n: c[:0] for n, c in arrays.items() if n.startswith("option_") and n != "option_ptr"}
    assert refusal(tmp_path, none) == "no tasks; at least one is needed"
    assert "head: numbers of int64; JSON in UTF-8" in refusal(tmp_path, arrays | {"head": np.zeros(3, np.int64)})


def test_heads_that_are_refused(tmp_path: Path) -> None:
    """What has no columns, by name; resources; the version; what is wrong in a document is said of the head."""
    of = stated(6)
    arrays = of.arrays()

    def said(**more: Any) -> str:
        head = of.head() | more
        return refusal(tmp_path, arrays | {"head": np.frombuffer(json.dumps(head).encode(), np.uint8)})

    assert said(columns=2) == "head: columns: 2; version 1 of the format is allowed"
    assert said(resources="gpu") == "head: resources: 'gpu'; a list of names is allowed"
    assert said(resources=[1, "gpu"]) == "head: resources: \"[1, 'gpu']\"; a list of names is allowed"
    assert said(resources=[1, "x" * 80]) == f'head: resources: "[1, \'{"x" * 55}"; a list of names is allowed'
    assert said(resources=["gpu", "cpu", "gpu"]) == "head: resources: a name stands twice; each is allowed once"
    for key, why in reading.REFUSED.items():
        assert said(**{key: [1]}) == f"head: {key}: {why}"
    for key, why in reading.POOLS.items():
        pools = [of.head()["pools"][0] | {key: [1]}, *of.head()["pools"][1:], "odd"]
        assert said(pools=pools) == f"head: pools: pool-0: {key}: {why}"
    assert said(quotas=[1], pools=[{"id": "a", "power": 1}]).count("\n") == 1
    assert said(pools=5).startswith("head: pools: 5 is not a list")
    assert said(pools=[]) == "head: pools: is empty; at least one entry"
    assert said(wrong=1).startswith("head: wrong: is not a key that is known here")
    pools = [of.head()["pools"][0] | {"capacity": {"gpu": -1}}, *of.head()["pools"][1:]]
    assert said(pools=pools).startswith("head: pools[0].capacity.gpu: ")
    assert refusal(tmp_path, arrays | {"head": np.frombuffer(b"[1]", np.uint8)}).startswith("head: no mapping at its")
    assert refusal(tmp_path, arrays | {"head": np.frombuffer(b"\xff\xfe", np.uint8)}).startswith("head: not UTF-8")
    spot = [*of.head()["pools"][:2], of.head()["pools"][2] | {"interruptions": 0.1}]
    first, many = of.option["pool"].index(2), of.option["pool"].count(2)
    text = "the pool has interruptions, which are not solved from columns yet"
    assert said(pools=spot) == f"option_pool[{first}]: 2; {text} ({many} such rows)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda of: of.task["deadline"].__setitem__(2, of.task["release"][2]), "it must come after the release"),
        (
            lambda of: of.task.update(release=[0, 1, 0, 0, 0], deadline=[1] * 5),
            "task_deadline[1]: 1; it must come after",
        ),
        (lambda of: of.task.update(after=[-1, -1, 0, -1, -1]), "task_after[2]: 0; the rule precedence is not solved"),
        (lambda of: of.task.update(after=[-1, -2, -1, -1, -1]), "task_after[1]: -2; -1 to 4 is allowed"),
        (lambda of: of.task.update(after=[-1, 5, -1, -1, -1]), "task_after[1]: 5; -1 to 4 is allowed"),
        (lambda of: of.uses[7].__setitem__(0, -1), "option_uses[7]: [-1, "),
        (lambda of: of.uses[7].__setitem__(0, 2**31), "0 to 2147483647 is allowed"),
    ],
)
def test_numbers_that_do_not_go_together(tmp_path: Path, change: Callable[[Stated], Any], said: str) -> None:
    """Release and deadline, what waits, uses, and owners of options."""
    of = stated(6)
    change(of)
    with pytest.raises(InstanceError) as error:
        built_of(tmp_path, of)
    assert said in str(error.value)


def test_the_greatest_uses_are_read(tmp_path: Path) -> None:
    """2^31 - 1 of a resource, on a pool without limit."""
    of = stated(6)
    of.capacity[of.option["pool"][7]]["gpu"] = [None] * SLOTS
    of.uses[7][0] = 2**31 - 1
    check(built_of(tmp_path, of), of, unit_of(of))


def test_a_resource_that_a_pool_lacks(tmp_path: Path) -> None:
    """None of it may be used there, one row after the other is named; the pool before has it."""
    of = stated(6)
    for pool in (0, 1, 2):
        of.capacity[pool] = {"gpu": [4] * SLOTS}
        of.price[pool] = {}
    of.capacity[2]["ram"] = [4] * SLOTS
    of.uses = [[1, 0, 1 if pool == 2 else 0] for pool in of.option["pool"]]
    check(built_of(tmp_path, of), of, unit_of(of))
    wrong = of.option["pool"].index(1)
    of.uses[wrong][2] = 1
    with pytest.raises(InstanceError) as error:
        built_of(tmp_path, of)
    assert f"option_uses[{wrong}]: [1, 0, 1]; the pool has no such resource" in str(error.value)


def test_tables_in_text(tmp_path: Path) -> None:
    """A mark at the beginning, ends of lines of other systems, and blank lines at the end do no harm."""
    of = stated(7)
    where = as_csv(tmp_path, of.arrays())
    for name in ("tasks.csv", "options.csv"):
        content = (where / name).read_text()
        (where / name).write_bytes(b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode() + b"\r\n")
    check(compile_columnar(load(where)), of, unit_of(of))


@pytest.mark.parametrize(
    ("sheet", "change", "said"),
    [
        ("options", lambda text: text.replace("task,", "job,", 1), "has no column 'task', the position of each"),
        ("options", lambda text: f" {text}", "has no column 'task', the position of each"),
        ("options", lambda text: text.replace(",cpu", ",tpu", 1), "has no column 'cpu', a resource of head.json"),
        ("options", lambda text: text.splitlines()[0] + "\n", "options.csv:2: no options; at least one line"),
        ("tasks", lambda text: text.splitlines()[0] + "\n\n", "tasks.csv:2: no tasks; at least one line"),
        ("tasks", lambda text: text.replace("copies", "release", 1), "tasks.csv:1: a column stands twice"),
        ("tasks", lambda text: text.replace("copies", "copies,more", 1), "7 names in the first line, 6 numbers in the"),
        ("tasks", lambda text: text.replace("\n", "\nx", 1), "after the first line: "),
        ("tasks", lambda text: text + "1,2\n", "the number of columns changed from 6 to 2 at row 6; whole numbers are"),
        ("options", lambda text: text.replace(",cpu", ",tpu", 1).replace(",gpu", ",ppu", 1), "has no column 'gpu'"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, sheet: str, change: Callable[[str], str], said: str) -> None:
    """With the file, and the line where there is one."""
    where = as_csv(tmp_path, stated(7).arrays())
    file = where / f"{sheet}.csv"
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError) as error:
        load(where)
    assert said in str(error.value)
    assert str(error.value).startswith(str(file))


def test_a_table_of_one_line(tmp_path: Path) -> None:
    """One task with one option is a table as any other; a mark before the head does no harm."""
    of = stated(7)
    of.task = {name: column[:1] for name, column in of.task.items()}
    of.option, of.owner = {name: column[:1] for name, column in of.option.items()}, [0]
    of.uses = of.uses[:1]
    where = as_csv(tmp_path, of.arrays())
    (where / "head.json").write_bytes(b"\xef\xbb\xbf" + (where / "head.json").read_bytes())
    check(compile_columnar(load(where)), of, unit_of(of))


def test_tables_in_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As large as is allowed and no larger; of whole numbers; what pyarrow says is cut."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    of = stated(7)
    where = as_csv(tmp_path, of.arrays())
    (where / "tasks.csv").unlink()
    parquet.write_table(pyarrow.table(of.task), where / "tasks.parquet")
    check(compile_columnar(load(where)), of, unit_of(of))
    monkeypatch.setattr(reading, "MAX_BYTES", 5 * 6 * 8)
    load(where)
    monkeypatch.setattr(reading, "MAX_BYTES", 5 * 6 * 8 - 1)
    with pytest.raises(InputError, match="are read"):
        load(where)
    monkeypatch.undo()
    lines = [line.split(",") for line in (where / "options.csv").read_text().splitlines()]
    (where / "options.csv").unlink()
    columns = {name: [int(line[at]) for line in lines[1:]] for at, name in enumerate(lines[0])}
    for odd in ("task", "gpu", "cpu"):
        changed = columns | {odd: [float(value) for value in columns[odd]]}
        parquet.write_table(pyarrow.table(changed), where / "options.parquet")
        name = odd if odd == "task" else repr(odd)
        with pytest.raises(InputError, match=f"options.parquet: {name}: numbers of float64; whole numbers are allowed"):
            load(where)
    parquet.write_table(pyarrow.table({**columns, "gpu": [0.5] * 12, "ram": [0.5] * 12}), where / "options.parquet")
    with pytest.raises(InputError, match="'gpu': numbers of float64"):
        load(where)

    def broken(*given: Any) -> Any:
        raise ValueError("x" * 300)

    def unread(*given: Any) -> Any:
        opened = whole(*given)
        return SimpleNamespace(metadata=opened.metadata, schema_arrow=opened.schema_arrow, read=broken)

    whole = parquet.ParquetFile
    for fault in (broken, unread):
        monkeypatch.setattr(parquet, "ParquetFile", fault)
        with pytest.raises(InputError) as error:
            load(where)
        assert str(error.value).endswith(f"tasks.parquet: not a Parquet file: {'x' * 200}")


@pytest.mark.parametrize(
    ("row", "owner", "ok"), [(0, -1, False), (11, 5, False), (11, 4, True), (6, 0, False), (0, 0, True)]
)
def test_owners_of_options_ascend(tmp_path: Path, row: int, owner: int, ok: bool) -> None:
    """From the first task to the last; the line of the first that does not is named."""
    of = stated(7)
    of.owner = [0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4, 4]
    where = as_csv(tmp_path, of.arrays())
    lines = (where / "options.csv").read_text().splitlines()
    lines[row + 1] = f"{owner},{lines[row + 1].split(',', 1)[1]}"
    (where / "options.csv").write_text("\n".join(lines))
    if ok:
        assert load(where).ptr.tolist() == [0, 2, 5, 7, 10, 12]
        return
    with pytest.raises(InputError, match=rf"options.csv:{row + 2}: task: {owner}; positions from 0 to 4, ascending"):
        load(where)


def test_sizes_are_those_of_the_documentation() -> None:
    """A head of 8 MiB, tables of 32 MiB, arrays of 320 MiB in all, 64 of them, read 4 MiB at a time."""
    mib = 1_048_576
    assert (8 * mib, 32 * mib) == (reading.HEAD_BYTES, reading.TABLE_BYTES)
    assert (320 * mib, 64, 4 * mib) == (packed.MAX_BYTES, packed.MAX_ARRAYS, packed.BLOCK)
    assert MAX_TOTAL == 4_503_599_627_370_496


@pytest.mark.parametrize("limit", ["HEAD_BYTES", "TABLE_BYTES"])
def test_files_of_a_folder_have_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """The largest that is read, and one byte more."""
    where = as_csv(tmp_path, stated(7).arrays())
    names = ("head.json",) if limit == "HEAD_BYTES" else ("tasks.csv", "options.csv")
    size = max((where / name).stat().st_size for name in names)
    monkeypatch.setattr(reading, limit, size)
    load(where)
    monkeypatch.setattr(reading, limit, size - 1)
    with pytest.raises(InputError, match="are read"):
        load(where)


def test_arrays_of_a_file_have_a_size_and_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest that is read, and one byte more; the most, and one more."""
    arrays = stated(7).arrays()
    file = saved(tmp_path, arrays)
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    for limit, most, said in (("MAX_BYTES", size, "are read"), ("MAX_ARRAYS", len(arrays), "arrays; at most")):
        monkeypatch.setattr(packed, limit, most)
        read_npz_safely(file)
        monkeypatch.setattr(packed, limit, most - 1)
        with pytest.raises(InputError, match=said):
            read_npz_safely(file)
        monkeypatch.undo()


def test_arrays_stand_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first by name of those that do not is named; where there are too many of them, that is what is said."""
    names = ["b.npy", "a.npy", "b.npy", "a.npy"]
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            archive.writestr(name, member(np.zeros(3, np.int32)))
    for most, said in ((4, "the array 'a' stands twice; each is allowed once"), (3, "4 arrays; at most 3")):
        monkeypatch.setattr(packed, "MAX_ARRAYS", most)
        with pytest.raises(InputError) as error:
            read_npz_safely(tmp_path / "a.npz")
        assert str(error.value) == f"{tmp_path / 'a.npz'}: not a file of columns: {said}"


def member(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def headed(text: str, body: bytes = b"") -> bytes:
    """An array with a header as it stands."""
    header = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


LONG = "x" * 150
PAIR = np.zeros(3, [("a" * 20, "<i4"), ("b" * 20, "<i4")])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (member(np.zeros((2, 3), np.int32)), ""),
        (member(np.zeros(3, np.uint8)), ""),
        (member(np.zeros(3, bool)), ""),
        (member(np.asfortranarray(np.zeros((2, 3), np.int32))), "in columns (Fortran order)"),
        (member(np.asfortranarray(np.zeros((2, 1), np.int32))), ""),
        (member(np.asfortranarray(np.zeros((1, 2), np.int32))), ""),
        (member(np.zeros((0, 3), np.int32)), ""),
        (member(np.zeros((1, 2, 3), np.int32)), "one number or one row of numbers"),
        (member(np.int32(3)), "one number or one row of numbers"),
        (member(np.zeros(3)), "numbers of float64"),
        (member(np.zeros(3, ">i4")), "whole numbers (little-endian) are allowed"),
        (member(np.zeros(3, np.int32))[:-1], "11 bytes, by its header 12; a whole array is needed"),
        (member(np.zeros(3, np.int32)) + b"x", "13 bytes, by its header 12; a whole array is needed"),
        (b"\x93NUMPY\x02\x00" + (20_000).to_bytes(4, "little") + b" " * 20_000, "cannot be read: Header info length"),
        (b"\x93NUMPY\x03\x00" + member(np.zeros(3))[8:], "its header cannot be read"),
        (headed("{'descr': '<i4', 'fortran_order': False, 'shape': (-1,), }", bytes(4)), "shape (-1,); one number or"),
        (headed("{'descr': '<i4', 'fortran_order': True, 'shape': (3,), }", bytes(12)), ""),
        (
            headed(f"{{'descr': '{LONG}', 'fortran_order': False, 'shape': (3,), }}"),
            f"cannot be read: {f'descr is not a valid dtype descriptor: {LONG!r}'[:100]}|",
        ),
        (member(PAIR), f"a: numbers of {str(PAIR.dtype)[:40]}; whole numbers"),
    ],
)
def test_arrays_one_by_one(tmp_path: Path, content: bytes, said: str) -> None:
    """What an array may be."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", content)
    if not said:
        assert read_npz_safely(tmp_path / "a.npz")["a"].tolist() == np.load(io.BytesIO(content)).tolist()
        return
    with pytest.raises(InputError) as error:
        read_npz_safely(tmp_path / "a.npz")
    assert said in f"{error.value}|"
