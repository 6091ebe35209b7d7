"""All results as one HTML file: nothing is loaded from anywhere, pictures are inline SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zlib import crc32

from leptonopt.errors import UsageError
from leptonopt.experiments import figures as curves
from leptonopt.experiments.results import Results
from leptonopt.experiments.schedule_diff import schedules
from leptonopt.experiments.statistics import paired_tests
from leptonopt.experiments.tables import Table, certainties, summary
from leptonopt.plan.html import framed, html
from leptonopt.plan.picture import rendered

GOOD, BAD = {"optimal", "better", "infeasible"}, {"failed", "worse", "unknown"}


def page(results: Results) -> str:
    """Return the text of the file.

    Raises `UsageError` when there is no run.
    """
    if not results.runs:
        raise UsageError("there is no run to show")
    sections = list(_sections(results))
    title = f"{', '.join(results.methods)} on {len(results.instances)} instances"
    return framed(title, "Methods compared", f"<p>{html(title)}</p>", sections)


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
