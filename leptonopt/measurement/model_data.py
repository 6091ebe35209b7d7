"""Data for measurements: arrays by the names of a model's inputs, and what the answers should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from leptonopt.errors import InputError
from leptonopt.io.files import printable

LABELS = "labels"
FEWEST = 10  # examples


@dataclass(frozen=True, eq=False)
class ModelData:
    """Examples of a model's inputs, the first axis of each array, and labels where there are any."""

    inputs: Mapping[str, Any]
    labels: Any | None

    @property
    def count(self) -> int:
        """Return the number of examples."""
        return len(next(iter(self.inputs.values())))

    def batches(self, size: int) -> Iterator[dict[str, Any]]:
        """Yield whole batches of this many examples, in order; models may refuse a smaller one."""
        for begin in range(0, self.count - size + 1, size):
            yield {name: array[begin : begin + size] for name, array in self.inputs.items()}


def read_data(path: Path, names: list[str]) -> ModelData:
    """Return the examples of an `.npz` with an array for each input, and `labels` if there are any.

    Raises `InputError` for what does not fit.
    """
    shown = printable(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        raise InputError(f"{shown}: {error.strerror or error}") from None
    except (ValueError, AttributeError, BadZipFile):
        raise InputError(f"{shown}: is no .npz of plain arrays; allowed is one with an array for each input") from None
    if missing := [name for name in names if name not in arrays]:
        raise InputError(f"{shown}: there is no array {missing[0]!r}; the inputs are {', '.join(names)}")
    labels = arrays.get(LABELS)
    inputs = {name: arrays[name] for name in names}
    sizes = {len(array) if array.ndim else 0 for array in [*inputs.values(), *([] if labels is None else [labels])]}
    if len(sizes) != 1 or min(sizes) < FEWEST:
        raise InputError(f"{shown}: arrays of {sorted(sizes)} examples; allowed is one number of at least {FEWEST}")
    return ModelData(inputs, labels)
