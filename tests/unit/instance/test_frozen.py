"""Instances are frozen all the way down: mappings inside refuse changes, and are dicts for all else."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from leptonopt import Instance
from leptonopt.instance.frozen import FrozenDict

INSTANCE = Instance(
    time={"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "1d"},
    pools=[{"id": "a", "capacity": {"gpu": 4}, "price": {"gpu": {"daily": {"00:00": 1, "08:00": 2}}}}],
    profiles={"p": {"speed": {"a": {1: 1, 2: 1.8}}, "devices": {1: 1, 2: 2}}},
    tasks=[{"id": "t", "options": [{"pool": "a", "uses": {"gpu": 2}, "duration": "3h"}]}],
)


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it.tasks[0].options[0].uses.__setitem__("gpu", -5),
        lambda it: it.pools[0].price.pop("gpu"),
        lambda it: it.pools[0].price["gpu"].daily.update({0: 9}),
        lambda it: it.profiles.clear(),
        lambda it: it.profiles["p"].speed["a"].setdefault(3, 1),
        lambda it: it.profiles["p"].devices.__delitem__(1),
        lambda it: it.pools[0].capacity.__ior__({"x": 1}),
    ],
)
def test_mappings_inside_refuse_changes(change: Callable[[Any], Any]) -> None:
    """And the instance stays what it was."""
    before = INSTANCE.document()
    with pytest.raises(TypeError, match="does not change"):
        change(INSTANCE)
    assert INSTANCE.document() == before


def test_a_frozen_mapping_is_a_dict_for_all_else() -> None:
    """Equality, JSON, pickles and copies."""
    made = FrozenDict({"a": FrozenDict({"b": 1})})
    assert made == {"a": {"b": 1}}
    assert json.dumps(made) == '{"a": {"b": 1}}'
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin == made
        assert type(twin) is FrozenDict
    assert copy.deepcopy(INSTANCE) == pickle.loads(pickle.dumps(INSTANCE)) == INSTANCE
