"""Comparisons: nothing lost or repeated, figures that are right, and certainty claimed only where it is."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InputError, UsageError
from leptonopt.experiments import (
    figures as curves,
)
from leptonopt.experiments import (
    results as records,
)
from leptonopt.experiments import (
    run as runs,
)
from leptonopt.experiments import (
    schedule_diff as schedules,
)
from leptonopt.experiments import (
    statistics as certainty,
)
from leptonopt.experiments import (
    tables,
)
from leptonopt.experiments.cases import cases
from leptonopt.experiments.html_report import page
from leptonopt.experiments.results import Results, RunRecord
from leptonopt.plan.picture import rendered
from tests.helpers.plans import one_by_one
from tests.helpers.run_cli import called, said

ROOT = Path(__file__).resolve().parents[2]
ARTICLE, EDGE = ROOT / "instances" / "article.yaml", ROOT / "instances" / "edge.yaml"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Three methods on two instances, really run."""
    folder = tmp_path_factory.mktemp("results")
    return leptonopt.compare(
        [ARTICLE, EDGE], ["greedy", "cheapest-option", "least-loaded"], output=folder, time_limit=3
    )


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]


# --- runs -------------------------------------------------------------------------------------------


def test_every_pair_once_and_never_again(results: Results) -> None:
    """A line per pair, with a checked plan beside it; the same call runs nothing, another seed only what is new."""
    folder = results.folders[0]
    assert len(lines(folder)) == len(results.runs) == 6
    for run in results.runs:
        plan = results.plan(run)
        assert plan is not None
        assert Fraction(plan["cost_exact"]) == run.cost
    steps = []
    methods = ["greedy", "cheapest-option", "least-loaded"]
    again = leptonopt.compare([ARTICLE, EDGE], methods, output=folder, time_limit=3, on_step=steps.append)
    assert [step.done for step in steps] == [6]
    assert {run.key for run in again.runs} == {run.key for run in results.runs}
    assert len(lines(folder)) == 6


def test_half_a_line_is_forgotten_and_run_again(tmp_path: Path) -> None:
    """What a kill left of a line is no run; it is cut off, and the run done."""
    leptonopt.compare(ARTICLE, ["greedy", "least-loaded"], output=tmp_path, time_limit=3)
    file = tmp_path / "runs.jsonl"
    first, second = file.read_text().splitlines()
    file.write_text(f"{first}\n{second[:40]}")
    assert len(Results.of(tmp_path).runs) == 1
    found = leptonopt.compare(ARTICLE, ["greedy", "least-loaded"], output=tmp_path, time_limit=3)
    assert len(found.runs) == len(lines(tmp_path)) == 2


