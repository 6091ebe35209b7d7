"""Plans in columns as plan documents, for plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.compile.columnar import Column
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load
from leptonopt.io.files import printable
from leptonopt.plan.columnar import COLUMNS, read_plan
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.session.columnar_source import ColumnarPlan
from leptonopt.session.columnar_tree import MAX_LINES, columnar_document
from leptonopt.session.request import decode_warm_start
from leptonopt.session.source import TreeSource
from leptonopt.verify import fingerprint
from leptonopt.verify.columnar_checker import check_columns
from leptonopt.verify.exact import Unreadable


def drawable_plan(file: Path, plan: Plan) -> tuple[dict[str, Any], Instance]:
    """Return the plan document of a plan in columns and its instance; raises `UsageError`."""
    assert isinstance(plan, ColumnarPlan)
    sheets = load(file)
    return plan_document(sheets, plan.document, plan.columns), validate(columnar_document(sheets))


def document_of_files(file: Path, plan: Path) -> tuple[dict[str, Any], Instance]:
    """Return the plan document of a plan file in columns and the instance of its own file.

    The checker judges the plan first, because nothing else tests what columns say.

    Raises
    ------
    InputError
        When a file is not what it should be, or the plan breaks a rule of the instance.
    UsageError
        When the document would be too large.
    """
    try:
        verdict, summary = check_columns(file, plan)
    except Unreadable as error:
        raise InputError(str(error)) from None
    if not verdict.ok:
        raise InputError(f"{printable(plan)}: is no plan of this instance; `leptonopt verify` says why")
    sheets = load(file)
    return plan_document(sheets, summary, read_plan(plan)), validate(columnar_document(sheets))


def plan_document(
    sheets: ColumnarInstance, summary: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[str, Any]:
    """Return the plan document of a plan in columns: a line for each copy that runs.

    Raises `UsageError` where it would be too large.
    """
    if int(columns["count"].sum(dtype=np.int64)) > MAX_LINES:
        raise UsageError(f"{sheets.name}: the plan has more than {MAX_LINES:,} lines; it is not written out")
    stated = columnar_document(sheets)
    instance = validate(stated)
    compiled = compile_instance(instance)
    origin = {**summary["instance"], "sha256": fingerprint(stated), "format": "native"}
    source = TreeSource(compiled, stated, origin)
    schedule = decode_warm_start(compiled, {"tasks": list(_lines(sheets, instance, columns))})
    outcome = Outcome(
        summary["status"],
        summary["stop"],
        summary["method"],
        None if summary["bound_exact"] is None else Fraction(summary["bound_exact"]),
        summary["made"],
        origin,
        proof=summary["proof"],
        trace=[
            (step["seconds"], *(None if step[key] is None else Fraction(str(step[key])) for key in ("cost", "bound")))
            for step in summary["trace"]
        ],
    )
    return source.answer(outcome, schedule)[0]


def _lines(sheets: ColumnarInstance, instance: Instance, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """The lines of a plan: task, option and start of each copy."""
    time = instance.time
    parts = (columns[name].tolist() for name in COLUMNS)
    for task, option, start, count in zip(*parts, strict=True):
        way = concrete_options(instance, instance.tasks[task])[option - int(sheets.ptr[task])]
        begin = units.instant_text(time.start + timedelta(seconds=start * time.slot))
        yield from [{"id": str(task), "option": way.id, "start": begin}] * count
