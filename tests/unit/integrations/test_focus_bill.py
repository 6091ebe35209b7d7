"""Bills in the FOCUS format: exact sums, effective prices, use of commitments."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from leptonopt.errors import InputError
from leptonopt.integrations import focus_bill
from leptonopt.integrations.imported import Grid

GRID = Grid(datetime(2026, 1, 5, tzinfo=UTC), 3600, 3600)
HEAD = (
    "ProviderName,RegionId,ServiceCategory,ChargeCategory,ChargeDescription,ChargePeriodStart,PricingCategory,"
    "PricingUnit,PricingQuantity,EffectiveCost,BillingCurrency,CommitmentDiscountId,CommitmentDiscountStatus"
)


def bill(*rows: str) -> list[tuple[str, str]]:
    """Return a bill of rows."""
    return [("bill.csv", "\n".join((HEAD, *rows)) + "\n")]


def test_effective_price() -> None:
    """Cost over hours of a type of machine; its count is the most that ran at once."""
    line = "AWS,us,Compute,Usage,$3.06 per On Demand Linux p3.2xlarge Instance Hour"
    found = focus_bill.read(
        bill(
            f"{line},2026-01-01 00:00,Standard,Hours,1,3.06,USD,,",
            f"{line},2026-01-01 00:00,Standard,Hours,1.5,4.59,USD,,",
            f"{line},2026-01-01 01:00,Standard,Hours,1,3.00,USD,,",
            f"{line},2026-01-01 01:00,Committed,Hours,2,2.00,USD,plan/7,Used",
            "AWS,us,Compute,Usage,unused,2026-01-01 01:00,Committed,Hours,2,2.00,USD,plan/7,Unused",
            "AWS,us,Storage,Usage,disk,2026-01-01,Standard,GB,10,0.123456789,USD,,",
        ),
        {},
        GRID,
    )
    both = {pool["id"]: pool["nodes"][0] for pool in found.pools}
    assert both["aws-us-p3.2xlarge"] == {
        "id": "p3.2xlarge", "size": {"node": 1}, "count": 3, "price": Decimal("3.042857143"),
    }  # fmt: skip
    assert both["aws-us-p3.2xlarge-committed"]["price"] == 1
    assert found.notes[0] == "EffectiveCost of all 6 rows: 14.773456789 USD"
    assert found.notes[1] == "commitment 7: 50.0% of 4.00 is used"
    assert len(both) == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_sum_is_exact(seed: int) -> None:
    """The sum of many small costs equals that of decimals, to the last digit."""
    dice = random.Random(seed)
    costs = [Decimal(dice.randint(-(10**6), 10**12)).scaleb(-dice.randint(0, 14)) for _ in range(300)]
    found = focus_bill.read(bill(*(f"AWS,,Other,Usage,x,,,GB,1,{cost:f},USD,," for cost in costs)), {}, GRID)
    said = Decimal(found.notes[0].split(": ")[1].removesuffix(" USD"))
    assert said == sum(costs)


def test_other_files() -> None:
    """Missing columns and costs that are no numbers get one line."""
    with pytest.raises(InputError, match="lacks the columns EffectiveCost"):
        focus_bill.read([("x.csv", "a,b\n1,2\n")], {}, GRID)
    with pytest.raises(InputError, match=r"bill.csv:2: EffectiveCost"):
        focus_bill.read(bill("AWS,,Other,Usage,x,,,GB,1,dear,USD,,"), {}, GRID)
