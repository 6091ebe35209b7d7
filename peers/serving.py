"""Planners of serving fleets and leptonopt on the same questions.

    python peers/serving.py --data DIR [--time-limit 20] [-o rows.jsonl]

- Mélange (arXiv 2404.14527): its integer program at 1, 2, 4 and 8 slices of a bucket, for one hour of its example. It
  gives a slice to one GPU type; leptonopt divides requests over types (`split`) or does the same (`whole`).
- inferno (github.com/llm-inferno): its greedy, written here from its description, beside the published solutions:
  service classes by priority, in each the services that lose most by their second choice first. It gives a service
  one accelerator (`one-way`).
- Hour by hour, as SageServe (arXiv 2502.14617) plans: an integer program for each hour of a curve, at the cost of the
  hour and of what is started in it. leptonopt sees all hours. The fleet that serves the peak all the time is beside it.
- A reactive scaler, on ServeGen's rates by ten minutes: it sees them ten minutes late, its replicas come after a lag,
  and some requests are missed; the plan of the hours meets the same requests.
- Malloovia (pypi.org/project/malloovia) on commitments: one class of requests, machines reserved for the whole time at
  60 % of the price or on demand. It runs in an environment of its own (`peers/setup.sh`).

The curve is ServeGen's m-large (mean rate of each hour), scaled to a peak; rates and prices are those of Mélange's
example; a start costs a quarter of an hour. Both have two threads.
"""

from __future__ import annotations

import csv
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulp
from common import Row, Table, arguments, cbc, our_row, ours
from melange_mix import melange

START = 0.25  # hours of the price
COMMITTED = ((168, 300), (336, 300), (336, 3000))  # hours, requests per second
MACHINES = {"a10g": (1.01, 7200), "a100": (3.67, 72000)}  # price per hour, requests per hour
MALLOOVIA = Path(__file__).with_name(".venv-malloovia") / "bin" / "python"
PEAKS = ((24, 30), (168, 30), (168, 300))  # hours, requests per second
CANNOT_HOUR = "what later hours need"
CANNOT_GREEDY = "a bound; several accelerators"
Fleet = dict[str, int]


def curve(data: Path, hours: int, peak: float) -> list[float]:
    """Return requests per second by hour, the largest of them `peak`."""
    with (data / "services" / "servegen_m-large_hourly.csv").open(newline="") as lines:
        rates = [float(row["mean_req_per_s"]) for row in csv.DictReader(lines)][:hours]
    return [round(peak * rate / max(rates), 6) for rate in rates]


def instants(hours: int) -> list[str]:
    """Return the beginnings of hours."""
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    return [(begin + timedelta(hours=at)).strftime("%Y-%m-%dT%H:%MZ") for at in range(hours)]


class Hours:
    """The example's GPUs and classes, and the fleets of single hours."""

    def __init__(self, example: Mapping[str, Any], seconds: float) -> None:
        self.price = {gpu: info["cost"] for gpu, info in example["gpu_info"].items()}
        self.rate = {gpu: list(chain(*info["tputs"])) for gpu, info in example["gpu_info"].items()}
        self.mix = list(chain(*example["workload_distribution"]))
        self.seconds = seconds

    def fleet(self, demand: float, before: Fleet) -> Fleet:
        """Return the GPUs that serve an hour at the least cost, with that of starts after a fleet."""
        problem = pulp.LpProblem("hour", pulp.LpMinimize)
        gpus, classes = list(self.price), range(len(self.mix))
        n = pulp.LpVariable.dicts("n", gpus, lowBound=0, cat="Integer")
        started = pulp.LpVariable.dicts("u", gpus, lowBound=0)
        y = pulp.LpVariable.dicts("y", (gpus, classes), lowBound=0)
        problem += pulp.lpSum(self.price[gpu] * (n[gpu] + START * started[gpu]) for gpu in gpus)
        for at in classes:
            problem += pulp.lpSum(y[gpu][at] for gpu in gpus) == demand * self.mix[at]
        for gpu in gpus:
            problem += pulp.lpSum(y[gpu][at] / self.rate[gpu][at] for at in classes) <= n[gpu]
            problem += started[gpu] >= n[gpu] - before.get(gpu, 0)
        cbc(problem, self.seconds)
        return {gpu: round(n[gpu].value()) for gpu in gpus}

    def cost(self, fleets: Sequence[Fleet]) -> float:
        """Return the cost of fleets by hour, with all starts."""
        before: Fleet = {}
        total = 0.0
        for fleet in fleets:
            total += sum(self.price[gpu] * (n + START * max(0, n - before.get(gpu, 0))) for gpu, n in fleet.items())
            before = fleet
        return total


