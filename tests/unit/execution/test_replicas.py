"""Replica schedules for autoscalers: cron triggers, crontab lines, envelopes and routing weights."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.execution.replicas import (
    Clock,
    clock_of,
    crontab_text,
    envelope_rows,
    keda_documents,
    replica_counts,
    routing_rows,
)
from leptonopt.instance import Instance, units, validate

START = "2026-11-23T00:00:00Z"  # a Monday
DOCUMENT: dict[str, Any] = {
    "name": "serving",
    "time": {"start": START, "slot": "1h", "horizon": "1d"},
    "pools": [{"id": "a10g", "capacity": {"gpu": 9}}, {"id": "a100", "capacity": {"gpu": 9}}],
    "services": [
        {
            "id": "Chat v2",
            "demand": {"s": 4},
            "replicas": [
                {"pool": "a10g", "uses": {"gpu": 1}, "rate": {"s": 1}},
                {"id": "big", "pool": "a100", "uses": {"gpu": 1}, "rate": {"s": 2}},
            ],
        }
    ],
}
PLAN: dict[str, Any] = {
    "services": [
        {
            "id": "Chat v2",
            "ways": [
                {"way": "a10g", "on": [{"from": START, "count": 1}, {"from": "2026-11-23T06:00:00Z", "count": 3},
                                       {"from": "2026-11-23T07:00:00Z", "count": 3}, {"from": "2026-11-23T20:00:00Z", "count": 1}]},
                {"way": "big", "on": [{"from": START, "count": 2}]},
            ],
            "routing": [
                {"from": START, "to": "2026-11-24T00:00:00Z", "class": "s", "shares": {"a10g": "1/3", "big": "2/3"}},
                {"from": START, "to": "2026-11-24T00:00:00Z", "class": "s", "without": ["z"], "shares": {"big": "1"}},
            ],
        }
    ]
}  # fmt: skip
INSTANCE = validate(DOCUMENT)


def with_time(**changes: str) -> Instance:
    """Return the instance with another time."""
    return validate({**DOCUMENT, "time": {**DOCUMENT["time"], **changes}})


def triggers(clock: Clock) -> list[list[tuple[str, str, str]]]:
    """Return start, end and number of the triggers of each object."""
    documents = keda_documents(replica_counts(INSTANCE, PLAN), clock)
    return [
        [(each["metadata"]["start"], each["metadata"]["end"], each["metadata"]["desiredReplicas"]) for each in triggers]
        for triggers in (document["spec"]["triggers"] for document in documents)
    ]


def test_keda() -> None:
    """A trigger for each interval above the least number; one for all time where there is none."""
    small, big = keda_documents(replica_counts(INSTANCE, PLAN), Clock("Etc/UTC"))
    assert set(small["metadata"]["annotations"]) == {"leptonopt/service", "leptonopt/way"}
    assert small["metadata"]["name"] == small["spec"]["scaleTargetRef"]["name"] == "chat-v2-a10g"
    assert (small["spec"]["minReplicaCount"], small["spec"]["maxReplicaCount"]) == (1, 3)
    assert (big["spec"]["minReplicaCount"], big["spec"]["maxReplicaCount"]) == (2, 2)
    assert triggers(Clock("Etc/UTC")) == [
        [("0 6 23 11 *", "0 20 23 11 *", "3")],
        [("0 0 23 11 *", "59 23 23 11 *", "2")],
    ]
    assert triggers(Clock("Etc/UTC", "daily"))[0] == [("0 6 * * *", "0 20 * * *", "3")]
    assert triggers(Clock("Etc/UTC", "weekly"))[0] == [("0 6 * * 1", "0 20 * * 1", "3")]
    assert triggers(Clock("Europe/Berlin"))[0] == [("0 7 23 11 *", "0 21 23 11 *", "3")]


def test_ways_that_are_never_on() -> None:
    """They have no object."""
    plan = copy.deepcopy(PLAN)
    plan["services"][0]["ways"][1]["on"][0]["count"] = 0
    assert len(keda_documents(replica_counts(INSTANCE, plan), Clock("Etc/UTC"))) == 1


def test_crontab() -> None:
    """A line for each change, in the order of time."""
    assert crontab_text(replica_counts(INSTANCE, PLAN), Clock("Etc/UTC")).splitlines() == [
        "CRON_TZ=Etc/UTC",
        "0 0 23 11 * kubectl scale deployment/chat-v2-a10g --replicas=1",
        "0 0 23 11 * kubectl scale deployment/chat-v2-big --replicas=2",
        "0 6 23 11 * kubectl scale deployment/chat-v2-a10g --replicas=3",
        "0 20 23 11 * kubectl scale deployment/chat-v2-a10g --replicas=1",
    ]


def test_clock() -> None:
    """The zone of the instance; a repeated horizon is one period; seconds are refused."""
    assert clock_of(INSTANCE, None) == Clock("Etc/UTC")
    assert clock_of(with_time(zone="Europe/Berlin"), "daily") == Clock("Europe/Berlin", "daily")
    with pytest.raises(UsageError, match="--repeat weekly: the horizon is 1d"):
        clock_of(INSTANCE, "weekly")
    with pytest.raises(UsageError, match="--repeat yearly; allowed are daily, weekly"):
        clock_of(INSTANCE, "yearly")
    with pytest.raises(UsageError, match="cron counts in minutes"):
        Clock("Etc/UTC").fields(units.instant("2026-11-23T00:00:30Z"))


def test_envelope() -> None:
    """From the plan to the other plan, cut where either changes; without one, to the largest number."""
    counts = replica_counts(INSTANCE, PLAN)
    alone = [(begin.hour, low, high) for _, way, begin, _, low, high in envelope_rows(counts, None) if way == "a10g"]
    assert alone == [(0, 1, 3), (6, 3, 3), (20, 1, 3)]
    other = copy.deepcopy(PLAN)
    other["services"][0]["ways"][0]["on"] = [{"from": START, "count": 2}, {"from": "2026-11-23T08:00:00Z", "count": 5}]
    rows = envelope_rows(counts, replica_counts(INSTANCE, other))
    assert [(begin.hour, low, high) for _, way, begin, _, low, high in rows if way == "a10g"] == [
        (0, 1, 2),
        (6, 3, 3),
        (8, 3, 5),
        (20, 1, 5),
    ]
    del other["services"][0]["ways"][1]
    with pytest.raises(UsageError, match="other services or ways"):
        envelope_rows(counts, replica_counts(INSTANCE, other))


def test_routing() -> None:
    """A row for each way; routings for zones that are gone are not written."""
    rows = routing_rows(PLAN)
    assert [(row[0], row[1], *row[4:]) for row in rows] == [
        ("Chat v2", "s", "a10g", "0.333333", "1/3"),
        ("Chat v2", "s", "big", "0.666667", "2/3"),
    ]


def test_plans_that_do_not_fit() -> None:
    """A plan without services, or with others, is refused."""
    with pytest.raises(InputError, match="the plan has no services"):
        replica_counts(INSTANCE, {})
    with pytest.raises(InputError, match="names the service 'x'"):
        replica_counts(INSTANCE, {"services": [{"id": "x", "ways": []}]})


def test_clocks_that_change_are_not_local() -> None:
    """On the day with 25 hours 02:30 comes twice; such a day is no pattern of days."""
    autumn = with_time(start="2026-10-24T22:00Z", zone="Europe/Berlin")
    assert clock_of(autumn, None) == Clock("Etc/UTC")
    assert clock_of(with_time(zone="Europe/Berlin"), "daily") == Clock("Europe/Berlin", "daily")
    with pytest.raises(UsageError, match="the clocks of Europe/Berlin change"):
        clock_of(autumn, "daily")


def test_names_are_told_apart() -> None:
    """Two ways cannot scale one Deployment."""
    plan = copy.deepcopy(PLAN)
    plan["services"][0]["ways"][1]["way"] = "A10G"
    with pytest.raises(InputError, match="would both be called 'chat-v2-a10g'"):
        replica_counts(INSTANCE, plan)
