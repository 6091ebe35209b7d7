"""Divide requests into classes by quantiles of their tokens, or by given sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leptonopt.errors import InputError
from leptonopt.integrations.request_log import RequestLog


@dataclass(frozen=True)
class Classes:
    """Names of classes in the order of their tokens, and the class of each request, int64, shape (N,)."""

    names: tuple[str, ...]
    of: np.ndarray


def classes_of(log: RequestLog, parts: tuple[int, ...]) -> Classes:
    """Return classes of about equal numbers of requests.

    Parameters
    ----------
    log : requests.
    parts : one number: classes by the sum of input and output tokens; two: by input tokens and by output tokens.

    Raises
    ------
    InputError
        When the log has no column of tokens that is needed.
    """
    if parts == (1,):
        return Classes(("requests",), np.zeros(len(log.at), np.int64))
    input, output = _tokens(log)
    if len(parts) == 1:
        return _between_quantiles(input + output, parts[0])
    rows, columns = _between_quantiles(input, parts[0]), _between_quantiles(output, parts[1])
    names = tuple(f"in-{row}-out-{column}" for row in rows.names for column in columns.names)
    return _with_requests(names, rows.of * len(columns.names) + columns.of)


def classes_of_sizes(log: RequestLog, sizes: Sequence[tuple[int, int]]) -> Classes:
    """Return a class for each size: requests that it covers, and no smaller one does.

    Requests beyond all sizes are of the largest.

    Parameters
    ----------
    log : requests.
    sizes : numbers of input and output tokens.

    Raises
    ------
    InputError
        When the log has no column of tokens.
    """
    input, output = _tokens(log)
    ordered = sorted(sizes, key=lambda size: (sum(size), size))
    of = np.full(len(log.at), len(ordered) - 1)
    for at, (most_input, most_output) in reversed(list(enumerate(ordered))):
        of[(input <= most_input) & (output <= most_output)] = at
    return _with_requests(tuple(f"{size[0]}-{size[1]}" for size in ordered), of)


def _tokens(log: RequestLog) -> tuple[np.ndarray, np.ndarray]:
    """Return the input and output tokens; raises `InputError` where a column is missing."""
    if log.input is None or log.output is None:
        missing = "input" if log.input is None else "output"
        raise InputError(f"no column of {missing} tokens, which classes need; --param {missing}=COLUMN names it")
    return log.input, log.output


def _between_quantiles(tokens: np.ndarray, parts: int) -> Classes:
    """Return classes between the quantiles of numbers of tokens; equal quantiles are one."""
    edges = np.unique(np.quantile(tokens, np.arange(1, parts) / parts, method="inverted_cdf").astype(np.int64))
    edges = edges[edges < tokens.max()]
    over = f"over-{edges[-1]}" if len(edges) else "any"
    return _with_requests((*(f"to-{edge}" for edge in edges.tolist()), over), np.searchsorted(edges, tokens))


def _with_requests(names: tuple[str, ...], of: np.ndarray) -> Classes:
    """Return the classes that have requests."""
    used, place = np.unique(of, return_inverse=True)
    return Classes(tuple(names[at] for at in used.tolist()), place)
