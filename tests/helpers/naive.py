"""The model of `models/README.md` once more, in plain loops over names: slow, and nothing to hide in.

`model` states every variable and every row by name, as dictionaries, so that what `models.time_indexed` builds
from arrays can be compared with it entry by entry. `proved` states what prices prove, in the same manner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import gcd

from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem, Quota

Terms = dict[str, int]


@dataclass
class Model:
    """min cost . v subject to lower <= terms . v <= upper and 0 <= v <= most, everything by name."""

    most: dict[str, int] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)
    rows: dict[str, tuple[Terms, int, int]] = field(default_factory=dict)

    def variable(self, name: str, most: int, cost: int) -> None:
        assert name not in self.most
        self.most[name], self.cost[name] = most, cost

    def row(self, name: str, terms: Terms, upper: int, lower: int = -UNLIMITED) -> None:
        assert name not in self.rows
        self.rows[name] = {variable: factor for variable, factor in terms.items() if factor}, lower, upper


def demands(problem: Problem, option: int) -> dict[int, int]:
    rows, amounts = problem.demands(option)
    return dict(zip(rows.tolist(), amounts.tolist(), strict=True))


def columns(problem: Problem) -> Iterator[tuple[int, int, int]]:
    """(group, option, start) of every column."""
    for group in range(problem.groups):
        for option in range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1])):
            held, length = demands(problem, option), int(problem.duration[option])
            for start in range(int(problem.first[option]), int(problem.last[option]) + 1):
                span = range(start, start + length)
                if all(amount <= problem.capacity[row, t] for row, amount in held.items() for t in span):
                    yield group, option, start


def column_cost(problem: Problem, group: int, option: int, start: int) -> int:
    """Fixed, running, late and early."""
    end = start + int(problem.duration[option])
    total = int(problem.fixed[option])
    for row, amount in demands(problem, option).items():
        total += sum(amount * int(problem.price[row, t]) for t in range(start, end))
    total += max(0, int(problem.late_slope[group]) * end - int(problem.late_base[group]))
    total += max(0, int(problem.early_base[group]) - int(problem.early_slope[group]) * end)
    return total + (int(problem.late_once[group]) if end > problem.late_after[group] else 0)


def quota_use(problem: Problem, quota: Quota, option: int, start: int) -> int:
    """What a run uses."""
    rates, once = (
        dict(zip(quota.rows.tolist(), quota.rate.tolist(), strict=True)),
        dict(zip(quota.options.tolist(), quota.once.tolist(), strict=True)),
    )
    span = range(start, start + int(problem.duration[option]))
    total = sum(
        amount * rates[row][t] for row, amount in demands(problem, option).items() if row in rates for t in span
    )
    return total + (once.get(option, 0) if quota.first <= start <= quota.last else 0)


def model(problem: Problem) -> Model:
    """The whole model."""
    made, slots, nodes = Model(), range(problem.slots), problem.nodes
    found = list(columns(problem))
    x = {(o, s): f"x_{g}_{o}_{s}" for g, o, s in found}
    length = problem.duration.tolist()
    work = {(o, s): range(s, s + length[o]) for _, o, s in found}
    held = [demands(problem, o) for o in range(problem.options)]
    for g, o, s in found:
        made.variable(x[o, s], int(problem.copies[g]), column_cost(problem, g, o, s))
    optional = [g for g in range(problem.groups) if problem.optional[g]]
    for g in optional:
        made.variable(f"z_{g}", int(problem.copies[g]), int(problem.value[g]))
    node_variables(made, problem)
    shared = []
    for number, members in enumerate(problem.together):
        each = {g: {int(problem.pool[o]) for h, o, _ in found if h == g} for g in members.tolist()}
        must = [pools for g, pools in each.items() if not problem.optional[g]]
        shared.append(sorted(set.intersection(*must) if must else set().union(*each.values())))
        for pool in shared[-1]:
            made.variable(f"y_{number}_{pool}", 1, 0)

    # once
    for g in range(problem.groups):
        terms = {x[o, s]: 1 for h, o, s in found if h == g} | ({f"z_{g}": 1} if problem.optional[g] else {})
        made.row(f"once_{g}", terms, int(problem.copies[g]), int(problem.copies[g]))

    # capacity
    at_work = {
        (k, t): {(o, s): held[o][k] for _, o, s in found if k in held[o] and t in work[o, s]}
        for k, t in product(range(len(problem.capacity)), slots)
    }
    starts = {(k, s) for _, o, s in found for k in held[o]}
    ends = {(k, s + length[o]) for _, o, s in found for k in held[o]}
    limit = problem.capacity.tolist()
    for k, t in product(range(len(limit)), slots):
        load = 0
        for g in range(problem.groups):
            largest = max((amount for (o, _), amount in at_work[k, t].items() if problem.group[o] == g), default=0)
            load += int(problem.copies[g]) * largest
        if limit[k][t] >= UNLIMITED or load <= limit[k][t]:
            continue
        if t and (k, t) not in starts and limit[k][t - 1] <= limit[k][t]:
            continue
        behind = t + 1 < len(slots) and (k, t + 1) not in ends and limit[k][t + 1] <= limit[k][t]
        if behind and not ((k, t + 1) not in starts and limit[k][t] <= limit[k][t + 1]):
            continue
        divisor = gcd(*at_work[k, t].values())
        terms = {x[key]: amount // divisor for key, amount in at_work[k, t].items()}
        made.row(f"capacity_{k}_{t}", terms, limit[k][t] // divisor)

    # precedence
    for edge, (i, j, lag) in enumerate(
        zip(problem.before.tolist(), problem.after.tolist(), problem.lag.tolist(), strict=True)
    ):
        terms = {x[o, s]: s for g, o, s in found if g == j} | {x[o, s]: -s - length[o] for g, o, s in found if g == i}
        if problem.optional[j]:
            terms[f"z_{j}"] = max((s + length[o] for g, o, s in found if g == i), default=0) + lag
        made.row(f"precedence_{edge}", terms, UNLIMITED, lag)
        if problem.optional[i]:
            terms = {x[o, s]: 1 if g == i else -1 for g, o, s in found if g in (i, j)}
            made.row(f"precedence_runs_{edge}", terms, UNLIMITED, 0)
        if (most := int(problem.most[edge])) < UNLIMITED:
            terms = {x[o, s]: s if g == j else -s - length[o] for g, o, s in found if g in (i, j)}
            made.row(f"precedence_most_{edge}", terms, most)

    node_rows(made, problem, {key: each for key, each in at_work.items() if key[0] in nodes.supply_row}, x)
    strong_rows(made, problem, found, work, held, x)

    for number, quota in enumerate(problem.quotas):
        terms = {x[o, s]: quota_use(problem, quota, o, s) for _, o, s in found}
        for name in made.most if quota.nodes else ():
            if name[0] in "nwuvc":
                terms[name] = node_cost(problem, quota.nodes, name, made)
        made.row(f"quota_{number}", terms, int(quota.limit))
    for number, members in enumerate(problem.together):
        made.row(f"affinity_together_{number}_all_all", {f"y_{number}_{pool}": 1 for pool in shared[number]}, 1)
        for g in members.tolist():
            for pool in {int(problem.pool[o]) for h, o, _ in found if h == g}:
                terms = {x[o, s]: 1 for h, o, s in found if h == g and problem.pool[o] == pool}
                if pool in shared[number]:
                    terms[f"y_{number}_{pool}"] = -int(problem.copies[g])
                made.row(f"affinity_together_{number}_{g}_{pool}", terms, 0)
    for number, members in enumerate(problem.apart):
        own = [(o, s) for g, o, s in found if g in members]
        for pool in {int(problem.pool[o]) for o, _ in own}:
            made.row(f"affinity_apart_{number}_{pool}", {x[o, s]: 1 for o, s in own if problem.pool[o] == pool}, 1)
    return made


# --- nodes ------------------------------------------------------------------------------------------


def node_variables(made: Model, problem: Problem) -> None:
    """n, w, u, v, c of each kind, as far as costs or rules tell them apart."""
    nodes = problem.nodes
    starts, stops = problem.switching
    for kind in range(len(nodes)):
        count, reserved = nodes.count[kind].tolist(), int(nodes.reserved[kind])
        own, plain = reserved + int(nodes.commit_max[kind]), bool(problem.plain[kind])
        letters = "" if plain else "n"
        letters += "w" if nodes.on_demand[kind] and (own or plain) else ""
        letters += ("u" if starts[kind] else "") + ("v" if stops[kind] else "")
        for letter in letters:
            for t, there in enumerate(count):
                most = max(0, there - (reserved if letter == "w" and plain else 0))
                made.variable(f"{letter}_{kind}_{t}", most, 0)
            if letter == "v" and nodes.before[kind]:
                made.variable(f"v_{kind}_{len(count)}", int(nodes.before[kind]), 0)
        if nodes.commit_max[kind]:
            made.variable(f"c_{kind}", int(nodes.commit_max[kind]), 0)
    for name in made.most:
        if name[0] in "nwuvc":
            made.cost[name] = node_cost(problem, nodes.costs, name, made)


def node_cost(problem: Problem, costs: NodeCosts, name: str, made: Model) -> int:
    """What one of a variable costs."""
    letter, kind, *slot = name.split("_")
    m, t = int(kind), int(slot[0]) if slot else -1
    if letter == "c":
        return int(costs.commit[m])
    if letter == "n":
        alone = f"w_{m}_{t}" not in made.most and problem.nodes.on_demand[m]
        return int(costs.on[m, t]) + (int(costs.on_demand[m, t]) if alone else 0)
    return int({"w": costs.on_demand, "u": costs.start, "v": costs.stop}[letter][m, t % problem.slots])


def usable(made: Model, problem: Problem, kind: int, t: int) -> tuple[Terms, int]:
    """Usable nodes of a kind in a slot: terms and a constant."""
    nodes = problem.nodes
    if problem.plain[kind]:
        return {name: 1 for name in (f"w_{kind}_{t}", f"c_{kind}") if name in made.most}, int(nodes.reserved[kind])
    booting = {f"u_{kind}_{b}": -1 for b in range(max(0, t - int(nodes.boot[kind]) + 1), t + 1)}
    return {f"n_{kind}_{t}": 1} | booting, 0


def node_rows(made: Model, problem: Problem, at_work: Mapping[tuple[int, int], dict], x: dict) -> None:
    nodes, slots = problem.nodes, problem.slots
    supplies = list(zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True))
    for (k, t), each in at_work.items():
        if not each:
            continue
        terms, upper = {x[key]: amount for key, amount in each.items()}, 0
        for kind, row, size in supplies:
            if row == k:
                own, constant = usable(made, problem, kind, t)
                upper += size * constant
                for name, factor in own.items():
                    terms[name] = terms.get(name, 0) - size * factor
        made.row(f"nodes_supply_{k}_{t}", terms, upper)
    for kind in range(len(nodes)):
        reserved = int(nodes.reserved[kind])
        for t in range(slots):
            n, w, c, u, v = f"n_{kind}_{t}", f"w_{kind}_{t}", f"c_{kind}", f"u_{kind}_{t}", f"v_{kind}_{t}"
            if n in made.most and (w in made.most or not nodes.on_demand[kind]):
                made.row(f"nodes_paid_{kind}_{t}", {n: 1} | {p: -1 for p in (w, c) if p in made.most}, reserved)
            elif n not in made.most and w in made.most and c in made.most:
                made.row(f"nodes_paid_{kind}_{t}", {w: 1, c: 1}, int(nodes.count[kind, t]) - reserved)
            for number, (each, other) in enumerate(((u, t - 1), (v, t + 1))):
                if each in made.most:
                    terms = {n: 1, each: -1} | ({f"n_{kind}_{other}": -1} if 0 <= other < slots else {})
                    known = int(nodes.before[kind]) if other < 0 else 0
                    made.row(f"nodes_switched_{number}_{kind}_{t}", terms, known)
            if t == slots - 1 and f"v_{kind}_{slots}" in made.most:
                gone = {f"n_{kind}_0": -1, f"v_{kind}_{slots}": -1}
                made.row(f"nodes_switched_1_{kind}_{slots}", gone, -int(nodes.before[kind]))
            if nodes.minimum[kind] > 1:
                recent = range(max(0, t - int(nodes.minimum[kind]) + 1), t + 1)
                made.row(f"nodes_minimum_{kind}_{t}", {n: -1} | {f"u_{kind}_{b}": 1 for b in recent}, 0)


def strong_rows(made: Model, problem: Problem, found: list, work: dict, held: list, x: dict) -> None:
    """A group at work needs as many nodes of a kind as its largest demand fills."""
    nodes = problem.nodes
    rows = nodes.supply_row.tolist()
    alone = [
        (kind, row, size)
        for kind, row, size in zip(nodes.supply_node.tolist(), rows, nodes.supply_size.tolist(), strict=True)
        if rows.count(row) == 1
    ]
    for g in range(problem.groups):
        copies = int(problem.copies[g])
        for kind in sorted({kind for kind, _, _ in alone}):
            fills = {
                o: max(-(-held[o][row] // size) for m, row, size in alone if m == kind and row in held[o])
                for h, o, _ in found
                if h == g and any(m == kind and row in held[o] for m, row, _ in alone)
            }
            for t in range(problem.slots):
                here = [(o, s) for h, o, s in found if h == g and o in fills and t in work[o, s]]
                if here:
                    own, constant = usable(made, problem, kind, t)
                    terms = {x[o, s]: fills[o] if copies == 1 else 1 for o, s in here}
                    terms |= {name: -factor * copies for name, factor in own.items()}
                    made.row(f"nodes_strong_{g}_{kind}_{t}", terms, constant * copies)


# --- what prices prove ------------------------------------------------------------------------------


def proved(
    problem: Problem,
    offered: Sequence[Sequence[Fraction | None]],
    capacity: Mapping[tuple[int, int], Fraction],
    quota: Mapping[int, Fraction],
    waiting: Mapping[int, Fraction],
    apart: Mapping[tuple[int, int], Fraction],
) -> Fraction | None:
    """What prices on (row, slot), quotas, edges and (set, pool) prove: the formula of `models/README.md`."""
    total = sum((waiting[e] * int(problem.lag[e]) for e in waiting), Fraction(0)) - sum(apart.values(), Fraction(0))
    total -= sum((price * int(problem.quotas[q].limit) for q, price in quota.items()), Fraction(0))
    supplied = set(problem.nodes.supply_row.tolist())
    total -= sum((price * (offered[k][t] or 0) for (k, t), price in capacity.items() if k not in supplied), Fraction(0))
    least: dict[int, dict[int, Fraction]] = {g: {} for g in range(problem.groups)}
    for g, o, s in columns(problem):
        end = s + int(problem.duration[o])
        cost = Fraction(column_cost(problem, g, o, s))
        for row, amount in demands(problem, o).items():
            cost += sum((amount * capacity.get((row, t), 0) for t in range(s, end)), Fraction(0))
        cost += sum((price * quota_use(problem, problem.quotas[q], o, s) for q, price in quota.items()), Fraction(0))
        for e, price in waiting.items():
            cost += price * end * int(problem.before[e] == g) - price * s * int(problem.after[e] == g)
        pool = int(problem.pool[o])
        cost += sum((price for (n, p), price in apart.items() if p == pool and g in problem.apart[n]), Fraction(0))
        if pool not in least[g] or cost < least[g][pool]:
            least[g][pool] = cost
    latest = max(map(len, offered), default=problem.slots)  # the end of the horizon, without an end slot
    out: dict[int, Fraction] = {}
    for g in range(problem.groups):
        if problem.optional[g]:
            out[g] = Fraction(int(problem.value[g]))
            for e, price in waiting.items():
                if problem.after[e] == g:
                    out[g] -= price * (latest + int(problem.lag[e]))
    inside: dict[int, int] = {}
    for number, members in reversed([*enumerate(problem.together)]):
        inside |= dict.fromkeys(members.tolist(), number)
    for g in range(problem.groups):
        costs = [*least[g].values(), *([out[g]] if g in out else [])]
        if g not in inside:
            if not costs:
                return None
            total += int(problem.copies[g]) * min(costs)
    for number in sorted(set(inside.values())):
        own = [g for g in inside if inside[g] == number]
        sums = []
        for pool in [*{pool for g in own for pool in least[g]}, None]:
            each = [[*([least[g][pool]] if pool in least[g] else []), *([out[g]] if g in out else [])] for g in own]
            if all(each):
                sums.append(sum((int(problem.copies[g]) * min(e) for g, e in zip(own, each, strict=True)), Fraction(0)))
        if not sums:
            return None
        total += min(sums)
    return total + nodes_best(problem, capacity, quota)


def nodes_best(
    problem: Problem, capacity: Mapping[tuple[int, int], Fraction], quota: Mapping[int, Fraction]
) -> Fraction:
    """The least that the levels of all kinds can cost less what they earn; every path of a level tried."""
    nodes, total, slots = problem.nodes, Fraction(0), range(problem.slots)
    for kind in range(len(nodes)):
        tables = [(Fraction(1), nodes.costs)]
        tables += [(price, problem.quotas[q].nodes) for q, price in quota.items() if problem.quotas[q].nodes]

        def rate(name: str, t: int, tables: list = tables, kind: int = kind) -> Fraction:
            return sum((weight * int(getattr(costs, name)[kind, t]) for weight, costs in tables), Fraction(0))

        commit = sum((weight * int(costs.commit[kind]) for weight, costs in tables), Fraction(0))
        size = {
            r: s for m, r, s in zip(nodes.supply_node, nodes.supply_row, nodes.supply_size, strict=True) if m == kind
        }
        earns = [sum((int(s) * capacity.get((int(r), t), 0) for r, s in size.items()), Fraction(0)) for t in slots]
        grid = {name: [rate(name, t) for t in slots] for name in ("on", "on_demand", "start", "stop")}
        count, reserved = nodes.count[kind].tolist(), int(nodes.reserved[kind])
        own, boot = reserved + int(nodes.commit_max[kind]), int(nodes.boot[kind])
        alike = max(count) <= 1 or (len(set(count)) == 1 and (own == 0 or not nodes.on_demand[kind]))
        before = int(nodes.before[kind])
        minimum = int(nodes.minimum[kind]) if alike and (max(count) <= 1 or before in (0, max(count))) else 0
        for level in range(1, max(count) + 1):
            early = level <= before  # on when the horizon begins
            best = grid["stop"][0] if early else Fraction(0)
            for path in product(*([0, 1] if there >= level else [0] for there in count)):
                runs = [t for t in slots if path[t] and not (t and path[t - 1])]
                cost, fine = grid["stop"][0] if early and not path[0] else Fraction(0), True
                for begun in runs:
                    end, old = (
                        next((t for t in range(begun, len(count)) if not path[t]), len(count)),
                        early and not begun,
                    )
                    fine &= old or end - begun >= minimum or end == len(count)
                    cost += (0 if old else grid["start"][begun]) + grid["stop"][end - 1]
                    cost += sum((grid["on"][t] for t in range(begun, end)), Fraction(0))
                    cost -= sum((earns[t] for t in range(begun + (0 if old else boot), end)), Fraction(0))
                if fine and runs:
                    paid = sum((grid["on_demand"][t] for t in slots if path[t]), Fraction(0))
                    if level <= reserved:
                        best = min(best, cost)
                    else:
                        best = min(best, cost + commit) if level <= own else best
                        best = min(best, cost + paid) if nodes.on_demand[kind] else best
            total += best
    return total
