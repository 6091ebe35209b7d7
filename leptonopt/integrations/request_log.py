"""Read a log of requests: when each came, and its input and output tokens.

A CSV file, of commas, semicolons or tabs, with a line of column names. The names of the Azure LLM inference traces
(TIMESTAMP, ContextTokens, GeneratedTokens), of BurstGPT (Timestamp, Request tokens, Response tokens) and of ServeGen
(timestamp, input_tokens, output_tokens) are known; others are stated.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from math import isfinite

import numpy as np

from leptonopt.errors import InputError, UsageError

KNOWN = {
    "time": ("timestamp", "time", "arrivaltime", "arrivaltimestamp", "arrivedat", "starttime", "createdat"),
    "input": ("contexttokens", "requesttokens", "inputtokens", "prompttokens", "inputlength", "numprefilltokens"),
    "output": ("generatedtokens", "responsetokens", "outputtokens", "completiontokens", "outputlength"),
}
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # of numbers that stand for times, in a second
DELIMITERS = ",;\t"
RELATIVE = 10**8  # seconds: smaller numbers are counted from the start of the log, larger ones from 1970
MICROS = 10**6
MOST_TOKENS = 10**9
MOST_SECONDS = 10**11


@dataclass(frozen=True)
class RequestLog:
    """N requests in the order of their times.

    Attributes
    ----------
    at : int64, shape (N,) [microseconds]: since 1970, or since the start of the log where `relative`
    input, output : int64, shape (N,) [tokens]; None where the log has no such column
    by : the value of a column for each request, such as the model; empty where none was asked for
    relative : times count from the start of the log
    more : other columns that were asked for, by name
    """

    at: np.ndarray
    input: np.ndarray | None
    output: np.ndarray | None
    by: np.ndarray
    relative: bool
    more: Mapping[str, np.ndarray] = field(default_factory=dict)

    def chosen(self, which: np.ndarray) -> RequestLog:
        """Return the requests of a bool array or of positions."""
        input, output = (None if column is None else column[which] for column in (self.input, self.output))
        by, more = self.by[which] if len(self.by) else self.by, {name: each[which] for name, each in self.more.items()}
        return replace(self, at=self.at[which], input=input, output=output, by=by, more=more)


@dataclass(frozen=True)
class Places:
    """The name of a file, and the line of each of its rows that are not blank."""

    name: str
    lines: Sequence[int]

    def of(self, row: int) -> str:
        """Return where a row is."""
        return f"{self.name}:{self.lines[row]}"


def read_log(name: str, text: str, params: Mapping[str, str], more: Sequence[str] = ()) -> RequestLog:
    """Return the requests of a CSV file.

    Parameters
    ----------
    name, text : of the file.
    params : `time`, `input`, `output`: names of columns; `by`: a column whose values are kept; `unit`: of times that
        are numbers: s, ms, us or ns.
    more : names of other columns whose values are kept.

    Raises
    ------
    InputError
        When a column is missing, or a value is no time or no number of tokens.
    UsageError
        When the unit is not known.
    """
    rows_of_text = text.splitlines()
    lines = csv.reader(rows_of_text, delimiter=_delimiter(rows_of_text))
    header = next(lines, [])
    columns = {what: _column(name, header, what, params) for what in (*KNOWN, "by")}
    others = {what: _column(name, header, what, {what: what}) for what in more}
    if columns["time"] is None:
        raise InputError(f"{name}: no column of times; allowed are {', '.join(KNOWN['time'])}, or --param time=COLUMN")
    try:
        numbered = [(lines.line_num, row) for row in lines if row]
    except csv.Error as error:
        raise InputError(f"{name}:{lines.line_num}: is no line of a CSV file: {error}") from None
    rows, places = [row for _, row in numbered], Places(name, [number for number, _ in numbered])
    if not rows:
        raise InputError(f"{name}: no requests; a line for each is needed under the names of the columns")
    texts = {what: _texts(places, rows, at) for what, at in columns.items() if at is not None}
    at, relative = _times(places, texts["time"], params.get("unit", "s"))
    tokens = [_tokens(places, texts[what]) if what in texts else None for what in ("input", "output")]
    kept = {what: np.array(_texts(places, rows, place)) for what, place in others.items() if place is not None}
    log = RequestLog(at, tokens[0], tokens[1], np.array(texts.get("by", [])), relative, kept)
    return log.chosen(np.argsort(at, kind="stable"))


def _delimiter(lines: Sequence[str]) -> str:
    """Return what separates columns, by the line of their names."""
    return max(DELIMITERS, key=lines[0].count) if lines else DELIMITERS[0]


def _column(name: str, header: Sequence[str], what: str, params: Mapping[str, str]) -> int | None:
    """Return the place of a column, or None where the file has none and none was named."""
    if what in params:
        if params[what] not in header:
            raise InputError(f"{name}: no column {params[what]!r}; there are {', '.join(header)[:200]}")
        return header.index(params[what])
    plain = ["".join(letter for letter in cell.casefold() if letter.isalnum()) for cell in header]
    return next((plain.index(known) for known in KNOWN.get(what, ()) if known in plain), None)


def _texts(places: Places, rows: Sequence[Sequence[str]], at: int) -> list[str]:
    """Return a column; raises `InputError` where a line is too short."""
    try:
        return [row[at] for row in rows]
    except IndexError:
        short = next(number for number, row in enumerate(rows) if len(row) <= at)
        raise InputError(f"{places.of(short)}: a line of {len(rows[short])} columns; {at + 1} are needed") from None


def _times(places: Places, texts: Sequence[str], unit: str) -> tuple[np.ndarray, bool]:
    """Return times [microseconds], and whether they count from the start of the log."""
    if unit not in UNITS:
        raise UsageError(f"--param unit={unit}; allowed are {', '.join(UNITS)}")
    if not _is_number(texts[0]):
        return _column_of(places, texts, _instant, "a time, such as 2026-11-23T09:00:00Z or seconds"), False
    seconds = _column_of(places, texts, _finite, "a number, as the first time is", float) / UNITS[unit]
    if (seconds < 0).any():
        raise InputError(f"{places.of(int(np.argmax(seconds < 0)))}: a time below 0; allowed are 0 and more")
    if (seconds > MOST_SECONDS).any():
        raise InputError(
            f"{places.name}: a time beyond {MOST_SECONDS:,} s; --param unit=ms, us or ns says what numbers count"
        )
    return np.floor(seconds * MICROS).astype(np.int64), bool(seconds.max() < RELATIVE)


def _is_number(text: str) -> bool:
    try:
        _finite(text)
    except ValueError:
        return False
    return True


def _finite(text: str) -> float:
    """Return a number; raises `ValueError` for none, and for one that is not finite."""
    found = float(text)
    if not isfinite(found):
        raise ValueError
    return found


def _instant(text: str) -> int:
    """Return the microseconds since 1970 of a date and time; UTC where no offset is stated."""
    moment = datetime.fromisoformat(text.strip())
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * MICROS + moment.microsecond


def _tokens(places: Places, texts: Sequence[str]) -> np.ndarray:
    """Return numbers of tokens; an empty cell is 0."""
    found = _column_of(places, texts, lambda text: float(text or 0), "a number of tokens", float)
    wrong = ~((found >= 0) & (found <= MOST_TOKENS))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InputError(f"{places.of(at)}: {texts[at][:40]!r} tokens; allowed are 0 to {MOST_TOKENS:,}")
    tokens: np.ndarray = np.ceil(found).astype(np.int64)
    return tokens


def _column_of(
    places: Places, texts: Sequence[str], of: Callable[[str], float], what: str, kind: type = np.int64
) -> np.ndarray:
    """Return a column of numbers; raises `InputError` at the line of a text that is none."""
    found: np.ndarray = np.empty(len(texts), kind)
    for at, text in enumerate(texts):
        try:
            found[at] = of(text)
        except (ValueError, OverflowError):
            raise InputError(f"{places.of(at)}: {text[:40]!r} is not {what}") from None
    return found
