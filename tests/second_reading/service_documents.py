"""Draw tiny instances about services: few slots, ways and replicas, with all keys of the format."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

START = "2026-01-05T0{}:00Z"


def service_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed."""
    rng = Random(f"services {seed}")
    slots = rng.choice([1, 2, 2, 3])
    pools = [_pool(rng, name) for name in ["p", "q"][: rng.choice([1, 2, 2])]]
    services = [_service(rng, f"s{n}", pools, slots) for n in range(1 if slots > 1 or rng.random() < 0.7 else 2)]
    document: dict[str, Any] = {
        "time": {"start": START.format(0), "slot": "1h", "horizon": f"{slots}h"},
        "pools": pools,
        "services": services,
    }
    if rng.random() < 0.35:
        document["tasks"] = [_task(rng, n, pools) for n in range(rng.choice([1, 2]))]
    if rng.random() < 0.35:
        document["batches"] = [_batch(rng, n, services, slots) for n in range(rng.choice([1, 1, 2]))]
    if rng.random() < 0.25:
        nouns = [*services, *document.get("tasks", [])]
        document["quotas"] = [_quota(rng, [each["team"] for each in nouns if "team" in each])]
    if rng.random() < 0.1:
        document["objective"] = {"cost": rng.choice([1, 2]), "carbon_kg": Decimal("0.5")}
    return document


def _may(rng: Random, chance: float, key: str, draw: Any) -> dict[str, Any]:
    """Return a key with a drawn value, by a chance."""
    return {key: draw()} if rng.random() < chance else {}


def _pool(rng: Random, name: str) -> dict[str, Any]:
    pool: dict[str, Any] = {"id": name, "labels": [f"zone:{name}", *(["eu"] if rng.random() < 0.5 else [])]}
    if rng.random() < 0.35:
        kind = {
            "size": {"gpu": rng.choice([1, 2])},
            "count": rng.choice([1, 2]),
            "price": rng.choice([1, 2, Decimal("2.5")]),
        }
        pool["nodes"] = kind | _may(rng, 0.3, "boot", lambda: "1h") | _may(rng, 0.3, "startup", lambda: 1)
    else:
        pool["capacity"] = {"gpu": rng.choice([1, 2, 3, 4])}
        pool["price"] = {"gpu": rng.choice([0, 1, 2, {"steps": {START.format(0): 2, "2026-01-05T01:30Z": 1}}])}
    if rng.random() < 0.2:
        pool |= {"power": {"gpu": Decimal("0.5")}, "carbon": 200}
    return pool


def _number(rng: Random, draw: Any, slots: int) -> Any:
    """Draw a number that may change over time, also within a slot."""
    if rng.random() < 0.5:
        return draw()
    later = rng.choice(["2026-01-05T01:00Z", "2026-01-05T00:30Z", "2026-01-05T02:00Z"])
    return {"steps": {START.format(0): draw(), later: draw()}}


