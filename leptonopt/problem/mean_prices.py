"""Replace meters by constant prices, for methods that only add up the costs of columns and nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import Meter, Problem


def at_mean_prices(problem: Problem) -> Problem:
    """Return the problem in which each meter has one price: the mean of the most that can be used.

    What savings plans cover has the prices that they buy.

    What an option uses once is priced where the window of the meter holds its first start.
    """
    for meter in problem.meters:
        problem = _with(problem, meter)
    return replace(problem, meters=(), savings=())


def at_list_prices(problem: Problem) -> Problem:
    """Return the problem with nothing committed to savings plans, and the mean price of each meter."""
    for window in (window for plan in problem.savings for window in plan.windows):
        for meter, price in zip(window.meters.tolist(), window.price.max(axis=0).tolist(), strict=True):
            counted = problem.meters[meter]
            problem = _with(problem, replace(counted, begin=np.zeros(1, np.int64), price=np.array([price])))
    return at_mean_prices(problem)


def _with(problem: Problem, meter: Meter) -> Problem:
    """Return the problem with the price of one meter."""
    use, price, fixed = meter.use, problem.price.copy(), problem.fixed.copy()
    mean = meter.cost(use.limit) // max(1, use.limit)
    price[use.rows] += mean * use.rate
    at = use.options
    counts = (problem.first[at] >= use.first) & (problem.first[at] <= use.last)
    fixed[at] += np.where(counts, mean * use.once, 0)
    nodes = problem.nodes
    if use.nodes is not None and len(nodes):
        nodes = replace(nodes, costs=_sum(nodes.costs, use.nodes, mean))
    return replace(problem, price=price, fixed=fixed, nodes=nodes)


def _sum(costs: NodeCosts, use: NodeCosts, mean: int) -> NodeCosts:
    """Return costs plus a price of use."""
    return NodeCosts(
        costs.on_demand + mean * use.on_demand,
        costs.on + mean * use.on,
        costs.start + mean * use.start,
        costs.stop + mean * use.stop,
        costs.commit + mean * use.commit,
    )
