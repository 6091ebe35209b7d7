"""Names and file names from outside, in every output: no command dies of one, and each shows as it stands."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as xml
from html.parser import HTMLParser
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from leptonopt.experiments import figures as curves
from leptonopt.experiments import tables
from leptonopt.experiments.html_report import page
from leptonopt.experiments.results import Results
from leptonopt.experiments.schedule_diff import schedules
from leptonopt.io.files import json_text, printable, printable_lines
from leptonopt.io.load import read_document
from leptonopt.plan.picture import as_label, rendered
from tests.helpers.run_cli import called

NAMES = [
    "$\\frac{$", "$x$", "_hidden", "[red]", "[/]", "[link=http://a]b[/link]", "<script>alert(1)</script>", "<!-- -->", "a|b`c`d",
    "**bold** _it_", "=1+1", "-1+1", "@sum", "+1", "\\input{x} % ~ ^", "[2pt] x", "* x", "%s {0} {x!r}", "x" * 200, "\u05e9\u05dc\u05d5\u05dd",
    "\u4f60\u597d \U0001f469", "a\u202eb", "\u200b\ufeffx", "\ufffex", "'; --", '"', "&amp;", "--help", "null", "1",
    "#", "../x", ":fire:", "e\u0301", "]]>",
]  # fmt: skip
FILES = ["$\\frac{$", "_x", "two\nlines", "\x1b[31mred\x9b2J", "<b>|`", "=1", "[2pt]", "\udcff", "y" * 200]
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff]")


def nasty(deadline: str = "2026-01-06T00:00Z") -> dict[str, Any]:
    """An instance in which each name stands for a pool, a resource, a task, an option, a team, a label and a quota."""
    pools = [
        {"id": name, "capacity": {name: 1}, "price": {name: 1 + at}, "labels": [name]} for at, name in enumerate(NAMES)
    ]
    pools.append({"id": "rented", "nodes": {"id": NAMES[3], "size": {NAMES[0]: 2}, "count": 2, "price": 3}})
    tasks = [
        {
            "id": name, "team": name, "needs": {"labels": [name]}, "deadline": deadline,
            "options": [{"id": name, "pool": name, "uses": {name: 1}, "duration": "2h", "variant": name}],
        }
        for name in NAMES
    ]  # fmt: skip
    tasks.append({"id": "on nodes", "options": [{"pool": "rented", "uses": {NAMES[0]: 1}, "duration": "1h"}]})
    return {
        "name": NAMES[0], "currency": NAMES[3], "time": {"start": "2026-01-05T00:00Z", "horizon": "1d"},
        "pools": pools, "tasks": tasks,
        "quotas": [{"id": name, "of": name, "limit": 9, "teams": [name]} for name in NAMES],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an instance and one without a plan; the terminal is wide enough for any name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "2500")
    Path("in.json").write_text(json.dumps(nasty()))
    Path("none.json").write_text(json.dumps(nasty("2026-01-05T01:00Z")))
    return tmp_path


def clean(code: int, *words: object) -> str:
    """What a command prints that ends with this code, and nothing in it that a terminal would obey."""
    found, out, err = called(*words)
    assert found == code, (words, found, out[-500:], err[-500:])
    assert not HARMFUL.search(out + err), (words, HARMFUL.findall(out + err))
    assert "unexpected" not in err
    return out + err


def test_solve_shows_every_name(folder: Path) -> None:
    """Report, plan, log, model and picture; the plan read back has the names as they are, and verifies."""
    words = ("solve", "in.json", "-m", "greedy", "-v", "-o", "plan.json", "--plot", "plan.svg", "--log-file", "log")
    said = clean(0, *words, "--write-model", "model.lp")
    for name in NAMES:
        assert printable(name) in said, name
    plan = json.loads(Path("plan.json").read_text())
    assert {line["id"] for line in plan["tasks"]} == {*NAMES, "on nodes"}
    xml.fromstring(Path("plan.svg").read_text())
    for file in ("plan.json", "log", "model.lp"):
        assert not HARMFUL.search(Path(file).read_text()), file
    clean(0, "verify", "in.json", "plan.json")
    clean(0, "verify", "in.json", "plan.json", "--json")
    assert json.loads(clean(0, "solve", "in.json", "-m", "greedy", "--json"))["instance"]["name"] == NAMES[0]


def test_errors_and_reasons_show_every_name(folder: Path) -> None:
    """Refusals name what they refuse in one line each; `explain` names tasks."""
    assert "no plan" in clean(4, "explain", "none.json", "-t", "6")
    wrong = nasty()
    for task, name in zip(wrong["tasks"], NAMES, strict=False):
        task["options"][0]["pool"] = f"no {name}"[:200]
        task["after"] = [f"nor {name}"[:200]]
    Path("wrong.json").write_text(json.dumps(wrong))
    for command in ("validate", "solve"):
        lines = clean(3, command, "wrong.json").splitlines()
        assert len(lines) >= 2 * len(NAMES)
        assert all(line.startswith("error: ") for line in lines)
    plan = {
        "instance": {"name": "a\nthe plan keeps every rule"},
        "tasks": [{"id": f"{name}\n\x1b[2J"} for name in NAMES],
    }
    Path("bad.json").write_text(json.dumps(plan))
    assert "\nthe plan keeps every rule" not in "\n" + clean(6, "verify", "in.json", "bad.json")
    clean(2, "solve", "in.json", "-m", "\x1b[31mno\nsuch")
    clean(3, "solve", "\x1b[31mno\nsuch.json")


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
def test_converted_names_are_the_same(folder: Path, kind: str) -> None:
    """There and back, and shown as escapes where a terminal would obey them."""
    clean(0, "convert", "in.json", "-o", f"out.{kind}")
    assert not HARMFUL.search(Path(f"out.{kind}").read_text(encoding="utf-8"))
    back = read_document(f"out.{kind}")
    assert [pool["id"] for pool in back["pools"]] == [*NAMES, "rented"]
    assert [task["id"] for task in back["tasks"]] == [*NAMES, "on nodes"]
    assert (back["name"], back["currency"]) == (NAMES[0], NAMES[3])


@pytest.mark.parametrize("kind", ["mps", "lp", "dat"])
def test_models_hold_no_names(folder: Path, kind: str) -> None:
    """Only letters of ASCII: their names are made of numbers; comments, one for each thing, say what these mean."""
    clean(0, "convert", "in.json", "-o", f"out.{kind}")
    text = Path(f"out.{kind}").read_text()
    assert text.isascii()
    assert not HARMFUL.search(text)
    stated = "\n".join(
        line for line in text.splitlines() if not line.startswith({"mps": "*", "lp": "\\", "dat": "#"}[kind])
    )
    assert not any(name in stated for name in NAMES if len(name) > 5)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of a few files by two methods, and its lines again under every name there is."""
    folder = tmp_path_factory.mktemp("compared")
    small = nasty()
    small["tasks"] = small["tasks"][:3]
    del small["quotas"]
    for at, name in enumerate(FILES[:3]):
        (folder / f"{name}.json").write_text(json.dumps(small | {"currency": f"{at}"}))
    code, out, err = called(
        "compare", *sorted(folder.glob("*.json")), "-m", "greedy,cheapest-option", "-o", folder / "out", "-t", "20"
    )
    assert code == 0, err
    assert not HARMFUL.search(out + err)
    file = folder / "out" / "runs.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["instance"]["name"] for line in lines} == set(FILES[:3])
    for at, name in enumerate([*NAMES, *FILES[3:]]):
        line = lines[at % 6]
        case = {**line["instance"], "name": name, "family": name, "sha256": f"{at:064x}"}
        for method in (name, "greedy") if at < 12 else (name,):
            key = f"{line['key']}-{len(lines)}"
            lines.append({**line, "key": key, "instance": case, "method": method, "error": name})
            copyfile(folder / "out" / "plans" / f"{line['key']}.json", folder / "out" / "plans" / f"{key}.json")
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "out"


