"""Parts of pages: escaping, tables, the frame."""

from __future__ import annotations

from leptonopt.plan.html import framed, html, note_line, table


def test_texts_are_escaped() -> None:
    """Markup is text, and a change of writing direction is not obeyed."""
    assert html("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"
    assert "\u202e" not in html("a\u202eb")


def test_tables() -> None:
    """Words go to the left, the last row may be a total, every cell is escaped."""
    text = table(("name", "n"), [("<x>", "1"), ("sum", "2")], ("name",), ["a & b"], total=True)
    assert '<th class="word">name</th><th>n</th>' in text
    assert '<td class="word">&lt;x&gt;</td><td>1</td>' in text
    assert text.count('<tr class="total">') == 1
    assert note_line("a & b") in text


def test_the_frame_loads_nothing() -> None:
    """The policy forbids all but inline style; sections are linked."""
    text = framed("t<", "h", "<p>lead</p>", [("one", "First", "<p>1</p>")])
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert '<a href="#one">First</a>' in text
    assert "<title>t&lt;</title>" in text
    assert "<script" not in text
