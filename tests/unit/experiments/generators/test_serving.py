"""The family `serving`: demand, ways and room of the services, and what cannot be written."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.experiments.generators import serving, table, written
from leptonopt.instance import Instance


def generated(**asked: Any) -> Instance:
    """Return an instance of the family."""
    return leptonopt.generate("serving", **asked)


def test_services_without_tasks() -> None:
    """A week of three services, each with four ways and a batch, and no tasks."""
    instance = generated(seed=3)
    assert not instance.tasks
    assert [service.id for service in instance.services] == ["service-0", "service-1", "service-2"]
    assert {len(service.replicas) for service in instance.services} == {4}
    assert len(instance.batches) == 3
    assert instance.time.horizon == 7 * 86_400


def test_parameters() -> None:
    """As many services, batches, prices of missing and minutes of booting as asked for; with tasks."""
    params = {"services": 10, "batches": 2, "missed": "0.3", "boot": 10}
    instance = generated(tasks=20, days=2, preemptible=0.5, params=params)
    assert len(instance.services) == 10
    assert len(instance.batches) == 20
    assert sum(service.missed is not None for service in instance.services) == 3
    assert {way.start.takes for service in instance.services for way in service.replicas if way.start} == {600}
    assert sum(task.copies for task in instance.tasks) == 20
    assert {pool.id for pool in instance.pools if pool.interruptions} == {"spot-a100", "spot-h100"}


def test_one_more_service_changes_no_other() -> None:
    """The services of a seed stay when there are more of them."""
    few, many = generated(params={"services": 2}), generated(params={"services": 3})
    assert many.services[:2] == few.services


@pytest.mark.parametrize("load", [0.4, 0.8])
def test_load(load: float) -> None:
    """Owned GPUs have room for the mean need of the services that count there, over the load."""
    asked = {"services": 30, "batches": 0}
    instance, plain = generated(load=load, params=asked), generated(load=1, params=asked)
    room, need = (
        sum(int(pool.capacity["gpu"].constant or 0) for pool in each.pools if pool.id.startswith("owned"))
        for each in (instance, plain)
    )
    assert room * load == pytest.approx(need, rel=0.02)


def test_peak() -> None:
    """At its peak a service takes 4 to 40 replicas where it counts, up to noise."""
    for service in (serving._drawn(serving.RandomStream("x"), at, 168) for at in range(20)):
        most = int(service.rate.max()) * service.replicas(service.home) / 10**11
        assert 1 < most <= 42


def test_no_columns() -> None:
    """Columns cannot hold services."""
    with pytest.raises(UsageError, match=r"cannot be written as \.npz; allowed are \.json, \.yaml"):
        written(table("serving"), "npz")
