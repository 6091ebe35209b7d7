"""Solutions of other solvers: one reader for what HiGHS, CBC, SCIP and GLPK write."""

from __future__ import annotations

import pytest

from leptonopt.errors import InputError
from leptonopt.io.solution_file import solution_values

NAMES = ["x_0_0_0", "x_0_1_2", "z_0"]
ALIASES = {"x_0_0": "x_0_0_0", "x_1_2": "x_0_1_2"}
HIGHS = "Model status\nOptimal\n\n# Primal solution values\nFeasible\nObjective 3\n# Columns 3\nx_0_0_0 1\nx_0_1_2 0\nz_0 2\n# Rows 1\nonce_0 1\n\n# Dual solution values\n# Columns 3\nx_0_0_0 -7\n"
CBC = "Optimal - objective value 3.0\n      0 x_0_0_0     1     63\n**    1 x_0_1_2     0     63\n      2 z_0        2      5\n"
SCIP = "solution status: optimal solution found\nobjective value:      3\nx_0_0_0      1 \t(obj:63)\nz_0     2.0000000001 \t(obj:5)\n"
GLPK = "   No. Column name       Activity     Lower bound   Upper bound\n     1 x_0_0_0\n                    *              1             0             1\n     2 z_0          *              2             0             3\n"
MATHPROG = "     1 total_cost     3\n     1 x[0,0]       *     1     0     1\n     2 x[1,2]       *     0    0   1\n     3 z[0]  * 2 0 3\n"
RAW = "c Problem: m\ns mip 1 3 o 3\ni 1 1\nj 1 1\nj 2 0\nj 3 2\ne o f\n"
BASIC = "s bas 1 3 f f 3\nj 1 b 1 0\nj 3 l 2 0\n"


@pytest.mark.parametrize("text", [HIGHS, CBC, SCIP, GLPK, MATHPROG, RAW, BASIC])
def test_values_by_name(text: str) -> None:
    """Rows, reduced costs and dual values are passed over."""
    found = solution_values(text, NAMES, ALIASES)
    assert {name: round(value, 6) for name, value in found.items() if value} == {"x_0_0_0": 1, "z_0": 2}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no variable of the model"),
        ("{}", "no variable of the model"),
        ("x_7_0_0 1\n", "no variable of the model"),
        ("x_0_0_0 1\nx_0_0_0 0\n", "two values, 1 and 0"),
        ("s mip 1 9 o 3\nj 9 1\n", "variable 9 is not in the model, which has 3"),
        ("s mip 1 3 o 3\nj 1 x\n", "variable 1 has no value"),
        ("s mip 1 3 o 3\nj one 1\n", "variable one is not in the model"),
        ("x_0_0_0 nan\n", "a value is nan; finite numbers are allowed"),
        ("Columns\n    Index Status  Lower  Upper  Primal  Dual  Type  Name\n 0  0 1 1 Integer x_0_0_0\n", "raw style"),
    ],
)
def test_what_is_no_solution_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        solution_values(text, NAMES, ALIASES)
