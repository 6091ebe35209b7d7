"""`leptonopt simulate --trace`: planned and reactive replicas on the requests that came."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from leptonopt.cli.common import load_instance, noise_of, params_of, print_line, require_picture
from leptonopt.errors import UsageError
from leptonopt.io import files

if TYPE_CHECKING:
    from leptonopt.instance import Instance
    from leptonopt.simulation.serving import ServingOutcome, ServingSetting, ServingSummary, Trace

USUAL_POLICIES = "plan,scaler,both"
USUAL_HEADROOMS = "0,0.1,0.2"
_T = TypeVar("_T")


def simulate_serving(given: Any) -> int:
    """Print what policies pay and miss on a trace; `given` are the options of `leptonopt simulate`."""
    from leptonopt.simulation.serving import serving_summaries, simulate_services

    require_picture(given.plot)
    instance = load_instance(given.file, given.format, {} if given.format is None else params_of(given.param))
    if given.seeds < 1:
        raise UsageError(f"--seeds {given.seeds}; at least 1")
    if not instance.services:
        raise UsageError(f"--trace: {given.file} has no services")
    setting = _setting(given, instance)
    outcomes = simulate_services(instance, _trace(given, instance), setting)
    lines = serving_summaries(outcomes)
    if given.plot is not None:
        from leptonopt.simulation.plot_serving import draw

        draw(lines, given.plot, instance.currency)
    if given.json:
        sys.stdout.write(files.dumped(_document(outcomes, instance)))
    else:
        _print(lines)
    return 0


def _setting(given: Any, instance: Instance) -> ServingSetting:
    """Return the setting of the options; raises `UsageError`."""
    from leptonopt.simulation.serving import ServingSetting, check_setting

    noise = noise_of(given.noise, instance)
    policies = USUAL_POLICIES if given.policy == type(given).policy else given.policy
    sigma = float(noise.demand.sigma)
    setting = ServingSetting(
        policies=policies.split(","),
        headrooms=_each(given.headroom or USUAL_HEADROOMS, "--headroom", Decimal),
        lags=_each(given.lag, "--lag", _seconds),
        seeds=range(given.seeds if sigma else 1),
        sigma=sigma,
        seconds=given.time_limit,
        method=given.method,
    )
    check_setting(setting)
    return setting


def _trace(given: Any, instance: Instance) -> Trace:
    """Return the trace of the options; raises `InputError`, `UsageError`."""
    from leptonopt.integrations.trace import read_trace
    from leptonopt.io.native.text import read_text
    from leptonopt.simulation.serving import Trace

    assert given.trace is not None
    bin = _seconds(given.bin)
    if bin < 1 or instance.time.slot % bin:
        raise UsageError(f"--bin {given.bin}: a slot is a whole number of bins of at least 1s")
    text = read_text(given.trace)
    begin, asked = read_trace(str(given.trace), text, instance, params_of(given.param), bin)
    return Trace(begin, bin, asked)


def _each(text: str, name: str, of: Callable[[str], _T]) -> list[_T]:
    try:
        return [of(part.strip()) for part in text.split(",")]
    except (ValueError, InvalidOperation):
        raise UsageError(f"{name} {text}; allowed are values with commas between them") from None


def _seconds(text: str) -> int:
    from leptonopt.instance import units

    try:
        return units.duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _print(lines: Sequence[ServingSummary]) -> None:
    from leptonopt.instance import units

    print_line(f"{'policy':<14} {'headroom':>8} {'lag':>6} {'cost':>14} {'missed':>9}  worlds")
    for each in lines:
        lag = "" if each.lag is None else units.duration_text(each.lag)
        figures = f"{each.cost:>14,.2f} {each.missed_share:>9.3%}  {each.worlds}"
        print_line(f"{each.policy:<14} {each.headroom:>8g} {lag:>6} {figures}")


def _document(outcomes: Sequence[ServingOutcome], instance: Instance) -> dict[str, Any]:
    return {
        "leptonopt_simulation": 1,
        "currency": instance.currency,
        "services": [vars(each) for each in outcomes],
    }
