"""The routes: jobs from request to plan, questions, documents, and one form for all errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import httpx
import pytest

from leptonopt.verify import verify
from tests.helpers.serving import client, ended, long_text, tiny, with_plan


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Give a service with few limits."""
    with client(tmp_path_factory.mktemp("service") / "jobs.sqlite", max_seconds=60, max_body=2**20) as made:
        yield made


def solved(service: httpx.Client, instance: Any, **options: Any) -> dict[str, Any]:
    """Return a job that has ended."""
    answer = service.post("/v1/jobs", json={"instance": instance, "options": {"time_limit": 10, **options}})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return ended(service, answer.json())


def test_a_job(service: httpx.Client) -> None:
    """The plan of a job is checked, its events end with it, and it can be removed."""
    job = solved(service, tiny(2), certify=True)
    assert (job["state"], job["status"], job["cost"], job["cost_exact"]) == ("done", "optimal", 5, "5")
    plan = service.get(f"/v1/jobs/{job['id']}/plan").json()
    assert verify(tiny(2), plan).ok
    assert verify(service.get(f"/v1/jobs/{job['id']}/instance").json(), plan).ok
    assert service.get(f"/v1/jobs/{job['id']}/certificate").json()
    assert "Schedule" in service.get(f"/v1/jobs/{job['id']}/page").text
    events = service.get(f"/v1/jobs/{job['id']}/events").text.strip().split("\n\n")
    assert json.loads(events[-1].splitlines()[1].removeprefix("data: "))["state"] == "done"
    later = service.get(f"/v1/jobs/{job['id']}/events", headers={"last-event-id": str(len(events) - 2)}).text
    assert later.strip().split("\n\n") == events[-1:]
    assert job["id"] in [each["id"] for each in service.get("/v1/jobs").json()]
    assert service.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert service.get(f"/v1/jobs/{job['id']}/plan").status_code == 404


def test_exact_numbers(service: httpx.Client) -> None:
    """Prices of a text keep all digits, and a plan is of the instance as it was stated."""
    text = json.dumps(tiny(2)).replace('"gpu": 5', '"gpu": 5.000000001')
    job = solved(service, text)
    assert Fraction(job["cost_exact"]) == 5 + Fraction(1, 10**9)


def test_questions(service: httpx.Client) -> None:
    """Answers are intervals, with the plan after the change; what cannot be is told."""
    job = solved(service, tiny(3))

    def asked(**question: Any) -> dict[str, Any]:
        body = {"question": question, "options": {"time_limit": 10}}
        answer = service.post(f"/v1/jobs/{job['id']}/questions", json=body)
        assert answer.status_code == 202, answer.text
        return ended(service, answer.json())

    found = asked(kind="whatif", lose=["own.gpu=1"])
    assert (found["parent"], found["asked"], found["cost"]) == (job["id"], "lose own.gpu=1", 5)
    answer = service.get(f"/v1/jobs/{found['id']}/answer").json()
    assert (answer["difference"], len(answer["moved"])) == (["5", "5"], 1)
    assert "Changes" in service.get(f"/v1/jobs/{found['id']}/page").text
    assert asked(kind="why-not", task="x", pool="rent")["cost"] == 5
    costs = asked(kind="cost-of", subject="x")
    assert service.get(f"/v1/jobs/{costs['id']}/answer").json()["difference"] == ["0", "0"]
    none = asked(kind="whatif", set=["pools.rent.capacity.gpu=0"], lose=["own.gpu=1"])
    assert (none["status"], none["cost"]) == ("infeasible", None)
    assert service.get(f"/v1/jobs/{none['id']}/page").status_code == 409


