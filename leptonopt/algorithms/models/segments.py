"""State the time-indexed model of tasks in segments: variables by way and slot instead of segment.

A chain of a problem states every segment as an option of its own, which are as many as slots times slots. Here the
task works in slots, after the formulation of unit commitment (Rajan and Takriti, 2005, IBM Research Report RC23628):

    y[w, t]   works in way w in slot t
    f[w, t]   its first segment begins; g[w, t] a later one
    F[t]      has begun by slot t: F[t] = F[t-1] + sum of f[., t]
    E[t]      ends behind slot t, where lateness or another task asks for its end
    p[k]      its ways are of family k, where there are several; z that it is left out, where it may be

    begins    y[w, t] - y[w, t-1] <= f[w, t] + g[w, t] <= y[w, t],  sum over w, t of f = 1 - z
    after     sum over w of y[w, t] <= F[t]
    number    sum of g <= (segments - 1) (1 - z)
    shortest  y[w, t] >= sum of f[w, s] and g[w, s] over the least length up to t
    work      sum of rate[w] y[w, t] - sum of lost[w] of f and g[w, t] >= need (1 - z)
    family    y[w, t] <= p[k],  sum of p = 1 - z
    end       E[t] >= sum over w of y[w, t],  E[t] <= E[t-1]

Capacity, nodes and quotas count y like the columns of other tasks. The costs of slots must not be below zero: a task
would then work longer than a segment may be; `applies` tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leptonopt.algorithms.models.rows import NO_LIMIT, Rows
from leptonopt.algorithms.models.segment_variables import Positions, SlotVariables
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Quota
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.slot_chain import SlotChain

Entry = tuple[int, int, int]  # option, start, copies


class RowList:
    """Rows that are written one by one."""

    def __init__(self, name: str) -> None:
        self.name, self.entries = name, list[tuple[int, Ints, Ints]]()
        self.labels = list[tuple[int, ...]]()
        self.lower, self.upper = list[int](), list[int]()

    def add(
        self, terms: list[tuple[Any, Any]], lower: int = -NO_LIMIT, upper: int = NO_LIMIT, label: tuple[int, ...] = ()
    ) -> None:
        """Add a row of terms (variables, factor of each or of all); variables below 0 are none."""
        self.labels.append(label or (len(self.lower),))
        for variables, factors in terms:
            at = np.atleast_1d(np.asarray(variables, np.int64)).ravel()
            factor = np.broadcast_to(np.asarray(factors, np.int64).ravel(), at.shape)
            self.entries.append((len(self.lower), at[at >= 0], factor[at >= 0]))
        self.lower.append(lower)
        self.upper.append(upper)

    def rows(self) -> Rows:
        """Return the rows."""
        none = np.zeros(0, np.int64)
        return Rows(
            self.name,
            np.concatenate([none, *(np.full(len(at), row) for row, at, _ in self.entries)]),
            np.concatenate([none, *(at for _, at, _ in self.entries)]),
            np.concatenate([none, *(factor for _, _, factor in self.entries)]),
            np.array(self.lower, np.int64),
            np.array(self.upper, np.int64),
            np.array(self.labels, np.int64).reshape(len(self.lower), -1 if self.labels else 1),
        )


def once_rows(variables: SlotVariables) -> Rows:
    """segments: each task that is not left out begins once, and does its work.

    Labels are its first group, and which of the two.
    """
    table = RowList("segments.once")
    for chain, place in zip(variables.form.chains, variables.places, strict=True):
        group, need = int(chain.chain.groups[0]), chain.chain.need
        table.add([(place.begin[0], 1), (place.left, 1)], lower=1, upper=1, label=(group, 0))
        rate, lost = chain.chain.rate[:, None], -chain.chain.lost[:, :, None]
        pairs = ((place.y, rate), (place.begin, lost))
        work = [(at, np.broadcast_to(factor, at.shape)) for at, factor in pairs]
        table.add([*work, (place.left, need)], lower=need, label=(group, 1))
    return table.rows()


def chain_rows(variables: SlotVariables) -> Rows:
    """segments: the other rules of each chain by itself."""
    table = RowList("segments")
    for chain, place in zip(variables.form.chains, variables.places, strict=True):
        _begins(table, chain, place)
        _shortest(table, chain, place)
        more = chain.parts - 1
        table.add([(place.begin[1], 1), (place.left, more)], upper=more)
        _families(table, chain, place)
        for slot in range(chain.slots if len(place.runs_on) else 0):
            table.add([(place.y[:, slot], 1), (place.runs_on[slot], -1)], upper=0)
            if slot:
                table.add([(place.runs_on[slot], 1), (place.runs_on[slot - 1], -1)], upper=0)
    return table.rows()


def _begins(table: RowList, chain: SlotChain, place: Positions) -> None:
    for slot in range(chain.slots):
        before = place.begun[slot - 1] if slot else -1
        table.add([(place.begun[slot], 1), (before, -1), (place.begin[0, :, slot], -1)], lower=0, upper=0)
        table.add([(place.y[:, slot], 1), (place.begun[slot], -1)], upper=0)
        for way in range(chain.ways):
            if place.y[way, slot] >= 0:
                starts = place.begin[:, way, slot]
                was = place.y[way, slot - 1] if slot else -1
                table.add([(place.y[way, slot], 1), (was, -1), (starts, -1)], upper=0)


def _shortest(table: RowList, chain: SlotChain, place: Positions) -> None:
    for way in range(chain.ways):
        for slot in np.flatnonzero(chain.works[way]).tolist():
            recent = [
                place.begin[later, way, max(0, slot - int(chain.least[later, way]) + 1) : slot + 1] for later in (0, 1)
            ]
            if any((at >= 0).any() for at in recent):
                table.add([*((at, 1) for at in recent), (place.y[way, slot], -1)], upper=0)


def _families(table: RowList, chain: SlotChain, place: Positions) -> None:
    if not len(place.family):
        return
    table.add([(place.family, 1), (place.left, 1)], lower=1, upper=1)
    for way in range(chain.ways):
        for at in place.y[way][place.y[way] >= 0].tolist():
            table.add([(at, 1), (place.family[chain.chain.family[way]], -1)], upper=0)


def edge_rows(variables: SlotVariables) -> Rows:
    """precedence: where one side of an edge, or both, is a chain."""
    table = RowList("segments.precedence")
    problem = variables.form.problem
    for before, after, lag in variables.form.edges:
        start, runs, missing = _start(variables, after)
        end, ran = _end(variables, before)
        late = [(at, -np.asarray(factor)) for at, factor in end]
        table.add([*start, *late, (missing, problem.slots + lag)], lower=lag)
        if problem.optional[before]:
            table.add([*ran, *((at, -np.asarray(factor)) for at, factor in runs)], lower=0)
    return table.rows()


Terms = list[tuple[Any, Any]]


def _columns_of(variables: SlotVariables, group: int) -> Ints:
    plain = variables.form.number[group]
    found: Ints = np.flatnonzero(variables.problem.group[variables.columns.option] == plain)
    return found


def _start(variables: SlotVariables, group: int) -> tuple[Terms, Terms, int]:
    """Return the start of a group, whether it runs, and the variable that it is left out."""
    form = variables.form
    if group in form.chain_of:
        place = variables.places[form.chain_of[group]]
        at = place.begin[0]
        slots = np.broadcast_to(np.arange(at.shape[1]), at.shape)
        return [(at, slots)], [(at, 1)], place.left
    own = _columns_of(variables, group)
    missing = -1
    if form.problem.optional[group]:
        missing = len(variables.columns.option) + int(np.searchsorted(variables.left, form.number[group]))
    return [(own, variables.columns.start[own])], [(own, 1)], missing


def _end(variables: SlotVariables, group: int) -> tuple[Terms, Terms]:
    """Return the end of a group, and whether it runs."""
    form = variables.form
    if group in form.chain_of:
        place = variables.places[form.chain_of[group]]
        return [(place.runs_on, 1)], [(place.begin[0], 1)]
    own = _columns_of(variables, group)
    ends = variables.columns.start[own] + variables.problem.duration[variables.columns.option[own]]
    return [(own, ends)], [(own, 1)]


def with_starts(variables: SlotVariables, rows: Rows, uses: Sequence[Quota]) -> Rows:
    """quota: the one-time use of segments, added to the rows of quotas or meters."""
    row, variable, factor = [rows.row], [rows.variable], [rows.coefficient]
    for number, quota in enumerate(uses):
        for chain, place in zip(variables.form.chains, variables.places, strict=True):
            for later, way, slot in zip(*np.nonzero(chain.begins), strict=True):
                own = chain.option[:, way][0 if later == 0 else slice(1, None)]
                use = quota.once_of.get(int(own.max()), 0)
                if use and quota.first <= slot <= quota.last:
                    row.append(np.array([number]))
                    variable.append(place.begin[later, way, [slot]])
                    factor.append(np.array([use]))
    return replace(rows, row=np.concatenate(row), variable=np.concatenate(variable), coefficient=np.concatenate(factor))


# --- solutions ------------------------------------------------------------------------------------


def decode_segments(variables: SlotVariables, values: Ints) -> Iterator[Entry]:
    """Yield the entries of chains in a solution; none for a chain with a segment that no option states."""
    for chain, place in zip(variables.form.chains, variables.places, strict=True):
        if place.left >= 0 and values[place.left]:
            continue
        works = np.where(place.y >= 0, values[place.y], 0) > 0
        begins: Bools = np.any(np.where(place.begin >= 0, values[place.begin], 0) > 0, axis=0)
        for option, start in chain.entries(list(_runs(works, begins))) or ():
            yield option, start, 1


def _runs(works: Bools, begins: Bools) -> Iterator[tuple[int, int, int]]:
    """Yield way, start and length of each segment in order of time."""
    current: tuple[int, int, int] | None = None
    for slot in range(works.shape[1]):
        found = np.flatnonzero(works[:, slot])
        way = int(found[0]) if len(found) else -1
        if current is not None and (way != current[0] or begins[way, slot]):
            yield current
            current = None
        if way >= 0:
            current = (way, slot, 1) if current is None else (current[0], current[1], current[2] + 1)
    if current is not None:
        yield current


def encode_chains(variables: SlotVariables, schedule: Schedule, values: Ints) -> None:
    """Write the values of the variables of chains into `values`, int64, shape (V,)."""
    problem = variables.form.problem
    group = problem.group[schedule.option]
    for chain, place in zip(variables.form.chains, variables.places, strict=True):
        mine = np.flatnonzero(np.isin(group, chain.chain.groups) & (problem.duration[schedule.option] > 0))
        if place.left >= 0:
            values[place.left] = not len(mine)
        for part, at in enumerate(mine[np.argsort(schedule.start[mine])].tolist()):
            option, start = int(schedule.option[at]), int(schedule.start[at])
            end = start + int(problem.duration[option])
            number = int(np.flatnonzero(chain.chain.groups == group[at])[0])
            way = int(chain.chain.way[number][option - problem.option_ptr[group[at]]])
            _write(values, place.y[way, start:end])
            _write(values, place.begin[[min(part, 1)], way, [start]])
            if not part:
                _write(values, place.begun[start:])
                _write(values, place.family[[chain.chain.family[way]]] if len(place.family) else place.family)
            _write(values, place.runs_on[:end])


def _write(values: Ints, at: Ints) -> None:
    values[at[at >= 0]] = 1
