"""Share code of the notations: exact numbers, size limits, and the wording of errors."""

from __future__ import annotations

import re
from decimal import Decimal

from leptonopt.errors import Finding, InstanceError
from leptonopt.errors import Path as Place
from leptonopt.io.files import ALLOWED
from leptonopt.runtime.clock import check_time_each

MAX_DEPTH = 50
OFTEN = 1000  # tokens between two checks of the time limit
ENOUGH = 101  # findings; one more than are shown
EMPTY = "the file is empty; an instance has time, pools and tasks"
NOT_FINITE = re.compile(r"[-+]?\.?(inf|infinity|nan)", re.IGNORECASE)
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)


def wrong(message: str, line: int | None, file: str, path: Place = ()) -> InstanceError:
    """Return the error with one finding."""
    return InstanceError([Finding(message, path, line, file)])


def too_deep(line: int | None, file: str) -> InstanceError:
    """Return the error for what is nested beyond `MAX_DEPTH`."""
    return wrong(f"is nested too deeply; at most {MAX_DEPTH} levels", line, file)


def too_many(most: int, line: int | None, file: str) -> InstanceError:
    """Return the error for more values than are read."""
    text = f"holds more than {most:,} values; at most so many are read; set {ALLOWED} to allow more"
    return wrong(text, line, file)


def twice(key: str, path: Place, line: int, file: str) -> Finding:
    """Return the error for a key that stands twice in one mapping."""
    return Finding(f"the key {quoted(key)} stands twice; each is allowed once", path, line, file)


def number(text: str) -> int | Decimal:
    """Return a number exactly as written; raise `ValueError` when it is too long or too large."""
    if len(text) > 60:
        raise ValueError(f"{text[:20]}… is a number of {len(text)} characters; at most 60")
    if _INT.fullmatch(text):
        return int(text)
    power = re.search(r"[eE][-+]?0*([0-9]+)$", text)
    if power and (len(power[1]) > 3 or abs(Decimal(text).adjusted()) > 60):
        raise ValueError(f"{text} is out of range; at most 10^60 either way")
    return Decimal(text)


def quoted(text: str) -> str:
    """Return a text as errors show it, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def line_of_word(text: str, message: str) -> int | None:
    """Return the line of the word that an error message starts with."""
    word = message.split(" ")[0].rstrip("…")
    return text.count("\n", 0, text.find(word)) + 1 if word in text else None


def shallow(text: str, tokens: re.Pattern[str], most: int, file: str) -> None:
    """Refuse excessive depth and size before a parser runs.

    `tokens` finds texts and comments whole, brackets, commas, and the dots and equal signs of TOML.
    """
    depth = dots = values = 0
    for token in check_time_each(tokens.finditer(text), OFTEN):
        word = token[0]
        if word in "[{":
            depth += 1
        elif word in "]}":
            depth -= 1
        values += word in ",=." or (word in "[{" and text[token.end() : token.end() + 1] not in "]}")
        dots = dots + 1 if word == "." else dots if word[0] in "\"'" else 0
        if depth > MAX_DEPTH or dots > MAX_DEPTH:
            raise too_deep(text.count("\n", 0, token.start()) + 1, file)
        if values > most:
            raise too_many(most, text.count("\n", 0, token.start()) + 1, file)