def test_a_killed_comparison_goes_on(tmp_path: Path) -> None:
    """SIGKILL in the middle: nothing of what had ended is lost or repeated, no process stays, and the rest is run."""
    words = [sys.executable, "-m", "leptonopt", "compare", str(EDGE), "-m", "greedy,cheapest-option,random-key,lns"]
    words += ["-t", "1", "--jobs", "1", "-o", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as child:
        until = time.monotonic() + 60
        while time.monotonic() < until and len(Results.of(tmp_path).runs if has_lines(tmp_path) else ()) < 2:
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
    before = {line["key"] for line in lines(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    after = [line["key"] for line in lines(tmp_path)]
    assert len(before) >= 2
    assert len(after) == len(set(after)) == 4
    assert before < set(after)
    assert f"{len(before)} of 4 runs" in done.stderr.splitlines()[0]


def has_lines(folder: Path) -> bool:
    return (folder / "runs.jsonl").is_file()


def test_what_goes_wrong_in_a_run_is_its_line(tmp_path: Path) -> None:
    """A method that dies and one that raises: their lines say so, and the others are run."""
    (tmp_path / "bad.py").write_text(
        "import os\n"
        "def dies(problem, warm_start, limits, monitor):\n    os.kill(os.getpid(), 9)\n"
        "def lies(problem, warm_start, limits, monitor):\n"
        "    from leptonopt.problem.protocol import Solution, Status, Stop\n"
        "    from leptonopt.problem.schedule import Schedule\n"
        "    return Solution(Status.FEASIBLE, Stop.DONE, Schedule.of([0], [0]), bound=0)\n"
    )
    bad = [f"{tmp_path / 'bad.py'}:{name}" for name in ("dies", "lies")]
    found = leptonopt.compare(ARTICLE, [*bad, "greedy"], output=tmp_path / "out", time_limit=3)
    said = {run.method: run for run in found.runs}
    assert said["dies"].status == "failed"
    assert "exit code -9" in said["dies"].line["error"]
    assert said["lies"].cost is None
    assert said["greedy"].cost == 160
    assert "failed" in tables.written([tables.summary(found, "instance")], "markdown")


def test_a_method_of_ones_own_joins_with_one_word(tmp_path: Path) -> None:
    """The example of docs/how-to/add-a-method.md, as it stands there, from its file and as a function."""
    text = (ROOT / "docs" / "how-to" / "add-a-method.md").read_text(encoding="utf-8")
    block = next(found for found in re.findall(r"```python\n(.*?)```", text, re.S) if found.startswith("# mine.py"))
    (tmp_path / "mine.py").write_text(block)
    given = f"{tmp_path / 'mine.py'}:widest_first"
    found = leptonopt.compare(
        ROOT / "instances" / "elasticflow-20.yaml", ["greedy", given], output=tmp_path / "out", time_limit=5
    )
    assert {run.method for run in found.runs} == {"greedy", "widest_first"}
    assert all(run.cost is not None for run in found.runs)
    script = f"import leptonopt, sys\nsys.path.insert(0, {str(tmp_path)!r})\nfrom mine import widest_first\n"
    script += (
        f"found = leptonopt.compare({str(ARTICLE)!r}, [widest_first], output={str(tmp_path / 'api')!r}, time_limit=5)\n"
    )
    script += "print([row['cost'] for row in found.rows()])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(done.stdout.strip("[]\n")) >= 160


def test_a_method_may_have_another_name_in_tables(tmp_path: Path) -> None:
    """A mapping names methods as the researcher wants; each runs, and two names of one method are two runs."""
    found = leptonopt.compare(ARTICLE, {"baseline": "greedy", "again": "greedy"}, output=tmp_path, time_limit=3)
    assert sorted((run.method, run.cost is not None) for run in found.runs) == [("again", True), ("baseline", True)]


def test_keys_follow_content_not_names(tmp_path: Path) -> None:
    """A copy of a file is the same instance; another limit, seed or source of a method is another run."""
    copy = tmp_path / "other.yaml"
    shutil.copy(ARTICLE, copy)
    one, other = cases([ARTICLE, copy], tmp_path)
    options, method = runs.Options(5.0), runs.method_of("greedy")
    key = runs.spec_of(one, method, 0, options)["key"]
    assert runs.spec_of(other, method, 0, options)["key"] == key
    different = [
        runs.spec_of(one, method, 1, options),
        runs.spec_of(one, method, 0, runs.Options(6.0)),
        runs.spec_of(one, runs.method_of("cpsat"), 0, options),
    ]
    for text in ("def solve(*given): pass", "def solve(*given): return None"):
        (tmp_path / "mine.py").write_text(text)
        different.append(runs.spec_of(one, runs.method_of(f"{tmp_path / 'mine.py'}:solve"), 0, options))
    assert len({key, *(spec["key"] for spec in different)}) == 6


def test_instances_may_be_documents_and_lists(tmp_path: Path) -> None:
    """A plain document is kept beside the results; a list names formats, parameters and best-known values."""
    document = leptonopt.load(ARTICLE).document()
    found = cases([document], tmp_path / "instances")
    assert found[0].path.is_file()
    assert found[0].tasks == 10
    shutil.copy(ARTICLE, tmp_path / "a.yaml")
    (tmp_path / "list.csv").write_text(
        "file,name,family,best\na.yaml,first,small,159.5\na.yaml,second,small,infeasible\n"
    )
    listed = cases([tmp_path / "list.csv"], tmp_path)
    assert [(case.name, case.family, case.best) for case in listed] == [
        ("first", "small", "159.5"),
        ("second", "small", "infeasible"),
    ]
    (tmp_path / "best_known.csv").write_text("instance,best\na,158\n")
    assert cases([tmp_path / "a.yaml"], tmp_path)[0].best == "158"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,best\nx,1\n", "list.csv:2: no file is named"),
        ("file,wrong\na.yaml,1\n", "list.csv:1: an unknown column 'wrong'"),
        ("file,best\na.yaml,cheap\n", "list.csv:2: best 'cheap' is no number"),
        ("file,params\na.yaml,deadline\n", "list.csv:2: params 'deadline'"),
        ("file\nmissing.yaml\n", "missing.yaml"),
        ("file\n", "there is no instance"),
    ],
)
def test_bad_lists_say_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    """One line, before anything has run."""
    shutil.copy(ARTICLE, tmp_path / "a.yaml")
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises((InputError, UsageError), match=re.escape(said)) as raised:
        leptonopt.compare(tmp_path / "list.csv", ["greedy"], output=tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out" / "runs.jsonl").exists()


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (["gredy"], "there is no method 'gredy'"),
        (["no.py:solve"], "no.py: there is no such file"),
        (["greedy", "greedy"], "two methods are called 'greedy'"),
        ([], "there is no method to compare"),
        ([lambda *given: None], "is no function of a module"),
    ],
)
def test_bad_methods_are_refused(tmp_path: Path, methods: list[Any], said: str) -> None:
    """Before anything has run."""
    with pytest.raises(UsageError, match=re.escape(said)):
        leptonopt.compare(ARTICLE, methods, output=tmp_path)


