"""Read the requests of services over time: from a log of requests, or from a table of rates by class.

A log has a line for each request, as `request_log` reads it. The class of a request follows from the names of the
classes, as `leptonopt import demand` makes them (`to-512`, `over-2048`, `in-to-512-out-over-64`, `512-256`), or is in a
column. A table has a column of times, and one for each class with its requests per second from that time on.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, Service
from leptonopt.integrations.demand import Asked, on_grid
from leptonopt.integrations.imported import Grid, listed
from leptonopt.integrations.request_classes import classes_of_sizes
from leptonopt.integrations.request_log import MICROS, RequestLog, read_log

Rates = dict[str, dict[str, np.ndarray]]  # by service and class, requests per second in each bin
SIZE = re.compile(r"(\d{1,9})-(\d{1,9})")
EDGE = re.compile(r"(?:to|over)-(\d{1,9})|any")
BOTH = re.compile(r"in-(.+)-out-(.+)")


def read_trace(name: str, text: str, instance: Instance, params: Mapping[str, str], bin: int) -> tuple[int, Rates]:
    """Return the first bin, seconds after the start of the horizon, and rates in bins of `bin` seconds.

    Parameters
    ----------
    name, text : of a CSV file.
    params : `by`, a column with the service of each request; `service`, that of all where the instance has several;
        `class`, a column with the class of each request; `time`, `input`, `output`, `unit`, as `read_log` takes them.

    Raises
    ------
    InputError
        When the file is neither a log of requests nor a table of rates, or lies outside the horizon.
    UsageError
        When it is not known of which service requests are.
    """
    header = next(csv.reader(text.splitlines()[:1]), [])
    services = {service.id: service for service in instance.services}
    if "by" not in params and set((alone := _alone(services, params)).demand.names) <= set(header):
        return _table(name, text, alone, instance, params, bin)
    stated = [params["class"]] if "class" in params else []
    log = _moved(read_log(name, text, params, stated), instance)
    inside = (log.at >= 0) & (log.at < instance.time.horizon * MICROS)
    if not inside.any():
        raise InputError(f"{name}: no request is within the horizon of the instance")
    first, last = (int(log.at[inside][at]) // (bin * MICROS) for at in (0, -1))
    found: Rates = {}
    for service, mine in _by_service(name, log, services, params):
        kept = mine & inside
        part = log.chosen(kept)
        of = part.more[stated[0]] if stated else class_names(part, service.demand.names)
        at = part.at // (bin * MICROS) - first
        kinds = sorted(set(of.tolist()))
        found[service.id] = {kind: np.bincount(at[of == kind], minlength=last - first + 1) / bin for kind in kinds}
    return first * bin, found


def _by_service(
    name: str, log: RequestLog, services: Mapping[str, Service], params: Mapping[str, str]
) -> Iterator[tuple[Service, np.ndarray]]:
    """Yield the services of a log, each with a bool array of its requests; raises `InputError`."""
    if "by" not in params:
        yield _alone(services, params), np.ones(len(log.at), bool)
        return
    for id in sorted(set(log.by.tolist())):
        if id not in services:
            text = f"requests of {id!r}, which is no service of the instance; there are {listed(services)}"
            raise InputError(f"{name}: {text}")
        yield services[id], log.by == id


def _alone(services: Mapping[str, Service], params: Mapping[str, str]) -> Service:
    """Return the only service of a trace; raises `UsageError`."""
    name = params.get("service", next(iter(services)) if len(services) == 1 else None)
    if name is None:
        raise UsageError(
            f"say whose requests they are, with --param by=COLUMN or service=NAME; there are {listed(services)}"
        )
    if name not in services:
        raise UsageError(f"--param service={name}: no service of the instance; there are {listed(services)}")
    return services[name]


def _moved(log: RequestLog, instance: Instance) -> RequestLog:
    """Return a log with times from the start of the horizon; it moves by whole days to the first one."""
    time = instance.time
    grid = Grid(time.start, time.slot, time.horizon, time.zone, frozenset(("start", "horizon")))
    if not log.relative and 0 <= int(log.at[0]) // MICROS - int(time.start.timestamp()) < time.horizon:
        return replace(log, at=log.at - int(time.start.timestamp()) * MICROS)
    return on_grid(log, Asked((1,), (), Fraction(1), time.slot, None), grid)[0]


def class_names(log: RequestLog, names: Sequence[str]) -> np.ndarray:
    """Return the class of each request from the tokens that names state; raises `InputError`."""
    if len(names) == 1:
        return np.full(len(log.at), names[0])
    if all(SIZE.fullmatch(name) for name in names):
        sizes = [(int(part[1]), int(part[2])) for name in names if (part := SIZE.fullmatch(name))]
        made = classes_of_sizes(log, sizes)
        of_sizes: np.ndarray = np.array(made.names)[made.of]
        return of_sizes
    input, output = (np.zeros(len(log.at), np.int64) if line is None else line for line in (log.input, log.output))
    if all(EDGE.fullmatch(name) for name in names):
        return _by_edges(input + output, names)
    parts = [BOTH.fullmatch(name) for name in names]
    if all(part and EDGE.fullmatch(part[1]) and EDGE.fullmatch(part[2]) for part in parts):
        rows, columns = (
            _by_edges(line, list(dict.fromkeys(part[at] for part in parts if part)))
            for line, at in ((input, 1), (output, 2))
        )
        return np.array([f"in-{row}-out-{column}" for row, column in zip(rows, columns, strict=True)])
    raise InputError(f"the names of the classes tell no tokens: {listed(names)}; --param class=COLUMN states the class")


def _by_edges(tokens: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the first of `to-N` that holds the tokens of a request, else the class without an upper edge."""
    edges = sorted((int(name.removeprefix("to-")), name) for name in names if name.startswith("to-"))
    over = next((name for name in names if not name.startswith("to-")), edges[-1][1] if edges else names[0])
    ordered = np.array([*(name for _, name in edges), over])
    found: np.ndarray = ordered[np.searchsorted([edge for edge, _ in edges], tokens)]
    return found


def _table(
    name: str, text: str, service: Service, instance: Instance, params: Mapping[str, str], bin: int
) -> tuple[int, Rates]:
    """Return rates of a table with a column for each class; a row holds until the next."""
    log = _moved(read_log(name, text, params, service.demand.names), instance)
    columns = {kind: _numbers(name, kind, texts.tolist()) for kind, texts in log.more.items()}
    last = 2 * log.at[-1] - log.at[-2] if len(log.at) > 1 else log.at[-1] + instance.time.slot * MICROS
    begin, end = max(0, -(-int(log.at[0]) // MICROS)), min(instance.time.horizon, int(last) // MICROS)
    starts = np.arange(-(-begin // bin) * bin, end, bin)
    if not len(starts):
        raise InputError(f"{name}: no row is within the horizon of the instance")
    row = np.maximum(0, np.searchsorted(log.at, starts * MICROS, side="right") - 1)
    return int(starts[0]), {service.id: {kind: values[row] for kind, values in columns.items()}}


def _numbers(name: str, kind: str, texts: Sequence[str]) -> np.ndarray:
    """Return a column of rates; raises `InputError`."""
    try:
        found = np.array([float(each) for each in texts])
    except ValueError as error:
        raise InputError(f"{name}: column {kind!r}: {error}; allowed are requests per second") from None
    if not np.isfinite(found).all() or (found < 0).any():
        raise InputError(f"{name}: column {kind!r}: allowed are requests per second, finite and at least 0")
    return found
