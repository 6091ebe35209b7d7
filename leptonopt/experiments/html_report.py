"""All results as one HTML file: nothing is loaded from anywhere, pictures are inline SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any
from zlib import crc32

from leptonopt.errors import UsageError
from leptonopt.experiments import figures as curves
from leptonopt.experiments.results import Results
from leptonopt.experiments.schedule_diff import schedules
from leptonopt.experiments.statistics import paired_tests
from leptonopt.experiments.tables import Table, certainties, summary
from leptonopt.io.files import printable
from leptonopt.plan.picture import rendered

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
nav a { margin-right: 1rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
th { text-align: right; border-bottom: 2px solid #1d2733; padding: .25rem .6rem; white-space: nowrap; }
td { text-align: right; border-bottom: 1px solid #e3e7ec; padding: .2rem .6rem; white-space: nowrap; }
th.word, td.word { text-align: left; } tbody tr:hover { background: #f3f6fa; }
td.good { color: #17692f; font-weight: 600; } td.bad { color: #a3261f; font-weight: 600; }
p.note { color: #5a6673; font-size: .84rem; margin: .3rem 0; }
figure { margin: 0; } svg { max-width: 100%; height: auto; }
"""
GOOD, BAD = {"optimal", "better", "infeasible"}, {"failed", "worse", "unknown"}


def html(text: object) -> str:
    """Return a text of users as escaped HTML, without changes of writing direction."""
    return escape(printable(text))


def page(results: Results) -> str:
    """Return the text of the file.

    Raises `UsageError` when there is no run.
    """
    if not results.runs:
        raise UsageError("there is no run to show")
    sections = list(_sections(results))
    links = "".join(f'<a href="#{key}">{html(title)}</a>' for key, title, _ in sections)
    body = "".join(f'<h2 id="{key}">{html(title)}</h2>{content}' for key, title, content in sections)
    title = f"{', '.join(results.methods)} on {len(results.instances)} instances"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>Methods compared</h1><p>{html(title)}</p><nav>{links}</nav>"
        f"{body}</body></html>\n"
    )


def _sections(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield key, title and content of each section with content, in the order of the page."""
    yield "methods", "Methods", _table(summary(results))
    if len(results.methods) > 1:
        yield "pairs", "Which is better, and how sure that is", _table(certainties(paired_tests(results)))
    if len(results.families) > 1:
        yield "families", "By family", _table(summary(results, "family"))
    if len(results.methods) > 1 and len(results.instances) > 1:
        yield "profile", "Performance profile", _picture(curves.profile(results))
    yield "times", "Time to come near the best known", _picture(curves.times(results))
    if any(run.costs for run in results.runs):
        yield "incumbents", "Plans and bounds over time", _picture(curves.incumbents(results))
    try:
        drawn = schedules(results)
    except UsageError:
        pass
    else:
        yield "schedules", "Two plans of one instance", _picture(drawn)
    yield "runs", "All runs", _table(summary(results, "instance"))
    yield "made", "How this was made", _made(results)


def _table(table: Table) -> str:
    def cell(kind: str, head: str, text: str) -> str:
        marks = ["word"] * (head in table.words) + ["good"] * (text in GOOD) + ["bad"] * (text in BAD)
        named = f' class="{" ".join(marks)}"' if marks else ""
        return f"<{kind}{named}>{html(text)}</{kind}>"

    heads = "".join(cell("th", head, head) for head in table.heads)
    rows = "".join(
        f"<tr>{''.join(cell('td', head, text) for head, text in zip(table.heads, row, strict=True))}</tr>"
        for row in table.rows
    )
    notes = "".join(f'<p class="note">{html(note)}</p>' for note in table.notes)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{notes}'


def _picture(figure: Any) -> str:
    """Return a figure as inline SVG, with ids that differ from those of other figures."""
    text = rendered(figure, "svg").decode()
    text = text[text.index("<svg") :]
    mark = f"f{crc32(text.encode()):x}-"
    text = re.sub(r'(\bid="|href="#|url\(#)', lambda found: found.group(0) + mark, text)
    return f"<figure>{text}</figure>"


def _made(results: Results) -> str:
    """Return versions and machines, with the number of runs of each."""
    counts: dict[str, int] = {}
    for run in results.runs:
        found: dict[str, Any] = run.line["versions"]
        machine = run.line.get("machine") or {}
        where = ", ".join(
            filter(
                None,
                [
                    str(machine.get("processor") or "an unknown processor"),
                    f"{machine.get('cores')} cores",
                    f"{machine['memory_gib']} GiB" if machine.get("memory_gib") else "",
                    str(machine.get("system") or ""),
                ],
            )
        )
        text = f"{where}; {', '.join(f'{name} {version}' for name, version in found.items())}"
        counts[text] = counts.get(text, 0) + 1
    return "".join(f"<p>{count} runs on {html(text)}</p>" for text, count in counts.items())
