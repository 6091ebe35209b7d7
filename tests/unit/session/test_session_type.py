"""The class of session for each source."""

from __future__ import annotations

from typing import Any

import leptonopt
from leptonopt.session.alike_session import AlikeSession
from leptonopt.session.region_session import RegionSession
from leptonopt.session.services_session import ServicesSession
from leptonopt.session.session import SolveSession
from leptonopt.session.session_type import session_type
from leptonopt.session.source import open_source
from tests.helpers.regions import chain
from tests.helpers.tiny_instances import document, pool, task


def test_the_session_follows_from_the_instance() -> None:
    """Regions where data is passed on, counted nodes where tasks need a node, or else the plain session."""
    nodes = [pool(capacity={}, price={}) | {"nodes": {"size": {"gpu": 8}, "count": 2, "price": 1}}]
    assert session_type(open_source(document(task()))()) is SolveSession
    assert session_type(open_source(document(task(placement="one-node"), pools=nodes))()) is AlikeSession
    assert session_type(open_source(chain())()) is RegionSession
    assert session_type(open_source(chain(gib=0))()) is SolveSession


def serving(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a service of two replicas of 2 GPUs, and tasks, on nodes of 8."""
    nodes = pool("a", capacity={}, price={}, labels=["region:east"]) | {
        "nodes": {"size": {"gpu": 8}, "count": 3, "price": 8}
    }
    service = {"id": "s", "demand": {"x": 4}, "replicas": [{"pool": "a", "uses": {"gpu": 2}, "rate": {"x": 2}}]}
    return document(*tasks, pools=[nodes], services=[service], **more)


def test_services_beside_tasks_within_one_node() -> None:
    """Nodes are told apart: 4 GPUs of replicas leave room for one task of 6 on each of two nodes."""
    stated = serving(task("t", gpu=6, placement="one-node"), task("u", gpu=6, placement="one-node"))
    source = open_source(stated)()
    assert session_type(source) is ServicesSession
    found = leptonopt.solve(stated, time_limit=30, threads=1, isolate=False)
    assert (found.status, found.cost) == ("optimal", 8 * (4 + 1))


def test_services_beside_tasks_that_pass_data_on() -> None:
    """Regions are chosen first, and each choice is planned with its services."""
    first, second = task("first", gpu=4), task("second", gpu=4, after=[{"task": "first", "gib": 9}])
    stated = serving(first, second)
    assert session_type(open_source(stated)()) is RegionSession
    found = leptonopt.solve(stated, time_limit=30, threads=1, isolate=False)
    assert (found.status, found.cost) == ("optimal", 8 * 4)
