"""The guard: tokens, names of hosts, other sites, sizes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.serving import client

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 200),
        ({"host": "127.0.0.1:8765"}, 200),
        ({"host": "[::1]:8765"}, 200),
        ({"host": "rebound.example"}, 403),
        ({"host": "localhost.example"}, 403),
        ({"origin": "http://localhost", "host": "localhost"}, 200),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_without_a_token(tmp_path: Path, headers: dict[str, str], code: int) -> None:
    """Only names of this machine are served, and no other site."""
    with client(tmp_path / "jobs.sqlite") as service:
        answer = service.get("/v1/health", headers=headers)
    assert answer.status_code == code
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": TOKEN[:-1]}, 401),
        ({"authorization": "Bearer \xfc"}, 401),
        ({"authorization": f"Bearer {TOKEN}"}, 200),
        ({"authorization": f"Bearer {TOKEN}", "host": "plans.example"}, 200),
        ({"authorization": f"Bearer {TOKEN}", "origin": "https://elsewhere.example"}, 403),
    ],
)
def test_with_a_token(tmp_path: Path, headers: dict[str, str], code: int) -> None:
    """All but the page itself needs it."""
    with client(tmp_path / "jobs.sqlite", token=TOKEN) as service:
        raw = {key: value.encode("latin-1") for key, value in headers.items()}
        answer = service.get("/v1/jobs", headers=raw)
        assert answer.status_code == code
        assert ("www-authenticate" in answer.headers) == (code == 401)
        assert service.get("/v1/openapi.json", headers=raw).status_code == code
        assert service.get("/").status_code == 200
