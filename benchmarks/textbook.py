"""Textbook models beside `auto` on instances of the family `platform`.

    python benchmarks/families.py -o generated --families platform --tasks 30 60 --seeds 5
    bash peers/setup.sh          # for PyJobShop, in an environment of its own
    python benchmarks/textbook.py generated/platform-*.json -t 60 -o rows.jsonl

- `milp`: the time-indexed integer program (a binary for each option and start, counts of nodes by slot) given to HiGHS
  through SciPy;
- `intervals`: optional intervals and cumulative constraints given to CP-SAT, counts of rented nodes by slot;
- `pyjobshop`: PyJobShop (https://github.com/PyJobShop/PyJobShop), which has renewable resources with breaks, modes and
  weighted tardiness. It knows no money: it minimises tardiness, and its plan is then paid by our prices.

All three start from nothing, with one thread, and see nodes as counts: the rule that a job must fit within one node is
left out, so their plans may not be assignable; `auto` keeps it. Rows say which rules a plan breaks.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

import leptonopt
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.io.load import load
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule

PEER = Path(__file__).parents[1] / "peers" / ".venv" / "bin" / "python"
Runs = list[tuple[int, int]] | None  # (option, start) of each group that runs


class TimeIndexedModel:
    """The integer program: a binary for each option and start, and counts of nodes on, started and paid by slot."""

    def __init__(self, problem: Problem) -> None:
        self.problem, columns, nodes = problem, problem.columns, problem.nodes
        self.columns = list(zip(columns.option.tolist(), columns.start.tolist(), strict=True))
        many, self.kinds, self.slots = len(self.columns), len(nodes), problem.slots
        self.left_out = many
        self.on, self.started, self.paid, self.committed = (
            many + problem.groups + part * self.kinds * self.slots for part in range(4)
        )
        self.width = self.committed + self.kinds
        self.entries: list[tuple[list[int], list[float]]] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.once()
        self.capacity()
        self.nodes()
        self.quotas()

    def row(self, entries: Sequence[tuple[int, float]], least: float, most: float) -> None:
        """Add a row."""
        self.entries.append(([at for at, _ in entries], [float(value) for _, value in entries]))
        self.low.append(least)
        self.high.append(most)

    def once(self) -> None:
        """Each task runs once, or is left out where it may be."""
        of_group: list[list[tuple[int, float]]] = [[] for _ in range(self.problem.groups)]
        for at, (option, _) in enumerate(self.columns):
            of_group[int(self.problem.group[option])].append((at, 1))
        for group, entries in enumerate(of_group):
            copies = float(self.problem.copies[group])
            self.row([*entries, (self.left_out + group, 1)], copies, copies)

    def capacity(self) -> None:
        """In every slot, demands fit the capacity, or what usable nodes supply."""
        problem, nodes, held = self.problem, self.problem.nodes, dict[tuple[int, int], list[tuple[int, float]]]()
        for at, (option, start) in enumerate(self.columns):
            for resource, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
                for slot in range(start, start + int(problem.duration[option])):
                    held.setdefault((resource, slot), []).append((at, amount))
        for (resource, slot), entries in held.items():
            supply = np.flatnonzero(nodes.supply_row == resource)
            for at in supply.tolist():
                kind, size = int(nodes.supply_node[at]), int(nodes.supply_size[at])
                entries.append((self.on + kind * self.slots + slot, -size))
                for since in range(max(0, slot - int(nodes.boot[kind]) + 1), slot + 1):
                    entries.append((self.started + kind * self.slots + since, size))
            most = 0 if len(supply) else int(problem.capacity[resource, slot])
            if most < UNLIMITED:
                self.row(entries, -np.inf, most)

    def nodes(self) -> None:
        """Nodes that are started, that stay on for their minimum, and that are paid on demand."""
        nodes = self.problem.nodes
        for kind in range(self.kinds):
            for slot in range(self.slots):
                at = kind * self.slots + slot
                before = [(self.on + at - 1, -1.0)] if slot else []
                self.row([(self.on + at, 1), *before, (self.started + at, -1)], -np.inf, 0)
                owned = float(nodes.reserved[kind])
                self.row([(self.on + at, 1), (self.paid + at, -1), (self.committed + kind, -1)], -np.inf, owned)
                since = range(max(0, slot - int(nodes.minimum[kind]) + 1), slot + 1)
                starts = [(self.started + kind * self.slots + each, 1.0) for each in since]
                self.row([(self.on + at, -1), *starts], -np.inf, 0)

    def quotas(self) -> None:
        """What counts for a quota is at most its limit."""
        for quota in self.problem.quotas:
            use = np.zeros(self.width)
            for at, (option, start) in enumerate(self.columns):
                use[at] = quota.uses(self.problem, option, start, start)[0]
            if quota.nodes is not None:
                use[self.on :] = self.of_nodes(quota.nodes)
            found = np.flatnonzero(use)
            self.row(list(zip(found.tolist(), use[found].tolist(), strict=True)), -np.inf, quota.limit)

    @staticmethod
    def of_nodes(costs: NodeCosts) -> NDArray[np.int64]:
        """Costs of nodes in the order of the variables."""
        return np.concatenate([costs.on.ravel(), costs.start.ravel(), costs.on_demand.ravel(), costs.commit])

    def solve(self, seconds: float) -> Runs:
        """Ask HiGHS."""
        problem, nodes = self.problem, self.problem.nodes
        price = np.concatenate([problem.columns.cost, problem.value, self.of_nodes(nodes.costs)]).astype(float)
        paid = nodes.count * nodes.on_demand[:, None]
        counts = [nodes.count.ravel(), nodes.count.ravel(), paid.ravel(), nodes.commit_max]
        upper = np.concatenate([np.ones(len(self.columns)), problem.copies * problem.optional, *counts])
        rows = np.repeat(np.arange(len(self.low)), [len(cols) for cols, _ in self.entries])
        cols = np.concatenate([np.array(cols, int) for cols, _ in self.entries])
        values = np.concatenate([np.array(values) for _, values in self.entries])
        matrix = sparse.csr_array((values, (rows, cols)), shape=(len(self.low), self.width))
        found = milp(
            price / max(1.0, float(np.abs(price).max())),
            integrality=np.ones(self.width, int),
            bounds=Bounds(0, upper),
            constraints=LinearConstraint(matrix, self.low, self.high),
            options={"time_limit": seconds},
        )
        if found.x is None:
            return None
        return [self.columns[at] for at in np.flatnonzero(found.x[: len(self.columns)] > 0.5).tolist()]


def time_indexed(problem: Problem, seconds: float) -> Runs:
    """The integer program, by HiGHS."""
    return TimeIndexedModel(problem).solve(seconds)


class IntervalModel:
    """Optional intervals, cumulative constraints, and counts of rented nodes by slot."""

    def __init__(self, problem: Problem) -> None:
        from ortools.sat.python import cp_model

        self.problem, self.model, self.solver = problem, cp_model.CpModel(), cp_model.CpSolver()
        self.found = (cp_model.OPTIMAL, cp_model.FEASIBLE)
        self.cost: list[Any] = []
        self.use: list[list[Any]] = [[] for _ in problem.quotas]
        self.held: dict[
            int, list[tuple[Any, int, int, Any, Any]]
        ] = {}  # by row: interval, amount, option, start, taken
        self.runs = [(option, *self.option(option)) for option in range(problem.options)]
        for group in range(problem.groups):
            ways = [taken for option, taken, _ in self.runs if problem.group[option] == group]
            left = [self.model.new_bool_var("")] if problem.optional[group] else []
            self.model.add_exactly_one(ways + left)
            self.cost += [int(problem.value[group]) * out for out in left]
        rented = self.rented_rows()
        for row in self.held.keys() - rented:
            self.cumulative(row)
        for quota, used in zip(problem.quotas, self.use, strict=True):
            self.model.add(sum(used) <= int(quota.limit))

    def option(self, option: int) -> tuple[Any, Any]:
        """Add an option: an optional interval whose cost is looked up by its start; return presence and start."""
        problem, model = self.problem, self.model
        first, last, length = (int(each[option]) for each in (problem.first, problem.last, problem.duration))
        taken, start = model.new_bool_var(""), model.new_int_var(first, last, "")
        span = model.new_optional_fixed_size_interval_var(start, length, taken, "")
        prices = problem.start_costs(option)
        charged = model.new_int_var(int(prices.min()), int(prices.max()), "")
        model.add_element(start - first, prices.tolist(), charged)
        paid = model.new_int_var(min(0, int(prices.min())), max(0, int(prices.max())), "")
        model.add(paid >= charged).only_enforce_if(taken)
        self.cost.append(paid)
        for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
            self.held.setdefault(row, []).append((span, amount, option, start, taken))
        for used, quota in zip(self.use, problem.quotas, strict=True):
            if most := int(quota.uses(problem, option, first, last).max()):
                used.append(most * taken)
        return taken, start

    def cumulative(self, row: int) -> None:
        """What is held of a row fits its capacity; lower capacity for a time is an interval that holds the rest."""
        capacity = self.problem.capacity[row]
        if capacity.min() >= UNLIMITED:
            return
        most = int(capacity.max())
        spans, amounts = [each[0] for each in self.held[row]], [each[1] for each in self.held[row]]
        for slot in np.flatnonzero(capacity < most).tolist():
            spans.append(self.model.new_fixed_size_interval_var(slot, 1, ""))
            amounts.append(most - int(capacity[slot]))
        self.model.add_cumulative(spans, amounts, most)

    def rented_rows(self) -> set[int]:
        """Add counts of rented nodes, which cover what is held of their rows once booted; return these rows."""
        nodes, rows = self.problem.nodes, set[int]()
        for kind in np.flatnonzero(nodes.costs.on_demand.any(axis=1)).tolist():
            on = [self.model.new_int_var(0, int(most), "") for most in nodes.count[kind].tolist()]
            for at in np.flatnonzero(nodes.supply_node == kind).tolist():
                rows.add(int(nodes.supply_row[at]))
                for slot, held in enumerate(self.loads(int(nodes.supply_row[at]))):
                    for since in range(max(0, slot - int(nodes.boot[kind])), slot + 1) if held else ():
                        self.model.add(sum(held) <= int(nodes.supply_size[at]) * on[since])
                    if held and slot < nodes.boot[kind]:
                        self.model.add(sum(held) == 0)
            self.cost += [int(price) * each for price, each in zip(nodes.costs.on_demand[kind], on, strict=True)]
            for used, quota in zip(self.use, self.problem.quotas, strict=True):
                if quota.nodes is not None:
                    used += [int(price) * each for price, each in zip(quota.nodes.on_demand[kind], on, strict=True)]
        return rows

    def loads(self, row: int) -> list[list[Any]]:
        """What is held of a row in each slot, from truth values for "runs in this slot"."""
        load: list[list[Any]] = [[] for _ in range(self.problem.slots)]
        for _, amount, option, start, taken in self.held.get(row, ()):
            length = int(self.problem.duration[option])
            for slot in range(int(self.problem.first[option]), int(self.problem.last[option]) + length):
                here, begun, going = (self.model.new_bool_var("") for _ in range(3))
                self.model.add(start <= slot).only_enforce_if(begun)
                self.model.add(start > slot).only_enforce_if(begun.negated())
                self.model.add(start > slot - length).only_enforce_if(going)
                self.model.add(start <= slot - length).only_enforce_if(going.negated())
                self.model.add_bool_or(here, begun.negated(), going.negated(), taken.negated())
                load[slot].append(amount * here)
        return load

    def solve(self, seconds: float) -> Runs:
        """Ask CP-SAT."""
        self.model.minimize(sum(self.cost))
        self.solver.parameters.max_time_in_seconds, self.solver.parameters.num_workers = seconds, 1
        if self.solver.solve(self.model) not in self.found:
            return None
        return [(option, self.solver.value(start)) for option, taken, start in self.runs if self.solver.value(taken)]


def intervals(problem: Problem, seconds: float) -> Runs:
    """The interval model, by CP-SAT."""
    return IntervalModel(problem).solve(seconds)


def pyjobshop(problem: Problem, seconds: float) -> Runs:
    """PyJobShop, in its own interpreter; it has no money, so it minimises weighted tardiness."""
    rows = [row for row in range(len(problem.capacity)) if problem.capacity[row].min() < UNLIMITED]
    place = {row: at for at, row in enumerate(rows)}
    edges = list(zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True))
    asked = {
        "resources": [_resource(problem, row) for row in rows],
        "tasks": [_task(problem, group, place) for group in range(problem.groups)],
        "edges": edges,
        "seconds": seconds,
    }
    command = [str(PEER), str(Path(__file__).with_name("textbook_peer.py"))]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    if answer is None:
        return None
    return [(int(problem.option_ptr[group]) + mode, start) for group, (mode, start) in enumerate(answer) if mode >= 0]


def _resource(problem: Problem, row: int) -> tuple[int, list[tuple[int, int]]]:
    """The capacity of a row, and the times in which it has none."""
    closed = np.flatnonzero(np.diff((problem.capacity[row] == 0).astype(int), prepend=0, append=0)).tolist()
    return int(problem.capacity[row].max()), list(zip(closed[::2], closed[1::2], strict=True))


def _task(problem: Problem, group: int, place: Mapping[int, int]) -> tuple[Any, ...]:
    """First start, last end, due date, cost of lateness, whether it may be left out, and the modes of a task."""
    options = list(range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1])))
    modes = []
    for option in options:
        held = zip(*(part.tolist() for part in problem.demands(option)), strict=True)
        modes.append((int(problem.duration[option]), [(place[row], amount) for row, amount in held if row in place]))
    slope = int(problem.late_slope[group])
    due = int(problem.late_base[group]) // slope if slope else None
    last = max(int(problem.last[option] + problem.duration[option]) for option in options)
    return int(problem.first[options].min()), last, due, slope, bool(problem.optional[group]), modes


def judged(made: CompiledInstance, runs: Runs) -> dict[str, Any]:
    """Cost of runs by our prices, and the rules that they break."""
    if runs is None:
        return {"cost": None, "broken": None}
    problem = made.problem
    option, start = np.array(runs, np.int64).reshape(-1, 2).T
    schedule = with_node_schedule(problem, Schedule.of(option, start))
    broken = sorted(violated_rules(problem, schedule))
    cost = None if "nodes" in broken else float(objective(problem, schedule) * made.unit)
    return {"cost": cost, "broken": broken}


def main() -> None:
    """Run all systems on all files, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--time-limit", "-t", type=float, default=60.0)
    parser.add_argument("--systems", nargs="+", default=["auto", "milp", "intervals", "pyjobshop"])
    parser.add_argument("--output", "-o", type=Path)
    given = parser.parse_args()
    models: dict[str, Callable[[Problem, float], Runs]] = {
        "milp": time_indexed, "intervals": intervals, "pyjobshop": pyjobshop
    }  # fmt: skip
    lines = []
    for file in given.files:
        made = compile_instance(load(file), COUNTED)
        for system in given.systems:
            begun, cpu = time.monotonic(), time.process_time()
            if system == "auto":
                result = leptonopt.solve(file, time_limit=given.time_limit, threads=1)
                row: dict[str, Any] = {"cost": None if result.cost is None else float(result.cost), "broken": []}
                row["bound"] = None if result.bound is None else float(result.bound)
            else:
                row = judged(made, models[system](made.problem, given.time_limit))
            row |= {"file": file.name, "system": system, "seconds": time.monotonic() - begun}
            row["cpu"] = time.process_time() - cpu
            lines.append(json.dumps(row))
            sys.stdout.write(lines[-1] + "\n")
            sys.stdout.flush()
    if given.output:
        given.output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
