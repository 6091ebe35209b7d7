"""The checker on plans of services: it accepts what keeps all rules, and finds every fault that is put into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.verify import verify
from tests.helpers.marks import first
from tests.helpers.service_documents import plan_of, random_document, some_schedule


@cache
def planned(seed: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return an instance and a plan for it, where some schedule is found."""
    document = random_document(seed)
    made = compile_instance(validate(document))
    schedule = None if made.impossible else some_schedule(made, seed)
    return None if schedule is None else (document, plan_of(made, schedule))


@pytest.mark.parametrize("block", range(3))
def test_right_plans_are_accepted(block: int) -> None:
    """Every rule, every number and the cost of a plan that keeps the rules of the problem."""
    seen = 0
    for seed in range(block * 20, block * 20 + 20):
        if (found := planned(seed)) is not None:
            verdict = verify(*found)
            assert verdict.ok, (seed, [each.message for each in verdict.violations][:5])
            seen += 1
    assert seen >= 8


def leaves(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every mapping or list with a key at which a number or a text stands."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, dict | list):
            yield from leaves(value)
        else:
            yield tree, key


def changed(value: Any) -> Any:
    """Return another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if re.fullmatch(r"[0-9]+(/[0-9]+)?", value):
        return str(Fraction(value) * Fraction(6, 7))
    if re.fullmatch(r"[0-9-]{10}T.*", value):
        return value.replace(":00:00Z", ":15:00Z") if value.endswith(":00:00Z") else value.replace(":30:00Z", ":00:00Z")
    return value + "x"


@pytest.mark.parametrize("seed", first(4, [2, 4, 7, 12, 14, 17, 23, 29], ci=6))
def test_every_word_of_a_service_is_checked(seed: int) -> None:
    """A plan with any number, fraction, instant or name of its services and batches changed is refused."""
    found = planned(seed)
    assert found is not None
    document, plan = found
    for part in ("services", "batches"):
        for tree, key in leaves(plan.get(part, [])):
            kept = tree[key]
            tree[key] = changed(kept)
            assert not verify(document, plan).ok, (part, tree, key)
            tree[key] = kept
    assert verify(document, plan).ok


def test_every_entry_is_asked_for() -> None:
    """A plan without an entry of a list of its services and batches, or with one twice, is refused."""
    for seed in (2, 12, 23):
        document, plan = planned(seed) or ({}, {})
        for part in ("services", "batches"):
            for lines in lists(plan.get(part, [])):
                for at in range(len(lines)):
                    whole = list(lines)
                    lines[:] = whole[:at] + whole[at + 1 :]
                    assert not verify(document, plan).ok, (seed, whole[at])
                    lines[:] = [*whole, whole[at]]
                    assert not verify(document, plan).ok, (seed, whole[at])
                    lines[:] = whole


def lists(tree: Any) -> Iterator[list[Any]]:
    """Yield every list of a document that holds entries."""
    if isinstance(tree, list):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(value, dict | list):
            yield from lists(value)
