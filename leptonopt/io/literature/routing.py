"""Read how a service of a format of the literature routes its requests."""

from __future__ import annotations

from collections.abc import Mapping

from leptonopt.errors import UsageError

KINDS = ("split", "whole", "one-way")  # the first is that of services that state none


def routing(params: Mapping[str, str]) -> dict[str, str]:
    """Return the entry of a service for the parameter `routing`; raises `UsageError`."""
    kind = params.get("routing", KINDS[0])
    if kind not in KINDS:
        raise UsageError(f"routing={kind[:40]!r}; allowed are {', '.join(KINDS)}")
    return {} if kind == KINDS[0] else {"routing": kind}
