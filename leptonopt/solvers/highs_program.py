"""A program of its own around SciPy's HiGHS, which cannot be stopped and keeps no limit at its root.

    python milp.py FOLDER SECONDS GAP PRESOLVE

Reads FOLDER/model.npz, writes FOLDER/answer.npz: status (as of `scipy.optimize.milp`), values, bound. The log goes to
standard output. Imports nothing of leptonopt, so that it starts quickly.
"""

from __future__ import annotations

import os
import sys

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix


def main(folder: str, seconds: str, gap: str, presolve: str) -> None:
    """Solve the model of a folder."""
    model = np.load(os.path.join(folder, "model.npz"))
    costs = model["costs"]
    shape = (len(model["lower"]), len(costs))
    matrix = csr_matrix((model["data"], model["indices"], model["indptr"]), shape=shape)
    answer = milp(
        costs,
        integrality=np.ones(len(costs), np.int8),
        bounds=Bounds(np.zeros(len(costs)), model["most"]),
        constraints=LinearConstraint(matrix, model["lower"], model["upper"]) if shape[0] else (),
        options={
            "disp": True,
            "presolve": presolve == "1",
            "time_limit": float(seconds),
            "mip_rel_gap": float(gap),
        },
    )
    bound = getattr(answer, "mip_dual_bound", None)
    part = os.path.join(folder, "part.npz")
    np.savez(
        part,
        status=answer.status,
        values=np.zeros(0) if answer.x is None else answer.x,
        bound=-np.inf if bound is None else bound,
    )
    os.replace(part, os.path.join(folder, "answer.npz"))


if __name__ == "__main__":
    main(*sys.argv[1:5])
