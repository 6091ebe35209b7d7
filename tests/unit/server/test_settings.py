"""Who may call: loopback and tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from leptonopt.errors import UsageError
from leptonopt.server.settings import free_memory, is_loopback, token_of


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("[::1]", True), ("localhost", True)]
    + [(host, False) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org", "")],
)
def test_loopback(host: str, expected: bool) -> None:
    """All that other machines may reach is not."""
    assert is_loopback(host) is expected


def test_tokens(tmp_path: Path) -> None:
    """Beyond loopback a token is needed; short ones are refused."""
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\n", encoding="utf-8")
    assert token_of("127.0.0.1", None, {}) is None
    assert token_of("0.0.0.0", file, {}) == "0123456789abcdef"
    assert token_of("0.0.0.0", None, {"LEPTONOPT_TOKEN": "x" * 16}) == "x" * 16
    for host, path, environment in (
        ("0.0.0.0", None, {}),
        ("127.0.0.1", None, {"LEPTONOPT_TOKEN": ""}),
        ("127.0.0.1", None, {"LEPTONOPT_TOKEN": "short"}),
        ("127.0.0.1", tmp_path / "none", {}),
    ):
        with pytest.raises(UsageError, match="token"):
            token_of(host, path, environment)


def test_memory() -> None:
    """Bytes, or None where the machine does not tell."""
    found = free_memory()
    assert found is None or found > 0
