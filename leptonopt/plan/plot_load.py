"""Plot the load of a resource over time, with its capacity and its price or carbon intensity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leptonopt.compile.calendar import least_by_slot, mean_by_slot
from leptonopt.instance import POWER, Instance, Pool, Series
from leptonopt.instance.units import instant
from leptonopt.plan.picture import Picture, as_label, format_date_axis, load_steps
from leptonopt.runtime.clock import check_time_each

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LOADS = 8  # pools whose load is drawn
FAR_CAPACITY = 5  # times the load above which a capacity is stated rather than drawn


def main_resources(picture: Picture) -> list[tuple[str, str]]:
    """Return the most used resource of each busy pool, for the busiest pools."""
    best: dict[str, tuple[float, float, str]] = {}
    for line in picture.document["utilisation"]:
        rank = (line["utilisation"] or 0.0, line["used_hours"] or 0.0, line["resource"])
        if line["used_hours"] and rank[:2] > best.get(line["pool"], (-1.0, -1.0, ""))[:2]:
            best[line["pool"]] = rank
    top = sorted(best, key=lambda pool: best[pool][:2], reverse=True)[:MAX_LOADS]
    return [(pool, best[pool][2]) for pool in picture.loaded if pool in top]


def plot_load(picture: Picture, pool: str, resource: str, ax: Axes) -> Axes:
    """Plot the load of a pool's resource, that of replicas lighter, and its capacity over time."""
    edges, levels = load_steps(picture.loads(pool, resource))
    ax.stairs(levels, edges, fill=True, color=picture.colours[pool], alpha=0.45 if picture.replicas[pool] else 0.85)
    peak = max(levels, default=0) or 1
    if picture.replicas[pool] and picture.tasks[pool]:
        of_tasks = load_steps(picture.task_loads(pool, resource))
        ax.stairs(of_tasks[1], of_tasks[0], fill=True, color=picture.colours[pool], alpha=0.75)
    lines = picture.document["utilisation"]
    used = next(line["utilisation"] for line in lines if (line["pool"], line["resource"]) == (pool, resource))
    words = "" if used is None else f"{'<1%' if 0 < used < 0.01 else f'{used:.0%}'} used"
    stated = next((item for item in picture.instance.pools if item.id == pool), None) if picture.instance else None
    if stated and (offered := offered_capacity(picture, stated, resource)):
        edges, limits = offered
        if min(limits) <= FAR_CAPACITY * peak:
            ax.stairs(limits, edges, color="0.15", linewidth=1.2, baseline=None)
            words += "; line: nodes that are on" if resource not in stated.capacity else ""
            peak = max(peak, *(limit for limit in limits if limit <= FAR_CAPACITY * peak))
        else:
            words += f"; the capacity of {min(limits):,.10g} is far above"
    elif stated:
        words = "no limit"
    if stated:
        _plot_driver(picture, stated, resource, ax)
    ax.set_ylim(0, peak * 1.12)
    ax.set_ylabel(f"{as_label(pool, 16)}\n{as_label(resource, 16)}", fontsize=8, rotation=0, ha="right", va="center")
    ax.set_title(words, loc="right", fontsize=8, pad=2)
    ax.tick_params(labelsize=8)
    format_date_axis(ax, picture.zone)
    return ax


def offered_capacity(picture: Picture, stated: Pool, resource: str) -> tuple[list[Any], list[float]] | None:
    """Return the capacity, or that of nodes that are on, as edges and levels; None without a limit."""
    assert picture.instance is not None
    time = picture.instance.time
    if resource in stated.capacity:
        least = least_by_slot(stated.capacity[resource], stated.maintenance, resource, time)
        return None if None in least else merge_equal(picture.instance, [float(level or 0) for level in least])
    sizes = {name: float(kind.size.get(resource, 0)) for name, kind in stated.kinds}
    if not any(sizes.values()):
        return None
    levels = [0.0] * time.slots
    for line in check_time_each(picture.document["nodes"]):
        if line["pool"] == stated.id:
            starts = [int((instant(step["from"]) - time.start).total_seconds()) // time.slot for step in line["on"]]
            for step, low, high in zip(line["on"], starts, [*starts[1:], time.slots], strict=True):
                for slot in range(low, high):
                    levels[slot] += sizes[line["kind"]] * step["count"]
    return merge_equal(picture.instance, levels)


def merge_equal(instance: Instance, levels: Sequence[float]) -> tuple[list[Any], list[float]]:
    """Return moments and levels between them; equal neighbours are merged."""
    time = instance.time
    changes = [slot for slot in range(time.slots) if slot == 0 or levels[slot] != levels[slot - 1]]
    edges = [time.start + timedelta(seconds=slot * time.slot) for slot in (*changes, time.slots)]
    return edges, [levels[slot] for slot in changes]


def _driver(instance: Instance, stated: Pool, resource: str) -> tuple[str, Series] | None:
    """Return the name and series that drive start times: carbon where it counts, else a price."""
    counts = bool(instance.objective.carbon_kg) or any(quota.of == "carbon" for quota in instance.quotas)
    nodes = [(f"price of {name}", kind.price) for name, kind in stated.kinds]
    found = [("g CO2/kWh", stated.carbon if counts else None), (f"price of {resource}", stated.price.get(resource))]
    found += [*nodes, ("price of a kWh", stated.price.get(POWER)), ("interruptions an hour", stated.interruptions)]
    return next(((name, series) for name, series in found if series and len(set(series.numbers())) > 1), None)


def _plot_driver(picture: Picture, stated: Pool, resource: str, ax: Axes) -> None:
    """Plot the driving series as a thin line with its own scale on the right."""
    assert picture.instance is not None
    if (drives := _driver(picture.instance, stated, resource)) is None:
        return
    edges, levels = merge_equal(
        picture.instance, [float(mean) for mean in mean_by_slot(drives[1], picture.instance.time)]
    )
    twin = ax.twinx()
    twin.stairs(levels, edges, color="#b0307a", linewidth=0.9, alpha=0.8, baseline=None)
    low, high = min(levels), max(levels)
    twin.set_ylim(min(0.0, low), max(high, 0.0) * 1.12 or 1)
    twin.set_ylabel(as_label(drives[0], 24), fontsize=7, color="#b0307a")
    twin.tick_params(labelsize=7, colors="#b0307a")
    twin.spines[["top"]].set_visible(False)
