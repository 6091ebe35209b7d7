"""History of Prometheus as capacity by slot and as power."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlparse

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations import prometheus
from leptonopt.integrations.imported import Grid

GRID = Grid(datetime(2026, 1, 12, tzinfo=UTC), 3600, 4 * 3600)
LAST_WEEK = int(GRID.start.timestamp()) - prometheus.WEEK


def answer(*series: list[tuple[int, str]]) -> str:
    """Return the answer to a range query."""
    result = [{"metric": {"gpu": str(n)}, "values": values} for n, values in enumerate(series)]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def test_what_others_take() -> None:
    """Series add up, a slot counts with its largest sample, and history moves by whole weeks."""
    one = [(LAST_WEEK + at, value) for at, value in ((0, "3"), (1800, "5.5"), (3600, "1"), (7200, "NaN"))]
    two = [(LAST_WEEK, "1"), (LAST_WEEK + 10800, "20")]
    given = {"pool": "p", "capacity": "10"}
    found = prometheus.read([("x", answer(one, two))], given, GRID)
    steps = found.pools[0]["capacity"]["gpu"]["steps"]
    assert list(steps.items()) == [
        (GRID.instant(0), 4),
        (GRID.instant(1), 9),
        (GRID.instant(2), 10),
        (GRID.instant(3), 0),
    ]
    assert found.notes == ["1 of 4 slots have no sample; nothing is taken there"]


def test_power() -> None:
    """The mean of all samples, in kW, rounded up to a milliwatt."""
    text = answer([(1, "100"), (2, "200")], [(1, "100.0001")])
    found = prometheus.read([("x", text)], {"pool": "p", "power": "watts", "resource": "a100"}, GRID)
    assert found.pools[0]["power"] == {"a100": Decimal("0.133334")}


def test_how_long_runs_take() -> None:
    """The longest whole run counts; missing samples do not end it, and what is cut off by the answer does not count."""
    one = [(0, "5"), (60, "0"), (120, "3"), (240, "4"), (300, "0"), (540, "1")]
    two = [(0, "0"), (60, "NaN"), (120, "9"), (180, "0"), (540, "0")]
    given = {"pool": "p", "duration": "train", "uses": "8"}
    found = prometheus.read([("x", answer(one, two))], given, GRID)
    assert found.tasks == [{"id": "train", "options": [{"pool": "p", "uses": {"gpu": 8}, "duration": "3m"}]}]
    assert found.notes[1:] == [
        "2 runs took 1m to 3m, 2m on average; the longest counts",
        "2 runs begin or end outside of the answer, and are left out",
    ]
    with pytest.raises(InputError, match="no whole run"):
        prometheus.read([("x", answer([(0, "5")], []))], given, GRID)


@pytest.mark.parametrize(
    ("params", "said"),
    [({}, "--param pool"), ({"pool": "p"}, "--param pool"), ({"pool": "p", "capacity": "many"}, "capacity=many")],
)
def test_parameters(params: dict[str, str], said: str) -> None:
    """Missing and wrong parameters are usage errors."""
    with pytest.raises(UsageError, match=said):
        prometheus.read([("x", answer([(LAST_WEEK, "1")]))], params, GRID)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "no answer of Prometheus"),
        ("[" * 100_000, "no answer of Prometheus"),
        ('{"status": "error", "error": "bad query"}', "bad query"),
        ('{"status": "success", "data": {"resultType": "vector", "result": []}}', "range query"),
    ],
)
def test_other_answers(text: str, said: str) -> None:
    """Other answers get one line."""
    with pytest.raises(InputError, match=said):
        prometheus.read([("x", text)], {"pool": "p", "capacity": "1"}, GRID)


def test_a_server_is_asked() -> None:
    """The query goes to `query_range` with whole weeks before the horizon, a sample a slot."""
    asked: list[dict[str, list[str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(parse_qs(urlparse(self.path).query))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer([(LAST_WEEK, "2")]).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        text = prometheus.fetch(address, "sum(used)", GRID)
    finally:
        server.shutdown()
        server.server_close()
    assert json.loads(text)["status"] == "success"
    assert asked == [
        {"query": ["sum(used)"], "start": [str(LAST_WEEK)], "end": [str(LAST_WEEK + 4 * 3600 - 1)], "step": ["3600"]}
    ]
    with pytest.raises(InputError, match="no answer"):
        prometheus.fetch(address, "x", GRID)
