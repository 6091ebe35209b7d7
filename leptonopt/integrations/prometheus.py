"""Read history from Prometheus: what others take of a pool, the power of a device, the time of runs.

The input is the address of a server, or files with the answer of `/api/v1/query_range`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import units
from leptonopt.integrations.imported import Document, Grid, Imported, plain_number, step_series

WEEK = 7 * 86_400
TIMEOUT = 30.0  # seconds that a server has for an answer
MOST_POINTS = 11_000  # points of a series that a server returns at most


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return a pool with what is left of it, or the power of its devices, or with a measured task.

    Parameters
    ----------
    texts : name and content of files with answers to range queries; their samples are moved by whole weeks into the
        horizon, so that each slot has the sample of the same time of the week.
    params : `pool`, the id of the pool. `resource`, the name of its resource (gpu). `capacity`, how much of it there
        is in all: the values of the query, summed over all series, are what others take of it; a slot counts with
        its largest sample. `power` in place of `capacity`: values are watts of a device, and the mean over all
        samples counts. `duration`, the id of a task: a series is above 0 while the task runs on the pool, where it uses
        so much of the resource as `uses` says (1).

    Raises
    ------
    InputError
        When a file is no answer to a range query.
    UsageError
        When a parameter is missing or wrong.
    """
    if "pool" not in params or sum(name in params for name in ("capacity", "power", "duration")) != 1:
        wanted = "--param capacity=N, --param power=watts or --param duration=TASK"
        raise UsageError(f"prometheus needs --param pool=ID, and one of {wanted}")
    resource = params.get("resource", "gpu")
    series = [one for name, text in texts for one in _series(name, text)]
    found = Imported()
    pool: Document = {"id": params["pool"]}
    if "capacity" in params:
        pool["capacity"] = {resource: _left(series, _amount("capacity", params["capacity"]), grid, found)}
    else:
        pool["capacity"] = {resource: "unlimited"}
        found.notes.append("the capacity is not known and stands as unlimited; an overlay may say it")
    if "power" in params:
        pool["power"] = {resource: mean_power(series)}
    if "duration" in params:
        seconds = units.duration_text(longest_run(series, found))
        option = {"pool": params["pool"], "uses": {resource: _uses(params)}, "duration": seconds}
        found.tasks.append({"id": params["duration"], "options": [option]})
    found.pools.append(pool)
    return found


def fetch(address: str, query: str, grid: Grid) -> str:
    """Return the answer of a server to a range query over the weeks before the horizon, a sample a slot.

    Raises
    ------
    InputError
        When there is no answer, or an error in place of one.
    """
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlencode
    from urllib.request import urlopen

    if grid.slots + 1 > MOST_POINTS:
        raise UsageError(f"{grid.slots} slots are more than the {MOST_POINTS:,} points that Prometheus returns")
    start = int(grid.start.timestamp()) - _shift(grid)
    words = {"query": query, "start": start, "end": start + grid.horizon - 1, "step": grid.slot}
    try:
        with urlopen(f"{address.rstrip('/')}/api/v1/query_range?{urlencode(words)}", timeout=TIMEOUT) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        shown = error.read(300).decode("utf-8", "replace")
        raise InputError(f"{address}: answers {error.code}: {shown}") from None
    except (URLError, OSError, ValueError) as error:
        raise InputError(f"{address}: no answer: {getattr(error, 'reason', error)}") from None


def _shift(grid: Grid) -> int:
    """Return the seconds from the history to the horizon: whole weeks, so that times of the week agree."""
    return -(-grid.horizon // WEEK) * WEEK


def _series(name: str, text: str) -> list[list[tuple[int, Fraction]]]:
    """Return the series of an answer: pairs of seconds since 1970 and value, finite ones alone."""
    try:
        answer = json.loads(text)
        if answer["status"] != "success":
            raise InputError(f"{name}: Prometheus answered: {str(answer.get('error'))[:200]}")
        if answer["data"]["resultType"] != "matrix":
            raise InputError(f"{name}: is the answer to `query`; a range query, `query_range`, is needed")
        return [
            [(int(at), _value(text)) for at, text in one["values"] if _finite(text)] for one in answer["data"]["result"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{name}: is no answer of Prometheus to a range query: {error}") from None


def _finite(text: str) -> bool:
    return text.lower().lstrip("+-") not in ("nan", "inf")


def _value(text: str) -> Fraction:
    try:
        return Fraction(Decimal(text))
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is no number") from None


def _uses(params: Mapping[str, str]) -> int | Decimal:
    amount = _amount("uses", params.get("uses", "1"))
    return plain_number(Decimal(amount.numerator) / amount.denominator)


def _amount(name: str, text: str) -> Fraction:
    try:
        found = Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = Fraction(-1)
    if found < 0:
        raise UsageError(f"--param {name}={text}; allowed is a number that is not negative")
    return found


def _left(series: Sequence[Any], capacity: Fraction, grid: Grid, found: Imported) -> Any:
    """Return what is left of a capacity by slot, in whole units, as a series of the instance."""
    at_once: dict[int, Fraction] = defaultdict(Fraction)
    for one in series:
        for at, value in one:
            at_once[at] += value
    start = int(grid.start.timestamp())
    newest = max(at_once, default=start)
    shift = max(0, -(-(start - newest) // WEEK)) * WEEK
    shift = max(shift, _shift(grid)) if newest < start else 0
    taken: dict[int, Fraction] = {}
    for at, value in at_once.items():
        slot = (at + shift - start) // grid.slot
        if 0 <= slot < grid.slots:
            taken[slot] = max(taken.get(slot, Fraction(0)), value)
    if missing := grid.slots - len(taken):
        found.notes.append(f"{missing} of {grid.slots} slots have no sample; nothing is taken there")
    return step_series([max(0, math.floor(capacity - taken.get(slot, 0))) for slot in range(grid.slots)], grid)


def mean_power(series: Sequence[Sequence[tuple[int, Fraction]]]) -> Decimal:
    """Return the mean of all samples [W] in kW, rounded up to a milliwatt.

    Raises
    ------
    InputError
        When there is no sample.
    """
    samples = [value for one in series for _, value in one]
    if not samples:
        raise InputError("the answer has no samples; look at the query and its times")
    mean = sum(samples, Fraction(0)) / len(samples)
    return (Decimal(math.ceil(mean * 1000)) / 10**6).normalize()


def longest_run(series: Sequence[Sequence[tuple[int, Fraction]]], found: Imported) -> int:
    """Return how long the longest run took [seconds], with a note on all of them.

    A run lasts while a series is above 0, missing samples included, and a step longer. Runs that have begun at the
    first instant or still go on at the last one are left out.

    Raises
    ------
    InputError
        When there is no whole run.
    """
    instants = sorted({at for one in series for at, _ in one})
    step = min((later - at for at, later in pairwise(instants)), default=0)
    whole, cut = list[int](), 0
    for one in series:
        for runs, samples in groupby(one, key=lambda sample: sample[1] > 0):
            if runs:
                times = [at for at, _ in samples]
                inside = instants[0] < times[0] and times[-1] < instants[-1]
                whole += [times[-1] - times[0] + step] if inside else []
                cut += not inside
    if not whole:
        raise InputError(f"the answer has no whole run, and {cut} that begin or end outside of it; ask for more time")
    shortest, mean, longest = (units.duration_text(each) for each in (min(whole), sum(whole) // len(whole), max(whole)))
    found.notes.append(f"{len(whole)} runs took {shortest} to {longest}, {mean} on average; the longest counts")
    if cut:
        found.notes.append(f"{cut} runs begin or end outside of the answer, and are left out")
    return max(whole)
