"""Clear the environment of variables that change display or solving, and compile kernels, before all tests.

A test of such a variable sets it. What `slow.txt` lists is left to CI's own step.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from leptonopt.runtime import jit
from leptonopt.runtime.child_process import start_module
from leptonopt.runtime.jit_cache import PROGRAM
from tests.helpers import marks
from tests.helpers.fake_methods import fakes, room  # noqa: F401
from tests.helpers.run_cli import run  # noqa: F401

SHOWING = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TERM")
SOLVING = ("LEPTONOPT_MAX_SIZE", "LEPTONOPT_SELFTEST", "PULPCFGFILE", "MPLBACKEND", "MATPLOTLIBRC")
for name in SHOWING + SOLVING:
    os.environ.pop(name, None)
# Processes that tests start would compile the package anew each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
SLOW = frozenset(Path(__file__).with_name("slow.txt").read_text(encoding="utf-8").splitlines())


def pytest_configure(config: pytest.Config) -> None:
    """Say to tests with thousands of cases what is asked for."""
    marks.expression = config.option.markexpr


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests before those are chosen that run."""
    for item in items:
        if item.nodeid in SLOW:
            for mark in marks.CI:
                item.add_marker(mark)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Once, in the process that starts the others."""
    missing = [part for part in jit.PARTS if not jit.compiled(part)]
    if missing and not hasattr(session.config, "workerinput"):
        assert start_module(PROGRAM, *missing).wait() == 0, f"python -m {PROGRAM} says why"
