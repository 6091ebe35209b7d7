"""Few large tasks on small pools: the hard case for bounds.

A task takes an eighth to all of a pool of 8 to 32 GPUs. Made around a hidden plan, which keeps every rule: pools are
cut into tasks without a gap, in shelves as long as a job of the ElasticFlow trace on one GPU
(github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0), each shelf into columns of one to eight eighths of the pool,
every second column in two. Of these tasks as many as are asked for stay; the pools are so many, or the horizon so long,
that what stays is `load` of what they hold. A window of `slack` times the duration on average (spread as ElasticFlow's)
lies around the place in the hidden plan. A task may run on its own pool and on those of the next three that are large
enough; they differ in price: A100 80 GB by Azure region on 2026-05-20, ND96amsr by the GPU (a copy of the SkyPilot
catalogue, github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, figures cited). There is no capacity beyond
these pools: a plan must pack tightly, and a bound cannot see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np

from leptonopt.experiments.generators import fleet
from leptonopt.experiments.generators.elasticflow import LENGTHS
from leptonopt.experiments.generators.parameters import GeneratorParameters
from leptonopt.experiments.generators.rng import MILLI, Bools, Ints, RandomStream, between
from leptonopt.experiments.generators.table import SPOT, Options, Table

NAME = "lumpy"
ABOUT = "Large tasks on small pools of A100 GPUs, each an eighth to all of a pool; a hidden plan keeps every rule."
SOURCE = (
    "durations: ElasticFlow (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0); prices of 2026-05-20: a copy "
    "of the SkyPilot catalogue (github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, figures cited)."
)
SLOT_S = 3600
SIZES = (8, 16, 24, 32)  # GPUs of a pool
PARTS = 8
PRICES = tuple(
    Decimal(text) for text in ("4.0963", "4.6288", "4.9155", "5.1203", "5.3251", "5.8576", "6.3493", "8.1925")
)
SPOT_PRICE = Decimal("1.0650")
NEAR = 4  # pools on which a task may run
SPOT_EVERY = 8  # pools that share a spot pool
SHORTEST, LONGEST = 12, 72  # slots of the horizon
Cut = tuple[int, int, int, int]  # pool, start [slots], length [slots], GPUs


def made(parameters: GeneratorParameters) -> Table:
    """The instance."""
    draws = RandomStream(f"{NAME}/{parameters.seed}")
    slots = _horizon(parameters)
    sizes, cuts = _cuts(parameters, draws, slots)
    stay = draws.chosen("stay", np.ones(len(cuts), bool), parameters.tasks)
    pool, start, length, gpus = np.array(cuts, np.int64)[stay].T
    if parameters.days is None:  # the last pool is not cut to measure; some more time is
        slots = max(slots, int((length * gpus).sum()) * MILLI // (parameters.load * sum(sizes)))
    window = np.minimum(fleet.windows(draws, length, parameters.slack), slots)
    before = draws.below("before", len(pool), window - length + 1)
    release = np.clip(start - before, 0, slots - window)
    after = _after(draws, parameters, pool, start, start + length)
    spot = draws.share("spot", len(pool), parameters.preemptible)
    order = np.argsort(release, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return Table(
        head=fleet.head(
            NAME, ABOUT, SOURCE, parameters, SLOT_S, slots, _pools(sizes, draws, bool(parameters.preemptible))
        ),
        resources=("gpu",),
        slot_s=SLOT_S,
        release=release[order],
        deadline=(release + window)[order],
        copies=np.ones(len(order), np.int64),
        value=_values(draws, parameters, length * gpus)[order],
        after=np.where(after[order] >= 0, place[after[order]], -1),
        spot=spot[order],
        home=pool[order],
        ways=_options(sizes, pool[order], length[order], gpus[order], spot[order]),
    )


def _horizon(parameters: GeneratorParameters) -> int:
    """Slots: as asked; or from half a day to three, such that there are about three pools or more."""
    if parameters.days is not None:
        return parameters.days * 24
    return min(max(parameters.tasks * 2 * MILLI // (parameters.load * 3), SHORTEST), LONGEST)


def _cuts(parameters: GeneratorParameters, draws: RandomStream, slots: int) -> tuple[list[int], list[Cut]]:
    """GPUs of the pools, and all tasks of the hidden plan while it has no gap."""
    sizes: list[int] = []
    cuts: list[Cut] = []
    random = _endless(draws)
    seconds = between(np.arange(1024, dtype=np.int64) << 14, LENGTHS[0][2])
    lengths = np.maximum((seconds + SLOT_S // 2) // SLOT_S, 1).tolist()
    while True:
        size = SIZES[next(random) * len(SIZES) >> 24]
        found = list(_cut(random, lengths, len(sizes), size, slots))
        full = (len(cuts) + len(found)) * parameters.load > parameters.tasks * MILLI
        if full and len(cuts) >= parameters.tasks and parameters.days is None:
            return sizes, cuts
        sizes.append(size)
        cuts += found
        if full and len(cuts) >= parameters.tasks:
            return sizes, cuts


def _endless(draws: RandomStream) -> Iterator[int]:
    """Whole numbers below 2^24 without end."""
    for block in count():
        yield from draws.below(f"cut {block}", 1 << 16, 1 << 24).tolist()


def _cut(random: Iterator[int], lengths: Sequence[int], pool: int, size: int, slots: int) -> Iterator[Cut]:
    """A pool cut into tasks without a gap; shelves have one of 1024 equally frequent lengths [slots]."""
    start = 0
    while start < slots:
        length = min(lengths[next(random) >> 14], slots // 2, slots - start)
        free, column = size, 0
        while free:
            gpus = min(max(1, size * (1 + (next(random) * PARTS >> 24)) // PARTS), free)
            first = 1 + (next(random) * (length - 1) >> 24) if length > 1 and column % 2 else length
            yield pool, start, first, gpus
            if first < length:
                yield pool, start + first, length - first, gpus
            free, column = free - gpus, column + 1
        start += length


def _after(draws: RandomStream, parameters: GeneratorParameters, pool: Ints, start: Ints, end: Ints) -> Ints:
    """Return the predecessor of each task; -1 for none.

    It is one of those on the task's pool that have ended in the hidden plan.
    """
    bounds = np.searchsorted(pool, np.arange(int(pool[-1]) + 2)).tolist()
    earliest = np.full(len(bounds), fleet.NEVER)
    np.minimum.at(earliest, pool, end)
    follows = draws.chosen(
        "follows", start >= earliest[pool], (len(pool) * parameters.precedence + MILLI // 2) // MILLI
    )
    after = np.full(len(pool), -1)
    pick = draws.below("after", len(pool), 1 << 24)
    for at in np.flatnonzero(follows).tolist():
        first, last = bounds[pool[at] : pool[at] + 2]
        ended = np.flatnonzero(end[first:last] <= start[at])
        after[at] = first + int(ended[int(pick[at]) * len(ended) >> 24])
    return after


def _values(draws: RandomStream, parameters: GeneratorParameters, held: Ints) -> Ints:
    """Return the values of optional tasks [cents].

    A value is a quarter to twice the cost of the task's GPU-hours at the middle price.
    """
    cost = held * SLOT_S * int(PRICES[len(PRICES) // 2] * 10**4) // (3600 * 100)
    value = np.maximum(cost * (8 + draws.below("value", len(held), 57)) // 32, 1)
    return np.where(draws.share("optional", len(held), parameters.optional), value, -1)


def _pools(sizes: list[int], draws: RandomStream, spot: bool) -> list[dict[str, Any]]:
    """The pools, and a spot pool beside every eight of them."""
    price = draws.below("price", len(sizes), len(PRICES)).tolist()
    digits = len(str(len(sizes) - 1))
    pools: list[dict[str, Any]] = [
        {"id": f"pool-{at:0{digits}}", "capacity": {"gpu": size}, "price": {"gpu": PRICES[price[at]]}}
        for at, size in enumerate(sizes)
    ]
    for at in range(-(-len(sizes) // SPOT_EVERY) if spot else 0):
        pools.append(
            {"id": f"spot-{at}", "capacity": {"gpu": SIZES[-1]}, "price": {"gpu": SPOT_PRICE}}
            | {"interruptions": fleet.INTERRUPTIONS, "labels": [SPOT]}
        )
    return pools


def _options(sizes: list[int], pool: Ints, length: Ints, gpus: Ints, spot: Bools) -> Options:
    """A row for the own pool, the next three that are large enough, and the spot pool if it may."""
    near = min(NEAR, len(sizes))
    where = (pool[:, None] + np.arange(near)) % len(sizes)
    where = np.concatenate([where, len(sizes) + pool[:, None] // SPOT_EVERY], axis=1)
    fits = np.concatenate([np.array(sizes)[where[:, :near]] >= gpus[:, None], spot[:, None]], axis=1)
    ptr = np.concatenate([[0], np.cumsum(fits.sum(axis=1))]).astype(np.int64)
    rows = np.nonzero(fits)[0]
    return Options(
        ptr, where[fits].astype(np.int32), gpus[rows].astype(np.int32)[:, None], length[rows].astype(np.int32)
    )
