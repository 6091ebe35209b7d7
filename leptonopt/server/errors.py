"""Errors of the service as HTTP responses of one form."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from leptonopt.errors import InstanceError, LeptonoptError, dotted
from leptonopt.server.messages import ErrorMessage, FindingMessage

MOST_FINDINGS = 100
NAMES = {
    401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 405: "NotAllowed", 409: "NotReady", 413: "TooLarge",
    429: "Busy", 503: "Ending",
}  # fmt: skip
DESCRIPTIONS = {
    401: "the token is missing or wrong", 403: "the request comes from another site", 404: "there is no such job",
    409: "the job has no such document yet", 413: "the request is too large", 422: "the request or instance is wrong",
    429: "too many jobs, readers or streams; `Retry-After` tells when to try again", 503: "the service is ending",
}  # fmt: skip
RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": ErrorMessage, "description": text} for code, text in DESCRIPTIONS.items()
}


class Refusal(HTTPException):
    """A request that is not served, with the reason; `retry_after` in seconds."""

    def __init__(self, status: int, message: str, retry_after: int | None = None) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(status, message, headers)


def message_of(error: Exception) -> ErrorMessage:
    """Return an error as a message; errors that are a fault of the program carry their class."""
    found: list[FindingMessage] = []
    if isinstance(error, InstanceError):
        shown = error.findings[:MOST_FINDINGS]
        found = [FindingMessage(path=dotted(each.path), message=each.message, line=each.line) for each in shown]
    known = isinstance(error, LeptonoptError)
    text = str(error) if known else f"unexpected {type(error).__name__}: {error} (a fault of leptonopt)"
    return ErrorMessage(error=type(error).__name__, message=text, findings=found)


def response_of(refusal: HTTPException) -> JSONResponse:
    """Return the response to a request that is refused."""
    message = ErrorMessage(error=NAMES.get(refusal.status_code, "Error"), message=str(refusal.detail))
    return JSONResponse(message.model_dump(), refusal.status_code, headers=dict(refusal.headers or {}))


def handle_errors(app: FastAPI) -> None:
    """Let an app answer all errors in one form."""

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return response_of(error)

    @app.exception_handler(LeptonoptError)
    async def wrong(_: Request, error: LeptonoptError) -> JSONResponse:
        return JSONResponse(message_of(error).model_dump(), 422)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            FindingMessage(path=dotted(tuple(each["loc"][1:])), message=str(each["msg"]))
            for each in error.errors()[:MOST_FINDINGS]
        ]
        text = "\n".join(": ".join(filter(None, (each.path, each.message))) for each in found)
        return JSONResponse(ErrorMessage(error="RequestError", message=text, findings=found).model_dump(), 422)
