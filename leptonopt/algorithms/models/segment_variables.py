"""Variables of tasks in segments by slots, and the problem of the other groups; see `models.segments`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from leptonopt.algorithms.models.rows import Rows, Variables
from leptonopt.problem.arrays import Bools, Ints, pointers
from leptonopt.problem.chains import Chain
from leptonopt.problem.fixed_starts import renumbered
from leptonopt.problem.problem import Problem, StartColumns
from leptonopt.problem.restrict import restrict
from leptonopt.problem.slot_chain import SlotChain


def applies(problem: Problem) -> bool:
    """Return whether the problem has chains, none of which can earn by working."""
    return bool(problem.chains) and all(
        SlotChain(problem, chain).slot_cost.min(initial=0) >= 0 for chain in problem.chains
    )


def chain_size(problem: Problem, chain: Chain) -> tuple[int, int]:
    """Return upper limits of the (variables, nonzeros) of a chain."""
    cells = len(chain.rate) * problem.slots
    held = max((len(problem.demands(int(o))[0]) for o in SlotChain(problem, chain).sample), default=0)
    return 3 * cells + 2 * problem.slots, cells * (12 + held + len(problem.uses)) + 6 * problem.slots


@dataclass(frozen=True, eq=False)
class Positions:
    """Positions of the variables of a chain, int64: -1 where there is none.

    `y`, shape (W, T); `begin`, shape (2, W, T): f and g; `begun`, F, shape (T,); `runs_on`, E, shape (T,) or (0,);
    `family`, shape (families,) or (0,); `left`, z; `size`, the variables in all.
    """

    y: Ints
    begin: Ints
    begun: Ints
    runs_on: Ints
    family: Ints
    left: int
    end: int


def _positions(chain: SlotChain, at: int, ends: bool) -> Positions:
    """Return the positions of the variables of a chain from `at` on."""

    def numbered(mask: Bools) -> Ints:
        nonlocal at
        found = np.full(mask.shape, -1)
        found[mask] = at + np.arange(int(mask.sum()))
        at += int(mask.sum())
        return found

    y, begin = numbered(chain.works), numbered(chain.begins)
    begun = numbered(np.ones(chain.slots, bool))
    runs_on = numbered(np.ones(chain.slots if ends else 0, bool))
    families = len(np.unique(chain.chain.family))
    family = numbered(np.ones(families if families > 1 else 0, bool))
    left = at if chain.optional else -1
    return Positions(y, begin, begun, runs_on, family, left, at + chain.optional)


class SlotForm:
    """A problem with chains as the problem of its other groups, and variables by slot for its chains.

    Attributes
    ----------
    problem : the problem with chains
    plain, group, option : the problem of the other groups, and their groups and options in `problem`
    chains : the chains by slots
    limits, metered : quotas of the other groups and of chains, and the use of meters, by the options of `problem`
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.chains = [SlotChain(problem, chain) for chain in problem.chains]
        in_chain = np.zeros(problem.groups, bool)
        for chain in problem.chains:
            in_chain[chain.groups] = True
        self.group = np.flatnonzero(~in_chain)
        self.number = np.full(problem.groups, -1)
        self.number[self.group] = np.arange(len(self.group))
        bare, self.option = restrict(problem, ~in_chain, problem.capacity, problem.copies)
        own = ~in_chain[problem.before] & ~in_chain[problem.after]
        limits = problem.quotas[: min(chain.quota for chain in problem.chains)]
        self.plain = replace(
            bare,
            before=self.number[problem.before[own]],
            after=self.number[problem.after[own]],
            lag=problem.lag[own],
            most=problem.most[own],
            quotas=tuple(renumbered(quota, self.option) for quota in limits),
            meters=tuple(replace(meter, use=renumbered(meter.use, self.option)) for meter in problem.meters),
            together=tuple(self._members(each) for each in problem.together),
            apart=tuple(self._members(each) for each in problem.apart),
        )
        self.limits, self.metered = limits, [meter.use for meter in problem.meters]
        self.chain_of = {int(g): at for at, chain in enumerate(problem.chains) for g in chain.groups.tolist()}
        pairs = zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
        self.edges = [edge for edge in pairs if self._mixed(*edge[:2])]

    def _members(self, groups: Ints) -> Ints:
        numbers = self.number[groups]
        return numbers[numbers >= 0]

    def _mixed(self, before: int, after: int) -> bool:
        """Return whether an edge touches a chain, and not one within it."""
        early, late = self.chain_of.get(before, -1), self.chain_of.get(after, -2)
        return (before in self.chain_of or after in self.chain_of) and early != late

    def ends(self, at: int) -> bool:
        """Return whether the end of a chain matters: for lateness, or for what waits for it."""
        group, problem = self.chains[at].last, self.problem
        waited = any(self.chain_of.get(before) == at for before, _, _ in self.edges)
        return waited or bool(problem.dated[group])

    @cached_property
    def held(self) -> Problem:
        """Return the other groups and a group for each chain, whose options hold a way for a slot."""
        problem, plain = self.problem, self.plain
        sample = np.concatenate([[], *(chain.sample for chain in self.chains)]).astype(np.int64)
        of = np.repeat(np.arange(len(self.chains)), [chain.ways for chain in self.chains])
        at = [np.arange(problem.demand_ptr[o], problem.demand_ptr[o + 1]) for o in sample.tolist()]
        entries = np.concatenate([np.zeros(0, np.int64), *at])
        one = np.ones(len(sample), np.int64)
        group = np.concatenate([plain.group, len(self.group) + of])
        return replace(
            plain,
            copies=np.concatenate([plain.copies, np.ones(len(self.chains), np.int64)]),
            option_ptr=pointers(np.bincount(group, minlength=len(self.group) + len(self.chains))),
            duration=np.concatenate([plain.duration, one]),
            demand_ptr=pointers(
                np.concatenate([np.diff(plain.demand_ptr), [len(each) for each in at]]).astype(np.int64)
            ),
            demand_row=np.concatenate([plain.demand_row, problem.demand_row[entries]]),
            demand=np.concatenate([plain.demand, problem.demand[entries]]),
            first=np.concatenate([plain.first, 0 * one]),
            last=np.concatenate([plain.last, 0 * one + problem.slots - 1]),
        )


