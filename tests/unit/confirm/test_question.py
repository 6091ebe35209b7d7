"""Questions and answers of the second model: independent of the rest of the package."""

from __future__ import annotations

import ast
from fractions import Fraction
from pathlib import Path

from leptonopt.confirm import question
from leptonopt.confirm.question import Confirmation, EngineLimits, Question
from leptonopt.problem.protocol import Limits


def test_limits_fit_without_an_import() -> None:
    """`Limits` has all that the second model uses, and neither knows the other."""
    limits: EngineLimits = Limits(time_limit=5, threads=2, seed=3, deterministic=True, work=1.5)
    assert (limits.threads, limits.seed, limits.deterministic, limits.effort) == (2, 3, True, 1.5)
    assert 0 < limits.start().left() <= 5
    tree = ast.parse(Path(question.__file__).read_text())
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(name.startswith(("leptonopt.problem", "leptonopt.compile")) for name in names)


def test_claims_and_answers() -> None:
    """No cost means that no plan exists; an answer may leave it open."""
    assert Question({}, None).cost is None
    assert Question({}, Fraction(3)).lines == ()
    assert (Confirmation(None).agrees, Confirmation(True, Fraction(3)).cost) == (None, 3)
