"""Values as Slurm writes them, in the notations of old and new versions."""

from __future__ import annotations

import pytest

from leptonopt.integrations import slurm_values as values


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (60, 60),
        ({"set": True, "infinite": False, "number": 60}, 60),
        ({"set": True, "infinite": True, "number": 0}, None),
        ({"set": False, "infinite": False, "number": 0}, None),
        (4294967295, None),
        (None, None),
        ("12", 12),
        ("N/A", None),
    ],
)
def test_number(given: object, number: int | None) -> None:
    """Plain numbers and objects mean the same; no limit is None."""
    assert values.number(given) == number


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a100-[1-2],t4-1", ["a100-1", "a100-2", "t4-1"]),
        ("n[08-11]", ["n08", "n09", "n10", "n11"]),
        ("r[1-2]n[1,3]", ["r1n1", "r1n3", "r2n1", "r2n3"]),
        ("", []),
        (None, []),
        ("(null)", []),
    ],
)
def test_node_names(text: str | None, names: list[str]) -> None:
    """Ranges keep their zeros, and several brackets multiply."""
    assert values.node_names(text) == names


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("gpu:a100:8(S:0-1)", {"a100": 8}),
        ("gpu:8", {"": 8}),
        ("gpu", {"": 1}),
        ("gres:gpu:t4:2", {"t4": 2}),
        ("gres/gpu:h100:4", {"h100": 4}),
        ("cpu=4,mem=100M,gres/gpu=4,gres/gpu:t4=4", {"t4": 4}),
        ("gpu:a100:4,gpu:t4:2(IDX:0,1)", {"a100": 4, "t4": 2}),
        ("gpu:NVIDIA A100-SXM4-80GB:8(IDX:0-7),shard:4", {"nvidia a100-sxm4-80gb": 8}),
        ("shard:8", {}),
        ("N/A", {}),
    ],
)
def test_gpus(text: str, gpus: dict[str, int]) -> None:
    """GPUs by type, of GRES of nodes and jobs and of TRES."""
    assert values.gpus(text) == gpus


def test_memory_and_tres() -> None:
    """Memory is in MiB and rounded up."""
    assert [values.mebibytes(text) for text in ("100M", "500G", "1.5T", "1K", "7", "x")] == [
        100,
        512000,
        1572864,
        1,
        7,
        0,
    ]
    assert values.tres("cpu=4,mem=100M,node=1") == {"cpu": "4", "mem": "100M", "node": "1"}


def test_words_and_records() -> None:
    """States come as lists, with pluses and with marks; `scontrol -o` prints one record a line."""
    assert values.words("IDLE+DRAIN") == ["idle", "drain"]
    assert values.words(["MIXED", "DRAIN"]) == ["mixed", "drain"]
    assert values.words("down*") == ["down"]
    found = values.records("NodeName=a CPUTot=4 OS=Linux 6.1 #1 SMP State=IDLE\nNodeName=b CPUTot=8 State=DOWN")
    assert [record["NodeName"] for record in found] == ["a", "b"]
    assert found[0]["OS"] == "Linux 6.1 #1 SMP"
    assert values.moment(0) is None
    assert values.moment("Unknown") is None
    assert values.moment({"set": True, "number": 7}) == 7
