"""Load of the busiest pools over time on a page, against the capacity that they own or rent."""

from __future__ import annotations

from dataclasses import dataclass

from leptonopt.plan.html import html, note_line
from leptonopt.plan.page_gantt import maintenance
from leptonopt.plan.picture import Picture, load_steps
from leptonopt.plan.plot_load import FAR_CAPACITY, main_resources, offered_capacity
from leptonopt.plan.svg import LEFT, TimeScale, axis, drawing, hatching, line_path, steps_path, text
from leptonopt.runtime.clock import check_time_each

LOAD_COLOUR, CAPACITY_COLOUR = "#7f93a8", "#000000"


@dataclass(frozen=True)
class LoadSettings:
    """Sizes of a panel [user units, of which the width has 1,000], chosen by looking at 1 to 8 pools."""

    height: float = 62
    gap: float = 14
    letters: int = 26


SETTINGS = LoadSettings()


def load_panels(picture: Picture, scale: TimeScale) -> str:
    """Return a panel for the most used resource of each of the busiest pools."""
    panels, y = [], 4.0
    loaded = main_resources(picture)
    for pool, resource in check_time_each(loaded):
        panels.append(_panel(picture, scale, pool, resource, y))
        y += SETTINGS.height + SETTINGS.gap
    legend = "grey: load; line: capacity, or nodes that are on; hatched: maintenance"
    cut = f"the {len(loaded)} busiest of {len(picture.loaded)} pools; " if len(loaded) < len(picture.loaded) else ""
    body = hatching("load-hatch") + axis(scale, 0, y) + "".join(panels)
    return drawing(y + 20, body, "Load against capacity") + note_line(f"{cut}{legend}")


def _panel(picture: Picture, scale: TimeScale, pool: str, resource: str, top: float) -> str:
    edges, levels = load_steps(picture.loads(pool, resource))
    peak, words = max(levels, default=0) or 1, ""
    stated = next((each for each in picture.instance.pools if each.id == pool), None) if picture.instance else None
    offered = offered_capacity(picture, stated, resource) if stated else None
    if offered and min(offered[1]) > FAR_CAPACITY * peak:
        words, offered = f"capacity {min(offered[1]):,.10g}, far above", None
    elif stated and offered is None:
        words = "no limit"
    highest = max([peak, *(offered[1] if offered else [])])
    highest = min(highest, FAR_CAPACITY * peak) * 1.05
    floor = top + SETTINGS.height

    def heights(values: list[float]) -> list[float]:
        return [floor - min(value / highest, 1.0) * SETTINGS.height for value in values]

    found = [maintenance(picture.instance, scale, pool, top, SETTINGS.height, "load-hatch")]
    found.append(f'<path d="{steps_path(scale, edges, heights(levels), floor)}" fill="{LOAD_COLOUR}"/>')
    if offered:
        path = line_path(scale, offered[0], heights(offered[1]))
        found.append(f'<path d="{path}" fill="none" stroke="{CAPACITY_COLOUR}" stroke-width="1.4"/>')
    found.append(f'<path d="M{LEFT} {floor:g}H1000" stroke="#9aa5b1"/>')
    used = next(
        line["utilisation"]
        for line in picture.document["utilisation"]
        if (line["pool"], line["resource"]) == (pool, resource)
    )
    rows = [pool, resource, f"peak {peak:,.10g}" + ("" if used is None else f", {used:.0%} used"), words]
    for at, row in enumerate(rows):
        shown = row if len(row) <= SETTINGS.letters else row[: SETTINGS.letters - 1] + "…"
        found.append(
            text(2, top + 13 + 14 * at, shown, 11 if not at else 10, colour="#1d2733" if not at else "#5a6673")
        )
    return f"<g><title>{html(pool)} {html(resource)}</title>{''.join(found)}</g>"
