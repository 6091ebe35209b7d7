"""A real Prometheus server with back-filled series: exactly the steps that are expected. Skipped where it is absent.

`.ci/run` installs it and sets LEPTONOPT_REQUIRE_SYSTEMS, with which nothing here is skipped.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from tests.helpers.run_cli import called

pytestmark = [pytest.mark.ci, pytest.mark.long]
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
START = DAY + timedelta(days=7)  # the horizon: the same time of the next week
TAKEN = [0, 3, 3, 5, 8, 8]  # of two series together, by hour
WATTS = [100, 200, 300, 200, 150, 250]


def series() -> str:
    """Return three days ago as OpenMetrics: GPUs that others take on two nodes, and the power of a GPU, each minute."""
    lines = ["# TYPE taken gauge"]
    for node, share in (("a", 1), ("b", 0)):
        for minute in range(6 * 60):
            value = TAKEN[minute // 60] - TAKEN[minute // 60] // 2 if share else TAKEN[minute // 60] // 2
            lines.append(f'taken{{node="{node}"}} {value} {int((DAY + timedelta(minutes=minute)).timestamp())}')
    lines.append("# TYPE watts gauge")
    for minute in range(6 * 60):
        lines.append(f"watts {WATTS[minute // 60]} {int((DAY + timedelta(minutes=minute)).timestamp())}")
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a server on back-filled data, or skip."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        if "LEPTONOPT_REQUIRE_SYSTEMS" in os.environ:
            pytest.fail("Prometheus is not installed")
        pytest.skip("Prometheus is not installed")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "p.yml").write_text("global: {scrape_interval: 1h}\n", encoding="utf-8")
    (folder / "series").write_text(series(), encoding="utf-8")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "series", folder / "data"]
    subprocess.run(blocks, check=True, timeout=60, stdout=subprocess.DEVNULL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = f"127.0.0.1:{port}"
    words = [f"--config.file={folder}/p.yml", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={place}"]
    server = subprocess.Popen(["prometheus", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            try:
                with urlopen(f"http://{place}/-/ready", timeout=2) as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.5)
        yield f"http://{place}"
    finally:
        server.terminate()
        server.wait(30)


def imported(address: str, tmp_path: Path, *params: str) -> dict[str, object]:
    """Return the only pool that is imported."""
    out = tmp_path / "taken.yaml"
    words = ["--start", f"{START:%Y-%m-%dT%H:%MZ}", "--slot", "1h", "--horizon", "6h", "-o", out]
    given = [word for param in ("pool=own", *params) for word in ("--param", param)]
    code, _, err = called("import", "prometheus", address, *given, *words)
    assert code == 0, err
    (pool,) = yaml.safe_load(out.read_text(encoding="utf-8"))["pools"]
    return dict(pool)


def test_what_others_leave(address: str, tmp_path: Path) -> None:
    """Eight GPUs less the sum over both nodes, hour by hour."""
    pool = imported(address, tmp_path, "query=taken", "capacity=8")
    steps = {at: 8 - taken for at, taken in enumerate(TAKEN) if not at or taken != TAKEN[at - 1]}
    moments = {START + timedelta(hours=at): value for at, value in steps.items()}
    assert pool["capacity"] == {"gpu": {"steps": moments}}


def test_power(address: str, tmp_path: Path) -> None:
    """The mean of the samples, in kW."""
    pool = imported(address, tmp_path, "query=watts", "power=watts")
    assert pool["power"] == {"gpu": 0.2}


def test_a_query_that_is_wrong(address: str, tmp_path: Path) -> None:
    """What the server says is in the one line of the error."""
    words = ["--param", "query=sum(", "--param", "pool=p", "--param", "capacity=8", "-o", tmp_path / "x.yaml"]
    code, _, err = called("import", "prometheus", address, *words)
    assert code == 3
    assert "answers 400" in err
    assert not (tmp_path / "x.yaml").exists()
