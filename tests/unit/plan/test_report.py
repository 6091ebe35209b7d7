"""The report for a terminal: headline, tables, explanations, summaries."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.plan import report
from leptonopt.plan.report import ROWS, decimals, headline, listed, money, of_rows, service_tables, show, summary
from tests.helpers import plans
from tests.helpers.service_plans import service_instance, service_plan
from tests.helpers.tiny_instances import compiled, pool, service_document, task


def printed(write: Any, *given: Any, width: int = 150, **more: Any) -> str:
    """Return what a function prints to a console."""
    out = io.StringIO()
    write(*given[:1], Console(file=out, width=width), *given[1:], **more)
    return out.getvalue()


def small(**more: Any) -> dict[str, Any]:
    """Return a plan of two tasks."""
    return plans.plan(
        plans.task("train", "a", 0, 2, 8), plans.task("test", "b", 2, 1, 2), pools=("a", "b", "c"), **more
    )


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "optimal  10 USD  proven: no plan costs less  (auto, 1.2 s)"),
        (
            {"status": "feasible", "stop": "limit", "bound": 8, "gap": 0.2},
            "feasible  10 USD  no plan costs less than 8  gap 20.00%  (auto, stopped at the limit, 1.2 s)",
        ),
        (
            {"proof": {"by": ["cpsat"], "confirmed_by": ["highs"], "confirmation": "second model"}},
            "optimal  10 USD  proven by cpsat, confirmed by highs on a second model: no plan costs less  (auto, 1.2 s)",
        ),
    ],
)
def test_headlines(more: dict[str, Any], line: str) -> None:
    """Status, cost, proof, gap, method, reason, seconds."""
    assert headline(small() | more).plain == line


def test_headlines_without_a_plan() -> None:
    """Infeasible is proven, unknown is not."""
    assert headline(plans.none("infeasible", "x")).plain.startswith("infeasible  no plan exists, proven")
    assert headline(plans.none("unknown")).plain.startswith("unknown  no plan was found")


def test_the_tables_of_a_plan() -> None:
    """Bill with totals, schedule, figures; reasons and notes; idle pools."""
    document = small()
    document["left_out"] = [{"id": "[red]", "value": 1}]
    said = printed(show, document, ["a note"])
    for words in (
        "Bill in USD",
        "Schedule",
        "train",
        "2026-11-23 00:00",
        "Figures",
        "net benefit",
        "Left out: 1 ([red])",
        "note a note",
        "idle",
    ):
        assert words in said, words
    assert "Resources" not in said
    assert "Resources" in printed(show, document, everything=True)


def test_long_schedules_are_cut() -> None:
    """The number of the rest is stated; with `everything` all lines are shown."""
    crowd = plans.crowd(ROWS + 5, 1)
    assert "… 5 more, see -o FILE or -v" in printed(show, crowd)
    assert "more, see" not in printed(show, crowd, everything=True)


def test_nodes_and_quotas() -> None:
    """A line for each; the fullest quotas first where there are many."""
    document = small()
    step = {"from": "2026-11-23T00:00:00Z", "count": 2}
    document["nodes"] = [
        {"pool": "a", "kind": "big", "node": 1, "last": 3, "committed": 1, "on": [step], "node_hours": 4, "on_demand_hours": 1, "starts": 2,
         "rent": 5, "startup": 0, "shutdown": 0, "commit": 3, "idle": 0, "cost": 8}
    ]  # fmt: skip
    document["quotas"] = [
        {"id": f"q{at}", "from": step["from"], "to": step["from"], "used": at, "limit": 50} for at in range(ROWS + 2)
    ]
    said = printed(show, document)
    assert "big/1-3" in said
    assert f"q{ROWS + 1} " in said
    assert "q1 " not in said


def test_columns_have_sizes_instead_of_tables() -> None:
    """A line of sizes, a line of seconds."""
    document = small() | {"leptonopt_plan_columns": 1, "tasks": 9, "options": 20, "running": 8, "left_out": 1}
    said = printed(show, document)
    assert "9 tasks, 20 options; 8 run, 1 are left out; checked" in said
    assert "seconds: total 1.2" in said


@pytest.mark.parametrize(
    ("amounts", "places"), [([1, 2], 0), ([1.5, 2], 2), ([0.001, 2], 4), ([0.0001, 0.5], 5), ([1e-9, 0.5], 6)]
)
def test_decimals(amounts: list[float], places: int) -> None:
    """None for whole sums, else cents, or finer for tiny ones."""
    document = {"tasks": [{"cost": amount} for amount in amounts], "cost": None, "bound": None}
    assert decimals(document) == places


def test_shares_have_cents() -> None:
    """Half a unit that a task or a team is charged is shown, and nothing as -0."""
    document = {"tasks": [{"cost": 2, "metered": -0.5}], "cost": 2, "bound": 2}
    assert decimals(document) == 2
    teams = {"teams": [{"charged": 1.5, "metered": 0}]}
    assert decimals({"tasks": [{"cost": 2}], "cost": 2, "bound": 2, "bill": teams}) == 2
    assert [money(value, 2) for value in (-0.5, -0.001)] == ["-0.50", "0.00"]


def test_money() -> None:
    """Thousands apart; bounds rounded down."""
    assert (money(None), money(1234.5), money(2.999, down=True), money(-0.001, 2, True)) == (
        "-",
        "1,234.50",
        "2.99",
        "-0.01",
    )


def test_tables_of_texts_are_as_wide_as_they_need() -> None:
    """No figure is cut; notes follow."""
    said = printed(
        lambda title, console, *more: listed(console, title, *more),
        "T",
        ["name", "x"],
        [["a" * 60, "1"], ["b", "22"]],
        ["end"],
        {"name"},
        width=20,
    )
    assert "a" * 60 in said
    assert said.rstrip().endswith("end")


def test_the_console_is_as_wide_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS counts; without a terminal it is 120."""
    monkeypatch.setenv("COLUMNS", "77")
    assert report.console().width == 77
    monkeypatch.delenv("COLUMNS")
    assert report.console().width == 120


