"""Tables of texts for a terminal."""

from __future__ import annotations

from leptonopt.plan.rich_tables import of_rows


def test_words_are_left_and_numbers_right() -> None:
    """Texts are no markup."""
    made = of_rows("Title", ("name", "cost"), 1, [("[red]x", "3")])
    assert [column.justify for column in made.columns] == ["left", "right"]
    assert str(next(made.columns[0].cells)) == "[red]x"
