"""The routes of the service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files as resources
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from leptonopt import __version__
from leptonopt.instance import Instance, stated, validate
from leptonopt.io.load import load_text
from leptonopt.io.native.text import parse
from leptonopt.plan.page import PlanPage
from leptonopt.server.errors import RESPONSES, Refusal, handle_errors
from leptonopt.server.examples import EXAMPLES, example_text
from leptonopt.server.guard import Guard
from leptonopt.server.messages import Example, Health, Job, JobRequest, QuestionRequest
from leptonopt.server.runner import Runner
from leptonopt.server.settings import Settings
from leptonopt.server.store import JobStore
from leptonopt.solvers import registry

DESCRIPTION = """Plans AI workloads at the lowest cost that can be proven.

A job is an instance to solve, or a question about a job that has a plan. Its events tell cost and bound on the way."""
WEB = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
JSON = "application/json"
DOCUMENTS = ("instance", "plan", "answer", "certificate")


def make_app(settings: Settings, store: JobStore) -> FastAPI:
    """Return the app of a service; its jobs run from its start to its end."""
    runner = Runner(settings, store)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(runner.close)

    app = FastAPI(
        title="leptonopt", version=__version__, description=DESCRIPTION, lifespan=lifespan, responses=RESPONSES,
        docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json",
    )  # fmt: skip
    app.state.runner = runner
    app.state.reading = threading.BoundedSemaphore(settings.readers)
    app.add_middleware(Guard, settings=settings)
    handle_errors(app)
    _add_page(app)
    _add_jobs(app)
    _add_documents(app)
    return app


def _runner(request: Request) -> Runner:
    found: Runner = request.app.state.runner
    return found


def _job(id: str, request: Request) -> Job:
    job = _runner(request).store.job(id)
    if job is None:
        raise Refusal(404, f"there is no job {id!r}; it may have been removed")
    return job


def _document(job: Job, what: str, runner: Runner) -> str:
    text = runner.store.document(job.id, what)
    if text is None:
        raise Refusal(409, f"the job has no {what}; it is {job.state}")
    return text


def _reader(request: Request) -> Iterator[None]:
    """Let few instances be read at a time: each may take 512 MB."""
    reading: threading.BoundedSemaphore = request.app.state.reading
    if not reading.acquire(blocking=False):
        raise Refusal(429, "other instances are being read; try again", retry_after=1)
    try:
        yield
    finally:
        reading.release()


def _stream(request: Request) -> None:
    """Refuse a stream beyond the limit before it begins."""
    _runner(request).watchers.require_room()


TheRunner = Annotated[Runner, Depends(_runner)]
TheJob = Annotated[Job, Depends(_job)]
Reading = Depends(_reader, scope="function")


def _add_page(app: FastAPI) -> None:
    """Add the page, the examples and the state of the service."""
    for path, (name, kind) in WEB.items():
        content = resources("leptonopt.server").joinpath("web", name).read_bytes()
        app.add_api_route(
            path, lambda content=content, kind=kind: Response(content, media_type=kind), include_in_schema=False
        )

    @app.get("/v1/health")
    def health(runner: TheRunner) -> Health:
        """Return the load of the service."""
        running, waiting = runner.load
        return Health(version=__version__, running=running, waiting=waiting, ending=runner.ending.is_set())

    @app.get("/v1/examples")
    def examples() -> list[Example]:
        """Return the instances to begin with."""
        return [Example(name=name, what=each.what) for name, each in EXAMPLES.items()]

    @app.get("/v1/examples/{name}")
    def example(name: str) -> Response:
        """Return an example as YAML."""
        if name not in EXAMPLES:
            raise Refusal(404, f"there is no example {name!r}; there are {', '.join(EXAMPLES)}")
        return Response(example_text(name), media_type="application/yaml")


def _add_jobs(app: FastAPI) -> None:
    """Add the routes that take, list, ask, cancel and remove jobs, and tell their events."""

    @app.post("/v1/jobs", status_code=202, dependencies=[Reading])
    def solve(asked: JobRequest, runner: TheRunner, response: Response) -> Job:
        """Take an instance to solve. It is validated at once; the solve waits for its turn."""
        registry.require_available(asked.options.method) if asked.options.method != "auto" else None
        instance, document = _instance(asked)
        return _taken(runner.solve(instance.name, document, asked.options, asked.warm_start), response)

    @app.get("/v1/jobs")
    def jobs(runner: TheRunner) -> list[Job]:
        """Return all jobs that are kept, the newest first."""
        return runner.store.jobs()[::-1]

    @app.get("/v1/jobs/{id}")
    def job(job: TheJob) -> Job:
        """Return a job."""
        return job

    @app.post("/v1/jobs/{id}/questions", status_code=202, dependencies=[Reading])
    def ask(job: TheJob, asked: QuestionRequest, runner: TheRunner, response: Response) -> Job:
        """Ask what a change of the instance would cost. The answer is a document of the job that this returns."""
        plan = _document(job, "plan", runner)
        if json.loads(plan).get("cost_exact") is None:
            raise Refusal(409, "the job has no plan")
        document, _ = parse(_document(job, "instance", runner), "json", job.name)
        question = asked.question.question()
        changed = question.changed(document)
        validate(dict(changed))
        return _taken(runner.ask(job, question, changed, plan, asked.options), response)

    @app.post("/v1/jobs/{id}/cancel", status_code=202)
    def cancel(job: TheJob, runner: TheRunner) -> Job:
        """Ask for the end of a job; it ends soon, and keeps the best plan so far."""
        return runner.cancel(job)

    @app.delete("/v1/jobs/{id}", status_code=204)
    def remove(job: TheJob, runner: TheRunner) -> None:
        """Remove a job that has ended, with its documents."""
        runner.remove(job)

    @app.get("/v1/jobs/{id}/events", response_class=EventSourceResponse, dependencies=[Depends(_stream)])
    async def events(
        job: TheJob, runner: TheRunner, last_event_id: Annotated[int, Header(ge=-1)] = -1
    ) -> AsyncIterator[ServerSentEvent]:
        """Tell what happens to a job: events `progress` and `job`, until it has ended."""
        async for event in _events(runner, job.id, last_event_id):
            yield event


def _add_documents(app: FastAPI) -> None:
    """Add the routes of the documents of jobs."""

    def document(what: str) -> Any:
        def route(job: TheJob, runner: TheRunner) -> Response:
            return Response(_document(job, what, runner), media_type=JSON)

        route.__doc__ = f"Return the {what} of a job."
        return route

    for what in DOCUMENTS:
        app.add_api_route(f"/v1/jobs/{{id}}/{what}", document(what), name=what, summary=what.capitalize())

    @app.get("/v1/jobs/{id}/page", response_class=HTMLResponse)
    def page(job: TheJob, runner: TheRunner) -> str:
        """Return the plan of a job as one page that loads nothing, with the changes that a question makes."""
        plan = json.loads(_document(job, "plan", runner))
        if plan["bill"] is None:
            raise Refusal(409, "the job has no plan")
        text, _ = parse(_document(job, "instance", runner), "json", job.name)
        before = _document(job, "warm_start", runner) if job.kind != "solve" else None
        return PlanPage(plan, validate(text), None if before is None else json.loads(before)).html()


def _taken(job: Job, response: Response) -> Job:
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return job


def _instance(asked: JobRequest) -> tuple[Instance, dict[str, Any]]:
    """Return the instance of a request and its document; never one of a path."""
    if isinstance(asked.instance, str):
        return load_text(asked.instance, asked.format, "instance")
    return stated(asked.instance)


async def _events(runner: Runner, id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    """Yield the events of a job beyond a number until it has ended, or the service ends."""
    with runner.watchers.watching(id) as news:
        while True:
            news.clear()
            found = await asyncio.to_thread(runner.store.events, id, after)
            for number, event, data in found:
                after = number
                yield ServerSentEvent(raw_data=data, event=event, id=str(number))
            job = await asyncio.to_thread(runner.store.job, id)
            if job is None or runner.ending.is_set() or (job.state.final and not found):
                return
            if not job.state.final:
                await news.wait()
