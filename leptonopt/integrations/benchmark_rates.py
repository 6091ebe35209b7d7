"""Read what replicas serve within targets of latency from a table of benchmarks.

Each row is a run: a model on some GPUs, requests of a size at a rate, and the latencies that were measured. A way to
run a replica serves a size at the largest measured rate that meets the targets; between and beyond rows nothing is
assumed. The table is a CSV file, or JSON with a list of rows (or such a list under `benchmarks`); the names are those
of llm-d-planner's benchmark table. Fitted delays of a queue (`queue_rates`) may stand instead.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import units
from leptonopt.integrations import queue_rates
from leptonopt.integrations.imported import Document, Grid, Imported, listed, number_of

LATENCIES = {"ttft": "ttft", "tpot": "itl"}  # columns of the targets
PERCENTILES = ("mean", "50", "90", "95", "99")
SIZES = ("prompt_tokens", "output_tokens")
MILLI = Decimal(1000)
STEP = Decimal("0.000001")  # requests per second; measured rates are rounded down
Row = Mapping[str, Any]
Way = tuple[str, str, int]  # model, GPU, number of GPUs


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return a service with the ways that meet the targets; classes are sizes, such as `512-256`.

    Parameters
    ----------
    texts : name and content of tables.
    params : `model`, one or several with commas, which become variants; `ttft` and `tpot`, targets for the time to the
        first token and between tokens, such as 500ms; `percentile` of the measured latencies (95), or mean; `service`,
        its id (the first model); `pools`, such as H100:owned,A100-80:cloud: the pool of each GPU (all, by their name);
        `sizes`, of fitted delays.
    grid : not used.

    Raises
    ------
    InputError
        When a file is no such table, or no run meets the targets.
    UsageError
        When a parameter is missing or wrong.
    """
    models = [name for name in params.get("model", "").split(",") if name]
    pools = _pools(params["pools"]) if "pools" in params else None
    trees = [(name, _tree(name, text)) for name, text in texts]
    fitted = any(queue_rates.is_fitted(tree) for _, tree in trees)
    known, found = _fitted(trees, params) if fitted else _measured(trees, params, models)
    if unknown := [name for name in models if name not in known] or ([] if models else ["none"]):
        raise UsageError(f"--param model={unknown[0]}: there are {listed(known)}")
    rates = {
        way: classes
        for way, classes in found.items()
        if classes and way[0] in models and (pools is None or way[1] in pools)
    }
    if not rates:
        raise InputError(f"{texts[0][0]}: nothing of {', '.join(models)} meets the targets")
    ways = [_way(way, classes, pools, models) for way, classes in rates.items()]
    service: Document = {"id": params.get("service", models[0]), "replicas": ways}
    return Imported(services=[service], notes=_notes(rates), timeless=True)


def _measured(
    trees: Sequence[tuple[str, Any]], params: Mapping[str, str], models: Sequence[str]
) -> tuple[set[str], dict[Way, dict[str, Decimal]]]:
    """Return the models of tables of benchmarks, and the largest measured rates within the targets."""
    if "sizes" in params:
        raise UsageError("--param sizes: the sizes of benchmarks are those of their rows")
    targets, rates, known = _limits(params), dict[Way, dict[str, Decimal]](), set[str]()
    for name, tree in trees:
        for row in tree["benchmarks"] if isinstance(tree, dict) else tree:
            known.add(str(row.get("model_hf_repo")))
            if row.get("model_hf_repo") in models:
                _take(name, row, targets, rates)
    return known, rates


def _fitted(
    trees: Sequence[tuple[str, Any]], params: Mapping[str, str]
) -> tuple[set[str], dict[Way, dict[str, Decimal]]]:
    """Return the models of files with fitted delays, and the rates of the queue within the targets."""
    if params.get("percentile", "mean") != "mean":
        raise UsageError(f"--param percentile={params['percentile']}; fitted delays give mean latencies only")
    rates = queue_rates.rates(trees, queue_rates.targets_of(_targets(params)), params.get("sizes", ""))
    return {model for model, _, _ in rates}, rates


def _limits(params: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the greatest allowed value [ms] of each column of latencies."""
    percentile = params.get("percentile", "95").removeprefix("p")
    if percentile not in PERCENTILES:
        raise UsageError(f"--param percentile={percentile}; allowed are {', '.join(PERCENTILES)}")
    suffix = percentile if percentile == "mean" else f"p{percentile}"
    return {f"{LATENCIES[name]}_{suffix}": most for name, most in _targets(params).items()}


def _targets(params: Mapping[str, str]) -> dict[str, Decimal]:
    """Return the targets that are given [ms]."""
    found = {name: _milliseconds(name, params[name]) for name in LATENCIES if name in params}
    if not found:
        raise UsageError("rates needs a target: --param ttft=500ms, --param tpot=40ms or both")
    return found


def _milliseconds(name: str, text: str) -> Decimal:
    part = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)(ms)?", text, re.ASCII)
    if part:
        return Decimal(part[1])
    try:
        return MILLI * units.duration(text)
    except ValueError:
        raise UsageError(f"--param {name}={text}; allowed is a time such as 500ms or 2s") from None


def _pools(text: str) -> dict[str, str]:
    """Return the pool of each GPU."""
    found = {}
    for part in text.split(","):
        gpu, colon, pool = part.partition(":")
        if not colon or not gpu or not pool:
            raise UsageError(f"--param pools={text}; write GPU:POOL,GPU:POOL, such as H100:owned,A100-80:cloud")
        found[gpu] = pool
    return found


def _tree(name: str, text: str) -> Any:
    """Return the rows of a table, or a document."""
    if text.lstrip()[:1] not in ("{", "["):
        return list(csv.DictReader(text.splitlines()))
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: is no table of benchmarks: {error}") from None


def _take(name: str, row: Row, targets: Mapping[str, Decimal], rates: dict[Way, dict[str, Decimal]]) -> None:
    """Keep the rate of a run that meets the targets, if no other of its size is larger."""
    if any(number_of(name, row, column) > most for column, most in targets.items()):
        return
    rate = number_of(name, row, "requests_per_second") // STEP * STEP
    way = str(row["model_hf_repo"]), str(row["hardware"]), int(number_of(name, row, "hardware_count"))
    size = "-".join(str(int(number_of(name, row, column))) for column in SIZES)
    classes = rates.setdefault(way, {})
    classes[size] = max(rate, classes.get(size, Decimal(0)))


def _way(way: Way, classes: Mapping[str, Decimal], pools: Mapping[str, str] | None, models: Sequence[str]) -> Document:
    """Return a way to run a replica as it stands in an instance."""
    model, gpu, count = way
    variant = {"variant": model} if len(models) > 1 else {}
    named = f"{gpu} x{count}" + (f" {model}" if variant else "")
    rate = {size: rate.normalize() for size, rate in classes.items()}
    return {"id": named, "pool": pools[gpu] if pools else gpu, "uses": {"gpu": count}, **variant, "rate": rate}


def _notes(rates: Mapping[Way, Mapping[str, Decimal]]) -> list[str]:
    """Return a line about sizes that some ways do not serve."""
    sizes = {size for classes in rates.values() for size in classes}
    short = [f"{gpu} x{count}" for (_, gpu, count), classes in rates.items() if len(classes) < len(sizes)]
    return [f"within the targets at some sizes only, and do not serve the others: {listed(short)}"] if short else []
