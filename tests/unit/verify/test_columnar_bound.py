"""The bound of a certificate in columns."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.verify.columnar_bound import proven_columns
from tests.helpers.columnar_files import saved, tiny


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path, Any]:
    """Return an instance, a certificate, and the result."""
    file = saved(tmp_path, tiny(4))
    result = leptonopt.solve(file, method="greedy", time_limit=20, certify=True)
    assert result.save_certificate(tmp_path / "c.npz")
    return file, tmp_path / "c.npz", result


def test_prices_prove_their_bound(certified: tuple[Path, Path, Any]) -> None:
    """No plan costs less."""
    file, certificate, result = certified
    proof = proven_columns(file, certificate)
    assert proof.ok
    assert proof.bound is not None
    assert proof.bound <= result.cost


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head.update(bound=str(Fraction(head["bound"]) + 1)),
        lambda head: head.update(sha256="0" * 64),
        lambda head: head.update(unit="0"),
        lambda head: head.update(leptonopt_certificate_columns=2),
    ],
)
def test_wrong_heads(certified: tuple[Path, Path, Any], change: Any) -> None:
    """Bounds that the prices do not prove, other instances, units and versions."""
    file, certificate, _ = certified
    arrays = dict(np.load(certificate))
    head = json.loads(arrays["head"].tobytes())
    change(head)
    np.savez(certificate, head=np.frombuffer(json.dumps(head).encode(), np.uint8), price=arrays["price"])
    proof = proven_columns(file, certificate)
    assert not proof.ok
    assert proof.why


def test_prices_below_zero_prove_nothing(certified: tuple[Path, Path, Any]) -> None:
    """Nor do tables of another size."""
    file, certificate, _ = certified
    arrays = dict(np.load(certificate))
    for price in (arrays["price"] - 10**6, arrays["price"][:, :-1]):
        np.savez(certificate, head=arrays["head"], price=price)
        assert not proven_columns(file, certificate).ok