def test_summaries() -> None:
    """Sizes; options that do not fill their last slot; reasons why there is no plan."""
    (line,) = summary(compiled(task(copies=2)))
    assert line == "valid; 2 tasks, 1 group, 1 option, 1 pool, 4 slots, 4 columns"
    lines = summary(compiled(task("x", duration="90m"), task("y", gpu=9)))
    assert any(
        "100% of the options do not fill their last slot" in each and "33.3% more time" in each for each in lines
    )
    assert any(each.startswith("no plan exists: ") for each in lines)
    assert summary(compiled(pools=[pool()]))[1:] == []


def test_a_summary_counts_services_and_batches() -> None:
    batch = {"id": "n", "service": "chat", "amount": {"long": 1}}
    (line,) = summary(compile_instance(validate(service_document() | {"batches": [batch, batch | {"id": "m"}]})))
    assert line.endswith(", 0 columns, 1 service, 1 way, 2 batches")


def test_data_that_moves_is_one_line() -> None:
    """What it costs in all, then each move between two regions."""
    plan = plans.plan(plans.task("t", "a", 0, 2, 3))
    stays = {"what": "input", "name": "d", "from": "x", "to": "x", "gib": 9, "cost": 0, "seconds": 0}
    plan["tasks"][0]["data"] = [stays, stays | {"to": "y", "gib": 1234.5, "cost": 2}]
    out = io.StringIO()
    report.show(plan, Console(file=out, width=150))
    assert "Data moved for 2: 1,234.5 GiB x to y 2\n" in out.getvalue()


def test_services() -> None:
    """Services, replicas and batches have tables; figures of services need the instance."""
    text = printed(report.show, service_plan(), instance=service_instance())
    for words in ("per million requests", "850.00", "replica hours", "3,600 requests"):
        assert words in text
    assert "per million requests" not in printed(report.show, service_plan())


def test_words_are_left_and_numbers_right() -> None:
    """Texts are no markup."""
    made = of_rows("Title", ("name", "cost"), 1, [("[red]x", "3")])
    assert [column.justify for column in made.columns] == ["left", "right"]
    assert str(next(made.columns[0].cells)) == "[red]x"


def test_tables() -> None:
    """Services with the instance, then replicas and batches; nothing of a plan without services."""
    document, instance = service_plan(), service_instance()
    assert [str(table.title) for table in service_tables(document, instance, 2)] == ["Services", "Replicas", "Batches"]
    assert [str(table.title) for table in service_tables(document, None, 2)] == ["Replicas", "Batches"]
    assert not list(service_tables(plans.plan(plans.task("a", "p", 0, 1)), instance, 2))
