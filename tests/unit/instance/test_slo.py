"""Rates of replicas from measured runs and targets of latency."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import notation, validate
from leptonopt.verify import notation as checked

RUNS = [
    {"class": "a", "rate": 4, "ttft": "210ms", "tpot": "21ms"},
    {"class": "a", "rate": 9, "ttft": "0.5s", "tpot": "40ms"},
    {"class": "a", "rate": 12, "ttft": "1.9s", "tpot": "61ms"},
    {"class": "b", "rate": 5, "ttft": "501ms", "tpot": "1ms"},
]
SLO = {"ttft": "500ms", "tpot": "0.04s"}


def document(slo: Any = SLO, **way: Any) -> dict[str, Any]:
    """Return an instance of one way with runs."""
    service = {"id": "s", "demand": {"a": 1}, "slo": slo, "replicas": [{"pool": "p", "runs": RUNS, **way}]}
    time = {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "1h"}
    return {"time": time, "pools": [{"id": "p", "capacity": {"gpu": 1}}], "services": [service]}


@pytest.mark.parametrize(
    ("slo", "rate"),
    [
        (SLO, {"a": 9, "b": 0}),
        ({"tpot": "61ms"}, {"a": 12, "b": 5}),
        ({"ttft": "200ms"}, {"a": 0, "b": 0}),
    ],
)
def test_the_largest_rate_within_the_targets(slo: dict[str, str], rate: dict[str, int]) -> None:
    """Both readings make rates of runs; what remains is the plain form."""
    stated = document(slo)
    for plain in (notation.plain(stated).document, checked.plain(stated)):
        (service,) = plain["services"]
        assert service == {"id": "s", "demand": {"a": 1}, "replicas": [{"pool": "p", "rate": rate}]}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (document(None), "services[0].slo: is needed beside `runs`"),
        (document({}), "services[0].slo: {} states no targets"),
        (document({"itl": "3ms"}), "states no targets"),
        (document({"ttft": 500}), "services[0].slo.ttft: 500 is no time; write one such as 500ms or 2s"),
        (document(rate={"a": 1}), "services[0].replicas[0].runs: both `runs` and `rate`"),
        (document(runs=[]), "services[0].replicas[0].runs: is no list of runs"),
        (document(runs=[{"class": "a", "rate": 1, "ttft": "1s"}]), "runs[0]: lacks tpot, which `slo` has a target for"),
        (document(runs=[{**RUNS[0], "ttft": "soon"}]), "runs[0]: ttft: 'soon' is no time"),
        (document(runs=[{**RUNS[0], "rate": "4"}]), "runs[0]: has no class and rate"),
        (document(runs=[{"rate": 4}]), "runs[0]: is no run"),
        (document(runs=[{**RUNS[0], "rate": -4, "ttft": "1ms"}]), "runs[0]: rate: -4 is not a number of at least 0"),
    ],
)
def test_wrong_targets_and_runs_are_told(made: dict[str, Any], said: str) -> None:
    with pytest.raises(InstanceError) as caught:
        validate(made)
    assert said in str(caught.value)


def test_nothing_is_asked_without_runs() -> None:
    """Targets may stand beside rates; null is as absent."""
    rates = document(rate={"a": 1})
    del rates["services"][0]["replicas"][0]["runs"]
    assert validate(rates).services[0].replicas[0].rate == {"a": 1}
    assert validate(document(None, runs=None, rate={"a": 1})).services[0].replicas[0].rate == {"a": 1}
