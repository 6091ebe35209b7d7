"""Columns from files with the standard library alone: `.npz` (a zip of `.npy`) and CSV, as machine integers."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import sys
import zipfile
from array import array
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

from leptonopt.verify.words import Malformed

KINDS = {"b1": "B", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
BLOCK = 1 << 22
MOST = 1 << 33  # bytes of one array


class Table:
    """A column, or several side by side: `values[row * width + at]`."""

    def __init__(self, values: array[int], width: int = 1) -> None:
        self.values, self.width = values, width

    def __len__(self) -> int:
        return len(self.values) // self.width if self.width else 0


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of the files of a folder in the order in which they are read."""
    digest = hashlib.sha256()
    for part in [path] if path.is_file() else [path / "head.json", _sheet(path, "task"), _sheet(path, "option")]:
        with part.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def read_npz(path: Path) -> dict[str, Table]:
    """All arrays of a file; raises `Malformed`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy"): _npy(archive, name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Malformed(f"{path.name}: not a file of columns: {error}") from None


def read_folder(path: Path) -> dict[str, Table]:
    """The columns of `head.json`, `tasks.csv` and `options.csv`, by the names they have in an `.npz`."""
    try:
        head = (path / "head.json").read_bytes()
        tasks, options = read_csv(_sheet(path, "task")), read_csv(_sheet(path, "option"))
    except OSError as error:
        raise Malformed(f"{path.name}: cannot be read: {error}") from None
    resources = document(Table(array("B", head))).get("resources", [])
    if "task" not in options or any(name not in options for name in resources):
        raise Malformed(f"{path.name}: options.csv lacks the column task or a resource")
    owner, count = options.pop("task").values, len(next(iter(tasks.values()), ()))
    pointer, task = array("q", [0]), 0
    for row, of in enumerate(owner):
        if not task <= of < count:
            raise Malformed(f"options.csv: row {row + 1}: task {of} is none, or does not ascend")
        while task < of:
            pointer.append(row)
            task += 1
    pointer.extend([len(owner)] * (count - task))
    parts = [options.pop(name).values for name in resources]
    uses = array("q", bytes(8 * len(owner) * len(parts)))
    for at, part in enumerate(parts):
        uses[at :: len(parts)] = part
    found = {"head": Table(array("B", head)), "option_ptr": Table(pointer), "option_uses": Table(uses, len(parts))}
    return found | {f"task_{k}": v for k, v in tasks.items()} | {f"option_{k}": v for k, v in options.items()}


def read_csv(path: Path) -> dict[str, Table]:
    """Columns of whole numbers, named in the first line; raises `Malformed`."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        names = next(rows, [])
        columns = [array("q") for _ in names]
        for number, row in enumerate(rows, 2):
            if len(row) != len(names):
                raise Malformed(f"{path.name}:{number}: {len(row)} values, {len(names)} names in the first line")
            try:
                for column, text in zip(columns, row, strict=True):
                    column.append(int(text))
            except (ValueError, OverflowError):
                raise Malformed(f"{path.name}:{number}: not whole numbers: {','.join(row)[:60]}") from None
    return {name: Table(column) for name, column in zip(names, columns, strict=True)}


def document(table: Table) -> dict[str, Any]:
    """JSON that stands in an array of bytes."""
    try:
        found = json.loads(table.values.tobytes().decode(), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Malformed("JSON without a mapping at its top")
    return found


def _sheet(path: Path, kind: str) -> Path:
    found = path / f"{kind}s.csv"
    if not found.is_file():
        raise Malformed(f"{path.name}: has no {kind}s.csv; the checker reads .npz and CSV")
    return found


def _npy(archive: zipfile.ZipFile, name: str) -> Table:
    """One array; rows in C order, little-endian integers."""
    with archive.open(name) as opened:
        file = cast(BinaryIO, opened)
        if file.read(6) != b"\x93NUMPY":
            raise Malformed(f"{name}: not an array")
        major = file.read(2)[0]
        size = int.from_bytes(file.read(2 if major == 1 else 4), "little")
        try:
            header = ast.literal_eval(file.read(min(size, 1 << 16)).decode("latin1"))
            order, fortran, shape = str(header["descr"]), header["fortran_order"], tuple(map(int, header["shape"]))
        except (ValueError, SyntaxError, KeyError, TypeError) as error:
            raise Malformed(f"{name}: its header cannot be read: {error}") from None
        kind = KINDS.get(order[1:])
        if kind is None or order[0] not in "<|" or fortran or len(shape) not in (1, 2):
            raise Malformed(f"{name}: an array of {order}; whole numbers in rows are allowed")
        values, width = array(kind), shape[1] if len(shape) == 2 else 1
        if shape[0] * width * values.itemsize > MOST:
            raise Malformed(f"{name}: too large")
        for block in _blocks(file, shape[0] * width * values.itemsize):
            values.frombytes(block)
        if sys.byteorder == "big":
            values.byteswap()
        if file.read(1):
            raise Malformed(f"{name}: longer than its header says")
    return Table(values, width)


def _blocks(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        wanted = min(left, BLOCK)
        block = file.read(wanted)
        if len(block) < wanted:
            raise Malformed("an array is shorter than its header says")
        left -= len(block)
        yield block
