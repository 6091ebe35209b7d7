"""Kernels over jobs: cheapest feasible column, insertion and removal, under penalties on quotas.

A job is one copy of a group. All money is in floats: kernels compare plans, and the exact cost is computed outside.
Nodes are estimated as in `heuristics.node_estimate`: those that the load needs, with an extra cost for every rise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.runtime.jit import inner_jit, jit

Array = Any  # of numpy; numba compiles for its dtype
NONE = -1


class JobArrays(NamedTuple):
    """The constant arrays of a problem.

    J jobs, G groups, O options, C columns, K rows, M kinds of nodes, Q quotas.

    Attributes
    ----------
    group, must : int64 and bool, shape (J,); value : float64, shape (J,), cost of leaving the job out
    option_ptr, options : int64, shapes (G + 1,), (O,), the options of each group, cheapest first
    duration, first, last, pool : int64, shape (O,); regular : bool, shape (O,), cost never falls with the start
    cost_ptr, cost : int64 and float64, shapes (O + 1,), (C,), cost of each start from `first` on; least : shape (O,)
    guide : float64, shape (C,), worth of the capacity that each start uses; 0 without multipliers
    rate : float64, shape (O,), least cost per slot of an option's nodes where none of its kind is on
    demand_ptr, row, amount : int64, shapes (O + 1,), (N,), (N,)
    before_ptr, before, before_lag, before_most : predecessors of each group: the job, least and greatest lag [slots]
    behind_ptr, behind, behind_lag, behind_most : successors of each group
    capacity : int64, shape (K, T)
    kind, size : int64, shape (K,), the kind that alone supplies a row; -1 without one, or where it costs nothing
    kind_ptr, kind_row : rows of each kind
    owned : int64, shape (M,); paid, idle : float64, shape (M, T); rise : float64, shape (M,), cost of switching on
    use_at, use : int64, shape (O, Q), and float64: quota use of each start, from `use_at` on; -1 for none
    quota_kinds : bool, shape (Q,), whether nodes count
    quota_paid, quota_idle, quota_rise : as paid, idle and rise, with the quota in front
    together_ptr, together, apart_ptr, apart : the affinity and anti-affinity sets of each group
    """

    group: Array
    must: Array
    value: Array
    option_ptr: Array
    options: Array
    duration: Array
    first: Array
    last: Array
    pool: Array
    regular: Array
    cost_ptr: Array
    cost: Array
    guide: Array
    least: Array
    demand_ptr: Array
    row: Array
    amount: Array
    before_ptr: Array
    before: Array
    before_lag: Array
    before_most: Array
    behind_ptr: Array
    behind: Array
    behind_lag: Array
    behind_most: Array
    capacity: Array
    kind: Array
    size: Array
    kind_ptr: Array
    kind_row: Array
    owned: Array
    paid: Array
    idle: Array
    rise: Array
    use_at: Array
    use: Array
    quota_kinds: Array
    quota_paid: Array
    quota_idle: Array
    quota_rise: Array
    rate: Array
    together_ptr: Array
    together: Array
    apart_ptr: Array
    apart: Array


class JobState(NamedTuple):
    """A partial schedule of jobs.

    Attributes
    ----------
    option, start : int64, shape (J,); option -1 for a job that does not run
    free : int64, shape (K, T); full : int64, shape (K,), number of first slots in which nothing is free
    need : int64, shape (M, T), nodes that the load needs; lit : int64, shape (M,), slots in which it needs any
    total : float64, shape (2,), cost of columns, and of nodes
    used, limit, weight : float64, shape (Q,), use, limit, and penalty per unit above the limit
    on_together, on_apart : int64, shapes (S, P), jobs of each set by pool
    noise : float64, shape (4,), randomness of choices: greatest noise on the price of an option [money units],
        probability to pass over an option, probability to take the last of equal starts, factor on guiding costs
    extra : float64, shape (3 + Q, T + 1), for one option: nodes of its kind with it in each slot; prefix sums of
        additional rises in their number, and of cost and quota use of more nodes
    """

    option: Array
    start: Array
    free: Array
    full: Array
    need: Array
    lit: Array
    total: Array
    used: Array
    limit: Array
    weight: Array
    on_together: Array
    on_apart: Array
    noise: Array
    extra: Array


@inner_jit
def excess(state: JobState) -> Any:
    """Return the penalty on all that exceeds a quota."""
    total = 0.0
    for q in range(len(state.used)):
        total += state.weight[q] * max(0.0, state.used[q] - state.limit[q])
    return total


@inner_jit
def node_change(jobs: JobArrays, state: JobState, kind: int, begin: int, stop: int) -> None:
    """Update the nodes of a kind, and their cost and quota use, after its load changed in [begin, stop)."""
    slots, need = state.free.shape[1], state.need
    rises = 0
    for t in range(begin, min(stop + 1, slots)):
        rises -= max(0, need[kind, t] - (need[kind, t - 1] if t else 0))
    for t in range(begin, stop):
        new = 0
        for i in range(jobs.kind_ptr[kind], jobs.kind_ptr[kind + 1]):
            row = jobs.kind_row[i]
            new = max(new, -((state.free[row, t] - jobs.capacity[row, t]) // jobs.size[row]))
        if new == need[kind, t]:
            continue
        own = jobs.owned[kind]
        bought = max(0, new - own) - max(0, need[kind, t] - own)
        kept = new - need[kind, t] - bought
        state.lit[kind] += (new > 0) - (need[kind, t] > 0)
        need[kind, t] = new
        state.total[1] += bought * jobs.paid[kind, t] + kept * jobs.idle[kind, t]
        for q in range(len(state.used)):
            if jobs.quota_kinds[q]:
                state.used[q] += bought * jobs.quota_paid[q, kind, t] + kept * jobs.quota_idle[q, kind, t]
    for t in range(begin, min(stop + 1, slots)):
        rises += max(0, need[kind, t] - (need[kind, t - 1] if t else 0))
    if rises:
        state.total[1] += rises * jobs.rise[kind]
        for q in range(len(state.used)):
            if jobs.quota_kinds[q]:
                state.used[q] += rises * jobs.quota_rise[q, kind]


@inner_jit
def move_nodes(jobs: JobArrays, state: JobState, option: int, start: int, stop: int) -> None:
    """Update the nodes that an option runs on, in slots start .. stop - 1."""
    for i in range(jobs.demand_ptr[option], jobs.demand_ptr[option + 1]):
        if jobs.kind[jobs.row[i]] >= 0:
            node_change(jobs, state, jobs.kind[jobs.row[i]], start, stop)


@inner_jit
def move(jobs: JobArrays, state: JobState, job: int, option: int, start: int, sign: int) -> None:
    """Insert a job into a column (sign 1), or remove it from there (sign -1)."""
    stop, at = start + jobs.duration[option], start - jobs.first[option]
    state.option[job], state.start[job] = (option, start) if sign > 0 else (NONE, NONE)
    for i in range(jobs.demand_ptr[option], jobs.demand_ptr[option + 1]):
        row, amount = jobs.row[i], sign * jobs.amount[i]
        for t in range(start, stop):
            state.free[row, t] -= amount
        full = min(state.full[row], start)
        while full < state.free.shape[1] and state.free[row, full] <= 0:
            full += 1
        state.full[row] = full
    state.total[0] += sign * jobs.cost[jobs.cost_ptr[option] + at]
    for q in range(len(state.used)):
        if jobs.use_at[option, q] >= 0:
            state.used[q] += sign * jobs.use[jobs.use_at[option, q] + at]
    if len(jobs.owned) > 0:
        move_nodes(jobs, state, option, start, stop)
    group, pool = jobs.group[job], jobs.pool[option]
    for i in range(jobs.together_ptr[group], jobs.together_ptr[group + 1]):
        state.on_together[jobs.together[i], pool] += sign
    for i in range(jobs.apart_ptr[group], jobs.apart_ptr[group + 1]):
        state.on_apart[jobs.apart[i], pool] += sign


@inner_jit
def pool_blocked(jobs: JobArrays, state: JobState, group: int, pool: int) -> bool:
    """Return whether affinity or anti-affinity exclude a pool."""
    for i in range(jobs.apart_ptr[group], jobs.apart_ptr[group + 1]):
        if state.on_apart[jobs.apart[i], pool] > 0:
            return True
    for i in range(jobs.together_ptr[group], jobs.together_ptr[group + 1]):
        if state.on_together[jobs.together[i]].sum() > state.on_together[jobs.together[i], pool]:
            return True
    return False


@inner_jit
def start_window(jobs: JobArrays, state: JobState, group: int, option: int) -> tuple[int, int]:
    """Return first and last start by window, predecessors and successors; empty if first > last."""
    low, high = jobs.first[option], jobs.last[option]
    for i in range(jobs.before_ptr[group], jobs.before_ptr[group + 1]):
        job = jobs.before[i]
        if state.option[job] < 0:
            return 0, -1
        end = state.start[job] + jobs.duration[state.option[job]]
        low, high = max(low, end + jobs.before_lag[i]), min(high, end + jobs.before_most[i])
    for i in range(jobs.behind_ptr[group], jobs.behind_ptr[group + 1]):
        job = jobs.behind[i]
        if state.option[job] >= 0:
            start = state.start[job] - jobs.duration[option]
            low, high = max(low, start - jobs.behind_most[i]), min(high, start - jobs.behind_lag[i])
    return low, high


@inner_jit
def hosting_kind(jobs: JobArrays, option: int) -> int:
    """Return the first kind of nodes that an option runs on; -1 without one."""
    for i in range(jobs.demand_ptr[option], jobs.demand_ptr[option + 1]):
        if jobs.kind[jobs.row[i]] >= 0:
            return int(jobs.kind[jobs.row[i]])
    return NONE


@inner_jit
def node_extra(jobs: JobArrays, state: JobState, option: int, begin: int, stop: int) -> int:
    """Fill `state.extra` for slots begin .. stop - 1; return the first kind the option runs on, or -1."""
    host = hosting_kind(jobs, option)
    if host < 0:
        return host
    for t in range(begin, stop):
        state.extra[0, t] = state.need[host, t]
    for line in range(1, state.extra.shape[0]):
        for t in range(begin, stop + 1):
            state.extra[line, t] = 0.0
    for i in range(jobs.demand_ptr[option], jobs.demand_ptr[option + 1]):
        row = jobs.row[i]
        kind = jobs.kind[row]
        if kind < 0:
            continue
        size, amount, own = jobs.size[row], jobs.amount[i], jobs.owned[kind]
        for t in range(begin, stop):
            now = state.need[kind, t]
            new = max(now, -((state.free[row, t] - amount - jobs.capacity[row, t]) // size))
            if new > now:
                if kind == host:
                    state.extra[0, t] = max(state.extra[0, t], new)
                bought = max(0, new - own) - max(0, now - own)
                kept = new - now - bought
                cost = bought * jobs.paid[kind, t] + kept * jobs.idle[kind, t]
                state.extra[2, t + 1] = max(state.extra[2, t + 1], cost)
                for q in range(len(state.used)):
                    if jobs.quota_kinds[q]:
                        use = bought * jobs.quota_paid[q, kind, t] + kept * jobs.quota_idle[q, kind, t]
                        state.extra[3 + q, t + 1] = max(state.extra[3 + q, t + 1], use)
    for t in range(begin + 1, stop):
        state.extra[1, t] = rises(state.extra[0, t - 1], state.extra[0, t]) - rises(
            state.need[host, t - 1], state.need[host, t]
        )
    for line in range(1, state.extra.shape[0]):
        for t in range(begin, stop):
            state.extra[line, t + 1] += state.extra[line, t]
    return host


@inner_jit
def rises(before: float, now: float) -> float:
    """Return by how much the number of nodes rises."""
    return max(0.0, now - before)


@inner_jit
def more_rises(state: JobState, kind: int, start: int, stop: int) -> float:
    """Return how many more nodes are switched on when an option runs in [start, stop), after `node_extra`."""
    slots = state.need.shape[1]
    before = state.need[kind, start - 1] if start else 0
    total = rises(before, state.extra[0, start]) - rises(before, state.need[kind, start])
    total += state.extra[1, stop - 1] - state.extra[1, start]
    if stop < slots:
        behind = state.need[kind, stop]
        total += rises(state.extra[0, stop - 1], behind) - rises(state.need[kind, stop - 1], behind)
    return float(total)


@inner_jit
def column_price(jobs: JobArrays, state: JobState, option: int, start: int, kind: int) -> Any:
    """Return the cost of a column, with the nodes and the penalties that it adds.

    kind : what `node_extra` returned
    """
    at, stop, more = start - jobs.first[option], start + jobs.duration[option], 0.0
    cost = jobs.cost[jobs.cost_ptr[option] + at]
    if kind >= 0:
        more = more_rises(state, kind, start, stop)
        cost += state.extra[2, stop] - state.extra[2, start] + more * jobs.rise[kind]
    for q in range(len(state.used)):
        use = 0.0
        if jobs.use_at[option, q] >= 0:
            use = jobs.use[jobs.use_at[option, q] + at]
        if kind >= 0 and jobs.quota_kinds[q]:
            use += state.extra[3 + q, stop] - state.extra[3 + q, start] + more * jobs.quota_rise[q, kind]
        if use != 0.0:
            over = state.used[q] - state.limit[q]
            cost += state.weight[q] * (max(0.0, over + use) - max(0.0, over))
    return cost


@inner_jit
def next_fit(jobs: JobArrays, state: JobState, option: int, start: int, checked: int, high: int) -> int:
    """Return the first start from `start` to `high` at which the option fits, or high + 1.

    checked : slots before it, from `start` on, are known to fit
    """
    length = jobs.duration[option]
    begin, stop = jobs.demand_ptr[option], jobs.demand_ptr[option + 1]
    for i in range(begin, stop):
        start = max(start, state.full[jobs.row[i]])
    t = max(start, checked)
    while t < start + length:
        for i in range(begin, stop):
            if state.free[jobs.row[i], t] < jobs.amount[i]:
                start = t + 1
                break
        if start > high:
            return start
        t += 1
    return start


@inner_jit
def least_price(jobs: JobArrays, state: JobState, option: int) -> float:
    """Return what an option costs at least, with the nodes that are not on in any slot."""
    price = jobs.least[option]
    if jobs.rate[option] > 0:
        price += jobs.rate[option] * max(0, jobs.duration[option] - state.lit[hosting_kind(jobs, option)])
    return float(price)


@inner_jit
def is_steady(jobs: JobArrays, state: JobState, option: int) -> bool:
    """Return whether no later start costs less, but for nodes: by cost, guiding costs and uses of quotas."""
    steady = bool(jobs.regular[option]) and state.noise[3] == 0.0
    for q in range(len(state.used)):
        steady = steady and jobs.use_at[option, q] < 0
    return steady


@inner_jit
def cheapest_column(jobs: JobArrays, state: JobState, job: int) -> tuple[float, int, int]:
    """Return price, option and start of the cheapest feasible column; option -1 without one.

    Of equal columns it is the earliest of the first option, apart from noise and guiding costs, which the price lacks.
    """
    group, noisy = jobs.group[job], state.noise[1] > 0
    late = noisy and np.random.random() < state.noise[2]
    found, shift = np.inf, 0.0
    best, choice, chosen = np.inf, NONE, NONE
    for i in range(jobs.option_ptr[group], jobs.option_ptr[group + 1]):
        option = jobs.options[i]
        if jobs.least[option] >= best:
            break
        if noisy:
            if np.random.random() < state.noise[1]:
                continue
            shift = state.noise[0] * np.random.random()
        at, length = jobs.cost_ptr[option] - jobs.first[option], jobs.duration[option]
        low, high = start_window(jobs, state, group, option)
        if low > high or least_price(jobs, state, option) + shift >= best:
            continue
        if pool_blocked(jobs, state, group, jobs.pool[option]):
            continue
        kind = node_extra(jobs, state, option, low, high + length)
        single = kind < 0 and not late and is_steady(jobs, state, option)
        start, checked = next_fit(jobs, state, option, low, low, high), 0
        while start <= high:
            price = column_price(jobs, state, option, start, kind)
            key = price + shift + state.noise[3] * jobs.guide[at + start]
            if key < best or (late and key == best):
                best, found, choice, chosen = key, price, option, start
            if single:
                break
            checked = start + length
            start = next_fit(jobs, state, option, start + 1, checked, high)
    return found, choice, chosen


@inner_jit
def place(jobs: JobArrays, state: JobState, job: int, penalty: Array) -> float:
    """Insert a job where it is cheapest, or leave it out; return the cost of leaving it out or 0."""
    price, option, start = cheapest_column(jobs, state, job)
    if option >= 0 and (jobs.must[job] or price < jobs.value[job]):
        move(jobs, state, job, option, start, 1)
        return 0.0
    return float(penalty[job])


@inner_jit
def left_out(jobs: JobArrays, state: JobState, penalty: Array) -> tuple[float, int]:
    """Return the cost of the jobs that do not run, and how many of these must run."""
    lost, must = 0.0, 0
    for job in range(len(state.option)):
        if state.option[job] < 0:
            lost += penalty[job]
            must += jobs.must[job]
    return lost, must


@inner_jit
def remove_all(jobs: JobArrays, state: JobState, chosen: Array) -> None:
    """Remove those jobs of a list that run."""
    for job in chosen:
        if state.option[job] >= 0:
            move(jobs, state, job, state.option[job], state.start[job], -1)


@jit
def enter(jobs: JobArrays, state: JobState, option: Array, start: Array) -> None:
    """Insert jobs into given columns, int64, shapes (J,); option -1 for those that do not run."""
    for job in range(len(option)):
        if option[job] >= 0:
            move(jobs, state, job, option[job], start[job], 1)
