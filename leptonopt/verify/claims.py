"""Claims of a plan document about itself: instance, proof, engines, and how it was made.

Most of it follows from the rest of the plan and is computed anew. What only the solve knew (seconds, versions, which
engine said what) cannot be; it is checked for its type by `verify.schema_check`, and here for what contradicts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from leptonopt.verify.exact import MICRO, Findings, Proof, exact, fraction, shown
from leptonopt.verify.instance_reader import NOTHING

METHODS = {
    "auto", "greedy", "least-loaded", "earliest-deadline", "cheapest-option", "random-key", "cpsat-intervals",
    "apparent-tardiness-cost", "earliest-due-date", "weighted-shortest-processing", "penalty-search",
    "branch-and-bound", "sos-branching", "order-descent", "lagrangian", "large-scale", "large-scale-prices",
    "large-scale-stages", "lns", "lns-parallel", "cpsat", "highs", "cbc", "assignment", "ruin-and-recreate",
    "segments", "services",
    "deadline-first", "cheapest-first", "scale", "scale-prices", "scale-stages", "knapsacks", "spread",  # former names
}  # fmt: skip
OTHERS = {"windows", "bound", "certificate", "regions"}  # who proves something besides methods
UNNAMED = "unnamed"  # the name of an instance that states none
CHECKER = "checker"  # who confirms what follows from the instance without a search
PAIRS = {"optimal": {"proof"}, "infeasible": {"proof"}}  # why a solve ends, by what it proves
WITH_PLAN = ("optimal", "feasible")  # statuses that come with a plan
ENDS = {"gap", "limit", "interrupt", "done", "failed"}


def other_instance_message(plan: Mapping[str, Any], document: Mapping[str, Any], fingerprint: str) -> str:
    """Say in one line that a plan is for another instance; empty when it is for this one."""
    instance = plan["instance"]
    if instance["sha256"] == fingerprint:
        return ""
    named, own = instance["name"], document.get("name", UNNAMED)
    which = f" ({named!r}, not {own!r})" if named != own else ""
    return (
        f"instance: the plan is for another instance{which}: its sha256 begins with {instance['sha256'][:12]}, that of "
        f"this one with {fingerprint[:12]}; --any-instance checks it all the same"
    )


class Claims:
    """The claims of a plan, each said to `findings` when it contradicts the rest of the document."""

    def __init__(self, plan: Mapping[str, Any], findings: Findings) -> None:
        self.plan, self.findings, self.say = plan, findings, findings.say
        self.loss = fraction(plan["made"]["money_loss"], "made.money_loss")

    def check(self, document: Mapping[str, Any], same: bool) -> None:
        """Check everything; the names of the instance only where the plan says that it is for this one."""
        zone = (document.get("time") or {}).get("zone") or "UTC"
        named = self.plan.get("zone", "UTC") if "leptonopt_plan" in self.plan else zone  # plans in columns name none
        if same:
            for place, said, true in (
                ("instance.name", self.plan["instance"]["name"], document.get("name", UNNAMED)),
                ("currency", self.plan["currency"], document.get("currency", "USD")),
                ("zone", named, zone),
            ):
                if said != true:
                    self.say("form", place, f"is {said!r}, not {true!r}")
        self._stop()
        self._proof()
        self._made()
        self._trace()

    def _stop(self) -> None:
        """Why it ended, against what is proven."""
        plan, status, stop = self.plan, self.plan["status"], self.plan["stop"]
        allowed = PAIRS.get(status, ENDS)
        if stop not in allowed:
            known = ", ".join(sorted(allowed))
            self.say("status", "stop", f"is {stop!r} with the status {status!r}; allowed is {known}")
        asked = plan["made"]["limits"]["gap"]
        if stop == "gap" and (plan["gap"] is None or exact(plan["gap"]) > exact(asked) * (1 + Fraction(1, 10**9))):
            self.say("status", "stop", f"is 'gap', yet the gap is {plan['gap']}, not {asked} or less")
        if status == "optimal" and self.loss:
            self.say("status", "status", "is 'optimal', yet money was coarsened (made.money_loss)")
        if status == "infeasible" and not plan["why"]:
            self.say("status", "why", "is empty; reasons are given where no plan exists")
        if plan["cost"] is not None and plan["why"]:
            self.say("status", "why", "is given, yet there is a plan")

    def _proof(self) -> None:
        plan, proof = self.plan, self.plan["proof"]
        by, confirmed = proof["by"], proof["confirmed_by"]
        proven = plan["status"] in PAIRS
        for key, names, more in (("by", by, OTHERS), ("confirmed_by", confirmed, {CHECKER})):
            for name in names:
                if name not in METHODS | more and not name.startswith("pulp:") and name != plan["method"]:
                    text = f"{name!r} is no method; allowed is a name of `leptonopt methods`"
                    self.say("status", f"proof.{key}", text)
            if len(set(names)) < len(names):
                self.say("status", f"proof.{key}", "names a method twice")
        if bool(by) != (proven or plan["bound_exact"] is not None):
            self.say("status", "proof.by", "names who is behind a proof or a bound, and nobody where there is none")
        if confirmed and not proven:
            self.say("status", "proof.confirmed_by", f"nothing is confirmed where the status is {plan['status']!r}")
        if bool(confirmed) != (proof["confirmation"] is not None):
            self.say("status", "proof.confirmation", "says how it was confirmed, and nothing where nobody has")
        if proof["certified"] is not None:
            self._certified(fraction(proof["certified"], "proof.certified"))

    def _certified(self, certified: Fraction) -> None:
        plan = self.plan
        if plan["status"] == "infeasible":
            self.say("status", "proof.certified", "a bound is certified where no plan exists")
        for key in ("cost_exact", "bound_exact"):
            if plan[key] is not None and not (self.loss and key == "bound_exact"):
                over = certified - fraction(plan[key], key)
                if over > 0:
                    self.say("status", "proof.certified", f"{shown(certified)} is above {key} {plan[key]}", over)
        if plan["bound_exact"] is None and not self.loss:
            self.say("status", "proof.certified", f"is {shown(certified)}, yet there is no bound")

    def _made(self) -> None:
        """Check how the plan was made: a deterministic run writes no seconds and no trace."""
        made = self.plan["made"]
        if made["limits"]["deterministic"] and (made["seconds"] or self.plan["trace"]):
            self.say("form", "made.limits.deterministic", "is true, yet seconds or a trace are given")
        if self.loss < 0:
            self.say("form", "made.money_loss", f"is {shown(self.loss)}; at least 0")

    def _trace(self) -> None:
        """Costs go down and bounds up, and both end where the plan stands."""
        steps = self.plan["trace"]
        for number, (step, following) in enumerate(pairwise(steps)):
            at = f"trace[{number + 1}]"
            if exact(following["seconds"]) < exact(step["seconds"]):
                self.say("form", f"{at}.seconds", f"is {following['seconds']}, before the entry above it")
            for key, sign in (("cost", 1), ("bound", -1)):
                low, high = step[key], following[key]
                if low is not None and (high is None or sign * _apart(high, low) > 0):
                    self.say("form", f"{at}.{key}", f"is {high} after {low}; costs go down and bounds up")
        if not steps or self.loss:
            return
        for key in ("cost", "bound") if self.plan["status"] != "infeasible" else ("cost",):
            value, end = steps[-1][key], self.plan[key]
            if (value is None) != (end is None) or (value is not None and _apart(value, end)):
                self.say("form", f"trace[{len(steps) - 1}].{key}", f"is {value}, yet the plan ends at {end}")

    def check_cost(self, cost: Fraction) -> None:
        """Check the stated cost against the computed one."""
        plan = self.plan
        self.findings.same("cost", "cost", plan["cost"], cost)
        if plan["cost_exact"] is None:
            self.say("cost", "cost_exact", f"is missing, yet the cost is {plan['cost']}")
        elif (stated := fraction(plan["cost_exact"], "cost_exact")) != cost:
            self.say("cost", "cost_exact", f"is {stated}, not {cost}", stated - cost)

    def check_bound(self, cost: Fraction | None) -> Fraction | None:
        """Return the exact bound; the rounded one must agree with it."""
        rounded, stated = self.plan["bound"], self.plan["bound_exact"]
        if stated is None:
            if rounded is not None:
                self.say("status", "bound_exact", f"is missing, yet the bound is {rounded}")
            return None
        bound = fraction(stated, "bound_exact")
        off = None if rounded is None else bound - exact(rounded)
        grain = 2 * MICRO + abs(bound) * Fraction(1, 10**15)
        if off is None or not (0 <= off <= grain or (bound == cost and abs(off) <= grain)):
            self.say("status", "bound", f"is {rounded}, but bound_exact says {stated}")
        return bound

    def check_status(self, cost: Fraction) -> None:
        """Check status, bound and gap of a plan against its computed cost."""
        plan = self.plan
        bound = self.check_bound(cost)
        if plan["status"] not in WITH_PLAN:
            self.say("status", "status", f"{plan['status']!r} with a plan")
        if bound is None:
            if plan["status"] == "optimal" or plan["gap"] is not None:
                self.say("status", "bound", "is missing, yet a gap or optimality is claimed")
            return
        if bound > cost:
            self.say("status", "bound", f"is {shown(bound)}, above the cost {shown(cost)}", bound - cost)
        if plan["status"] == "optimal" and bound != cost:
            text = f"optimal, but the bound {shown(bound)} is not the cost {shown(cost)}"
            self.say("status", "status", text, cost - bound)
        true = NOTHING if bound == cost else (cost - bound) / abs(cost) if cost else None
        if (true is None) != (plan["gap"] is None) or (
            true is not None and abs(exact(plan["gap"]) - true) > abs(true) / 10**9 + Fraction(1, 10**12)
        ):
            self.say("status", "gap", f"is {plan['gap']}, not {None if true is None else shown(true)}")


def _apart(one: Any, other: Any) -> Fraction:
    """Return the excess of a rounded number over another, beyond the effect of rounding."""
    off = exact(one) - exact(other)
    return off if abs(off) > 2 * MICRO + abs(exact(other)) / 10**14 else NOTHING


def against_certificate(plan: Mapping[str, Any], proof: Proof, findings: Findings) -> None:
    """Check what a plan says of its certificate against what the certificate proves."""
    certified = plan["proof"]["certified"]
    said = None if certified is None else fraction(certified, "proof.certified")
    if proof.ok and said is not None and (proof.bound is None or said > proof.bound):
        text = f"is {certified}, yet the certificate proves no more than {proof.bound}"
        findings.say("status", "proof.certified", text)
