"""Ejection pool on single nodes: a group that fits nowhere ejects others, which are inserted again.

After Nagata and Bräysy (2009, doi:10.1016/j.orl.2009.04.006): the column is taken whose victims weigh least, each
failure raises the group's weight, and some groups move at random. Weights begin as sizes: a large group in the pool
is harder to place than the small ones that it would make room for (sample09 of the challenge: 1,500 to 2,000 steps
where weights of 1 took 6,300 to 10,900). Of thousands of columns only those with the least
shortage are weighed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.single_nodes.construction import construct, volumes
from leptonopt.algorithms.single_nodes.partial_schedule import AlikeNodes, SingleNodeSchedule, window_sums
from leptonopt.problem.arrays import Floats, Ints

Column = tuple[int, int]  # (option, start)
FINE = 1_000_000  # shortages are whole millionths of an amount


@dataclass(frozen=True)
class EjectionTuning:
    """Tuning constants, chosen on 18 days that were planted at 75 to 85 % load: 17 of them get a plan.

    Attributes
    ----------
    candidates : columns of a failing group whose victims are weighed, those of least shortage
    noise : relative noise on the shortage, so that a repeated failure looks elsewhere
    moves : groups that move at random at a time
    move_probability : probability of such moves after a step
    optional_weight : weight of an optional group against that of a mandatory one of its size
    """

    candidates: int = 6
    noise: float = 0.3
    moves: int = 8
    move_probability: float = 0.1
    optional_weight: float = 0.05


TUNING = EjectionTuning()


class EjectionPool:
    """Queue of groups without a place, and the steps that make room for them.

    Attributes
    ----------
    size : float, shape (G,), the volume of a group, relative to the mean
    weight : float, shape (G,), the size, raised by as much by each failure
    on_kind : bool, shape (K + 1, G), the groups on each node; the last line is for groups on none
    begin, end : int64, shape (G,), the slots from the first start of a group to its last end
    """

    def __init__(self, placing: SingleNodeSchedule, seed: int) -> None:
        self.placing, self.problem = placing, placing.problem
        self.random = np.random.default_rng(seed)
        self.size = volumes(self.problem)
        self.size = np.where(self.problem.optional, TUNING.optional_weight, 1) * self.size / (self.size.mean() or 1.0)
        self.weight = self.size.copy()
        self.queue = deque(placing.unplaced().tolist())
        self._demands: dict[int, tuple[Ints, Ints]] = {}
        self._same_rows: dict[bytes, Ints] = {}
        self.on_kind = np.zeros((len(self.problem.nodes) + 1, self.problem.groups), bool)
        self.begin, self.end = np.zeros((2, self.problem.groups), np.int64)
        for group, ran in enumerate(placing.columns):
            self._register(group, ran)

    def run(self, steps: int, stop: Callable[[], bool]) -> bool:
        """Run at most so many steps; return whether all mandatory groups are placed."""
        for _ in range(steps):
            if not self.queue or stop():
                break
            self.step()
        lost = np.flatnonzero(self.placing.missing)
        construct(self.placing, lost, stop)
        for group in lost.tolist():
            self._register(group, self.placing.columns[group])
        return self.placing.whole()

    def step(self) -> None:
        """Place the first group of the queue, if need be in the place of others."""
        group = self.queue.popleft()
        while self.placing.missing[group]:
            if found := self.placing.cheapest_column(group):
                self._insert(group, found[1:])
                continue
            self.weight[group] += self.size[group]
            if (forced := self._lightest_victims(group)) is None:
                self.queue.append(group)
                self._move_some()
                return
            for other in forced[1]:
                self._remove(other)
                if not self.problem.optional[other]:
                    self.queue.append(other)
            self._insert(group, forced[0])
        if self.random.random() < TUNING.move_probability:
            self._move_some()

    def _insert(self, group: int, column: Column) -> None:
        self.placing.insert(group, *column)
        self._register(group, [column])

    def _register(self, group: int, ran: list[Column]) -> None:
        for option, _ in ran:
            self.on_kind[self.placing.kind_of[option], group] = True
        if columns := self.placing.columns[group]:
            self.begin[group] = min(start for _, start in columns)
            self.end[group] = max(start + self.problem.duration[option] for option, start in columns)

    def _remove(self, group: int) -> list[Column]:
        ran = self.placing.remove_group(group)
        for option, _ in ran:
            self.on_kind[self.placing.kind_of[option], group] = False
        return ran

    def _move_some(self) -> None:
        """Move some groups to random feasible columns."""
        placed = np.flatnonzero(self.placing.missing < self.problem.copies)
        for group in self.random.permutation(placed)[: TUNING.moves].tolist():
            first, *rest = self._remove(group)
            for column in rest:
                self._insert(group, column)
            self._insert(group, self._random_column(group) or first)

    def _random_column(self, group: int) -> Column | None:
        """Return a random feasible column of a group."""
        batches = self.placing.alike(group)
        batch = batches[int(self.random.integers(len(batches)))]
        which, start = np.nonzero(self.placing.feasible_starts(batch))
        if not len(which):
            return None
        at = int(self.random.integers(len(which)))
        return int(batch.options[which[at]]), batch.first + int(start[at])

    def _lightest_victims(self, group: int) -> tuple[Column, list[int]] | None:
        """Return a column of a group and its victims, the lightest of the columns with the least shortage."""
        best, found = np.inf, None
        for batch in self.placing.alike(group):
            short = self._shortage(batch)
            short = short * (1 + TUNING.noise * self.random.random(short.shape))
            few = min(TUNING.candidates, short.size)
            least = np.argpartition(short, few - 1, axis=None)[:few]
            for at in least[np.argsort(short.flat[least])].tolist():
                which, start = divmod(at, short.shape[1])
                column = int(batch.options[which]), batch.first + start
                victims = self._victims(group, *column, best) if np.isfinite(short.flat[at]) else None
                if victims is not None:
                    best, found = float(self.weight[victims].sum()), (column, victims)
        return found

    def _shortage(self, batch: AlikeNodes) -> Floats:
        """Return the shortage of each start over slots and rows, in parts of its amounts, float, (n, S).

        A start that is never possible has infinite shortage.
        """
        part = slice(batch.first, batch.last + batch.duration)
        amounts = np.maximum(1, batch.amounts)[:, :, None]
        lack = np.maximum(0, amounts - self.placing.free[batch.rows, part]) / amounts
        never = (self.problem.capacity[batch.rows, part] < batch.amounts[:, :, None]).any(axis=1)
        shut = window_sums(np.asarray(never, np.int32), batch.duration) > 0
        whole = np.rint(FINE * lack.sum(axis=1)).astype(np.int64)
        return np.where(shut, np.inf, window_sums(whole, batch.duration))

    def _victims(self, group: int, option: int, start: int, limit: float) -> list[int] | None:
        """Return groups whose removal makes room for a column, the lightest first.

        None where none do, or where they weigh no less than the limit.
        """
        stop = start + int(self.problem.duration[option])
        rows, amounts = self._limited(option)
        short = amounts[:, None] - self.placing.free[rows, start:stop]
        victims: list[int] = []
        others, held = self._held(group, option, start, stop)
        parts, weight = 1 / np.maximum(1, amounts)[:, None], self.weight[others]
        while (short > 0).any():
            gain = (np.minimum(held, np.maximum(short, 0)) * parts).sum(axis=(1, 2))
            if not gain.any():
                return None
            chosen = int(np.where(gain > 0, weight / np.maximum(gain, 1e-300), np.inf).argmin())
            same = others == others[chosen]
            short = short - held[same].sum(axis=0)
            held[same] = 0
            victims.append(int(others[chosen]))
            if self.weight[victims].sum() >= limit:
                return None
        return victims

    def _held(self, group: int, option: int, start: int, stop: int) -> tuple[Ints, Ints]:
        """Return the copies of other groups on an option's node in slots, and their use of its limited rows.

        int64, shapes (n,), the group of each copy, and (n, R, stop - start).
        """
        problem, rows = self.problem, self._limited(option)[0]
        found: list[tuple[int, int, int]] = []
        amounts: list[Ints] = []
        near = self.on_kind[self.placing.kind_of[option]] & (self.begin < stop) & (self.end > start)
        near[group] = False
        for other in np.flatnonzero(near).tolist():
            for column, begin in self.placing.columns[other]:
                end = begin + int(problem.duration[column])
                if begin < stop and end > start:
                    found.append((other, begin, end))
                    amounts.append(self._on_rows(column, rows))
        table = np.array(found, np.int64).reshape(-1, 3)
        slots = np.arange(start, stop)
        running = (slots >= table[:, 1:2]) & (slots < table[:, 2:3])
        held = np.array(amounts, np.int64).reshape(-1, len(rows), 1) * running[:, None, :]
        return table[:, 0], held

    def _limited(self, option: int) -> tuple[Ints, Ints]:
        """Return the limited rows that an option holds, and the amounts; int64, shape (R,) each."""
        if (known := self._demands.get(option)) is None:
            rows, amounts = self.problem.demands(option)
            kept = self.placing.limited[rows]
            same = self._same_rows.setdefault(rows[kept].tobytes(), rows[kept])
            known = self._demands[option] = same, amounts[kept]
        return known

    def _on_rows(self, option: int, rows: Ints) -> Ints:
        """Return what an option holds of some rows, int64, shape (R,)."""
        mine, amounts = self._limited(option)
        if mine is rows:
            return amounts
        held = np.zeros(len(rows), np.int64)
        known = np.isin(mine, rows)
        held[np.searchsorted(rows, mine[known])] = amounts[known]
        return held
