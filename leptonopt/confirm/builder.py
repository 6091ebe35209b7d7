"""Define the parts of the second model that all rules share: starts, prices, what rows are added to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from leptonopt.verify.instance_reader import NOTHING, POWER, Kind, StatedInstance, StatedOption

Terms = dict[int, Fraction]


@dataclass(frozen=True)
class Column:
    """Copies of a task that start in a slot in some way; on these nodes, where it names any.

    Without a task it is what runs on one of several nodes, or replicas of a `service`: those that are on in a slot, or
    switched on in it, which takes no time; `team` is that of the service. A copy of a task in segments begins with its
    `first`, and ends with its `last`.
    """

    task: str
    option: str
    way: StatedOption
    start: int
    end: int
    nodes: tuple[str, ...] = ()
    service: str = ""
    team: str | None = None
    first: bool = True
    last: bool = True


class Builder(Protocol):
    """The part of the model that rules are added to.

    Attributes
    ----------
    columns, of_task : the variables that are starts or replicas, and those of each task
    kinds, usable, spent : kinds of nodes; of each, by slot, what is usable, and money, energy and carbon
    paid : of each kind, by slot, the variable that is paid on demand
    on_node : per pool and node its users, each with its share of what it uses
    supplied : pools and resources that nodes supply
    passed : per pair of regions what it costs to pass data on between them [money]
    moved : the start that pays for a pair, where quotas count that, and how much [money]
    """

    stated: StatedInstance
    most: list[int]
    cost: Terms
    of_task: dict[str, list[int]]
    kinds: list[Kind]
    usable: list[list[Terms]]
    spent: list[list[dict[str, Terms]]]
    paid: list[list[int]]
    on_node: dict[tuple[str, str], Terms]
    supplied: set[tuple[str, str]]
    passed: Terms
    moved: dict[int, tuple[Column, Fraction]]
    batches: list[Any]

    @property
    def columns(self) -> Mapping[int, Column]: ...

    def variable(self, most: int) -> int:
        """Add a variable from 0 to `most`."""

    def column(self, column: Column, most: int, cost: Fraction) -> int:
        """Add a variable that is a start, or replicas."""

    def placed(self, column: Column, copies: int, cost: Fraction) -> list[int]:
        """Add the variables of a start, on each node that it can be within, where it has to be on one."""

    def row(self, terms: Mapping[int, Fraction | int], low: Any = None, high: Any = None) -> None:
        """Add a row."""

    def users(self) -> Iterator[int]:
        """Yield the variables that hold or use something by themselves."""

    def cost_of(self, id: str, way: StatedOption, start: int, end: int, last: bool = True) -> Fraction:
        """Return what a run adds to the objective; with `last` its copy ends with it."""


def weighed(stated: StatedInstance, way: StatedOption, start: int, end: int) -> Fraction:
    """Return what a way adds to the objective by what it holds in slots [start, end)."""
    sums = ((count, stated.price_sum(way.pool, name)) for name, count in way.uses.items())
    money = sum((count * (paid[end] - paid[start]) for count, paid in sums), NOTHING)
    return stated.weight * money + stated.carbon_weight * carbon_of(stated, way, start, end)


def carbon_of(stated: StatedInstance, way: StatedOption, start: int, end: int) -> Fraction:
    """Return the kilograms of CO2 of what a way draws in slots [start, end)."""
    grams = stated.carbon_sum(way.pool)
    return way.uses.get(POWER, NOTHING) * (grams[end] - grams[start])


def recent(variables: Sequence[int], slot: int, count: int) -> Sequence[int]:
    """Return the variables of so many slots up to one; fewer at the beginning."""
    return variables[max(0, slot - count + 1) : slot + 1]


def window(stated: StatedInstance, task: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first slot in which a task may run, and the slot behind the last."""
    release = 0 if task.get("release") is None else stated.second(task["release"])
    deadline = stated.horizon if task.get("deadline") is None else stated.second(task["deadline"])
    return max(0, -(-release // stated.slot)), min(deadline, stated.horizon) // stated.slot


def begins_of(model: Builder, id: str) -> list[int]:
    """Return the variables with which copies of a task begin."""
    return [at for at in model.of_task[id] if model.columns[at].first]


def ends_of(model: Builder, id: str) -> list[int]:
    """Return the variables with which copies of a task end."""
    return [at for at in model.of_task[id] if model.columns[at].last]
