"""Formats of the literature: what a small file becomes, what is said of a wrong one, and that all raw data are read."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InputError, InstanceError, UsageError
from leptonopt.instance import validate
from leptonopt.io.load import FORMATS, load, read_document
from tests.helpers.marks import CI

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))

HOLMBERG = "2 3\n10 100\n20 200.5\n5 6 12\n1 2 3\n4 5 6.25\n"
DELMAIRE = "3 2\n1 4\n2 5\n3 6.25\n5 6 12\n100 200.5\n10 20\n"
JOBS, RATES, PRICES = "2\n1\n2\n", "3\n1.5\n3\n", "5\n5\n-2\n4\n"
RACP = """% a comment
t_max = 8;
n_res = 2;
n_tasks = 3;
cost = [4, 10];
dur = [2, 0, 3];
succ = [{2}, {3}, {}];
rr = [| 1, 5, 2
      | 0, 0, 3 |];
"""
RIP = """{"horizon": 8, "costs": [4, 10],
 "jobs": [
  {"duration": 2, "successors": [1], "requirements": [1, 0]},
  {"duration": 0, "successors": [2], "requirements": [5, 0]},
  {"duration": 3, "successors": [], "requirements": [2, 3]}
]}
"""
MMKP = "\n 2 2 3\n 5 5.5 9\n 1\n 7.25 1 0 2\n 9 2 2 2\n 2\n 4 1 1 1\n 5 0 0 9\n Solutions by HEU\n 1 1 14.00\n"
PSPLIB = """************************************************************************
file with basedata            : mm1_.bas
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
horizon                       :  9
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  2   N
  - doubly constrained        :  0   D
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        2          1           3
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2  N 1  N 2
------------------------------------------------------------------------
  1      1     0       0    0    0    0
  2      1     3       5    0    4    0
         2     6       0    1    2    0
  3      1     2       1    1    0    0
  4      1     0       0    0    0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2  N 1  N 2
    6    2    3    9
************************************************************************
"""
MMLIB = (
    PSPLIB.replace("REQUESTS/DURATIONS:", "REQUESTS/DURATIONS")
    .replace("RESOURCEAVAILABILITIES:", "\n RESOURCE AVAILABILITIES ")
    .replace("horizon                       :  9\n", "")
    .replace(":  4", ":\t4")
)
ICON = "60\n2\n2\n0 50 1.5 0.5\n10 8\n1 70 2 0\n4 0\n2\n0 3 5 24 142.5\n4 0\n1 1 0 2 10\n5 1\n"
FORECAST = "24\n" + "".join(f"{slot} {0.1 if slot < 12 else -0.2}\n" for slot in range(24))
CLOUD = """{"id": 0, "computerList": [
  {"id": 4, "cpuPower": 8, "memory": 4, "networkBandwidth": 0, "cost": 660},
  {"id": 5, "cpuPower": 24, "memory": 96, "networkBandwidth": 16, "cost": 4800}],
 "processList": [
  {"id": 0, "requiredCpuPower": 5, "requiredMemory": 4, "requiredNetworkBandwidth": 0, "computer": null},
  {"id": 1, "requiredCpuPower": 1, "requiredMemory": 1, "requiredNetworkBandwidth": 2, "computer": null}],
 "score": null}
"""
MELANGE = """{"gpu_info": {
  "small": {"cost": 1.01, "tputs": [[3, 7]]},
  "large": {"cost": 3.67, "tputs": [[20, 0]]}},
 "workload_distribution": [[0.75, 0.25]],
 "total_request_rate": 10.5,
 "slice_factor": 2}
"""
CTU = """{"MachinesCount": 1,
 "Jobs": [{"Id": 0, "MachineIdx": 0, "ProcessingTime": 1}, {"Id": 1, "MachineIdx": 0, "ProcessingTime": 1}],
 "EnergyCosts": [1, 1, 1, 1, 9, 9, 9, 1, 1, 1, 1, 1],
 "LengthInterval": 1,
 "OffOnTime": [2], "OnOffTime": [1], "OffOnPowerConsumption": [5], "OnOffPowerConsumption": [1],
 "OffIdleTime": [null], "IdleOffTime": [null], "OffIdlePowerConsumption": [null], "IdleOffPowerConsumption": [null],
 "OnPowerConsumption": 4, "IdlePowerConsumption": 2, "OffPowerConsumption": [0]}
