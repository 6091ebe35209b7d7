"""The page of the service in Chromium: from an example to a plan, a live chart, questions, and texts that would harm.

`.ci/run` installs Chromium and sets LEPTONOPT_REQUIRE_SYSTEMS, with which nothing here is skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.helpers.serving import long_text, program, tiny
from tests.helpers.tiny_instances import service_document

PATIENCE = 60_000  # milliseconds
pytestmark = [pytest.mark.ci, pytest.mark.long]
TOKEN = "0123456789abcdef0123"
BAD_NAME = "<img src=x onerror=\"document.title='harmed'\">"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium, or skip."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if "LEPTONOPT_REQUIRE_SYSTEMS" in os.environ:
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a service."""
    with program(tmp_path_factory.mktemp("page") / "jobs.sqlite", "--threads", "1") as (_, found):
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Open the page; nothing is loaded from elsewhere, and nothing is said on the console."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    faults: list[str] = []
    opened.on("console", lambda message: faults.append(message.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("request", lambda call: faults.append(call.url) if not call.url.startswith((address, "data:")) else None)
    opened.goto(address)
    yield opened
    opened.close()
    assert [each for each in faults if "422" not in each and not each.startswith(("about:", "blob:"))] == []


def solve(page: Page, text: str, limit: int = 20) -> None:
    """Paste an instance and solve it."""
    page.fill("#instance", text)
    page.fill("#limit", str(limit))
    page.click("#solve button.main")


def test_from_an_example_to_answers(page: Page) -> None:
    """An example is solved to proof, chart and plan are there, and three questions are answered."""
    expect(page.locator("#example option")).not_to_have_count(1)
    page.select_option("#example", "deadlines")
    expect(page.locator("#instance")).to_have_value(re.compile("leptonopt: 1"))
    page.click("#solve button.main")
    expect(page.locator("#state")).to_have_text("optimal")
    expect(page.locator("#result")).to_contain_text("proven: no plan costs less")
    for line in (".plan-line", ".bound-line"):
        expect(page.locator(f"#chart {line}")).to_have_count(1)
    plan = page.frame_locator("#page")
    expect(plan.locator("h2#schedule")).to_be_visible()
    assert plan.locator("svg rect").count() > 20
    page.select_option("#why-not [name=task]", "job-00")
    page.select_option("#why-not [name=pool]", "cloud-a100")
    page.click("#why-not button[type=submit]")
    first = page.locator("#answers .answer").first
    expect(first).to_contain_text("Difference: +")
    expect(first.locator("tbody tr")).not_to_have_count(0)
    page.fill("#changes [aria-label=place]", "owned-a100.gpu")
    page.fill("#changes [aria-label=value]", "8")
    page.click("#whatif button[type=submit]")
    expect(first).to_contain_text("lose owned-a100.gpu=8")
    expect(first).to_contain_text("Difference: +")
    page.click("#cost-of button[type=submit]")
    expect(first).to_contain_text("It costs: ")
    first.locator("button").click()
    expect(page.locator("#answer")).to_contain_text("It costs: ")
    expect(page.locator("#jobs li.question")).to_have_count(3)


def test_stop_and_continue(page: Page) -> None:
    """While a job runs the chart grows; stopping keeps the plan, and another job goes on from it."""
    solve(page, long_text(), 60)
    expect(page.locator("#state")).to_have_text("running")
    expect(page.locator("#chart .plan-line")).to_have_count(1)
    page.click("#cancel")
    expect(page.locator("#state")).to_have_text("cancelled")
    expect(page.locator("#result")).to_contain_text("no plan costs less than")
    expect(page.frame_locator("#page").locator("h2#bill")).to_be_visible()
    cost = page.locator("#result").inner_text().split(" USD")[0]
    page.click("#again")
    expect(page.locator("#state")).to_have_text("running")
    expect(page.locator("#chart .plan-line")).to_have_count(1)
    page.click("#cancel")
    expect(page.locator("#state")).to_have_text("cancelled")
    again = page.locator("#result").inner_text().split(" USD")[0]
    assert float(again.replace(",", "")) <= float(cost.replace(",", ""))
    page.reload()
    expect(page.locator("#state")).to_have_text("cancelled")
    page.click("#remove")
    expect(page.locator("#welcome")).to_be_visible()


def test_errors_and_texts_that_would_harm(page: Page) -> None:
    """Errors have their line; names are shown as text, and run nothing."""
    solve(page, "leptonopt: 1\ntasks: 3\n")
    expect(page.locator("#faults")).to_contain_text("tasks")
    document = tiny()
    document["name"] = BAD_NAME
    document["tasks"][0]["id"] = BAD_NAME
    solve(page, json.dumps(document))
    expect(page.locator("#name")).to_have_text(BAD_NAME)
    expect(page.locator("#state")).to_have_text("optimal")
    expect(page.frame_locator("#page").locator("h1")).to_have_text(BAD_NAME)
    assert page.title() == "leptonopt"


def test_questions_about_services_and_days(page: Page) -> None:
    """Of an instance without tasks, on nodes of one kind; and of a day of a task that repeats."""
    nodes = {"id": "a", "nodes": {"size": {"gpu": 8}, "count": 2, "price": 3}}
    serving = {**service_document(team="red"), "pools": [nodes]}
    solve(page, json.dumps(serving))
    expect(page.locator("#cost-of select option")).to_have_text(["team:red", "chat"])
    nightly = {**tiny()["tasks"][0], "repeat": {"from": "00:00", "to": "12:00"}}
    day = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1d"}
    solve(page, json.dumps({**tiny(), "time": day, "tasks": [nightly]}))
    expect(page.locator("#why-not select[name=task] option").first).to_have_text(re.compile(r" \d{4}-\d\d-\d\d$"))


def test_files(page: Page, tmp_path: Path) -> None:
    """A file of another notation is read, and the plan can be saved."""
    file = tmp_path / "tiny.json"
    file.write_text(json.dumps(tiny(1)), encoding="utf-8")
    page.set_input_files("#file", file)
    expect(page.locator("#instance")).to_have_value(file.read_text(encoding="utf-8"))
    page.click("#solve button.main")
    expect(page.locator("#state")).to_have_text("optimal")
    with page.expect_download() as saved:
        page.click("[data-save=plan]")
    assert json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))["cost"] == 10


def test_token(browser: Browser, tmp_path: Path) -> None:
    """With a token the page asks for it once, and tells where it is another one; dark where the browser asks for it."""
    with program(tmp_path / "jobs.sqlite", LEPTONOPT_TOKEN=TOKEN) as (_, address):
        page = browser.new_page(color_scheme="dark")
        page.set_default_timeout(PATIENCE)
        page.goto(address)
        expect(page.locator("#refused")).not_to_be_visible()
        page.fill("#token", TOKEN[::-1])
        page.click("#login button")
        expect(page.locator("#refused")).to_be_visible()
        expect(page.locator("body")).to_have_css("background-color", "rgb(11, 16, 22)")
        page.fill("#token", TOKEN)
        page.click("#login button")
        expect(page.locator("#example option")).not_to_have_count(1)
        page.reload()
        expect(page.locator("#example option")).not_to_have_count(1)
        expect(page.locator("#login")).not_to_be_visible()
        page.close()
