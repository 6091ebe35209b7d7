"""What services of a plan serve, use and cost, by slot."""

from __future__ import annotations

import pytest

from leptonopt.plan.service_use import ServiceUse, levels, service_uses
from tests.helpers.service_plans import hour, service_instance, service_plan


@pytest.fixture(scope="module")
def use() -> ServiceUse:
    """Return the use of the only service."""
    (found,) = service_uses(service_plan(), service_instance())
    return found


def test_replicas(use: ServiceUse) -> None:
    """Usable replicas are those that have booted; one ran before the horizon."""
    rented, big = use.ways
    assert rented.on.tolist() == [2, 2, 1, 1]
    assert rented.started.tolist() == [1, 0, 0, 0]
    assert rented.usable.tolist() == [1, 2, 1, 1]
    assert big.usable.tolist() == [0, 1, 1, 0]


def test_requests(use: ServiceUse) -> None:
    """Replicas taken by requests and by batches; what is missed; what is served in all."""
    rented, big = use.ways
    assert rented.served.tolist() == [1, 1.5, 1, 1]
    assert big.served.tolist() == [0, 0.5, 0, 0]
    assert big.offline.tolist() == [0, 0.25, 0.25, 0]
    assert use.missed_share == pytest.approx(1 / 10)
    assert use.requests("l").tolist() == [0, 3600 + 1800, 1800, 0]
    assert use.served == 9 * 3600 + 3600
    assert use.utilisation == pytest.approx((4.5 + 0.5 + 0.5) / 7)


def test_costs(use: ServiceUse) -> None:
    """Own costs where they come about; nodes at their price, shared with the task by what is held."""
    assert use.own.tolist() == pytest.approx([3 + 3.6, 4, 4, 0])
    assert use.shared.tolist() == pytest.approx([8 * 2 / 4, 8 * 2 / 4, 4, 4])
    assert use.cost.sum() == pytest.approx(14.6 + 16)


def test_capacity(use: ServiceUse) -> None:
    """Usable replicas at the rate of what they serve, or of the mix; batches in the same unit."""
    assert use.asked.tolist() == [3, 3, 2, 2]
    assert use.answered.tolist() == [2, 3, 2, 2]
    capacity = use.capacity()
    assert capacity["rented"].tolist() == pytest.approx([2, 2 * 2.5 / 1.5, 2, 2])
    assert capacity["owned"].tolist() == [0, 1, 1, 0]
    assert use.filled().tolist() == [0, 0.25, 0.25, 0]
    assert all(use.answered + use.filled() <= sum(capacity.values()) + 1e-9)


def test_a_plan_without_services() -> None:
    """There is nothing to state."""
    assert service_uses(service_plan(services=[]), service_instance()) == []


def test_levels() -> None:
    """A number holds from its instant to the next."""
    assert levels([(hour(0), 1), (hour(3), 5)], service_instance().time).tolist() == [1, 1, 1, 5]
