"""The class of session for one form of an instance."""

from __future__ import annotations

from leptonopt.session.form_type import form_type
from leptonopt.session.session import SolveSession
from leptonopt.session.source import TreeSource, open_source
from tests.helpers.regions import chain


def test_regions_that_are_free_do_not_count() -> None:
    """The form is taken as it is: with data that moves for nothing."""
    source = open_source(chain())()
    assert isinstance(source, TreeSource)
    assert form_type(source) is SolveSession
