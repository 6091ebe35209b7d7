"""The options of a task, as written or made from an amount of work, by the names that plans call them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from leptonopt.verify.data import Moved
from leptonopt.verify.exact import duration, exact

MakeOption = Callable[[], "StatedOption | None"]


@dataclass(frozen=True)
class StatedOption:
    """An option of a task; it takes `whole` nodes alone, or `one_node` holds all of it.

    Its cost and its seconds contain those of `data`, its inputs and results.
    """

    pool: str
    uses: dict[str, Fraction]
    seconds: Fraction
    cost: Fraction
    variant: str | None
    quality: Fraction
    consumes: Mapping[str, Any]
    whole: int = 0
    one_node: bool = False
    not_before: Any = None
    not_after: Any = None
    data: tuple[Moved, ...] = ()

    @property
    def milestone(self) -> bool:
        """Return whether the option takes no time, and so holds nothing."""
        return not self.seconds


def named_options(
    task: Mapping[str, Any], profiles: Mapping[Any, Any], pools: Mapping[str, Any]
) -> dict[str, MakeOption]:
    """Return what makes each option of a task, by name; None is made where it does not fit its devices."""
    own = {option["id"] for option in task.get("options") or () if option.get("id") is not None}
    named: dict[str, MakeOption] = {}
    for name, given, make in [*_written(task), *_of_work(task, profiles, pools)]:
        number, free = 2, name
        while not given and (free in own or free in named):
            free, number = f"{name}#{number}", number + 1
        named[free] = make
    return named


def pools_of(task: Mapping[str, Any], profiles: Mapping[Any, Any]) -> set[str]:
    """Return the pools that some option of a task names."""
    found = {name for option in task.get("options") or () for name in _where(option)}
    work = task.get("work") or {}
    speed = work.get("speed") or (profiles.get(work.get("profile")) or {}).get("speed")
    return found | set(speed or ())


def _where(option: Mapping[str, Any]) -> list[str]:
    """Return the pools of an option."""
    return list(option["pools"]) if option.get("pool") is None else [option["pool"]]


def _written(task: Mapping[str, Any]) -> Iterator[tuple[str, bool, MakeOption]]:
    for option in task.get("options") or ():
        given = option.get("id")
        if option.get("pool") is not None:
            yield given or option["pool"], given is not None, partial(_option, option, option["pool"])
            continue
        for pool in option["pools"]:
            yield pool if given is None else f"{given} {pool}", False, partial(_option, option, pool)


def _option(option: Mapping[str, Any], pool: str) -> StatedOption:
    uses = {name: exact(count) for name, count in (option.get("uses") or {}).items()}
    return StatedOption(
        pool, uses, duration(option["duration"]), exact(option.get("cost", 0)),
        option.get("variant"), exact(option.get("quality", 1)),
        option.get("consumes") or {}, int(option.get("nodes") or 0),
        not_before=option.get("not_before"), not_after=option.get("not_after"),
    )  # fmt: skip


def _of_work(
    task: Mapping[str, Any], profiles: Mapping[Any, Any], pools: Mapping[str, Any]
) -> Iterator[tuple[str, bool, MakeOption]]:
    if not task.get("work"):
        return
    stated = task["work"]
    work = {
        **profiles.get(stated.get("profile"), {}),
        **{key: value for key, value in stated.items() if value is not None},
    }
    for variant in work.get("variants") or {None: {}}:
        for pool, speed in (work.get("speed") or {}).items():
            for count in speed if isinstance(speed, Mapping) else work.get("devices") or {1: 1}:
                name = f"{pool} x{int(count)}" + (f" {variant}" if variant else "")
                yield name, False, partial(_work_option, work, variant, pools, pool, count)


def _work_option(
    work: Mapping[str, Any], variant: str | None, pools: Mapping[str, Any], pool: str, count: Any
) -> StatedOption | None:
    """Return the option of a variant on so many devices of a pool, if it fits their memory."""
    factors = (work.get("variants") or {None: {}})[variant]
    speed, devices = work["speed"][pool], int(count)
    if isinstance(speed, Mapping):
        rate = exact(speed[count])
    else:
        rate = exact(speed) * exact((work.get("devices") or {1: 1})[count])
    room, memory = pools[pool].get("device_memory"), work.get("memory")
    if room is not None and memory is not None:
        smaller = exact(factors.get("memory", 1))
        if exact(memory) * smaller > exact(room) * devices:
            return None
    uses: dict[str, Fraction] = defaultdict(Fraction, {work.get("device") or "gpu": Fraction(devices)})
    for table, times in ((work.get("per_device"), devices), (work.get("uses"), 1)):
        for name, each in (table or {}).items():
            uses[name] += exact(each) * times
    seconds = 3600 * exact(work["hours"]) / (rate * exact(factors.get("speed", 1)))
    cost, quality = exact(work.get("cost", 0)), exact(factors.get("quality", 1))
    return StatedOption(pool, dict(uses), seconds, cost, variant, quality, work.get("consumes") or {})
