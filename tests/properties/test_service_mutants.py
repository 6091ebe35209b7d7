"""Faults that a checker of services could have: each is put into its source, and a plan that keeps a rule tells it apart."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from leptonopt.verify import replicas, services, serving
from tests.helpers.stated_services import at, broken, instance, money, plan, served

NONE = [0, 0, 0, 0]
ON_Q = {"a": {"q": "1"}, "b": {"q": "1"}}
ON_P = {"a": {"p": "1"}, "b": {"p": "1"}}
BATCH = {"id": "n", "service": "s", "amount": {"b": 28800}, "release": at(1), "deadline": at(3)}
DONE = {"from": at(0), "to": at(2), "class": "b", "way": "q", "requests": "28800"}


def rules(p: list[int], q: list[int], shares: Any, more: dict[str, Any], **parts: Any) -> Callable[[], object]:
    """Return what tells the rules that a plan breaks."""
    return lambda: broken(instance(**more), plan(p, q, shares, **parts))


def missed() -> object:
    """Return what a request per second that is missed costs."""
    made = plan(NONE, [1] * 4, {"a": {"q": "3/4"}, "b": {"q": "1"}}, {"a": "1"})
    return served(instance(missed={"cost": 0.001}), made)[0].missed


def held() -> object:
    """Return what replicas cost that boot in the first slot."""
    return money(served(instance(start={"takes": "1h"}), plan(NONE, [1] * 4, ON_Q))[0])


MUTANTS: dict[str, tuple[ModuleType, str, str, Callable[[], object]]] = {
    "replicas that boot are usable": (
        replicas,
        "started_within(_started(way, on), way.boot)",
        "started_within(_started(way, on), 0)",
        rules(NONE, [1] * 4, ON_Q, {"start": {"takes": "1h"}}),
    ),
    "the headroom makes replicas faster": (
        serving,
        "return self.service.ways[way].planned * max(0, self._usable(way, slot) - failed)",
        "return self._usable(way, slot) / self.service.ways[way].planned",
        rules(NONE, [1] * 4, ON_Q, {"headroom": 0.5}),
    ),
    "the rates of two classes are exchanged": (
        serving,
        "rate = self.service.ways[way].rates.get(name)",
        "rate = self.service.ways[way].rates.get({'a': 'b', 'b': 'a'}[name])",
        rules(NONE, [1] * 4, {"b": {"q": "1"}}, {"demand": {"a": 0, "b": 8}}),
    ),
    "replicas of a zone that is gone serve on": (
        serving,
        "ways = self.service.left[gone] if gone else list(self.service.ways)",
        "ways = list(self.service.ways)",
        rules(
            [4] * 4, [1] * 4, ON_Q, {"spread": {"label": "zone:"}}, without={"zone:p": ON_Q, "zone:q": ON_Q}
        ),
    ),
    "replicas that fail serve on": (
        serving,
        "max(0, self._usable(way, slot) - failed)",
        "self._usable(way, slot)",
        rules([1] * 4, [1] * 4, ON_Q, {"spare": 1}, failed={"p": ON_Q, "q": ON_Q}),
    ),
    "a request is missed once in a slot, not once in a second": (
        serving,
        "amount * self.stated.slot * (",
        "amount * (",
        missed,
    ),
    "batches are done outside their windows": (
        serving,
        "if not batch.first <= slot < batch.end:",
        "if slot < 0:",
        rules(
            NONE, [2, 2, 2, 1], ON_Q, {"batches": [BATCH]}, batches=[{"id": "n", "service": "s", "done": [DONE]}]
        ),
    ),
    "replicas that boot hold nothing": (
        replicas,
        "in _spells(on, way.running)",
        "in _spells([n - new for n, new in zip(on, booting, strict=True)], way.running)",
        held,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_told_apart(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker and its mutant differ on a plan, so that the tests of that rule kill the mutant."""
    module, old, new, seen = MUTANTS[name]
    source, before = inspect.getsource(module), seen()
    assert source.count(old) == 1
    mutant = ModuleType(module.__name__)
    exec(compile(source.replace(old, new), module.__name__, "exec"), mutant.__dict__)
    for key in ("read_replicas", "ServingChecker"):
        if hasattr(mutant, key) and getattr(module, key).__module__ == module.__name__:
            monkeypatch.setattr(services, key, getattr(mutant, key))
    assert seen() != before
