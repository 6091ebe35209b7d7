"""A machine with states at prices by interval: files, exact costs, and wrong files."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import pytest

import leptonopt
from leptonopt.instance import validate
from tests.helpers.literature_files import CTU, edited, read, refused, written


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


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (edited(CTU, ('"MachinesCount": 1', '"MachinesCount": 2')), 1, "MachinesCount: 2 is not a whole number from 1 to 1"),
        (edited(CTU, ('"LengthInterval": 1', '"LengthInterval": 15')), 4, "LengthInterval: 15 is not"),
        (edited(CTU, ('"MachineIdx": 0', '"MachineIdx": 1')), 2, "Jobs[0].MachineIdx: 1 is not"),
        (edited(CTU, ('"OffOnTime": [2]', '"OffOnTime": [2, 3]')), 5, "OffOnTime: a list of 2; 1 should be"),
        (edited(CTU, ('"OffOnTime": [2]', '"OffOnTime": [null]')), 5, "OffOnTime[0]: not a whole number"),
        (edited(CTU, ('"OffIdleTime": [null]', '"OffIdleTime": [1]')), 6, "OffIdlePowerConsumption[0]: not a whole number"),
        (edited(CTU, ('"ProcessingTime": 1', '"ProcessingTime": 7')), 3, "EnergyCosts: 12 intervals; the jobs take 8, to begin and to end off takes 5"),
        (edited(CTU, ('"OnPowerConsumption": 4', '"OnPowerConsumption": 10000'), ("[1, 1, 1, 1, 9", f"[{'10000, ' * 120}9")), 3, "EnergyCosts: the greatest power costs 12,000,320,000 over all intervals"),
    ],
)  # fmt: skip
def test_wrong_files(tmp_path: Path, text: str, line: int, said: str) -> None:
    """One line with the file, the line and what is wrong."""
    refused(tmp_path, "ctu-energy", text, line, said)
