"""Traces of training jobs: files, parameters, throughputs, and wrong files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InputError, InstanceError, UsageError
from leptonopt.instance import validate
from leptonopt.io.load import read_document
from tests.helpers.literature_files import RATES_OF_NET, TRACE, edited, read, refused, written


def test_elasticflow(tmp_path: Path) -> None:
    """Counts no faster than fewer are no choice; what cannot be on time is late at a cost."""
    document = read(tmp_path, "elasticflow", TRACE, "trace.csv", gpus="own:4@0.06,cloud:16@3.67", jobs="2", slot="30")
    assert document["pools"] == [
        {"id": "own", "capacity": {"gpu": 4}, "price": {"gpu": Decimal("0.06")}},
        {"id": "cloud", "capacity": {"gpu": 16}, "price": {"gpu": Decimal("3.67")}},
    ]
    curves = {"own": {1: 1, 2: Decimal("1.8")}, "cloud": {1: 1, 2: Decimal("1.8"), 8: 3}}
    assert document["profiles"] == {"net-64": {"speed": curves}}
    assert document["tasks"] == [
        {"id": "job-a", "release": "2026-01-05T01:00:00Z", "deadline": "2026-01-05T03:00:00Z", "work": {"profile":
        "net-64", "hours": 2}},
        {"id": "job-b", "release": "2026-01-05T01:01:40Z", "deadline": "2026-01-06T02:30:00Z", "due":
        "2026-01-05T02:01:40Z", "late_cost": 2, "work": {"profile": "net-64", "hours": 2}},
    ]  # fmt: skip
    assert document["currency"] == "USD"
    assert "1 more not once times are whole slots" in document["description"]
    validate(document)


def test_elasticflow_parameters(tmp_path: Path) -> None:
    """All have a default; a day and a span choose jobs; throughputs lie beside the trace, its folder, or elsewhere."""
    document = read(tmp_path, "elasticflow", TRACE, "trace.csv")
    assert (document["currency"], document["time"]["slot"]) == ("GPU-hours", "60m")
    assert document["pools"] == [{"id": "cluster", "capacity": {"gpu": 128}, "price": {"gpu": 1}}]
    validate(document)
    late = read(tmp_path, "elasticflow", TRACE, "trace.csv", day="2", gpus="8", late="0")
    assert [task["id"] for task in late["tasks"]] == ["job-c"]
    soon = read(tmp_path, "elasticflow", TRACE, "trace.csv", within="2", day="0")
    assert [task["id"] for task in soon["tasks"]] == ["job-a", "job-b"]
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "trace.csv").write_text(TRACE)
    assert read_document(tmp_path / "traces" / "trace.csv", format="elasticflow")["tasks"] == document["tasks"]
    (tmp_path / "throughputs_A100").rename(tmp_path / "other")
    with pytest.raises(InputError, match=r"trace.csv: no folder throughputs_A100 .* throughputs=FOLDER"):
        read_document(tmp_path / "trace.csv", format="elasticflow")
    params = {"throughputs": str(tmp_path / "other")}
    assert read_document(tmp_path / "trace.csv", format="elasticflow", params=params)["tasks"] == document["tasks"]
    for bad in ("", "0", "x", "a:", "4@", "4@-1", "a:4,a:5", "4,5", "1e3", "a:4@1.0123456789"):
        with pytest.raises(UsageError, match="gpus="):
            read(tmp_path, "elasticflow", TRACE, "trace.csv", gpus=bad)
    with pytest.raises(UsageError, match="no job of the trace"):
        read(tmp_path, "elasticflow", TRACE, "trace.csv", day="9")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"net.csv:1: the column global_batch_size is missing"),
        (RATES_OF_NET.replace("64,1.0", "64,x"), r"net.csv:2: 'x' stands where a throughput"),
        (RATES_OF_NET.replace("1.8,", "1.8,9,"), r"net.csv:2: 6 values; the first line names 5 columns"),
        (RATES_OF_NET.replace("128", "64"), r"net.csv:3: batch size 64 stands twice"),
        (RATES_OF_NET.replace("size,1,2", "size,1,two"), r"net.csv:1: 'two' stands where a number of GPUs"),
        (RATES_OF_NET.replace("1.8", "0.00000001"), r"net.csv:2: .* 0 or from 0.000001"),
        (RATES_OF_NET.replace("64,1.0", "64,0"), r"trace.csv:2: no throughput of net on one GPU at batch size 64"),
        (None, r"trace.csv:2: the model net has no file"),
    ],
)
def test_elasticflow_throughputs(tmp_path: Path, text: str | None, said: str) -> None:
    """What is wrong with the measured throughputs, or that there are none."""
    file = written(tmp_path, "trace.csv", TRACE)
    rates = tmp_path / "throughputs_A100" / "net.csv"
    rates.unlink() if text is None else rates.write_text(text)
    with pytest.raises(InstanceError, match=said):
        read_document(file, format="elasticflow")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the column job_id is missing"),
        (edited(TRACE, ("ddl", "deadline")), 1, "the column ddl is missing"),
        (edited(TRACE, ("ddl", "job_id")), 1, "a column stands twice"),
        (edited(TRACE, ("\nb,", "\na,")), 3, "job a stands twice"),
        (edited(TRACE, (",93700", ",90100")), 3, "'90100' stands where ddl, a whole number from 90101"),
        (edited(TRACE, ("c,200000", "c,-1")), 4, "'-1' stands where submit_time"),
        (edited(TRACE, ("net", "../net")), 2, "'../net' stands where model_name"),
        (edited(TRACE, ("64,1,36000", "64,1,1000000000000")), 4, "job c has 277,777,777.7778 hours of work on one GPU"),
        (edited(TRACE, ("64,1,36000", "128,1,36000")), 4, "no throughput of net on one GPU at batch size 128"),
        (edited(TRACE, ("900000", "990000000")), 1, "274,976 slots until the last job has ended"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "elasticflow", text, line, said)
