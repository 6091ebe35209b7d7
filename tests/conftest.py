"""Before all tests: compiled loops, where numba is installed, so that no test waits for them or does without."""

from __future__ import annotations

import pytest

from leptonopt.children import beside
from leptonopt.scale import jit
from leptonopt.scale.rehearsing import PROGRAM


def pytest_sessionstart(session: pytest.Session) -> None:
    """Once, in the process that starts the others."""
    if jit.FAST and not hasattr(session.config, "workerinput") and not jit.compiled():
        assert beside(PROGRAM).wait() == 0, f"python -m {PROGRAM} says why"
