"""Engines that crash, hang, lie, flood, say nothing or eat all memory are survived; engines in a new version prove
themselves; memory is limited. The fakes are in `fakes/`; no hook in the product knows of them."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import Alarm, EngineError, NoPlan, UsageError
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session import lane, memory
from leptonopt.session.portfolio import Stage
from leptonopt.solvers import registry as methods
from leptonopt.solvers import selftest
from leptonopt.verify import verify
from tests.helpers import bruteforce, traces
from tests.helpers.marks import CI

LEAST = 182
LIMIT = 4.0
MINE = {  # what a note says of each fake
    "crashes": "crashes ended without an answer (signal 11)",
    "aborts": "signal 6: Check failed: 1 == 2",
    "leaves": "leaves ended without an answer (exit code 0)",
    "exits": "exits failed: SystemExit: 3",
    "raises": "raises failed: RuntimeError: no licence",
    "broken": "broken failed: ImportError: libengine.so",
    "garbles": "garbles answered nonsense",
    "closes": "closes ended without an answer",
    "babbles": "babbles answered nonsense",
    "misshapes": "misshapes answered nonsense",
    "strays": "was refused: it breaks once",
    "cancels": "was refused: it breaks capacity, once",
    "flatters": "a cost from flatters was corrected from 179 to 184 units",
    "floods": "",
}
ENDLESS = {"hangs", "clings", "freezes", "spawns", "pours"}


def checked(result: Any) -> None:
    """The plan has passed the checker here too, and the bound is valid."""
    assert result.plan is not None
    assert verify(json.loads(json.dumps(traces.crowded())), result.document).ok
    assert result.bound <= LEAST <= result.cost <= 184


@pytest.mark.parametrize("fake", sorted({*MINE, *ENDLESS}))
def test_a_bad_engine_costs_a_note_not_the_plan(fake: str, fakes: Any) -> None:
    """Whatever an engine does: a checked plan in time, a valid bound, one line about it, nothing left behind."""
    fakes()
    limit, begun = 1.0 if fake in ENDLESS else 20.0, time.monotonic()
    result = leptonopt.solve(traces.crowded(), method=fake, time_limit=limit)
    assert time.monotonic() - begun < (limit + 2 if fake in ENDLESS else 3) + 8, "8 for a loaded machine"
    checked(result)
    assert result.status == "feasible"
    notes = "\n".join(result.notes)
    assert MINE.get(fake, "") in notes
    assert "\n" not in notes


def test_a_bad_engine_beside_good_ones_changes_nothing(fakes: Any) -> None:
    """With one lane of `auto` crashed, another proves the optimum."""
    fakes(cpsat="crashes")
    result = leptonopt.solve(traces.crowded(), time_limit=30, threads=2)
    checked(result)
    assert (result.status, result.cost) == ("optimal", LEAST)
    assert any("cpsat ended without an answer (signal 11)" in note for note in result.notes)


def test_all_engines_bad_at_once(fakes: Any) -> None:
    """With every lane of `auto` hanging, crashing or garbling, greedy's plan is delivered."""
    fakes(cpsat="hangs", lagrangian="garbles", cbc="broken", highs="floods")
    checked(leptonopt.solve(traces.crowded(), time_limit=8, threads=2))


@pytest.mark.parametrize(
    ("fake", "said"), [("denies", "says that no plan exists"), ("overbids", "contradicts a proof")]
)
def test_a_lie_that_contradicts_a_plan_raises_the_alarm(fake: str, said: str, fakes: Any) -> None:
    """A false infeasible and a bound one unit too high are caught, with evidence of what was known."""
    fakes()
    with pytest.raises(Alarm, match=said) as caught:
        leptonopt.solve(traces.crowded(), method=fake, time_limit=LIMIT)
    assert caught.value.exit_code == 7
    evidence = caught.value.evidence
    assert evidence["phase"] == fake
    assert evidence["cost"] == 184
    assert evidence["schedule"]
    assert evidence["instance"]["tasks"]
    assert fake in (evidence["bounds"] if fake == "overbids" else evidence["log"][-1])


def test_a_false_optimal_is_caught_by_a_second_engine(fakes: Any) -> None:
    """One engine's word makes an optimum; confirmed by another, a false one raises the alarm."""
    fakes()
    with pytest.raises(Alarm, match="finds a plan for 182"):
        leptonopt.solve(traces.crowded(), method="boasts", time_limit=30, confirm=True)


