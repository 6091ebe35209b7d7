"""`leptonopt simulate` and `leptonopt eta`: policies in worlds where durations differ."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from leptonopt.cli import options
from leptonopt.cli.common import load_instance, noise_of, params_of, print_line, print_note
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.simulation.outcome import Outcome
    from leptonopt.simulation.summary import Arrival

SIMULATE_EPILOG = """\b
Examples:
  leptonopt simulate week.yaml --noise noise.yaml
  leptonopt simulate week.yaml --policy once,rolling,greedy --every 30m --seeds 20 --noise noise.yaml
  leptonopt simulate serving.yaml --trace LOG.csv --headroom 0,0.1,0.2 --lag 10m,20m,30m --plot misses.png

\b
once plans at the start alone; rolling plans again what is left, every so often; the
name of a method does so with it; threshold and uniform-progress are rules without
plans, the second for spot capacity. All policies meet the same
worlds. Each history has passed the checker as a plan of its world; regret is what it
costs more than the best plan in hindsight, at least and at most."""
ETA_EPILOG = """\b
Examples:
  leptonopt eta week.yaml --noise noise.yaml
  leptonopt eta week.yaml --policy once --seeds 50 --noise noise.yaml --json

\b
Each task has three times by which it starts, and three by which it ends: in a tenth,
in half and in nine tenths of the worlds in which it ran."""

POLICIES = "once, rolling, threshold, uniform-progress"
Policies = Annotated[str, options.Option("--policy", metavar="NAMES", help=f"{POLICIES}, or names of methods")]
Policy = Annotated[str, options.Option("--policy", metavar="NAME", help=f"{POLICIES}, or the name of a method")]
Every = Annotated[str, options.Option(metavar="DURATION", help="time between two plans")]
Seeds = Annotated[int, options.Option(metavar="N", help="number of worlds")]
NoiseFile = Annotated[
    Path | None, options.Option("--noise", metavar="FILE", help="how worlds differ from FILE; not at all when absent")
]
Miss = Annotated[str, options.Option(metavar="MONEY", help="what a missed deadline costs")]
Tail = Annotated[
    str | None,
    options.Option(metavar="DURATION", help="time after the horizon in which tasks may end  [default: half of it]"),
]


TraceFile = Annotated[
    Path | None, options.Option("--trace", metavar="LOG", help="services: requests that came, a CSV file")
]
Headrooms = Annotated[
    str | None,
    options.Option(
        "--headroom", metavar="SHARES", help="with --trace: shares of rates left free  [default: 0,0.1,0.2]"
    ),
]
Lags = Annotated[
    str, options.Option("--lag", metavar="DURATIONS", help="with --trace: from a scaler's decision to a usable replica")
]
Bin = Annotated[str, options.Option("--bin", metavar="DURATION", help="with --trace: step of time")]
Plot = Annotated[
    Path | None, options.Option("--plot", metavar="FILE", help="with --trace: draw misses (.png, .svg, .pdf)")
]


@dataclass(frozen=True)
class SimulateOptions:
    """The options of `leptonopt simulate`."""

    file: options.File
    policy: Policies = "once,rolling"
    every: Every = "1h"
    seeds: Seeds = 20
    noise: NoiseFile = None
    miss: Miss = "1000"
    tail: Tail = None
    trace: TraceFile = None
    headroom: Headrooms = None
    lag: Lags = "0s,10m,20m,30m"
    bin: Bin = "1m"
    plot: Plot = None
    json: options.Json = False
    method: options.Method = "auto"
    time_limit: options.Seconds = 5.0
    threads: options.RunThreads = 1
    format: options.Format = None
    param: options.Params = None


@dataclass(frozen=True)
class EtaOptions(SimulateOptions):
    """The options of `leptonopt eta`."""

    policy: Policy = "rolling"


@options.takes(SimulateOptions)
def simulate(_: options.Context, given: SimulateOptions) -> int:
    """Simulate policies: what they cost, which deadlines they meet, and how far from hindsight they are."""
    from leptonopt.simulation.summary import summaries

    if given.trace is not None:
        from leptonopt.cli.simulate_serving import simulate_serving

        return simulate_serving(given)
    instance = load_instance(given.file, given.format, params_of(given.param))
    outcomes = _outcomes(given, instance, given.policy.split(","))
    if given.json:
        sys.stdout.write(files.dumped(_document(outcomes, instance)))
        return 0
    print_line(f"{'policy':<16} {'cost':>14} {'regret':>26} {'met':>7} {'changes/day':>12}  worlds")
    for each in summaries(outcomes, instance.time.horizon):
        hits = "" if each.hits is None else f"{float(each.hits):.1%}"
        undone = f", {each.undone} with tasks left undone" if each.undone else ""
        print_line(
            f"{each.policy:<16} {_money(each.cost):>14} {_span(each.regret_low, each.regret_high):>26} {hits:>7}"
            f" {float(each.changes):>12.2f}  {each.seeds}{undone}"
        )
    return 0


@options.takes(EtaOptions)
def eta(_: options.Context, given: EtaOptions) -> int:
    """Tell when tasks start and end in a tenth, half and nine tenths of the worlds."""
    from leptonopt.instance import units
    from leptonopt.simulation.summary import arrivals

    instance = load_instance(given.file, given.format, params_of(given.param))
    worlds = given.seeds if given.noise is not None else min(1, given.seeds)
    if worlds < given.seeds:
        print_note("without --noise all worlds are as the instance states, and one is carried out")
    found = arrivals(_outcomes(replace(given, seeds=worlds), instance, [given.policy], hindsight=False))
    names = {arrival.key: _name(instance, arrival.key) for arrival in found}
    if given.json:
        entries = [
            {"task": each.key[0], "copy": each.key[1], "ran": each.ran}
            | {
                name: [units.instant_text(at) for at in times]
                for name, times in (("start", each.starts), ("end", each.ends))
            }
            for each in found
        ]
        sys.stdout.write(files.dumped({"leptonopt_eta": 1, "worlds": worlds, "tasks": entries}))
        return 0
    _print_times(found, names, instance, worlds)
    return 0


def _print_times(found: Sequence[Arrival], names: Mapping[Any, str], instance: Instance, worlds: int) -> None:
    """Print a line for each copy, with its times on the clock of the instance, and what they mean."""
    zone = ZoneInfo(instance.time.zone)
    width = max([4, *map(len, names.values())])
    heads = " ".join(f"{head:<16}" for head in ("starts by: 10 %", "50 %", "90 %", "ends by: 10 %", "50 %", "90 %"))
    print_line(f"{'task':<{width}}  {heads}  ran in")
    for each in found:
        times = (at.astimezone(zone) for at in (*each.starts, *each.ends))
        print_line(f"{names[each.key]:<{width}}  {' '.join(f'{at:%Y-%m-%d %H:%M}' for at in times)}  {each.ran}")
    shares = f"in 10, 50 and 90 % of the worlds in which it ran, of {worlds}" if worlds > 1 else "in the one world"
    print_line(f"a task starts and ends by these times ({zone.key}) {shares}")


def _outcomes(
    given: SimulateOptions, instance: Instance, policies: Sequence[str], hindsight: bool = True
) -> list[Outcome]:
    """Return what policies do in the worlds that the options ask for; raises `UsageError`, `InputError`."""
    from leptonopt.instance import units
    from leptonopt.simulation.outcome import Setting
    from leptonopt.simulation.simulate import simulate

    _check(given, policies)
    try:
        every = units.duration(given.every)
        tail = instance.time.horizon // 2 if given.tail is None else units.duration(given.tail)
    except ValueError as error:
        raise UsageError(f"--every or --tail: {error}") from None
    noise = noise_of(given.noise, instance)
    solves = given.time_limit, given.threads, given.method
    folder = Path() if given.noise is None else given.noise.parent
    setting = Setting(every, *solves, _miss(given.miss), tail, hindsight, folder)
    return simulate(instance, policies, range(given.seeds), noise, setting)


def _check(given: SimulateOptions, policies: Sequence[str]) -> None:
    from leptonopt.simulation.policies import ON_SPOT
    from leptonopt.solvers.registry import require_available

    if given.seeds < 1:
        raise UsageError(f"--seeds {given.seeds}; at least 1")
    for name in (*policies, given.method):
        if name not in (*ON_SPOT, "auto"):
            require_available(name)


def _miss(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"--miss {text}: no number") from None
    if not found.is_finite() or found < 0:
        raise UsageError(f"--miss {text}; at least 0")
    return found


def _name(instance: Instance, key: tuple[str, int]) -> str:
    copies = next(task.copies for task in instance.tasks if task.id == key[0])
    return f"{key[0]} #{key[1]}" if copies > 1 else key[0]


def _money(value: Fraction | None) -> str:
    return "" if value is None else f"{float(value):,.2f}"


def _span(low: Fraction | None, high: Fraction | None) -> str:
    if low is None or low == high:
        return _money(low)
    return f"{_money(low)} to {_money(high)}" if high is not None else f"at least {_money(low)}"


def _document(outcomes: Sequence[Outcome], instance: Instance) -> dict[str, Any]:
    worlds = [
        {
            "policy": each.policy, "seed": each.seed, "cost": None if each.cost is None else str(each.cost),
            "regret": None if each.regret is None else [None if end is None else str(end) for end in each.regret],
            "deadlines": each.deadlines, "met": each.hits, "changes": each.changes,
        }
        for each in outcomes
    ]  # fmt: skip
    return {"leptonopt_simulation": 1, "currency": instance.currency, "worlds": worlds}