def hour_by_hour(hours: Hours, demand: Sequence[float]) -> tuple[float, float]:
    """Return the cost of planning each hour after the one before, and the seconds."""
    begun = time.monotonic()
    fleets: list[Fleet] = []
    for rate in demand:
        fleets.append(hours.fleet(rate, fleets[-1] if fleets else {}))
    return hours.cost(fleets), time.monotonic() - begun


def week(hours: Hours, demand: Sequence[float]) -> dict[str, Any]:
    """Return the instance of a curve."""
    times = instants(len(demand))
    names = [str(at) for at in range(len(hours.mix))]
    ways = [
        {
            "id": gpu,
            "pool": gpu,
            "uses": {"gpu": 1},
            "rate": dict(zip(names, hours.rate[gpu], strict=True)),
            "start": {"cost": round(START * price, 6)},
        }
        for gpu, price in hours.price.items()
    ]
    rates = {"steps": dict(zip(times, demand, strict=True))}
    return {
        "leptonopt": 1,
        "name": f"{len(demand)} hours",
        "time": {"start": times[0], "slot": "1h", "horizon": f"{len(demand)}h"},
        "pools": [
            {"id": gpu, "nodes": {"size": {"gpu": 1}, "count": 1000, "price": price}}
            for gpu, price in hours.price.items()
        ],
        "services": [
            {
                "id": "chat",
                "demand": {"rate": rates, "mix": dict(zip(names, hours.mix, strict=True))},
                "replicas": ways,
            }
        ],
    }


def inferno_greedy(document: Mapping[str, Any], priority: Mapping[str, int]) -> float:
    """Return the cost of inferno's greedy on the native document of its files.

    Within a priority the service goes first whose next choice costs most more. One whose choice does not fit moves on
    to its next and is sorted in again.
    """
    left = {pool["id"]: pool["capacity"]["device"] for pool in document["pools"]}
    price = {pool["id"]: float(pool["price"]["device"]) for pool in document["pools"]}
    total = 0.0
    choices = {service["id"]: _choices(service, price) for service in document["services"]}
    for level in sorted(set(priority.values())):
        waiting = [name for name in choices if priority[name] == level]
        at = dict.fromkeys(waiting, 0)
        while waiting:
            waiting.sort(key=lambda name: (-_regret(choices[name], at[name]), -choices[name][at[name]][0]))
            name = waiting.pop(0)
            cost, pool, devices = choices[name][at[name]]
            if devices <= left[pool]:
                left[pool] -= devices
                total += cost
            elif at[name] + 1 < len(choices[name]):
                at[name] += 1
                waiting.append(name)
            else:
                return float("nan")
    return total


def _choices(service: Mapping[str, Any], price: Mapping[str, float]) -> list[tuple[float, str, int]]:
    """Return cost, pool and devices of each way that alone serves a service, the cheapest first."""
    found = []
    for way in service["replicas"]:
        replicas = ceil(service["demand"]["requests"] / way["rate"]["requests"])
        devices = replicas * way["uses"]["device"]
        found.append((devices * price[way["pool"]], way["pool"], devices))
    return sorted(found)


def _regret(choices: Sequence[tuple[float, str, int]], at: int) -> float:
    return choices[at + 1][0] - choices[at][0] if at + 1 < len(choices) else float("inf")


def reactive(data: Path, instance: Mapping[str, Any], hours: int, peak: float) -> Iterator[Row]:
    """Yield rows of a plan and of scalers on rates by ten minutes: cost, and the share missed as a note."""
    from decimal import Decimal

    import numpy as np

    from leptonopt.instance import validate
    from leptonopt.simulation.serving import ServingSetting, Trace, serving_summaries, simulate_services

    stated, name = validate(dict(instance)), f"{hours} hours, peak {peak}/s"
    bins = json.loads((data / "services" / "servegen_language_m-large.json").read_text())
    rates = np.array([bins[second] for second in sorted(bins, key=int)])[: 6 * hours]
    rates *= peak / rates.reshape(hours, 6).mean(axis=1).max()
    mix = stated.services[0].demand.mix or {}
    asked = {each: rates * float(share.constant or 0) for each, share in mix.items()}
    setting = ServingSetting(["plan", "scaler"], [Decimal(0), Decimal("0.2")], [600, 1800], seconds=20)
    begun = time.monotonic()
    lines = serving_summaries(simulate_services(stated, Trace(0, 600, {"chat": asked}), setting))
    for line in lines:
        lag = "" if line.lag is None else f", lag {line.lag // 60} min"
        system = f"{line.policy}, {line.headroom:.0%} free{lag}"
        yield Row(
            name, system, "simulated", line.cost, time.monotonic() - begun, note=f"misses {line.missed_share:.2%}"
        )


