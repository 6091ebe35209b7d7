"""Rewrite offers of commitments with a term: each start is a kind of nodes of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from leptonopt.errors import Finding, Path
from leptonopt.instance import units
from leptonopt.instance.stated import Origin, moved
from leptonopt.instance.unchecked import kinds

Document = dict[str, Any]
_KEYS = {"price", "total", "max", "term", "start"}
_LEFT_OUT = ("commit", "price", "reserved", "running", "since", "count")  # of a kind, in the kinds of its offers


def without_offers(document: Document, findings: list[Finding], origin: Origin) -> Document:
    """Return a document without lists of offers; what is wrong with them is added to `findings`.

    What moves is added to `origin`.
    """
    pools, time = document.get("pools"), document.get("time")
    if not isinstance(pools, list | tuple) or not any(_has_offers(pool) for pool in pools):
        return document
    try:
        begin = units.instant(time["start"])  # type: ignore[index]
    except (ValueError, KeyError, TypeError):
        begin = None  # the validation says why
    rewriting = _Rewriting(begin, findings, origin)
    return {**document, "pools": [rewriting.pool(pool, ("pools", at)) for at, pool in enumerate(pools)]}


def _has_offers(pool: Any) -> bool:
    return any(isinstance(kind, dict) and isinstance(kind.get("commit"), list | tuple) for kind in kinds(pool))


@dataclass
class _Rewriting:
    """Rewriting of pools with offers; the horizon begins at `begin`, None where that cannot be read."""

    begin: datetime | None
    findings: list[Finding]
    origin: Origin

    def pool(self, pool: Any, path: Path) -> Any:
        """Return a pool with a kind of nodes for each offer with a term."""
        if not _has_offers(pool):
            return pool
        stated, found = kinds(pool), list[tuple[int, Any]]()
        for at, kind in enumerate(stated):
            if not isinstance(kind, dict) or not isinstance(kind.get("commit"), list | tuple):
                found.append((at, kind))
                continue
            name = kind.get("id") or (f"{pool.get('id')}-{at + 1}" if len(stated) > 1 else pool.get("id"))
            place = (*path, "nodes", "commit") if isinstance(pool["nodes"], dict) else (*path, "nodes", at, "commit")
            found += [(at, each) for each in self._kinds(kind, name, place)]
        self.origin[(*path, "nodes")] = moved(at for at, _ in found)
        return {**pool, "nodes": [kind for _, kind in found]}

    def _kinds(self, kind: Document, name: Any, place: Path) -> Iterator[Document]:
        """Yield a kind with its offer for the whole horizon, and those of its other offers."""
        faults = [fault for at, offer in enumerate(kind["commit"]) for fault in _faults(offer, (*place, at))]
        whole = [offer for offer in kind["commit"] if isinstance(offer, dict) and offer.get("term") is None]
        if len(whole) > 1:
            faults.append(Finding("two offers without a term; one is allowed, for the whole horizon", place))
        self.findings += faults
        rest = {key: value for key, value in kind.items() if key != "commit"}
        rest |= {"id": name} if name and isinstance(name, str) else {}
        if whole:
            rest["commit"] = whole[0]
        if whole or kind.get("price") is not None or kind.get("reserved") or kind.get("running"):
            yield rest
        if not faults:
            yield from _offered(kind, name, self.begin)


def _offered(kind: Document, name: Any, begin: datetime | None) -> Iterator[Document]:
    """Yield a kind for each start of each offer with a term."""
    common, seen = {key: value for key, value in kind.items() if key not in _LEFT_OUT}, list[str]()
    for offer in kind["commit"]:
        for text in offer.get("start") or () if offer.get("term") is not None else ():
            start, seconds = units.instant(text), units.duration(offer["term"])
            end, shown = start + timedelta(seconds=seconds), units.instant_text(start)
            seen.append(shown)
            more = f"#{seen.count(shown)}" if seen.count(shown) > 1 else ""
            steps = {} if begin is None or start <= begin else {units.instant_text(begin): 0}
            steps |= {shown: offer["max"], units.instant_text(end): 0}
            total = offer.get("total")
            if total is None:
                total = _exact(Fraction(units.amount(offer["price"])) * Fraction(seconds, 3600))
            yield {
                **common,
                "id": f"{name} from {shown}{more}",
                "count": {"steps": steps},
                "commit": {"total": total, "max": offer["max"]},
            }


def _exact(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _faults(offer: Any, path: Path) -> Iterator[Finding]:
    """Yield what is wrong with an offer."""
    if not isinstance(offer, Mapping):
        yield Finding(
            "not an offer; write {total: 900, max: 4, term: 2d, start: [INSTANT]} or {price: 2, max: 3}", path
        )
        return
    for key in set(offer) - _KEYS:
        yield Finding(f"is not a key that is known here; allowed are {', '.join(sorted(_KEYS))}", (*path, str(key)))
    if offer.get("term") is None:
        if offer.get("start") is not None:
            yield Finding("a start without a term; say how long the offer is", (*path, "start"))
        return
    if (offer.get("price") is None) == (offer.get("total") is None):
        yield Finding("an offer has either a price (per node-hour of its term) or a total", path)
    if not isinstance(offer.get("max"), int) or isinstance(offer.get("max"), bool):
        yield Finding("an offer with a term says with max how many nodes there are", (*path, "max"))
    starts = offer.get("start")
    if not isinstance(starts, list | tuple) or not starts:
        yield Finding("an offer with a term has a list of starts", (*path, "start"))
    yield from _unreadable(offer, starts if isinstance(starts, list | tuple) else (), path)


def _unreadable(offer: Mapping[str, Any], starts: Any, path: Path) -> Iterator[Finding]:
    """Yield what of an offer is no duration, no instant, or no exact amount."""
    checks = [("term", units.duration, offer["term"]), *(("start", units.instant, start) for start in starts)]
    for key, read, value in checks:
        try:
            read(value)
        except ValueError as error:
            yield Finding(str(error), (*path, key))
    if offer.get("price") is not None and not [*_no_amount(offer, path)]:
        try:
            hours = Fraction(units.duration(offer["term"]), 3600)
        except ValueError:
            return
        if (Fraction(units.amount(offer["price"])) * hours * 10**units.MAX_DECIMALS).denominator > 1:
            yield Finding("the price times the hours of the term has more than 9 decimals; give a total", path)
    yield from _no_amount(offer, path)


def _no_amount(offer: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    for key in ("price", "total"):
        if offer.get(key) is not None:
            try:
                units.amount(offer[key])
            except ValueError as error:
                yield Finding(str(error), (*path, key))
