"""Tables of the report about services."""

from __future__ import annotations

from leptonopt.plan.report_services import service_tables
from tests.helpers.plans import plan, task
from tests.helpers.service_plans import service_instance, service_plan


def test_tables() -> None:
    """Services with the instance, then replicas and batches; nothing of a plan without services."""
    document, instance = service_plan(), service_instance()
    assert [str(table.title) for table in service_tables(document, instance, 2)] == ["Services", "Replicas", "Batches"]
    assert [str(table.title) for table in service_tables(document, None, 2)] == ["Replicas", "Batches"]
    assert not list(service_tables(plan(task("a", "p", 0, 1)), instance, 2))
