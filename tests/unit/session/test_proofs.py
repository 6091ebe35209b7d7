"""The ledger of proofs: who proved what, and who could confirm it."""

from __future__ import annotations

from leptonopt.session.proofs import SECOND, ProofLedger


def test_the_best_bound_of_each_method() -> None:
    """Weaker ones later do not count; methods whose bound reaches a value have proven it."""
    ledger = ProofLedger()
    for method, value in (("a", 5), ("b", 7), ("a", 6), ("b", 3)):
        ledger.bound(method, value)
    assert ledger.bounds == {"a": 6, "b": 7}
    assert (ledger.provers_of(7), ledger.provers_of(6), ledger.provers_of(8)) == (["b"], ["a", "b"], [])


def test_claims_of_infeasibility() -> None:
    """Each method once."""
    ledger = ProofLedger()
    for method in ("cbc", "cpsat", "cbc"):
        ledger.claim_infeasible(method)
    assert ledger.provers_of(None) == ["cbc", "cpsat"]
    assert ledger.others(None) == ["highs"]


def test_engines_that_could_confirm() -> None:
    """All exact ones that have not proven it themselves."""
    ledger = ProofLedger()
    assert ledger.others(4) == list(SECOND)
    ledger.bound("highs", 4)
    ledger.bound("lagrangian", 4)
    assert ledger.others(4) == ["cpsat", "cbc"]


def test_how_a_proof_was_confirmed() -> None:
    """On which model, if at all."""
    ledger = ProofLedger()
    assert ledger.confirmation is None
    ledger.confirmed.append("highs")
    assert ledger.confirmation == "same model"
    ledger.second = True
    assert ledger.confirmation == "second model"
