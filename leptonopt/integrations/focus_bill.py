"""Read bills in the FOCUS format: effective prices of node-hours, and the use of commitments.

FOCUS is the common columns of the bills of AWS, Azure, Google Cloud and Oracle (focus.finops.org, versions 1.0 to 1.2).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from leptonopt.errors import InputError
from leptonopt.integrations.imported import Document, Grid, Imported, plain_number

NEEDED = {"EffectiveCost", "ProviderName", "PricingUnit", "PricingQuantity"}
_HOURS = re.compile(r"(?i)(instance[- ]?)?(hours?|hrs?)")
_TYPE = re.compile(r"\b([a-z][a-z0-9-]*\.[a-z0-9-]+)\b|\b(Standard_[A-Za-z0-9_]+|[a-z]\d[a-z]?-[a-z]+-\d+g?)\b")


@dataclass
class Usage:
    """The hours and the cost of one type of machine in one region, by one way of paying."""

    hours: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)
    by_hour: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))


@dataclass
class Bill:
    """The sum of all rows of a bill, its machines by key, hours of commitments by status."""

    rows: int = 0
    total: Fraction = Fraction(0)
    currencies: set[str] = field(default_factory=set)
    machines: dict[tuple[str, str, str, str], Usage] = field(default_factory=lambda: defaultdict(Usage))
    sizes: dict[tuple[str, str, str, str], Document] = field(default_factory=dict)
    commitments: dict[str, dict[str, Fraction]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Fraction))
    )


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return a pool for each provider, region, type of machine and way of paying that a bill has hours of.

    The price of a node is the effective cost per hour, rounded to 9 decimals; its count is the most that ran in one
    charge period. Notes say the exact sum of all rows, and how much of each commitment is used.

    Raises
    ------
    InputError
        When a file lacks columns of FOCUS, or a cost is no number.
    """
    bill = Bill()
    for name, text in texts:
        for row in _rows(name, text):
            _add(bill, row)
    found = Imported(pools=[_pool(key, usage, bill.sizes.get(key)) for key, usage in sorted(bill.machines.items())])
    currency = "/".join(sorted(bill.currencies)) or "currency unknown"
    found.notes.append(f"EffectiveCost of all {bill.rows:,} rows: {_exact(bill.total)} {currency}")
    if len(bill.currencies) > 1:
        found.notes.append("the bill has several currencies, which are added up as they stand")
    for identity, status in sorted(bill.commitments.items()):
        used, all_hours = status.get("Used", Fraction(0)), sum(status.values(), Fraction(0))
        share = f"{float(used / all_hours):.1%}" if all_hours else "nothing"
        found.notes.append(f"commitment {identity}: {share} of {float(all_hours):,.2f} is used")
    return found


def _rows(name: str, text: str) -> Iterator[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text))
    if missing := NEEDED - set(rows.fieldnames or ()):
        raise InputError(f"{name}: lacks the columns {', '.join(sorted(missing))} of a FOCUS bill")
    for row in rows:
        try:
            row["EffectiveCost"] = str(Decimal(row["EffectiveCost"] or "0"))
            row["PricingQuantity"] = str(Decimal(row["PricingQuantity"] or "0"))
        except (InvalidOperation, TypeError):
            raise InputError(f"{name}:{rows.line_num}: EffectiveCost or PricingQuantity is no number") from None
        yield row


def _add(bill: Bill, row: Mapping[str, str]) -> None:
    cost, quantity = Fraction(row["EffectiveCost"]), Fraction(row["PricingQuantity"])
    bill.rows += 1
    bill.total += cost
    if currency := row.get("BillingCurrency"):
        bill.currencies.add(currency)
    status, identity = row.get("CommitmentDiscountStatus"), row.get("CommitmentDiscountId")
    if status and identity:
        bill.commitments[identity.rpartition("/")[2]][status] += quantity
    machine = _machine(row)
    if machine is None or row.get("ChargeCategory", "Usage") != "Usage" or status == "Unused" or quantity <= 0:
        return
    if not _HOURS.fullmatch((row["PricingUnit"] or "").strip()):
        return
    key = (row["ProviderName"], row.get("RegionId") or "", machine, row.get("PricingCategory") or "Standard")
    usage = bill.machines[key]
    usage.hours += quantity
    usage.cost += cost
    usage.by_hour[row.get("ChargePeriodStart") or ""] += quantity
    bill.sizes.setdefault(key, _size(row))


def _details(row: Mapping[str, str]) -> Document:
    try:
        found = json.loads(row.get("SkuPriceDetails") or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _machine(row: Mapping[str, str]) -> str | None:
    """Return the type of machine of a row, from its details, or else from its description."""
    named = _details(row).get("InstanceType")
    if named:
        return str(named)
    if (row.get("ServiceCategory") or "Compute") != "Compute":
        return None
    found = _TYPE.search(row.get("ChargeDescription") or "")
    return found[0] if found else None


def _size(row: Mapping[str, str]) -> Document:
    details = _details(row)
    names = {"gpu": "GpuCount", "cpu": "CoreCount", "memory_gib": "MemorySize"}
    found = {new: details[old] for new, old in names.items() if isinstance(details.get(old), int) and details[old] > 0}
    return found or {"node": 1}


def _pool(key: tuple[str, str, str, str], usage: Usage, size: Document | None) -> Document:
    provider, region, machine, paid = key
    most = max(usage.by_hour.values(), default=Fraction(1))
    price = Decimal((usage.cost / usage.hours * 10**9).__round__()) / 10**9
    kind = {"id": machine, "size": size or {"node": 1}, "count": max(1, -(-most.numerator // most.denominator))}
    kind["price"] = plain_number(price)
    suffix = "" if paid == "Standard" else f"-{paid.lower()}"
    name = "-".join(filter(None, [provider.lower(), region, machine])) + suffix
    return {"id": name, "nodes": [kind], "labels": sorted({provider, region, paid} - {""})}


def _exact(value: Fraction) -> str:
    """Return a sum of decimals as an exact decimal text."""
    scale = 0
    while (value * 10**scale).denominator != 1:
        scale += 1
    return str(Decimal(int(value * 10**scale)).scaleb(-scale)) if scale < 40 else str(float(value))
