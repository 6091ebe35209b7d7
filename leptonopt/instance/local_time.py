"""Instants that somebody states beside an instance, which may be on its clock."""

from __future__ import annotations

from datetime import datetime

from leptonopt.errors import InstanceError
from leptonopt.instance import units
from leptonopt.instance.instance import Instance
from leptonopt.instance.notation import plain


def stated_instant(text: str, instance: Instance) -> datetime:
    """Return an instant; one without an offset is what the clock of the instance shows, where it has one.

    Raises
    ------
    ValueError
        When it is no instant, or one that the clock skips or shows twice.
    """
    if instance.time.zone == "UTC":
        return units.instant(text)
    try:
        written = plain({"time": {"zone": instance.time.zone, "start": text}}).document["time"]["start"]
    except InstanceError as error:
        raise ValueError(next(each.message for each in error.findings if each.path == ("time", "start"))) from None
    return units.instant(written)
