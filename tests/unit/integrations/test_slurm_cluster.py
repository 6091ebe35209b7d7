"""Files of Slurm: JSON, text of `scontrol`, and what is neither."""

from __future__ import annotations

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
