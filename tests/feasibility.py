"""Whether a document has a plan, by brute force: one function, on which the judgement of `explain` rests."""

from __future__ import annotations

from typing import Any

from bruteforce import optimum
from listening import Ear

from leptonopt.compile import compile
from leptonopt.instance import validated
from leptonopt.methods import cpsat
from leptonopt.problem import Limits


def has_plan(document: dict[str, Any], most: int = 100_000) -> bool:
    """Try everything; where that would be too much, what CP-SAT proves of the instance as it is."""
    compiled = compile(validated(document))
    if compiled.impossible:
        return False
    try:
        return optimum(compiled.problem, most) is not None
    except OverflowError:
        found = cpsat.solve(compiled.problem, None, Limits(60), Ear())
        assert found.status in ("optimal", "infeasible")
        return found.status == "optimal"
