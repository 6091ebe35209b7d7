"""The options of `leptonopt import`; what is read is tested beside the readers."""

from __future__ import annotations

from pathlib import Path

import pytest

import leptonopt
from tests.helpers.run_cli import called, said

PRICES = "InstanceType,Price,Region\nx,1.25,eu\n"


def test_list() -> None:
    """Every source with its parameters."""
    code, out, _ = called("import", "--list")
    assert code == 0
    for name in ("slurm", "kubernetes", "nvidia-smi", "prometheus", "prices", "focus", "demand", "rates"):
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


LOG = "time,input_tokens,output_tokens\n" + "".join(f"{at},{at % 9},1\n" for at in range(1200))


def test_demand_and_rates_make_an_instance(tmp_path: Path) -> None:
    """Rates of a table are laid over the demand of a log, and pools over both: what comes out is valid."""
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    columns = "model_hf_repo,hardware,hardware_count,prompt_tokens,output_tokens,requests_per_second,ttft_p95"
    (tmp_path / "runs.csv").write_text(f"{columns}\nm,H100,1,4,1,2,90\nm,H100,1,9,1,1.5,95\n", encoding="utf-8")
    words = ("--param", "model=m", "--param", "ttft=100ms", "--param", "service=chat")
    code, _, said_ = called("import", "rates", tmp_path / "runs.csv", *words, "-o", tmp_path / "ways.yaml")
    assert (code, said_) == (
        0,
        "note: there are no pools: this is a part of an instance; --overlay FILE can add them\n",
    )
    ways = (tmp_path / "ways.yaml").read_text(encoding="utf-8")
    assert "time" not in ways
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(f"{ways}\npools: [{{id: H100, capacity: {{gpu: 8}}}}]\n", encoding="utf-8")
    words = ("--start", "2026-11-23T00:00Z", "--slot", "10m", "--param", "service=chat", "--param", "sizes=4-1,9-1")
    code, out, _ = called("import", "demand", tmp_path / "log.csv", *words, "--overlay", overlay)
    assert code == 0
    (tmp_path / "whole.yaml").write_text(out, encoding="utf-8")
    assert called("validate", tmp_path / "whole.yaml")[0] == 0
    assert leptonopt.load(tmp_path / "whole.yaml").services[0].demand.names == ("4-1", "9-1")


def test_options_of_demand_are_those_of_demand(tmp_path: Path) -> None:
    """Classes and quantile belong to logs; without -o the part is printed."""
    (tmp_path / "c.csv").write_text(PRICES, encoding="utf-8")
    message = said("import", "prices", tmp_path / "c.csv", "-o", "-", "--classes", "3", code=2)
    assert "prices has no parameter 'classes'" in message
    (tmp_path / "log.csv").write_text(LOG, encoding="utf-8")
    code, out, _ = called(
        "import", "demand", tmp_path / "log.csv", "--slot", "10m", "--classes", "3", "--quantile", "1"
    )
    assert code == 0
    assert "to-3:" in out
