"""A job on spot capacity with a deadline: policies on recorded traces, against the optimum in hindsight.

    python benchmarks/cant_be_late.py --data DIR [--worlds 10] [-o FILE]

DIR holds the traces of "Can't Be Late" (Wu and others, NSDI 2024) as the Frontier-CS benchmark unpacks them
(github.com/FrontierCS/Frontier-CS, commit 4d508c1, MIT): DIR/ZONE/traces/random_start/*.json.

A job of 48 hours has until hour 52 or 70; every start loses 0.05 or 0.2 hours; spot costs 0.9731 and on demand 3.06
USD an hour. The score is the share of the saving that a run on spot alone would be, in percent. Zones with at most 40 %
availability are low, the others high, all of them mixed: 12 variants. Each history has passed the checker.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from statistics import mean

import numpy as np

from leptonopt.instance import Instance, validate
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.outcome import Setting
from leptonopt.simulation.simulate import simulate

HOURS, SPOT, SURE = 48, Fraction("0.9731"), Fraction("3.06")
DEADLINES, RESTARTS = {"tight": 52, "loose": 70}, {"small": 3, "large": 12}  # hours; minutes
POLICIES = "uniform-progress", "threshold", "rolling"
LOW = 0.4  # availability
TICK = 10  # minutes of a slot


@dataclass(frozen=True)
class Line:
    """Scores of a trace, in percent, by policy; `hindsight` is the optimum."""

    zone: str
    trace: str
    deadline: str
    restart: str
    available: float
    scores: dict[str, float]


def main() -> None:
    """Run all, write the lines and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--worlds", type=int, default=10, metavar="N", help="traces of a zone, evenly spaced")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a line of JSON for each trace")
    given = parser.parse_args()
    lines = []
    for line in all_lines(given.data, given.worlds):
        lines.append(line)
        print(line.zone, line.trace, line.deadline, line.restart, line.scores, file=sys.stderr, flush=True)
        if given.output is not None:
            with given.output.open("a") as out:
                out.write(json.dumps(vars(line)) + "\n")
    print(table(lines))


def all_lines(data: Path, worlds: int) -> Iterator[Line]:
    """Yield the scores of every trace in every setting."""
    zones = sorted(each for each in data.iterdir() if (each / "traces").is_dir())
    files = {zone: sorted((zone / "traces" / "random_start").glob("[!.]*.json")) for zone in zones}
    for number, zone in product(range(worlds), zones):
        path = files[zone][number * len(files[zone]) // worlds]
        for deadline, restart in product(DEADLINES, RESTARTS):
            yield _line(zone.name, path, deadline, restart)


def _line(zone: str, path: Path, deadline: str, restart: str) -> Line:
    trace = np.array(json.loads(path.read_text())["data"][: DEADLINES[deadline] * 60 // TICK], bool)
    instance = job(DEADLINES[deadline], RESTARTS[restart])
    noise = read_noise({"spot": {"spot": {"file": str(path.resolve())}}}, instance)
    setting = Setting(every=3600, tail=0, hindsight=False)
    costs = {each.policy: each.cost for each in simulate(instance, POLICIES, [0], noise, setting)}
    assert None not in costs.values(), (path, costs)
    scores = {policy: score(float(cost or 0)) for policy, cost in costs.items()}
    scores["hindsight"] = score(hindsight(trace, RESTARTS[restart]))
    return Line(zone, path.stem, deadline, restart, float(trace.mean()), scores)


def job(deadline: int, restart: int) -> Instance:
    """Return the instance; since a first segment loses nothing, its restart is part of the work."""
    options = [{"pools": ["spot", "sure"], "uses": {"gpu": 1}, "duration": f"{HOURS * 60 + restart}m"}]
    segments = {"most": 100, "restart": f"{restart}m", "move": True}
    task = {"id": "job", "deadline": _instant(deadline), "segments": segments, "options": options}
    pools = [{"id": name, "capacity": {"gpu": 1}, "price": {"gpu": price}} for name, price in _prices()]
    time = {"start": _instant(0), "slot": f"{TICK}m", "horizon": f"{deadline}h"}
    return validate({"leptonopt": 1, "time": time, "pools": pools, "tasks": [task]})


def _prices() -> Iterator[tuple[str, float]]:
    yield from (("spot", float(SPOT)), ("sure", float(SURE)))


def _instant(hour: int) -> str:
    return f"2026-01-{5 + hour // 24:02}T{hour % 24:02}:00Z"


def score(cost: float) -> float:
    """Return the share of the greatest saving, in percent."""
    return 100 * (HOURS * float(SURE) - cost) / (HOURS * float(SURE - SPOT))


def hindsight(trace: np.ndarray, restart: int) -> float:
    """Return the least cost for a known trace, by dynamic programming over slots, machines and minutes of work left."""
    units, prices = HOURS * 60 + restart + TICK, (0.0, float(SPOT) * TICK / 60, float(SURE) * TICK / 60)
    left, costs = np.arange(units + 1), np.full((3, units + 1), np.inf)  # by machine of the slot before
    costs[:, 0] = 0.0
    for there in trace[::-1]:
        found = np.repeat(costs[:1], 3, axis=0)
        for machine, before in product((1, 2) if there else (2,), range(3)):
            reached = left + (0 if before == machine else restart) - TICK
            run = prices[machine] + costs[machine, np.clip(reached, 0, units)]
            found[before] = np.minimum(found[before], np.where(reached > units, np.inf, run))
        found[:, 0] = 0.0
        costs = found
    return float(costs[0, HOURS * 60])


def table(lines: list[Line]) -> str:
    """Return the mean scores of the variants as a table."""
    zones = {
        zone: mean(line.available for line in lines if line.zone == zone) for zone in {line.zone for line in lines}
    }
    groups = {
        "low": {zone for zone, share in zones.items() if share <= LOW},
        "high": {zone for zone, share in zones.items() if share > LOW},
        "mixed": set(zones),
    }
    names = (*POLICIES, "hindsight")
    rows = ["| availability | deadline | restart | traces | " + " | ".join(names) + " |", "|---|---|---|" + "---:|" * 5]
    for group, deadline, restart in product(groups, DEADLINES, RESTARTS):
        own = [
            line for line in lines
            if line.zone in groups[group] and (line.deadline, line.restart) == (deadline, restart)
        ]  # fmt: skip
        if own:
            scores = " | ".join(f"{mean(line.scores[name] for line in own):.1f}" for name in names)
            rows.append(f"| {group} | {deadline} | {restart} | {len(own)} | {scores} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
