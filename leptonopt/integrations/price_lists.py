"""Read price lists: the catalogue CSV of SkyPilot, and the CSV of gpuhunt, as pools of nodes to rent."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations.imported import Document, Grid, Imported, plain_number

MOST_POOLS = 200
SKYPILOT = {"InstanceType", "Price", "Region"}
GPUHUNT = {"instance_name", "location", "price"}


@dataclass(frozen=True)
class Offer:
    """A machine to rent by the hour; amounts of 0 are not known or not there."""

    instance: str
    region: str
    accelerator: str
    accelerators: Decimal
    cpu: Decimal
    memory_gib: Decimal
    price: Decimal
    spot: bool
    cloud: str = ""
    device_memory: Decimal = Decimal(0)


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return a pool of nodes for each offer that the parameters choose.

    Parameters
    ----------
    texts : name and content of each file; the name without its ending is the cloud where the file says none.
    params : `accelerator` (A100, or A100:8), `region`, `instance`, `spot` (yes, no; both when absent) choose offers;
        `nodes` is the number of nodes that can be had of each (8).

    Raises
    ------
    InputError
        When a file is neither format, or a number in it is none.
    UsageError
        When nothing or too much is chosen.
    """
    offers: dict[tuple[str, ...], Offer] = {}
    for name, text in texts:
        for offer in _offers(name, text):
            key = (offer.cloud, offer.instance, offer.region, str(offer.spot), offer.accelerator)
            if _chosen(offer, params) and (key not in offers or offer.price < offers[key].price):
                offers[key] = offer  # the cheapest zone of a region
    if not offers:
        raise UsageError("no offer is chosen; look at the words of --param accelerator, region, instance, spot")
    if len(offers) > MOST_POOLS:
        raise UsageError(
            f"{len(offers):,} offers are chosen; at most {MOST_POOLS}: choose by --param accelerator, region"
        )
    nodes = _whole(params.get("nodes", "8"))
    found = Imported(pools=[_pool(offer, nodes) for _, offer in sorted(offers.items())])
    found.notes.append(f"{nodes} nodes of each can be had (--param nodes=N); price lists do not say how many there are")
    if any(offer.spot for offer in offers.values()):
        found.notes.append("price lists say nothing of interruptions; give `interruptions` of spot pools in an overlay")
    return found


def _whole(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 10**6:
        raise UsageError(f"--param nodes={text}; allowed is a whole number from 1 to 1,000,000")
    return int(text)


def _offers(name: str, text: str) -> Iterator[Offer]:
    rows = csv.DictReader(io.StringIO(text))
    columns = set(rows.fieldnames or ())
    reader = _skypilot if columns >= SKYPILOT else _gpuhunt if columns >= GPUHUNT else None
    if reader is None:
        raise InputError(
            f"{name}: has neither the columns of a SkyPilot catalogue ({', '.join(sorted(SKYPILOT))}) "
            f"nor those of gpuhunt ({', '.join(sorted(GPUHUNT))})"
        )
    cloud = name.rpartition("/")[2].split(".")[0].removesuffix("_vms")
    for row in rows:
        try:
            yield from (offer if offer.cloud else replace(offer, cloud=cloud) for offer in reader(row))
        except InvalidOperation:
            raise InputError(f"{name}:{rows.line_num}: a price or an amount is no number") from None


def _number(text: str | None) -> Decimal:
    found = Decimal(text.strip()) if text and text.strip() else Decimal(0)
    if not found.is_finite():
        raise InvalidOperation
    return found


def _skypilot(row: Mapping[str, str]) -> Iterator[Offer]:
    """Yield the offers on demand and on spot of a row; an empty price, or 0 on spot, is no offer."""
    offer = Offer(
        row["InstanceType"] or row.get("AcceleratorName") or "", row["Region"], row.get("AcceleratorName") or "",
        _number(row.get("AcceleratorCount")), _number(row.get("vCPUs")), _number(row.get("MemoryGiB")),
        _number(row["Price"]), spot=False,
    )  # fmt: skip
    if row["Price"]:
        yield offer
    if _number(row.get("SpotPrice")) > 0:
        yield replace(offer, price=_number(row["SpotPrice"]), spot=True)


def _gpuhunt(row: Mapping[str, str]) -> Iterator[Offer]:
    yield Offer(
        row["instance_name"], row["location"], row.get("gpu_name") or "", _number(row.get("gpu_count")),
        _number(row.get("cpu")), _number(row.get("memory")), _number(row["price"]),
        (row.get("spot") or "").strip().lower() in ("true", "1", "yes"), row.get("provider") or "",
        _number(row.get("gpu_memory")),
    )  # fmt: skip


def _chosen(offer: Offer, params: Mapping[str, str]) -> bool:
    model, _, count = params.get("accelerator", "").partition(":")
    if model and (
        offer.accelerator.lower() != model.lower() or (count and str(offer.accelerators.normalize()) != count)
    ):
        return False
    spot = params.get("spot", "")
    if spot not in ("", "yes", "no"):
        raise UsageError(f"--param spot={spot}; allowed are yes and no")
    same = all(getattr(offer, key) == params[key] for key in ("region", "instance") if key in params)
    return same and (not spot or offer.spot == (spot == "yes"))


def _pool(offer: Offer, nodes: int) -> Document:
    size = {"gpu": offer.accelerators, "cpu": offer.cpu, "memory_gib": offer.memory_gib}
    shown = {name: plain_number(amount) for name, amount in size.items() if amount} or {"node": 1}
    parts = [offer.cloud, offer.instance, offer.region, "spot" if offer.spot else ""]
    labels = sorted({offer.cloud, offer.region, offer.accelerator, "spot" if offer.spot else "on-demand"} - {""})
    kind = {"id": offer.instance or "node", "size": shown, "count": nodes, "price": plain_number(round(offer.price, 9))}
    made: Document = {"id": "-".join(filter(None, parts)), "nodes": [kind], "labels": labels}
    return {**made, **({"device_memory": plain_number(offer.device_memory)} if offer.device_memory else {})}