def commitments(data: Path, seconds: float) -> Iterator[Row]:
    """Yield rows of machines that are reserved or on demand."""
    for hours, peak in COMMITTED:
        name = f"commit, {hours} hours, {peak}/s"
        asked = [ceil(3600 * rate) for rate in curve(data, hours, peak)]
        yield _malloovia(name, asked, seconds)
        pools = [
            {
                "id": gpu,
                "nodes": {
                    "size": {"gpu": 1},
                    "count": 1000,
                    "price": price,
                    "commit": {"price": round(0.6 * price, 4)},
                },
            }
            for gpu, (price, _) in MACHINES.items()
        ]
        ways = [{"pool": gpu, "uses": {"gpu": 1}, "rate": {"any": rate}} for gpu, (_, rate) in MACHINES.items()]
        document = {
            "time": {"start": instants(1)[0], "slot": "1h", "horizon": f"{hours}h"},
            "pools": pools,
            "services": [
                {
                    "id": "chat",
                    "demand": {"any": {"steps": dict(zip(instants(hours), asked, strict=True))}},
                    "replicas": ways,
                }
            ],
        }
        result, took = ours(document, seconds)
        yield our_row(name, result, took)


def _malloovia(name: str, asked: Sequence[int], seconds: float) -> Row:
    """Return the row of Malloovia, which runs in an environment of its own."""
    if not MALLOOVIA.exists():
        return Row(name, "Malloovia", "not there", None, 0.0, note="bash peers/setup.sh installs it")
    question = {"asked": asked, "machines": MACHINES, "reserved": 0.6, "seconds": seconds}
    program = Path(__file__).with_name("malloovia_commit.py")
    done = subprocess.run([MALLOOVIA, program], input=json.dumps(question), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    status = "optimal" if answer["status"] == "optimal" else "feasible"
    return Row(
        name, "Malloovia", status, answer["cost"], answer["seconds"], "starts, several classes, divided requests"
    )


def mixes(example: dict[str, Any], seconds: float, folder: Path) -> Iterator[Row]:
    """Yield rows of one hour of the example."""
    for slices in (1, 2, 4, 8):
        cut = {**example, "slice_factor": slices}
        path = folder / "example.json"
        path.write_text(json.dumps(cut))
        name = f"one hour, {slices} slices"
        yield melange(name, cut, seconds)
        for kind in ("whole", "split"):
            result, took = ours(path, seconds, format="melange", params={"routing": kind})
            yield our_row(name, result, took, system=f"leptonopt {kind}")


def infernos(data: Path, seconds: float) -> Iterator[Row]:
    """Yield rows of inferno's small and large sample."""
    from leptonopt.io.load import read_document

    for size in ("small", "large"):
        folder = data / "services" / "inferno" / size
        path, name = folder / "server-data.json", f"inferno {size}"
        solution = json.loads((folder / "solution-data.json").read_text())["allocations"].values()
        yield Row(name, "inferno, published", "feasible", sum(each["cost"] for each in solution), 0.0, CANNOT_GREEDY)
        classes = json.loads((folder / "serviceclass-data.json").read_text())["serviceClasses"]
        levels = {each["name"]: each["priority"] for each in classes}
        servers = json.loads(path.read_text())["servers"]
        begun = time.monotonic()
        cost = inferno_greedy(
            read_document(path, format="inferno"), {each["name"]: levels[each["class"]] for each in servers}
        )
        yield Row(name, "inferno's greedy", "feasible", cost, time.monotonic() - begun, CANNOT_GREEDY)
        for kind in ("one-way", "split"):
            result, took = ours(path, seconds, format="inferno", params={"routing": kind})
            yield our_row(name, result, took, system=f"leptonopt {kind}")


def curves(data: Path, example: Mapping[str, Any], seconds: float) -> Iterator[Row]:
    """Yield rows of a day and of weeks."""
    hours = Hours(example, seconds)
    for length, peak in PEAKS:
        demand, name = curve(data, length, peak), f"{length} hours, peak {peak}/s"
        begun = time.monotonic()
        fixed = hours.cost([hours.fleet(max(demand), {})] * length)
        yield Row(name, "fleet of the peak", "feasible", fixed, time.monotonic() - begun, "a change of the fleet")
        cost, took = hour_by_hour(hours, demand)
        yield Row(name, "hour by hour", "feasible", cost, took, CANNOT_HOUR)
        instance = week(hours, demand)
        result, took = ours(instance, seconds)
        yield our_row(name, result, took)
        yield from reactive(data, instance, length, peak)


def main() -> None:
    """Compare and print."""
    given = arguments(__doc__, 20.0).parse_args()
    example = json.loads((given.data / "melange_example" / "example.json").read_text())
    table = Table(given.output)
    with TemporaryDirectory() as folder:
        for row in chain(
            mixes(example, given.time_limit, Path(folder)),
            infernos(given.data, given.time_limit),
            commitments(given.data, given.time_limit),
            curves(given.data, example, given.time_limit),
        ):
            table.add(row)


if __name__ == "__main__":
    main()
