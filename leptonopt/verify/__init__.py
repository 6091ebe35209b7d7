"""The independent checker: does a plan keep every rule of an instance, and does every cent add up?

Standard library only, and nothing of the rest of this package: it reads the two documents for itself
and computes everything anew in integers and fractions. Its doubling of the rules is meant. It consumes,
never searches. The rules, by the names they carry everywhere:

    form        the plan is a plan document at all
    once        every copy of every task runs exactly once, or is left out where it is optional
    option      what runs is a way to run the task: pool, uses, variant, quality, needs, and its duration
    segments    a task that may be cut does all of its work, in segments one after another
    window      start on a slot, not before the release; end not after the deadline or the horizon
    capacity    in no slot do the demands exceed what a pool offers there
    nodes       no more nodes on than there are, held and paid as the instance says, and enough for the demands
    precedence  a task starts `lag`, and at most `most`, after each copy of the task it waits for has ended
    quota       what counts for a quota is at most its limit
    affinity    tasks that belong together share a pool; tasks kept apart do not
    replicas    replicas are of ways that there are, no more than may be, on long enough, and enough of them usable
    serve       usable replicas serve the whole demand, what is missed at a price aside, and batches in their windows
    cost        the cost of every task and of the whole is what the instance's prices say
    bill        bill, nodes, utilisation and figures follow from the tasks
    status      status, bound and gap claim no more than the numbers carry
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from leptonopt.verify.checker import PlanChecker
from leptonopt.verify.claims import other_instance_message
from leptonopt.verify.exact import BROKEN, Findings, Malformed, Proof, Verdict, Violation, broken, fraction
from leptonopt.verify.fingerprints import fingerprint
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.schema_check import load_schema, schema_violations
from leptonopt.verify.segments import is_cut

__all__ = ["Proof", "Verdict", "Violation", "fingerprint", "proven", "stateless", "uncoupled", "verify"]


def verify(
    instance: Mapping[str, Any],
    plan: Mapping[str, Any],
    any_instance: bool = False,
    look: Callable[[], object] = lambda: None,
) -> Verdict:
    """The verdict on a plan.

    A plan whose `instance.sha256` is not the fingerprint of this instance is refused in one line. With `any_instance`
    it is judged by the rules of this one all the same, and a note says so.

    Parameters
    ----------
    instance : the native document, numbers as int or Decimal (`json.load(..., parse_float=Decimal)`).
    plan : the plan document, numbers as int, float or Decimal.
    look : called again and again meanwhile; what it raises ends the check.
    """
    try:
        if not isinstance(plan, Mapping) or plan.get("leptonopt_plan") != 1:
            raise Malformed("not a plan document of version 1 (leptonopt_plan: 1)")
        findings = Findings()
        for place, what in schema_violations(plan, load_schema("plan")):
            findings.say("form", place, what)
        if (
            not findings.found
            and (why := other_instance_message(plan, instance, fingerprint(instance)))
            and not any_instance
        ):
            findings.say("form", "", why)
        if findings.found:
            return Verdict(False, tuple(findings.found), None, findings.notes())
        return PlanChecker(StatedInstance(instance), plan, not why, look).verdict()
    except Malformed as error:
        return Verdict(False, (Violation("form", "", None, str(error)),), None)
    except BROKEN as error:
        text = f"the documents cannot be compared: {broken(error)}; `leptonopt validate` judges the instance"
        return Verdict(False, (Violation("form", "", None, text),), None)


def stateless(instance: Mapping[str, Any]) -> str:
    """Why a document is no instance at all, as far as the checker can tell; empty where it may be one."""
    try:
        StatedInstance(instance).kinds()
    except (Malformed, *BROKEN) as error:
        return broken(error)
    return ""


def proven(instance: Mapping[str, Any], certificate: Mapping[str, Any]) -> Proof:
    """Return the proof by the prices of a certificate; see `leptonopt.verify.bound`.

    `ok` when that is at least the bound that the certificate states.
    """
    from leptonopt.verify.segment_bound import SegmentBound  # only certificates need it

    try:
        bound = SegmentBound(StatedInstance(instance), certificate).value()
        stated = certificate.get("bound")
        made_for = (certificate.get("instance") or {}).get("sha256")
        if made_for not in (None, fingerprint(instance)):
            return Proof(False, bound, "the certificate was made for another state of this instance")
        if bound is None:
            return Proof(stated is None, None, "a task that must run has no way and no start at which it fits alone")
        if stated is not None and fraction(stated, "bound") > bound:
            return Proof(False, bound, f"the certificate states the bound {stated}; its prices prove only {bound}")
        return Proof(True, bound, "")
    except Malformed as error:
        return Proof(False, None, str(error))
    except BROKEN as error:
        return Proof(False, None, f"the certificate cannot be read: {broken(error)}")


def uncoupled(instance: Mapping[str, Any]) -> bool:
    """Return whether no rule joins tasks: the least cost is the sum of those of each alone.

    That is, there are no nodes, quotas, precedence, sets or services, and all tasks at once, each where it takes most,
    fit.
    """
    stated = StatedInstance(instance)
    if any(map(is_cut, stated.tasks.values())):
        return False
    if stated.metered:
        return False
    if stated.quotas or instance.get("together") or instance.get("apart") or stated.kinds() or instance.get("services"):
        return False
    most: dict[tuple[str, str], Fraction] = {}
    for id, task in stated.tasks.items():
        if task.get("after"):
            return False
        largest: dict[tuple[str, str], Fraction] = {}
        for way in stated.ways(id).values():
            for resource, count in way.uses.items():
                key = way.pool, resource
                largest[key] = max(count, largest.get(key, count))
        for key, count in largest.items():
            most[key] = most.get(key, Fraction(0)) + count * int(task.get("copies", 1))
    return all(count <= least for key, count in most.items() for least in stated.least(*key) if least is not None)
