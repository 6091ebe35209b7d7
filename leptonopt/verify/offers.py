"""Read offers of commitments with a term, each start as a kind of nodes of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal, localcontext
from typing import Any

from leptonopt.verify.exact import duration, instant

Plain = dict[str, Any]
LEFT_OUT = ("price", "reserved", "running", "since")  # of a kind, in those of its offers


def without_offers(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in which every commitment is for the whole horizon."""
    pools = document.get("pools") or ()
    if not any(isinstance(kind.get("commit"), list | tuple) for pool in pools for kind in kinds_of(pool)):
        return document
    return {**document, "pools": [{**pool, "nodes": list(_split(document, pool))} for pool in pools]}


def kinds_of(pool: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the kinds of nodes that a pool states, one or a list."""
    nodes = pool.get("nodes") or ()
    return [nodes] if isinstance(nodes, Mapping) else list(nodes)


def _split(document: Mapping[str, Any], pool: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the kinds of a pool, then those of the offers of each."""
    kinds = kinds_of(pool)
    for number, kind in enumerate(kinds, 1):
        offers = kind.get("commit")
        if not isinstance(offers, list | tuple):
            yield kind
            continue
        name = kind.get("id") or (pool["id"] if len(kinds) == 1 else f"{pool['id']}-{number}")
        own = {**kind, "id": name, "commit": next((offer for offer in offers if offer.get("term") is None), None)}
        had = own["commit"], kind.get("price"), kind.get("reserved") or None, kind.get("running") or None
        if any(each is not None for each in had):
            yield own
        names = Counter[str]()
        for offer in offers:
            for text in (offer.get("start") or ()) if offer.get("term") is not None else ():
                start = instant(text)
                shown = start.strftime("%Y-%m-%dT%H:%M:%SZ")
                names[shown] += 1
                yield {
                    **{key: value for key, value in kind.items() if key not in LEFT_OUT},
                    "id": f"{name} from {shown}" + (f"#{names[shown]}" if names[shown] > 1 else ""),
                    "count": {"steps": _there(document, start, offer)},
                    "commit": {"total": _total(offer), "max": offer["max"]},
                }


def _there(document: Mapping[str, Any], start: Any, offer: Mapping[str, Any]) -> Plain:
    """Return how many nodes of an offer there are: none before its start, and none after its term."""
    begin = instant(document["time"]["start"])
    steps = {} if start <= begin else {begin.isoformat(): 0}
    end = start + timedelta(seconds=int(duration(offer["term"])))
    return {**steps, start.isoformat(): offer["max"], end.isoformat(): 0}


def _total(offer: Mapping[str, Any]) -> Any:
    if offer.get("total") is not None:
        return offer["total"]
    with localcontext(prec=60):
        return Decimal(str(offer["price"])) * int(duration(offer["term"])) / 3600
