"""Make the demand of services from a log of requests: rates by class and slot, at a quantile.

Requests fall into classes by quantiles of their tokens, and are counted in bins. The bins that lie in a slot, on all
days of a log that repeats, are samples of the rate of a class in that slot; the demand is their quantile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, log10, prod
from typing import Any

import numpy as np

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import units
from leptonopt.integrations.imported import Grid, Imported, step_series
from leptonopt.integrations.request_classes import Classes, classes_of, classes_of_sizes
from leptonopt.integrations.request_log import MICROS, RequestLog, read_log

BINS = (600, 60)  # seconds: the first of which a slot is a multiple, and longer
DAY, WEEK = 86_400, 7 * 86_400
MONDAY = 4 * DAY  # the first one of 1970
DIGITS = 4  # of the largest rate of a service, at least; its other rates have as many decimals
MOST_COUNTS = 20_000_000
MOST_CLASSES = 20


@dataclass(frozen=True)
class Asked:
    """Parameters of a demand.

    Attributes
    ----------
    classes : numbers of classes: by total tokens, or by input and by output tokens
    sizes : input and output tokens of each class; empty where classes are by number
    quantile : of the samples of a slot
    bin : seconds over which requests are counted
    period : seconds after which the log repeats; None where it does not
    """

    classes: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    quantile: Fraction
    bin: int
    period: int | None


@dataclass(frozen=True)
class Counts:
    """Requests counted by class and bin.

    Attributes
    ----------
    requests : int64, shape (B, bins)
    covered : int64, shape (bins,) [microseconds]: the part of each bin that the log covers, from its first to its last
        request and a mean gap beyond both
    slots : for each slot of the period, or of the horizon, its bins
    """

    requests: np.ndarray
    covered: np.ndarray
    slots: list[np.ndarray]

    def rate(self, row: np.ndarray, at: int) -> Fraction:
        """Return the requests per second of a class in a bin."""
        return Fraction(int(row[at]) * MICROS, int(self.covered[at]))


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return services with a demand by class and slot.

    Parameters
    ----------
    texts : name and content of one CSV file; see `request_log.read_log` for its columns.
    params : `classes`, a number of classes by total tokens (1), or AxB by input and output tokens; or `sizes`, such as
        512-256,4096-512: the largest input and output of each class; `quantile` (0.95);
        `period`, after which the log repeats, such as 1d; `bin`, the time over which requests are counted (a slot
        with a period, else 10m or 1m); `by`, a column with a service for each of its values; `service`, the id of the
        only service (the name of the file); `time`, `input`, `output`, `unit`: see `read_log`.
    grid : a start or a horizon that is not stated becomes that of the log.

    Raises
    ------
    InputError
        When the file is no log of requests.
    UsageError
        When a parameter is wrong.
    """
    if len(texts) != 1:
        raise UsageError(f"demand reads one log, not {len(texts)} files")
    asked = _asked(params, grid)
    log, grid = on_grid(read_log(*texts[0], params), asked, grid)
    found = Imported(grid=grid)
    alone = params.get("service", re.split(r"[\\/]", texts[0][0])[-1].split(".")[0] or "service")
    values = sorted(set(log.by.tolist()))
    parts = [(value or alone, log.chosen(log.by == value)) for value in values] or [(alone, log)]
    for name, part in parts:
        classes = classes_of_sizes(part, asked.sizes) if asked.sizes else classes_of(part, asked.classes)
        counts = _counts(part, classes, log, asked, grid)
        rates = [[_quantile(counts, row, bins, asked.quantile) for bins in counts.slots] for row in counts.requests]
        series = (_series(line, asked, grid) for line in _rounded_up(rates))
        found.services.append({"id": name, "demand": dict(zip(classes.names, series, strict=True))})
        found.notes += [f"{name}: {note}" for note in (*_class_notes(part, classes), *_sample_notes(counts, rates))]
    return found


