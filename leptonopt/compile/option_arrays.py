"""Arrays of a problem's options, from the columns of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from leptonopt.compile.pool_options import ColumnsOnPools, representatives
from leptonopt.compile.windows import TaskWindows
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.problem.arrays import Ints
from leptonopt.runtime.clock import check_time, check_time_each

OFTEN = 256  # columns between two checks of the time limit


def option_arrays(
    tasks: TaskWindows, heads: Sequence[int], number: Mapping[str, int], cost: Callable[[ConcreteOption], int]
) -> dict[str, Any]:
    """Return the arrays of options by their names in `Problem`; `heads` are the tasks of the groups.

    Parameters
    ----------
    number : the number of each pool
    cost : what an option costs once [money units]
    """
    found = [(tasks.columns[head], representatives(tasks.columns[head])) for head in check_time_each(heads)]
    columns = [column for _, some in found for column in some]
    starts = [tasks.fitting(head, each) for head, (_, some) in zip(heads, found, strict=True) for each in some]
    many = ints(len(every) if every is not some else 1 for every, some in found for _ in some)
    held = ints(len(column.rows) for column in columns)
    arrays = {
        "pool": ints(number[column.way.pool] for column in check_time_each(columns, OFTEN)),
        "duration": ints(column.slots for column in columns),
        "fixed": ints(cost(column.way) for column in check_time_each(columns, OFTEN)),
        "first": ints(int(each[0]) for each in starts),
        "last": ints(int(each[-1]) for each in starts),
    }
    demands = {
        "demand_row": ints(chain.from_iterable(column.rows for column in check_time_each(columns, OFTEN))),
        "demand": ints(chain.from_iterable(column.amounts for column in check_time_each(columns, OFTEN))),
    }
    made = {
        "option_ptr": pointers(ints(len(every) for every, _ in found)),
        "demand_ptr": pointers(np.repeat(held, many)),
    }
    if (many > 1).any():
        arrays = {name: np.repeat(values, many) for name, values in arrays.items()}
        demands = {name: _repeated(values, held, many) for name, values in demands.items()}
        for span, every in zip(pairwise(made["option_ptr"].tolist()), (every for every, _ in found), strict=True):
            if isinstance(every, ColumnsOnPools):
                arrays["pool"][slice(*span)] = every.rows.pool
                demands["demand_row"][slice(*made["demand_ptr"][list(span)])] = every.rows.table.ravel()
    check_time()
    return made | arrays | demands


def _repeated(values: Ints, held: Ints, many: Ints) -> Ints:
    """Return values of which each column holds some, those of a column as often as it has pools."""
    of = np.repeat(np.arange(len(many)), many)
    begin, length = pointers(held)[of], held[of]
    place = np.arange(int(length.sum())) + np.repeat(begin - pointers(length)[:-1], length)
    return np.asarray(values[place])


def ints(values: Iterable[int]) -> Ints:
    """Return an array of whole numbers."""
    return np.fromiter(values, np.int64)


def pointers(lengths: Ints) -> Ints:
    """Return where spans of some lengths begin, and the end of the last one."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
