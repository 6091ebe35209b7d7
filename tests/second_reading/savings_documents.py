"""Draw instance documents with savings plans: those of `meter_documents`, mostly without meters, on clock hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

from .meter_documents import meter_document

SHARES = (1, Decimal("0.5"), Decimal("0.75"), Decimal("0.6"), Decimal("0.25"))
COMMITTED = (0, 1, 2, Decimal("0.5"), 5)


def savings_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed, with one or more savings plans; some have none, or are refused."""
    rng, tree = Random(f"savings {seed}"), meter_document(seed)
    if rng.random() < 0.8:
        del tree["meters"]
    if rng.random() < 0.9:
        _align(tree["time"])
    rates = [rate for pool in tree["pools"] for rate in _rates(rng, pool)]
    if rates:
        cut = rng.randrange(len(rates)) if rng.random() < 0.3 else 0
        tree["savings"] = [_plan(rng, f"s{at}", own) for at, own in enumerate((rates[:cut], rates[cut:])) if own]
        if rng.random() < 0.4:
            tree["savings"].append(_other(rng, tree["savings"]))
        for plan in tree["savings"]:
            if "commit" in plan and rng.random() < 0.3:
                _sell(rng, plan["commit"], tree["time"])
    return tree


def _other(rng: Random, plans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return another plan over things that are covered, at the same or at other prices."""
    cheaper = rng.choice([1, 1, Decimal("0.5")])
    known = [rate for plan in plans for rate in plan["rates"]]
    some = rng.sample(known, rng.randint(1, len(known)))
    rates = [rate | {"price": max(Decimal("1e-9"), rate["price"] * cheaper)} for rate in some]
    return {"id": "other", "rates": rates, "committed": rng.choice(COMMITTED), "order": rng.choice([1, 1, 2])}


def _sell(rng: Random, commit: dict[str, Any], time: dict[str, Any]) -> None:
    """Let money be committed for a term, from one or two of the first hours or slots on."""
    hours = max(1, int(time["slot"][:-1]) // 60)
    begin = datetime.fromisoformat(time["start"])
    begin += timedelta(minutes=-begin.minute % 60)
    starts = sorted(rng.sample(range(4), rng.randint(1, 2)))
    texts = [(begin + timedelta(hours=hours * at)).strftime("%Y-%m-%dT%H:%MZ") for at in starts]
    commit |= {"term": f"{hours * rng.randint(1, 3)}h", "start": texts}


def _align(time: dict[str, Any]) -> None:
    """Let slots lie on clock hours."""
    minutes = int(time["slot"][:-1])
    count = int(time["horizon"][:-1]) // minutes
    minutes = (
        minutes // 60 * 60 if minutes >= 60 else max(part for part in (10, 15, 20, 30) if part <= max(10, minutes))
    )
    start = datetime.fromisoformat(time["start"])
    start -= timedelta(minutes=start.minute % min(60, minutes))
    time |= {"start": start.strftime("%Y-%m-%dT%H:%MZ"), "slot": f"{minutes}m", "horizon": f"{minutes * count}m"}


def _rates(rng: Random, pool: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield rates of resources and kinds whose price is a number above 0."""
    for name, price in pool.get("price", {}).items():
        if not isinstance(price, dict) and price > 0 and name in pool["capacity"] and rng.random() < 0.8:
            yield {"pool": pool["id"], "resource": name, "price": _part(price, rng)}
    nodes = pool.get("nodes", [])
    for kind in [nodes] if isinstance(nodes, dict) else nodes:
        price = kind.get("price")
        named = kind.get("id") or (pool["id"] if isinstance(nodes, dict) or len(nodes) == 1 else None)
        if named and price and not isinstance(price, dict) and rng.random() < 0.9:
            yield {"pool": pool["id"], "kind": named, "price": _part(price, rng)}


def _part(price: Any, rng: Random) -> Decimal:
    """Return a part of a price, with as many decimals as may be written."""
    return max(Decimal("1e-9"), (Decimal(str(price)) * rng.choice(SHARES)).quantize(Decimal("1e-9"), ROUND_DOWN))


def _plan(rng: Random, id: str, rates: list[dict[str, Any]]) -> dict[str, Any]:
    plan: dict[str, Any] = {"id": id, "rates": rates}
    if rng.random() < 0.5:
        plan["committed"] = rng.choice(COMMITTED)
    if rng.random() < 0.7:
        step = rng.choice([1, Decimal("0.5"), Decimal("0.3")])
        plan["commit"] = {"max": step * rng.choice([0, 2, 5]), "step": step}
    return plan
