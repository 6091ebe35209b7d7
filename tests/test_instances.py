"""The files in instances/: valid, solvable, and made again from their sources to the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest

import leptonopt
from leptonopt.instance import instance_schema
from leptonopt.read import read_document
from leptonopt.read.write import dumped

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "instances").glob("*.yaml"))
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")


def test_all_are_here() -> None:
    """The table of the README speaks of exactly the files that exist."""
    table = (ROOT / "instances" / "README.md").read_text(encoding="utf-8")
    assert len(FILES) >= 10
    assert all(f"`{file.name}`" in table for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_has_a_plan_that_the_checker_passes(file: Path) -> None:
    """Greedy alone finds a plan for every one of them."""
    assert leptonopt.solve(file, method="greedy", time_limit=60).require_plan()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_keeps_the_published_schema(file: Path) -> None:
    """The JSON Schema accepts what the reader accepts."""
    import json

    jsonschema.validate(json.loads(dumped(read_document(file), "json")), instance_schema())


def test_the_articles_figures() -> None:
    """25 hours over 4 resources are 6.25; the ten costs add up to 160, and profit equals cost."""
    figures = leptonopt.solve(ROOT / "instances" / "article.yaml", time_limit=20).require_plan().figures
    assert figures["hours_per_resource"] == 6.25
    assert (figures["total_cost"], figures["total_profit"], figures["cost_profit_ratio"]) == (160, 160, 1)
    pruned = leptonopt.solve(ROOT / "instances" / "article-pruned.yaml", time_limit=20)
    assert pruned.status == "optimal"
    assert abs(pruned.require_plan().cost - Fraction(125)) < Fraction(1, 10**6)


@with_data
def test_elasticflow_files_are_reproducible(tmp_path: Path) -> None:
    """The script makes the committed bytes again."""
    subprocess.run(
        [sys.executable, "scripts/make_instances.py", "--data", str(DATA), "--out", str(tmp_path)], cwd=ROOT, check=True
    )
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (ROOT / "instances" / made.name).read_bytes(), made.name
