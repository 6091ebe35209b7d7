"""The money unit, and the rates of nodes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from leptonopt.compile.money import MAX_CAST, MAX_TOTAL, NodeRates, coarsened, each_line, finest_unit, node_rates
from tests.helpers.tiny_instances import compiled, pool, task


@pytest.mark.parametrize(
    ("amounts", "unit"),
    [
        ([4, 6], 2),
        ([Fraction(1, 4), Fraction(1, 6)], Fraction(1, 12)),
        ([0, 5], 5),
        ([0], 1),
        ([], 1),
        ([Fraction(-3, 2)], Fraction(3, 2)),
    ],
)
def test_the_finest_unit(amounts: list[Fraction], unit: Fraction) -> None:
    """The largest one in which all amounts are whole."""
    assert finest_unit([Fraction(amount) for amount in amounts]) == unit


def test_units_are_coarsened_only_where_totals_need_it() -> None:
    """The loss counts what rounding can take."""
    assert coarsened(Fraction(1), Fraction(MAX_TOTAL), 7) == (1, 0)
    assert coarsened(Fraction(1), Fraction(MAX_TOTAL + 1), 7) == (2, 14)
    assert coarsened(Fraction(1, 10), Fraction(1), 7, Fraction(MAX_CAST)) == (1, 7)


def test_money_is_rounded_to_the_safe_side() -> None:
    """A plan never looks dearer than it is, and the loss bounds what it looks cheaper."""
    made = compiled(
        task("x", options=[{"pool": "a", "duration": "1h", "cost": 10**12}]),
        task("y", options=[{"pool": "a", "duration": "1h", "cost": 1e-9}]),
    )
    assert made.loss > 0
    assert made.unit > Fraction(1, 10**9)
    fixed = sorted(int(each) * made.unit for each in made.problem.fixed)
    assert 0 <= 10**12 + Fraction(1, 10**9) - sum(fixed) <= made.loss


def test_rates_of_nodes() -> None:
    """Rent, idle power at its tariff and carbon, switching, and commitments per hour of the horizon."""
    kind = {"size": {"gpu": 1}, "count": 1, "price": 4, "power": 2, "startup": 1, "shutdown": 0.5, "commit": 3}
    made = compiled(task(pool="n", gpu=1), pools=[{"id": "n", "nodes": kind, "price": {"power": 0.25}, "carbon": 500}])
    rates = node_rates(made.instance, made.kinds, Fraction(1), Fraction(0), Fraction(0))
    assert (rates.on_demand[0][0], rates.on[0][0], rates.start[0][0], rates.stop[0][0], rates.commit) == (
        4,
        Fraction(1, 2),
        1,
        Fraction(1, 2),
        [12],
    )
    carbon = node_rates(made.instance, made.kinds, Fraction(0), Fraction(0), Fraction(1))
    assert (carbon.on_demand[0][0], carbon.on[0][0], carbon.commit) == (0, 1, [0])
    assert set(rates.numbers()) == {4, Fraction(1, 2), 1, 12}


def test_single_nodes_of_a_kind_share_their_rates() -> None:
    """Thousands of them are then converted once; what one costs in all is summed once, too."""
    kind = {"size": {"gpu": 1}, "count": 3, "price": 4, "startup": 1}
    made = compiled(task(pool="n", gpu=1, placement="one-node"), pools=[{"id": "n", "nodes": kind}])
    rates = node_rates(made.instance, made.kinds, Fraction(1), Fraction(0), Fraction(0))
    assert len(made.kinds) == 3
    assert rates.on_demand[0] is rates.on_demand[2]
    assert rates.within(0, 1).on_demand[0] is not rates.on_demand[0]
    assert rates.sizes() == [4 * 4 + 4 * 1] * 3


def test_rates_of_some_slots() -> None:
    """Commitments count with the share of the slots."""
    line = [Fraction(each) for each in (1, 2, 3, 4)]
    cut = NodeRates([line], [line], [line], [line], [Fraction(8)]).within(1, 2)
    assert (cut.on_demand, cut.commit) == ([[0, 2, 3, 0]], [4])
    whole = cut.whole(lambda value: int(2 * value))
    assert (whole.on.tolist(), whole.commit.tolist()) == ([[0, 4, 6, 0]], [8])


def test_weights_of_the_objective() -> None:
    """Money counts with its weight; carbon of what is used is part of the price."""
    made = compiled(pools=[pool(power={"gpu": 1}, carbon=1000)], objective={"cost": 2, "carbon_kg": 3})
    assert [int(price) * made.unit for price in made.problem.start_costs(0)] == [2 * 2 + 2 * 3] * 4


def test_lines_that_are_one_object_are_computed_once() -> None:
    one, other, seen = [Fraction(1)], [Fraction(1)], []
    assert each_line([one, other, one], lambda line: (seen.append(line), len(line))[1]) == [1, 1, 1]
    assert [id(line) for line in seen] == [id(one), id(other)]
