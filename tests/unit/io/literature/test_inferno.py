"""Models on limited accelerators within latency targets: files, ways and rates, and wrong files."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import validate
from leptonopt.io.literature.inferno import PARTS, routing
from tests.helpers.literature_files import INFERNO, edited, read, refused


def test_inferno(tmp_path: Path) -> None:
    """A type is a pool, a server a service, an accelerator a way; one that misses the targets is none."""
    document = read(tmp_path, "inferno", INFERNO)
    assert document["pools"] == [
        {"id": "A", "capacity": {"device": 6}, "price": {"device": 40}},
        {"id": "B", "capacity": {"device": 10}, "price": {"device": Decimal("3.75")}},
    ]
    (service,) = document["services"]
    assert (service["id"], service["demand"]) == ("chat", {"requests": 1})
    assert [(way["id"], way["pool"], way["uses"]) for way in service["replicas"]] == [
        ("A", "A", {"device": 1}),
        ("2xA", "A", {"device": 4}),
    ]
    assert "routing" not in service
    validate(document)
    assert read(tmp_path, "inferno", INFERNO, routing="one-way")["services"][0]["routing"] == "one-way"


def test_several_files(tmp_path: Path) -> None:
    """The parts in files of their own, beside `server-data.json`, are the same instance; capacity may be absent."""
    system = json.loads(INFERNO)["system"]
    for name, (key, inner, _) in PARTS.items():
        (tmp_path / f"{name}-data.json").write_text(json.dumps({inner: system[key][inner]}))
    whole = read(tmp_path, "inferno", INFERNO)
    text = (tmp_path / "server-data.json").read_text()
    assert read(tmp_path, "inferno", text, "server-data.json") == whole
    (tmp_path / "capacity-data.json").unlink()
    assert pools(read(tmp_path, "inferno", text, "server-data.json")) == {"A": "unlimited", "B": "unlimited"}
    (tmp_path / "model-data.json").unlink()
    with pytest.raises(InputError, match=r"model-data\.json"):
        read(tmp_path, "inferno", text, "server-data.json")


def pools(document: dict[str, Any]) -> dict[str, Any]:
    """Return the devices of each pool."""
    return {pool["id"]: pool["capacity"]["device"] for pool in document["pools"]}


def test_unlimited_and_absent(tmp_path: Path) -> None:
    """Pools are unlimited where the optimiser says so; types without a count have none."""
    unlimited = edited(INFERNO, ('"unlimited": false', '"unlimited": true'))
    assert pools(read(tmp_path, "inferno", unlimited)) == {"A": "unlimited", "B": "unlimited"}
    assert pools(read(tmp_path, "inferno", edited(INFERNO, (', {"type": "B", "count": 10}', "")))) == {"A": 6, "B": 0}


def test_costs_that_are_not_proportional(tmp_path: Path) -> None:
    """Accelerators of a type with a cost of their own are further resources, which have the prices."""
    document = read(tmp_path, "inferno", edited(INFERNO, ('"cost": 80.0', '"cost": 70.5')))
    pool = document["pools"][0]
    assert pool["capacity"] == {"device": 6, "A": "unlimited", "2xA": "unlimited"}
    assert pool["price"] == {"A": 40, "2xA": Decimal("70.5")}
    assert document["services"][0]["replicas"][1]["uses"] == {"device": 4, "2xA": 2}
    validate(document)


def test_tokens_per_second(tmp_path: Path) -> None:
    """A target of tokens per second is the demand, and lowers the rate; a target of 0 is none."""
    plain = read(tmp_path, "inferno", edited(INFERNO, ('"slo-itl": 60, "slo-ttft": 1000', '"slo-itl": 0')))
    tokens = read(tmp_path, "inferno", edited(INFERNO, ('"slo-itl": 60, "slo-ttft": 1000', '"slo-tps": 512')))
    assert tokens["services"][0]["demand"] == {"requests": 2}
    rates = [[way["rate"]["requests"] for way in each["services"][0]["replicas"]] for each in (plain, tokens)]
    assert len(rates[0]) == 3
    for most, less in zip(*rates, strict=True):
        assert abs(less - most * Decimal("0.9")) <= Decimal("0.000001")


def test_wrong_parameter(tmp_path: Path) -> None:
    """A way of routing that is not known is refused."""
    with pytest.raises(UsageError, match="routing='best'; allowed are split, whole, one-way"):
        read(tmp_path, "inferno", INFERNO, routing="best")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("{}", 1, "servers is missing"),
        (edited(INFERNO, ('"alpha": 20', '"alpha": 0')), 8, "an iteration takes no time"),
        (edited(INFERNO, ('"acc": "B"', '"acc": "C"')), 10, "the accelerator C is not known"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "inferno", text, line, said)


def test_routing() -> None:
    """The default is not written; others are; unknown ones are refused."""
    assert routing({}) == routing({"routing": "split"}) == {}
    assert routing({"routing": "whole"}) == {"routing": "whole"}
    with pytest.raises(UsageError, match="routing='half'; allowed are split, whole, one-way"):
        routing({"routing": "half"})
