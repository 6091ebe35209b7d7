"""The demand of services from logs of requests."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations import demand
from leptonopt.integrations.imported import Grid, Imported

START = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = 3600


def read(times: list[float], params: dict[str, str] | None = None, grid: Grid | None = None) -> Imported:
    """Return what is read from a log of times [s] after the start."""
    lines = [(START + timedelta(seconds=at)).isoformat() + ",1,1" for at in times]
    text = "\n".join(["timestamp,input_tokens,output_tokens", *lines])
    return demand.read([("logs/chat.csv", text)], params or {}, grid or open_grid(HOUR))


def open_grid(slot: int) -> Grid:
    """Return a grid whose start and horizon are those of the log."""
    return Grid(datetime(2030, 1, 1, tzinfo=UTC), slot, 7 * 86_400, "UTC", frozenset())


def every(seconds: float, begin: float, end: float) -> list[float]:
    """Return times at a constant rate."""
    return [begin + at * seconds for at in range(round((end - begin) / seconds))]


def test_start_and_horizon_are_those_of_the_log() -> None:
    """Slots from the first to the last request; the service is named after the file."""
    found = read([*every(2, 0, HOUR), *every(1, HOUR, 2 * HOUR)])
    assert found.grid is not None
    assert (found.grid.start, found.grid.horizon) == (START, 2 * HOUR)
    steps = {"2026-11-23T00:00:00Z": Fraction(1, 2), "2026-11-23T01:00:00Z": 1}
    assert found.services == [{"id": "chat", "demand": {"requests": {"steps": steps}}}]


def test_quantile_over_bins() -> None:
    """The least rate of a ten-minute bin that no more than the share exceeds: six bins, ranks 3 and 6."""
    times = [at for bin in range(6) for at in every(6 - bin, 600 * bin, 600 * bin + 600)]
    assert read(times, {"quantile": "0.5"}).services[0]["demand"] == {"requests": Fraction(1, 4)}
    assert read(times, {"quantile": "0.95"}).services[0]["demand"] == {"requests": 1}


def test_against_counting() -> None:
    """Random logs over days: rates by time of day, compared with counting request by request."""
    rng = random.Random(5)
    times = sorted(rng.uniform(0, 10 * 86_400 - 1) for _ in range(3000))
    times = [0.0, *times, 10 * 86_400 - 1e-6]
    found = read(times, {"period": "1d", "quantile": "0.8"}, open_grid(4 * HOUR))
    table = found.services[0]["demand"]["requests"]["daily"]
    for slot in range(6):
        counts = sorted(sum(int(at // (4 * HOUR)) == 6 * day + slot for at in times) for day in range(10))
        exact = Fraction(counts[ceil(0.8 * 10) - 1], 4 * HOUR)
        stated = Fraction([rate for clock, rate in table.items() if int(clock[:2]) <= 4 * slot][-1])
        assert exact <= stated <= exact * (1 + Fraction(1, 1000))


def test_a_period_of_a_week() -> None:
    """Days of the week stay; the start is a Monday."""
    times = [*every(10, 0, 86_400), *every(5, 86_400, 14 * 86_400)]
    found = read(times, {"period": "7d", "quantile": "0.1"}, open_grid(24 * HOUR))
    assert found.grid is not None
    assert found.grid.horizon == 7 * 86_400
    tenth, fifth = Fraction(1, 10), Fraction(1, 5)
    assert found.services[0]["demand"]["requests"] == {"weekly": {"mon 00:00": tenth, "tue 00:00": fifth}}


def test_a_stated_horizon_keeps_the_time_of_day() -> None:
    """The log moves by whole days to a stated start; slots outside the log are noted."""
    grid = Grid(START + timedelta(days=30), HOUR, 3 * HOUR)
    found = read(every(1, HOUR, 2 * HOUR), {}, grid)
    steps = {"2026-12-23T00:00:00Z": 0, "2026-12-23T01:00:00Z": 1, "2026-12-23T02:00:00Z": 0}
    assert found.services[0]["demand"]["requests"] == {"steps": steps}
    assert "chat: 2 of 3 slots have no sample in the log; their demand is 0" in found.notes


def test_incomplete_bins() -> None:
    """Bins that the log covers in part count only where a slot has no others, by the time that is covered."""
    found = read(every(1, 300, 900))
    assert found.services[0]["demand"] == {"requests": 1}


def test_relative_times_begin_with_the_horizon() -> None:
    """Seconds of BurstGPT count from the start; each model is a service."""
    text = "Timestamp,Model,Request tokens,Response tokens\n" + "\n".join(f"{at},M{at % 2},9,9" for at in range(600))
    grid = Grid(START, 600, 600)
    found = demand.read([("b.csv", text)], {"by": "Model"}, grid)
    assert [service["id"] for service in found.services] == ["M0", "M1"]
    assert found.services[0]["demand"] == {"requests": Fraction(1, 2)}


def test_classes_add_up_and_are_described() -> None:
    """Classes by tokens carry their share and mean tokens in notes."""
    text = "time,input_tokens,output_tokens\n" + "\n".join(f"{at},{at % 4},0" for at in range(601))
    found = demand.read([("b.csv", text)], {"classes": "2", "service": "s"}, Grid(START, 600, 600))
    assert list(found.services[0]["demand"]) == ["to-1", "over-1"]
    assert found.notes[0] == "s: class to-1: 50.1 % of 601 requests, 0 input and 0 output tokens on average"
    assert found.notes[-1].endswith("of the requests are above the demand of their slot")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"classes": "0"}, "--classes 0; allowed"),
        ({"sizes": "512"}, "--param sizes=512; allowed are up to 20 such as 512-256"),
        ({"sizes": "1-1", "classes": "2"}, "exclude each other"),
        ({"classes": "5x5"}, "--classes 5x5; allowed"),
        ({"quantile": "1.5"}, "--quantile 1.5; allowed"),
        ({"bin": "7m"}, "no whole number of bins"),
        ({"bin": "soon"}, "--param bin: "),
        ({"period": "90m"}, "no whole number of slots"),
    ],
)
def test_wrong_parameters(params: dict[str, str], said: str) -> None:
    """Parameters out of range are usage errors."""
    with pytest.raises(UsageError) as error:
        read([0.0], params)
    assert said in str(error.value)


def test_one_log() -> None:
    """Several files are refused; times that are far apart are, too."""
    with pytest.raises(UsageError, match="one log"):
        demand.read([("a", ""), ("b", "")], {}, open_grid(HOUR))
    with pytest.raises(InputError, match="are its times right"):
        demand.read([("a", "time\n0\n99999999\n")], {}, open_grid(1))


def test_requests_at_one_instant_are_counted() -> None:
    """A log without any length covers a bin of a minute."""
    found = read([1, 1, 1], grid=open_grid(600))
    assert found.services[0]["demand"] == {"requests": Fraction(3, 60)}
