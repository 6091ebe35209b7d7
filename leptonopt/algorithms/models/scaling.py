"""Scale the rows of a model for engines that compute in doubles.

Cuts of services have exact coefficients of up to 60 bits. Engines take a row for kept that is violated by a fixed
amount, about 1e-6, which doubles cannot resolve in sums of that size. So rows of large sums are divided by powers of
two, which loses no digit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, IntegerProgram, largest_objective
from leptonopt.problem.arrays import Floats, Ints

LARGE = 10**9  # sum of a row from which on it is scaled
LARGEST = 2.0**20  # sum of a scaled row, at most


def row_units(data: Ints, matrix: Any, most: Ints) -> Floats:
    """Return what each row is divided by, float, shape (R,): a power of two; 1 for rows of small sums.

    `data` are the entries of `matrix` (CSR) that count, and `most` are the largest values of the variables.
    """
    sums = np.zeros(matrix.shape[0])
    row = np.repeat(np.arange(len(sums)), np.diff(matrix.indptr))
    np.add.at(sums, row, np.abs(data.astype(float)) * most[matrix.indices])
    units: Floats = np.where(sums > LARGE, np.exp2(np.ceil(np.log2(np.maximum(1.0, sums) / LARGEST))), 1.0)
    return units


def scaled_entries(data: Ints, matrix: Any, units: Floats) -> Floats:
    """Return entries of a matrix (CSR) with its rows divided by units, float, as `data`."""
    entries: Floats = data / np.repeat(units, np.diff(matrix.indptr))
    return entries


def scaled_sides(lower: Ints, upper: Ints, units: Floats) -> tuple[Floats, Floats]:
    """Return the sides of rows divided by units, float, shapes (R,); infinite where there is no limit."""
    low, high = lower / units, upper / units
    return np.where(lower <= -NO_LIMIT, -np.inf, low), np.where(upper >= NO_LIMIT, np.inf, high)


def scaled_rows(linear: IntegerProgram) -> tuple[Any, Floats, Floats]:
    """Return matrix (CSR) and sides of the rows of a model, scaled."""
    matrix = linear.matrix.astype(float)
    units = row_units(linear.matrix.data, linear.matrix, linear.most)
    matrix.data = scaled_entries(linear.matrix.data, linear.matrix, units)
    return matrix, *scaled_sides(linear.lower, linear.upper, units)


def engine_arrays(linear: IntegerProgram, costs: Ints, data: Ints, upper: Ints, units: Floats) -> dict[str, Any]:
    """Return a model as `solvers.highs_program` reads it, its rows divided by units.

    `costs`, `data` and `upper` are the objective, the entries of the matrix and the right sides that count.
    """
    matrix = linear.matrix
    low, high = scaled_sides(linear.lower, upper, units)
    return {
        "costs": costs.astype(float),
        "data": scaled_entries(data, matrix, units),
        "indices": matrix.indices.astype(np.int32),
        "indptr": matrix.indptr.astype(np.int32),
        "lower": low,
        "upper": high,
        "most": linear.most.astype(float),
        "whole": linear.whole,
    }


def coarsened(linear: IntegerProgram, largest: int) -> tuple[Ints, Ints, bool]:
    """Return entries and right sides of a relaxation, and whether it differs.

    Rows of sums above `largest` are in coarser units.
    """
    matrix, upper = linear.matrix, linear.upper
    sums = matrix.astype(float) @ linear.most
    if linear.parts and linear.parts[-1].name == "cutoff":  # of every group's columns one counts, not all
        sums[-1] = largest_objective(linear, np.asarray(matrix[-1].todense()).ravel())
    large = (upper < NO_LIMIT) & (linear.lower <= -NO_LIMIT) & (sums > largest)
    large &= ~(matrix.astype(bool) @ ~linear.whole)  # rounding needs whole numbers
    unit = np.where(large, np.ceil(sums / largest), 1).astype(np.int64)
    return matrix.data // np.repeat(unit, np.diff(matrix.indptr)), upper // unit, bool(large.any())
