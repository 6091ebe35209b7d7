"""Array types of a problem, and the arithmetic of pointers into flat arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def pointers(sizes: ArrayLike) -> Ints:
    """Return where each run of these sizes begins, and where the last ends, int64, shape (n + 1,).

    >>> pointers([2, 0, 3]).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def positions(begin: Ints, end: Ints) -> Ints:
    """Return begin[0] .. end[0] - 1, then begin[1] .. end[1] - 1, and so on, int64.

    >>> positions(np.array([4, 7]), np.array([6, 8])).tolist()
    [4, 5, 7]
    """
    sizes = end - begin
    return np.arange(int(sizes.sum())) + np.repeat(begin - pointers(sizes)[:-1], sizes)
