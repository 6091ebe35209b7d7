"""The least value of a small linear program, in fractions: the simplex method with Bland's rule, in two phases."""

from __future__ import annotations

from fractions import Fraction

Row = tuple[dict[int, Fraction], Fraction]
"""Coefficients by variable, and the right side, which is not below 0."""


def least(cost: dict[int, Fraction], variables: int, upper: list[Row], equal: list[Row]) -> Fraction | None:
    """Return the least cost of variables from 0 on, with rows `<=` and rows `=`; None where there is no solution.

    There must be no solution of ever lower cost.
    """
    slack, width = variables, variables + len(upper) + len(equal)
    table, basis = [], []
    for n, (terms, right) in enumerate([*upper, *equal]):
        line = [Fraction(0)] * width + [right]
        for at, value in terms.items():
            line[at] += value
        line[slack + n] = Fraction(1)  # what is left, or what lacks
        table.append(line)
        basis.append(slack + n)
    lacking = slack + len(upper)
    if _run(table, basis, [Fraction(at >= lacking) for at in range(width)], width) > 0:
        return None
    for n, at in enumerate(basis):
        if at >= lacking:  # lacks nothing: anything else may stand in its place
            other = next((at for at in range(lacking) if table[n][at]), None)
            if other is not None:
                _turn(table, basis, n, other)
    return _run(table, basis, [cost.get(at, Fraction(0)) for at in range(lacking)], lacking)


def _run(table: list[list[Fraction]], basis: list[int], cost: list[Fraction], width: int) -> Fraction:
    """Turn until nothing lowers the cost any more, and return it."""
    last = [*cost, *[Fraction(0)] * (len(table[0]) - len(cost))] if table else [Fraction(0)] * (width + 1)
    for n, at in enumerate(basis):
        if times := last[at]:
            last = [value - times * other for value, other in zip(last, table[n], strict=True)]
    table.append(last)
    while (enters := next((at for at in range(width) if table[-1][at] < 0), None)) is not None:
        ratios = [(line[-1] / line[enters], basis[n], n) for n, line in enumerate(table[:-1]) if line[enters] > 0]
        _turn(table, basis, min(ratios)[2], enters)
    return -table.pop()[-1]


def _turn(table: list[list[Fraction]], basis: list[int], row: int, at: int) -> None:
    """Bring a variable into the basis in place of that of a row."""
    by = table[row][at]
    table[row] = [value / by for value in table[row]]
    for n, line in enumerate(table):
        if n != row and line[at]:
            times = line[at]
            table[n] = [value - times * other for value, other in zip(line, table[row], strict=True)]
    basis[row] = at
