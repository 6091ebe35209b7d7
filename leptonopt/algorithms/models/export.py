"""The model as files for other programs: free MPS, LP, and data for `models/allocation.mod`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import lcm

import numpy as np

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, IntegerProgram, build_model
from leptonopt.errors import UsageError
from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import Nodes
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.services import Services
from leptonopt.runtime.clock import check_time_each

LONGEST_REMARK = 240  # characters; some readers of LP files take lines of 255
OFTEN = 1000  # lines between two looks at the clock


REMARKS = {"mps": "* ", "lp": "\\ ", "dat": "# "}  # how a line that solvers skip begins


def export_model(problem: Problem, kind: str, remarks: Iterable[str] = ()) -> str:
    """Return a problem's model as text in `mps`, `lp` or `dat`; all numbers are integers.

    `remarks` stand above it, for people: unit, offset, and what the numbers in names mean.

    Raises `UsageError` for any other kind.
    """
    kinds: dict[str, Callable[[Problem], str]] = {"mps": to_mps, "lp": to_lp, "dat": to_mathprog}
    if kind not in kinds:
        raise UsageError(f"there is no model format {kind!r}; known are {', '.join(kinds)}")
    lines = (remark.encode("ascii", "backslashreplace").decode().replace("\n", " ") for remark in remarks)
    return "".join(f"{REMARKS[kind]}{line[:LONGEST_REMARK]}\n" for line in lines) + kinds[kind](problem)


def to_mps(problem: Problem) -> str:
    """Return the model in free MPS; names are those of `IntegerProgram.names` and `row_names`."""
    return "\n".join(check_time_each(_mps(build_model(problem)), OFTEN)) + "\n"


def to_lp(problem: Problem) -> str:
    """Return the model in the LP format of CPLEX."""
    return "\n".join(check_time_each(_lp(build_model(problem)), OFTEN)) + "\n"


def to_mathprog(problem: Problem) -> str:
    """Return the data section for models/allocation.mod."""
    return "\n".join(check_time_each(_mathprog(problem), OFTEN)) + "\n"


def _mps(linear: IntegerProgram) -> Iterator[str]:
    rows, names = linear.row_names(), linear.names()
    senses = [_sense(low, high) for low, high in zip(linear.lower.tolist(), linear.upper.tolist(), strict=True)]
    yield "NAME leptonopt"
    yield "ROWS"
    yield " N cost"
    yield from (f" {sense} {row}" for (sense, _), row in zip(senses, rows, strict=True))
    yield "COLUMNS"
    yield " MARKER 'MARKER' 'INTORG'"
    by_column = linear.matrix.tocsc()
    for at, name in enumerate(names):
        yield f" {name} cost {linear.cost[at]}"
        part = slice(by_column.indptr[at], by_column.indptr[at + 1])
        for row, value in zip(by_column.indices[part].tolist(), by_column.data[part].tolist(), strict=True):
            yield f" {name} {rows[row]} {value}"
    yield " MARKER 'MARKER' 'INTEND'"
    yield "RHS"
    yield from (f" RHS {row} {side}" for (_, side), row in zip(senses, rows, strict=True) if side)
    yield "BOUNDS"
    yield from (f" UP BND {name} {most}" for name, most in zip(names, linear.most.tolist(), strict=True))
    yield "ENDATA"


def _sense(low: int, high: int) -> tuple[str, int]:
    if low == high:
        return "E", low
    return ("L", high) if high < NO_LIMIT else ("G", low)


def _lp(linear: IntegerProgram) -> Iterator[str]:
    """Every variable stands in the objective, also at cost 0, so that no row is without a name to write."""
    names = linear.names() or ["nothing"]
    yield "Minimize"
    costs = zip(names, linear.cost.tolist(), strict=True) if len(linear.cost) else [(names[0], 0)]
    yield from _wrapped(" cost:", (_term(value, name) for name, value in costs))
    yield "Subject To"
    words = {"E": "=", "L": "<=", "G": ">="}
    for at, row in enumerate(linear.row_names()):
        part = slice(linear.matrix.indptr[at], linear.matrix.indptr[at + 1])
        pairs = zip(linear.matrix.indices[part].tolist(), linear.matrix.data[part].tolist(), strict=True)
        sense, side = _sense(int(linear.lower[at]), int(linear.upper[at]))
        terms = [_term(value, names[column]) for column, value in pairs] or [_term(0, names[0])]
        yield from _wrapped(f" {row}:", [*terms, f"{words[sense]} {side}"])
    if not len(linear.lower):
        yield f" nothing_to_keep: {_term(0, names[0])} <= 0"
    yield "Bounds"
    yield from (f" 0 <= {name} <= {most}" for name, most in zip(names, [*linear.most.tolist(), 0], strict=False))
    yield "Generals"
    yield from _wrapped("", names)
    yield "End"


def _term(value: int, name: str) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value)} {name}"


def _wrapped(head: str, words: Iterable[str]) -> Iterator[str]:
    line = head
    for word in words:
        if len(line) + len(word) > 200:
            yield line
            line = " "
        line += " " + word
    yield line


def _close(problem: Problem) -> Iterator[str]:
    """Yield the edges with a greatest lag, and that."""
    close = problem.most < UNLIMITED
    edges = np.stack([problem.before, problem.after, problem.most], axis=1)[close].tolist()
    yield from _table("set CLOSE", (f"({before},{after})" for before, after, _ in edges))
    yield from _table("param most", (f"{before} {after} {most}" for before, after, most in edges))


def _mathprog(problem: Problem) -> Iterator[str]:
    """Yield the data under the names of models/allocation.mod: the problem's own arrays.

    Columns and their costs follow there.
    """
    groups, options, rows = range(problem.groups), range(problem.options), range(len(problem.capacity))
    edges = list(zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True))
    holds = [
        (option, row, amount)
        for option in options
        for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True)
    ]
    yield "data;"
    yield f"param T := {problem.slots};"
    yield from _table("set GROUPS", groups)
    yield from _table("set OPTIONAL", np.flatnonzero(problem.optional).tolist())
    yield from _table("set OPTIONS", options)
    yield from _table("set ROWS", rows)
    yield from _table("set HOLDS", (f"({option},{row})" for option, row, _ in holds))
    yield from _table("set EDGES", (f"({before},{after})" for before, after, _ in edges))
    yield from _close(problem)
    yield from _nodes(problem)
    yield from _quotas(problem)
    yield from _services(problem)
    yield from _table("set POOLS", sorted(set(problem.pool.tolist())))
    yield from _table("param pool", _numbered(problem.pool))
    for name in ("together", "apart"):
        sets = enumerate(getattr(problem, name))
        pairs = (f"({at},{group})" for at, groups in sets for group in groups.tolist())
        yield from _table(f"set {name.upper()}", pairs)
    for name in ("copies", "late_slope", "late_base", "late_once", "late_after", "early_slope", "early_base"):
        yield from _table(f"param {name}", _numbered(getattr(problem, name)))
    yield from _table("param value", (f"{g} {v}" for g, v in enumerate(problem.value.tolist()) if problem.optional[g]))
    for name in ("group", "duration", "fixed", "first", "last"):
        yield from _table(f"param {name}", _numbered(getattr(problem, name)))
    yield from _table("param demand", (f"{option} {row} {amount}" for option, row, amount in holds))
    for name in ("capacity", "price"):
        yield from _table(f"param {name}", _cells(getattr(problem, name), 0 if name == "price" else UNLIMITED))
    yield from _table("param lag", (f"{before} {after} {lag}" for before, after, lag in edges))
    yield "end;"


_NODE_COSTS = {"demand": "on_demand", "on": "on", "start": "start", "stop": "stop"}


def _unit_commitment(nodes: Nodes) -> Iterator[str]:
    """Yield what is on before, time off, and what must be in use of a node by kind, row and slot."""
    yield from _table("param nodes_running", _numbered(nodes.before))
    yield from _table("param rest", _numbered(nodes.rest))
    yield from _table("param nodes_young", _cells(nodes.held, 0))
    loads = {
        f"{nodes.supply_node[at]} {nodes.supply_row[at]}": nodes.least[at].tolist() for at in nodes.loaded.tolist()
    }
    cells = ((place, slot, value) for place, line in loads.items() for slot, value in enumerate(line) if value)
    yield from _table("param least", (f"{place} {slot} {value}" for place, slot, value in cells))


def _nodes(problem: Problem) -> Iterator[str]:
    """Yield the kinds of nodes."""
    nodes = problem.nodes
    supplies = list(zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True))
    yield from _table("set KINDS", range(len(nodes)))
    yield from _table("set SUPPLIES", (f"({kind},{row})" for kind, row, _ in supplies))
    yield from _table("param size", (f"{kind} {row} {size}" for kind, row, size in supplies))
    yield from _table("param on_demand", _numbered(nodes.on_demand.astype(np.int64)))
    for name in ("reserved", "commit_max", "boot", "minimum"):
        yield from _table(f"param {name}", _numbered(getattr(nodes, name)))
    yield from _unit_commitment(nodes)
    yield from _table("param count", _cells(nodes.count, 0))
    for short, name in _NODE_COSTS.items():
        yield from _table(f"param {short}_price", _cells(getattr(nodes.costs, name), 0))
    yield from _table("param commit_price", _numbered(nodes.costs.commit))


def _quotas(problem: Problem) -> Iterator[str]:
    """Yield the quotas, and the use of meters behind them."""
    quotas = problem.uses
    yield from _table("set QUOTAS", range(len(quotas)))
    yield from _table("param limit", (f"{at} {quota.limit}" for at, quota in enumerate(quotas)))
    yield from _table("param opens", (f"{at} {quota.first}" for at, quota in enumerate(quotas)))
    yield from _table("param closes", (f"{at} {quota.last}" for at, quota in enumerate(quotas)))
    rates = (
        f"{at} {row} {slot} {value}"
        for at, quota in enumerate(quotas)
        for row, line in zip(quota.rows.tolist(), quota.rate.tolist(), strict=True)
        for slot, value in enumerate(line)
        if value
    )
    yield from _table("param rate", rates)
    once = (
        f"{at} {option} {value}"
        for at, quota in enumerate(quotas)
        for option, value in zip(quota.options.tolist(), quota.once.tolist(), strict=True)
        if value
    )
    yield from _table("param once_use", once)
    for short, name in _NODE_COSTS.items():
        uses = ((at, getattr(quota.nodes, name)) for at, quota in enumerate(quotas) if quota.nodes)
        yield from _table(f"param {short}_use", (f"{at} {cell}" for at, table in uses for cell in _cells(table, 0)))
    commits = ((at, quota.nodes.commit) for at, quota in enumerate(quotas) if quota.nodes)
    yield from _table("param commit_use", (f"{at} {cell}" for at, line in commits for cell in _numbered(line)))
    yield from _meters(problem)
    yield from _savings(problem)


def _meters(problem: Problem) -> Iterator[str]:
    """Meters, numbered behind the quotas, and their tiers."""
    meters = list(enumerate(problem.meters, len(problem.quotas)))
    yield from _table("set METERS", (at for at, _ in meters))
    for name, form in (("set TIERS", "({},{})"), ("param tier_size", "{} {} {}"), ("param tier_price", "{} {} {}")):
        key = "price" if name.endswith("price") else "size"
        tiers = ((at, *tier) for at, meter in meters for tier in enumerate(getattr(meter, key).tolist()))
        yield from _table(name, (form.format(*tier) for tier in tiers))
    yield from _table("param least_money", (f"{at} {meter.least}" for at, meter in meters))


def _savings(problem: Problem) -> Iterator[str]:
    """Savings plans: the steps of each, and the linear functions of each of its windows."""
    shift, price, step, base = len(problem.quotas), [], [], []
    for number, plan in enumerate(problem.savings):
        for at, window in enumerate(plan.windows):
            for line in range(len(window.price)):
                key = f"{number} {at} {line}"
                uses = zip(window.meters.tolist(), window.price[line].tolist(), strict=True)
                price += [f"{key} {shift + meter} {value}" for meter, value in uses]
                step += [f"{key} {start} {value}" for start, value in enumerate(window.step[line].tolist())]
                base.append(f"{key} {window.base[line]}")
    starts = [(at, *pair) for at, plan in enumerate(problem.savings) for pair in enumerate(plan.steps.tolist())]
    yield from _table("set STARTS", (f"({at},{start})" for at, start, _ in starts))
    yield from _table("param savings_steps", ("{} {} {}".format(*each) for each in starts))
    yield from _table("set SAVINGS", range(len(problem.savings)))
    hours = ((at, hour) for at, plan in enumerate(problem.savings) for hour in range(len(plan.windows)))
    yield from _table("set HOURS", (f"({at},{hour})" for at, hour in hours))
    yield from _table("set LINES", (f"({','.join(entry.split()[:3])})" for entry in base))
    for name, entries in (("price", price), ("step", step), ("base", base)):
        yield from _table(f"param line_{name}", entries)


def _services(problem: Problem) -> Iterator[str]:
    """Services, their ways and classes, and batches."""
    services, batches = problem.services, problem.services.batches
    way = np.repeat(np.arange(len(services.pool)), np.diff(services.hold_ptr))
    holds = list(zip(way.tolist(), services.hold_row.tolist(), services.hold.tolist(), strict=True))
    kept = ((at, way) for at, survival in enumerate(services.survivals) for way in survival.kept.tolist())
    sizes = {
        "SERVICES": len(services), "WAYS": len(services.pool), "CLASSES": len(services.demand),
        "BATCHES": len(batches), "SURVIVALS": len(services.survivals),
    }  # fmt: skip
    for name, size in sizes.items():
        yield from _table(f"set {name}", range(size))
    yield from _table("set REPLICA_HOLDS", (f"({way},{row})" for way, row, _ in holds))
    yield from _table("param hold", (f"{way} {row} {amount}" for way, row, amount in holds))
    yield from _table("set KEPT", (f"({at},{way})" for at, way in kept))
    yield from _table("param failed", _failed(services))
    survivals = (f"{at} {survival.service}" for at, survival in enumerate(services.survivals))
    yield from _table("param survival_service", survivals)
    lines = {
        "service": _service_of(services.way_ptr), "class_service": _service_of(services.class_ptr),
        "replica_running": services.running,
        "replica_boot": services.boot, "replica_minimum": services.minimum, "way_least": services.least,
        "service_least": services.service_least, "whole": services.whole, "one_way": services.one_way,
        "fills": services.fill, "batch_service": batches.service, "batch_first": batches.first,
        "batch_last": batches.last, "batch_optional": batches.optional, "batch_value": batches.value,
    }  # fmt: skip
    for name, line in lines.items():
        yield from _table(f"param {name}", _numbered(line.astype(np.int64)))
    tables = {
        "replicas_most": services.most, "replicas_limit": services.limit, "requests": services.demand,
        "full": services.rate, "planned": services.planned, "offline": services.offline, "amount": batches.amount,
    }  # fmt: skip
    for name, table in tables.items():
        yield from _table(f"param {name}", _cells(table, 0))
    for part in ("on", "start", "stop"):
        yield from _table(f"param replica_{part}_price", _cells(getattr(services.costs, part), 0))
        uses = ((at, getattr(quota.replicas, part)) for at, quota in enumerate(problem.quotas) if quota.replicas)
        cells = (f"{at} {cell}" for at, table in uses for cell in _cells(table, 0))
        yield from _table(f"param replica_{part}_use", cells)
    yield from _missed(services)


def _failed(services: Services) -> Iterator[str]:
    """Yield the replicas that fail, by loss and way."""
    for at, loss in enumerate(services.survivals):
        yield from (
            f"{at} {way} {lost}" for way, lost in zip(loss.kept.tolist(), loss.lost.tolist(), strict=True) if lost
        )


def _service_of(pointers: Ints) -> Ints:
    """Return the service of each way, or of each class."""
    return np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))


def _missed(services: Services) -> Iterator[str]:
    """Prices of requests missed, whole by a common denominator, and the steps in which they are paid."""
    prices = [price for price in services.missed if price is not None]
    whole = lcm(*(price.denominator for price in prices))
    own = (f"{at} {int(price * whole)}" for at, price in enumerate(services.missed) if price is not None)
    yield from _table("param missed_price", own)
    yield from _table("param missed_step", (f"{at} {services.missed_step * whole}" for at in range(len(services))))
    yield from _table("param step_price", (f"{at} {services.missed_step}" for at in range(len(services))))


def _numbered(values: Ints) -> Iterator[str]:
    return (f"{at} {value}" for at, value in enumerate(values.tolist()))


def _cells(table: Ints, default: int) -> Iterator[str]:
    """(row, slot, value) of all that is not the default."""
    rows = enumerate(table.tolist())
    return (f"{k} {t} {value}" for k, row in rows for t, value in enumerate(row) if value != default)


def _table(head: str, entries: Iterable[object]) -> Iterator[str]:
    yield f"{head} :="
    yield from _wrapped(" ", (str(entry) for entry in entries))
    yield ";"
