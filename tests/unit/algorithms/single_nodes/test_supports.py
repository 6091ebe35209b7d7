"""Which problems have single nodes only."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import leptonopt
from leptonopt.algorithms.single_nodes.supports import unsupported_rule
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from tests.helpers import servers


def rule(change: dict[str, Any]) -> str | None:
    """Return the rule that a changed day breaks."""
    document = servers.document(0, tasks=4) | copy.deepcopy(change)
    return unsupported_rule(compile_instance(validate(document)).problem)


def test_a_day_of_servers_is_supported() -> None:
    """Servers of one node each, with idle power and start costs."""
    assert rule({}) is None


def test_rules_are_refused_by_name() -> None:
    """A quota, affinity, and precedence."""
    assert rule({"quotas": [{"id": "q", "of": "energy", "limit": 10**6}]}) == "quota"
    assert rule({"together": [["t0", "t1"]]}) == "affinity"
    tasks = servers.document(0, tasks=4)["tasks"]
    late = {"id": "last", "after": ["t0"], "options": [{"pool": "s0", "duration": "1h"}]}
    assert rule({"tasks": [*tasks, late]}) == "precedence"


@pytest.mark.parametrize("count", [0, 2])
def test_kinds_of_several_nodes_are_refused(count: int) -> None:
    """A kind of two nodes is refused, a kind of none is not; nor is a problem without nodes."""
    pools = servers.document(0, tasks=4)["pools"]
    pools.append({"id": "more", "nodes": {"count": count, "size": {"cpu": 9}, "price": 1}})
    assert rule({"pools": pools}) == ("nodes" if count > 1 else None)
    plain = compile_instance(leptonopt.generate("gaia", tasks=10)).problem
    assert unsupported_rule(plain) == "nodes"