class Page(HTMLParser):
    """The texts of a page and the names of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_results_show_every_name(compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of all kinds, pairs, pictures and the page."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "2500")
    every = [*NAMES, *FILES]
    shown = clean(0, "results", "table", compared, "--by", "instance")
    for name in every:
        assert printable(name) in shown, name
    for kind in tables.KINDS:
        clean(0, "results", "pairs", compared, "--against", "greedy", "--as", kind)
        clean(0, "results", "table", compared, "--by", "family", "--as", kind)
    for what in ("profile", "times", "incumbents", "schedules"):
        clean(0, "results", what, compared, "-m", f"greedy,{NAMES[0]},{NAMES[2]}", "-o", f"{what}.svg")
        xml.fromstring(Path(f"{what}.svg").read_text())
    clean(2, "results", "table", compared, "--instance", "\x1b[31mno\nsuch")
    clean(0, "results", "page", compared, "-o", "page.html")
    found = Page()
    found.feed(Path("page.html").read_text())
    assert {printable(name) for name in every} <= set(found.texts)
    assert not found.tags & {"script", "b", "img", "link"}


def test_tables_hold_every_name(compared: Path) -> None:
    """CSV: as it stands, formulas quoted; Markdown and LaTeX: a row a line, all marks escaped."""
    table = tables.summary(Results.of(compared), "instance")
    rows = list(csv.DictReader(io.StringIO(tables.written([table], "csv"))))
    assert len(rows) == len(table.rows)
    names = {row["instance"] for row in rows}
    for name in (*NAMES, *FILES):
        quote = "'" if name[0] in "=+-@" else ""
        assert quote + printable(name) in names
    markdown = tables.written([table], "markdown").splitlines()
    body = markdown[2 : 2 + len(rows)]
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == len(table.heads) + 1 for line in body)
    assert not any(re.search(r"(?<!\\)(?:\\\\)*(?:[`$]|<[A-Za-z/!?])", line) for line in markdown)
    latex = tables.written([table], "latex").splitlines()
    body = latex[latex.index(r"\midrule") + 1 : latex.index(r"\bottomrule")]
    assert len(body) == len(rows)
    for line in body:
        assert line.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", line)) == len(table.heads) - 1
        assert not line.startswith(("[", "*"))
        assert not re.search(r"(?<!\\)[$%#_~^]", line)
    assert latex[0].startswith("%")
    others = [line for line in latex if line and line not in (*body, latex[latex.index(r"\toprule") + 1])]
    assert all(line.startswith(("%", "\\")) for line in others)


def test_pictures_hold_every_name(compared: Path) -> None:
    """Legends leave no method out, whatever it is called, and no text is a formula."""
    from matplotlib.text import Text

    some = Results.of(compared).where(lambda run: run.method in NAMES[:12])
    for figure in (curves.profile(some), curves.times(some), curves.incumbents(some)):
        legends = [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]
        said = {text.get_text().strip() for legend in legends for text in legend.get_texts()}
        assert {as_label(name, 40).strip() for name in some.methods} <= said
        assert not any(text.get_parse_math() for text in figure.findobj(Text) if "$" in text.get_text())
    assert schedules(Results.of(compared))
    assert "<script" not in page(some)


def test_the_settings_of_a_user_change_no_picture(compared: Path) -> None:
    """Neither TeX nor formulas, whatever the user's own Matplotlib settings ask for."""
    import matplotlib

    results = Results.of(compared).where(lambda run: run.method in NAMES[:4])
    before = rendered(curves.times(results), "svg")
    with matplotlib.rc_context({"text.usetex": True, "axes.formatter.use_mathtext": True}):
        assert rendered(curves.times(results), "svg") == before


@pytest.mark.parametrize("text", [*NAMES, *FILES, "\x00\x1b\x7f\x85\u2028\ud800\U0001fffe"])
def test_escapes_are_whole(text: str) -> None:
    """Nothing harmful is left, lines stay lines, JSON stays the same document, and a second time changes nothing."""
    assert not HARMFUL.search(printable(text))
    assert "\n" not in printable(text)
    assert printable(printable(text)) == printable(text)
    assert printable_lines(f"{text}\n\t{text}").count("\n") == 1 + 2 * text.count("\n")
    for indent in (None, 1):
        assert json.loads(json_text({text: [text]}, indent)) == {text: [text]}
        assert not HARMFUL.search(json_text({text: [text]}, indent))