def _asked(params: Mapping[str, str], grid: Grid) -> Asked:
    """Return what the parameters ask for; raises `UsageError`."""
    text, period = units.duration_text, _seconds(params, "period")
    shorter = () if period else (bin for bin in BINS if grid.slot > bin and grid.slot % bin == 0)
    bin = _seconds(params, "bin") or next(iter(shorter), grid.slot)
    if grid.slot % bin:
        raise UsageError(f"--param bin={text(bin)}: a slot of {text(grid.slot)} is no whole number of bins")
    if period and period % grid.slot:
        raise UsageError(f"--param period={text(period)} is no whole number of slots of {text(grid.slot)}")
    if "sizes" in params and "classes" in params:
        raise UsageError("--classes and --param sizes exclude each other")
    classes, sizes = _numbers_of_classes(params.get("classes", "1")), _sizes(params.get("sizes"))
    return Asked(classes, sizes, _share(params.get("quantile", "0.95")), bin, period)


def _seconds(params: Mapping[str, str], name: str) -> int | None:
    try:
        return units.duration(params[name]) or None if name in params else None
    except ValueError as error:
        raise UsageError(f"--param {name}: {error}") from None


def _numbers_of_classes(text: str) -> tuple[int, ...]:
    found = tuple(map(int, text.split("x"))) if re.fullmatch(r"\d{1,3}(x\d{1,3})?", text, re.ASCII) else (0,)
    if not 1 <= prod(found) <= MOST_CLASSES:
        raise UsageError(f"--classes {text}; allowed is a number from 1 to {MOST_CLASSES}, or two such as 2x3")
    return found


def _sizes(text: str | None) -> tuple[tuple[int, int], ...]:
    if text is None:
        return ()
    parts = [re.fullmatch(r"(\d{1,9})-(\d{1,9})", part, re.ASCII) for part in text.split(",")]
    found = tuple((int(part[1]), int(part[2])) for part in parts if part)
    if len(found) < len(parts) or len(set(found)) < len(found) or len(found) > MOST_CLASSES:
        raise UsageError(f"--param sizes={text[:60]}; allowed are up to {MOST_CLASSES} such as 512-256,4096-512")
    return found


def _share(text: str) -> Fraction:
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(0)
    if not 0 < found <= 1:
        raise UsageError(f"--quantile {text}; allowed is a number above 0, at most 1")
    return found


