"""Before all tests: compiled loops, where numba is installed, so that no test waits for them or does without."""

from __future__ import annotations

import subprocess
import sys

import pytest

from leptonopt.scale import jit


def pytest_sessionstart(session: pytest.Session) -> None:
    """Once, in the process that starts the others."""
    if jit.FAST and not hasattr(session.config, "workerinput") and not jit.compiled():
        subprocess.run([sys.executable, "-m", "leptonopt.rehearsal"], check=True)
