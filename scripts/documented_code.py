"""Write the Python blocks of each documentation page into a module of their own, for type checkers.

    python scripts/documented_code.py FOLDER

Pages whose blocks are fragments rather than programs are left out by name.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def program(page: Path) -> str:
    """Return the Python blocks of a page, in order."""
    return "\n\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


def main(folder: Path) -> None:
    """Write a module for each page that has blocks."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        if code := program(page):
            name = "_".join(page.relative_to(ROOT).with_suffix("").parts).replace("-", "_").lower()
            (folder / f"{name}.py").write_text(code, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
