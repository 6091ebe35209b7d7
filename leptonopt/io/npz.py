"""Write arrays as `.npz`, and read them after a check of size, type and shape, without pickles."""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from leptonopt.errors import InputError
from leptonopt.io import files

MAX_BYTES = 320 * 2**20  # of all arrays of a file together
MAX_ARRAYS = 64
BLOCK = 1 << 22


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the content of an `.npz` file, not compressed."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def read_npz_safely(path: Path) -> dict[str, NDArray[Any]]:
    """Return all arrays of a file by name: whole numbers in rows, little-endian.

    Raises `InputError`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            names = [member.filename.removesuffix(".npy") for member in members]
            if twice := {name for name in names if names.count(name) > 1} if len(names) <= MAX_ARRAYS else ():
                raise ValueError(f"the array {min(twice)!r} stands twice; each is allowed once")
            if len(names) > MAX_ARRAYS:
                raise ValueError(f"{len(names)} arrays; at most {MAX_ARRAYS}")
            size, limit = sum(member.file_size for member in members), files.most(MAX_BYTES)
            if size > limit:
                raise files.too_large(path, size, limit)
            return {name: _array(archive, member) for name, member in zip(names, members, strict=True)}
    except OSError as error:
        raise InputError(f"{files.printable(path)}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error, struct.error) as error:
        reason = files.printable(str(error)[:200])  # zipfile quotes names as long as the file
        raise InputError(f"{files.printable(path)}: not a file of columns: {reason}") from None


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    """Return one array; raise `ValueError` before allocating a wrong one."""
    name = member.filename.removesuffix(".npy")
    with archive.open(member) as file:
        shape, dtype = _header(file, name)
        size, there = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
        if size != there:
            raise ValueError(f"{name}: {there:,} bytes, by its header {size:,}; a whole array is needed")
        made = np.empty(shape, dtype)
        flat, at = made.reshape(-1).view(np.uint8), 0
        while block := file.read(BLOCK):
            flat[at : at + len(block)] = np.frombuffer(block, np.uint8)
            at += len(block)
    if at != size:
        raise ValueError(f"{name}: ends after {at:,} of {size:,} bytes")
    return made


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read is None:
            raise ValueError(f"an array of version {version}")
        shape, fortran, dtype = read(file)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError) as error:
        raise ValueError(f"{name}: its header cannot be read: {str(error).splitlines()[0][:100]}") from None
    if dtype.kind not in "iub" or not dtype.isnative:
        raise ValueError(f"{name}: numbers of {str(dtype)[:40]}; whole numbers (little-endian) are allowed")
    if len(shape) not in (1, 2) or min(shape) < 0:
        raise ValueError(f"{name}: shape {shape}; one number or one row of numbers for each entry is allowed")
    if fortran and len(shape) == 2 and 1 not in shape:
        raise ValueError(f"{name}: in columns (Fortran order); rows are allowed")
    return tuple(map(int, shape)), dtype
