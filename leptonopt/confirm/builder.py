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
    switched on in it, which takes no time; `team` is that of the service.
    """

    task: str
    option: str
    way: StatedOption
    start: int
    end: int
    nodes: tuple[str, ...] = ()
    service: str = ""
    team: str | None = None


class Builder(Protocol):
    """The part of the model that rules are added to.

    Attributes
    ----------
    columns, of_task : the variables that are starts or replicas, and those of each task
    kinds, usable, spent : kinds of nodes; of each, by slot, what is usable, and money, energy and carbon
    paid : of each kind, by slot, the variable that is paid on demand
    on_node : per pool and node its users, each with its share of what it uses
    supplied : pools and resources that nodes supply
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

    @property
    def columns(self) -> Mapping[int, Column]: ...

    def variable(self, most: int) -> int:
        """Add a variable from 0 to `most`."""

    def column(self, column: Column, most: int, cost: Fraction) -> int:
        """Add a variable that is a start, or replicas."""

    def row(self, terms: Mapping[int, Fraction | int], low: Any = None, high: Any = None) -> None:
        """Add a row."""

    def users(self) -> Iterator[int]:
        """Yield the variables that hold or use something by themselves."""


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
