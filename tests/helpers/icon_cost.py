"""The cost of a plan by the formulas (12) to (16) of the ICON challenge, straight from the challenge's files.

Nothing here is shared with the package: the files are read again, and slots are counted from the instants of the plan.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any


def icon_cost(plan: dict[str, Any], folder: Path, prices: str = "forecast") -> Fraction:
    """The total cost (12) of a plan document for the instance.txt of a folder; asserts that the plan keeps its rules.

    x is taken from the lines of `tasks`, v from the steps of `nodes`; y and z follow from v by (5) to (11).
    """
    q, servers, jobs = _instance(folder / "instance.txt")
    price = _prices(folder / f"{prices}.txt")
    slots = len(price)
    assert slots * q == 1440

    on = _running(plan, servers, slots, q)
    load = {name: [[0] * slots for _ in server["capacity"]] for name, server in servers.items()}
    seen = set()
    tasks = Fraction(0)
    for line in plan["tasks"]:
        name, where = _number(line["id"], "task"), _number(line["pool"], "server")
        assert name not in seen, f"(1) task {name} runs twice"
        seen.add(name)
        job, start = jobs[name], _slot(line["start"], q)
        assert job["earliest"] <= start, f"(2) task {name} starts early"
        assert start + job["duration"] <= job["latest"], f"(3) task {name} ends late"
        for t in range(start, start + job["duration"]):
            assert on[where][t], f"(9) task {name} runs at {t} on server {where}, which is off"
            tasks += job["power"] * price[t] * Fraction(q, 60)  # (13)
            for r, need in enumerate(job["needs"]):
                load[where][r][t] += need
    assert seen == set(jobs), f"(1) tasks {sorted(set(jobs) - seen)} do not run"

    idle = startup = shutdown = Fraction(0)
    for name, server in servers.items():
        for r, capacity in enumerate(server["capacity"]):
            assert max(load[name][r]) <= capacity, f"(4) server {name} is overloaded"
        v = on[name]
        for t in range(slots):
            idle += v[t] * server["idle"] * price[t] * Fraction(q, 60)  # (14)
            startup += server["up"] * (v[t] and not (t and v[t - 1]))  # (15), off before
            shutdown += server["down"] * (v[t] and not (t + 1 < slots and v[t + 1]))  # (16), off after
    return tasks + idle + startup + shutdown


def _instance(file: Path) -> tuple[int, dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    words = iter(file.read_text().split())

    def whole() -> int:
        return int(next(words))

    q, resources = whole(), whole()
    servers = {}
    for _ in range(whole()):
        name, idle, up, down = whole(), Fraction(next(words)), Fraction(next(words)), Fraction(next(words))
        servers[name] = {"idle": idle, "up": up, "down": down, "capacity": [whole() for _ in range(resources)]}
    jobs = {}
    for _ in range(whole()):
        name, duration, earliest, latest, power = whole(), whole(), whole(), whole(), Fraction(next(words))
        needs = [whole() for _ in range(resources)]
        jobs[name] = {"duration": duration, "earliest": earliest, "latest": latest, "power": power, "needs": needs}
    assert next(words, None) is None
    return q, servers, jobs


def _prices(file: Path) -> list[Fraction]:
    count, *lines = file.read_text().splitlines()
    price = [Fraction(line.split()[1]) for line in lines if line.strip()]
    assert len(price) == int(count)
    return price


def _running(plan: dict[str, Any], servers: dict[int, Any], slots: int, q: int) -> dict[int, list[bool]]:
    """v: whether each server is on in each slot."""
    on = {name: [False] * slots for name in servers}
    for entry in plan["nodes"]:
        name, steps = _number(entry["pool"], "server"), entry["on"]
        for at, step in enumerate(steps):
            until = _slot(steps[at + 1]["from"], q) if at + 1 < len(steps) else slots
            assert step["count"] in (0, 1)
            for t in range(_slot(step["from"], q), until):
                on[name][t] = step["count"] == 1
    return on


def _slot(text: str, q: int) -> int:
    """The time period of an instant; the challenge's day begins at midnight."""
    moment = datetime.fromisoformat(text)
    minutes = (moment - datetime(moment.year, 1, 1, tzinfo=moment.tzinfo)).total_seconds() / 60
    assert minutes == int(minutes)
    assert int(minutes) % q == 0
    return int(minutes) // q


def _number(name: str, kind: str) -> int:
    assert name.startswith(f"{kind}-"), name
    return int(name.removeprefix(f"{kind}-"))
