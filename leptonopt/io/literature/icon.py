"""Read ICON challenge 2014 (CSPLib problem 059): energy-cost aware scheduling of a data centre.

instance.txt: minutes per slot, resources, machines (id, idle power, up cost, down cost; capacities), tasks
(id, duration, earliest start, latest end, power; needs). forecast.txt, or actual.txt: a price per slot.
A server is a pool with one node: on or off in a slot, off before and after the day. Costs are those of formulas
12 to 16 of the challenge's description: energy of tasks and of servers that are on (power * price * q / 60 per
slot; it multiplies watts by a price per kWh, and so do we), and each start and stop of a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance.units import instant, instant_text
from leptonopt.io.literature.number_stream import START, Numbers
from leptonopt.io.native.text import read_text


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of instance.txt and the price file in its folder."""
    which = params.get("prices", "forecast")
    if which not in ("forecast", "actual"):
        raise UsageError(f"prices={which[:40]!r}; allowed are forecast and actual")
    prices_path = path.with_name(f"{which}.txt")
    prices = _prices(Numbers(read_text(prices_path), prices_path))
    numbers = Numbers(text, path)
    minutes = numbers.whole("the minutes of a slot", 1, 1440)
    if 1440 % minutes or 1440 // minutes != len(prices):
        raise numbers.wrong(f"{minutes} minutes a slot do not give the {len(prices)} periods of {prices_path.name}")
    resources = numbers.whole("the number of resources", 1, 100)
    start = instant(START)

    def at(slot: int) -> str:
        return instant_text(start + timedelta(minutes=slot * minutes))

    tariff = {"steps": {at(slot): price for slot, price in enumerate(prices) if not slot or price != prices[slot - 1]}}
    machines = numbers.whole("the number of machines", 1, 10_000)
    names: set[str] = set()
    pools = [_server(numbers, names, resources, tariff) for _ in range(machines)]
    count = numbers.whole("the number of tasks", 1, 1_000_000)
    numbers.options(count * len(pools))
    fitting = FittingServers(pools)
    tasks = [_task(numbers, names, resources, minutes, len(prices), at, fitting) for _ in range(count)]
    numbers.end()
    return {
        "leptonopt": 1,
        "name": f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem,
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


def _name(numbers: Numbers, names: set[str], kind: str) -> str:
    name = f"{kind}-{numbers.whole(f'the number of a {kind}')}"
    if name in names:
        raise numbers.wrong(f"{name} stands twice")
    names.add(name)
    return name


def _server(numbers: Numbers, names: set[str], resources: int, tariff: dict[str, Any]) -> dict[str, Any]:
    name = _name(numbers, names, "server")
    idle, startup, shutdown = (numbers.decimal(what, 0) for what in ("an idle power", "a start cost", "a stop cost"))
    size = {f"r{r}": numbers.whole("a capacity") for r in range(resources)}
    if not any(size.values()):
        raise numbers.wrong(f"{name} has no capacity at all")
    node = {
        "count": 1,
        "size": {resource: units for resource, units in size.items() if units},
        "price": 0,
        "startup": startup,
        "shutdown": shutdown,
        "power": idle,
    }
    return {"id": name, "nodes": node, "price": {"power": tariff}}


class FittingServers:
    """Servers by what they hold; lists of those that hold the same are one object, which is read faster."""

    def __init__(self, servers: list[dict[str, Any]]) -> None:
        self._names = [server["id"] for server in servers]
        self._sizes = [server["nodes"]["size"] for server in servers]
        self._holding: dict[tuple[str, int], int] = {}  # servers as the bits of a number
        self._lists: dict[int, list[str]] = {}

    def of(self, needs: Mapping[str, int]) -> list[str]:
        """Return the names of the servers that hold some needs at once."""
        bits = (1 << len(self._names)) - 1
        for resource, need in needs.items():
            if (holding := self._holding.get((resource, need))) is None:
                fits = ("1" if size.get(resource, 0) >= need else "0" for size in reversed(self._sizes))
                holding = self._holding[resource, need] = int("".join(fits), 2)
            bits &= holding
        if bits not in self._lists:
            self._lists[bits] = [name for at, name in enumerate(self._names) if bits >> at & 1]
        return self._lists[bits]


def _task(
    numbers: Numbers, names: set[str], resources: int, minutes: int, slots: int, at: Any, fitting: FittingServers
) -> dict[str, Any]:
    name = _name(numbers, names, "task")
    duration = numbers.whole("a duration", 1, slots)
    release, deadline = numbers.whole("an earliest start", 0, slots), numbers.whole("a latest end", 1, slots)
    if deadline <= release:
        raise numbers.wrong(f"{name} must end at {deadline}, not after its earliest start {release}")
    power = numbers.decimal("a power", 0)
    needs: dict[str, Any] = {f"r{r}": need for r in range(resources) if (need := numbers.whole("a need"))}
    if not needs:
        raise numbers.wrong(f"{name} needs nothing of its server, which would not have to be on")
    uses, length = {**needs, "power": power}, f"{duration * minutes}m"
    if not (pools := fitting.of(needs)):
        raise numbers.wrong(f"{name} fits on no server")
    option = {"pools": pools, "uses": uses, "duration": length}
    return {"id": name, "release": at(release), "deadline": at(deadline), "options": [option]}
