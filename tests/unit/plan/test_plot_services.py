"""Services over time: demand, usable capacity, batches and missed requests."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from leptonopt.plan.picture import Picture
from leptonopt.plan.plot import draw
from leptonopt.plan.plot_services import MAX_SERVICES, drawn_services, plot_service, summary
from tests.helpers.service_plans import service_instance, service_plan


@pytest.fixture(scope="module")
def picture() -> Picture:
    """Return the picture of the plan."""
    return Picture(service_plan(), service_instance())


def test_areas_and_demand(picture: Picture) -> None:
    """An area for each pool, for batches and for missed requests, and the demand as a line."""
    ax = plot_service(picture, picture.services[0], Figure().subplots())
    assert ax.get_legend_handles_labels()[1] == ["rented", "owned", "batches", "missed", "demand"]
    assert ax.get_ylim()[1] > 3


def test_summary(picture: Picture) -> None:
    """Cost with nodes, starts, use and what is missed."""
    assert summary(picture, picture.services[0]) == "30.60 USD, 2 starts, 79% used, 10.00% missed"


def test_dearest(picture: Picture) -> None:
    """Few services are all drawn."""
    assert drawn_services(picture) == picture.services
    assert MAX_SERVICES > 1


def test_replicas_are_load(picture: Picture) -> None:
    """What replicas hold counts in the load of a pool."""
    loads = sorted(picture.loads("rented", "gpu"))
    assert [amount for _, _, amount in loads] == [2, 2, 2, 1, 1]
    assert picture.loaded == ["rented", "owned"]


def test_whole_picture() -> None:
    """Schedule, service, loads and bill; without tasks no schedule; without the instance no service."""
    assert len(draw(service_plan(), service_instance()).axes) >= 5
    bare = service_plan(tasks=[])
    titles = [ax.get_title(loc="left") for ax in draw(bare, service_instance()).axes]
    assert titles[0] == "Demand and usable capacity of services"
    assert not any(title.startswith("Demand") for title in [ax.get_title(loc="left") for ax in draw(bare).axes])
