"""The door to Dask: addresses, clusters that do not answer, versions. Real clusters: tests/system/test_cluster.py."""

from __future__ import annotations

import platform
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from leptonopt import __version__
from leptonopt.errors import UsageError
from leptonopt.runtime import dask
from leptonopt.runtime.dask import dask_executor, versions


@pytest.mark.parametrize(
    "address",
    [
        "",
        "host:8786",
        "tcp://host",
        "http://host:80",
        "tcp://host:99999",
        "tcp://host:0",
        "tcp://a b:1",
        "tcp://host:1/x",
    ],
)
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is connected to."""
    monkeypatch.setattr(dask, "_package", lambda: None)
    with pytest.raises(UsageError, match="is no address of a Dask scheduler"), dask_executor(address):
        pass


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'leptonopt\[cluster\]'"), dask_executor("tcp://localhost:1"):
        pass


def test_versions_of_package_and_python() -> None:
    """The minor version of Python is enough."""
    major, minor, _ = platform.python_version_tuple()
    assert versions() == f"leptonopt {__version__} on Python {major}.{minor}"


class Client:
    """A client with workers that answer as stated."""

    def __init__(self, answers: dict[str, Any] | None) -> None:
        self.answers = answers

    def wait_for_workers(self, count: int, timeout: float) -> None:
        """Wait in vain where there are none."""
        if self.answers is None:
            raise TimeoutError

    def run(self, function: Any, on_error: str) -> dict[str, Any]:
        """Return the answers."""
        return self.answers or {}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (None, "tcp://h:1 has no worker"),
        ({"w": ModuleNotFoundError("No module")}, "the worker at w cannot run leptonopt: ModuleNotFoundError"),
        ({"w": "leptonopt 0.0 on Python 3.0"}, "the worker at w has leptonopt 0.0 on Python 3.0, this machine has"),
    ],
)
def test_workers_that_do_not_fit_are_refused(answers: dict[str, Any] | None, said: str) -> None:
    """None in time, one that cannot run the package, one of another version."""
    with pytest.raises(UsageError, match=said):
        dask._fit(Client(answers), "tcp://h:1", 0.1)
    dask._fit(Client({"w": versions()}), "tcp://h:1", 0.1)


def test_the_width_outlives_the_scheduler() -> None:
    """The last count stays once nobody answers."""
    answers = [{"a": 2, "b": 3}]
    count = dask._counted(SimpleNamespace(nthreads=lambda: answers.pop()))
    assert (count(), count()) == (5, 5)
