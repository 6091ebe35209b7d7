"""What the documentation shows runs."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import typer
import yaml

import leptonopt
from leptonopt.cli.app import command_app

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md")))]
BILLS = "docs/tutorials/real-bills.md"
COMMANDS = typer.main.get_command(command_app()).commands  # type: ignore[attr-defined]


def option_names(command: object) -> list[str]:
    """Return the options of a command, and of its subcommands."""
    inside = getattr(command, "commands", {}).values()
    own = [name for param in command.params for name in (*param.opts, *param.secondary_opts)]  # type: ignore[attr-defined]
    return own + [name for each in inside for name in option_names(each)]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def instances() -> list[tuple[str, int]]:
    """Return page and position of every block that is a whole instance, but for the bills, which have a test."""
    return [
        (page, number)
        for page in PAGES
        for number, text in enumerate(blocks(page, "yaml"))
        if text.startswith("leptonopt: 1") and page != BILLS
    ]


def commands(page: str) -> list[list[str]]:
    """Return the words of every `leptonopt COMMAND ...` line that a page shows as code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    fenced = "\n".join(re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    lines = re.findall(r"^leptonopt (.*)$", fenced, re.MULTILINE) + re.findall(
        r"^ {4}leptonopt (.*)$", text, re.MULTILINE
    )
    return [re.split(r" {2,}|\s#", line)[0].rstrip("\\ ").split() for line in lines]


def test_every_page_is_reached() -> None:
    """The navigation names every page, and the first page links to all but the diaries of experiments."""
    pages = {page.removeprefix("docs/") for page in PAGES if page.startswith("docs/")} - {"index.md"}
    shown = set(re.findall(r": ([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    linked = set(re.findall(r"\]\(([\w/.-]+\.md)\)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8")))
    assert pages <= shown
    assert {page for page in pages if not page.endswith("-experiments.md")} <= linked


@cache
def known_options() -> dict[str, set[str]]:
    """Return the options of every command; those of `verify` from its help, as typer does not parse them."""
    known = {name: set(option_names(command)) for name, command in COMMANDS.items()} | {"--version": set()}
    call = [sys.executable, "-m", "leptonopt", "verify", "-h"]
    known["verify"] = set(re.findall(r"--[a-z-]+", subprocess.run(call, capture_output=True, text=True).stdout))
    return known


def test_python_guide_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked example of the Python guide runs from top to bottom."""
    page = "docs/how-to/python.md"
    code = "\n".join(blocks(page, "python"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})
    assert "optimal" in capsys.readouterr().out


def test_readme_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python of the README runs, in less time than it allows."""
    monkeypatch.chdir(ROOT)
    for code in blocks("README.md", "python"):
        exec(compile(code.replace("time_limit=20", "time_limit=4"), "README.md", "exec"), {})


def test_errors_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the errors page prints findings."""
    page = "docs/reference/errors.md"
    exec(compile("\n".join(blocks(page, "python")), page, "exec"), {})
    assert "tasks" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_python_blocks_compile(page: str) -> None:
    """All other Python blocks are at least Python, and what they import from the package is there."""
    for code in blocks(page, "python"):
        compile(code, page, "exec")
        exec("\n".join(re.findall(r"^from leptonopt\b.*$", code, re.MULTILINE)), {})


@pytest.mark.parametrize(("page", "number"), instances())
def test_instances_of_the_pages_solve(page: str, number: int, tmp_path: Path) -> None:
    """Each whole instance that a page shows is valid and has a plan."""
    file = tmp_path / "shown.yaml"
    file.write_text(blocks(page, "yaml")[number], encoding="utf-8")
    leptonopt.solve(file, method="greedy").require_plan()


@pytest.mark.parametrize(
    ("number", "published"), [(0, "18.74"), (1, "18.00"), (2, "23.94"), (3, "20.97"), (4, "47.13"), (5, "91150.00")]
)
def test_bills_come_out_to_the_cent(number: int, published: str) -> None:
    """The files of the tutorial cost what the providers publish."""
    document = yaml.safe_load(blocks(BILLS, "yaml")[number])
    found = leptonopt.solve(document, time_limit=20, threads=1, isolate=False)
    assert found.status == "optimal"
    assert str(Decimal(str(found.document["cost"])).quantize(Decimal("0.01"), ROUND_HALF_UP)) == published


def test_readme_shows_the_instance_of_the_first_tutorial() -> None:
    """README and first tutorial show the same instance, so that their outputs belong to it."""
    assert blocks("README.md", "yaml")[0] == blocks("docs/tutorials/first-plan.md", "yaml")[0]


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_pages_exist(page: str) -> None:
    """Each command line that a page shows names a command and options that exist."""
    known = known_options()
    for name, *words in commands(page):
        assert name in known, name
        options = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert options <= known[name], (name, options - known[name])


def test_the_reference_lists_all_public_names() -> None:
    """Each name of `leptonopt` is on the page of the Python interface."""
    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    missing = [name for name in leptonopt.__all__ if not re.search(rf"\b{name}\b", page)]
    assert missing == ["__version__"]
    named = {name for name in dir(leptonopt) if not name.startswith("__")}
    assert named - {"errors", "instance", "problem"} == {*leptonopt.__all__} - {"__version__"}


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


def test_pages_show_commands_and_instances() -> None:
    """The tests above look at something: the pages show many commands, and several whole instances."""
    assert sum(len(commands(page)) for page in PAGES) > 60
    assert len(instances()) >= 3
