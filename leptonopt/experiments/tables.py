"""Results as tables: for a terminal, and as Markdown, CSV and LaTeX.

A table is a title, heads and rows of texts, and notes that belong below it; how it is written is another matter.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.experiments.results import Results, RunRecord
from leptonopt.experiments.statistics import Pair, interval
from leptonopt.io.files import printable

KINDS = ("terminal", "markdown", "csv", "latex")
BY = ("method", "family", "instance")


@dataclass(frozen=True)
class Table:
    """Texts in rows; `words` are the columns that are no numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: frozenset[str] = frozenset({"family", "instance", "method", "against", "status", "verdict"})


# --- what is in them --------------------------------------------------------------------------------


def summary(results: Results, by: str = "method") -> Table:
    """A row per method, per family and method, or per instance and method.

    Raises `UsageError` for another `by`.
    """
    if by == "instance":
        return _instances(results)
    if by not in BY:
        raise UsageError(f"a table by {by!r}; allowed are {', '.join(BY)}")
    limits = len(results.limits) > 1
    heads = ["family"] * (by == "family") + ["method"] + ["limit s"] * limits
    heads += ["instances", "runs", "plans", "proven", "off %", "95 %", "worst %", "gap %", "first s", "best s"]
    heads += ["integral %"]
    key: Callable[[RunRecord], Any] = lambda run: (run.family if by == "family" else "", run.method, run.limit)  # noqa: E731
    grouped = results.grouped(key)
    order = sorted(grouped, key=lambda key: list(grouped).index(key) if by == "method" else _at(results, key))
    rows = []
    for found in order:
        runs = grouped[found]
        offs = _per_instance(runs, lambda run: run.off)
        spread = interval(offs) if len(offs) >= 3 else None
        row = [found[0]] * (by == "family") + [found[1]] + [f"{found[2]:g}"] * limits
        row += [str(len({run.content for run in runs})), str(len(runs))]
        row += [str(sum(run.cost is not None for run in runs)), str(sum(run.proven for run in runs))]
        row += [_percent(mean(offs) if offs else None), "-" if spread is None else _between(*spread)]
        row += [_percent(max(offs, default=None)), _percent(_mean(run.gap for run in runs))]
        row += [_seconds(_median(run.first for run in runs)), _seconds(_median(run.last for run in runs))]
        row += [_percent(mean(run.integral for run in runs))]
        rows.append(tuple(row))
    return Table("Methods", tuple(heads), tuple(rows), _notes(results))


def _at(results: Results, key: tuple[str, str, float]) -> tuple[int, int, float]:
    return results.families.index(key[0]), results.methods.index(key[1]), key[2]


def _instances(results: Results) -> Table:
    limits, seeds = len(results.limits) > 1, len({run.seed for run in results.runs}) > 1
    heads = ["family"] * (len(results.families) > 1) + ["instance", "tasks", "method"] + ["limit s"] * limits
    heads += ["seed"] * seeds + ["status", "cost", "bound", "gap %", "best known", "off %", "first s", "best s"]
    heads += ["integral %", "seconds"]
    where = {content: at for at, content in enumerate(results.instances)}
    rows = []
    for run in sorted(results.runs, key=lambda run: where[run.content]):
        row = [run.family] * (len(results.families) > 1) + [run.instance, str(run.tasks), run.method]
        row += [f"{run.limit:g}"] * limits + [str(run.seed)] * seeds
        row += [run.status, _money(run.cost), _money(run.bound), _percent(run.gap), _money(run.reference)]
        row += [_percent(run.off), _seconds(run.first), _seconds(run.last), _percent(run.integral)]
        rows.append((*row, _seconds(run.seconds)))
    return Table("Runs", tuple(heads), tuple(rows), _notes(results))


def certainties(found: Sequence[Pair]) -> Table:
    """A row per pair of methods."""
    heads = ("method", "against", "instances", "cheaper", "equal", "dearer", "by % points", "95 %", "p", "verdict")
    rows = [
        (
            pair.first,
            pair.second,
            str(pair.instances),
            str(pair.wins),
            str(pair.ties),
            str(pair.losses),
            f"{pair.difference:+.3f}",
            "-" if pair.low is None or pair.high is None else f"{pair.low:+.3f} to {pair.high:+.3f}",
            "-" if pair.p is None else "<0.0001" if pair.p < 1e-4 else f"{pair.p:.4f}",
            pair.verdict,
        )
        for pair in found
    ]
    notes = (
        "by: how much lower the mean primal gap is, with its 95 % bootstrap interval over instances",
        "p: Wilcoxon's signed-rank test, raised for the number of pairs (Holm)",
    )
    return Table("Pairs of methods", heads, tuple(rows), notes)


