"""The options of `leptonopt export`; what is written is tested beside the writers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.helpers.run_cli import called, said
from tests.unit.execution import test_replicas
from tests.unit.execution.samples import DOCUMENT, PLAN


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the sample instance and its plan."""
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(PLAN), encoding="utf-8")
    return tmp_path / "i.yaml", tmp_path / "p.json"


@pytest.mark.parametrize(
    ("words", "begins"),
    [(("-o", "{}/a.sh"), "#!/bin/sh"), (("-o", "{}/a.csv"), "task,copy"), (("-o", "{}/a.ics"), "BEGIN:VCALENDAR")],
)
def test_endings_name_the_kind(files: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], begins: str) -> None:
    """Endings of scripts, tables and calendars need no `--to`."""
    out = Path(words[1].format(tmp_path))
    assert called("export", *files, "-o", out)[0] == 0
    assert out.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "-o FILE"),
        (("-o", "a.foo"), "its ending tells no kind"),
        (("--to", "lsf", "-o", "-"), "there is no 'lsf' to write"),
        (("--to", "kubernetes", "-o", "-"), "'big' has no `run`"),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    assert message in said("export", *files, *words, code=2)


@pytest.fixture
def services(tmp_path: Path) -> tuple[Path, Path]:
    """Write an instance with services and its plan."""
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(test_replicas.DOCUMENT), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(test_replicas.PLAN), encoding="utf-8")
    return tmp_path / "s.yaml", tmp_path / "p.json"


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("keda", "--repeat", "daily"), "apiVersion: keda.sh/v1alpha1"),
        (("crontab",), "CRON_TZ=Etc/UTC\n0 0 23 11 * kubectl"),
        (
            ("envelope", "--ceiling", "{}/p.json"),
            "service,way,from,to,floor,ceiling\nChat v2,a10g,2026-11-23T00:00:00Z",
        ),
        (("routing",), "service,class,from,to,way,weight,share\nChat v2,s,2026-11-23T00:00:00Z"),
    ],
)
def test_services(services: tuple[Path, Path], tmp_path: Path, words: tuple[str, ...], begins: str) -> None:
    """Replicas as cron triggers, crontab, envelope and routing."""
    code, out, _ = called("export", *services, "-o", "-", "--to", *(word.format(tmp_path) for word in words))
    assert (code, out[: len(begins)]) == (0, begins)


def test_page(tmp_path: Path) -> None:
    """A page is what `show --html` writes."""
    option = {"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2h"}
    tasks = [{"id": "a", "options": [option]}]
    document = {"time": time, "pools": [{"id": "own", "capacity": {"gpu": 1}}], "tasks": tasks}
    instance, plan, page = tmp_path / "i.json", tmp_path / "p.json", tmp_path / "p.html"
    instance.write_text(json.dumps(document), encoding="utf-8")
    assert called("solve", instance, "-m", "greedy", "-o", plan)[0] == 0
    assert called("export", instance, plan, "-o", page)[0] == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_options_of_other_kinds(files: tuple[Path, Path]) -> None:
    """Options of services belong to their kinds; a plan without services has none to write."""
    assert "--repeat does not belong to --to csv" in said(
        "export", *files, "--to", "csv", "--repeat", "daily", "-o", "-", code=2
    )
    assert "the plan has no services" in said("export", *files, "--to", "keda", "-o", "-", code=3)
