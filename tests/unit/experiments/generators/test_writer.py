"""Generated instances as files: each notation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.experiments.generators import table
from leptonopt.experiments.generators.writer import KINDS, columns, written
from leptonopt.io.columnar import load
from leptonopt.io.load import load as load_tree


@pytest.mark.parametrize("family", ["gavel", "lumpy"])
def test_notations_say_the_same(tmp_path: Path, family: str) -> None:
    """One instance in three files; the same call gives the same bytes."""
    made = table(family, tasks=15, seed=1)
    files = {}
    for kind in KINDS:
        files[kind] = tmp_path / f"a.{kind}"
        content = written(made, kind)
        files[kind].write_bytes(content.encode() if isinstance(content, str) else content)
        assert written(table(family, tasks=15, seed=1), kind) == content
    assert load_tree(files["json"]) == load_tree(files["yaml"])
    tree, sheets = compile_instance(load_tree(files["json"])).problem, compile_columnar(load(files["npz"])).problem
    assert (tree.slots, int(tree.copies.sum())) == (sheets.slots, int(sheets.copies.sum()))
    assert set(tree.duration.tolist()) == set(sheets.duration.tolist())


def test_columns_have_one_entry_for_each_task_and_option() -> None:
    """And pointers from one to the other."""
    found = columns(table("gaia", tasks=12, seed=0))
    assert found["option_ptr"][-1] == len(found["option_pool"])
    assert len(found["option_ptr"]) == len(found["task_release"]) + 1