class SlotVariables(Variables):
    """The variables of the other groups, and behind them those of chains."""

    form: SlotForm

    @classmethod
    def of(cls, form: SlotForm, columns: StartColumns, left: Ints, coarse: bool) -> SlotVariables:
        """Return the variables of a form."""
        made = cls(form.plain, columns, left, coarse)
        object.__setattr__(made, "form", form)
        return made

    @cached_property
    def others(self) -> Ints:
        """Return the largest values of the variables of other groups."""
        return Variables(self.problem, self.columns, self.left, self.coarse).most

    @cached_property
    def places(self) -> list[Positions]:
        """Return the positions of each chain's variables."""
        at, found = len(self.others), list[Positions]()
        for number, chain in enumerate(self.form.chains):
            found.append(_positions(chain, at, self.form.ends(number)))
            at = found[-1].end
        return found

    @cached_property
    def most(self) -> Ints:
        """Return the largest value of each, int64, shape (V,)."""
        end = self.places[-1].end if self.places else len(self.others)
        return np.concatenate([self.others, np.ones(end - len(self.others), np.int64)])

    @cached_property
    def holding(self) -> HoldingVariables:
        """Return the variables that hold demands: columns of other groups, and y of chains."""
        option, start, where = [self.columns.option], [self.columns.start], [np.arange(len(self.columns.option))]
        number = len(self.problem.duration)
        for chain, place in zip(self.form.chains, self.places, strict=True):
            way, slot = np.nonzero(chain.works)
            option.append(number + way)
            start.append(slot)
            where.append(place.y[way, slot])
            number += chain.ways
        none = np.zeros(sum(map(len, option)), np.int64)
        columns = StartColumns(np.concatenate(option), np.concatenate(start), none)
        made = HoldingVariables(self.form.held, columns, self.left, self.coarse)
        object.__setattr__(made, "base", self)
        object.__setattr__(made, "where", np.concatenate(where))
        return made

    def cost(self, costs: Ints) -> Ints:
        """Return costs, shape (V,), with those of chains."""
        for number, (chain, place) in enumerate(zip(self.form.chains, self.places, strict=True)):
            costs[place.y[chain.works]] = chain.slot_cost[chain.works]
            fixed = np.broadcast_to(chain.start_cost[:, :, None], chain.begins.shape).copy()
            if self.form.ends(number):
                late = self.form.problem.late(chain.last, np.arange(chain.slots + 1))
                fixed[0] += late[0]
                costs[place.runs_on] = np.diff(late)
            costs[place.begin[chain.begins]] = fixed[chain.begins]
            if place.left >= 0:
                costs[place.left] = self.form.problem.value[chain.chain.groups[0]]
        return costs


class HoldingVariables(Variables):
    """Variables that hold demands, with positions of their own; `where` are those in the model."""

    base: SlotVariables
    where: Ints

    @cached_property
    def nodes(self) -> dict[tuple[str, int], Ints]:
        """Return the positions of nodes, behind all that hold."""
        return {key: at + self._shift for key, at in self.base.nodes.items()}

    @cached_property
    def services(self) -> dict[tuple[Any, ...], Ints]:
        """Return the positions of the variables of services, behind all that hold."""
        return {key: at + self._shift for key, at in self.base.services.items()}

    @cached_property
    def tiers(self) -> list[Ints]:
        """Return the positions of what tiers of meters hold, behind all that hold."""
        return [at + self._shift for at in self.base.tiers]

    @property
    def _shift(self) -> int:
        return len(self.where) - len(self.base.columns.option)

    def placed(self, rows: Rows) -> Rows:
        """Return rows with positions in the model."""
        held, variable = len(self.where), rows.variable
        own = variable < held
        at = np.where(own, self.where[np.minimum(variable, held - 1)] if held else 0, 0)
        return replace(rows, variable=np.where(own, at, variable - held + len(self.base.columns.option)))
