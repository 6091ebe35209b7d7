"""Read columns with the standard library alone, as machine integers: `.npz` (a zip of `.npy`) and CSV."""

from __future__ import annotations

import ast
import csv
import hashlib
import json
import os
import re
import struct
import sys
import zipfile
import zlib
from array import array
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

from leptonopt.verify.exact import Malformed, Unreadable

KINDS = {"b1": "B", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
BLOCK = 1 << 22
MOST = 320 << 20  # bytes of all arrays of a file, unless LEPTONOPT_MAX_SIZE allows more
MEMBERS = 64


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
    """All arrays of a file; raises `Unreadable`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            if len(set(names)) < len(names) or len(names) > MEMBERS:
                raise Malformed(f"has {len(names)} arrays, or one twice; each is allowed once, and {MEMBERS} in all")
            if (size := sum(member.file_size for member in members)) > (most := _most()):
                text = f"{size >> 20:,} MiB; at most {most >> 20:,} MiB are read; set LEPTONOPT_MAX_SIZE to allow more"
                raise Malformed(text)
            return {name.removesuffix(".npy"): _npy(archive, name) for name in names}
    except Malformed as error:
        raise Unreadable(f"{path}: {error}") from None
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, struct.error) as error:
        said = str(getattr(error, "strerror", None) or error)[:200]
        raise Unreadable(f"{path}: not a file of columns: {said}") from None


def _most() -> int:
    stated = re.fullmatch(r"([0-9]{1,9})\s*([kmg]?)(i?)b?", os.environ.get("LEPTONOPT_MAX_SIZE", "").strip().lower())
    if not stated:
        return MOST
    return max(MOST, int(stated[1]) * int((1024 if stated[3] else 1000) ** ("", "k", "m", "g").index(stated[2])))


def read_folder(path: Path) -> dict[str, Table]:
    """The columns of `head.json`, `tasks.csv` and `options.csv`, by the names they have in an `.npz`."""
    try:
        head = (path / "head.json").read_bytes()
    except OSError as error:
        raise Unreadable(f"{path / 'head.json'}: cannot be read: {error.strerror or error}") from None
    tasks, options = read_csv(_sheet(path, "task")), read_csv(sheet := _sheet(path, "option"))
    resources = names_of(document(Table(array("B", head)), str(path / "head.json")))
    if "task" not in options or any(name not in options for name in resources):
        raise Unreadable(f"{sheet}:1: lacks the column task or a resource; each is needed")
    owner, count = options.pop("task").values, len(next(iter(tasks.values()), ()))
    pointer, task = array("q", [0]), 0
    for row, of in enumerate(owner):
        if not task <= of < count:
            raise Unreadable(f"{sheet}:{row + 2}: task {of} is none, or does not ascend")
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
    """Columns of whole numbers, named in the first line; raises `Unreadable`."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _columns(csv.reader(file), str(path))
    except (OSError, UnicodeError, csv.Error) as error:
        raise Unreadable(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _columns(rows: Iterator[list[str]], file: str) -> dict[str, Table]:
    names = next(rows, [])
    if len(set(names)) < len(names):
        raise Unreadable(f"{file}:1: a column stands twice; each is allowed once")
    columns = [array("q") for _ in names]
    for number, row in enumerate(rows, 2):
        if not "".join(row).strip():
            continue
        if len(row) != len(names):
            raise Unreadable(f"{file}:{number}: {len(row)} values, {len(names)} names in the first line")
        try:
            for column, text in zip(columns, row, strict=True):
                column.append(int(text))
        except (ValueError, OverflowError):
            shown = ",".join(row)[:60]
            raise Unreadable(f"{file}:{number}: {shown!r}: whole numbers within 64 bits are allowed") from None
    return {name: Table(column) for name, column in zip(names, columns, strict=True)}


def names_of(head: Mapping[str, Any]) -> list[str]:
    """The resources of a head; raises `Malformed`."""
    found = head.get("resources") or []
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found) or len(set(found)) < len(found):
        raise Malformed("head: resources: a list of different names is needed")
    return found


def document(table: Table, what: str = "head") -> dict[str, Any]:
    """JSON that stands in an array of bytes; raises `Unreadable`."""
    if table.values.itemsize != 1:
        raise Unreadable(f"{what}: not bytes; JSON in UTF-8 as uint8 is allowed")
    try:
        text = table.values.tobytes().decode()
        found = json.loads(text, parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{what}: not UTF-8 (byte 0x{error.object[error.start]:02x} at {error.start:,})") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{what}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Unreadable(f"{what}: JSON without a mapping at its top")
    return found


def _constant(word: str) -> Any:
    raise ValueError(f"{word} is not a finite number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _sheet(path: Path, kind: str) -> Path:
    found = path / f"{kind}s.csv"
    if not found.is_file():
        raise Unreadable(f"{path}: has no {kind}s.csv; the checker reads .npz and CSV")
    return found


def _npy(archive: zipfile.ZipFile, name: str) -> Table:
    """One array; rows in C order, little-endian integers."""
    with archive.open(name) as opened:
        file = cast(BinaryIO, opened)
        if file.read(6) != b"\x93NUMPY":
            raise Malformed(f"{name}: not an array")
        order, shape = _header(file, name)
        kind = KINDS.get(order[1:])
        if kind is None or order[0] not in "<|" or len(shape) not in (1, 2) or min(shape) < 0:
            raise Malformed(f"{name}: an array of {order[:20]} {shape}; whole numbers in rows are allowed")
        values, width = array(kind), shape[1] if len(shape) == 2 else 1
        if shape[0] * max(1, width) * values.itemsize > archive.getinfo(name).file_size:
            raise Malformed(f"{name}: an array is shorter than its header says")
        for block in _blocks(file, shape[0] * width * values.itemsize):
            values.frombytes(block)
        if sys.byteorder == "big":
            values.byteswap()
        if file.read(1):
            raise Malformed(f"{name}: longer than its header says")
    return Table(values, width)


def _header(file: BinaryIO, name: str) -> tuple[str, tuple[int, ...]]:
    """Type and shape of an array."""
    version = file.read(2)
    if len(version) < 2 or version[0] not in (1, 2, 3):
        raise Malformed(f"{name}: an array of another version")
    size = int.from_bytes(file.read(2 if version[0] == 1 else 4), "little")
    try:
        header = ast.literal_eval(file.read(min(size, 1 << 16)).decode("latin1"))
        order, fortran, shape = header["descr"], header["fortran_order"], header["shape"]
        if not (isinstance(order, str) and order and all(type(each) is int for each in shape)):
            raise ValueError("type and shape of whole numbers are needed")
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError) as error:
        raise Malformed(f"{name}: its header cannot be read: {error}") from None
    if fortran and len(shape) == 2 and 1 not in shape:
        raise Malformed(f"{name}: in columns; rows are allowed")
    return order, tuple(shape)


def _blocks(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        wanted = min(left, BLOCK)
        block = file.read(wanted)
        if len(block) < wanted:
            raise Malformed("an array is shorter than its header says")
        left -= len(block)
        yield block
