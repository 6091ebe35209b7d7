"""Small random instances in the native format, with every feature of it; seeded, so that a failure can be repeated."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

START = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)  # the night clocks go back in Europe


def instance(seed: int, tasks: int = 4, slots: int = 7) -> dict[str, Any]:
    """A document with up to `tasks` tasks on two or three pools; about a fifth of them have no plan."""
    rng = random.Random(seed)
    slot = rng.choice(["30m", "1h", "20m"])
    minutes = {"30m": 30, "1h": 60, "20m": 20}[slot]
    horizon = timedelta(minutes=minutes * slots)

    def moment(low: float, high: float) -> str:
        grain = rng.choice([1, 5, minutes, minutes])
        at = START + timedelta(minutes=grain * round(rng.uniform(low, high) * slots * minutes / grain))
        return at.strftime("%Y-%m-%dT%H:%MZ")

    def price() -> Any:
        def money() -> Decimal:
            return Decimal(rng.randint(-2 if rng.random() < 0.3 else 0, 40)) / 10

        match rng.randrange(3):
            case 0:
                return {"daily": {"00:00": money(), "02:30": money(), "22:15": money()}}
            case 1:
                return {"steps": {START.strftime("%Y-%m-%dT%H:%MZ"): money(), moment(0.2, 0.8): money()}}
        return money()

    pools: list[dict[str, Any]] = []
    for at in range(rng.randint(2, 3)):
        pool: dict[str, Any] = {
            "id": f"pool {at}",
            "capacity": {"gpu": rng.randint(2, 4), "memory": rng.choice(["unlimited", Decimal("7.5"), 12])},
            "price": {"gpu": price()},
            "labels": rng.sample(["eu", "private"], rng.randint(0, 2)),
            "device_memory": 40,
        }
        if rng.random() < 0.4:
            pool["price"]["memory"] = price()
        if rng.random() < 0.4:
            pool["capacity"]["gpu"] = {
                "steps": {START.strftime("%Y-%m-%dT%H:%MZ"): rng.randint(1, 4), moment(0.2, 0.8): rng.randint(0, 5)}
            }
        if rng.random() < 0.3:
            low = rng.randint(0, slots - 2)
            window: dict[str, Any] = {
                "from": (START + timedelta(minutes=minutes * low + rng.choice([0, 7]))).strftime("%Y-%m-%dT%H:%MZ"),
                "to": (START + timedelta(minutes=minutes * (low + 1))).strftime("%Y-%m-%dT%H:%MZ"),
            }
            if rng.random() < 0.5:
                window["capacity"] = {"gpu": 1}
            pool["maintenance"] = [window]
        pools.append(pool)

    made = []
    for at in range(rng.randint(1, tasks)):
        task: dict[str, Any] = {"id": f"task-{at}"}
        if rng.random() < 0.3:
            task["copies"] = rng.randint(2, 3)
        if rng.random() < 0.4:
            task["release"] = moment(0.0, 0.3)
        if rng.random() < 0.4:
            task["deadline"] = moment(0.6, 1.1)
        if rng.random() < 0.4:
            task["due"], task["late_cost"] = moment(0.2, 0.9), Decimal(rng.randint(0, 50)) / 10
        if rng.random() < 0.35:
            task["optional"], task["value"] = True, Decimal(rng.randint(-1, 12))
        elif rng.random() < 0.3:
            task["value"] = 5
        if at and rng.random() < 0.35:
            lag = rng.choice([None, "10m", f"{minutes}m"])
            before = f"task-{rng.randrange(at)}"
            task["after"] = [before if lag is None else {"task": before, "lag": lag}]
        if rng.random() < 0.2:
            task["needs"] = rng.choice([{"labels": ["eu"]}, {"quality": Decimal("0.95")}])
        if rng.random() < 0.35:
            task["work"] = {
                "hours": round(Decimal(minutes * rng.randint(1, 4)) / 60 + Decimal("0.01"), 4),
                "speed": {pool["id"]: rng.choice([1, Decimal("1.5"), {1: 1, 2: Decimal("1.9")}]) for pool in pools},
                "devices": {1: 1, 2: Decimal("1.7")},
                "per_device": {"memory": Decimal("1.5")},
                "memory": rng.choice([30, 60]),
                "variants": {
                    "full": {},
                    "int8": {"speed": Decimal("1.4"), "quality": Decimal("0.9"), "memory": Decimal("0.5")},
                },
                "cost": Decimal(rng.randint(0, 3)),
            }
        else:
            task["options"] = [
                {
                    "pool": rng.choice(pools)["id"],
                    "uses": {"gpu": rng.choice([0, 1, 1, 1, 2, 3]), "memory": Decimal(rng.randint(0, 8)) / 2},
                    "duration": f"{minutes * rng.randint(1, 3) - rng.choice([0, 0, 5])}m",
                    "cost": Decimal(rng.randint(-4, 20)) / 4,
                    "quality": rng.choice([1, Decimal("0.9")]),
                }
                for _ in range(rng.randint(1, 4))
            ]
        made.append(task)
    return {
        "leptonopt": 1,
        "name": f"random {seed}",
        "time": {
            "start": START.strftime("%Y-%m-%dT%H:%MZ"),
            "slot": slot,
            "horizon": f"{int(horizon.total_seconds() // 60)}m",
            "zone": "Europe/Berlin",
        },
        "pools": pools,
        "tasks": made,
    }
