"""Remove what is mended from the lists of exceptions: `python tests/properties/shrink.py`. Nothing is ever added."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.properties import test_tree, test_words


def shrink() -> None:
    """Keep of each list only what still is an exception."""
    now = {name: found() for name, found in test_tree.FOUND.items()} | {"docstrings": set(test_words.unmended())}
    for name, found in now.items():
        kept = sorted(test_tree.listed(name) & found)
        (test_tree.EXCEPTIONS / f"{name}.txt").write_text("".join(f"{each}\n" for each in kept), encoding="utf-8")


if __name__ == "__main__":
    shrink()
