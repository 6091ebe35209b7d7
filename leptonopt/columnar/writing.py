"""Plans and certificates as columns: arrays of task, option, start and count with a summary in JSON."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt import files
from leptonopt.columnar.compiling import Built
from leptonopt.errors import UsageError
from leptonopt.problem import Ints, Schedule

KINDS = ("npz", "csv")
COLUMNS = ("task", "option", "start", "count")


def runs(built: Built, schedule: Schedule) -> dict[str, NDArray[Any]]:
    """What runs, by task and start: int32, shape (N,) each; options as the instance numbers them."""
    task: Ints = built.problem.group[schedule.option]
    order = np.lexsort((schedule.start, task))
    columns: tuple[NDArray[Any], ...] = (task, built.kept[schedule.option], schedule.start, schedule.count)
    return {name: column[order].astype(np.int32) for name, column in zip(COLUMNS, columns, strict=True)}


def write_plan(path: Path, summary: dict[str, Any], columns: dict[str, NDArray[Any]]) -> list[Path]:
    """A plan as `.npz`, or as `.csv` with its summary in a `.json` beside it; the files written.

    Raises `UsageError` for another ending, or where it cannot be written.
    """
    kind = path.suffix.lower()
    text = files.json_text(summary, indent=1) + "\n"
    if kind == ".npz":
        files.write(path, _packed({"summary": np.frombuffer(text.encode(), np.uint8), **columns}))
        return [path]
    if kind == ".csv":
        buffer = io.StringIO()
        np.savetxt(
            buffer,
            np.stack([columns[name] for name in COLUMNS], axis=1),
            "%d",
            ",",
            header=",".join(COLUMNS),
            comments="",
        )
        files.write(path, buffer.getvalue())
        files.write(path.with_suffix(".json"), text)
        return [path, path.with_suffix(".json")]
    raise UsageError(f"{path}: a plan in columns is written as .{', .'.join(KINDS)}; choose one of these endings")


def write_certificate(path: Path, built: Built, price: Ints, scale: int, bound: Fraction | None) -> None:
    """Prices on capacity, whole multiples of a part of money, and the bound that they prove.

    Rows stand by pool, in each in the order of the head's `resources`; what is not among these nobody uses.
    """
    rows = [(pool.id, name) for pool in built.sheets.instance.pools for name in pool.resources]
    index = {row: at for at, row in enumerate(rows)}
    wanted = [(pool.id, name) for pool in built.sheets.instance.pools for name in built.sheets.resources]
    price = price[[index[row] for row in wanted if row in index]]
    head = {
        "leptonopt_certificate_columns": 1,
        "sha256": built.sheets.sha256,
        "unit": str(built.unit / scale),
        "bound": None if bound is None else str(bound),
    }
    files.write(path, _packed({"head": np.frombuffer(json.dumps(head).encode(), np.uint8), "price": price}))


def _packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
