"""Published instances: the readers read them, and proven values are met exactly."""

from __future__ import annotations

import csv
import os
from fractions import Fraction
from pathlib import Path

import pytest

import leptonopt
from leptonopt.errors import InputError, UsageError
from tests.helpers.machine_reassignment import Reassignment
from tests.helpers.marks import CI

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LEPTONOPT_DATA", ROOT.parent / "shared" / "data"))
with_data = pytest.mark.skipif(not DATA.is_dir(), reason="the raw data are not here; set LEPTONOPT_DATA (see README)")
JAIN = ["job12_machine3_ds1", "job15_machine5_ds2", "job3_machine2_ds1", "job3_machine2_ds2", "job7_machine3_ds1"]


def published(file: str, key: str, value: str) -> dict[str, int]:
    """A column of a best_known.csv by instance."""
    with open(DATA / file / "best_known.csv", newline="") as lines:
        return {row[key]: int(row[value]) for row in csv.DictReader(lines)}


@with_data
@pytest.mark.parametrize("method", ["cpsat", "cbc"])
@pytest.mark.parametrize("name", JAIN)
def test_jain_grossmann_is_proven(name: str, method: str) -> None:
    """All five, by both exact methods, equal to the published optimum."""
    best = published("jain_grossmann", "instance", "optimum_proved_here_cpsat")[name]
    file = DATA / "jain_grossmann" / "instances" / name
    result = leptonopt.solve(file, format="jain-grossmann", method=method, time_limit=60, isolate=False)
    assert (result.status, result.cost) == ("optimal", best)


@with_data
@pytest.mark.parametrize("name", ["cattrysse1994/gap1-0", "cattrysse1994/gap5-1", "chu1997/a05100", "chu1997/c05100"])
def test_gap_is_proven(name: str) -> None:
    """Small and easy ones, equal to the published optimum."""
    best = published("gap", "Path", "Best value to use")[name]
    result = leptonopt.solve(DATA / "gap" / name, format="gap", time_limit=60)
    assert (result.status, result.cost) == ("optimal", best)


PROVEN = [
    ("sscflp", "sscflp/holmberg/p11", {}, "8932"),
    ("sscflp", "sscflp/orlib_small/p1", {}, "932615.75"),
    ("green-tou", "green_tou/instances/Data_p1.txt", {"deadline": "9"}, "256"),
    ("green-tou", "green_tou/instances/Data_p1.txt", {"deadline": "11"}, "194"),
    ("racp", "minizinc/racp/j30_26_2_1.0.dzn", {}, "704"),
    ("rip", "rip_xcsp23/25-0-j060-01-01.json", {}, "187"),
    ("mmkp", "mmkp/khan/I01", {}, "-173"),
    ("cloudbalancing", "cloudbalancing/2computers-6processes.json", {}, "5460"),
    ("melange", "melange_example/example.json", {}, "4.68"),
    ("melange", "melange_example/example.json", {"routing": "whole"}, "6.70"),
    ("inferno", "services/inferno/small/server-data.json", {}, "35386.5"),
    ("inferno", "services/inferno/small/server-data.json", {"routing": "one-way"}, "35767"),
    ("ctu-energy", "ctu_energy_states/benedikt2020a_prelim/0.json", {}, "1453"),
]
MORE = [  # these take longer: CI has them
    ("inferno", "services/inferno/large/server-data.json", {}, "26151.5"),
    ("sscflp", "sscflp/delmaire_diaz/p6", {}, "2269"),
    ("mmkp", "mmkp/khan/I03", {}, "-1602"),
    ("cloudbalancing", "cloudbalancing/3computers-9processes.json", {}, "5460"),
    ("ctu-energy", "ctu_energy_states/benedikt2020a_medium_nosby/1.json", {}, "1394"),
    ("ctu-energy", "ctu_energy_states/benedikt2020a_medium_twosby/0.json", {}, "3815"),
]


@with_data
@pytest.mark.parametrize(
    ("format", "file", "params", "best"),
    [
        pytest.param(*line, id=f"{line[1]} {line[3]}", marks=marks)
        for lines, marks in ((PROVEN, ()), (MORE, CI))
        for line in lines
    ],
)
def test_published_optimum_is_proven(format: str, file: str, params: dict[str, str], best: str) -> None:
    """One or two quick ones of every set with proven values; `benchmarks/literature.py` has them all."""
    result = leptonopt.solve(DATA / file, format=format, params=params, time_limit=60)
    assert (result.status, result.cost) == ("optimal", Fraction(best))


@with_data
@pytest.mark.ci
def test_machine_reassignment_is_proven() -> None:
    """ROADEF/EURO challenge 2012, a1_1: moves, load beyond safety capacities and balance, equal to the optimum."""
    folder = DATA / "roadef2012" / "instances"
    stated = Reassignment.read(folder / "model_a1_1.txt", folder / "assignment_a1_1.txt").document()
    result = leptonopt.solve(stated, method="cpsat", time_limit=120, isolate=False)
    assert (result.status, result.cost) == ("optimal", published("roadef2012", "instance", "best_value")["a1_1"])


@with_data
def test_a_project_ends_by_its_least_makespan_and_no_sooner() -> None:
    """PSPLIB j1013_1: 24 slots are enough, 23 are proven not to be."""
    path = DATA / "mmrcpsp" / "j10" / "j1013_1.mm"
    ends = [
        leptonopt.solve(path, format="psplib-mm", params={"deadline": str(slots)}, time_limit=60).status
        for slots in (24, 23)
    ]
    assert ends == ["optimal", "infeasible"]


@with_data
def test_icon_is_read_and_planned() -> None:
    """The data-centre challenge: a checked plan at forecast prices."""
    sample = DATA / "icon_ecas" / "sample" / "sample01" / "instance.txt"
    assert leptonopt.solve(sample, format="icon", method="greedy").require_plan()


@with_data
@pytest.mark.ci
@pytest.mark.long
def test_icon_is_planned_at_either_prices() -> None:
    """Forecast prices and those that came give other plans; other prices are refused."""
    actual = DATA / "icon_ecas" / "leaderboard" / "instance00" / "instance.txt"
    costs = [
        leptonopt.solve(actual, format="icon", params={"prices": p}, method="greedy").cost
        for p in ("forecast", "actual")
    ]
    assert None not in costs
    assert costs[0] != costs[1]
    with pytest.raises(UsageError, match="forecast and actual"):
        leptonopt.load(actual, format="icon", params={"prices": "tomorrow"})


def test_a_missing_forecast_is_named(tmp_path: Path) -> None:
    """One line with the file that is missing."""
    file = tmp_path / "file"
    file.write_text("5\n1\n")
    with pytest.raises(InputError, match=r"forecast\.txt: there is no such file$"):
        leptonopt.load(file, format="icon")
