"""Services of a page: what they serve and cost, and demand against usable capacity over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leptonopt.plan.html import html, note_line, table
from leptonopt.plan.page_gantt import swatch
from leptonopt.plan.picture import LATE_COLOUR, Picture
from leptonopt.plan.plot_load import merge_equal
from leptonopt.plan.plot_services import BATCH_COLOUR, drawn_services
from leptonopt.plan.service_table import SERVED_HEADS, WAY_HEADS, batch_rows, served_rows, way_rows
from leptonopt.plan.service_use import ServiceUse
from leptonopt.plan.svg import LEFT, TimeScale, axis, drawing, hatching, line_path, steps_path, text
from leptonopt.problem.arrays import Floats

HEIGHT, GAP = 90.0, 16.0  # of a panel and between two [user units, of which the width has 1,000]
LETTERS = 26


def services_section(document: Mapping[str, Any], picture: Picture, scale: TimeScale, places: int) -> str:
    """Return the tables of services, ways and batches, and a panel for each of the dearest services."""
    found = ""
    if picture.services:
        found += table(SERVED_HEADS, served_rows(picture.services, places), SERVED_HEADS[:1])
        found += _panels(picture, scale)
    found += "<h3>Replicas</h3>" + table(WAY_HEADS, way_rows(document, places), WAY_HEADS[:3])
    if rows := batch_rows(document, places):
        found += "<h3>Batches</h3>" + table(("batch", "service", "done"), rows, ("batch", "service", "done"))
    return found


def _panels(picture: Picture, scale: TimeScale) -> str:
    panels, y = [], 4.0
    for use in drawn_services(picture):
        panels.append(_panel(picture, scale, use, y))
        y += HEIGHT + GAP
    pools = dict.fromkeys(way.pool for use in picture.services for way in use.ways if way.on.any())
    legend = "".join(swatch(picture.colours[pool], pool) for pool in pools)
    batches = any(use.filled().any() for use in picture.services)
    legend += swatch("url(#service-hatch)", "batches") if batches else ""
    legend += swatch(LATE_COLOUR, "missed") if any(use.missed_share for use in picture.services) else ""
    body = hatching("service-hatch", BATCH_COLOUR) + axis(scale, 0, y) + "".join(panels)
    note = note_line("line: demand in requests per second; areas: usable capacity by pool")
    return drawing(y + 20, body, "Demand against usable capacity") + f'<p class="note">{legend}</p>' + note


def _panel(picture: Picture, scale: TimeScale, use: ServiceUse, top: float) -> str:
    capacity, base = use.capacity(), np.zeros(len(use.asked))
    highest = 1.05 * max(float(sum(capacity.values(), base).max()), float(use.asked.max())) or 1.0
    floor, parts = top + HEIGHT, []

    def area(low: Floats, high: Floats, fill: str, opacity: float = 1.0) -> str:
        """Return the area between two step functions: up to the higher one, cut out below the lower."""
        assert picture.instance is not None
        found = []
        for bound in (high, low):
            edges, levels = merge_equal(picture.instance, bound.tolist())
            found.append(steps_path(scale, edges, [floor - value / highest * HEIGHT for value in levels], floor))
        return f'<path d="{"".join(found)}" fill="{fill}" fill-opacity="{opacity:g}" fill-rule="evenodd"/>'

    for pool, more in capacity.items():
        if more.any():
            parts.append(area(base, base + more, picture.colours[pool], 0.55))
            base = base + more
    if use.filled().any():
        parts.append(area(use.answered, use.answered + use.filled(), "url(#service-hatch)"))
    if (use.asked > use.answered).any():
        parts.append(area(use.answered, use.asked, LATE_COLOUR))
    assert picture.instance is not None
    edges, levels = merge_equal(picture.instance, use.asked.tolist())
    path = line_path(scale, edges, [floor - value / highest * HEIGHT for value in levels])
    parts.append(f'<path d="{path}" fill="none" stroke="#000000" stroke-width="1.4"/>')
    parts.append(f'<path d="M{LEFT} {floor:g}H1000" stroke="#9aa5b1"/>')
    peak = f"peak {float(use.asked.max()):,.4g} requests/s"
    for at, row in enumerate([use.id, peak]):
        shown = row if len(row) <= LETTERS else row[: LETTERS - 1] + "…"
        parts.append(text(2, top + 13 + 14 * at, shown, 11 if not at else 10))
    return f"<g><title>{html(use.id)}</title>{''.join(parts)}</g>"
