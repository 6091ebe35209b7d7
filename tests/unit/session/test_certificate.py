"""Certificates: prices that prove a bound, or that no plan exists."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.session.certificate import best_certificate, infeasibility_certificate, prices_within
from leptonopt.verify import proven
from tests.helpers.tiny_instances import compiled, document, instance, pool, task

TIGHT = (task("x", "a", gpu=4, duration="2h"), task("y", "a", gpu=4, duration="2h"))
PRICED = [pool(price={"gpu": {"daily": {"00:00": 1, "02:00": 3}}})]


def test_prices_prove_a_bound() -> None:
    """Two tasks that cannot both run at the low price: at least half of the relaxed cost, at most the optimum of 32."""
    made = compiled(*TIGHT, pools=PRICED)
    stated = instance(*TIGHT, pools=PRICED).document()
    certificate = best_certificate(made, stated, 10.0, None)
    assert certificate is not None
    proof = proven(stated, certificate)
    assert proof.ok
    assert proof.bound is not None
    assert proof.bound == Fraction(certificate["bound"])
    assert 16 <= proof.bound <= 32


def test_every_set_of_prices_is_valid() -> None:
    """None is below zero where rows are limited."""
    found = list(prices_within(compiled(*TIGHT, pools=PRICED).problem, 5.0, None))
    assert found
    assert all((duals.capacity >= 0).all() for duals in found)


@pytest.mark.parametrize(("gpu", "proves"), [(5, True), (4, False)])
def test_infeasibility_by_windows(gpu: int, proves: bool) -> None:
    """A task that fits nowhere needs no prices; where every task has a start, there is no such certificate."""
    stated = document(task(gpu=gpu))
    certificate = infeasibility_certificate(compiled(task(gpu=gpu)), stated)
    assert (certificate is not None) is proves
    if certificate is not None:
        proof = proven(stated, certificate)
        assert proof.ok
        assert proof.bound is None


def test_capacity_counts_as_far_as_it_can_be_used() -> None:
    """Tasks of 4 use 4 of 7: prices prove all but a rounding of the optimum of 32; on the whole capacity, 25.14."""
    pools = [pool(capacity={"gpu": 7}, price={"gpu": {"daily": {"00:00": 1, "02:00": 3}}})]
    stated = instance(*TIGHT, pools=pools).document()
    proof = proven(stated, best_certificate(compiled(*TIGHT, pools=pools), stated, 10.0, None))
    assert proof.ok
    assert proof.bound is not None
    assert 31.999 < proof.bound <= 32
