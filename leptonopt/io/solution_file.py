"""Read what other solvers write for an exported model: the values of its variables by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import isfinite

from leptonopt.errors import InputError

BRACKETS = re.compile(r"[\[,]")
PRETTY = re.compile(r"^\s*Index\s+Status\s.*\sName\s*$", re.MULTILINE)
DUAL = "# Dual solution values"  # of HiGHS: the names come again, with other numbers


def solution_values(text: str, names: Sequence[str], aliases: dict[str, str]) -> dict[str, float]:
    """Return the values of variables that a solution file states; others are 0.

    It may be one of HiGHS, CBC, SCIP, Gurobi or GLPK (`-o` and `-w`). `aliases` are other spellings of names, such as
    those of GNU MathProg, whose brackets are read as underscores.

    Raises `InputError` where no variable of the model is in it, one has two values, or names come last.
    """
    if PRETTY.search(text):
        raise InputError("a table in which names come last; allowed is the raw style of HiGHS (write_solution_style 0)")
    if re.search(r"^s (mip|bas|ipt) ", text, re.MULTILINE):
        found = dict(_by_position(text, names))
    else:
        found = _by_name(text, {**{name: name for name in names}, **aliases})
    if not found:
        raise InputError("no variable of the model stands in it; allowed is a solution of the model of this instance")
    return found


def _by_position(text: str, names: Sequence[str]) -> Iterator[tuple[str, float]]:
    """Yield what GLPK writes with `-w`: variables by their number, from 1."""
    for line in text.splitlines():
        match line.split():
            case ["j", number, *values]:
                if not number.isdecimal() or not 1 <= int(number) <= len(names):
                    raise InputError(f"variable {number} is not in the model, which has {len(names)}")
                value = _number(values[min(1, len(values) - 1)]) if values else None
                if value is None:
                    raise InputError(f"variable {number} has no value; a number is allowed")
                yield names[int(number) - 1], value


def _by_name(text: str, known: dict[str, str]) -> dict[str, float]:
    """Return what stands behind each name: the first number on its line, or on the next."""
    found: dict[str, float] = {}
    name = None
    for line in text.partition(DUAL)[0].splitlines():
        for word in line.split():
            if name is None:
                name = known.get(BRACKETS.sub("_", word).rstrip("]"))
            elif (value := _number(word)) is not None:
                if found.setdefault(name, value) != value:
                    raise InputError(f"variable {name} has two values, {found[name]:g} and {value:g}")
                name = None
                break
    return found


def _number(word: str) -> float | None:
    """Return the number of a word, None for another; raises `InputError` for one that is not finite."""
    try:
        number = float(word)
    except ValueError:
        return None
    if not isfinite(number):
        raise InputError(f"a value is {word}; finite numbers are allowed")
    return number