"""
TRACE = """job_id,submit_time,real_iteration,model_name,ddl,batch_size,num_gpu,iteration
a,90000,1,net,97200,64,1,7200
b,90100,1,net,93700,64,1,7200
c,200000,1,net,900000,64,1,36000
"""
RATES_OF_NET = "global_batch_size,1,2,4,8\n64,1.0,1.8,1.75,3.00001\n128,,nan,0,2\n"
DEADLINE = {"deadline": "4"}


def written(folder: Path, name: str, text: str) -> Path:
    """A file, with the files that belong beside it."""
    (folder / "Data_e1.txt").write_text(RATES)
    (folder / "Data_c1.txt").write_text(PRICES)
    (folder / "forecast.txt").write_text(FORECAST)
    (folder / "throughputs_A100").mkdir(exist_ok=True)
    (folder / "throughputs_A100" / "net.csv").write_text(RATES_OF_NET)
    file = folder / name
    file.write_text(text)
    return file


def read(folder: Path, format: str, text: str, name: str = "file", **params: str) -> dict[str, Any]:
    """The document of a text."""
    return read_document(written(folder, name, text), format=format, params=params)


@pytest.mark.parametrize("text", [HOLMBERG, DELMAIRE])
def test_sscflp(tmp_path: Path, text: str) -> None:
    """Both layouts say the same; who does not fit at a facility has no option there."""
    document = read(tmp_path, "sscflp", text)
    assert document["pools"] == [
        {"id": "facility-0", "nodes": {"count": 1, "size": {"units": 10}, "price": 100}},
        {"id": "facility-1", "nodes": {"count": 1, "size": {"units": 20}, "price": Decimal("200.5")}},
    ]
    assert [option["cost"] for task in document["tasks"] for option in task["options"]] == [1, 4, 2, 5, Decimal("6.25")]
    assert document["tasks"][2]["options"][0]["pool"] == "facility-1"
    assert document["tasks"][2]["options"][0]["uses"] == {"units": 12}
    validate(document)


def test_sscflp_of_equal_counts(tmp_path: Path) -> None:
    """As many facilities as customers: amounts tell the layouts apart, else the parameter."""
    plain = "2 2\n10 100\n20 200\n5 6\n7 8\n2 1\n"
    assert [pool["nodes"]["size"]["units"] for pool in read(tmp_path, "sscflp", plain)["pools"]] == [10, 20]
    both = "2 2\n9 9\n9 9\n9 9\n9 9\n9 9\n"
    with pytest.raises(InstanceError, match=r"file:1: .*layout=holmberg or layout=delmaire"):
        read(tmp_path, "sscflp", both)
    for layout in ("holmberg", "delmaire"):
        validate(read(tmp_path, "sscflp", both, layout=layout))
    with pytest.raises(UsageError, match="holmberg and delmaire"):
        read(tmp_path, "sscflp", both, layout="yang")


def test_green_tou(tmp_path: Path) -> None:
    """Equal rates are one pool, equal durations copies; the deadline cuts the horizon."""
    document = read(tmp_path, "green-tou", JOBS, "Data_p1.txt")
    assert document["time"]["horizon"] == "4h"
    assert [(pool["id"], pool["capacity"]) for pool in document["pools"]] == [
        ("rate-1.5", {"machine": 1}),
        ("rate-3", {"machine": 2}),
    ]
    assert document["pools"][0]["price"]["machine"] == {
        "steps": {"2000-01-01T00:00:00Z": Decimal("7.5"), "2000-01-01T02:00:00Z": -3, "2000-01-01T03:00:00Z": 6}
    }
    assert [(task["copies"], task["options"][1]["duration"]) for task in document["tasks"]] == [(2, "2h"), (1, "1h")]
    validate(document)
    short = read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline="2")
    assert short["time"]["horizon"] == "2h"
    assert len(short["pools"][0]["price"]["machine"]["steps"]) == 1
    validate(short)
    for bad in ("5", "0", "x", "-1", "1.5", ""):
        with pytest.raises(UsageError, match="from 1 to 4"):
            read(tmp_path, "green-tou", JOBS, "Data_p1.txt", deadline=bad)


@pytest.mark.parametrize(("format", "text"), [("racp", RACP), ("rip", RIP)])
def test_investment(tmp_path: Path, format: str, text: str) -> None:
    """Units are committed; what takes no time only passes on what it waits for; counts are what can run at once."""
    document = read(tmp_path, format, text)
    assert document["time"]["horizon"] == "8h"
    assert document["pools"] == [
        {
            "id": "site",
            "nodes": [
                {"id": "r1", "size": {"r1": 1}, "count": 3, "commit": {"total": 4, "max": 3}},
                {"id": "r2", "size": {"r2": 1}, "count": 3, "commit": {"total": 10, "max": 3}},
            ],
        }
    ]
    assert document["tasks"] == [
        {"id": "task-1", "options": [{"pool": "site", "uses": {"r1": 1}, "duration": "2h"}]},
        {"id": "task-3", "after": ["task-1"], "options": [{"pool": "site", "uses": {"r1": 2, "r2": 3}, "duration":
        "3h"}]},
    ]  # fmt: skip
    validate(document)
    tight = read(tmp_path, format, text.replace("8", "5"))
    assert [kind["count"] for kind in tight["pools"][0]["nodes"]] == [2, 3]
    validate(read(tmp_path, format, text.replace("8", "1")))  # no plan, but an instance


def test_mmkp(tmp_path: Path) -> None:
    """A cost is minus a value; what follows the last group is not read."""
    document = read(tmp_path, "mmkp", MMKP)
    assert document["pools"] == [{"id": "knapsack", "capacity": {"r0": 5, "r1": Decimal("5.5"), "r2": 9}}]
    assert [len(task["options"]) for task in document["tasks"]] == [2, 2]
    assert document["tasks"][0]["options"][0] == {
        "id": "item-0",
        "pool": "knapsack",
        "uses": {"r0": 1, "r2": 2},
        "duration": "1h",
        "cost": Decimal("-7.25"),
    }
    validate(document)


@pytest.mark.parametrize("text", [PSPLIB, MMLIB])
def test_psplib_mm(tmp_path: Path, text: str) -> None:
    """Modes are options, what is used up stands in quotas, source and sink are gone."""
    document = read(tmp_path, "psplib-mm", text, deadline="8")
    assert document["time"]["horizon"] == "8h"
    assert document["pools"] == [{"id": "project", "capacity": {"R1": 6, "R2": 2}}]
    assert document["quotas"] == [{"id": "N1", "of": "N1", "limit": 3}]
    assert [(task["id"], task.get("after")) for task in document["tasks"]] == [("task-2", None), ("task-3", ["task-2"])]
    assert document["tasks"][0]["options"][0] == {
        "id": "mode-1",
        "pool": "project",
        "uses": {"R1": 5},
        "duration": "3h",
        "consumes": {"N1": 4},
    }
    validate(document)
    with pytest.raises(UsageError, match="needs --param deadline=K"):
        read(tmp_path, "psplib-mm", text)
    with pytest.raises(UsageError, match="a whole number from 1"):
        read(tmp_path, "psplib-mm", text, deadline="soon")


def test_icon(tmp_path: Path) -> None:
    """A server is one node that is switched on and off; a task is not offered a server it does not fit on."""
    document = read(tmp_path, "icon", ICON, "instance.txt")
    price = {"power": {"steps": {"2000-01-01T00:00:00Z": Decimal("0.1"), "2000-01-01T12:00:00Z": Decimal("-0.2")}}}
    first = {"count": 1, "size": {"r0": 10, "r1": 8}, "price": 0, "startup": Decimal("1.5"), "shutdown": Decimal("0.5"), "power": 50}  # fmt: skip
    second = {"count": 1, "size": {"r0": 4}, "price": 0, "startup": 2, "shutdown": 0, "power": 70}
    assert document["pools"] == [
        {"id": "server-0", "nodes": first, "price": price},
        {"id": "server-1", "nodes": second, "price": price},
    ]
    wide, narrow = document["tasks"]
    uses = {"r0": 4, "power": Decimal("142.5")}
    assert wide["options"] == [{"pools": ["server-0", "server-1"], "uses": uses, "duration": "180m"}]
    assert [option["pools"] for option in narrow["options"]] == [["server-0"]]
    assert (narrow["release"], narrow["deadline"]) == ("2000-01-01T00:00:00Z", "2000-01-01T02:00:00Z")
    validate(document)


def test_cloudbalancing(tmp_path: Path) -> None:
    """A computer is one node at its cost; a process is not offered a computer it does not fit on."""
    document = read(tmp_path, "cloudbalancing", CLOUD)
    assert document["pools"] == [
        {"id": "computer-4", "nodes": {"count": 1, "size": {"cpu": 8, "memory": 4}, "price": 660}},
        {"id": "computer-5", "nodes": {"count": 1, "size": {"cpu": 24, "memory": 96, "network": 16}, "price": 4800}},
    ]
    assert [task["options"] for task in document["tasks"]] == [
        [{"pools": ["computer-4", "computer-5"], "uses": {"cpu": 5, "memory": 4}, "duration": "1h"}],
        [{"pools": ["computer-5"], "uses": {"cpu": 1, "memory": 1, "network": 2}, "duration": "1h"}],
    ]
    validate(document)


def test_melange(tmp_path: Path) -> None:
    """Loads are exact in parts of a GPU; a throughput of 0 is no option; slices are copies."""
    document = read(tmp_path, "melange", MELANGE)
    # a slice of the first bucket has 3.9375 requests/s: 21/16 of a small GPU, 63/320 of a large one
    assert document["pools"] == [
        {"id": "small", "nodes": {"count": 3, "size": {"load": 16}, "price": Decimal("1.01")}},
        {"id": "large", "nodes": {"count": 1, "size": {"load": 320}, "price": Decimal("3.67")}},
    ]
    first, second = document["tasks"]
    assert first["copies"] == 2
    assert [(option["pool"], option["uses"]["load"]) for option in first["options"]] == [("small", 21), ("large", 63)]
    assert [(option["pool"], option["uses"]["load"]) for option in second["options"]] == [("small", 3)]
    assert "description" not in document
    validate(document)
    assert leptonopt.solve(tmp_path / "file", format="melange", method="cpsat", isolate=False).cost == 3 * Fraction(
        "1.01"
    )


def test_melange_rounds_up_what_is_too_fine(tmp_path: Path) -> None:
    """Measured throughputs with many digits: a load is never less than it is, and the description says so."""
    document = read(tmp_path, "melange", edited(MELANGE, ("[[3, 7]]", "[[3.1415926535897, 7]]")))
    loads = [task["options"][0]["uses"]["load"] for task in document["tasks"]]
    truth = [Fraction("3.9375") / Fraction("3.1415926535897"), Fraction("1.3125") / 7]
    assert document["pools"][0]["nodes"]["size"] == {"load": 10**9}
    assert all(0 <= load - exact * 10**9 < 1 for load, exact in zip(loads, truth, strict=True))
    assert document["description"] == "Loads on small are rounded up to 1/1000000000 of a GPU."
    validate(document)


def test_ctu_energy(tmp_path: Path) -> None:
    """Off at both ends, a rest while power is dear, transitions at the prices of their own intervals."""
    document = read(tmp_path, "ctu-energy", CTU)
    validate(document)
    assert [(task["id"], task.get("copies", 1)) for task in document["tasks"]] == [
        ("first-rest", 1), ("last-rest", 1), ("jobs-of-1", 2), ("rest", 1)
    ]  # fmt: skip
    result = leptonopt.solve(tmp_path / "file", format="ctu-energy", method="cpsat", isolate=False)
    # up in 1-2: 10, a job in 3: 4, down in 4: 9, off in 5-6, up in 7-8: 10, a job in 9: 4, down in 10: 1, off in 11
    assert (result.status, result.cost) == ("optimal", 38)
    assert least_energy(json.loads(CTU)) == 38


@pytest.mark.parametrize("seed", range(8))
def test_ctu_energy_is_exact(tmp_path: Path, seed: int) -> None:
    """Any machine, at any prices: the same least cost as a search through the states of every interval."""
    random = Random(seed)
    states = 1 + seed % 3
    down, up = ([random.randint(0, 2) for _ in range(states)] for _ in range(2))
    machine = {
        **json.loads(CTU),
        "Jobs": [{"Id": at, "MachineIdx": 0, "ProcessingTime": random.randint(1, 3)} for at in range(3)],
        "EnergyCosts": [random.randint(0 if seed % 2 else -3, 12) for _ in range(17)],
        "OffOnTime": up,
        "OnOffTime": down,
        "OffPowerConsumption": list(range(states)),
    }
    for key in ("OffOnPowerConsumption", "OnOffPowerConsumption"):
        machine[key] = [random.randint(1, 6) for _ in range(states)]
    for way in ("OffIdle", "IdleOff"):
        there = [random.random() < 0.5 for _ in range(states)]
        machine[f"{way}Time"] = [random.randint(0, 2) if known else None for known in there]
        machine[f"{way}PowerConsumption"] = [random.randint(0, 5) if known else None for known in there]
    written(tmp_path, "file", json.dumps(machine))
    result = leptonopt.solve(tmp_path / "file", format="ctu-energy", method="cpsat", isolate=False)
    assert (result.status, result.cost) == ("optimal", least_energy(machine))


def least_energy(machine: dict[str, Any]) -> int:
    """The least energy cost, by intervals, states and jobs left, as the paper defines it."""
    prices = machine["EnergyCosts"]
    sums = [0, *accumulate(prices)]
    off = range(len(machine["OffPowerConsumption"]))
    ways: list[tuple[Any, Any, int, int]] = [("on", "idle", 0, 0), ("idle", "on", 0, 0)]  # from, to, intervals, power
    for at in off:
        for since, until, key in (
            (at, "on", "OffOn"),
            ("on", at, "OnOff"),
            (at, "idle", "OffIdle"),
            ("idle", at, "IdleOff"),
        ):
            time, power = machine[f"{key}Time"][at], machine[f"{key}PowerConsumption"][at]
            ways += [(since, until, time, power)] if time is not None and power is not None else []
        ways.append((at, at, 1, machine["OffPowerConsumption"][at]))
    ways += [("on", "on", 1, machine["OnPowerConsumption"]), ("idle", "idle", 1, machine["IdlePowerConsumption"])]
    jobs = tuple(sorted(job["ProcessingTime"] for job in machine["Jobs"]))
    found: list[dict[Any, int]] = [{} for _ in prices]
    found[1][0, jobs] = prices[0] * machine["OffPowerConsumption"][0]
    for slot in range(1, len(prices)):
        changed = True
        while changed:  # until what takes no time adds nothing
            changed = False
            for (state, left), cost in list(found[slot].items()):
                steps = [(to, left, time, power) for since, to, time, power in ways if since == state]
                for at, time in enumerate(left if state == "on" else ()):
                    steps.append(("on", left[:at] + left[at + 1 :], time, machine["OnPowerConsumption"]))
                for to, rest, time, power in steps:
                    if (end := slot + time) < len(prices):
                        total = cost + power * (sums[end] - sums[slot])
                        if total < found[end].get((to, rest), 10**9):
                            found[end][to, rest] = total
                            changed |= time == 0
    return found[-1][0, ()] + prices[-1] * machine["OffPowerConsumption"][0]


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


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with a part of it replaced, which must be there."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


BAD: list[tuple[str, str, int, str]] = [
    # format, text, line, what is said
    ("sscflp", "", 1, "the file ends where the number of facilities or customers"),
    ("sscflp", "0 3", 1, "0 stands where the number of facilities"),
    ("sscflp", edited(HOLMBERG, ("4 5 6.25", "4 5")), 1, "12 numbers follow the sizes 2 and 3; 13 (holmberg) or 14 (delmaire)"),
    ("sscflp", edited(HOLMBERG, ("20 200.5", "20 x")), 3, "'x' stands where a fixed cost"),
    ("sscflp", edited(HOLMBERG, ("20 200.5", "-20 200.5")), 3, "-20 stands where a capacity, at least 0"),
    ("sscflp", edited(HOLMBERG, ("5 6 12", "5 0 12")), 4, "a demand of 0"),
    ("sscflp", edited(HOLMBERG, ("5 6 12", "5 6 21")), 4, "customer 2 needs 21; no facility has more than 20"),
    ("sscflp", edited(DELMAIRE, ("5 6 12", "5 6 21")), 5, "customer 2 needs 21; no facility has more than 20"),
    ("sscflp", edited(HOLMBERG, ("6.25", "1e13")), 6, "too large"),
    ("sscflp", edited(HOLMBERG, ("6.25", "0.0123456789")), 6, "too many decimals"),
    ("sscflp", "999999 999999\n1", 1, "numbers follow the sizes"),
    ("green-tou", "", 1, "the file ends where a duration"),
    ("green-tou", "2\n0\n", 2, "0 stands where a duration"),
    ("green-tou", "2\n1.5\n", 2, "1.5 stands where a duration"),
    ("racp", "", 1, "the file ends and t_max is missing"),
    ("racp", edited(RACP, ("t_max = 8;", "")), 9, "t_max is missing"),
    ("racp", edited(RACP, ("t_max = 8", "t_max = 0")), 2, "'0' stands where t_max, a whole number from 1"),
    ("racp", edited(RACP, ("t_max = 8", "t_max 8")), 2, "'8' stands where '=' should"),
    ("racp", edited(RACP, ("t_max", "deadline")), 2, "'deadline' stands where one of t_max"),
    ("racp", edited(RACP, ("n_res", "t_max")), 3, "t_max stands twice"),
    ("racp", edited(RACP, ("[4, 10]", "[4]")), 5, "']' stands where ',' should"),
    ("racp", edited(RACP, ("[2, 0, 3]", "[2, 0, 3, 4]")), 6, "'4' stands where ']' should"),
    ("racp", edited(RACP, ("[2, 0, 3]", "[0, 0, 0]")), 1, "no activity takes any time"),
    ("racp", edited(RACP, ("{2}", "{4}")), 7, "'4' stands where a task of succ, a whole number from 1 to 3"),
    ("racp", edited(RACP, ("{3}", "{1}")), 7, "in a circle, one of them task"),
    ("racp", edited(RACP, ("5, 2", "5, x")), 8, "'x' stands where a number of rr"),
    ("racp", edited(RACP, ("| 0, 0, 3 |]", "|]")), 9, "'|]' stands where '|' should"),
    ("racp", edited(RACP, ("3 |];", "3")), 9, "the file ends where the ; after rr"),
    ("racp", edited(RACP, ("| 1, 5, 2", "| 0, 5, 0"), ("0, 0, 3", "0, 0, 0")), 1, "no activity needs anything"),
    ("rip", "", 1, "not JSON"),
    ("rip", "[]", 1, "not a mapping"),
    ("rip", edited(RIP, ('"horizon": 8, ', "")), 1, "horizon is missing"),
    ("rip", edited(RIP, ('"horizon": 8', '"horizon": "8"')), 1, "horizon: not a whole number"),
    ("rip", edited(RIP, ('"horizon": 8', '"horizon": 8, "n": 3')), 1, "the key 'n' is not known"),
    ("rip", edited(RIP, ('"duration": 3', '"duration": 3.5')), 5, "jobs[2].duration: not a whole number"),
    ("rip", edited(RIP, ('"duration": 0', '"duration": -1')), 4, "jobs[1].duration: -1 is not"),
    ("rip", edited(RIP, ("[1, 0]", "[1]")), 3, "jobs[0].requirements: a list of 1; 2 should be"),
    ("rip", edited(RIP, ('"successors": [1]', '"successors": [3]')), 3, "jobs[0].successors[0]: 3 is not"),
    ("rip", edited(RIP, ('"successors": [2]', '"successors": [0]')), 3, "in a circle, one of them job 0"),
    ("rip", edited(RIP, ('"successors": []', '"successors": 7')), 5, "jobs[2].successors: not a list"),
    ("rip", '{"horizon": 8, "costs": [4],\n "jobs": [7]}', 2, "jobs[0]: not a mapping"),
    ("rip", '{"horizon": 8,\n "horizon": 9}', 2, "stands twice"),
    ("mmkp", "", 1, "the file ends where the number of groups"),
    ("mmkp", edited(MMKP, (" 2\n 4", " 3\n 4")), 7, "group 2 is missing or out of order"),
    ("mmkp", edited(MMKP, ("0 0 9", "0 -1 9")), 9, "-1 stands where a need"),
    ("mmkp", edited(MMKP, (" 5 0 0 9\n", "")), 9, "'Solutions' stands where a value"),
    ("mmkp", "99999 99999 1\n1\n", 1, "options; at most 2,000,000"),
    ("psplib-mm", "", 1, "the line with the number of jobs is missing"),
    ("psplib-mm", edited(PSPLIB, (":  4\n", ":\n")), 5, "'?' stands where the number of jobs"),
    ("psplib-mm", edited(PSPLIB, (":  0   D", ":  1   D")), 10, "1 stands where the number of doubly constrained"),
    ("psplib-mm", edited(PSPLIB, ("PRECEDENCE", "PRECEDENT")), 31, "the section of precedence is missing"),
    ("psplib-mm", edited(PSPLIB, ("   3        1 ", "   5        1 ")), 16, "job 3 is missing or out of order"),
    ("psplib-mm", edited(PSPLIB, ("   4        1          0\n", "")), 16, "the section ends where the number of a job"),
    ("psplib-mm", edited(PSPLIB, ("1           4\n", "1           2\n")), 15, "in a circle, one of them job"),
    ("psplib-mm", edited(PSPLIB, ("1           4\n", "1           9\n")), 16, "9 stands where a successor"),
    ("psplib-mm", edited(PSPLIB, ("         2     6 ", "         3     6 ")), 24, "mode 2 of job 2 is missing"),
    ("psplib-mm", edited(PSPLIB, ("         2     6 ", "         2     0 ")), 23, "job 2 has a mode without duration"),
    ("psplib-mm", edited(PSPLIB, ("    6    2    3    9", "    6    2    3")), 30, "the section ends where an availability"),
    ("psplib-mm", edited(PSPLIB, ("    6    2    3    9", "    6    2    3    9    1")), 30, "1 more numbers"),
    ("icon", edited(ICON, ("1 70 2 0", "0 70 2 0")), 6, "server-0 stands twice"),
    ("icon", edited(ICON, ("1 70 2 0", "1 70 -2 0")), 6, "-2 stands where a start cost"),
    ("icon", edited(ICON, ("\n4 0\n2", "\n0 0\n2")), 7, "server-1 has no capacity at all"),
    ("icon", edited(ICON, ("0 3 5 24", "0 3 5 5")), 9, "task-0 must end at 5"),
    ("icon", edited(ICON, ("\n5 1\n", "\n11 1\n")), 12, "task-1 fits on no server"),
    ("icon", edited(ICON, ("\n5 1\n", "\n0 0\n")), 12, "task-1 needs nothing"),
    ("icon", edited(ICON, ("60\n", "30\n")), 1, "30 minutes a slot do not give the 24 periods"),
    ("icon", "60\n1\n1\n0 0 0 0\n9\n9999999\n", 6, "9999999 stands where the number of tasks"),
    ("cloudbalancing", "", 1, "not JSON"),
    ("cloudbalancing", "7", 1, "not a mapping"),
    ("cloudbalancing", edited(CLOUD, ('"cost": 660', '"price": 660')), 2, "computerList[0]: the key 'price' is not known"),
    ("cloudbalancing", edited(CLOUD, (', "cost": 660', "")), 2, "computerList[0]: cost is missing"),
    ("cloudbalancing", edited(CLOUD, ('"id": 5', '"id": 4')), 3, "computerList[1].id: computer-4 stands twice"),
    ("cloudbalancing", edited(CLOUD, ('"cpuPower": 8, "memory": 4', '"cpuPower": 0, "memory": 0')), 2, "computer-4 offers nothing"),
    ("cloudbalancing", edited(CLOUD, ('requiredCpuPower": 5', 'requiredCpuPower": 25')), 5, "processList[0]: process-0 fits on no computer"),
    ("cloudbalancing", edited(CLOUD, ('requiredCpuPower": 5', 'requiredCpuPower": "5"')), 5, "processList[0].requiredCpuPower: not a whole number"),
    ("cloudbalancing", edited(CLOUD, ('requiredCpuPower": 5, "requiredMemory": 4', 'requiredCpuPower": 0, "requiredMemory": 0')), 5, "process-0 needs nothing"),
    ("melange", "{}", 1, "total_request_rate is missing"),
    ("melange", edited(MELANGE, ("[[0.75, 0.25]]", "[[0.75], [0.25]]")), 2, "gpu_info.small.tputs: not a table of the size"),
    ("melange", edited(MELANGE, ("[[3, 7]]", "[[3, -7]]")), 2, "gpu_info.small.tputs[0][1]: -7 is not a number from 0"),
    ("melange", edited(MELANGE, ("[[3, 7]]", "[[3, 0]]")), 4, "workload_distribution[0][1]: no GPU type serves this bucket"),
    ("melange", edited(MELANGE, ("1.01", "1.0123456789")), 2, "gpu_info.small.cost: "),
    ("melange", edited(MELANGE, ('"slice_factor": 2', '"slice_factor": 0')), 6, "slice_factor: 0 is not a whole number"),
    ("melange", edited(MELANGE, ("[[0.75, 0.25]]", "[[0, 0]]")), 4, "no requests at all"),
    ("melange", edited(MELANGE, ('"small"', '" "')), 1, "' ' is no name of a GPU type"),
    ("ctu-energy", edited(CTU, ('"MachinesCount": 1', '"MachinesCount": 2')), 1, "MachinesCount: 2 is not a whole number from 1 to 1"),
    ("ctu-energy", edited(CTU, ('"LengthInterval": 1', '"LengthInterval": 15')), 4, "LengthInterval: 15 is not"),
    ("ctu-energy", edited(CTU, ('"MachineIdx": 0', '"MachineIdx": 1')), 2, "Jobs[0].MachineIdx: 1 is not"),
    ("ctu-energy", edited(CTU, ('"OffOnTime": [2]', '"OffOnTime": [2, 3]')), 5, "OffOnTime: a list of 2; 1 should be"),
    ("ctu-energy", edited(CTU, ('"OffOnTime": [2]', '"OffOnTime": [null]')), 5, "OffOnTime[0]: not a whole number"),
    ("ctu-energy", edited(CTU, ('"OffIdleTime": [null]', '"OffIdleTime": [1]')), 6, "OffIdlePowerConsumption[0]: not a whole number"),
    ("ctu-energy", edited(CTU, ('"ProcessingTime": 1', '"ProcessingTime": 7')), 3, "EnergyCosts: 12 intervals; the jobs take 8, to begin and to end off takes 5"),
    ("ctu-energy", edited(CTU, ('"OnPowerConsumption": 4', '"OnPowerConsumption": 10000'), ("[1, 1, 1, 1, 9", f"[{'10000, ' * 120}9")), 3, "EnergyCosts: the greatest power costs 12,000,320,000 over all intervals"),
    ("elasticflow", "", 1, "the column job_id is missing"),
    ("elasticflow", edited(TRACE, ("ddl", "deadline")), 1, "the column ddl is missing"),
    ("elasticflow", edited(TRACE, ("ddl", "job_id")), 1, "a column stands twice"),
    ("elasticflow", edited(TRACE, ("\nb,", "\na,")), 3, "job a stands twice"),
    ("elasticflow", edited(TRACE, (",93700", ",90100")), 3, "'90100' stands where ddl, a whole number from 90101"),
    ("elasticflow", edited(TRACE, ("c,200000", "c,-1")), 4, "'-1' stands where submit_time"),
    ("elasticflow", edited(TRACE, ("net", "../net")), 2, "'../net' stands where model_name"),
    ("elasticflow", edited(TRACE, ("64,1,36000", "64,1,1000000000000")), 4, "job c has 277,777,777.7778 hours of work on one GPU"),
    ("elasticflow", edited(TRACE, ("64,1,36000", "128,1,36000")), 4, "no throughput of net on one GPU at batch size 128"),
    ("elasticflow", edited(TRACE, ("900000", "990000000")), 1, "274,976 slots until the last job has ended"),
]  # fmt: skip


@pytest.mark.parametrize(("format", "text", "line", "said"), BAD, ids=[f"{row[0]}-{at}" for at, row in enumerate(BAD)])
def test_bad_files_are_one_line(tmp_path: Path, format: str, text: str, line: int, said: str) -> None:
    """File, line, what is wrong."""
    name = "Data_p1.txt" if format == "green-tou" else "file"
    with pytest.raises(InstanceError) as error:
        read(tmp_path, format, text, name, **(DEADLINE if format == "psplib-mm" else {}))
    assert said in str(error.value)
    assert str(error.value).startswith(f"{tmp_path / name}:{line}: ")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("beside", "text", "said"),
    [
        ("Data_e1.txt", "3\n-1\n", r"Data_e1.txt:2: -1 stands where a rate"),
        ("Data_c1.txt", "3\n0.00001\n", r"Data_c1.txt:2: .* of at most 4 decimals"),
        ("Data_c1.txt", "", r"Data_c1.txt:1: the file ends where a price"),
        ("Data_c1.txt", None, r"Data_c1.txt: there is no such file"),
    ],
)
def test_green_tou_files_beside(tmp_path: Path, beside: str, text: str | None, said: str) -> None:
    """What is wrong with the rates and the prices; and a name that tells of none."""
    file = written(tmp_path, "Data_p1.txt", JOBS)
    (tmp_path / beside).unlink() if text is None else (tmp_path / beside).write_text(text)
    with pytest.raises(InputError, match=said):
        read_document(file, format="green-tou")
    with pytest.raises(InputError, match="is not called Data_pN"):
        read(tmp_path, "green-tou", JOBS, "jobs.txt")


SAMPLES = [
    ("sscflp", HOLMBERG),
    ("sscflp", DELMAIRE),
    ("green-tou", JOBS),
    ("racp", RACP),
    ("rip", RIP),
    ("mmkp", MMKP),
    ("psplib-mm", PSPLIB),
    ("icon", ICON),
    ("cloudbalancing", CLOUD),
    ("melange", MELANGE),
    ("ctu-energy", CTU),
    ("elasticflow", TRACE),
]


@pytest.mark.parametrize(("format", "text"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_no_edit_crashes(tmp_path: Path, format: str, text: str) -> None:
    """Whatever a word becomes, and wherever a file breaks off: a valid instance, or one finding with its line."""
    name = "Data_p1.txt" if format == "green-tou" else "file"
    params = DEADLINE if format == "psplib-mm" else {}
    words = list(re.finditer(r"[^\s,]+", text))
    variants = [text[: word.start()] for word in words]
    for word in words:
        for other in ("", "x", "-1", "0", "1.5", "1e999", "nan", "999999999", "1 1", "[", "{}", '"', ";"):
            variants.append(text[: word.start()] + other + text[word.end() :])
    file = written(tmp_path, name, text)
    for variant in variants:
        file.write_text(variant)
        if error := refusal(file, format, params):
            assert re.match(rf"{re.escape(str(file))}:\d+: ", str(error)), error
            assert len(error.findings) == 1


def refusal(file: Path, format: str, params: dict[str, str]) -> InstanceError | None:
    """What the reader says of a file; None of one whose document is valid."""
    try:
        document = read_document(file, format=format, params=params)
    except InstanceError as error:
        return error
    validate(document)
    return None


RAW = {
    "sscflp": ["sscflp/*/p*"],
    "green-tou": ["green_tou/instances/Data_p*.txt"],
    "racp": ["minizinc/racp/*.dzn"],
    "rip": ["rip_xcsp23/*.json"],
    "mmkp": ["mmkp/khan/*"],
    "psplib-mm": ["mmrcpsp/*/*.mm"],
    "icon": ["icon_ecas/sample/*/instance.txt", "icon_ecas/leaderboard/*/instance.txt"],
    "cloudbalancing": ["cloudbalancing/*.json"],
    "melange": ["melange_example/*.json"],
    "ctu-energy": ["ctu_energy_states/*/*.json"],
    "elasticflow": ["elasticflow/traces/*.csv"],
}
HEAVY = 100_000  # options; more take too long to validate here


@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
@pytest.mark.parametrize("format", RAW)
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=CI)])
def test_all_raw_data_are_read(format: str, every: int) -> None:
    """Every file there, or one in three, becomes an instance; of the heaviest only the document is made."""
    files = sorted(file for pattern in RAW[format] for file in DATA.glob(pattern))
    assert files
    for file in files[::every]:
        document = read_document(file, format=format, params={"deadline": "9"} if format == "psplib-mm" else {})
        assert document["name"]
        if sum(len(task.get("options", ())) for task in document["tasks"]) <= HEAVY:
            assert len(validate(document).tasks) == len(document["tasks"])


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
def test_heavy_raw_data_are_read() -> None:
    """The largest of all is an instance, too."""
    file = DATA / "icon_ecas" / "leaderboard" / "instance45" / "instance.txt"
    assert len(load(file, format="icon").tasks) == 5000


def test_every_format_is_tested() -> None:
    """None is registered without a test here; those of test_literature stand apart."""
    assert set(FORMATS) == {*RAW, "gap", "jain-grossmann"}
