"""GPUs of machines from the XML of nvidia-smi, of both layouts of power readings."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leptonopt.errors import InputError
from leptonopt.integrations import nvidia_smi
from leptonopt.integrations.imported import Grid

GRID = Grid(datetime(2026, 1, 5, tzinfo=UTC), 3600, 3600)


def gpu(model: str, memory: str, power: str = "", mig: str = "N/A", devices: str = "", processes: str = "") -> str:
    """Return the element of a GPU."""
    return (
        f"<gpu><product_name>{model}</product_name><mig_mode><current_mig>{mig}</current_mig></mig_mode>"
        f"<mig_devices>{devices}</mig_devices><fb_memory_usage><total>{memory}</total></fb_memory_usage>{power}"
        f"<processes>{processes}</processes></gpu>"
    )


def log(*gpus: str) -> str:
    """Return a document of GPUs."""
    return f"<?xml version='1.0'?><nvidia_smi_log>{''.join(gpus)}</nvidia_smi_log>"


OLD = "<power_readings><power_limit>70.00 W</power_limit></power_readings>"
NEW = "<gpu_power_readings><current_power_limit>400.00 W</current_power_limit></gpu_power_readings>"
SLICE = "<mig_device><fb_memory_usage><total>19968 MiB</total></fb_memory_usage></mig_device>"


def test_models() -> None:
    """One pool a model, with memory in GiB and the power limit in kW, of either layout."""
    text = log(gpu("T4", "15360 MiB", OLD), gpu("A100", "81920 MiB", NEW), gpu("A100", "81920 MiB", NEW))
    found = nvidia_smi.read([("node1.xml", text)], {}, GRID)
    assert found.pools == [
        {
            "id": "node1 T4",
            "capacity": {"gpu": 1},
            "labels": ["T4"],
            "device_memory": 15,
            "power": {"gpu": Decimal("0.07")},
        },
        {
            "id": "node1 A100",
            "capacity": {"gpu": 2},
            "labels": ["A100"],
            "device_memory": 80,
            "power": {"gpu": Decimal("0.4")},
        },
    ]


def test_mig_devices() -> None:
    """With MIG on, the slices are counted, not the GPU."""
    found = nvidia_smi.read([("n.xml", log(gpu("A100", "81920 MiB", mig="Enabled", devices=SLICE * 3)))], {}, GRID)
    assert found.pools == [{"id": "n", "capacity": {"mig-20gb": 3}, "labels": ["A100"]}]


def test_busy_gpus_are_noted() -> None:
    """Processes do not change the capacity, but are told of."""
    text = log(gpu("T4", "15360 MiB", processes="<process_info/>"), gpu("T4", "15360 MiB"))
    assert "1 of 2 GPUs run processes" in nvidia_smi.read([("n.xml", text)], {}, GRID).notes[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [("<a/>", "its root is <a>"), ("x", "is no XML"), ("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "entities")],
)
def test_other_files(text: str, said: str) -> None:
    """Other XML is refused in one line."""
    with pytest.raises(InputError, match=said):
        nvidia_smi.read([("n.xml", text)], {}, GRID)
