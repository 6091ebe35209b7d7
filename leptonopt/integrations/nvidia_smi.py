"""Read GPUs from `nvidia-smi -q -x`: capacity by model, MIG devices, device memory and power."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from xml.etree import ElementTree

from leptonopt.errors import InputError
from leptonopt.integrations.imported import Document, Grid, Imported, plain_number

COMMANDS = (("nvidia-smi", "-q", "-x"),)


def read(texts: Sequence[tuple[str, str]], params: Mapping[str, str], grid: Grid) -> Imported:
    """Return one pool for each model of GPU in each file, one file a machine.

    A GPU in MIG mode counts as its MIG devices, as a resource `mig-MEMORYgb` each; its utilisation is not known.

    Raises
    ------
    InputError
        When a file is not what `nvidia-smi -q -x` prints.
    """
    found = Imported()
    for name, text in texts:
        machine = re.sub(r"\.xml$", "", name.rpartition("/")[2])
        models: dict[str, list[ElementTree.Element]] = {}
        for gpu in _gpus(name, text):
            models.setdefault(gpu.findtext("product_name", "GPU"), []).append(gpu)
        for model, gpus in models.items():
            pool = params.get("pool", machine) if len(models) == 1 else f"{machine} {model}"
            found.pools.append(_pool(pool, model, gpus, found))
    return found


def _gpus(name: str, text: str) -> list[ElementTree.Element]:
    if "<!ENTITY" in text:  # entities could grow without a limit
        raise InputError(f"{name}: has entities, which `nvidia-smi -q -x` does not write")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"{name}: is no XML: {error}") from None
    if root.tag != "nvidia_smi_log":
        raise InputError(f"{name}: its root is <{root.tag[:40]}>, not <nvidia_smi_log> as of `nvidia-smi -q -x`")
    return root.findall("gpu")


def _pool(pool: str, model: str, gpus: Sequence[ElementTree.Element], found: Imported) -> Document:
    capacity: Counter[str] = Counter()
    for gpu in gpus:
        if gpu.findtext("mig_mode/current_mig") == "Enabled":
            capacity.update(f"mig-{_slice(device)}gb" for device in gpu.findall("mig_devices/mig_device"))
        else:
            capacity["gpu"] += 1
    made: Document = {"id": pool, "capacity": dict(capacity), "labels": [model]}
    memory = min((_number(gpu.findtext("fb_memory_usage/total")) or Decimal(0) for gpu in gpus), default=Decimal(0))
    if memory and set(capacity) == {"gpu"}:
        made["device_memory"] = plain_number(round(memory / 1024, 3))
    limits = [limit for gpu in gpus if (limit := _power_limit(gpu)) is not None]
    if limits and set(capacity) == {"gpu"}:
        made["power"] = {"gpu": plain_number(max(limits) / 1000)}
        found.notes.append(f"{pool}: the power of a GPU is its limit, {max(limits)} W; measured power is less")
    busy = sum(bool(gpu.findall("processes/process_info")) for gpu in gpus)
    if busy:
        found.notes.append(f"{pool}: {busy} of {len(gpus)} GPUs run processes now; they are in the capacity")
    return made


def _slice(device: ElementTree.Element) -> int:
    """Return the memory of a MIG device in GB, as the names of profiles round it."""
    return round((_number(device.findtext("fb_memory_usage/total")) or 0) / 1024)


def _power_limit(gpu: ElementTree.Element) -> Decimal | None:
    """Return the power limit [W], in which of the places driver versions write it."""
    places = ("gpu_power_readings/current_power_limit", "gpu_power_readings/power_limit", "power_readings/power_limit")
    found = [_number(gpu.findtext(place)) for place in places]
    return next((value for value in found if value is not None), None)


def _number(text: str | None) -> Decimal | None:
    found = re.match(r"\s*(\d+(?:\.\d+)?)", text or "")
    return Decimal(found[1]) if found else None
