"""Price lists as pools of nodes to rent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations import price_lists
from leptonopt.integrations.imported import Grid

GRID = Grid(datetime(2026, 1, 5, tzinfo=UTC), 3600, 3600)
SKYPILOT = """\
InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice,AvailabilityZone
big,A100,8.0,96.0,900.0,27.2,eu,,10.9,eu-a
big,A100,8.0,96.0,900.0,27.1,eu,,11.9,eu-b
small,T4,1.0,4.0,28.0,0.5,eu,,,eu-a
big,A100,8.0,96.0,900.0,26,us,,0.0,us-a
"""
GPUHUNT = """\
instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,provider
x,us,1.5,8,64.0,1,L4,24.0,False,other
x,us,0.4,8,64.0,1,L4,24.0,True,other
"""


def read(text: str, **params: str) -> dict[str, dict[str, object]]:
    """Return the pools that are read of a file, by id."""
    found = price_lists.read([("cloud_vms.csv", text)], params, GRID)
    return {pool["id"]: pool for pool in found.pools}


def test_skypilot() -> None:
    """The cheapest zone of a region counts; spot is a pool of its own, and 0 is no offer."""
    found = read(SKYPILOT, nodes="4")
    assert set(found) == {"cloud-big-eu", "cloud-big-eu-spot", "cloud-small-eu", "cloud-big-us"}
    assert found["cloud-big-eu"]["nodes"] == [
        {"id": "big", "size": {"gpu": 8, "cpu": 96, "memory_gib": 900}, "count": 4, "price": Decimal("27.1")}
    ]
    assert found["cloud-big-eu-spot"]["labels"] == ["A100", "cloud", "eu", "spot"]


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"accelerator": "a100:8", "spot": "no"}, {"cloud-big-eu", "cloud-big-us"}),
        ({"accelerator": "T4"}, {"cloud-small-eu"}),
        ({"region": "us"}, {"cloud-big-us"}),
        ({"instance": "small"}, {"cloud-small-eu"}),
        ({"spot": "yes"}, {"cloud-big-eu-spot"}),
    ],
)
def test_choice(params: dict[str, str], ids: set[str]) -> None:
    """Parameters choose offers."""
    assert set(read(SKYPILOT, **params)) == ids


def test_gpuhunt() -> None:
    """The provider and the memory of a device are the file's."""
    found = read(GPUHUNT)
    assert set(found) == {"other-x-us", "other-x-us-spot"}
    assert found["other-x-us"]["device_memory"] == 24


def test_errors() -> None:
    """Other files, bad numbers and empty choices get one line."""
    with pytest.raises(InputError, match="neither the columns"):
        read("a,b\n1,2\n")
    with pytest.raises(InputError, match="csv:2: a price"):
        read("InstanceType,Price,Region\nx,dear,eu\n")
    with pytest.raises(UsageError, match="no offer is chosen"):
        read(SKYPILOT, accelerator="H100")
    with pytest.raises(UsageError, match="spot=maybe"):
        read(SKYPILOT, spot="maybe")
    with pytest.raises(UsageError, match="nodes=0"):
        read(SKYPILOT, nodes="0")
