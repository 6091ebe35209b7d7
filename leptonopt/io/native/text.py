"""Parse the text of a file to a plain tree, with the line of every place.

The tree holds dicts with text keys, lists, texts, bools, None, ints and Decimals: numbers exactly as
written. What people are surprised by is refused: duplicate keys, anchors and aliases, tags, merge keys,
several documents, numbers that are not finite.
"""

from __future__ import annotations

import stat
from importlib import import_module
from pathlib import Path
from typing import Any

from leptonopt.errors import InputError
from leptonopt.io import files
from leptonopt.io.files import printable
from leptonopt.io.native.line_numbers import Lines
from leptonopt.io.native.scalars import too_deep

MAX_BYTES = 8 * 2**20
DENSE = 16  # a file of the largest size may hold a value in so many bytes of it; more are not held in bounded memory


def read_text(path: Path, limit: int | None = None) -> str:
    """Return the text of a file up to a size limit in bytes; by default `MAX_BYTES`.

    Raises `InputError` in one line when it cannot be read, is too large, or is not UTF-8 text.
    """
    shown, limit = printable(path), files.most(MAX_BYTES) if limit is None else limit
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{shown}: is a folder; give a file's name")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{shown}: is a pipe or a device; only ordinary files are read")
        if found.st_size > limit:
            raise files.too_large(path, found.st_size, limit)
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{shown}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{shown}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{shown}: is UTF-16 text; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{shown}:{line}: is not UTF-8 text (byte 0x{data[error.start]:02x}); save it as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(f"{shown}:{line}: has a NUL character in it; only text files are read")
    return text


def parse(text: str, kind: str, file: str) -> tuple[Any, Lines]:
    """Return the tree of a text of kind `yaml`, `json` or `toml`, and a finder of line numbers.

    It may hold as many values as belong to its size, or to the largest size that is read without asking. Raises
    `InstanceError` with the line where the text itself is wrong.
    """
    most = max(MAX_BYTES, files.most(0), len(text)) // DENSE
    try:
        found: tuple[Any, Lines] = import_module(f"leptonopt.io.native.{kind}_reader").read(text, file, most)
    except RecursionError:
        raise too_deep(None, file) from None
    return found
