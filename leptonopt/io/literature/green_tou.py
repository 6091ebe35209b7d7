"""Read green identical machines at time-of-use prices (Anghinolfi et al., EJOR 2021).

Data_pN.txt: the durations of jobs; Data_eN.txt beside it: a rate of each machine; Data_cN.txt: a price of each
slot. A job on machine h costs e_h times the prices of its slots; a machine runs one job at a time. A slot
becomes an hour, machines of one rate a pool, jobs of one duration copies of a task. `deadline=K` (all slots
when absent) is the horizon: the least cost for K is the point of the front at that deadline.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import InputError
from leptonopt.io.files import printable
from leptonopt.io.literature.hourly import hourly_document, steps
from leptonopt.io.literature.number_stream import MAX_SLOTS, Numbers, whole_param
from leptonopt.io.native.text import read_text

MAX_STEPS = 2_000_000


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of the three files; raises `InstanceError` or `InputError`."""
    durations = Counter(_wholes(Numbers(text, path), "a duration"))
    rate_numbers, price_numbers = _beside(path, "e"), _beside(path, "c")
    rates = Counter(_decimals(rate_numbers, "a rate", 0))
    prices = _decimals(price_numbers, "a price")
    if len(prices) > MAX_SLOTS or len(prices) * len(rates) > MAX_STEPS:
        raise price_numbers.wrong(
            f"{len(prices):,} slots at {len(rates):,} rates; at most {MAX_SLOTS:,}, and {MAX_STEPS:,} in all"
        )
    price_numbers.options(len(durations) * len(rates))
    horizon = whole_param(params, "deadline", len(prices)) or len(prices)
    pools = [
        {
            "id": f"rate-{rate.normalize():f}",
            "capacity": {"machine": count},
            "price": {"machine": steps([rate * price for price in prices[:horizon]])},
        }
        for rate, count in sorted(rates.items())
    ]
    tasks = [
        {
            "id": f"jobs-of-{hours}",
            "copies": count,
            "options": [{"pool": pool["id"], "uses": {"machine": 1}, "duration": f"{hours}h"} for pool in pools],
        }
        for hours, count in sorted(durations.items(), reverse=True)
    ]
    return hourly_document(path.stem, horizon, pools, tasks)


def _beside(path: Path, letter: str) -> Numbers:
    """Return the numbers of the file named with another letter in place of the p."""
    parts = re.fullmatch(r"(.*_)p(\d.*)", path.name)
    if not parts:
        raise InputError(f"{printable(path)}: is not called Data_pN.txt, with Data_eN.txt and Data_cN.txt beside it")
    other = path.with_name(f"{parts[1]}{letter}{parts[2]}")
    return Numbers(read_text(other), other)


def _wholes(numbers: Numbers, what: str) -> list[int]:
    found = [numbers.whole(what, 1, MAX_SLOTS)]
    while numbers.left:
        found.append(numbers.whole(what, 1, MAX_SLOTS))
    return found


def _decimals(numbers: Numbers, what: str, least: int | None = None) -> list[Decimal]:
    """Return all numbers; each must allow an exact product of two."""
    found: list[Decimal] = []
    while numbers.left or not found:
        value = numbers.decimal(what, least)
        if abs(value) > 10**6 or round(value, 4) != value:
            raise numbers.wrong(f"{value} stands where {what}, of at most 4 decimals and up to a million, should")
        found.append(value)
    return found