def _service(rng: Random, name: str, pools: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    classes = ["a", "b", "c"][: rng.choice([1, 2, 2, 3])]
    amounts = [0, 1, 2, 3, Decimal("1.5"), Decimal("0.7")]
    demand: dict[str, Any] = {each: _number(rng, lambda: rng.choice(amounts), slots) for each in classes}
    if len(classes) == 2 and rng.random() < 0.3:
        share = rng.choice([Decimal("0.25"), Decimal("0.6")])
        demand = {"rate": _number(rng, lambda: rng.choice([1, 2, 3]), slots), "mix": {"a": share, "b": 1 - share}}
    if rng.random() < 0.2:
        others = [
            {each: rng.choice(amounts) for each in classes[: rng.choice([1, 2, 3])]} for _ in range(rng.choice([1, 3]))
        ]
        demand = {"quantile": rng.choice([Decimal("0.5"), Decimal("0.75"), 1]), "samples": [demand, *others]}
    ways = [_way(rng, classes, pools, slots) for _ in range(rng.choice([1, 2, 2, 3] if slots == 1 else [1, 2, 2]))]
    for each in classes:  # some way serves each class
        rng.choice(ways)["rate"].setdefault(each, rng.choice([1, 2, 3]))
    service: dict[str, Any] = {"id": name, "demand": demand, "replicas": ways}
    service |= _may(rng, 0.35, "routing", lambda: rng.choice(["whole", "whole", "one-way", "split"]))
    service |= _may(rng, 0.3, "headroom", lambda: rng.choice([Decimal("0.2"), Decimal("0.5"), Decimal("0.15")]))
    service |= _may(rng, 0.15, "minimum", lambda: rng.choice([1, 2]))
    service |= _may(rng, 0.15, "limit", lambda: _number(rng, lambda: rng.choice([1, 2, 3]), slots))
    service |= _may(rng, 0.35, "start", lambda: _start(rng))
    service |= _may(rng, 0.25, "stay", lambda: rng.choice(["1h", "90m", "2h"]))
    service |= _may(
        rng, 0.3, "missed", lambda: {"cost": rng.choice([0, Decimal("0.0001"), Decimal("0.0003"), Decimal("0.001")])}
    )
    service |= _may(rng, 0.3, "fill", lambda: False)
    service |= _may(rng, 0.1, "needs", lambda: rng.choice([{"labels": ["eu"]}, {"quality": Decimal("0.9")}]))
    service |= _may(rng, 0.4, "team", lambda: "red")
    if len({way["pool"] for way in ways}) == 2 and rng.random() < 0.3:
        service["spread"] = {"label": "zone:"}
    service |= _may(rng, 0.15, "spare", lambda: rng.choice([1, 1, 2]))
    return _measured(rng, service) if rng.random() < 0.1 else service


def _measured(rng: Random, service: dict[str, Any]) -> dict[str, Any]:
    """Return a service with runs in place of the rates of its first way, some of them too slow."""
    way = dict(service["replicas"][0])
    times = ["20ms", "0.02s", "30ms"]
    runs = [{"class": name, "rate": rate, "tpot": rng.choice(times)} for name, rate in way.pop("rate").items()]
    runs += [{**run, "rate": run["rate"] + 1, "tpot": "31ms", "ttft": "1s"} for run in runs]
    slo = {"tpot": rng.choice(["30ms", "0.03s"])}
    return {**service, "slo": slo, "replicas": [{**way, "runs": runs}, *service["replicas"][1:]]}


def _start(rng: Random) -> dict[str, Any]:
    start = {"takes": rng.choice(["0s", "20m", "1h", "2h"]), "cost": rng.choice([0, 1, Decimal("0.5"), 3])}
    return {key: value for key, value in start.items() if rng.random() < 0.8}


def _way(rng: Random, classes: list[str], pools: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    rates = [1, 2, 3, 5, 0, Decimal("1.5"), Decimal("0.9")]
    way: dict[str, Any] = {"pool": rng.choice(pools)["id"], "uses": {"gpu": rng.choice([1, 1, 2, Decimal("0.5")])}}
    way["rate"] = {each: rng.choice(rates) for each in classes if rng.random() < 0.85} or {classes[0]: 2}
    most = 3 if slots < 3 else 2
    way["limit"] = _number(rng, lambda: rng.randint(1, most), slots) if rng.random() < 0.2 else most
    way |= _may(rng, 0.35, "running", lambda: rng.choice([0, 0, 1, 2]))
    way |= _may(rng, 0.2, "start", lambda: _start(rng))
    way |= _may(rng, 0.15, "stay", lambda: rng.choice(["0s", "2h"]))
    way |= _may(rng, 0.15, "headroom", lambda: rng.choice([0, Decimal("0.4")]))
    way |= _may(rng, 0.1, "minimum", lambda: 1)
    way |= _may(rng, 0.2, "quality", lambda: rng.choice([Decimal("0.8"), Decimal("0.95")]))
    way |= _may(rng, 0.2, "offline_rate", lambda: {each: rng.choice(rates) for each in classes})
    return way | _may(rng, 0.1, "variant", lambda: "fp8")


def classes_of(demand: dict[str, Any]) -> list[str]:
    """Return the classes of a demand, of samples those of all."""
    if "samples" in demand:
        return list(dict.fromkeys(name for sample in demand["samples"] for name in classes_of(sample)))
    return list(demand.get("mix", demand))


def _batch(rng: Random, n: int, services: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    service = rng.choice(services)
    demand = service["demand"]
    names = classes_of(demand)
    amount = {each: rng.choice([0, 1800, 3600, 5000, 9000]) for each in names if rng.random() < 0.7}
    batch = {"id": f"n{n}", "service": service["id"], "amount": amount or {names[0]: 3600}}
    batch |= _may(rng, 0.3, "release", lambda: rng.choice([START.format(0), "2026-01-05T00:30Z", START.format(1)]))
    if rng.random() < 0.3 and slots > 1:
        batch["deadline"] = rng.choice(["2026-01-05T01:59Z", START.format(2), START.format(3)])
    return batch | ({"optional": True, "value": rng.choice([0, 1, 3, 9])} if rng.random() < 0.5 else {})


def _task(rng: Random, n: int, pools: list[dict[str, Any]]) -> dict[str, Any]:
    options = [
        {"pool": pool["id"], "uses": {"gpu": rng.choice([1, 2])}, "duration": rng.choice(["1h", "2h"])}
        for pool in pools
    ]
    task: dict[str, Any] = {"id": f"t{n}", "options": options[: rng.choice([1, 2])]}
    task |= _may(rng, 0.6, "optional", lambda: True)
    return (
        task | ({"value": rng.choice([1, 3, 6])} if "optional" in task else {}) | _may(rng, 0.3, "team", lambda: "blue")
    )


def _quota(rng: Random, teams: list[str]) -> dict[str, Any]:
    quota: dict[str, Any] = {
        "id": "limit",
        "of": rng.choice(["gpu", "gpu", "money"]),
        "limit": rng.choice([1, 2, 4, 6, 9]),
    }
    if quota["of"] == "gpu":
        quota |= _may(rng, 0.4, "per", lambda: "moment")
        quota |= _may(rng, 0.5 if teams else 0, "teams", lambda: [rng.choice(teams)])
    return quota | _may(rng, 0.2, "pools", lambda: ["p"])