def test_a_false_infeasible_is_caught_by_a_second_engine(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an incumbent to contradict it, the second model finds a plan."""
    fakes()
    nothing = Solution(Status.UNKNOWN, Stop.DONE, note="nothing found")
    monkeypatch.setattr("leptonopt.solvers.greedy.baseline", lambda *given: nothing)
    with pytest.raises(Alarm, match="where none is said to exist"):
        leptonopt.solve(traces.crowded(), method="denies", time_limit=30, confirm=True)


def test_a_stage_without_gains_gives_way(fakes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that would hang until the limit is stopped after its patience, and the next one proves the optimum."""
    fakes()
    monkeypatch.setattr(lane, "SETTINGS", lane.LaneSettings(patience=1.0, patience_share=0.0))
    monkeypatch.setattr("leptonopt.session.session.is_tiny", lambda problem: False)
    stages = [(Stage("hangs"), Stage("cpsat"))]
    monkeypatch.setattr("leptonopt.session.portfolio.choose_stages", lambda *given: stages)
    result = leptonopt.solve(traces.crowded(), threads=1, time_limit=60)
    assert (result.status, result.cost) == ("optimal", LEAST)
    assert result.notes == ()


def test_auto_looks_for_a_plan_first_where_greedy_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """On intervals, before anything else that its lane would run."""
    nothing = Solution(Status.UNKNOWN, Stop.DONE, note="nothing found")
    monkeypatch.setattr("leptonopt.solvers.greedy.baseline", lambda *given: nothing)
    monkeypatch.setattr(methods, "dispatching_rules", list)
    monkeypatch.setattr("leptonopt.solvers.branch_and_bound.is_small", lambda problem: False)
    monkeypatch.setattr("leptonopt.session.session.is_tiny", lambda problem: False)
    result = leptonopt.solve(traces.crowded(), threads=1, time_limit=30)
    assert result.status is Status.OPTIMAL
    assert "cpsat-intervals" in result.document["made"]["engines"]


def test_alarms_end_the_command_line_with_code_7_and_evidence(tmp_path: Path, room: Path) -> None:
    """One line, the exit code, and a file with the evidence."""
    (tmp_path / "week.json").write_text(json.dumps(traces.crowded()))
    done = subprocess.run(
        traces.command("solve", tmp_path / "week.json", "-m", "overbids", "-q"),
        env=traces.environment(room, mark := uuid.uuid4().hex, ""),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (7, "", 1)
    assert json.loads((tmp_path / "leptonopt-alarm.json").read_text())["bounds"]["overbids"] == 185
    assert not traces.left(mark, room)


@pytest.mark.parametrize("fake", ["spawns", *(pytest.param(fake, marks=CI) for fake in ("hangs", "clings", "freezes"))])
def test_no_orphan_after_kill_9(fake: str, tmp_path: Path, room: Path) -> None:
    """The program killed without a word takes every engine along, and what engines have started."""
    (tmp_path / "week.json").write_text(json.dumps(traces.crowded()))
    mark = uuid.uuid4().hex
    words = traces.command("solve", tmp_path / "week.json", "-m", fake, "-t", "60")
    with traces.started(words, traces.environment(room, mark, ""), tmp_path) as process:
        until = time.monotonic() + 30
        while not any("leptonopt.session.worker_main" in line for line in traces.alive(mark)):
            assert time.monotonic() < until
            time.sleep(0.05)
        time.sleep(0.7)
        process.kill()
    assert not traces.left(mark, room)


def test_a_second_interrupt_kills(tmp_path: Path, room: Path) -> None:
    """Ctrl-C twice ends a solve whose engine will not stop, at once, and its engine with it."""
    (tmp_path / "week.json").write_text(json.dumps(traces.crowded()))
    mark = uuid.uuid4().hex
    words = traces.command("solve", tmp_path / "week.json", "-m", "hangs", "-t", "60", "-o", "plan.json")
    with traces.started(words, traces.environment(room, mark, ""), tmp_path) as process:
        while not any("leptonopt.session.worker_main" in line for line in traces.alive(mark)):
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert not (tmp_path / "plan.json").exists()
    assert not traces.left(mark, room)


def test_engines_that_cannot_be_started_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process to be had: a note and greedy's plan."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    result = leptonopt.solve(traces.crowded(), method="cpsat", time_limit=LIMIT)
    checked(result)
    assert any("cpsat could not be started" in note for note in result.notes)


def test_the_limit_counts_reading(tmp_path: Path) -> None:
    """An instance that takes longer to read than there is time ends with no plan, in time."""
    stated = traces.crowded()
    stated["tasks"] = [{**task, "id": f"{task['id']}-{at}"} for at in range(3000) for task in stated["tasks"]]
    (tmp_path / "large.json").write_text(json.dumps(stated))
    begun = time.monotonic()
    with pytest.raises(NoPlan, match="while the instance was read"):
        leptonopt.solve(tmp_path / "large.json", time_limit=0.2)
    assert time.monotonic() - begun < 10


# --- memory -----------------------------------------------------------------------------------------

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts data as it is taken")


@linux
def test_an_engine_out_of_memory_costs_a_note_not_the_plan(fakes: Any) -> None:
    """What an engine may take is limited; past it, its lane ends with a clear note."""
    fakes()
    result = leptonopt.solve(traces.crowded(), method="eats", time_limit=20, memory="400 MB")
    checked(result)
    assert result.notes == ("eats ran out of memory",)


LOADS = {"cbc": "pulp", "cpsat": "ortools.sat.python.cp_model", "highs": "highspy"}


def taken_before_it_begins(method: str) -> int:
    """Bytes of data of a child that has loaded its engine and no problem yet, on this machine."""
    script = f"import leptonopt.session.worker_main, leptonopt.algorithms.models.time_indexed, {LOADS[method]}; print(open('/proc/self/status').read())"
    said = subprocess.run([sys.executable, "-c", script], cwd=traces.ROOT, capture_output=True, text=True, check=True)
    return 1024 * int(next(line.split()[1] for line in said.stdout.splitlines() if line.startswith("VmData")))


def within(method: str, file: str, more: int, seconds: float) -> Any:
    """The result with so many bytes of memory beyond what the engine takes at once."""
    size = max(memory.MIN_MEMORY, taken_before_it_begins(method) + more)
    return leptonopt.solve(traces.ROOT / "instances" / file, method=method, time_limit=seconds, memory=size)


@linux
@pytest.mark.parametrize("method", ["cbc", pytest.param("cpsat", marks=CI), pytest.param("highs", marks=CI)])
def test_real_engines_out_of_memory(method: str) -> None:
    """The same with CP-SAT, which aborts, and with HiGHS, which is a child of the child.

    10 MB cannot be enough: CP-SAT and HiGHS do not do with 160 MB here, nor the model that CBC is given with 40.
    """
    result = within(method, "elasticflow-100.yaml", 10_000_000, 60)
    assert result.plan is not None
    assert result.status == "feasible"
    assert any(f"{method} ran out of memory" in note for note in result.notes), (result.notes, result.log)


@linux
@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("cbc", 5_000_000),
        *(pytest.param("cbc", more, marks=CI) for more in (0, 10**7, 2 * 10**7, 4 * 10**7)),
        *(pytest.param(method, more, marks=CI) for method in ("cpsat", "highs") for more in (0, 4 * 10**7, 32 * 10**7)),
    ],
)
def test_wherever_memory_ends_there_is_a_plan(method: str, more: int) -> None:
    """Enough or not: a plan and a bound, and either the engine's own end or a note that says how it ended."""
    result = within(method, "elasticflow-20.yaml" if method == "cbc" else "elasticflow-100.yaml", more, 5)
    assert result.plan is not None
    assert result.bound is not None
    ended = result.stop in (Stop.PROOF, Stop.LIMIT)
    assert ended or any(note.startswith(f"{method} ") for note in result.notes), (result.stop, result.notes, result.log)


