"""Give tasks without a placement the one that the document states for all."""

from __future__ import annotations

from typing import Any

from leptonopt.errors import Finding
from leptonopt.instance.fields import quoted

PLACEMENTS = ("span", "one-node", "packed")


def without_default_placement(document: dict[str, Any], findings: list[Finding]) -> dict[str, Any]:
    """Return a document in which each task states its placement; findings on the default are noted."""
    if (placement := document.get("placement")) is None:
        return {key: value for key, value in document.items() if key != "placement"}
    if placement not in PLACEMENTS:
        findings.append(Finding(f"{quoted(placement)} is not allowed; 'span', 'one-node' or 'packed'", ("placement",)))
        placement = PLACEMENTS[0]
    made = {key: value for key, value in document.items() if key != "placement"}
    if isinstance(tasks := document.get("tasks"), list | tuple):
        made["tasks"] = [{"placement": placement, **task} if isinstance(task, dict) else task for task in tasks]
    return made
