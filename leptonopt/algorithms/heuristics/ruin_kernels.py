"""Kernels of ruin and recreate over jobs, under penalties on quotas and on jobs without a place.

After Schrimpf et al. (2000, doi:10.1006/jcph.1999.6413): some jobs are removed and inserted again where they are
cheapest, and the result is accepted as in simulated annealing. What exceeds a quota is penalised. The weight rises
while the quota is exceeded and falls while it is not (strategic oscillation, Glover 1977,
doi:10.1111/j.1540-5915.1977.tb01074.x).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leptonopt.algorithms.heuristics.job_kernels import (
    Array,
    JobArrays,
    JobState,
    excess,
    left_out,
    move,
    place,
    remove_all,
)
from leptonopt.runtime.jit import inner_jit, jit


class RuinParameters(NamedTuple):
    """Tuning constants.

    Attributes
    ----------
    most : jobs removed in a step, at most
    wide, widest : probability that up to half of the jobs may be removed, and how many of them at most
    anywhere : probability that random jobs are removed, and not neighbours
    drawn : jobs for one that is drawn as a seed; half of the seeds are the drawn job that could gain most
    blink, late : probabilities that an option is passed over, and that the last of equal starts is taken
    out : jobs without a place that are tried in a step, at most
    period : steps between two changes of the weights of quotas
    rise, fall : factors on the weight of a quota that is exceeded, or not
    lightest, steepest : least and greatest weight of a quota, in first weights; beyond, all weights begin anew
    failure : factor on the penalty of a job that must run and found no place
    """

    most: int = 16
    wide: float = 0.03
    widest: int = 500
    anywhere: float = 0.2
    drawn: int = 250
    blink: float = 0.1
    late: float = 0.1
    out: int = 4
    period: int = 50
    rise: float = 1.1
    fall: float = 0.9
    failure: float = 1.02
    lightest: float = 1e-3
    steepest: float = 1e2


PARAMETERS = RuinParameters()


class RuinBest(NamedTuple):
    """The best schedule that exceeds nothing: columns, int64, shapes (J,), and cost, float64, shape (1,)."""

    option: Array
    start: Array
    cost: Array


class StepRoom(NamedTuple):
    """Room for the jobs of a step, shape (J + 1,): int64 jobs and their columns, float64 keys to sort by."""

    found: Array
    option: Array
    start: Array
    key: Array


@inner_jit
def overlapping(jobs: JobArrays, state: JobState, seed: int, pool: int, begin: int, stop: int, found: Array) -> int:
    """Write the jobs beside `seed` that run in [begin, stop); return their number. Pool -1 is any pool."""
    count = 0
    for job in range(len(state.option)):
        option = state.option[job]
        if job == seed or option < 0 or state.start[job] >= stop or state.start[job] + jobs.duration[option] <= begin:
            continue
        if pool < 0 or jobs.pool[option] == pool:
            found[count] = job
            count += 1
    return count


@inner_jit
def possible_gain(jobs: JobArrays, state: JobState, job: int) -> float:
    """Return by how much the cost of a job, or of leaving it out, exceeds that of its cheapest column."""
    group = jobs.group[job]
    begin = jobs.option_ptr[group]
    if begin == jobs.option_ptr[group + 1]:
        return 0.0
    option, least = state.option[job], jobs.least[jobs.options[begin]]
    if option < 0:
        return float(np.inf if jobs.must[job] else jobs.value[job] - least)
    return float(jobs.cost[jobs.cost_ptr[option] + state.start[job] - jobs.first[option]] - least)


@inner_jit
def choose_seed(jobs: JobArrays, state: JobState, parameters: RuinParameters) -> int:
    """Return a random job; half of the time that of several which could gain most, where jobs are many."""
    many = len(state.option)
    seed = np.random.randint(many)
    if many < parameters.drawn or np.random.random() < 0.5:
        return seed
    most = possible_gain(jobs, state, seed)
    for _ in range(many // parameters.drawn):
        other = np.random.randint(many)
        gain = possible_gain(jobs, state, other)
        if gain > most:
            seed, most = other, gain
    return seed


@inner_jit
def choose_jobs(jobs: JobArrays, state: JobState, found: Array, parameters: RuinParameters) -> int:
    """Write random jobs, or neighbours of a seed's option, into `found`; return their number."""
    many = len(state.option)
    most = (
        parameters.most
        if np.random.random() >= parameters.wide
        else max(parameters.most, min(parameters.widest, many // 2))
    )
    limit = np.random.randint(1, most + 1)
    seed = choose_seed(jobs, state, parameters)
    group = jobs.group[seed]
    begin, end = jobs.option_ptr[group], jobs.option_ptr[group + 1]
    near = np.random.random() >= parameters.anywhere and begin < end
    if not near:
        count = many
        for job in range(many):
            found[job] = job
    else:
        option = jobs.options[np.random.randint(begin, end)]
        start = np.random.randint(jobs.first[option], jobs.last[option] + 1)
        pool = jobs.pool[option] if np.random.random() < 0.7 else -1
        count = overlapping(jobs, state, seed, pool, start, start + jobs.duration[option], found)
        found[count] = seed
        count += 1
    kept = min(limit, count)
    for at in range(kept):
        other = count - 1 if at == 0 and near else np.random.randint(at, count)  # the seed is the last one
        found[at], found[other] = found[other], found[at]
    return kept


@inner_jit
def add_missing(state: JobState, found: Array, count: int, most: int) -> int:
    """Add some jobs that do not run to the chosen ones; return the number of all."""
    many, begin = len(state.option), np.random.randint(len(state.option))
    for turn in range(many):
        job = (begin + turn) % many
        if most <= 0:
            break
        known = state.option[job] >= 0
        for at in range(count):
            known = known or found[at] == job
        if not known:
            found[count] = job
            count += 1
            most -= 1
    return count


@inner_jit
def sort_for_insertion(chosen: Array, ranks: Array, depth: Array, key: Array) -> None:
    """Sort the chosen jobs by a random one of the ranks with noise, predecessors first.

    key : float64, shape (J + 1,), room for the keys
    """
    which = np.random.randint(len(ranks) + 1)
    for at in range(len(chosen)):
        job, noise = chosen[at], np.random.random()
        own = 4.0 * depth[job] + (noise if which == len(ranks) else ranks[which, job] + 0.1 * noise)
        place = at
        while place > 0 and key[place - 1] > own:
            key[place], chosen[place] = key[place - 1], chosen[place - 1]
            place -= 1
        key[place], chosen[place] = own, job


@inner_jit
def all_placed(jobs: JobArrays, state: JobState, chosen: Array) -> bool:
    """Return whether all those of a list run that must."""
    placed = True
    for job in chosen:
        placed = placed and (state.option[job] >= 0 or not jobs.must[job])
    return placed


@inner_jit
def step(
    jobs: JobArrays, state: JobState, room: StepRoom, ranks: Array, depth: Array, penalty: Array, heat: float,
    lost: float, rise: Array, parameters: RuinParameters,
) -> None:  # fmt: skip
    """Remove some jobs and insert them again, or restore them.

    lost : cost of the jobs left out; rise : as of `ruin_and_recreate`
    """
    count = add_missing(state, room.found, choose_jobs(jobs, state, room.found, parameters), parameters.out)
    chosen = room.found[:count]
    sort_for_insertion(chosen, ranks, depth, room.key)
    before, rest = state.total[0] + state.total[1] + lost + excess(state), lost
    for at in range(count):
        room.option[at], room.start[at] = state.option[chosen[at]], state.start[chosen[at]]
        if room.option[at] < 0:
            rest -= penalty[chosen[at]]
    remove_all(jobs, state, chosen)
    for job in chosen:
        rest += place(jobs, state, job, penalty)
    after = state.total[0] + state.total[1] + rest + excess(state)
    if after > before + 1e-9 * abs(before) and all_placed(jobs, state, chosen):
        rise[0] += np.log(after - before)
        rise[1] += 1
    if after <= before - heat * np.log(1.0 - np.random.random()):
        return
    for job in chosen:
        if state.option[job] < 0 and jobs.must[job]:
            penalty[job] *= parameters.failure
    remove_all(jobs, state, chosen)
    for at in range(count):
        if room.option[at] >= 0:
            move(jobs, state, chosen[at], room.option[at], room.start[at], 1)


@inner_jit
def keep_best(jobs: JobArrays, state: JobState, penalty: Array, best: RuinBest) -> None:
    """Keep the schedule if it exceeds nothing, all that must run does, and it costs less than the best."""
    for q in range(len(state.used)):
        if state.used[q] > state.limit[q]:
            return
    lost, must = left_out(jobs, state, penalty)
    cost = state.total[0] + state.total[1] + lost
    if must == 0 and cost < best.cost[0]:
        best.cost[0] = cost
        for job in range(len(state.option)):
            best.option[job], best.start[job] = state.option[job], state.start[job]


@jit
def ruin_and_recreate(
    jobs: JobArrays, state: JobState, ranks: Array, depth: Array, penalty: Array, best: RuinBest,
    first: Array, soft: Array, rise: Array, heat: float, trust: float, steps: int, seed: int,
    parameters: RuinParameters,
) -> None:  # fmt: skip
    """Run so many steps at a temperature, and update the weights of quotas in between.

    ranks : float64, shape (R, J), orders in which jobs are inserted, each from 0 to 1
    first : float64, shape (Q,), first weights of quotas; soft : float64, shape (J,), first penalties
    depth : float64, shape (J,), number of predecessors in a row
    penalty : float64, shape (J,), cost of leaving a job out; it rises for those that must run and find no place
    rise : float64, shape (2,), sum of the logarithms of what steps cost more that left out no job that must run, and
        their number
    heat : temperature [money units]
    trust : greatest factor on guiding costs; half of the steps look at none
    """
    np.random.seed(seed)
    size = len(state.option) + 1
    found, option, start = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    room = StepRoom(found, option, start, np.zeros(size))
    state.noise[:3] = heat, parameters.blink, parameters.late
    for turn in range(steps):
        lost, _ = left_out(jobs, state, penalty)
        state.noise[3] = trust * max(0.0, 2.0 * np.random.random() - 1.0)
        step(jobs, state, room, ranks, depth, penalty, heat, lost, rise, parameters)
        keep_best(jobs, state, penalty, best)
        if turn % parameters.period == parameters.period - 1:
            for q in range(len(state.used)):
                state.weight[q] *= parameters.rise if state.used[q] > state.limit[q] else parameters.fall
                state.weight[q] = max(state.weight[q], parameters.lightest * first[q])
                if state.weight[q] > parameters.steepest * first[q]:  # stuck: begin anew
                    state.weight[q] = first[q]
                    penalty[:] = soft
