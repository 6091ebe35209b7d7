"""The report on an instance without a plan."""

from __future__ import annotations

import io

from rich.console import Console

from leptonopt.plan.report_explanation import explained


def test_explanations() -> None:
    """Conflicts with their demands, and repairs with their cost."""
    conflict = {
        "unproven": ["u"],
        "tasks": ["t", "u"],
        "demands": [
            {"place": "tasks[0].deadline", "subject": ["t"], "words": "task 't' ends by noon"},
            {"place": "u", "subject": ["t"], "words": "task 't' starts by ten"},
            {"place": "tasks[1].deadline", "subject": ["u"], "words": "task 'u' ends by noon"},
            {"place": "pools[0]", "subject": ["a", "gpu"], "words": "pool 'a' offers 4 gpu"},
        ],
    }
    repair = {"cost": 30, "changes": ["2 more gpu", "one day more"], "status": "optimal"}
    document = {
        "status": "infeasible", "currency": "USD", "seconds": 1.0, "reasons": ["too much"], "conflicts": [conflict],
        "repairs": [repair], "notes": ["n"],
    }  # fmt: skip
    out = io.StringIO()
    explained(document, Console(file=out, width=150))
    said = out.getvalue()
    for words in (
        "infeasible  no plan exists  (1.0 s)", "because too much", "Conflict, of which 1 may not be needed (marked ?)", "tasks 't', 'u' ? must run",
        "task 't' ends by noon, and starts by ten ?", "\n  task 'u' ends by noon\n", "pool 'a' offers 4 gpu", "2 more gpu and one day more: feasible at 30.00 USD, the least there is", "note n",
    ):  # fmt: skip
        assert words in said, words
