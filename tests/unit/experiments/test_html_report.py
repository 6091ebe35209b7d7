"""The page with all tables and figures."""

from __future__ import annotations

from pathlib import Path

from leptonopt.experiments.html_report import html, page
from tests.helpers.runs import line, results


def test_texts_are_no_markup() -> None:
    """Marks of HTML and controls become escapes."""
    assert html("<b>&\x1b") == "&lt;b&gt;&amp;\\x1b"


def test_a_page_needs_no_network(tmp_path: Path) -> None:
    """Tables and pictures in one text, names escaped."""
    found = page(results(tmp_path, line("<a>", cost="12"), line("b", cost="10")))
    assert found.lower().startswith("<!doctype html>")
    assert "&lt;a&gt;" in found
    assert "<a>" not in found
    assert "<svg" in found
    assert "src=" not in found
    assert "<script" not in found
