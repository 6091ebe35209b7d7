"""Services on a page: tables and panels."""

from __future__ import annotations

from xml.etree import ElementTree

from leptonopt.plan.page import PlanPage
from leptonopt.plan.page_gantt import Teams, time_scale
from leptonopt.plan.page_services import services_section
from leptonopt.plan.picture import Picture
from tests.helpers.service_plans import service_instance, service_plan


def section(with_instance: bool = True) -> str:
    """Return the section of the plan."""
    document, instance = service_plan(), service_instance() if with_instance else None
    picture = Picture(document, instance)
    return services_section(document, picture, time_scale(picture, Teams(document, instance)), 2)


def test_section() -> None:
    """Figures, a panel, replicas and batches, as well-formed markup."""
    found = section()
    ElementTree.fromstring(f"<div>{found.replace('&emsp;', '')}</div>")
    for word in ("per million requests", "Demand against usable capacity", "Replicas", "Batches", "peak 3 requests/s"):
        assert word in found
    assert found.count('fill-rule="evenodd"') == 4


def test_without_the_instance() -> None:
    """Without the instance the demand is not known: tables of replicas and batches alone."""
    assert "<svg" not in section(with_instance=False)
    assert "Replicas" in section(with_instance=False)


def test_page() -> None:
    """The page has the section between schedule and load, and the changes of replicas."""
    text = PlanPage(service_plan(), service_instance(), against=service_plan((1, 2, 1, 3))).html()
    assert text.index('id="schedule"') < text.index('id="services"') < text.index('id="load"')
    assert "hours before" in text
