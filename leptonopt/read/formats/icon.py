"""ICON challenge 2014 (CSPLib problem 059): energy-cost aware scheduling of a data centre.

instance.txt: minutes per slot, resources, machines (id, idle power, up cost, down cost; capacities), tasks
(id, duration, earliest start, latest end, power; needs). forecast.txt, or actual.txt: a price per slot.
The energy of a task costs power * price * q / 60 per slot (formula 13 of the challenge's description; it
multiplies watts by a price per kWh, and so do we). A server is a pool; power is a resource without limit
whose price is the tariff.

Servers that are switched on and off, their idle power and their start and stop costs (formulas 14 to 16)
are not in the model yet: costs are those of formula 13 alone, as the document's description says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.read.numbers import START, Numbers
from leptonopt.read.tree import text_of
from leptonopt.units import instant, instant_text

LIMITATION = "Servers count as always on and free when idle: idle power, start and stop costs are not counted yet."


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """The native document of instance.txt with the prices beside it; raises `InstanceError` or `InputError`."""
    which = params.get("prices", "forecast")
    if which not in ("forecast", "actual"):
        raise UsageError(f"prices={which}; allowed are forecast and actual")
    prices_path = path.with_name(f"{which}.txt")
    prices = _prices(Numbers(text_of(prices_path), prices_path))
    numbers = Numbers(text, path)
    minutes = numbers.whole("the minutes of a slot", 1, 1440)
    if 1440 % minutes or 1440 // minutes != len(prices):
        raise numbers.wrong(f"{minutes} minutes a slot do not give the {len(prices)} periods of {prices_path.name}")
    resources = numbers.whole("the number of resources", 1, 100)
    start = instant(START)

    def at(slot: int) -> str:
        return instant_text(start + timedelta(minutes=slot * minutes))

    tariff = {"steps": {at(slot): price for slot, price in enumerate(prices) if not slot or price != prices[slot - 1]}}
    pools = []
    for _ in range(numbers.whole("the number of machines", 1, 10_000)):
        name = numbers.whole("a machine's number")
        for what in ("idle power", "a start cost", "a stop cost"):
            numbers.decimal(what)
        capacity: dict[str, Any] = {f"r{r}": numbers.whole("a capacity") for r in range(resources)}
        pools.append(
            {"id": f"server-{name}", "capacity": {**capacity, "power": "unlimited"}, "price": {"power": tariff}}
        )
    tasks = [
        _task(numbers, resources, minutes, len(prices), at, pools)
        for _ in range(numbers.whole("the number of tasks", 1, 1_000_000))
    ]
    numbers.end()
    return {
        "leptonopt": 1,
        "name": f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem,
        "description": LIMITATION,
        "currency": "EUR",
        "time": {"start": START, "slot": f"{minutes}m", "horizon": "1d"},
        "pools": pools,
        "tasks": tasks,
    }


def _prices(numbers: Numbers) -> list[Decimal]:
    found = []
    for period in range(numbers.whole("the number of periods", 1, 1440)):
        if numbers.whole("the number of a period") != period:
            raise numbers.wrong(f"period {period} is missing or out of order")
        found.append(numbers.decimal("a price"))
    numbers.end()
    return found


def _task(
    numbers: Numbers, resources: int, minutes: int, slots: int, at: Any, pools: list[dict[str, Any]]
) -> dict[str, Any]:
    name = numbers.whole("a task's number")
    duration = numbers.whole("a duration", 1, slots)
    release, deadline = numbers.whole("an earliest start", 0, slots), numbers.whole("a latest end", 1, slots)
    if deadline <= release:
        raise numbers.wrong(f"task {name} must end at {deadline}, not after its earliest start {release}")
    power = numbers.decimal("a power")
    needs: dict[str, Any] = {f"r{r}": numbers.whole("a need") for r in range(resources)}
    uses, length = {**needs, "power": power}, f"{duration * minutes}m"
    return {
        "id": f"task-{name}",
        "release": at(release),
        "deadline": at(deadline),
        "options": [{"pool": pool["id"], "uses": uses, "duration": length} for pool in pools],
    }
