"""Compare leptonopt, through its public surface alone, with the second reading on drawn instances."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from .brute import Search, TooLarge
from .documents import Refused, load
from .evaluating import Evaluation
from .random_documents import document, text
from .reading import Instance

FAR_APART = ("too far apart", "too fine", "steps can be counted")
METHODS = ("auto", "cpsat", "cbc", "highs")


@dataclass(frozen=True)
class Outcome:
    """What became of one seed; `kind` is one of `KINDS`, `text` says more."""

    seed: int
    method: str
    kind: str
    text: str = ""


KINDS = ("plan", "coarse", "none", "refused", "limits", "large", "open", "disagreement")
"""A plan of equal least cost; one whose bound is lower by no more than its coarse money may lose; no plan, said by both; refused by both; numbers beyond the limits of size, refused by
leptonopt; too large to try everything, plan checked alone; not proven in time, bounds checked alone; disagreement."""


def compare(seed: int, time_limit: float = 20, draw: Callable[[int], dict[str, Any]] = document) -> Outcome:
    """Solve the instance of a seed, by one of the generators, and compare."""
    method, confirm = METHODS[seed % len(METHODS)], seed % 5 == 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.json"
        path.write_text(text(draw(seed)), encoding="utf-8")
        return Outcome(seed, method, *judge(path, method, time_limit, confirm=confirm))


def judge(
    path: Path, method: str, time_limit: float = 20, budget: int = 30_000, confirm: bool = False
) -> tuple[str, str]:
    """Solve an instance file and compare; return the kind of the outcome and its text."""
    import leptonopt  # what is judged is loaded by the judge alone, and only its public surface is called

    try:
        instance: Instance | None = Instance(load(path))
    except Refused as refused:
        instance, why = None, str(refused)
    try:
        result = leptonopt.solve(path, method=method, time_limit=time_limit, threads=1, isolate=False, confirm=confirm)
    except leptonopt.errors.InputError as refused:
        said = " ".join(str(refused).split())
        if instance is None:
            return "refused", said
        return ("limits" if any(words in said for words in FAR_APART) else "disagreement"), f"refused: {said}"
    except Exception as fault:
        return "disagreement", f"{type(fault).__name__}: {fault}"
    if instance is None:
        return "disagreement", f"{result.status}, must be refused: {why}"
    try:
        least, known = Search(instance, budget).least(), True
    except TooLarge:
        least, known = None, False
    plan = json.loads(json.dumps(result.document), parse_float=str, parse_int=str)
    return _verdict(instance, plan, least, known)


def _verdict(instance: Instance, plan: dict[str, Any], least: Fraction | None, known: bool) -> tuple[str, str]:
    """Compare a plan document with the least cost."""
    status, optimum = plan["status"], None if least is None else str(least)
    if plan["cost_exact"] is not None:
        evaluation = Evaluation(instance, plan)
        if evaluation.broken:
            return "disagreement", f"{status}: " + "; ".join(evaluation.broken[:3])
        if known and (least is None or evaluation.cost < least):
            return "disagreement", f"{status} {plan['cost_exact']}, the least is {optimum}"
    elif status not in ("infeasible", "unknown"):
        return "disagreement", f"{status} without a plan"
    if not known:
        return "large", status
    if status == "infeasible":
        return ("none", "") if least is None else ("disagreement", f"infeasible, the least is {optimum}")
    bound = plan["bound_exact"]
    if bound is not None and least is not None and Fraction(bound) > least:
        return "disagreement", f"bound {bound}, the least is {optimum}"
    if status == "optimal":
        if Fraction(plan["cost_exact"]) == least:
            return "plan", ""
        return "disagreement", f"optimal {plan['cost_exact']}, the least is {optimum}"
    found = plan["cost_exact"]
    if found is not None and bound is not None and Fraction(found) == least <= Fraction(bound) + _loss(plan):
        return "coarse", ""
    return "open", f"{status} {found}, the least is {optimum}"


def _loss(plan: dict[str, Any]) -> Fraction:
    """Return what the bound may be too low by, as money is counted."""
    return Fraction(plan["made"]["money_loss"])
