"""The files in instances/: valid, solvable, and made again from their sources to the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import jsonschema
import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import instance_schema
from leptonopt.io.load import load, read_document
from leptonopt.io.native.writer import dumped
from leptonopt.session.result import Result

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "instances").glob("*.yaml"))
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))
with_data = pytest.mark.skipif(
    not all(
        (DATA / needed).is_dir()
        for needed in ("elasticflow", "prices", "spot_traces", "gavel", "zeus_nsdi23", "carbon")
    ),
    reason=f"{DATA} lacks raw data of instances/; set LEPTONOPT_DATA (see instances/README.md)",
)
FIELDS = ("autonomous-driving", "cloud-service", "edge", "ml-training", "video-monitoring")
README = (ROOT / "instances" / "README.md").read_text(encoding="utf-8")
# file: [tasks, slots, columns, least cost]
SIZES = {
    row[0]: [cell.strip().replace(",", "") for cell in row[1].split("|")]
    for row in re.findall(r"^\| `([\w-]+)\.yaml` \|((?: [\d,]+ \|){3}.*)\|$", README, re.MULTILINE)
}


def test_all_are_here() -> None:
    """The tables of the README speak of exactly the files that exist."""
    assert len(FILES) >= 10
    assert set(SIZES) == {file.stem for file in FILES} == set(re.findall(r"^\| `([\w-]+)\.yaml`", README, re.MULTILINE))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_has_the_size_that_the_readme_says(file: Path) -> None:
    """Tasks, slots and columns."""
    instance = load(file)
    problem = compile_instance(instance).problem
    size = [sum(task.copies for task in instance.tasks), problem.slots, len(problem.columns.option)]
    assert size == [int(number) for number in SIZES[file.stem][:3]]


@cache
def solved(name: str) -> Result:
    """An instance after a few seconds; that of services once an exact method has ended."""
    limit = 60 if name == "serving" else 4 if name in FIELDS else 2
    return leptonopt.solve(ROOT / "instances" / f"{name}.yaml", time_limit=limit)


@pytest.mark.parametrize("name", [name for name, size in SIZES.items() if size[3]])
def test_costs_what_the_readme_says(name: str) -> None:
    """No bound above the least cost it states, no plan below; to its sixth decimal or exactly, as it is written."""
    stated = Fraction(SIZES[name][3].split()[0])
    rounding = Fraction(1, 2 * 10**6) if name == "elasticflow-20" else 0  # 5887789/22500 has no end in decimals
    result = solved(name)
    assert result.bound is not None
    assert result.bound - rounding <= stated <= result.require_plan().cost + rounding


@pytest.mark.parametrize("name", FIELDS)
def test_choices_matter(name: str) -> None:
    """A good plan uses several pools, and some capacity to its end: neither price nor capacity decides alone."""
    instance = load(ROOT / "instances" / f"{name}.yaml")
    document = solved(name).document
    most = {
        (pool.id, resource): max(series.numbers(), default=None)
        for pool in instance.pools
        for resource, series in pool.capacity.items()
    }
    assert len({task["pool"] for task in document["tasks"]}) >= 2
    assert any(Decimal(str(row["peak"])) == most[row["pool"], row["resource"]] for row in document["utilisation"])


@pytest.mark.parametrize("name", [file.stem for file in FILES if file.stem.startswith("elasticflow")])
def test_says_which_deadlines_cannot_be_kept(name: str) -> None:
    """The description counts the jobs whose deadline is a due date; all other deadlines are hard."""
    instance = load(ROOT / "instances" / f"{name}.yaml")
    (said,) = re.findall(r"For these (\d+) the deadline is a due date", instance.description or "")
    assert sum(task.due is not None for task in instance.tasks) == int(said)
    assert all(task.deadline is not None for task in instance.tasks)


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
    figures = leptonopt.solve(ROOT / "instances" / "article.yaml", method="cpsat", isolate=False).require_plan().figures
    assert figures["hours_per_resource"] == 6.25
    assert (figures["total_cost"], figures["total_profit"], figures["cost_profit_ratio"]) == (160, 160, 1)
    pruned = leptonopt.solve(ROOT / "instances" / "article-pruned.yaml", method="cpsat", isolate=False)
    assert pruned.status == "optimal"
    assert pruned.require_plan().cost == 30 + 10 + 6 * Fraction("6.666666667") + 30 + 15


@with_data
def test_files_from_real_data_are_reproducible(tmp_path: Path) -> None:
    """The script makes the committed bytes again."""
    subprocess.run(
        [sys.executable, "scripts/make_instances.py", "--data", str(DATA), "--out", str(tmp_path)], cwd=ROOT, check=True
    )
    assert len(list(tmp_path.iterdir())) == 5
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (ROOT / "instances" / made.name).read_bytes(), made.name
