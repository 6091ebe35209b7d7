"""All methods against brute force, each other and the checker, on random instances of all feature families.

Three hundred instances run in CI (`pytest -m ci`), twenty thousand with `pytest -m long`; by hand, in blocks of 25, with
the figures at the end:

    python -m tests.properties.test_crosschecks FIRST_BLOCK LAST_BLOCK
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from math import prod
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.decode import decode
from leptonopt.errors import Unsupported
from leptonopt.instance import validate
from leptonopt.plan.document import plan_document
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, Solution, Status
from leptonopt.problem.schedule import Schedule, node_schedule_of, objective
from leptonopt.session.certificate import _document, best_certificate
from leptonopt.solvers.registry import TABLE, load_method
from leptonopt.verify import fingerprint, proven, verify
from tests.helpers import bruteforce, random_instances
from tests.helpers.marks import first
from tests.helpers.plans import outcome
from tests.helpers.recording_monitor import Ear
from tests.properties.test_mutants import duals

BLOCK, CI, ALL = 25, 12, 800  # instances in a block; blocks in CI, in all
# One instance in so many for methods that start a program of their own or go on until their time is up.
EVERY = {"cbc": 6, "highs": 50, "lns": 30, "random-key": 30, "lns-parallel": 50, "lagrangian": 20, "cpsat-intervals": 6}
EVERY |= {"greedy": 8, "least-loaded": 4, "earliest-deadline": 4, "cheapest-option": 4}
EVERY |= {"apparent-tardiness-cost": 8, "earliest-due-date": 8, "weighted-shortest-processing": 8}
EVERY |= {"penalty-search": 30, "order-descent": 30, "sos-branching": 50}
EVERY |= {name: 40 for name in TABLE if name.startswith("large-scale")}
# `assignment` is for one shape alone, and has the tests of that shape for itself; `sos-branching` may end without a proof.
PARTLY = ("assignment", "sos-branching")
EXACT = [name for name, each in TABLE.items() if each.kind == "exact" and name not in PARTLY] + ["cpsat-intervals"]
EVERY |= {"assignment": 40, "ruin-and-recreate": 20}
REFUSALS = ("cpsat-intervals cannot express", "branch-and-bound does not take")
QUICK = (  # they end by themselves
    "greedy",
    "least-loaded",
    "earliest-deadline",
    "cheapest-option",
    "apparent-tardiness-cost",
    "earliest-due-date",
    "weighted-shortest-processing",
)
STEPS, RENTS = 8_000, 4_000  # of brute force, and ways to rent nodes that it tries


class Disagreement(AssertionError):
    """Two that should say the same do not."""


def demand(true: bool, *what: Any) -> None:
    """Raise unless true."""
    if not true:
        raise Disagreement(*what)


def truth(made: CompiledInstance) -> tuple[bool, int | None]:
    """(known, optimum in units or None) by trying everything, where that is little enough."""
    nodes = made.problem.nodes
    ways = [int(np.prod(count + 1)) * int(most + 1) for count, most in zip(nodes.count, nodes.commit_max, strict=True)]
    if prod(ways) > RENTS:
        return False, None
    try:
        found = bruteforce.optimum(made.problem, STEPS)
    except OverflowError:
        return False, None
    return True, None if found is None else found[0]


def checked(made: CompiledInstance, stated: dict[str, Any], schedule: Schedule, bound: int | None, status: str) -> None:
    """The plan of a schedule passes the checker, at the cost that the arrays say."""
    runs, left = decode(made, schedule)
    lower = None if bound is None else bound * made.unit
    plan = plan_document(
        made,
        outcome(made, "feasible" if made.loss else status, lower),
        runs,
        left,
        node_schedule_of(made.problem, schedule),
    )
    verdict = verify(stated, json.loads(json.dumps(plan), parse_float=Decimal))
    demand(verdict.ok, "the checker objects", verdict.violations[:3])
    demand(bool(made.loss) or verdict.cost == objective(made.problem, schedule) * made.unit, "cost")


def compared(seed: int) -> Counter[str]:
    """One instance: what was run and agreed; raises `Disagreement` where anything does not."""
    stated, counts = random_instances.everything(seed), Counter[str]()
    counts.update(f"family: {name}" for name in random_instances.families(stated))
    made = compile_instance(validate(stated))
    counts["instances"] += 1
    if made.impossible:
        counts["impossible by windows"] += 1
        # Nothing is left of what cannot run, so that methods have nothing to say; the checker's bound says it too.
        demand(proven(stated, _document(made, duals(made, random.Random(seed)), fingerprint(stated))).bound is None or not made.stuck, seed, "bound of the impossible")  # fmt: skip
        return counts
    known, best = truth(made)
    counts["brute force"] += known
    counts["infeasible"] += known and best is None
    problem, says = made.problem, dict[str, tuple[Status, int | None]]()
    turn = [name for number, name in enumerate(TABLE) if (seed + number) % EVERY.get(name, 1) == 0]
    if not known and len({*turn} & {*EXACT} - {"branch-and-bound"}) < 2:  # which has not all rules
        turn.append("cbc")
    for name in turn:
        ear, limits = Ear(), Limits(time_limit=30.0 if name in (*EXACT, *QUICK) else 0.2, seed=seed)
        try:
            solution = load_method(name)(problem, None, limits, ear)
        except Unsupported:
            counts[f"refused: {name}"] += 1
            continue
        except Exception as error:
            raise Disagreement(seed, name, f"ended with {type(error).__name__}: {error}") from error
        counts[f"runs: {name}"] += 1
        fair(seed, name, made, stated, solution, ear, known, best)
        if name in EXACT and solution.status in (Status.OPTIMAL, Status.INFEASIBLE):
            counts[f"proven: {name}"] += 1
            says[name] = solution.status, solution.bound if solution.status is Status.OPTIMAL else None
            if known:
                status = Status.INFEASIBLE if best is None else Status.OPTIMAL
                demand(says[name] == (status, best), seed, name, says[name], best)
        elif name in EXACT and not solution.note.startswith(REFUSALS):
            counts["undecided"] += 1
    demand(len(set(says.values())) <= 1, seed, says)
    if says and not known:
        counts["exact against exact"] += len(says) > 1
        known, best = True, next(iter(says.values()))[1]
    if known and best is not None:
        rng, least = random.Random(seed), best * made.unit
        proof = proven(stated, _document(made, duals(made, rng), fingerprint(stated)))
        demand(proof.bound is None or proof.bound <= least or bool(made.loss), seed, "a bound above the optimum", proof)
        counts["bounds from any prices"] += 1
        if seed % 50 == 0:
            certificate = best_certificate(made, stated, 0.2)
            proof = proven(stated, certificate)
            demand(proof.ok and (proof.bound is None or proof.bound <= least), seed, "certificate", proof)
            tight = proof.bound is not None and proof.bound == least
            counts.update({"certificates": 1, "certificates that prove the optimum": int(tight)})
    return counts


def fair(
    seed: int, name: str, made: CompiledInstance, stated: dict[str, Any], solution: Solution, ear: Ear, known: bool, best:
    int | None
) -> None:  # fmt: skip
    """What any method says must be true, whatever its kind."""
    bounds = [*ear.bounds, *([] if solution.bound is None else [solution.bound])]
    if solution.schedule is not None:
        demand(not violated_rules(made.problem, solution.schedule), seed, name, "breaks a rule")
        demand(not known or best is not None, seed, name, "a plan where none exists")
        cost = objective(made.problem, solution.schedule)
        demand(best is None or cost >= best, seed, name, "cheaper than the optimum", cost, best)
        demand(solution.status is not Status.OPTIMAL or cost == solution.bound, seed, name, "optimal off its bound")
        checked(made, stated, solution.schedule, solution.bound, str(solution.status))
    if solution.status is Status.INFEASIBLE:
        demand(not known or best is None, seed, name, "infeasible, yet there is a plan")
    if best is not None:
        demand(all(bound <= best for bound in bounds), seed, name, "a bound above the optimum", bounds, best)
        demand(all(cost >= best for cost in ear.costs), seed, name, "a cost below the optimum", ear.costs, best)


def counted(seeds: Iterable[int]) -> Counter[str]:
    """All of these instances."""
    return sum((compared(seed) for seed in seeds), Counter[str]())


def crossed(block: int) -> Counter[str]:
    """A block of instances, and that enough was compared."""
    counts = counted(range(block * BLOCK, (block + 1) * BLOCK))
    assert counts["brute force"] + counts["exact against exact"] >= 0.6 * BLOCK, counts
    assert not counts["undecided"], counts
    return counts


@pytest.mark.parametrize("block", first(0, range(ALL), ci=CI))
def test_methods_agree(block: int) -> None:
    """Exact methods equal brute force and each other, nothing is cheaper, no bound is above."""
    crossed(block)


def test_every_family_is_among_them() -> None:
    """Each feature family is in at least three of the first hundred, and methods of all names get their turn."""
    seen = Counter(name for seed in range(100) for name in random_instances.families(random_instances.everything(seed)))
    assert {name: seen[name] for name in random_instances.FAMILIES if seen[name] < 3} == {}
    assert EVERY.keys() <= TABLE.keys()


def main(begin: int, last: int) -> int:
    """Figures of blocks begin .. last."""
    counts, wrong, begun = Counter[str](), list[str](), time.monotonic()
    for seed in range(begin * BLOCK, (last + 1) * BLOCK):
        try:
            counts += compared(seed)
        except Disagreement as error:
            wrong.append(f"{seed}: {error}")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:8}  {name}\n")
    sys.stdout.write(
        f"{len(wrong):8}  disagreements; {time.monotonic() - begun:.0f} s\n" + "".join(f"{line}\n" for line in wrong)
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
