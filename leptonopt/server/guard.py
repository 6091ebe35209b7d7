"""The guard before all requests: token, host, other sites, size of the body, headers of security."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leptonopt.server.errors import Refusal, response_of
from leptonopt.server.settings import LOOPBACK_NAMES, Settings

PUBLIC = ("/", "/page.css", "/page.js")  # hold no data: the page asks for the token
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI app around another one that lets allowed requests through.

    Without a token the `Host` must be a name of this machine: a page whose name a foreign name server directs to
    127.0.0.1 (DNS rebinding) has another. A request with the `Origin` of another site is refused either way.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            self._require_allowed(scope["path"], Headers(scope=scope))
        except Refusal as refusal:
            await response_of(refusal)(scope, receive, guarded)
            return
        await self.app(scope, self._limited(receive), guarded)

    def _require_allowed(self, path: str, headers: Headers) -> None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.settings.token is None and _name(host) not in LOOPBACK_NAMES:
            raise Refusal(403, f"the host {_name(host)!r}: allowed are {', '.join(LOOPBACK_NAMES)}")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refusal(403, "the request comes from another site")
        if self.settings.token is not None and path not in PUBLIC:
            stated = headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(stated.encode("latin-1"), self.settings.token.encode()):
                raise Refusal(401, "the token is missing or wrong; state it as `Authorization: Bearer TOKEN`")
        length = headers.get("content-length", "")
        if length.isdigit():
            self._require_size(int(length))

    def _require_size(self, size: int) -> None:
        if size > self.settings.max_body:
            raise Refusal(413, f"the request has {size:,} bytes or more; at most {self.settings.max_body:,} are read")

    def _limited(self, receive: Receive) -> Receive:
        """Return a receiver that counts the bytes of a body; a sender may state a smaller length, or none."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            self._require_size(size)
            return message

        return counted


def _name(host: str) -> str:
    """Return the name in a `Host` header, without the port."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
