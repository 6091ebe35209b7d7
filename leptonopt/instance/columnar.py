"""Hold an instance as arrays, one entry per task and one per option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.instance import Instance

VERSION = 1
TASK = {"release": None, "deadline": None, "copies": 1, "value": -1, "after": -1, "due": -1, "late_cost": 0, "of": -1}
OPTION = {"pool": None, "slots": None, "cost": 0, "of": -1}


@dataclass(frozen=True, eq=False)
class ColumnarInstance:
    """An instance as columns; see docs/reference/columns.md.

    Attributes
    ----------
    head : the document without tasks
    instance : the same, validated, with a task that stands for all
    resources : names, in the order of `uses`
    task : by name, whole numbers, shape (tasks,): release, deadline [slots], copies, value [cents], after,
        due [slots], late_cost [cents per hour], of (position in the instance that was planned first); None where
        the column is absent
    option : by name, shape (options,): pool (position), slots, cost [cents], of; None where absent
    ptr : int64, shape (tasks + 1,), the options of task i are ptr[i] .. ptr[i+1] - 1
    uses : shape (options, resources) [units]
    sha256 : of the files
    """

    name: str
    head: Mapping[str, Any]
    instance: Instance
    resources: tuple[str, ...]
    task: Mapping[str, NDArray[Any] | None]
    option: Mapping[str, NDArray[Any] | None]
    ptr: NDArray[np.int64]
    uses: NDArray[Any]
    sha256: str

    @property
    def tasks(self) -> int:
        """Return the number of tasks, copies not counted."""
        return len(self.ptr) - 1

    @property
    def options(self) -> int:
        """Return the number of options."""
        return len(self.uses)

    def summary(self) -> str:
        """Return the sizes of the instance in one line."""
        pools, slots = len(self.instance.pools), self.instance.time.slots
        return f"{self.tasks:,} tasks, {self.options:,} options, {pools} pools, {slots:,} slots, in columns"

    def of_task(self, name: str) -> NDArray[Any]:
        """Return a column of the tasks, or its default value where it is absent."""
        found = self.task[name]
        return np.broadcast_to(np.int64(TASK[name] or 0), self.tasks) if found is None else found

    def of_option(self, name: str) -> NDArray[Any]:
        """Return a column of the options, or its default value where it is absent."""
        found = self.option[name]
        return np.broadcast_to(np.int64(OPTION[name] or 0), self.options) if found is None else found
