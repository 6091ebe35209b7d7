"""Call HiGHS in a process of its own, on arrays of a program."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.runtime.child_process import run_child, temporary_folder
from leptonopt.runtime.deadline import Deadline
from leptonopt.solvers.mip_run import highs_command

GRACE = 2.0  # seconds after the limit until the process is ended


def call_highs(model: Mapping[str, Any], seconds: float, gap: float, threads: int) -> tuple[str, Any, float]:
    """Return the word, the values of the best solution (None without one), and the best bound.

    `model` holds costs, data, indices, indptr, lower, upper, most and whole, as `solvers.highs_program` reads them. The
    last solution and bound count where the process is ended before it answers.
    """
    with temporary_folder(tempfile.gettempdir()) as room:
        folder, deadline = Path(room), Deadline.after(seconds + GRACE)
        np.savez(folder / "model.npz", start=np.zeros(0), basis=np.zeros(0), **model)
        command = highs_command(room, "solve", seconds, gap, threads)
        run_child(command, room, folder / "engine.log", deadline.expired)
        return _answer(folder)


def _answer(folder: Path) -> tuple[str, Any, float]:
    """Return what HiGHS has written."""
    word, values, bound = "stopped", None, -np.inf
    with suppress(OSError, ValueError):
        values = np.load(folder / "found.npy")
    with suppress(OSError, ValueError):
        bound = float((folder / "bound").read_text())
    with suppress(OSError, ValueError, KeyError), np.load(folder / "answer.npz") as answer:
        word, bound = str(answer["word"]), max(bound, float(answer["bound"]))
        values = answer["values"] if len(answer["values"]) else values
    return word, values, bound
