"""The picture of variants: the front is what nothing beats in speed and quality."""

from __future__ import annotations

from pathlib import Path

from leptonopt.measurement.measure import MeasuredVariant, Measurement
from leptonopt.measurement.plot_variants import draw, front
from leptonopt.measurement.ranges import Measured


def variant(name: str, speed: float, quality: float, refused: str = "") -> MeasuredVariant:
    return MeasuredVariant(
        name, Measured(speed, 0.9 * speed, 1.1 * speed), Measured(quality, quality - 0.01, quality), 1, 1, refused
    )


VARIANTS = (
    variant("full", 1, 0.99),
    variant("int8", 3, 0.97),
    variant("poor", 2, 0.90),
    variant("pruned", 5, 0.80),
    variant("unsure", 9, 0.99, "covers 1"),
)


def test_the_front_leaves_out_what_is_beaten_or_refused() -> None:
    assert [each.name for each in front(VARIANTS)] == ["pruned", "int8", "full"]


def test_the_picture_is_written(tmp_path: Path) -> None:
    draw(Measurement(VARIANTS, {}, {"quality": "share of right classes"}), tmp_path / "front.svg")
    assert "int8" in (tmp_path / "front.svg").read_text()
