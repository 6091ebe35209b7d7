"""The clock of a process: when it began, and what ran in it before."""

from __future__ import annotations

import gc
import subprocess
import sys
import time

import pytest

from leptonopt.runtime import clock

SCRIPT = """
import time
from leptonopt.runtime import clock
print(time.monotonic() - clock.process_start_time())
"""


def test_a_process_knows_when_it_began() -> None:
    """What is counted from the start of a process lies within what is counted around it."""
    begun = time.monotonic()
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    age, around = float(said.stdout), time.monotonic() - begun
    assert 0 < age <= around + 0.02  # the kernel counts in hundredths


def test_what_a_process_was_before_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that waits for an hour and then becomes the program has not used up its time."""
    loaded = time.monotonic() + 3600
    monkeypatch.setattr(clock, "_loaded", loaded)
    assert clock.process_start_time() == loaded


def test_sweeping_comes_back() -> None:
    """Also where it was off before, it is as it was."""
    for before in (True, False):
        (gc.enable if before else gc.disable)()
        try:
            with clock.gc_disabled():
                assert not gc.isenabled()
            assert gc.isenabled() == before
        finally:
            gc.enable()
