"""Scale the rows of a model for engines that compute in doubles.

Cuts of services have exact coefficients of up to 60 bits. Engines take a row for kept that is violated by a fixed
amount, about 1e-6, which doubles cannot resolve in sums of that size. So rows of large sums are divided by powers of
two, which loses no digit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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
