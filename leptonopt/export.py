"""The model as files for other programs: free MPS, LP, and data for `models/allocation.mod`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from leptonopt.errors import UsageError
from leptonopt.formulation import FREE, Linear, formulate
from leptonopt.problem import UNLIMITED, Problem


def written(problem: Problem, kind: str) -> str:
    """The text of a problem's model in `mps`, `lp` or `dat`; all numbers are whole.

    Raises `UsageError` for any other kind.
    """
    kinds: dict[str, Callable[[Problem], str]] = {"mps": to_mps, "lp": to_lp, "dat": to_mathprog}
    if kind not in kinds:
        raise UsageError(f"there is no model format {kind!r}; known are {', '.join(kinds)}")
    return kinds[kind](problem)


def to_mps(problem: Problem) -> str:
    """The model in free MPS; names as `Linear.names` and `Linear.row_names` give them."""
    return "\n".join(_mps(formulate(problem))) + "\n"


def to_lp(problem: Problem) -> str:
    """The model in the LP format of CPLEX."""
    return "\n".join(_lp(formulate(problem))) + "\n"


def to_mathprog(problem: Problem) -> str:
    """The data section for models/allocation.mod."""
    return "\n".join(_mathprog(problem)) + "\n"


def _mps(linear: Linear) -> Iterator[str]:
    rows, names = linear.row_names(), linear.names()
    senses = [_sense(low, high) for low, high in zip(linear.lower.tolist(), linear.upper.tolist(), strict=True)]
    yield "NAME leptonopt"
    yield "ROWS"
    yield " N cost"
    yield from (f" {sense} {row}" for (sense, _), row in zip(senses, rows, strict=True))
    yield "COLUMNS"
    yield " MARKER 'MARKER' 'INTORG'"
    by_column = linear.matrix.tocsc()
    for at, name in enumerate(names):
        yield f" {name} cost {linear.cost[at]}"
        part = slice(by_column.indptr[at], by_column.indptr[at + 1])
        for row, value in zip(by_column.indices[part].tolist(), by_column.data[part].tolist(), strict=True):
            yield f" {name} {rows[row]} {value}"
    yield " MARKER 'MARKER' 'INTEND'"
    yield "RHS"
    yield from (f" RHS {row} {side}" for (_, side), row in zip(senses, rows, strict=True) if side)
    yield "BOUNDS"
    yield from (f" UP BND {name} {most}" for name, most in zip(names, linear.most.tolist(), strict=True))
    yield "ENDATA"


def _sense(low: int, high: int) -> tuple[str, int]:
    if low == high:
        return "E", low
    return ("L", high) if high < FREE else ("G", low)


def _lp(linear: Linear) -> Iterator[str]:
    """Every variable stands in the objective, also at cost 0, so that no row is without a name to write."""
    names = linear.names() or ["nothing"]
    yield "Minimize"
    costs = zip(names, linear.cost.tolist(), strict=True) if len(linear.cost) else [(names[0], 0)]
    yield from _wrapped(" cost:", (_term(value, name) for name, value in costs))
    yield "Subject To"
    words = {"E": "=", "L": "<=", "G": ">="}
    for at, row in enumerate(linear.row_names()):
        part = slice(linear.matrix.indptr[at], linear.matrix.indptr[at + 1])
        pairs = zip(linear.matrix.indices[part].tolist(), linear.matrix.data[part].tolist(), strict=True)
        sense, side = _sense(int(linear.lower[at]), int(linear.upper[at]))
        terms = [_term(value, names[column]) for column, value in pairs] or [_term(0, names[0])]
        yield from _wrapped(f" {row}:", [*terms, f"{words[sense]} {side}"])
    yield "Bounds"
    yield from (f" 0 <= {name} <= {most}" for name, most in zip(names, [*linear.most.tolist(), 0], strict=False))
    yield "Generals"
    yield from _wrapped("", names)
    yield "End"


def _term(value: int, name: str) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value)} {name}"


def _wrapped(head: str, words: Iterable[str]) -> Iterator[str]:
    line = head
    for word in words:
        if len(line) + len(word) > 200:
            yield line
            line = " "
        line += " " + word
    yield line


def _mathprog(problem: Problem) -> Iterator[str]:
    """Data for models/allocation.mod: sets and parameters as the text names them."""
    columns = problem.columns
    yield "data;"
    yield f"param T := {problem.slots};"
    yield from _table("set GROUPS", range(problem.groups))
    yield from _table("set ROWS", range(len(problem.capacity)))
    yield from _table("set OPTIONS", range(problem.options))
    pairs = zip(columns.option.tolist(), columns.start.tolist(), strict=True)
    yield from _table("set COLUMNS", (f"({option},{start})" for option, start in pairs))
    yield from _table("set OPTIONAL", np.flatnonzero(problem.optional).tolist())
    yield from _table(
        "set EDGES", (f"({b},{a})" for b, a in zip(problem.before.tolist(), problem.after.tolist(), strict=True))
    )
    held = [
        (option, row, amount)
        for option in range(problem.options)
        for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True)
    ]
    yield from _table("set HOLDS", (f"({option},{row})" for option, row, _ in held))
    yield from _table("param copies", (f"{g} {n}" for g, n in enumerate(problem.copies.tolist())))
    yield from _table("param value", (f"{g} {v}" for g, v in enumerate(problem.value.tolist()) if problem.optional[g]))
    yield from _table("param group", (f"{o} {g}" for o, g in enumerate(problem.group.tolist())))
    yield from _table("param duration", (f"{o} {d}" for o, d in enumerate(problem.duration.tolist())))
    yield from _table("param demand", (f"{o} {k} {n}" for o, k, n in held))
    costs = zip(columns.option.tolist(), columns.start.tolist(), columns.cost.tolist(), strict=True)
    yield from _table("param cost", (f"{o} {s} {c}" for o, s, c in costs))
    edges = zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
    yield from _table("param lag", (f"{b} {a} {lag}" for b, a, lag in edges))
    limited = ((k, t, c) for k, row in enumerate(problem.capacity.tolist()) for t, c in enumerate(row) if c < UNLIMITED)
    yield from _table("param capacity", (f"{k} {t} {c}" for k, t, c in limited))
    yield "end;"


def _table(head: str, entries: Iterable[object]) -> Iterator[str]:
    yield f"{head} :="
    yield from _wrapped(" ", (str(entry) for entry in entries))
    yield ";"
