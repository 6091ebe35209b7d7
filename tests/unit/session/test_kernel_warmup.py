"""Kernels over jobs are compiled beside a solve where lateness, quotas or nodes count."""

from leptonopt.runtime import jit_cache
from leptonopt.session.kernel_warmup import compile_kernels
from tests.helpers.one_machine import THREE, one_machine


def test_a_process_is_started_for_lateness_alone(monkeypatch):
    started = []
    monkeypatch.setattr(jit_cache.jit, "compiled", lambda part: False)
    monkeypatch.setattr(jit_cache, "start_module", lambda *call: started.append(call))
    assert compile_kernels(one_machine(THREE)) is not None
    assert len(started) == 1
    assert compile_kernels(one_machine([{"length": 2}])) is None
    assert len(started) == 1
