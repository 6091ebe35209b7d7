"""Memory limits: sizes, shares, and confined processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from leptonopt.errors import UsageError
from leptonopt.session.memory import MIN_MEMORY, OUT_OF_MEMORY, parse_memory, share_of_memory

CONFINED = """
from leptonopt.session.memory import confine
confine(300_000_000)
try:
    bytearray(10**9)
except MemoryError:
    print("refused")
"""


@pytest.mark.parametrize(
    ("stated", "size"),
    [
        (None, None),
        ("8GB", 8 * 10**9),
        ("512 MiB", 512 * 2**20),
        ("1.5g", 1_500_000_000),
        (2e9, 2 * 10**9),
        (10**9, 10**9),
    ],
)
def test_sizes(stated: float | str | None, size: int | None) -> None:
    """Decimal and binary units, numbers of bytes."""
    assert parse_memory(stated) == size


@pytest.mark.parametrize("stated", ["", "much", "-1GB", "99MB", 5, "1e99"])
def test_what_is_no_size(stated: float | str) -> None:
    """Or too small for any engine."""
    with pytest.raises(UsageError, match="allowed is a size such as 8GB or 512MiB"):
        parse_memory(stated)


def test_shares() -> None:
    """Equal ones for engines side by side, and never less than Python needs."""
    assert share_of_memory(1) >= share_of_memory(2) >= share_of_memory(10**9) == MIN_MEMORY


@pytest.mark.parametrize("line", ["std::bad_alloc", "MemoryError", "Cannot allocate memory", "can't start new thread"])
def test_words_of_engines_without_memory(line: str) -> None:
    """Each is recognised; others are not."""
    assert OUT_OF_MEMORY.search(line)
    assert not OUT_OF_MEMORY.search("infeasible")


@pytest.mark.skipif(sys.platform != "linux", reason="data limits are of Linux")
def test_a_confined_process_gets_no_more() -> None:
    """An allocation beyond the limit fails."""
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"
