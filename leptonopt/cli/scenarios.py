"""`leptonopt scenarios`: plans for several courses of demand, with what is decided in common."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from leptonopt.cli import options
from leptonopt.cli.common import code_of, load_instance, params_of, print_line
from leptonopt.errors import InstanceError, UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.instance.scenarios import Scenarios
    from leptonopt.session.scenarios import ScenarioResult

EPILOG = """\b
Examples:
  leptonopt scenarios week.yaml futures.yaml
  leptonopt scenarios week.yaml futures.yaml -t 120 -o plans

\b
SCENARIOS is a file such as
  here_and_now: 4h                        # may be left out, as cvar may
  cvar: {level: 0.9, weight: 0.5}
  scenarios:
    - {id: usual, weight: 0.7}
    - {id: launch, weight: 0.2, scale: {chat: 2}}
    - {id: moved, weight: 0.1, demand: {chat: {short: 5}}}

\b
Commitments, and with here_and_now the replicas and starts of the first slots, are
common to all scenarios; all else is planned by scenario. -o writes the instance and the
plan of each scenario into a folder, as `leptonopt verify` and `export` take them."""

Futures = Annotated[
    Path, options.Argument(metavar="SCENARIOS", show_default=False, help="scenarios of demand: .yaml, .json, .toml")
]
Folder = Annotated[
    Path | None, options.Option("--output", "-o", metavar="FOLDER", help="folder for instances and plans")
]


@dataclass(frozen=True)
class ScenariosOptions:
    """The options of `leptonopt scenarios`."""

    file: options.File
    scenarios: Futures
    output: Folder = None
    json: options.Json = False
    time_limit: options.Seconds = 60.0
    gap: options.Gap = 0.0
    threads: options.RunThreads = 1
    format: options.Format = None
    param: options.Params = None


@options.takes(ScenariosOptions)
def scenarios(_: options.Context, given: ScenariosOptions) -> int:
    """Plan for scenarios of demand: commitments and first slots in common, mean cost and cost at risk."""
    from leptonopt.instance.scenarios import read_scenarios
    from leptonopt.io.load import read_document
    from leptonopt.session.scenarios import solve_scenarios

    if given.output is not None and given.output.exists() and not given.output.is_dir():
        raise UsageError(f"{given.output}: is no folder")
    instance = load_instance(given.file, given.format, params_of(given.param))
    try:
        stated = read_scenarios(read_document(given.scenarios), instance)
    except InstanceError as error:
        raise error.within(str(given.scenarios)) from None
    if given.output is not None and len({_file_name(each.id) for each in stated.scenarios}) < len(stated.scenarios):
        raise UsageError("-o: ids of scenarios that differ in letters or digits are needed, as they name files")
    result = solve_scenarios(instance, stated, given.time_limit, given.gap, given.threads or 1)
    if given.output is not None:
        _write(given.output, instance, stated, result)
    if given.json:
        sys.stdout.write(files.dumped(_document(instance, stated, result)))
    else:
        _print(instance, stated, result)
    return code_of(result.status)


def _write(folder: Path, instance: Instance, stated: Scenarios, result: ScenarioResult) -> None:
    """Write the instance and the plan of each scenario, by its id."""
    from leptonopt.instance.scenarios import instance_of
    from leptonopt.io.native import writer

    folder.mkdir(parents=True, exist_ok=True)
    for each in stated.scenarios:
        name = _file_name(each.id)
        files.write_atomic(folder / f"{name}.yaml", writer.dumped(instance_of(instance, each).document(), "yaml"))
        if each.id in result.plans:
            files.write_atomic(folder / f"{name}.plan.json", files.dumped(result.plans[each.id].document))


def _file_name(id: str) -> str:
    """Return an id with letters, digits, hyphens and underscores alone."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in id)


def _print(instance: Instance, stated: Scenarios, result: ScenarioResult) -> None:
    money = instance.currency
    if result.objective is None:
        at_least = "" if result.bound is None else f"; no plans cost less than {float(result.bound):,.2f} {money}"
        print_line(f"{result.status}{at_least}")
        return
    assert result.mean is not None
    gap = "" if result.status == "optimal" else f", at least {_money(result.bound)}"
    print_line(
        f"{result.status}  objective {_money(result.objective)} {money}{gap}, mean {_money(result.mean)} {money}"
    )
    for line in committed(result):
        print_line(f"committed in all scenarios: {line}")
    width = max([8, *(len(each.id) for each in stated.scenarios)])
    print_line(f"{'scenario':<{width}} {'weight':>8} {'cost':>14}")
    for each in stated.scenarios:
        print_line(f"{each.id:<{width}} {float(each.weight):>8g} {_money(result.plans[each.id].cost):>14}")


def committed(result: ScenarioResult) -> list[str]:
    """Return what is committed, a line for each kind of nodes."""
    plan = next(iter(result.plans.values()))
    return [
        f"{line['committed']} of {line['pool']} {line['kind']}" for line in plan.document["nodes"] if line["committed"]
    ]


def _money(value: Any) -> str:
    return "?" if value is None else f"{float(value):,.2f}"


def _document(instance: Instance, stated: Scenarios, result: ScenarioResult) -> dict[str, Any]:
    exact = {name: getattr(result, name) for name in ("objective", "bound", "mean")}
    return {
        "leptonopt_scenarios": 1,
        "status": result.status,
        "currency": instance.currency,
        **{name: None if value is None else str(value) for name, value in exact.items()},
        "scenarios": [
            {
                "id": each.id,
                "weight": float(each.weight),
                "cost": str(result.plans[each.id].cost) if result.plans else None,
            }
            for each in stated.scenarios
        ],
    }
