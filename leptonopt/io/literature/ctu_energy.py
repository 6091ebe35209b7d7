"""Read one machine with prices by interval and power-saving states (Benedikt et al., CPAIOR 2020).

A JSON file: Jobs (ProcessingTime), EnergyCosts (a price of each interval), and the machine's states: on, idle, and
off states, of which the first is off and the others are standbys, with the time and the power per interval of every
transition (null where there is none). On and idle change at once. The machine is off in the first interval and in
the last; energy of every interval is paid at its price, in transitions too. An interval becomes an hour.

The start-up of a node has a constant price, so nodes cannot express the states; tasks can. A slot without a task is an
idle machine: a job pays its energy beyond idling. A stay in an off state with its transitions is a copy of the optional
task `rest`, which holds the machine and pays its energy beyond idling, mostly a negative amount. The amount depends on
start and length. So each length is an option with its own resource; the prices over that many slots in a row always add
up to the cost of the cheapest off state. The first and the last rest are mandatory; capacities keep their options, one
for each length, in place. The first one also pays the cost of idling all the time, so that the cost of a plan is the
cost of all its energy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.io.literature.hourly import at_hour, hourly_document, steps
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.number_stream import MAX_SLOTS

MAX_POWER = 10_000
MAX_PRICE = 10_000
MAX_JOBS = 100_000
MAX_COST = 10**10  # at the greatest power throughout, so that no sum of it is too large for an instance
MAX_RESTS = 1_000_000  # lengths times slots
TABLES = ("OffOnTime", "OnOffTime", "OffOnPowerConsumption", "OnOffPowerConsumption", "OffPowerConsumption")
NULLABLE = ("OffIdleTime", "IdleOffTime", "OffIdlePowerConsumption", "IdleOffPowerConsumption")
POWERS = ("OnPowerConsumption", "IdlePowerConsumption")
IGNORED = ("Metadata", "SerializedExtendedInstance", "TimeForExtendedInstance")


@dataclass(frozen=True)
class _Off:
    """An off state: its power, and (intervals, power) of each transition into it and out of it."""

    power: int
    down: tuple[tuple[int, int], ...]
    up: tuple[tuple[int, int], ...]

    @property
    def powers(self) -> list[int]:
        """Return all powers of the state and its transitions."""
        return [self.power, *(power for _, power in (*self.down, *self.up))]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    data = Places(text, path)
    data.keys((), {"MachinesCount", "Jobs", "EnergyCosts", "LengthInterval", *TABLES, *NULLABLE, *POWERS, *IGNORED})
    data.whole(("MachinesCount",), 1, 1)
    data.whole(("LengthInterval",), 1, 1)
    machine = _read_machine(data)
    slots = len(machine.prices)
    durations = _read_durations(data, slots)
    begin, end, spare = _edges(data, machine, sum(time * count for time, count in durations.items()))
    window = {"release": at_hour(begin), "deadline": at_hour(slots - end)}
    between = _useful_rests(machine, begin, end, spare)
    capacity: dict[str, Any] = {"machine": 1, "work": 1, **{f"rest-{length}": 1 for length in between}}
    running = [machine.on * price - idle for price, idle in zip(machine.prices, machine.waiting, strict=True)]
    price = {"work": steps(running)}
    for length, costs in between.items():
        price[f"rest-{length}"] = steps(_spread(costs, length, begin, slots))
    first, last = [], []
    for length in range(begin, begin + spare + 1):
        capacity[f"first-{length}"] = steps([int(slot < length) for slot in range(slots)])
        first.append(_option(f"first-{length}", length, machine.first(length) + sum(machine.waiting)))
    for length in range(end, end + spare + 1):
        capacity[f"last-{length}"] = steps([int(slot >= slots - length) for slot in range(slots)])
        last.append(_option(f"last-{length}", length, machine.last(length)))
    tasks: list[dict[str, Any]] = [{"id": "first-rest", "options": first}, {"id": "last-rest", "options": last}]
    tasks += [
        {"id": f"jobs-of-{time}", "copies": count, **window, "options": [_option("work", time)]}
        for time, count in sorted(durations.items(), reverse=True)
    ]
    if between:
        rests = {"id": "rest", "copies": spare // min(between), "optional": True, "value": 0}
        options = [_option(f"rest-{length}", length) for length in between]
        tasks.append({**rests, **window, "options": options})
    name = f"{path.parent.name}/{path.stem}" if path.parent.name else path.stem
    return hourly_document(name, slots, [{"id": "machine", "capacity": capacity, "price": price}], tasks)


def _edges(data: Places, machine: _Machine, work: int) -> tuple[int, int, int]:
    """Return the shortest first and last rest, and the slots that neither they nor the jobs need."""
    slots = len(machine.prices)
    first, last = (1 + min(time for time, _ in change) for change in (machine.off[0].up, machine.off[0].down))
    spare = slots - work - first - last
    if spare < 0:
        text = f"{slots} intervals; the jobs take {work}, to begin and to end off takes {first + last}"
        raise data.wrong(text, ("EnergyCosts",))
    if spare * slots > MAX_RESTS:
        raise data.wrong(f"{slots:,} intervals, {spare:,} of them to spare; that is too large", ("EnergyCosts",))
    return first, last, spare


def _useful_rests(machine: _Machine, first: int, last: int, spare: int) -> dict[int, list[int]]:
    """Return the costs by start of every length that can save anything; starts begin at `first`."""
    found = {}
    for length in range(1, spare + 1):
        starts = range(first, len(machine.prices) - last - length + 1)
        costs = [cost for start in starts if (cost := machine.rest(start, length)) is not None]
        if costs and min(costs) < 0:  # else it is too short, or never saves anything
            found[length] = costs
    return found


class _Machine:
    """A machine that computes the cost of rests beyond the cost of idling.

    Attributes
    ----------
    on : power while a job runs
    prices, waiting : price of energy, and cost without a job, by slot
    off : the off states; the first is off, the others are standbys
    """

    def __init__(self, on: int, prices: Sequence[int], waiting: Sequence[int], off: Sequence[_Off]) -> None:
        self.on, self.prices, self.waiting = on, prices, waiting
        self.off, self._slots = off, len(prices)
        self._prices, self._waiting = ([0, *accumulate(each)] for each in (prices, waiting))

    def first(self, length: int) -> int:
        """Return the cost of a first rest, which starts off and ends on."""
        return min(self._stays(self.off[0], 0, length, (0, 0), up) for up in self.off[0].up if length > up[0])

    def last(self, length: int) -> int:
        """Return the cost of a last rest, which starts on and ends off."""
        begin = self._slots - length
        return min(
            self._stays(self.off[0], begin, length, down, (0, 0)) for down in self.off[0].down if length > down[0]
        )

    def rest(self, begin: int, length: int) -> int | None:
        """Return the cost of a rest in between, in the cheapest off state; None where it is too short."""
        return min(
            (
                self._stays(off, begin, length, down, up)
                for off in self.off
                for down in off.down
                for up in off.up
                if down[0] + up[0] <= length
            ),
            default=None,
        )

    def _stays(self, off: _Off, begin: int, length: int, down: tuple[int, int], up: tuple[int, int]) -> int:
        """Return the cost of a rest: down, off, and up again."""
        one, two, end = begin + down[0], begin + length - up[0], begin + length
        parts = ((begin, one, down[1]), (one, two, off.power), (two, end, up[1]))
        drawn = sum(power * (self._prices[until] - self._prices[since]) for since, until, power in parts)
        return drawn - (self._waiting[end] - self._waiting[begin])


def _read_machine(data: Places) -> _Machine:
    """Return the machine with its prices; raise where its energy can cost too much for an instance."""
    slots = data.length(("EnergyCosts",), 1, MAX_SLOTS)
    prices = [data.whole(("EnergyCosts", at), -MAX_PRICE, MAX_PRICE) for at in range(slots)]
    on, idle = (data.whole((key,), 0, MAX_POWER) for key in POWERS)
    # Where power is paid for, on without a job is at least as good as idle.
    waiting = [min(on * price, idle * price) for price in prices]
    machine = _Machine(on, prices, waiting, _states(data, slots))
    most = max(on, idle, *(power for state in machine.off for power in state.powers)) * sum(map(abs, prices))
    if most > MAX_COST:
        raise data.wrong(f"the greatest power costs {most:,} over all intervals; that is too much", ("EnergyCosts",))
    return machine


def _read_durations(data: Places, slots: int) -> Counter[int]:
    """Return the number of jobs by processing time [slots]."""
    durations: Counter[int] = Counter()
    for job in range(data.length(("Jobs",), 1, MAX_JOBS)):
        data.keys(("Jobs", job), {"Id", "MachineIdx", "ProcessingTime"})
        data.whole(("Jobs", job, "MachineIdx"), 0, 0)
        durations[data.whole(("Jobs", job, "ProcessingTime"), 1, slots)] += 1
    return durations


def _states(data: Places, slots: int) -> list[_Off]:
    """Return the off states; the first of them is off."""
    count = data.length(("OffPowerConsumption",), 1, 100)
    for key in (*TABLES, *NULLABLE):
        data.length((key,), count, count)

    def transitions(state: int, *names: str) -> Iterator[tuple[int, int]]:
        for name in names:
            time: Place = (f"{name}Time", state)
            power: Place = (f"{name}PowerConsumption", state)
            if name in ("OffOn", "OnOff") or not (data.none(time) and data.none(power)):
                yield data.whole(time, 0, slots), data.whole(power, 0, MAX_POWER)

    return [
        _Off(
            data.whole(("OffPowerConsumption", state), 0, MAX_POWER),
            tuple(transitions(state, "OnOff", "IdleOff")),
            tuple(transitions(state, "OffOn", "OffIdle")),
        )
        for state in range(count)
    ]


def _option(kind: str, length: int, cost: int = 0) -> dict[str, Any]:
    uses = {"machine": 1, kind: 1}
    return {"id": kind, "pool": "machine", "uses": uses, "duration": f"{length}h", "cost": cost}


def _spread(costs: Sequence[int], length: int, begin: int, slots: int) -> list[int]:
    """Return prices by slot such that any `length` in a row add up to the cost of their start."""
    prices = [0] * slots
    prices[begin] = costs[0]
    for at in range(1, len(costs)):
        prices[begin + at + length - 1] = prices[begin + at - 1] + costs[at] - costs[at - 1]
    return prices