def test_sizes_of_memory() -> None:
    """Numbers and texts with decimal and binary units; nonsense is a usage error."""
    sizes = {"8GB": 8 * 10**9, "512MiB": 2**29, "1.5g": 15 * 10**8, " 2 TB ": 2 * 10**12, 2e9: 2 * 10**9, "1e9": 10**9}
    assert {size: memory.parse_memory(size) for size in sizes} == sizes
    assert memory.parse_memory(None) is None
    for wrong in ("", "lots", "-1GB", "5", "8GX", 0, -1.0, float("nan"), float("inf"), "1e400"):
        with pytest.raises(UsageError, match="a memory of"):
            leptonopt.solve(traces.crowded(), memory=wrong)


# --- the self-test ----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in selftest.CASES if case.copies == 1], ids=lambda case: case.what)
def test_answers_of_the_self_test_are_right(case: selftest.SelftestCase) -> None:
    """Brute force agrees with the answers that engines are judged by."""
    found = bruteforce.optimum(case.problem(), 5_000_000)
    assert case.least == (None if found is None else found[0])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own, in which nothing has passed yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("LEPTONOPT_SELFTEST", raising=False)
    return tmp_path / "cache" / "leptonopt" / "selftest"


@pytest.mark.parametrize("method", ["cpsat", "cbc", "highs", "lns", "pulp:PULP_CBC_CMD"])
def test_engines_pass_once_per_version(method: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real engine passes, which is remembered; a new version, and only that, is tested again."""
    monkeypatch.setattr(selftest, "SECONDS", 60.0)
    assert selftest.failed_selftest(method) == ""
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(selftest, "_examined", lambda *given: "asked again")
    assert selftest.failed_selftest(method) == ""
    monkeypatch.setattr("importlib.metadata.version", lambda package: "99.0")
    assert "99.0 fails the self-test: asked again" in selftest.failed_selftest(method)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (lambda right: Solution(Status.INFEASIBLE, Stop.PROOF), "says infeasible"),
        (lambda right: dataclasses.replace(right, bound=right.bound + 1), "claims a bound of"),
        (lambda right: dataclasses.replace(right, schedule=Schedule.of([0, 1], [0, 0])), "the answer breaks"),
        (lambda right: dataclasses.replace(right, schedule=Schedule.of([], [])), "optimal, but"),
    ],
)
def test_every_lie_fails_the_self_test(lie: Any, said: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Infeasible, optimal, a bound or an answer that is untrue: not used, not remembered, in one line."""
    real = methods.load_method("cpsat")

    def lies(*given: Any) -> Solution:
        right = real(*given)
        return lie(right) if right.schedule is not None else right

    monkeypatch.setattr(methods, "load_method", lambda name: lies)
    why = selftest.failed_selftest("lns")
    assert why.startswith("lns is not used: ortools ")
    assert said in why
    assert "\n" not in why
    assert not cache.exists()


def test_no_verdict_without_answers(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that gives up or fails altogether is neither remembered nor blamed; what is no engine is not asked."""
    monkeypatch.setattr(methods, "load_method", lambda name: lambda *given: Solution(Status.UNKNOWN, Stop.LIMIT))
    assert selftest.failed_selftest("cpsat") == selftest.failed_selftest("greedy") == ""
    monkeypatch.setattr(methods, "load_method", lambda name: 1 / 0)
    assert selftest.failed_selftest("cpsat") == ""
    assert not cache.exists()


@pytest.mark.parametrize("home", ["/dev/null/nowhere", "/proc/nowhere"])
def test_a_home_that_cannot_be_written_is_no_fault(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pass is forgotten, silently."""
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setattr(selftest, "_examined", lambda *given: "")
    assert selftest.failed_selftest("cpsat") == ""


def test_an_engine_that_fails_its_self_test_is_not_used(
    fakes: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In `auto` its lane ends with a note; asked for by name it is an error, exit code 5; switched off, it is used."""
    fakes(cpsat="denies")
    result = leptonopt.solve(traces.crowded(), time_limit=30, threads=2)
    assert (result.status, result.cost) == ("optimal", LEAST)
    assert any("cpsat is not used: ortools" in note for note in result.notes)
    for isolate in (True, False):
        with pytest.raises(EngineError, match="fails the self-test") as caught:
            leptonopt.solve(traces.crowded(), method="cpsat", time_limit=LIMIT, isolate=isolate)
        assert caught.value.exit_code == 5
    monkeypatch.setenv("LEPTONOPT_SELFTEST", "off")
    with pytest.raises(Alarm):
        leptonopt.solve(traces.crowded(), method="cpsat", time_limit=LIMIT)


def test_children_are_given_their_limits() -> None:
    """Nine tenths of the machine, shared; never more than there is."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert memory.MIN_MEMORY <= memory.share_of_memory(2) <= memory.share_of_memory(1) <= whole
    assert Limits().cutoff is None
