"""Options written out are read back as they were."""

from __future__ import annotations

from leptonopt.compile.work_options import concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.instance import validate
from tests.unit.decisions.test_why_not import INSTANCE


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
