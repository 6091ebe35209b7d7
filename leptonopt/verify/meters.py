"""Meters and savings plans: what is used in each window, what it costs, and which run pays how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Findings, exact
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.nodes import Rented
from leptonopt.verify.quotas import Payer, User, counts, covered, nodes_use, windows_of
from leptonopt.verify.savings import check_savings


@dataclass
class Metered:
    """Cost of meters and savings plans, and what each payer pays of it."""

    total: Fraction = NOTHING
    shares: dict[Payer, Fraction] = field(default_factory=dict)

    def share(self, payer: Payer) -> Fraction:
        """Return what a copy of a run pays, or a team for its services."""
        return self.shares.get(payer, NOTHING)


def check_meters(
    stated: StatedInstance,
    plan: Mapping[str, Any],
    users: Sequence[User],
    nodes: Sequence[Rented],
    findings: Findings,
) -> Metered:
    """Return the cost of meters and savings plans; check what the plan says of windows and shares."""
    found, meters = Metered(), stated.document.get("meters") or ()
    lines = {(line["id"], stated.second(line["from"])): line for line in plan.get("meters") or ()}
    if len(lines) < len(plan.get("meters") or ()):
        findings.say("bill", "meters", "has a line twice")
    for meter in meters:
        for first, end in windows_of(stated, meter):
            findings.look()
            mine = covered(stated, meter, users)
            used = [(user, counts(stated, meter, user.run, first, end)) for user in mine]
            own = sum((user.run.copies * each for user, each in used), NOTHING)
            own += sum((nodes_use(meter, rented, first, end) for rented in nodes), NOTHING)
            before = NOTHING if first else exact(meter.get("used", 0))
            least = exact(meter.get("minimum") or 0)
            cost = max(least, price_of(meter, before + own)) - price_of(meter, before)
            line, name = lines.pop((meter["id"], first * stated.slot), {}), _named(stated, meter["id"], first)
            findings.same("bill", f"{name}: used", line.get("used"), before + own)
            findings.same("bill", f"{name}: cost", line.get("cost"), cost)
            if line and stated.second(line["to"]) != end * stated.slot:
                findings.say("bill", name, f"does not end at {stated.shown(end)}")
            _share(found, used, cost, own)
    for id, begin in lines:
        findings.say("bill", _named(stated, id, begin // stated.slot), "is no meter of the instance")
    found.total += check_savings(stated, plan, users, nodes, found.shares, findings)
    _check_lines(plan, found, stated.metered, findings)
    return found


def _named(stated: StatedInstance, id: str, first: int) -> str:
    return f"meter {id!r} from {stated.shown(first)}"


def price_of(meter: Mapping[str, Any], amount: Fraction) -> Fraction:
    """Return what an amount costs from its first unit on, by its tiers."""
    total = NOTHING
    begins = [exact(tier.get("from", 0)) for tier in meter["tiers"]]
    for at, tier in enumerate(meter["tiers"]):
        end = amount if at + 1 == len(begins) else min(amount, begins[at + 1])
        total += max(NOTHING, end - begins[at]) * exact(tier["price"])
    return total


def _share(found: Metered, used: Sequence[tuple[User, Fraction]], cost: Fraction, own: Fraction) -> None:
    """Divide the cost of a window among the payers by their use."""
    found.total += cost
    for user, each in used if own else ():
        found.shares[user.payer] = found.share(user.payer) + cost * user.times * each / own


def _check_lines(plan: Mapping[str, Any], found: Metered, stated: bool, findings: Findings) -> None:
    """Check the share of each run; none is said where there are neither meters nor savings plans."""
    for line in plan["tasks"]:
        name = f"task {line['id']!r}: metered"
        if stated:
            payer = "task", line["id"], line.get("copy", 1), line.get("segment", 1)
            findings.same("cost", name, line.get("metered"), found.share(payer))
        elif "metered" in line:
            findings.say("cost", name, "is given, where the instance has no meters or savings plans")
