"""The checker's reading of measured runs."""

from __future__ import annotations

import pytest

from leptonopt.verify.exact import Malformed
from leptonopt.verify.slo import without_slo


def test_rates_of_runs() -> None:
    way = {"pool": "p", "runs": [{"class": "a", "rate": 2, "tpot": "9ms"}, {"class": "a", "rate": 3, "tpot": "11ms"}]}
    document = {"services": [{"id": "s", "slo": {"tpot": "10ms"}, "replicas": [way, {"rate": {"a": 1}}]}]}
    found = without_slo(document)["services"]
    assert found == [{"id": "s", "replicas": [{"pool": "p", "rate": {"a": 2}}, {"rate": {"a": 1}}]}]
    assert without_slo(found_in := {"services": found}) is found_in


def test_what_is_no_time() -> None:
    for text in ("10", "xs", 4):
        with pytest.raises(Malformed, match="is no time"):
            without_slo({"services": [{"slo": {"tpot": text}, "replicas": []}]})
