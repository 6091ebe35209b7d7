"""Requests of services over time, from logs and from tables of rates."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import validate
from leptonopt.integrations.trace import read_trace

LOG = "TIMESTAMP,ContextTokens,GeneratedTokens,who\n"


def instance(*demands: list[str]) -> Any:
    """Return an hour of services with these classes."""
    return validate(
        {
            "time": {"start": "2026-11-23T10:00Z", "slot": "30m", "horizon": "1h"},
            "pools": [{"id": "p", "capacity": {"gpu": 9}}],
            "services": [
                {"id": f"s{at}", "demand": dict.fromkeys(names, 1), "replicas": [{"pool": "p", "rate": dict.fromkeys(names, 1)}]}
                for at, names in enumerate(demands)
            ],
        }
    )  # fmt: skip


def read(text: str, *demands: list[str], **params: str) -> tuple[int, Any]:
    """Return a trace in bins of ten minutes, with rates times 600: requests in a bin."""
    begin, rates = read_trace("log.csv", text, instance(*demands), params, 600)
    return begin, {
        id: {name: (600 * line).round(9).tolist() for name, line in each.items()} for id, each in rates.items()
    }


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["any"], ["any", "any", "any"]),
        (["to-60", "over-60"], ["to-60", "over-60", "over-60"]),
        (["50-10", "500-50"], ["50-10", "500-50", "500-50"]),
        (["in-to-99-out-any", "in-over-99-out-any"], ["in-to-99-out-any", "in-to-99-out-any", "in-over-99-out-any"]),
    ],
)
def test_classes_by_the_tokens_that_their_names_tell(names: list[str], kinds: list[str]) -> None:
    lines = "2026-11-23T10:10Z,50,10,x\n2026-11-23T10:31Z,60,20,x\n2026-11-23T10:32Z,600,10,x\n"
    begin, found = read(LOG + lines, names)
    assert begin == 600
    expected = {name: [0.0, 0.0, 0.0] for name in kinds}
    for name, bin in zip(kinds, (0, 2, 2), strict=True):
        expected[name][bin] += 1
    assert found == {"s0": expected}


def test_a_log_of_another_day_moves_by_days() -> None:
    assert read(LOG + "2025-03-01T10:20:00+00:00,1,1,x\n", ["a"]) == (1200, {"s0": {"a": [1]}})
    assert read(LOG + "2025-03-01T10:20:00+00:00,1,1,x\n2025-03-01T12:20:00+00:00,1,1,x\n", ["a"])[1] == {
        "s0": {"a": [1]}
    }
    assert read(LOG + "3,1,1,x\n601,1,1,x\n", ["a"]) == (0, {"s0": {"a": [1, 1]}})


def test_services_and_classes_of_columns() -> None:
    lines = "2026-11-23T10:00Z,1,1,s1\n2026-11-23T10:01Z,1,1,s0\n"
    assert read(LOG + lines, ["a"], ["b"], by="who") == (0, {"s0": {"a": [1]}, "s1": {"b": [1]}})
    assert read(LOG + lines, ["s0", "s1"], **{"class": "who"}) == (0, {"s0": {"s0": [1], "s1": [1]}})


def test_a_table_of_rates() -> None:
    begin, found = read("time,a,b\n2026-11-23T10:00Z,1,0\n2026-11-23T10:30Z,2,0.5\n", ["a", "b"])
    assert (begin, found) == (0, {"s0": {"a": [600] * 3 + [1200] * 3, "b": [0] * 3 + [300] * 3}})


@pytest.mark.parametrize(
    ("text", "demands", "said"),
    [
        (LOG, (["a"],), "log.csv: no requests"),
        (LOG + "2026-11-23T12:00Z,1,1,x\n", (["a"],), "no request is within the horizon"),
        (LOG + "2026-11-23T10:00Z,1,1,x\n", (["a", "b"],), "the names of the classes tell no tokens"),
        ("time,a\n2026-11-23T10:00Z,-1\n", (["a"],), "column 'a': allowed are requests per second, finite"),
        ("time,a\n2026-11-23T10:00Z,much\n", (["a"],), "column 'a': could not convert"),
        ("time,a\n2026-11-23T12:00Z,1\n", (["a"],), "no row is within the horizon"),
    ],
)
def test_wrong_files_are_refused(text: str, demands: tuple[list[str], ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(text, *demands)


def test_whose_requests_they_are_must_be_known() -> None:
    line = LOG + "2026-11-23T10:00Z,1,1,x\n"
    with pytest.raises(UsageError, match="say whose requests"):
        read(line, ["a"], ["b"])
    with pytest.raises(UsageError, match="no service of the instance"):
        read(line, ["a"], ["b"], service="s7")
    with pytest.raises(InputError, match="requests of 'x'"):
        read(line, ["a"], by="who")
