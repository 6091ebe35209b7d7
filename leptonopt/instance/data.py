"""Define data that tasks move: links between regions, datasets, and results."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from leptonopt.instance.fields import Lag, Many, Name, NotNegative, Positive, StrictModel
from leptonopt.instance.pools import Pool

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import DatasetDocument, LinkDocument, ResultsDocument


REGION = "region:"  # how the label of a pool begins that names its region
ANYWHERE = "*"


class Link(StrictModel):
    """A way for data from one region to another; within a region data moves for nothing, and at once."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[LinkDocument]) -> None: ...

    from_: Name = Field(alias="from", description="a region, or * for any")
    to: Name = Field(description="a region, or * for any")
    price: NotNegative = Field(default=Decimal(0), description="money per GiB")
    gbit: Positive | None = Field(default=None, description="10^9 bits per second; no limit when absent")
    setup: Lag = Field(default=0, description="time before the first byte")


class Dataset(StrictModel):
    """Data that lies in regions before anything runs."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[DatasetDocument]) -> None: ...

    id: Name
    gib: NotNegative = Field(description="size in GiB, of 2^30 bytes")
    at: Many[Name] = Field(min_length=1, description="regions that have a copy")


class Results(StrictModel):
    """Data that a task writes, and the region that must have it when the task ends."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[ResultsDocument]) -> None: ...

    gib: NotNegative = Field(description="size in GiB, of 2^30 bytes")
    to: Name = Field(description="a region")


def region_of(pool: Pool) -> str | None:
    """Return the region of a pool, from its label `region:NAME`; None without one."""
    return next((label.removeprefix(REGION) for label in pool.labels if label.startswith(REGION)), None)
