"""Measure the variants of a model: speed and quality with ranges, machine and provenance."""

from __future__ import annotations

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from leptonopt import __version__
from leptonopt.errors import InputError, UsageError
from leptonopt.io.files import first_line, printable
from leptonopt.measurement.model_data import ModelData, read_data
from leptonopt.measurement.quality import quality
from leptonopt.measurement.ranges import Measured
from leptonopt.measurement.timing import relative_speeds
from leptonopt.measurement.variants import FULL, make_variants

PROVIDER = "CPUExecutionProvider"
Session = Any  # of onnxruntime


@dataclass(frozen=True)
class MeasureOptions:
    """Effort and conditions of a measurement.

    Attributes
    ----------
    batch : examples in a call
    threads : of the runtime
    seconds : for all calls that are timed
    rounds : in which each variant takes its turn
    pruned : share of the units that structured pruning takes out
    """

    batch: int = 32
    threads: int = 1
    seconds: float = 10.0
    rounds: int = 15
    pruned: float = 0.5

    def __post_init__(self) -> None:
        """Raise `UsageError` for what is out of range."""
        if self.batch < 1 or self.threads < 1 or self.rounds < 6 or not self.seconds > 0 or not 0 < self.pruned < 1:
            raise UsageError("allowed are batch and threads from 1, rounds from 6, seconds above 0, a share in (0, 1)")


@dataclass(frozen=True)
class MeasuredVariant:
    """A variant: its speed against the full model, its quality, its bytes against the full model's.

    `refused` says why its speed may not be used; empty where it may.
    """

    name: str
    speed: Measured
    quality: Measured
    memory: float
    seconds: float
    refused: str = ""


@dataclass(frozen=True)
class Measurement:
    """All variants of a model on a machine.

    `unmade` says why others could not be made; `provenance` is what a reader needs to measure it again.
    """

    variants: tuple[MeasuredVariant, ...]
    unmade: Mapping[str, str]
    provenance: Mapping[str, Any]

    def variants_document(self) -> dict[str, dict[str, float]]:
        """Return `variants:` of a task: those whose speed is certain to differ from the full model's."""
        return {
            each.name: {
                **({} if each.name == FULL else {"speed": each.speed.document()["value"]}),
                "quality": each.quality.document()["value"],
                **({} if each.name == FULL else {"memory": round(each.memory, 4)}),
            }
            for each in self.variants
            if not each.refused
        }

    def document(self) -> dict[str, Any]:
        """Return all figures with their ranges, as JSON."""
        return {
            "provenance": dict(self.provenance),
            "variants": {
                each.name: {
                    "speed": each.speed.document(),
                    "quality": each.quality.document(),
                    "memory": round(each.memory, 4),
                    "seconds_per_call": each.seconds,
                    "refused": each.refused or None,
                }
                for each in self.variants
            },
            "not_made": dict(self.unmade),
        }


def measure(model: str | os.PathLike[str], data: str | os.PathLike[str], options: MeasureOptions) -> Measurement:
    """Make the variants of a model in ONNX, time them in turns, and compare their answers.

    Parameters
    ----------
    data : an `.npz` with an array for each input, and `labels` if there are any; see `measurement.model_data`.

    Raises
    ------
    UsageError
        When the extra `measure` is not installed.
    InputError
        When the model or the data cannot be read, or do not fit.
    """
    runtime = _runtime()
    with tempfile.TemporaryDirectory(prefix="leptonopt-") as folder:
        full = _session(runtime, Path(model), options.threads)
        examples = read_data(Path(data), [each.name for each in full.get_inputs()])
        if options.batch > examples.count:
            raise UsageError(f"a batch of {options.batch}; allowed is at most the {examples.count} examples")
        files, unmade = make_variants(Path(model), examples, options.pruned, options.batch, Path(folder))
        sessions = {FULL: full}
        for name in [name for name in files if name != FULL]:
            try:
                sessions[name] = _session(runtime, files[name], options.threads)
            except InputError as error:
                unmade[name] = str(error)
        return _measured(sessions, files, examples, options, unmade, runtime.__version__)


def _measured(
    sessions: Mapping[str, Session], files: Mapping[str, Path], data: ModelData, options: MeasureOptions,
    unmade: Mapping[str, str], version: str,
) -> Measurement:  # fmt: skip
    """Return the measurement of sessions, the full model's first."""
    answers = {name: _answers(session, data, options.batch, name) for name, session in sessions.items()}
    wanted = answers[FULL] if data.labels is None else data.labels[: len(answers[FULL])]
    first = next(data.batches(options.batch))
    runs: dict[str, Callable[[], object]] = {
        name: partial(session.run, None, first) for name, session in sessions.items()
    }
    speeds = relative_speeds(runs, options.seconds, options.rounds)
    size, variants, counted = files[FULL].stat().st_size, [], ""
    for name, (speed, seconds) in speeds.items():
        found, counted = quality(answers[name], wanted)
        why = f"speed {speed} covers 1" if name != FULL and speed.covers_one else ""
        variants.append(MeasuredVariant(name, speed, found, files[name].stat().st_size / size, seconds, why))
    return Measurement(
        tuple(variants), unmade, _provenance(files[FULL], data, options, counted, version) | {"examples": len(wanted)}
    )


def _runtime() -> Any:
    try:
        import onnx  # noqa: F401  # makes the variants
        import onnxruntime
    except ImportError:
        raise UsageError("measuring needs ONNX Runtime, which is missing: pip install 'leptonopt[measure]'") from None
    onnxruntime.set_default_logger_severity(3)
    return onnxruntime


def _session(runtime: Any, path: Path, threads: int) -> Session:
    """Return a session of the runtime; raises `InputError` for a file that is no model."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    try:
        return runtime.InferenceSession(str(path), options, providers=[PROVIDER])
    except Exception as error:
        raise InputError(f"{printable(path)}: {first_line(error)}; allowed is a model in ONNX") from None


def _answers(session: Session, data: ModelData, batch: int, name: str) -> Any:
    """Return the first output for all whole batches; raises `InputError` where data do not fit."""
    import numpy as np

    try:
        return np.concatenate([session.run(None, each)[0] for each in data.batches(batch)])
    except Exception as error:
        raise InputError(f"the data do not fit the model ({name}): {first_line(error)}") from None


def _provenance(model: Path, data: ModelData, options: MeasureOptions, counted: str, version: str) -> dict[str, Any]:
    return {
        "leptonopt": __version__,
        "onnxruntime": version,
        "provider": PROVIDER,
        "measured": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "model": {"file": model.name, "sha256": hashlib.sha256(model.read_bytes()).hexdigest()},
        "machine": {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count()},
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "quality": counted + (", against the full model" if data.labels is None else ", against labels"),
        "batch": options.batch,
        "threads": options.threads,
        "rounds": options.rounds,
        "ranges": "95 %: speeds the median over rounds, quality over examples",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
