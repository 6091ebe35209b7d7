"""What the documentation shows runs."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def test_api_page_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked example of docs/how-to/python.md, from top to bottom."""
    code = "\n".join(blocks("docs/how-to/python.md", "python"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/how-to/python.md", "exec"), {})
    assert "optimal" in capsys.readouterr().out


def test_readme_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the README, in less time than it allows."""
    monkeypatch.chdir(ROOT)
    for code in blocks("README.md", "python"):
        exec(compile(code.replace("time_limit=20", "time_limit=4"), "README.md", "exec"), {})


def test_readme_instance_solves(tmp_path: Path) -> None:
    """The instance that the README shows is valid and has a plan."""
    import leptonopt

    file = tmp_path / "readme.yaml"
    file.write_text(blocks("README.md", "yaml")[0], encoding="utf-8")
    leptonopt.solve(file, method="greedy").require_plan()


@pytest.mark.parametrize("module", ["instance.units", "instance", "io.files"])
def test_docstring_examples_run(module: str) -> None:
    """Examples in docstrings."""
    assert doctest.testmod(import_module(f"leptonopt.{module}")).failed == 0


def test_the_page_of_benchmarks_follows_from_its_lines() -> None:
    """BENCHMARKS.md is what benchmarks/page.py makes of the result lines beside it."""
    done = subprocess.run(
        [sys.executable, "benchmarks/page.py"], capture_output=True, text=True, encoding="utf-8", check=True, cwd=ROOT
    )
    assert done.stdout == (ROOT / "BENCHMARKS.md").read_text(encoding="utf-8")