def test_cancel_keeps_the_plan(service: httpx.Client) -> None:
    """A job that is cancelled has a plan with a bound; one that waits ends at once."""
    job = service.post("/v1/jobs", json={"instance": long_text(), "options": {"time_limit": 60}}).json()
    waiting = service.post("/v1/jobs", json={"instance": tiny()}).json()
    assert service.post(f"/v1/jobs/{waiting['id']}/cancel").json()["state"] == "cancelled"
    with_plan(service, job)
    assert service.delete(f"/v1/jobs/{job['id']}").status_code == 409
    assert service.post(f"/v1/jobs/{job['id']}/cancel").status_code == 202
    job = ended(service, job)
    assert (job["state"], job["status"], job["stop"]) == ("cancelled", "feasible", "interrupt")
    assert job["bound"] <= job["cost"]
    assert verify(json.loads(long_text()), service.get(f"/v1/jobs/{job['id']}/plan").json()).ok


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ({"instance": "a: [1"}, "InstanceError", "instance:2: not YAML"),
        ({"instance": {"tasks": 3}}, "InstanceError", "tasks"),
        ({"instance": "/etc/passwd"}, "InstanceError", "no mapping"),
        ({"instance": {}, "speed": 1}, "RequestError", "speed"),
        ({"instance": {}, "options": {"time_limit": 0}}, "RequestError", "greater than 0"),
        ({"instance": tiny(), "options": {"time_limit": 61}}, "Error", "at most 60 s"),
        ({"instance": tiny(), "options": {"method": "magic"}}, "UsageError", "magic"),
        ({"instance": "leptonopt: 1\nx: &a [1]\n"}, "InstanceError", "anchor"),
        ({"instance": "x" * 2**21}, "TooLarge", "at most"),
    ],
)
def test_wrong_requests(service: httpx.Client, body: Any, error: str, message: str) -> None:
    """All errors have one form, with the class and the places."""
    answer = service.post("/v1/jobs", json=body)
    assert answer.status_code == (413 if error == "TooLarge" else 422)
    assert answer.json().keys() == {"error", "message", "findings"}
    assert (answer.json()["error"], message in answer.json()["message"]) == (error, True), answer.text


def test_what_is_no_json(service: httpx.Client) -> None:
    """Brackets without end, other kinds of text and bodies without a length are refused."""
    deep = service.post("/v1/jobs", content=b"[" * 100_000, headers={"content-type": "application/json"})
    assert deep.status_code in (400, 422)
    assert service.post("/v1/jobs", content=b"{}", headers={"content-type": "text/plain"}).status_code == 422
    chunks = (b"x" * 2**16 for _ in range(40))
    assert service.post("/v1/jobs", content=chunks, headers={"content-type": "application/json"}).status_code == 413


@pytest.mark.parametrize("path", ["/v1/jobs/none", "/v1/jobs/none/plan", "/v1/jobs/none/events", "/v1/nothing"])
def test_what_is_not_there(service: httpx.Client, path: str) -> None:
    """Each is told in the form of errors."""
    answer = service.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_questions_without_a_plan(service: httpx.Client) -> None:
    """There is nothing to compare with; a wrong name is told."""
    document = tiny()
    document["pools"] = [{"id": "own", "capacity": {"gpu": 1}}]
    for task in document["tasks"]:
        task["options"] = task["options"][:1]
    job = solved(service, document)
    assert (job["state"], job["status"]) == ("done", "infeasible")
    body = {"question": {"kind": "cost-of", "subject": "x"}}
    assert service.post(f"/v1/jobs/{job['id']}/questions", json=body).json()["error"] == "NotReady"
    job = solved(service, tiny())
    wrong = {"question": {"kind": "why-not", "task": "nobody", "pool": "own"}}
    assert "there is no task" in service.post(f"/v1/jobs/{job['id']}/questions", json=wrong).json()["message"]


def test_openapi(service: httpx.Client) -> None:
    """The interface describes all messages, and errors of one form."""
    found = service.get("/v1/openapi.json").json()
    assert {"Job", "JobRequest", "QuestionRequest", "ErrorMessage", "ProgressMessage"} - set(
        found["components"]["schemas"]
    ) <= {"ProgressMessage"}
    for path in found["paths"].values():
        for route in path.values():
            (content,) = route["responses"]["422"]["content"].values()
            assert content["schema"]["$ref"].endswith("ErrorMessage")
            assert route.get("summary")


def test_page_and_examples(service: httpx.Client) -> None:
    """The page loads nothing from elsewhere; each example is an instance."""
    page = service.get("/")
    assert "<script src=" in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert service.get("/page.js").headers["content-type"].startswith("text/javascript")
    for each in service.get("/v1/examples").json():
        assert service.get(f"/v1/examples/{each['name']}").text.startswith("leptonopt: 1")
    assert service.get("/v1/health").json()["ending"] is False
