"""Add data that tasks pass on to the second model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from leptonopt.confirm.builder import Builder
from leptonopt.verify.data import data_of
from leptonopt.verify.exact import duration


def add_data(model: Builder) -> None:
    """Add one pair of regions for all data that is passed on: what moving it costs, and when it is there."""
    stated = model.stated
    for id, task in stated.tasks.items():
        for after in task.get("after") or ():
            if gib := data_of(after):
                sent, taken = _by_region(model, after["task"]), _by_region(model, id)
                pairs = {(p, q): _pair(model, after, gib, (p, sent[p]), (q, taken[q])) for p in sent for q in taken}
                for p, columns in sent.items():
                    mine = dict.fromkeys((pairs[p, q] for q in taken), Fraction(1))
                    model.row(mine | dict.fromkeys(columns, -1), high=0)
                for q, columns in taken.items():
                    mine = dict.fromkeys((pairs[p, q] for p in sent), Fraction(1))
                    model.row(mine | dict.fromkeys(columns, -1), 0, 0)
                    _add_moved(model, [pairs[p, q] for p in sent], columns)


def _add_moved(model: Builder, pairs: Sequence[int], columns: Sequence[int]) -> None:
    """Add which start pays for which pair of regions, where what that costs counts for a quota or a meter."""
    counting = (*model.stated.quotas, *(model.stated.document.get("meters") or ()))
    if not any(counted["of"] == "money" for counted in counting):
        return
    for pair in (pair for pair in pairs if model.passed[pair]):
        paid = {model.variable(1): at for at in columns}
        model.row(dict.fromkeys(paid, 1) | {pair: -1}, 0, 0)
        for part, at in paid.items():
            model.row({part: 1, at: -1}, high=0)
            model.moved[part] = model.columns[at], model.passed[pair]


def _by_region(model: Builder, task: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for at in model.of_task[task]:
        found[str(model.stated.data.region(model.columns[at].way.pool))].append(at)
    return found


def _pair(
    model: Builder, after: Mapping[str, Any], gib: Fraction, sent: tuple[str, list[int]], taken: tuple[str, list[int]]
) -> int:
    """Return the variable of a pair of regions, 0 where no link leads from one to the other."""
    stated, columns = model.stated, model.columns
    move = stated.data.between("task", after["task"], sent[0], taken[0], gib)
    pair = model.variable(0 if move is None else 1)
    model.passed[pair] = Fraction(0) if move is None else move.money
    if move is not None:
        model.cost[pair] += stated.weight * move.money
        lag = ceil((duration(after.get("lag") or "0s") + move.seconds) / stated.slot)
        for slot in sorted({columns[at].start for at in taken[1]}):
            begun = dict.fromkeys((at for at in taken[1] if columns[at].start <= slot), Fraction(1))
            ended = dict.fromkeys((at for at in sent[1] if columns[at].end + lag <= slot), Fraction(-1))
            model.row(begun | ended | {pair: Fraction(1)}, high=1)
    return pair
