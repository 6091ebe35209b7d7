"""The kinds of columnar files as the checker knows them: the same as the rest of the package, by code of its own."""

from __future__ import annotations

import itertools

from leptonopt.runtime import document_kinds as others
from leptonopt.verify.document_kinds import kind_of_columns, wrong_kind_message

ARRAYS = ("summary", "head", "option_ptr", "price", "task")


def test_both_codes_agree() -> None:
    """On every set of names of arrays, and in their messages."""
    for size in range(len(ARRAYS) + 1):
        for arrays in itertools.combinations(ARRAYS, size):
            assert kind_of_columns(arrays) == others.kind_of_columns(arrays)
    for found in ("", "a plan", "an instance"):
        assert wrong_kind_message(found, "a plan") == others.wrong_kind_message(found, "a plan")
