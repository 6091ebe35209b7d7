"""A plan as one HTML file that loads nothing: bill, Gantt chart, load, proof, changes, prices, tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.instance.units import instant
from leptonopt.plan.as_written import as_written
from leptonopt.plan.diff import PlanDiff, plan_diff
from leptonopt.plan.diff_report import change_row, cost_rows, result_line
from leptonopt.plan.diff_services import CHANGE_HEADS, change_rows
from leptonopt.plan.entries import copies_of, label
from leptonopt.plan.figures import figure_rows, team_rows
from leptonopt.plan.html import framed, html, note_line, table
from leptonopt.plan.numbers import money_text, nothing_scarce, percent, rational
from leptonopt.plan.page_gantt import Teams, gantt, time_scale
from leptonopt.plan.page_load import load_panels
from leptonopt.plan.page_services import services_section
from leptonopt.plan.picture import Picture
from leptonopt.plan.report import BILL_PARTS, decimals, headline, known_zone, moment, money
from leptonopt.plan.supply_tables import Wording, supply_tables

MOST_LINES = 5_000  # tasks or changes that are listed; 1 MB of HTML
OPEN_LINES = 60  # lines up to which a list is not folded
PRICE_HEADS = ("what", "from", "to", "at most", "unit", "in all")


@dataclass(frozen=True)
class PlanPage:
    """The content of a page.

    Attributes
    ----------
    document : a plan document with a plan.
    instance : its instance; without it teams, deadlines, maintenance and capacity are missing.
    against : an earlier plan, whose changes are listed.
    prices : rows under `PRICE_HEADS`, the dearest first.
    made : instant at which the page is made, if it is stated.
    """

    document: Mapping[str, Any]
    instance: Instance | None = None
    against: Mapping[str, Any] | None = None
    prices: Sequence[Sequence[str]] | None = None
    made: datetime | None = None

    def html(self) -> str:
        """Return the text of the file.

        Raises
        ------
        UsageError
            When the document has no plan, or `against` is in another currency.
        """
        if self.document["bill"] is None:
            raise UsageError("there is no plan to show")
        name = str(self.document["instance"]["name"])
        line = headline(dict(self.document)).plain.replace("  ", " · ")
        made = "" if self.made is None else note_line(f"made {self.made:%Y-%m-%d %H:%M} UTC")
        return framed(f"Plan of {name}", name, f'<p class="result">{html(line)}</p>{made}', list(self._sections()))

    def _sections(self) -> Iterator[tuple[str, str, str]]:
        """Yield key, title and content of each section, in the order of the page."""
        document, places = as_written(self.document), decimals(dict(self.document))
        picture, teams = Picture(document, self.instance), Teams(document, self.instance)
        yield "bill", "Bill", _bill(document, places)
        yield "figures", "Figures", _figures(document, places)
        scale = time_scale(picture, teams)
        if document["tasks"]:
            yield "schedule", "Schedule", gantt(picture, teams)
        if limits := _limits(document, places):
            yield "limits", "Nodes and limits", limits
        if document.get("services"):
            yield "services", "Services", services_section(document, picture, scale, places)
        if picture.loaded:
            yield "load", "Load against capacity", load_panels(picture, scale)
        yield "proof", "What is proven", _proof(document, places)
        if self.against is not None:
            yield "changes", "Changes", _changes(plan_diff(self.against, document))
        if self.prices is not None:
            yield "prices", "Prices", _prices(self.prices, _price_gap(document), document["currency"])
        if document["tasks"] or document["left_out"] or not document.get("services"):
            yield "tasks", "Tasks", _tasks(document, picture, teams, places)


def _bill(document: Mapping[str, Any], places: int) -> str:
    currency = document["currency"]
    found = f"<h3>By pool, in {html(currency)}</h3>{_by_pool(document, places)}"
    if document["bill"].get("teams"):
        heads, *rows = team_rows(document, lambda value: money(value, places))
        found += f"<h3>By team, in {html(currency)}</h3>{table(heads, rows, ('team',), total=True)}"
    return found + note_line("the bill by task is at the end of the page")


def _figures(document: Mapping[str, Any], places: int) -> str:
    return table(("figure", "value"), figure_rows(document, lambda value: money(value, places)), ("figure",))


def _limits(document: Mapping[str, Any], places: int) -> str:
    """Return the tables of nodes, quotas, meters and savings plans; empty where the plan has none."""
    zone = known_zone(document.get("zone"))
    wording = Wording(lambda value: money(value, places), lambda at: moment(at, zone), zone)
    return "".join(
        f"<h3>{html(each.title)}</h3>{table(each.heads, each.rows[:MOST_LINES], each.heads[: each.words])}"
        for each in supply_tables(document, wording, MOST_LINES)
    )


def _by_pool(document: Mapping[str, Any], places: int) -> str:
    bill = document["bill"]
    parts = [key for key in BILL_PARTS if bill.get(key)]
    extra = [(key, name) for key, name in (("energy_kwh", "kWh"), ("carbon_kg", "kg CO2")) if bill[key]]
    use: dict[str, list[str]] = {}
    for line in document["utilisation"]:
        if line["used_hours"]:
            share = "" if line["utilisation"] is None else f" {line['utilisation']:.0%}"
            use.setdefault(line["pool"], []).append(f"{line['resource']}{share}")
    sunk = ["paid anyway"] if bill["sunk"] else []
    heads = ["pool", "tasks", *parts, "total", *sunk, *(name for _, name in extra), "use of its capacity"]
    rows = []
    for pool in [*bill["pools"], {**bill, "pool": "total", "tasks": copies_of(document["tasks"])}]:
        row = [pool["pool"], f"{pool['tasks']:,}", *(money(pool[key], places) if key in pool else "" for key in parts)]
        row += [money(pool["total"], places), *([money(pool["sunk"], places)] if sunk else [])]
        row += [f"{pool[key]:,.1f}" for key, _ in extra]
        rows.append([*row, ", ".join(use.get(pool["pool"], [])) if pool is not bill else ""])
    notes = [f"value left out: {money(bill['forgone'], places)}, part of the cost"] if bill["forgone"] else []
    found = table(heads, rows, ("pool", "use of its capacity"), notes, total=True)
    return found if len(rows) <= OPEN_LINES else _folded(found, f"{len(rows) - 1:,} pools", len(rows))


def _proof(document: Mapping[str, Any], places: int) -> str:
    proof, made = document["proof"], document["made"]
    words = {
        "optimal": "No plan costs less; this is proven.",
        "feasible": "The plan keeps every rule. A cheaper one may exist, but none below the bound.",
    }
    models = {"second model": "on a second model", "same model": "on the same model"}
    confirmed = ", ".join(proof["confirmed_by"])
    rows = [
        ("status", document["status"]),
        ("cost", f"{money(document['cost'], places)} {document['currency']} (exactly {document['cost_exact']})"),
        ("no plan costs less than", money(document["bound"], places, down=True)),
        ("gap", percent(document["gap"])),
        ("bound proven by", ", ".join(proof["by"]) or "-"),
        ("confirmed by", f"{confirmed} {models.get(proof['confirmation'] or '', '')}" if confirmed else "-"),
        ("certified without any engine", "-" if proof["certified"] is None else _exact(proof["certified"], places)),
        ("method", document["method"]),
        ("seconds", f"{made['seconds'].get('total', 0):,.1f} of {made['limits']['time_limit']:,.10g}"),
        ("instance", f"{document['instance']['name']}, fingerprint {document['instance']['sha256'][:16]}…"),
        ("leptonopt", made["leptonopt"]),
    ]
    return f"<p>{html(words.get(document['status'], ''))}</p>" + table(("", "value"), rows, ("", "value"))


def _exact(text: str, places: int) -> str:
    return f"no plan costs less than {money(float(rational(text)), places, down=True)}"


def _changes(diff: PlanDiff) -> str:
    heads = ("task", "what", "before", "after")
    left = len(diff.changes) - MOST_LINES
    notes = [f"{left:,} more, see `leptonopt diff`"] if left > 0 else []
    costs = table(("pool", "before", "after", "difference"), cost_rows(diff), ("pool",), total=True)
    found = f"<p>{html(result_line(diff))}</p>{costs}"
    if diff.replicas:
        found += "<h3>Replicas</h3>" + table(CHANGE_HEADS, change_rows(diff.replicas), CHANGE_HEADS[:2])
    if diff.changes:
        zone = known_zone(diff.zone)
        rows = [change_row(change, zone) for change in diff.changes[:MOST_LINES]]
        found += f"<h3>Tasks, times in {html(zone)}</h3>" + table(heads, rows, heads, notes)
    return found


def _price_gap(document: Mapping[str, Any]) -> Fraction:
    """Return what the plan costs more than the bound of its prices, as far as it states that bound."""
    certified = document["proof"]["certified"]
    return Fraction(0) if certified is None else rational(document["cost_exact"]) - rational(certified)


def _prices(rows: Sequence[Sequence[str]], gap: Fraction, currency: str) -> str:
    if not rows:
        return note_line(nothing_scarce(gap, currency))
    note = "one more unit lowers the least cost by at most its price: prices of a bound overstate"
    if gap > 0:
        note += f"; the plan costs {money_text(gap, 'up')} more than that bound, and a line may save so much more"
    left = [f"{len(rows) - MOST_LINES:,} more, see `leptonopt prices`"] if len(rows) > MOST_LINES else []
    found = table(PRICE_HEADS, rows[:MOST_LINES], ("what", "from", "to", "unit"), left)
    return note_line(note) + _folded(found, f"{len(rows):,} prices", len(rows))


def _tasks(document: Mapping[str, Any], picture: Picture, teams: Teams, places: int) -> str:
    """Return the bill by task, folded where it is long."""
    lines, zone = document["tasks"], picture.zone
    late, named = any(line.get("late_hours") for line in lines), any(teams.of(line["id"]) for line in lines)
    heads = ["task", *(["team"] if named else []), "pool", "option", "start", "end", "hours"]
    parts = [
        key for key in ("running", "fixed", "late", "early", "carbon") if any(line["parts"].get(key) for line in lines)
    ]
    parts = parts if len(parts) > 1 else []  # a single part is the cost
    heads += [*(["hours late"] if late else []), *parts, "cost"]

    def row(line: Mapping[str, Any]) -> list[str]:
        start, end = instant(line["start"]), instant(line["end"])
        found = [label(line), *([teams.of(line["id"])] if named else []), line["pool"], line["option"]]
        found += [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (start, end)]
        hours = (end - start).total_seconds() / 3600 * line.get("copies", 1)
        found += [f"{hours:,.2f}", *([f"{line['late_hours']:,.2f}" if line.get("late_hours") else ""] if late else [])]
        sums = [*(line["parts"].get(key, 0) for key in parts), line["cost"]]
        return [*found, *(money(each * line.get("copies", 1), places) for each in sums)]

    left = [f"{len(lines) - MOST_LINES:,} more, see the plan file"] if len(lines) > MOST_LINES else []
    notes = [*left, f"times in {zone.key}; hours and costs of all copies of an entry"]
    words = ("task", "team", "pool", "option", "start", "end")
    found = table(heads, map(row, lines[:MOST_LINES]), words, notes)
    if document["not_taken"]:
        found += note_line(f"routes not taken: {', '.join(document['not_taken'][:MOST_LINES])}")
    if document["left_out"]:
        rest = [(label(line), money(line["value"] * line.get("copies", 1), places)) for line in document["left_out"]]
        found += "<h3>Left out</h3>" + table(("task", "value"), rest[:MOST_LINES], ("task",))
    return _folded(found, f"{len(lines):,} entries", len(lines))


def _folded(content: str, summary: str, lines: int) -> str:
    """Return content under a summary that opens it; short content is open from the start."""
    opened = " open" if lines <= OPEN_LINES else ""
    return f"<details{opened}><summary>{html(summary)}</summary>{content}</details>"
