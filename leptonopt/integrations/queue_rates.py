"""Compute what replicas serve within targets of latency from the fitted delays of a queue.

Files are those of inferno (llm-inferno, IBM Research 2024): `model-data.json` has the delays of models on accelerators,
`accelerator-data.json` says of how many devices of what type an accelerator is. The queue is that of
`io.literature.batch_queue`; its latencies are means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import inf
from typing import Any

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations.imported import number_of
from leptonopt.io.literature.batch_queue import Delays, Requests, Targets, largest_rate, requests_at_once

STEP = Decimal("0.000001")  # requests per second
MOST_AT_ONCE = 10_000
Tree = Mapping[str, Any]
Size = tuple[int, int]  # tokens of input and output


def is_fitted(tree: object) -> bool:
    """Return whether a document has fitted delays, or accelerators."""
    return isinstance(tree, dict) and bool({"models", "accelerators"} & tree.keys())


def rates(
    trees: Sequence[tuple[str, Tree]], targets: Targets, sizes: str
) -> dict[tuple[str, str, int], dict[str, Decimal]]:
    """Return the requests per second of each size by model, type of device and their number.

    A size is a name such as `512-256`. `trees` are names and contents of files. Sizes without a rate are left out.

    Raises
    ------
    InputError
        When a number is missing or out of range.
    UsageError
        When no sizes are given.
    """
    wanted, devices = _sizes(sizes), _devices(trees)
    found: dict[tuple[str, str, int], dict[str, Decimal]] = {}
    for name, tree in trees:
        for entry in tree.get("models", ()):
            kind, each = devices.get(str(entry["acc"]), (str(entry["acc"]), 1))
            way = str(entry["name"]), kind, each * int(number_of(name, entry, "accCount"))
            served = {size: _rate(name, entry, tokens, targets) for size, tokens in wanted.items()}
            found[way] = {size: rate for size, rate in served.items() if rate}
    return found


def _sizes(text: str) -> dict[str, Size]:
    """Return tokens of input and output by the name of a size."""
    parts = {part: re.fullmatch(r"([1-9]\d{0,6})-([1-9]\d{0,6})", part, re.ASCII) for part in text.split(",")}
    if not all(parts.values()):
        raise UsageError(f"--param sizes={text}; fitted delays need sizes, such as 512-256,4096-512")
    return {name: (int(part[1]), int(part[2])) for name, part in parts.items() if part}


def _devices(trees: Sequence[tuple[str, Tree]]) -> dict[str, tuple[str, int]]:
    """Return the type and number of devices by accelerator."""
    return {
        str(one["name"]): (str(one["type"]), int(number_of(name, one, "multiplicity")))
        for name, tree in trees
        for one in tree.get("accelerators", ())
    }


def _rate(name: str, entry: Tree, size: Size, targets: Targets) -> Decimal:
    """Return the requests per second of a size, rounded down; 0 where it misses the targets."""
    batch, at_tokens = (int(number_of(name, entry, key)) for key in ("maxBatchSize", "atTokens"))
    at_once = requests_at_once(batch, at_tokens, size[1])
    if at_once > MOST_AT_ONCE:
        raise InputError(f"{name}: {at_once:,} requests at once; at most {MOST_AT_ONCE:,}")
    delays = Delays(*(float(number_of(name, entry["perfParms"], key)) for key in ("alpha", "beta", "gamma")))
    if not delays.alpha:
        raise InputError(f"{name}: alpha is 0; a number above 0 should be")
    return Decimal(largest_rate(delays, Requests(*size, at_once), targets)) // STEP * STEP


def targets_of(milliseconds: Mapping[str, Decimal]) -> Targets:
    """Return targets from `ttft` and `tpot`, where they are given."""
    return Targets(*(float(milliseconds.get(key, inf)) for key in ("ttft", "tpot")))
