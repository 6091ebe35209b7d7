"""Small files in the formats of the literature, and what is read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.io.load import read_document

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
INFERNO = """{"system": {
 "acceleratorData": {"accelerators": [
  {"name": "A", "type": "A", "multiplicity": 1, "cost": 40.0},
  {"name": "2xA", "type": "A", "multiplicity": 2, "cost": 80.0},
  {"name": "B", "type": "B", "multiplicity": 1, "cost": 3.75}]},
 "capacityData": {"count": [{"type": "A", "count": 6}, {"type": "B", "count": 10}]},
 "modelData": {"models": [
  {"name": "m", "acc": "A", "accCount": 1, "maxBatchSize": 4, "atTokens": 512, "perfParms": {"alpha": 20, "beta": 0.04, "gamma": 0.001}},
  {"name": "m", "acc": "2xA", "accCount": 2, "maxBatchSize": 4, "atTokens": 512, "perfParms": {"alpha": 15, "beta": 0.03, "gamma": 0.001}},
  {"name": "m", "acc": "B", "accCount": 1, "maxBatchSize": 4, "atTokens": 512, "perfParms": {"alpha": 900, "beta": 0.4, "gamma": 0.01}}]},
 "serviceClassData": {"serviceClasses": [{"name": "Gold", "modelTargets": [{"model": "m", "slo-itl": 60, "slo-ttft": 1000}]}]},
 "serverData": {"servers": [
  {"name": "chat", "class": "Gold", "model": "m", "currentAlloc": {"load": {"arrivalRate": 60, "AvgInTokens": 128, "AvgOutTokens": 256}}}]},
 "optimizerData": {"optimizer": {"unlimited": false}}}}
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


def edited(text: str, *changes: tuple[str, str]) -> str:
    """A text with a part of it replaced, which must be there."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def refused(folder: Path, format: str, text: str, line: int, said: str, name: str = "file", **params: str) -> None:
    """Check that a text is refused on one line that states the file, the line and what is wrong."""
    with pytest.raises(InstanceError) as error:
        read(folder, format, text, name, **params)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{folder / name}:{line}: ")
    assert len(str(error.value).splitlines()) == 1