def on_grid(log: RequestLog, asked: Asked, grid: Grid) -> tuple[RequestLog, Grid]:
    """Return the log with times counted from the start of the horizon, and the grid of the horizon.

    Where the start is stated, the log moves by whole days or periods, so that the time of day stays. A log that
    counts from its own start begins with the horizon.
    """
    first, start, unit = int(log.at[0]) // MICROS, int(grid.start.timestamp()), asked.period or DAY
    if log.relative:
        moved = 0
    elif "start" in grid.stated:
        moved = -(start + (first - start) // unit * unit)
    else:
        start = first - first % grid.slot
        moved = -start
    last = int(log.at[-1]) // MICROS + moved
    horizon = grid.horizon if "horizon" in grid.stated else asked.period or last // grid.slot * grid.slot + grid.slot
    made = replace(grid, start=datetime.fromtimestamp(start, UTC), horizon=horizon)
    return replace(log, at=log.at + moved * MICROS), made


def _counts(log: RequestLog, classes: Classes, whole: RequestLog, asked: Asked, grid: Grid) -> Counts:
    """Return the requests of a service by class and bin; the whole log says what time is covered."""
    size = asked.bin * MICROS
    begin, end = int(whole.at[0]), int(whole.at[-1])
    gap = (end - begin) // (len(whole.at) - 1) if end > begin else size
    first, kinds = begin // size, len(classes.names)
    bins = end // size - first + 1
    if bins * kinds > MOST_COUNTS:
        raise InputError(f"the log spans {bins:,} bins of {units.duration_text(asked.bin)}; are its times right?")
    requests = np.bincount(classes.of * bins + (log.at // size - first), minlength=kinds * bins).reshape(kinds, bins)
    starts = (first + np.arange(bins)) * size
    covered = np.minimum(starts + size, end + gap) - np.maximum(starts, begin - gap)
    return Counts(requests, covered, _bins_of_slots(starts // (grid.slot * MICROS), covered == size, asked, grid))


def _bins_of_slots(slot: np.ndarray, complete: np.ndarray, asked: Asked, grid: Grid) -> list[np.ndarray]:
    """Return the complete bins of each slot of the period or horizon; all bins where none is."""
    slots = (asked.period or grid.horizon) // grid.slot
    folded = slot % slots if asked.period else np.where((slot >= 0) & (slot < slots), slot, slots)
    order = np.argsort(folded, kind="stable")
    ends = np.searchsorted(folded[order], np.arange(slots + 1))
    found = [order[begin:end] for begin, end in pairwise(ends)]
    return [bins[complete[bins]] if complete[bins].any() else bins for bins in found]


def _quantile(counts: Counts, row: np.ndarray, bins: np.ndarray, share: Fraction) -> Fraction:
    """Return the least rate that so large a share of the bins does not exceed; 0 without bins."""
    rates = sorted(counts.rate(row, at) for at in bins.tolist())
    return rates[ceil(share * len(rates)) - 1] if rates else Fraction(0)


def _rounded_up(rates: Sequence[Sequence[Fraction]]) -> list[list[Decimal]]:
    """Return the rates of a service, rounded up to the same number of decimals."""
    largest = max((rate for line in rates for rate in line), default=Fraction(0))
    decimals = max(0, min(9, DIGITS - 1 - int(log10(largest) // 1))) if largest else 0
    return [[Decimal(ceil(rate * 10**decimals)).scaleb(-decimals).normalize() for rate in line] for line in rates]


def _series(rates: Sequence[Decimal], asked: Asked, grid: Grid) -> Any:
    """Return the rates of a class as a series: daily or weekly where the log repeats so, or steps."""
    wall: dict[int, tuple[str, Callable[[int], str]]] = {
        DAY: ("daily", units.clock_text),
        WEEK: ("weekly", units.week_clock_text),
    }
    start = int(grid.start.timestamp())
    if asked.period not in wall or grid.zone != "UTC" or grid.slot % 60 or start % 60:
        return step_series([rates[slot % len(rates)] for slot in range(grid.slots)], grid)
    kind, text = wall[asked.period]
    minutes = ((start - MONDAY + slot * grid.slot) % asked.period // 60 for slot in range(len(rates)))
    table = dict(sorted(zip(minutes, rates, strict=True)))
    kept, before = {}, None
    for minute, rate in table.items():
        if rate != before:
            kept[text(minute)] = rate
        before = rate
    return rates[0] if len(kept) == 1 else {kind: kept}


def _class_notes(log: RequestLog, classes: Classes) -> list[str]:
    """Return a line for each class: its share of the requests, and its mean tokens."""
    if log.input is None or log.output is None:
        return []
    notes = []
    for at, name in enumerate(classes.names):
        which = classes.of == at
        tokens = f"{log.input[which].mean():.0f} input and {log.output[which].mean():.0f} output tokens on average"
        notes.append(f"class {name}: {100 * which.mean():.1f} % of {len(which):,} requests, {tokens}")
    return notes


def _sample_notes(counts: Counts, rates: Sequence[Sequence[Fraction]]) -> list[str]:
    """Return notes on the samples: slots without any, and requests that exceed the demand."""
    notes, most = [], max(map(len, counts.slots))
    if empty := sum(not len(bins) for bins in counts.slots):
        notes.append(f"{empty} of {len(counts.slots)} slots have no sample in the log; their demand is 0")
    if most == 1:
        notes.append("a slot has one sample at most, which is its demand; shorter bins or a period give more")
    above = total = 0.0
    for row, line in zip(counts.requests, rates, strict=True):
        for bins, rate in zip(counts.slots, line, strict=True):
            above += float(np.maximum(0, row[bins] - float(rate) * counts.covered[bins] / MICROS).sum())
            total += float(row[bins].sum())
    return [*notes, f"{100 * above / max(1, total):.2f} % of the requests are above the demand of their slot"]
