"""Classes of requests by quantiles of tokens."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.errors import InputError
from leptonopt.integrations.request_classes import classes_of, classes_of_sizes
from leptonopt.integrations.request_log import RequestLog


def log(input: list[int], output: list[int] | None) -> RequestLog:
    """Return a log of requests with tokens, one each second."""
    shown = None if output is None else np.array(output)
    return RequestLog(np.arange(len(input)), np.array(input), shown, np.array([]), True)


def test_one_class() -> None:
    """One class needs no tokens."""
    assert classes_of(log([1, 2], None), (1,)).names == ("requests",)


def test_by_total_tokens() -> None:
    """Equal shares of the requests, by the sum of input and output."""
    found = classes_of(log([1, 2, 3, 4, 5, 6], [0] * 6), (3,))
    assert found.names == ("to-2", "to-4", "over-4")
    assert found.of.tolist() == [0, 0, 1, 1, 2, 2]


def test_by_input_and_output() -> None:
    """A grid of classes, without those that have no requests."""
    found = classes_of(log([1, 1, 9, 9], [1, 1, 5, 1]), (2, 2))
    assert found.names == ("in-to-1-out-to-1", "in-over-1-out-to-1", "in-over-1-out-over-1")
    assert found.of.tolist() == [0, 0, 2, 1]


def test_equal_tokens_are_one_class() -> None:
    """Quantiles that are equal make no empty classes."""
    assert classes_of(log([7] * 5, [1] * 5), (3,)).names == ("any",)


def test_by_sizes() -> None:
    """The smallest size that covers a request; the largest, where none does."""
    found = classes_of_sizes(log([1, 9, 5, 99], [1, 1, 9, 99]), [(10, 10), (2, 2)])
    assert found.names == ("2-2", "10-10")
    assert found.of.tolist() == [0, 1, 1, 1]


def test_missing_tokens() -> None:
    """Classes need both columns of tokens."""
    with pytest.raises(InputError, match="--param output=COLUMN"):
        classes_of(log([1, 2], None), (2,))
