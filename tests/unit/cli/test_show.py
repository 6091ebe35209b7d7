"""`leptonopt show`: the report of a plan file, its picture, and wrong calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.helpers import plans
from tests.helpers.columnar_files import saved, tiny
from tests.helpers.run_cli import called, said


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write a plan and its instance."""
    document = plans.plan(plans.task("train", "a", 0, 2, 8), plans.task("test", "b", 2, 1, 2), bound_exact="10")
    (tmp_path / "p.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(plans.INSTANCE), encoding="utf-8")
    return tmp_path / "p.json", tmp_path / "i.yaml"


def test_the_report_ends_with_its_result_line(files: tuple[Path, Path]) -> None:
    """The first and the last line are the result; utilisation by pool stands before its average."""
    code, out, _ = called("show", files[0])
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == lines[-1]
    assert lines[0].startswith("optimal  10 USD  proven")
    assert out.index("utilisation of a gpu") < out.index("utilisation, average")


def test_quiet_prints_the_result_line_alone(files: tuple[Path, Path]) -> None:
    """One line."""
    assert len(called("show", files[0], "-q")[1].splitlines()) == 1


def test_a_plot_with_the_capacity(files: tuple[Path, Path], tmp_path: Path) -> None:
    """It is written; a note says that the plan is of another instance."""
    code, _, err = called("show", files[0], "--instance", files[1], "--plot", tmp_path / "a.svg")
    assert code == 0
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "the plan is of another instance" in err


def test_a_page_with_changes(files: tuple[Path, Path], tmp_path: Path) -> None:
    """An earlier plan adds its changes."""
    page = tmp_path / "a.html"
    assert called("show", files[0], "--html", page, "--instance", files[1], "--against", files[0], "-q")[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "no task changed, 2 kept" in text
    assert "Gantt chart" in text


def test_a_plan_in_columns(tmp_path: Path) -> None:
    """It needs its instance, and then has a report like any other."""
    file, plan = saved(tmp_path, tiny(4)), tmp_path / "plan.npz"
    assert called("solve", file, "-o", plan, "-m", "greedy", "-t", 20, "-q")[0] == 0
    code, out, _ = called("show", plan, "--instance", file)
    assert code == 0
    assert "Schedule" in out
    assert "give its instance, in columns" in said("show", plan, code=2)


def test_a_page_with_prices(tmp_path: Path) -> None:
    """A certificate adds its price book; one of another instance is refused."""
    plan, instance, page = (tmp_path / name for name in ("p.json", "i.yaml", "a.html"))
    instance.write_text(yaml.safe_dump(plans.INSTANCE), encoding="utf-8")
    assert called("solve", instance, "-o", plan, "--certify", "-m", "greedy", "-t", 20, "-q", "--html", page)[0] == 0
    assert "What is proven" in page.read_text(encoding="utf-8")
    words = ("show", plan, "--instance", instance, "--html", page, "-q", "--certificate")
    certificate = tmp_path / "p.certificate.json"
    assert called(*words, certificate)[0] == 0
    assert 'id="prices"' in page.read_text(encoding="utf-8")
    other = json.loads(certificate.read_text(encoding="utf-8"))
    other["instance"]["sha256"] = "1" * 64
    certificate.write_text(json.dumps(other), encoding="utf-8")
    said(*words, certificate, code=6)


def test_a_file_without_a_plan(tmp_path: Path) -> None:
    """Its reasons are printed; nothing is drawn."""
    (tmp_path / "p.json").write_text(json.dumps(plans.none("infeasible", "too large")), encoding="utf-8")
    code, out, err = called("show", tmp_path / "p.json", "--plot", tmp_path / "a.png", "--html", tmp_path / "a.html")
    assert code == 0
    assert "too large" in out
    assert "there is no plan to draw" in err
    assert "there is no plan to show" in err
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("show", "{i}"), 3, "is an instance, not a plan"),
        (("show", "{p}", "--plot", "a.foo"), 2, "a plot is written as"),
        (("show", "{p}", "--html", "a.pdf"), 2, "a page is written as"),
        (("show", "{p}", "--against", "{p}"), 2, "say where with --html"),
        (("show", "{p}", "--html", "a.html", "--certificate", "{p}"), 2, "--instance FILE"),
        (("show", "{p}", "--format", "gap"), 2, "give it with --instance"),
        (("show", "{p}", "--plot", "{p}"), 2, "a plot is written as"),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], code: int, message: str) -> None:
    """One line each."""
    assert message in said(*(word.format(p=files[0], i=files[1]) for word in words), code=code)


def test_a_plan_without_the_form_of_a_plan(tmp_path: Path) -> None:
    """The place and the fault are named."""
    document = plans.plan(plans.task("train", "a", 0, 2, 8), currency=7)
    (tmp_path / "p.json").write_text(json.dumps(document), encoding="utf-8")
    assert "currency: 7 is not a text" in said("show", tmp_path / "p.json", code=3)