def _notes(results: Results) -> tuple[str, ...]:
    notes = [
        f"limit {', '.join(f'{limit:g}' for limit in results.limits)} s, "
        f"{', '.join(sorted({str(run.line['threads']) for run in results.runs}))} thread(s) a run",
        "off: cost above the published value (the best known without one), mean over instances",
        "95 %: bootstrap interval of that mean",
        "integral: mean primal gap over the time limit; first, best: medians",
    ]
    if failed := [run for run in results.runs if run.status == "failed"]:
        notes.append(f"{len(failed)} runs failed; the first: {failed[0].method}: {failed[0].line['error']}")
    if wrong := [run for run in results.runs if run.contradicts]:
        notes.append(
            f"{len(wrong)} runs contradict what is published; the first: {wrong[0].method}, {wrong[0].instance}"
        )
    return tuple(notes)


def _per_instance(runs: Sequence[RunRecord], figure: Callable[[RunRecord], float | None]) -> list[float]:
    """The mean over seeds, for every instance that has the figure."""
    found: dict[str, list[float]] = {}
    for run in runs:
        if (value := figure(run)) is not None:
            found.setdefault(run.content, []).append(value)
    return [mean(values) for values in found.values()]


def _mean(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _median(values: Any) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _percent(value: float | None) -> str:
    if value is None:
        return "-"
    return "<0.001" if 0 < value < 1e-5 else f"{100 * value:.3f}"


def _between(low: float, high: float) -> str:
    return f"{100 * low:.3f} to {100 * high:.3f}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _money(value: Any) -> str:
    return "-" if value is None else f"{float(value):,.10g}".replace(",", "") if value < 10**15 else f"{float(value):g}"


# --- how they are written ---------------------------------------------------------------------------


def written(tables: Sequence[Table], kind: str) -> str:
    """Tables as `markdown`, `csv` or `latex`; a CSV holds one table only.

    Raises `UsageError` for another kind.
    """
    writers = {"markdown": _markdown, "csv": _csv, "latex": _latex}
    if kind not in writers:
        raise UsageError(f"a table as {kind!r}; allowed are {', '.join(KINDS)}")
    return "\n".join(writers[kind](table) for table in tables)


# An underscore within a word marks nothing.
_MARKS = re.compile(r"[\\`*\[\]|~&$]|<(?=[A-Za-z/!?])|(?<![^\W_])_|_(?![^\W_])")


def _md(text: str) -> str:
    """A text in a Markdown table: one line, no marks, links, HTML or formulas."""
    return _MARKS.sub(r"\\\g<0>", printable(text))


def _markdown(table: Table) -> str:
    lines = [[_md(text) for text in row] for row in (table.heads, *table.rows)]
    rule = ["---" if head in table.words else "---:" for head in table.heads]
    shown = [f"| {' | '.join(row)} |" for row in (lines[0], rule, *lines[1:])]
    return "\n".join([*shown, "", *(f"{_md(note)}  " for note in table.notes), ""])


def _csv(table: Table) -> str:
    """Texts as they are, but a name that a spreadsheet would take for a formula begins with an apostrophe."""

    def cell(head: str, text: str) -> str:
        formula = head in table.words and text.startswith(("=", "+", "-", "@", "\t", "\r"))
        return "" if text == "-" else printable(f"'{text}" if formula else text)

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.heads)
    writer.writerows([list(map(cell, table.heads, row)) for row in table.rows])
    return out.getvalue()


_TEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
_TEX |= {letter: f"\\{letter}" for letter in "&%$#_{}"}
_TEX |= {"<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}", "*": "{*}"}


def _tex(text: str) -> str:
    """A text in LaTeX; brackets and stars in braces, for after a line's end they would be its argument."""
    return "".join(_TEX.get(letter, letter) for letter in printable(text))


def _latex(table: Table) -> str:
    """A booktabs table."""
    columns = "".join("l" if head in table.words else "r" for head in table.heads)
    rows = [" & ".join(map(_tex, row)) + r" \\" for row in (table.heads, *table.rows)]
    notes = [f"% {printable(note)}" for note in table.notes]
    body = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", rows[0], r"\midrule", *rows[1:], r"\bottomrule"]
    return "\n".join([*notes, *body, r"\end{tabular}", ""])
