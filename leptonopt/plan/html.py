"""Parts of HTML pages that load nothing: escaped texts, tables, the style, the frame of a page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape

from leptonopt.io.files import printable

STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2733; max-width: 78rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 1.2rem 0 .3rem; }
nav a { margin-right: 1rem; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; }
th { text-align: right; border-bottom: 2px solid #1d2733; padding: .25rem .6rem; white-space: nowrap; }
td { text-align: right; border-bottom: 1px solid #e3e7ec; padding: .2rem .6rem; white-space: nowrap; }
th.word, td.word { text-align: left; }
td.word { white-space: normal; overflow-wrap: anywhere; min-width: 8.5rem; max-width: 26rem; }
tbody tr:hover { background: #f3f6fa; }
td.good { color: #17692f; font-weight: 600; } td.bad { color: #a3261f; font-weight: 600; }
tr.total td { border-top: 2px solid #1d2733; font-weight: 600; }
p.note { color: #5a6673; font-size: .84rem; margin: .3rem 0; }
p.result { font-size: 1.05rem; font-weight: 600; margin: .4rem 0 1rem; }
summary { cursor: pointer; } figure { margin: 0; } svg { max-width: 100%; height: auto; }
@media (prefers-color-scheme: dark) {
body { background: #11181f; color: #e1e7ee; } a { color: #7db7ee; }
th { border-color: #e1e7ee; } td { border-color: #2b3641; } tbody tr:hover { background: #1a232c; }
tr.total td { border-color: #e1e7ee; } p.note { color: #9fb0c0; }
td.good { color: #6fcf8b; } td.bad { color: #ff8f86; }
svg [fill="#1d2733"] { fill: #e1e7ee; } svg [fill="#5a6673"] { fill: #9fb0c0; } svg [fill="#000000"] { fill: #ffffff; }
svg [stroke="#000000"], svg [stroke="#222222"] { stroke: #ffffff; } svg [stroke="#e3e7ec"] { stroke: #2b3641; }
svg [fill="#332288"] { fill: #9384e6; } }
@media print { nav { display: none; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # a browser loads nothing and runs nothing


def html(text: object) -> str:
    """Return a text of users as escaped HTML, without changes of writing direction."""
    return escape(printable(text))


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    words: Collection[str],
    notes: Iterable[str] = (),
    total: bool = False,
) -> str:
    """Return a table of texts; columns in `words` are set to the left, `total` marks the last row."""

    def cells(kind: str, texts: Sequence[str]) -> str:
        marked = [' class="word"' if head in words else "" for head in heads]
        return "".join(f"<{kind}{mark}>{html(text)}</{kind}>" for mark, text in zip(marked, texts, strict=True))

    lines = [cells("td", row) for row in rows]
    body = [f"<tr>{line}</tr>" for line in lines]
    if total and lines:
        body[-1] = f'<tr class="total">{lines[-1]}</tr>'
    below = "".join(note_line(text) for text in notes)
    head = f"<thead><tr>{cells('th', heads)}</tr></thead>"
    return f'<div class="wide"><table>{head}<tbody>{"".join(body)}</tbody></table></div>{below}'


def note_line(text: str) -> str:
    """Return a small paragraph."""
    return f'<p class="note">{html(text)}</p>'


def framed(title: str, heading: str, lead: str, sections: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of sections (key, title, content) with links to them.

    `title` and `heading` are texts; `lead` and the contents are HTML.
    """
    links = "".join(f'<a href="#{key}">{html(name)}</a>' for key, name, _ in sections)
    body = "".join(f'<h2 id="{key}">{html(name)}</h2>{content}' for key, name, content in sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><h1>{html(heading)}</h1>{lead}<nav>{links}</nav>"
        f"{body}</body></html>\n"
    )
