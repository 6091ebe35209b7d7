"""Options written out are read back as they were."""

from __future__ import annotations

from leptonopt.compile.work_options import concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.instance import validate
from tests.unit.decisions.test_questions import INSTANCE


def test_there_and_back() -> None:
    """A task with its made options written out has the same options."""
    task = INSTANCE.tasks[0]
    ways = concrete_options(INSTANCE, task)
    document = INSTANCE.document()
    options = [written_option(way, way.id, way.duration, way.cost) for way in ways]
    document["tasks"] = [{"id": "t", "needs": {"labels": ["eu"]}, "options": options}]
    again = validate(document)
    assert [
        (way.id, way.pool, way.uses, way.duration, way.refused) for way in concrete_options(again, again.tasks[0])
    ] == [(way.id, way.pool, way.uses, way.duration, way.refused) for way in ways]


def test_whole_nodes_keep_what_is_used_beside_them() -> None:
    """A licence beside whole nodes, stated or taken because the option is packed."""
    pool = {"id": "n", "capacity": {"licence": 2}, "nodes": {"size": {"gpu": 8}, "count": 2, "price": 1}}
    stated = {"pool": "n", "nodes": 1, "uses": {"licence": 1}, "duration": "1h", "id": "whole"}
    packed = {"pool": "n", "uses": {"gpu": 12, "licence": 1}, "duration": "1h", "id": "packed"}
    task = {"id": "t", "placement": "packed", "options": [stated, packed]}
    instance = validate({"time": {"start": "2026-01-05T00:00Z", "horizon": "4h"}, "pools": [pool], "tasks": [task]})
    ways = concrete_options(instance, instance.tasks[0])
    made = [written_option(way, way.id, way.duration, way.cost) for way in ways]
    assert [(option["nodes"], option["uses"]) for option in made] == [(1, {"licence": 1}), (2, {"licence": 1})]
