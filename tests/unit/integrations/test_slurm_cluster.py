"""Files of Slurm: JSON, text of `scontrol`, and what is neither."""

from __future__ import annotations

import json

import pytest

from leptonopt.errors import InputError
from leptonopt.integrations import slurm
from tests.unit.integrations.test_slurm import GRID


def test_scontrol_text() -> None:
    """`scontrol -o show node` is read like JSON."""
    line = (
        "NodeName=a1 CPUTot=64 RealMemory=512000 ActiveFeatures=a100,eu Gres=gpu:a100:8 State=IDLE+RESERVED "
        "Partitions=gpu OS=Linux 6.1.0 #1 SMP"
    )
    found = slurm.read([("x", f"{line}\n{line.replace('a1 ', 'a2 ').replace('IDLE', 'DOWN*')}\n")], {}, GRID)
    assert found.pools[0]["nodes"][0]["count"] == 1
    assert "a2" in found.notes[0]


def test_nodes_that_save_power_and_have_no_memory_or_several_types() -> None:
    """They take work; memory that is not configured limits nothing, and several types of GPUs are no type."""
    nodes = [
        {"name": "c1", "cpus": 8, "real_memory": 0, "state": ["IDLE", "CLOUD", "POWERED_DOWN"], "partitions": ["p"]},
        {
            "name": "m1",
            "cpus": 8,
            "real_memory": 9,
            "state": "idle",
            "partitions": ["q"],
            "gres": "gpu:h100:4,gpu:l4:2",
        },
    ]
    jobs = [{"job_id": 1, "job_state": "PENDING", "partition": "p", "tres_req_str": "cpu=2,mem=4G", "time_limit": 60}]
    found = slurm.read([("x.json", json.dumps({"nodes": nodes, "jobs": jobs}))], {}, GRID)
    assert [pool["nodes"][0]["size"] for pool in found.pools] == [{"cpu": 8}, {"gpu": 6, "cpu": 8, "memory_mib": 9}]
    assert "gpu" not in found.pools[1]["target"]["slurm"]
    assert found.tasks[0]["options"][0]["uses"] == {"cpu": 2}
    assert found.notes == ["GPUs of several types in a node are counted together: m1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "none of Slurm's lists"),
        ("{", "is no JSON"),
        ("hello", "neither JSON of Slurm"),
        ('{"jobs": []}', "no nodes are found"),
    ],
)
def test_other_files(text: str, said: str) -> None:
    """What is not Slurm's is refused in one line."""
    with pytest.raises(InputError, match=said):
        slurm.read([("x.json", text)], {}, GRID)
