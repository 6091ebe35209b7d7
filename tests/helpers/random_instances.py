"""Small random instances in the native format, with every feature of it; seeded, so that a failure can be repeated."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

START = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)  # the night clocks go back in Europe


COMMON, ODD = (30, 60, 20), (7, 13, 90)  # minutes of a slot


def instance(
    seed: int, tasks: int = 4, slots: int = 7, whole_bill: bool | None = None, minutes_of: tuple[int, ...] = COMMON
) -> dict[str, Any]:
    """A document with up to `tasks` tasks on two or three pools; about a fifth of them have no plan.

    `whole_bill` adds nodes, power, interruptions, quotas and affinity; by default to every second one.
    """
    rng = random.Random(seed)
    minutes = rng.choice(minutes_of)
    slot = "1h" if minutes == 60 else f"{minutes}m"
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
                "from": (START + timedelta(minutes=minutes * low + rng.choice([0, min(7, minutes // 2)]))).strftime(
                    "%Y-%m-%dT%H:%MZ"
                ),
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
    _add_milestones(made, random.Random(f"milestones {seed}"))
    document = {
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
    if whole_bill or (whole_bill is None and seed % 2):
        _add_whole_bill(document, random.Random(f"bill {seed}"), minutes, slots)
    return document


def _add_milestones(tasks: list[dict[str, Any]], rng: random.Random) -> None:
    """Let some options of one seed in six take no time."""
    if rng.random() < 1 / 6:
        for task in tasks:
            for option in task.get("options", []):
                if rng.random() < 0.5:
                    option["duration"] = "0s"
            if "work" in task and rng.random() < 0.3:
                task["work"]["hours"] = 0


def _add_whole_bill(document: dict[str, Any], rng: random.Random, minutes: int, slots: int) -> None:
    """What AI infrastructure costs beside units and hours, at random."""

    def moment(slot: int) -> str:
        return (START + timedelta(minutes=minutes * slot)).strftime("%Y-%m-%dT%H:%MZ")

    def series(low: int, high: int, part: int = 10) -> Any:
        first, second = (Decimal(rng.randint(low, high)) / part for _ in range(2))
        if rng.random() < 0.5:
            return first
        return {"steps": {moment(0): first, moment(rng.randint(1, slots - 1)): second}}

    def kind(pool: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {"size": {"gpu": rng.randint(1, 3)}, "count": series(1, 3, 1)}
        if "memory" not in pool["capacity"]:
            made["size"]["memory"] = Decimal(rng.randint(5, 12)) / 2
        if rng.random() < 0.8:
            made["price"] = series(0, 50)
        if rng.random() < 0.4:
            made["reserved"] = 1
        if rng.random() < 0.4 or "price" not in made:
            made["commit"] = rng.choice([Decimal("0.7"), {"total": 4, "max": 1}, {"price": Decimal("0.3"), "max": 2}])
        for key, most in (("startup", 20), ("shutdown", 8), ("power", 9)):
            if rng.random() < 0.3:
                made[key] = Decimal(rng.randint(0, most)) / 10
        for key in ("boot", "minimum"):
            if rng.random() < 0.25:
                made[key] = f"{rng.choice([10, minutes, 2 * minutes])}m"
        early = random.Random(repr(made))  # of its own: what else is drawn stays as it was
        if early.random() < 0.4:
            count = made["count"]
            made["running"] = early.randint(1, int(max(count["steps"].values()) if isinstance(count, dict) else count))
        return made

    pools, tasks = document["pools"], document["tasks"]
    for pool in pools:
        if rng.random() < 0.5:
            del pool["capacity"]["gpu"]
            for window in pool.get("maintenance", ()):
                window.pop("capacity", None)
            if rng.random() < 0.3:
                del pool["capacity"]["memory"]
            pool["nodes"] = kind(pool) if rng.random() < 0.6 else [kind(pool), kind(pool)]
            if rng.random() < 0.6:
                del pool["price"]["gpu"]
        if rng.random() < 0.3:
            pool["power"] = {"gpu": Decimal(rng.randint(1, 9)) / 10}
            pool["price"]["power"] = series(0, 9)
            pool["carbon"] = series(0, 600, 1)
            if rng.random() < 0.3:
                pool["capacity"]["power"] = 2
        if rng.random() < 0.3:
            pool["interruptions"] = series(0, 5)
        if rng.random() < 0.2:
            pool["sunk"] = 3
    apart = rng.random() < 0.4
    for task in tasks:
        if "due" in task and rng.random() < 0.5:
            task["late_penalty"] = Decimal(rng.randint(0, 40)) / 10
        if rng.random() < 0.5:
            task["team"] = rng.choice(["red", "blue"])
        if apart and rng.random() < 0.6:
            task["placement"] = "one-node"
        if rng.random() < 0.1:
            task["needs"] = {**task.get("needs", {}), "without": ["private"]}
        if rng.random() < 0.4:
            task["checkpoint"] = rng.choice(
                [{"cost": "1m"}, {"every": "20m"}, {"every": "25m", "cost": "2m", "restart": "4m"}]
            )
        if "deadline" in task and rng.random() < 0.3:
            task["on_time"] = Decimal("0.9")
        for option in task.get("options", ()):
            if rng.random() < 0.3:
                option["consumes"] = {"licence": rng.randint(1, 3)}
            pool = next(pool for pool in pools if pool["id"] == option["pool"])
            if isinstance(pool.get("nodes"), dict) and rng.random() < 0.3:
                option["nodes"] = rng.randint(1, 2)
                option["uses"] = {
                    name: count for name, count in option["uses"].items() if name not in pool["nodes"]["size"]
                }
    if rng.random() < 0.3:
        document["objective"] = rng.choice(
            [{"cost": 1, "carbon_kg": Decimal("1.5")}, {"cost": 0, "carbon_kg": 1}, {"cost": 2}]
        )
    quotas: list[dict[str, Any]] = []
    licensed = any("consumes" in option for task in tasks for option in task.get("options", ()))
    teams = sorted({task["team"] for task in tasks if "team" in task})
    for _ in range(rng.choice([0, 0, 1, 2])):
        of = rng.choice(["money", "energy", "carbon", "gpu", *(["licence"] if licensed else [])])
        quota = {"id": f"quota {len(quotas)}", "of": of, "limit": Decimal(rng.randint(0, 80)) / 10}
        if of == "gpu" and rng.random() < 0.5:
            quota["per"] = "moment"
        elif minutes in (30, 60) or of == "licence":
            quota["per"] = rng.choice(["horizon", "day"])
        if rng.random() < 0.5 and (of != "money" or not any("nodes" in pool for pool in pools)):
            quota |= rng.choice([{"tasks": ["task-0"]}, {"teams": teams[:1]} if teams else {}])
        if rng.random() < 0.4:
            quota["pools"] = [pools[0]["id"]]
            if of not in ("gpu", "money"):
                del quota["pools"]
        quotas.append(quota)
    if quotas:
        document["quotas"] = quotas
    for key in ("together", "apart"):
        if len(tasks) > 1 and rng.random() < 0.2:
            document[key] = [[task["id"] for task in rng.sample(tasks, 2)]]


def everything(seed: int, minutes_of: tuple[int, ...] = COMMON) -> dict[str, Any]:
    """A tiny instance, small enough for brute force most of the time, of all feature families.

    Beside what `instance` has: options on several pools, options with names, profiles, confidential work.
    """
    document = instance(seed, tasks=3, slots=5, whole_bill=seed % 3 != 0, minutes_of=minutes_of)
    rng, pools = random.Random(f"more {seed}"), document["pools"]
    names = [pool["id"] for pool in pools]
    confidential = rng.random() < 0.1
    for pool in pools if confidential else ():
        if rng.random() < 0.7:
            pool["labels"] = [*pool["labels"], "confidential"]
    for task in document["tasks"]:
        if confidential and rng.random() < 0.5:
            task["confidential"] = True
        for option in task.get("options", ()):
            if rng.random() < 0.15 and not option.get("nodes"):
                del option["pool"]
                option["pools"] = rng.sample(names, rng.randint(1, len(names)))
        for number, option in enumerate(task.get("options", ())):
            if rng.random() < 0.1:
                option["id"] = f"way {number}"
        if "work" in task and rng.random() < 0.3:
            profile = {"speed": task["work"].pop("speed"), "devices": task["work"].pop("devices")}
            document.setdefault("profiles", {})[f"profile of {task['id']}"] = profile
            task["work"]["profile"] = f"profile of {task['id']}"
        elif "work" in task and rng.random() < 0.2:
            del task["work"]["devices"]
    return document


def wild(seed: int) -> dict[str, Any]:
    """A tiny instance with what few would write: odd slots, counts and capacities of zero, and equal names.

    Names that need to be unique only within their pool or task are the same in all of them, and the same as those of
    other things: a kind of nodes is called as in the pool beside it, a resource as a pool, an option as a task.
    """
    document, rng = everything(seed, ODD if seed % 4 else COMMON), random.Random(f"wild {seed}")
    pools = document["pools"]
    start = document["time"]["start"]

    def perhaps_none(value: Any) -> Any:
        """Zero at times, from the start or in the first step."""
        if rng.random() < 0.75:
            return value
        if isinstance(value, dict) and "steps" in value:
            return {"steps": {**value["steps"], start: 0}}
        return 0

    for pool in pools:
        nodes = pool.get("nodes") or []
        for number, kind in enumerate([nodes] if isinstance(nodes, dict) else nodes):
            kind["id"] = "pool 0" if number == 0 else "gpu"
            kind["count"] = perhaps_none(kind["count"])
            kind.pop("reserved", None)
            kind.pop("running", None)
            if rng.random() < 0.4:  # of several resources, and not the same in every pool
                kind["size"]["nic"] = rng.randint(1, 4)
        if "gpu" in pool["capacity"]:
            pool["capacity"]["gpu"] = perhaps_none(pool["capacity"]["gpu"])
        held = {"nic"} & {name for kind in ([nodes] if isinstance(nodes, dict) else nodes) for name in kind["size"]}
        if not held and rng.random() < 0.5:
            pool["capacity"]["nic"] = rng.choice([0, 1, 3, "unlimited"])
    known = any("nic" in pool["capacity"] for pool in pools) or "'nic'" in repr([pool.get("nodes") for pool in pools])
    for task in document["tasks"]:
        for number, option in enumerate(task.get("options", ())):
            if rng.random() < 0.3:
                option["id"] = f"task-{number}"
            if known and rng.random() < 0.2 and not option.get("nodes"):
                option["uses"] = {**option["uses"], "nic": rng.randint(0, 2)}
            if rng.random() < 0.1:
                option["uses"] = {}
    return document


FAMILIES: dict[str, Any] = {
    "nodes rented": lambda text: "'nodes': {'size'" in text or "'nodes': [{" in text,
    "commitments": lambda text: "'commit'" in text,
    "reserved nodes": lambda text: "'reserved'" in text,
    "switching, booting, minimum time": lambda text: any(f"'{key}'" in text for key in ("startup", "shutdown", "boot", "minimum")),
    "within one node": lambda text: "'one-node'" in text,
    "spot": lambda text: "'interruptions'" in text,
    "checkpoints": lambda text: "'checkpoint'" in text,
    "deadlines kept with a probability": lambda text: "'on_time'" in text,
    "lateness": lambda text: "'late_cost'" in text,
    "late penalties": lambda text: "'late_penalty'" in text,
    "optional": lambda text: "'optional': True" in text,
    "quotas": lambda text: "'quotas'" in text,
    "quotas at any moment": lambda text: "'moment'" in text,
    "quotas per day": lambda text: "'per': 'day'" in text,
    "energy": lambda text: "'power'" in text,
    "carbon": lambda text: "'carbon'" in text,
    "carbon in the objective": lambda text: "'carbon_kg'" in text,
    "affinity: together": lambda text: "'together'" in text,
    "affinity: apart": lambda text: "'apart'" in text,
    "precedence": lambda text: "'after'" in text,
    "groups of copies": lambda text: "'copies'" in text,
    "tariffs": lambda text: "'daily'" in text,
    "prices in steps": lambda text: "'price': {'gpu': {'steps'" in text,
    "negative prices": lambda text: "Decimal('-" in text,
    "maintenance": lambda text: "'maintenance'" in text,
    "work and scaling": lambda text: "'work'" in text,
    "profiles": lambda text: "'profiles'" in text,
    "several pools": lambda text: "'pools': ['pool" in text,
    "confidential": lambda text: "'confidential'" in text,
    "releases and deadlines": lambda text: "'release'" in text and "'deadline'" in text,
}  # fmt: skip


def families(document: dict[str, Any]) -> set[str]:
    """The feature families of a document."""
    text = repr(document)
    return {name for name, has in FAMILIES.items() if has(text)}
