"""Values as Slurm writes them: numbers or objects, lists of nodes, generic resources, times."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

NOWHERE = ("", "(null)", "None assigned")  # nodes of what has none yet
INFINITE = {4294967294, 4294967295, 18446744073709551614, 18446744073709551615}
_BRACKET = re.compile(r"([^,\[]*)\[([^\]]*)\]([^,\[]*)")
_GRES = re.compile(r"(?:gres[:/])?gpu(?:[:/]([A-Za-z][\w. -]*))?(?:[:=](\d+))?")


def number(value: Any) -> int | None:
    """Return a number of either notation, 60 or {"set": true, "number": 60}; None: no limit.

    >>> number({"set": True, "infinite": False, "number": 60})
    60
    """
    if isinstance(value, dict):
        if value.get("infinite") or not value.get("set", True):
            return None
        value = value.get("number")
    if isinstance(value, str):
        value = int(value) if value.isdigit() else None
    if isinstance(value, float):
        value = int(value)
    return None if value is None or isinstance(value, bool) or value in INFINITE else int(value)


def words(value: Any) -> list[str]:
    """Return states or flags of either notation in lower case: "a,b", "A+B" or ["A", "B"]."""
    found = value if isinstance(value, list) else re.split(r"[,+ ]+", value or "")
    return [str(word).strip("*~#!%$@^-").lower() for word in found if word]


def names(value: Any) -> list[str]:
    """Return partitions or features as written: "a,b" or ["a", "b"]."""
    found = value if isinstance(value, list) else re.split(r"[,\s]+", value or "")
    return [str(word) for word in found if word and word != "(null)"]


def node_names(text: str | None) -> list[str]:
    """Return the names of a list of nodes.

    >>> node_names("a100-[1-2,07],t4-1")
    ['a100-1', 'a100-2', 'a100-07', 't4-1']
    """
    return [name for part in _split(text or "") for name in _expanded(part)]


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand outside of brackets."""
    yield from (part.strip() for part in re.split(r",(?![^\[]*\])", text) if part.strip() not in NOWHERE)


def _expanded(text: str) -> Iterator[str]:
    found = _BRACKET.fullmatch(text) or re.match(r"(.*?)\[([^\]]*)\](.*)", text)
    if not found:
        yield text
        return
    for part in found[2].split(","):
        low, _, high = part.partition("-")
        for value in range(int(low), int(high or low) + 1):
            yield from (found[1] + str(value).zfill(len(low)) + rest for rest in _expanded(found[3]))


def gpus(text: Any) -> dict[str, int]:
    """Return the number of GPUs by type; the empty type is any.

    >>> gpus("gpu:a100:8(S:0-1)"), gpus("gres/gpu:4"), gpus("gres/gpu=8,gres/gpu:a100=8")
    ({'a100': 8}, {'': 4}, {'a100': 8})
    """
    found: dict[str, int] = {}
    for part in re.split(r",(?![^(]*\))", str(text or "")):
        if match := _GRES.fullmatch(part.split("(")[0].strip()):
            kind = (match[1] or "").lower()
            found[kind] = found.get(kind, 0) + int(match[2] or 1)
    if len(found) > 1 and "" in found:  # TRES list the sum as well as each type
        del found[""]
    return found


def tres(text: Any) -> dict[str, str]:
    """Return trackable resources by name: "cpu=4,mem=100M" -> {"cpu": "4", "mem": "100M"}."""
    return dict(part.split("=", 1) for part in str(text or "").split(",") if "=" in part)


def mebibytes(text: str) -> int:
    """Return memory such as 100M, 500G, 1.5T or 512000 (MiB without a unit) in whole MiB, rounded up.

    >>> mebibytes("1.5G")
    1536
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGTP]?)n?c?", text.strip())
    if not found:
        return 0
    from fractions import Fraction

    power = {"K": -1, "M": 0, "": 0, "G": 1, "T": 2, "P": 3}[found[2]]
    exact = Fraction(found[1]) * Fraction(1024) ** power
    return -(-exact.numerator // exact.denominator)


def records(text: str) -> list[dict[str, str]]:
    """Return what `scontrol -o show` prints: one record a line, of words KEY=VALUE."""
    found = []
    for line in text.splitlines():
        pairs = re.findall(r"(?:^|\s)([A-Za-z][\w:/]*)=(.*?)(?=\s+[A-Za-z][\w:/]*=|\s*$)", line)
        if pairs:
            found.append(dict(pairs))
    return found


def minutes(text: str) -> int:
    """Return a time limit [minutes], rounded up; 0 where it is unlimited, or no time.

    >>> minutes("90"), minutes("90:30"), minutes("1:30:00"), minutes("1-2"), minutes("1-2:30"), minutes("infinite")
    (90, 91, 90, 1560, 1590, 0)
    """
    found = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text.strip())
    if found is None:
        return 0
    days, *parts = (int(part or 0) for part in found.groups())
    hours, rest, seconds = parts if found[1] or found[4] else (0, *parts[:2])
    return (days * 24 + hours) * 60 + rest + -(-seconds // 60)


def moment(value: Any) -> int | None:
    """Return seconds since 1970 of a number or of local time as `scontrol` prints it, or None."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return int(datetime.fromisoformat(value).timestamp())
    found = number(value)
    return found if found else None
