"""Questions from the command line: answers, exit codes, and what is wrong with a call."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.plan.numbers import nothing_scarce
from tests.helpers.run_cli import called, said
from tests.unit.decisions.test_answer import instance

FAST = ("-t", "10", "--threads", "1")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write an instance and its plan."""
    (tmp_path / "i.yaml").write_text(json.dumps(instance(3)), encoding="utf-8")
    assert called("solve", tmp_path / "i.yaml", "-o", tmp_path / "p.json", "-q", *FAST)[0] == 0
    return tmp_path / "i.yaml", tmp_path / "p.json"


def test_whatif(files: tuple[Path, Path], tmp_path: Path) -> None:
    """One device less costs five; the plan then is written, and the answer as JSON is exact."""
    out = tmp_path / "then.json"
    code, said_, _ = called("whatif", files[0], "--plan", files[1], "--lose", "own.gpu=1", "-o", out, *FAST)
    assert code == 0
    assert said_.splitlines()[-1] == "difference: +5 USD, exactly"
    assert json.loads(out.read_text(encoding="utf-8"))["cost"] == 5
    code, said_, _ = called("whatif", files[0], "--set", "pools.own.price.gpu=2", "--json", *FAST)
    assert json.loads(said_)["difference"] == ["6", "6"]
    (tmp_path / "more.yaml").write_text(
        json.dumps({"tasks": [{"id": "w", "options": [{"pool": "rent", "uses": {"gpu": 2}, "duration": "1h"}]}]}),
        encoding="utf-8",
    )
    code, said_, _ = called("whatif", files[0], "--plan", files[1], "--add", tmp_path / "more.yaml", *FAST)
    assert "difference: +10 USD, exactly" in said_


def test_why_not(files: tuple[Path, Path]) -> None:
    """Elsewhere costs five; what cannot be is told with its reason, and ends with 4."""
    code, out, _ = called("why-not", files[0], "x", "--plan", files[1], "--pool", "rent", *FAST)
    assert code == 0
    assert out.splitlines()[-1] == "difference: +5 USD, exactly"
    code, out, _ = called("why-not", files[0], "x", "--plan", files[1], "--start", "2026-01-05T01:00Z", *FAST)
    assert code == 4
    assert out.startswith("there is no plan then: infeasible")
    assert "Conflict, none of which can be spared:\n  task 'x' must run\n" in out
    late = ("--start", "2026-01-05T01:00Z", "--json")
    code, out, _ = called("why-not", files[0], "x", "--plan", files[1], *late, *FAST)
    assert code == 4
    assert json.loads(out)["conflicts"][0]["tasks"] == ["x"]


def test_cost_of(tmp_path: Path) -> None:
    """With two own devices the third task costs five, and so does any other; all together no more."""
    document = instance(2)
    for task in document["tasks"]:
        task["team"] = "red"
    document["tasks"].append({"id": "w", "options": [{"pool": "own", "duration": "1h"}]})
    (tmp_path / "i.yaml").write_text(json.dumps(document), encoding="utf-8")
    for what in ("x", "y", "team:red"):
        code, out, _ = called("cost-of", tmp_path / "i.yaml", what, *FAST)
        assert code == 0
        assert out.splitlines()[-1] == "difference: +5 USD, exactly"


def test_prices(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The price book names what is scarce, at most; where nothing is, it says so."""
    (tmp_path / "t.yaml").write_text(json.dumps(instance(2)), encoding="utf-8")
    assert called("solve", tmp_path / "t.yaml", "-o", tmp_path / "t.json", "--certify", "-q", *FAST)[0] == 0
    code, out, _ = called("prices", tmp_path / "t.yaml", tmp_path / "t.certificate.json")
    assert code == 0
    assert out.startswith("gpu of own: at most 5 USD per unit and hour")
    assert "another state" in said("prices", files[0], tmp_path / "t.certificate.json", code=6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("whatif", "I"), "nothing is changed"),
        (("whatif", "I", "--set", "x"), "write PATH=VALUE"),
        (("why-not", "I", "x"), "say how it is to run"),
        (("why-not", "I", "x", "--start", "noon"), "is not an instant"),
        (("cost-of", "I", "zed"), "there is no such task, service or team"),
        (("cost-of", "I", "deadline:x"), "no such task with a deadline"),
    ],
)
def test_wrong_calls(files: tuple[Path, Path], words: tuple[str, ...], message: str) -> None:
    """One line, exit code 2."""
    assert message in said(*(files[0] if word == "I" else word for word in words), code=2)


def test_prices_by_solving_again(tmp_path: Path) -> None:
    """The dearest lines end with what one more saves."""
    (tmp_path / "t.yaml").write_text(json.dumps(instance(2)), encoding="utf-8")
    assert called("solve", tmp_path / "t.yaml", "-o", tmp_path / "t.json", "--certify", "-q", *FAST)[0] == 0
    words = ["prices", tmp_path / "t.yaml", tmp_path / "t.certificate.json", "--plan", tmp_path / "t.json"]
    code, out, _ = called(*words, "--exact", "1")
    assert code == 0
    assert "; one more saves 5 USD, exactly" in out.splitlines()[0]
    code, out, _ = called(*words, "--exact", "own:gpu@2026-01-05T00:00Z/2026-01-05T01:00Z+2")
    assert "2 more gpu of own: saves 5 USD, exactly" in out.splitlines()
    assert "write a number of lines, or POOL:RESOURCE" in said(*words, "--exact", "own", code=2)
    assert "no pool 'own' with a limited capacity of 'cpu'" in said(*words, "--exact", "own:cpu", code=2)
    assert "is not an instant" in said(*words, "--exact", "own:gpu@noon/night", code=2)


def test_a_gap_adds_to_what_lines_say() -> None:
    """Prices of a bound below the cost prove less, and the last line states how much less."""
    from leptonopt.cli.decide import _by_bound, _gap

    gap = _gap(Fraction(3), {"cost_exact": "5"})
    assert _by_bound(Fraction(3), gap, "USD").endswith("costs 2 USD more, and a line may save so much more")
    assert nothing_scarce(gap, "USD").endswith("saves at most 2 USD")
    assert _by_bound(Fraction(5), _gap(Fraction(5), {"cost_exact": "5"}), "USD") == "by a bound of 5 USD"
    assert _gap(None, {"cost_exact": "5"}) == 0