def test_a_folder_takes_one_comparison_at_a_time(tmp_path: Path) -> None:
    """The second is refused, not mixed in."""
    import fcntl

    with open(tmp_path / ".lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="another comparison is at work"):
            leptonopt.compare(ARTICLE, ["greedy"], output=tmp_path)


# --- figures ----------------------------------------------------------------------------------------


def made(
    method: str, instance: str, cost: float | None, *, trace: Any = None, limit: float = 10.0, **more: Any
) -> RunRecord:
    """A run by hand."""
    line = {
        "key": f"{method}-{instance}-{more.get('seed', 0)}",
        "instance": {"name": instance, "family": "hand", "sha256": instance, "tasks": 3},
        "method": method,
        "seed": 0,
        "time_limit": limit,
        "threads": 1,
        "versions": {"leptonopt": "0"},
        "status": "unknown" if cost is None else "feasible",
        "cost": None if cost is None else str(Fraction(cost)),
        "bound": None,
        "trace": trace if trace is not None else ([] if cost is None else [[1.0, cost, None]]),
        "seconds": {"total": limit},
        "wall": limit,
        **more,
    }
    return RunRecord(line)


def results_of(*found: RunRecord) -> Results:
    return Results(records._with_best([run.line for run in found]), [])


def test_figures_of_a_run() -> None:
    """Primal gap, integral and times of a run whose steps are known."""
    run = made(
        "a", "x", 100, trace=[[2.0, 200.0, 50.0], [2.5, 200.0, 60.0], [6.0, 100.0, 60.0]], bound="60", best_known="80"
    )
    (run,) = results_of(run).runs
    assert (run.first, run.last) == (2.0, 6.0)
    assert run.off == pytest.approx(0.25)
    assert run.gap == pytest.approx(0.4)
    assert run.final == pytest.approx(0.2)
    assert run.integral == pytest.approx((2 * 1 + 4 * 0.6 + 4 * 0.2) / 10)
    assert run.reached(0.6) == 2.0
    assert run.reached(0.1) is None


def test_the_best_known_may_be_beaten_or_unknown() -> None:
    """A run below the published value becomes the best; without one the least of all runs is; no plan is a gap of 1."""
    beaten, none = results_of(made("a", "x", 70, best_known="80"), made("b", "x", None, best_known="80")).runs
    assert (beaten.off, beaten.final, beaten.best, none.final, none.integral) == (-0.125, 0.0, 70, 1.0, 1.0)
    negative = results_of(made("a", "y", -100), made("b", "y", -50)).runs
    assert [run.final for run in negative] == [0.0, 0.5]
    assert negative[1].off == pytest.approx(0.5)


def test_better_is_said_only_where_it_is() -> None:
    """Ten instances won clearly: better. Won and lost by turns: no difference shown. Five: too few."""
    clear = [made(m, f"i{at}", c) for at in range(10) for m, c in (("a", 100), ("b", 103 + at))]
    (pair,) = certainty.paired_tests(results_of(*clear))
    assert (pair.verdict, pair.wins, pair.losses) == ("better", 10, 0)
    assert pair.low is not None
    assert pair.low > 2
    assert pair.p is not None
    assert pair.p < 0.01
    (back,) = certainty.paired_tests(results_of(*clear), against="b")
    assert back.verdict == "worse"
    turns = [(100, 105), (105, 100)] * 5
    mixed = [made(m, f"i{at}", c) for at, both in enumerate(turns) for m, c in zip("ab", both, strict=True)]
    (pair,) = certainty.paired_tests(results_of(*mixed))
    assert pair.verdict == "no difference shown"
    (pair,) = certainty.paired_tests(results_of(*clear[:10]))
    assert (pair.verdict, pair.p) == ("too few instances", None)
    same = [made(m, f"i{at}", 100) for at in range(8) for m in "ab"]
    assert certainty.paired_tests(results_of(*same))[0].verdict == "equal"


def test_seeds_are_no_sample() -> None:
    """Twenty seeds of three instances are three observations."""
    found = [
        made(m, f"i{at}", c, seed=seed, key=f"{m}{at}{seed}")
        for at in range(3)
        for seed in range(20)
        for m, c in (("a", 1), ("b", 2))
    ]
    (pair,) = certainty.paired_tests(results_of(*found))
    assert (pair.instances, pair.verdict) == (3, "too few instances")


def test_p_values_are_raised_for_the_number_of_pairs() -> None:
    """Holm: the least of three times three, and none below one before it."""
    found = [made(m, f"i{at}", 100 + step * (at + 1)) for at in range(8) for m, step in (("a", 0), ("b", 1), ("c", 2))]
    alone = certainty.paired_tests(results_of(*found).where(lambda run: run.method != "c"))[0].p
    all_three = [pair.p for pair in certainty.paired_tests(results_of(*found))]
    assert alone is not None
    assert all_three[0] == pytest.approx(3 * alone)


# --- tables, curves, page ---------------------------------------------------------------------------


def test_tables_in_every_form(results: Results) -> None:
    """The same figures, whatever the form; LaTeX and Markdown stand up to odd names."""
    for by in tables.BY:
        table = tables.summary(results, by)
        assert {len(row) for row in table.rows} == {len(table.heads)}
    parsed = list(csv.DictReader(io.StringIO(tables.written([tables.summary(results, "instance")], "csv"))))
    assert [float(row["cost"]) for row in parsed if row["instance"] == "article"] == [160.0] * 3
    odd = results_of(made("a_b|c%", "x&y", 1))
    assert r"a\_b\textbar{}c\%" in tables.written([tables.summary(odd)], "latex")
    assert r"a_b\|c%" in tables.written([tables.summary(odd)], "markdown")
    with pytest.raises(UsageError, match="allowed are"):
        tables.written([tables.summary(odd)], "html")


def test_time_outs_are_censored_not_failures_at_that_second() -> None:
    """Of four runs, two reach the gap at 2 s and 4 s, one is cut off at 3 s: after 4 s the curve is at 5/8, not 1/2."""
    found = results_of(
        made("a", "w", 1, trace=[[2.0, 1.0, None]]),
        made("a", "x", 1, trace=[[4.0, 1.0, None]]),
        made("a", "y", 2, trace=[[1.0, 2.0, None]], limit=3.0, best_known="1"),
        made("a", "z", 2, trace=[[1.0, 2.0, None]], best_known="1"),
    )
    (line,) = curves.times(found, 0.01).axes[0].get_lines()
    assert float(line.get_ydata()[-1]) == pytest.approx(1 - 0.75 * 0.5)


def test_profile_of_known_ratios() -> None:
    """A method that is always best starts at 1; one that fails on half the instances ends at one half."""
    found = results_of(made("a", "x", 1), made("a", "y", 1), made("b", "x", 2), made("b", "y", None))
    first, second = curves.profile(found).axes[0].get_lines()
    assert set(first.get_ydata()[1:]) == {0.5, 1.0}
    assert float(second.get_ydata()[-1]) == 0.5
    assert rendered(curves.profile(found, "time"), "svg")
    with pytest.raises(UsageError, match="allowed are cost and time"):
        curves.profile(found, "money")


def test_differences_between_plans_are_marked(results: Results) -> None:
    """What runs elsewhere is framed in both; copies that only swapped names are not."""
    plans = [results.plan(run) for run in results.runs if run.instance == "edge"]
    assert plans[0]
    assert plans[2]
    here, there = schedules.differing(plans[0], plans[2])
    assert here
    assert there
    swapped = one_by_one(plans[0])
    copies = [line for line in swapped["tasks"] if line["id"] == "search"]
    copies[0]["copy"], copies[1]["copy"] = copies[1]["copy"], copies[0]["copy"]
    assert schedules.differing(plans[0], swapped) == (Counter(), Counter())
    assert rendered(schedules.schedules(results), "svg")


class _Page(HTMLParser):
    """Ids, and what a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "xlink:href"):
                (self.links if str(value).startswith("#") else self.loads).append(str(value))


def test_the_page_holds_all_and_loads_nothing(results: Results) -> None:
    """Tables, tests and pictures in one file; no two ids alike, every link inside leads somewhere."""
    text = page(results)
    found = _Page()
    found.feed(text)
    assert found.loads == []
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links} <= set(found.ids)
    assert "<script" not in text
    assert all(f'id="{section}"' in text for section in ("methods", "pairs", "profile", "times", "schedules", "runs"))
    assert "no difference shown" in text or "too few instances" in text


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium here to look at the page with")
def test_a_browser_shows_the_page(results: Results, tmp_path: Path) -> None:
    """A headless browser lays it out and finds all sections and pictures."""
    if "here" not in browsed(tmp_path, "<p>here</p>"):
        pytest.skip("chromium shows no page at all here")
    shown = browsed(tmp_path, page(results))
    assert shown.count("<svg") == page(results).count("<svg") >= 4
    assert "Which is better" in shown


def browsed(folder: Path, text: str) -> str:
    """What a browser makes of a page; nothing where it fails."""
    file = folder / "report.html"
    file.write_text(text)
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-component-update"]
    words += ["--disable-background-networking", "--disable-sync", f"--user-data-dir={folder / 'profile'}"]
    try:
        return subprocess.run([*words, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


# --- command line -----------------------------------------------------------------------------------


def leptonopt_says(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "leptonopt", *words], capture_output=True, text=True, check=False)


def test_commands_of_results(results: Results, tmp_path: Path) -> None:
    """Each makes its table or file; what is not there is refused in one line that says what is."""
    folder = str(results.folders[0])
    assert "cheapest-option" in leptonopt_says("results", "table", folder).stdout
    assert r"\toprule" in called("results", "pairs", folder, "--as", "latex", "--against", "greedy")[1]
    assert called("results", "incumbents", folder, "--instance", "edge", "-o", tmp_path / "a.svg")[0] == 0
    assert (tmp_path / "a.svg").stat().st_size > 1000
    for words, text in (
        (["table", str(tmp_path)], "holds no results"),
        (
            ["table", folder, "--instance", "nowhere"],
            "there are no runs with the instance 'nowhere'; there are some with",
        ),
        (["profile", folder, "-o", str(tmp_path / "a.gif")], "a plot is written as"),
        (["table", folder, "--by", "colour"], "allowed are method, family, instance"),
    ):
        assert text in said("results", *words, code=2)
