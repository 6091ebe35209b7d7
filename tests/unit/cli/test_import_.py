"""The options of `leptonopt import`; what is read is tested beside the readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.run_cli import called, said

PRICES = "InstanceType,Price,Region\nx,1.25,eu\n"


def test_list() -> None:
    """Every source with its parameters."""
    code, out, _ = called("import", "--list")
    assert code == 0
    for name in ("slurm", "kubernetes", "nvidia-smi", "prometheus", "prices", "focus"):
        assert f"\n{name} " in f"\n{out}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("slurm",), "-o FILE"),
        (("lsf", "-o", "-"), "known are slurm"),
        (("prices", "c.csv", "-o", "-", "--slot", "0s"), "--slot is at least 1s"),
        (("prices", "c.csv", "-o", "-", "--start", "today"), "is not an instant"),
        (("prices", "c.csv", "-o", "x.mps"), "an instance is written as"),
        (("prices", "c.csv", "-o", "-", "--param", "colour=red"), "it takes accelerator"),
    ],
)
def test_wrong_calls(words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, exit code 2, nothing on standard output."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.csv").write_text(PRICES, encoding="utf-8")
    assert message in said("import", *words, code=2)


def test_an_overlay_that_does_not_fit(tmp_path: Path) -> None:
    """What the overlay makes invalid is refused, and nothing is written."""
    (tmp_path / "c.csv").write_text(PRICES, encoding="utf-8")
    (tmp_path / "o.yaml").write_text("pools: [{id: c-x-eu, colour: red}]\n", encoding="utf-8")
    out = tmp_path / "out.yaml"
    assert "colour" in said("import", "prices", tmp_path / "c.csv", "-o", out, "--overlay", tmp_path / "o.yaml", code=3)
    assert not out.exists()
